"""The real server, once for all, and an environment that sends nobody elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from .routes import ROUTES
from .server import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The real server on loopback."""
    with Server(ROUTES) as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def direct() -> Iterator[None]:
    """No proxy stands between the clients and the loopback interface."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.lower().endswith("_proxy"):
                patch.delenv(name)
        yield
