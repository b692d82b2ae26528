"""Every test of the contract runs once for each client."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from .clients import CLIENTS, Client

API = "https://api.example.com"


@pytest.fixture(params=CLIENTS, ids=lambda client: client.id)
def client(request: pytest.FixtureRequest) -> Client:
    """One client after the other."""
    given: Client = request.param
    return given


@pytest.fixture(params=[one for one in CLIENTS if one.awaits], ids=lambda client: client.id)
def async_client(request: pytest.FixtureRequest) -> Client:
    """One async client after the other."""
    given: Client = request.param
    return given


@pytest.fixture(params=[one for one in CLIENTS if not one.awaits], ids=lambda client: client.id)
def sync_client(request: pytest.FixtureRequest) -> Client:
    """One sync client after the other."""
    given: Client = request.param
    return given


@pytest.fixture(scope="session", autouse=True)
def direct() -> Iterator[None]:
    """No proxy stands between the clients and the loopback interface."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.lower().endswith("_proxy"):
                patch.delenv(name)
        yield
