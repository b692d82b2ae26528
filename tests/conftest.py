"""What several test files ask for by name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bigfoot import StrictVerifier
from bigfoot.plugins.http import HttpPlugin

from .loopback import Loopback, loopback

pytest_plugins = ["pytester"]


@pytest.fixture
def verifier() -> StrictVerifier:
    """A verifier that nobody judges but the test: for tests that end in a finding."""
    return StrictVerifier()


@pytest.fixture
def http(verifier: StrictVerifier) -> HttpPlugin:
    """The HTTP plugin of `verifier`."""
    return HttpPlugin(verifier)


@pytest.fixture(scope="session")
def _server() -> Iterator[Loopback]:
    with loopback() as server:
        yield server


@pytest.fixture
def server(_server: Loopback) -> Loopback:
    """A real HTTP server on loopback that answers every request and remembers it; its journal is empty."""
    _server.seen.clear()
    return _server
