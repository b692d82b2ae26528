"""What the record says of the connection: fields that a test may assert, and need not."""

from __future__ import annotations

import http.client
import ssl
from typing import Any

import aiohttp
import httpx
import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter

from bigfoot import StrictVerifier
from bigfoot.plugins.http import HttpPlugin
from bigfoot.transports.httpx import Transport

from .clients import Call, Client
from .conftest import API

URL = f"{API}/x"


def facts(http: HttpPlugin, name: str) -> list[Any]:
    return [call.facts[name] for call in http.calls]


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_a_connection_of_a_session_serves_again(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", URL, body="x", times=None)
    with verifier.sandbox():
        client.several([Call("GET", URL)] * 2)
        client("GET", URL)
    assert facts(http, "pooled") == [False, client.library != "urllib", False]


def test_a_real_connection_serves_again(
    verifier: StrictVerifier, http: HttpPlugin, client: Client, server: Any
) -> None:
    http.pass_through("GET", f"{server.url}/*")
    http.mock_error("GET", f"{server.url}/refused", fault="refused")
    with verifier.sandbox():
        client.several([Call("GET", f"{server.url}/real")] * 2)
        client("GET", f"{server.url}/real")
        with pytest.raises(Exception):  # noqa: B017  # which one it is, the table of faults says
            client("GET", f"{server.url}/refused")
    assert facts(http, "pooled") == [False, client.library != "urllib", False, False]
    assert facts(http, "closed") == [True] * 4


def test_a_response_that_was_read_is_closed(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", URL, body="x")
    http.mock_response("GET", URL, stream=["x", "y"])
    http.mock_response("GET", URL, status=204)
    with verifier.sandbox():
        for _ in range(3):
            client("GET", URL)
    assert facts(http, "closed") == [True, True, True]


def test_a_response_that_is_left_open_is_not(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL, body="x", times=None)
    with verifier.sandbox():
        with requests.Session() as session:
            left = session.get(URL, stream=True)
            assert facts(http, "closed") == [False]
            left.close()
        with urllib3.PoolManager() as manager:
            kept = manager.request("GET", URL, preload_content=False)
            assert facts(http, "closed") == [True, False]
            kept.close()
        with httpx.Client() as client:
            response = client.send(client.build_request("GET", URL), stream=True)
            assert facts(http, "closed") == [True, True, False]
            response.close()
    assert facts(http, "closed") == [True, True, True]


async def test_a_response_that_aiohttp_does_not_release(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL, body=b"x" * 300_000)
    with verifier.sandbox():
        async with aiohttp.ClientSession() as session:
            response = await session.get(URL)
            assert facts(http, "closed") == [False]
            response.close()
    assert facts(http, "closed") == [True]


@pytest.mark.parametrize(
    ("url", "context", "verify"), [(URL, None, True), (URL, unverified, False), ("http://a.b/", None, None)]
)
def test_whether_certificates_are_verified(
    verifier: StrictVerifier, http: HttpPlugin, client: Client, url: str, context: Any, verify: bool | None
) -> None:
    http.mock_response("GET", url)
    with verifier.sandbox():
        client("GET", url, context=context and context())
    if client.library == "requests" and context is not None:
        verify = True  # its own verify option stands over the context of an adapter
    assert facts(http, "verify") == [verify]


def test_verify_false(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL, times=3)
    with verifier.sandbox():
        requests.get(URL, verify=False, timeout=1)
        httpx.get(URL, verify=False)
        with urllib3.PoolManager(cert_reqs="CERT_NONE") as manager:
            manager.request("GET", URL)
    assert facts(http, "verify") == [False, False, False]


async def test_ssl_false_of_aiohttp(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL)
    with verifier.sandbox():
        async with aiohttp.ClientSession() as session, session.get(URL, ssl=False):
            pass
    assert facts(http, "verify") == [False]


PROXY = "http://user:secret@proxy.example.com:3128"


async def test_the_proxy(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL, times=None)
    with verifier.sandbox():
        requests.get(URL, proxies={"https": PROXY}, timeout=1)
        httpx.get(URL, proxy=PROXY)
        with httpx.Client(transport=Transport(proxy=PROXY)) as client:
            client.get(URL)
        with urllib3.ProxyManager(PROXY) as manager:
            manager.request("GET", URL)
        connection = http_client_through("proxy.example.com", 3128)
        connection.request("GET", "/x")
        connection.getresponse().read()
        async with aiohttp.ClientSession() as session, session.get(URL, proxy=PROXY):
            pass
        requests.get(URL, timeout=1)
    assert facts(http, "proxy") == ["http://proxy.example.com:3128"] * 6 + [None]


def http_client_through(host: str, port: int) -> http.client.HTTPSConnection:
    connection = http.client.HTTPSConnection(host, port)
    connection.set_tunnel("api.example.com")
    return connection


def test_the_version_of_http(verifier: StrictVerifier, http: HttpPlugin, client: Client, server: Any) -> None:
    http.mock_response("GET", URL)
    http.mock_error("GET", f"{URL}/refused", fault="refused")
    http.pass_through("GET", f"{server.url}/*")
    with verifier.sandbox():
        client("GET", URL)
        client("GET", f"{server.url}/real")
        with pytest.raises(Exception):  # noqa: B017  # which one it is, the table of faults says
            client("GET", f"{URL}/refused")
    assert facts(http, "http_version") == ["HTTP/1.1", "HTTP/1.1", None]


def test_the_number_of_the_attempt(verifier: StrictVerifier, http: HttpPlugin) -> None:
    """Retries look like the same line making the same call again, whoever repeats it."""
    http.mock_response("GET", URL, status=503, times=2)
    http.mock_response("GET", URL, body="ok", times=None)
    http.mock_response("GET", f"{URL}/other", body="ok")
    with verifier.sandbox(), requests.Session() as session:
        session.mount("https://", HTTPAdapter(max_retries=urllib3.Retry(3, status_forcelist=[503])))
        assert session.get(URL).content == b"ok"
        session.get(f"{URL}/other")
        session.get(URL)
    assert facts(http, "attempt") == [1, 2, 3, 1, 1]


def test_they_can_be_asserted(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", URL, body="x")
    with verifier.sandbox():
        client("GET", URL)
    verifier.assert_interaction(
        http.request,
        **http.calls[0].details,
        client=http.calls[0].client,
        attempt=1,
        closed=True,
        http_version="HTTP/1.1",
        pooled=False,
        proxy=None,
        verify=True,
    )
    assert http.calls[0].client.partition(" ")[0] == client.library
    verifier.verify_all()
