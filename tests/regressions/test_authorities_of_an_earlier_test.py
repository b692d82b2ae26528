"""An httpx client made in a sandbox trusted the authorities that the environment had named in an earlier test."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from bigfoot import StrictVerifier
from bigfoot.plugins.http import HttpPlugin

from ..real.routes import ROUTES
from ..real.server import Server

trustme = pytest.importorskip("trustme")


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
@pytest.mark.parametrize("test", ["earlier", "later"])
def test_each_has_its_own(library: str, test: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    httpx = pytest.importorskip(library)
    authority, bundle = trustme.CA(), tmp_path / f"{test}.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    verifier = StrictVerifier()

    with Server(ROUTES, tls) as server:
        HttpPlugin(verifier).pass_through("GET", f"{server.url}/json")
        with verifier.sandbox(), httpx.Client(trust_env=True) as client:
            assert client.get(f"{server.url}/json").status_code == 200
