"""The real server, over http and https, and an environment that sends nobody elsewhere."""

from __future__ import annotations

import os
import ssl
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from .routes import ROUTES
from .routes_edges import EDGE_ROUTES
from .routes_sdks import SDK_ROUTES
from .server import Server

pytest.register_assert_rewrite(f"{__package__}.replay")

# Where each client looks for the authorities that it trusts, besides its own list.
TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE")


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """The real server on loopback; with the parameter "https", the one over TLS."""
    # urlopen keeps the opener of its first call, and that, from Python 3.12 on, the authorities trusted at the time.
    urllib.request.install_opener(None)  # None is what it was before the first call
    running: Server = request.getfixturevalue(f"{getattr(request, 'param', 'http')}_server")
    return running


@pytest.fixture(scope="session")
def http_server() -> Iterator[Server]:
    """The server without TLS."""
    with Server(ROUTES | EDGE_ROUTES | SDK_ROUTES) as running:
        yield running


@pytest.fixture(scope="module")
def https_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server over TLS, with a certificate from an authority that all clients trust meanwhile."""
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    bundle: Path = tmp_path_factory.mktemp("trust") / "authority.pem"
    authority.cert_pem.write_to_path(bundle)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with pytest.MonkeyPatch.context() as patch, Server(ROUTES | SDK_ROUTES, context) as running:
        for name in TRUST:
            patch.setenv(name, str(bundle))
        _trusted_since_import(bundle, patch)
        yield running


def _trusted_since_import(bundle: Path, patch: pytest.MonkeyPatch) -> None:
    """Tell the two clients that have made up their mind when they were imported."""
    if find_spec("httplib2"):
        patch.setattr("httplib2.CA_CERTS", str(bundle))
    if find_spec("aiohttp"):
        import aiohttp.connector

        # The context that every session without one of its own uses has no public name.
        context = getattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", None)
        if context:
            context.load_verify_locations(bundle)


@pytest.fixture(scope="session", autouse=True)
def direct() -> Iterator[None]:
    """No proxy stands between the clients and the loopback interface."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.lower().endswith("_proxy"):
                patch.delenv(name)
        yield
