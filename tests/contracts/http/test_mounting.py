"""An application in the place of a server: ASGI and WSGI, with every client."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from bigfoot import StrictVerifier
from bigfoot.errors import InvalidArgumentError
from bigfoot.plugins.http import HttpPlugin

from .clients import Answer, Call, Client
from .conftest import API

Start = Callable[..., Any]


async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    body = (await receive())["body"]
    headers = dict(scope["headers"])
    seen = {
        "method": scope["method"],
        "path": scope["path"],
        "root": scope["root_path"],
        "query": scope["query_string"].decode(),
        "trace": headers[b"x-trace"].decode(),
        "body": body.decode(),
    }
    start = {"type": "http.response.start", "status": 201, "headers": [(b"x-a", b"1"), (b"x-a", b"2")]}
    await send(start)
    await send({"type": "http.response.body", "body": json.dumps(seen).encode(), "more_body": True})
    await send({"type": "http.response.body", "body": b"\n"})


class Asgi:
    """An application that is an object, as those of frameworks are."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await asgi(scope, receive, send)


def wsgi(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    seen = {
        "method": environ["REQUEST_METHOD"],
        "path": environ["SCRIPT_NAME"] + environ["PATH_INFO"],
        "root": environ["SCRIPT_NAME"],
        "query": environ["QUERY_STRING"],
        "trace": environ["HTTP_X_TRACE"],
        "body": environ["wsgi.input"].read().decode(),
    }
    start_response("201 Made", [("x-a", "1"), ("x-a", "2")])
    return [json.dumps(seen).encode(), b"\n"]


APPLICATIONS: dict[str, Any] = {"ASGI": asgi, "ASGI object": Asgi(), "WSGI": wsgi}


def post(verifier: StrictVerifier, client: Client, url: str) -> Answer:
    with verifier.sandbox():
        return client("POST", url, content=b"sent", headers={"X-Trace": "t", "Content-Type": "text/plain"})


@pytest.mark.parametrize("kind", APPLICATIONS)
def test_an_application_answers(verifier: StrictVerifier, http: HttpPlugin, client: Client, kind: str) -> None:
    http.mount(f"{API}/v1", APPLICATIONS[kind])
    got = post(verifier, client, f"{API}/v1/a%20b?x=1")
    assert (got.status, got.values("x-a")) == (201, ["1", "2"])
    assert json.loads(got.body) == {
        "method": "POST",
        "path": "/v1/a b",
        "root": "/v1",
        "query": "x=1",
        "trace": "t",
        "body": "sent",
    }
    http.assert_request("POST", f"{API}/v1/a%20b?x=1", headers=None, body="sent").assert_response(
        201, headers=None, body=json.loads(got.body)
    )
    verifier.verify_all()


def test_mocks_come_before_an_application(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mount(API, wsgi)
    http.mock_response("POST", f"{API}/special", body="mocked")
    assert post(verifier, client, f"{API}/special").body == b"mocked"
    assert post(verifier, client, f"{API}/special").status == 201


def test_what_an_application_raises_reaches_the_code(
    verifier: StrictVerifier, http: HttpPlugin, client: Client
) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError("in the application")

    http.mount(API, broken)
    with pytest.raises(LookupError, match="in the application"):
        post(verifier, client, f"{API}/x")


def test_a_required_mount(verifier: StrictVerifier, http: HttpPlugin) -> None:
    from bigfoot import UnusedMocksError

    http.mount(API, wsgi, required=True)
    with pytest.raises(UnusedMocksError, match="api"):
        verifier.verify_all()


def test_an_application_is_mounted_below_its_url_only(
    verifier: StrictVerifier, http: HttpPlugin, client: Client
) -> None:
    from bigfoot import UnmockedInteractionError

    http.mount(f"{API}/v1", wsgi)
    with pytest.raises(UnmockedInteractionError):
        post(verifier, client, f"{API}/v10")
    assert post(verifier, client, f"{API}/v1").status == 201


def test_an_application_that_calls_out(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    """Its calls are answered, and recorded, like those of the code under test."""
    import requests

    def gateway(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [requests.get("https://inner.example.com/", timeout=1).content]

    http.mock_response("GET", "https://inner.example.com/", body="from inside")
    http.mount(API, gateway)
    with verifier.sandbox():
        assert client.several([Call("GET", f"{API}/x")])[0].body == b"from inside"
    assert [call.url for call in http.calls] == [f"{API}/x", "https://inner.example.com/"]


@pytest.mark.parametrize("app", [None, "app", 5])
def test_what_is_no_application_is_refused(http: HttpPlugin, app: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="give an ASGI or WSGI application"):
        http.mount(API, app)
