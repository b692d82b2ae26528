"""What a mock answers with, whichever client asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bigfoot import StrictVerifier
from bigfoot.errors import InvalidArgumentError
from bigfoot.plugins.http import HttpPlugin

from .clients import Answer, Call, Client
from .conftest import API

URL = f"{API}/thing"


def ask(verifier: StrictVerifier, client: Client, method: str = "GET", url: str = URL, **options: Any) -> Answer:
    with verifier.sandbox():
        return client(method, url, **options)


@pytest.mark.parametrize(
    ("options", "body", "kind"),
    [
        ({}, b"", None),
        ({"json": {"a": [1, None]}}, b'{"a": [1, null]}', "application/json"),
        ({"json": None}, b"null", "application/json"),
        ({"json": {}, "headers": {"content-type": "application/hal+json"}}, b"{}", "application/hal+json"),
        ({"body": "größe"}, "größe".encode(), None),
        ({"body": b"\x00\xff"}, b"\x00\xff", None),
        ({"text": "größe"}, "größe".encode(), "text/plain; charset=utf-8"),
        ({"html": "<p>größe</p>"}, "<p>größe</p>".encode(), "text/html; charset=utf-8"),
    ],
)
def test_bodies(
    verifier: StrictVerifier, http: HttpPlugin, client: Client, options: Any, body: bytes, kind: str | None
) -> None:
    http.mock_response("GET", URL, **options)
    got = ask(verifier, client)
    assert (got.status, got.body, got.header("content-type")) == (200, body, kind)
    assert got.header("content-length") == str(len(body))


def test_a_file(verifier: StrictVerifier, http: HttpPlugin, client: Client, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    http.mock_response("GET", URL, file=tmp_path / "logo.png")
    got = ask(verifier, client)
    assert (got.body, got.header("content-type"), got.header("content-length")) == (b"\x89PNG", "image/png", "4")


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304), ("HEAD", 404), ("DELETE", 204)]
)
def test_responses_without_a_body(
    verifier: StrictVerifier, http: HttpPlugin, client: Client, method: str, status: int
) -> None:
    """And the connection goes on: nothing of the body is left on it."""
    http.mock_response(method, URL, status=status, json={"not": "sent"})
    http.mock_response("GET", f"{API}/next", body="next")
    with verifier.sandbox():
        got, after = client.several([Call(method, URL), Call("GET", f"{API}/next")])
    assert (got.status, got.body, after.body) == (status, b"", b"next")
    assert got.header("content-length") == ("15" if method == "HEAD" else None)


@pytest.mark.parametrize(
    ("given", "reason"), [(None, "Created"), ("Made It", "Made It"), (b"Made It", "Made It"), ("", "")]
)
def test_the_reason_phrase(
    verifier: StrictVerifier, http: HttpPlugin, client: Client, given: str | None, reason: str
) -> None:
    http.mock_response("GET", URL, status=201, reason=given)
    assert ask(verifier, client).reason == reason


def test_cookies(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    cookies: Any = {"session": "s1", "theme": {"value": "dark", "path": "/", "max_age": 60, "secure": True}}
    http.mock_response("GET", URL, cookies=cookies)
    assert ask(verifier, client).values("set-cookie") == ["session=s1", "theme=dark; Max-Age=60; Path=/; Secure"]


def test_a_header_that_comes_twice(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    headers: Any = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Odd", "größe".encode())]
    http.mock_response("GET", URL, headers=headers)
    got = ask(verifier, client)
    assert got.values("set-cookie") == ["a=1", "b=2"]
    assert [call.response_headers.get_list("set-cookie") for call in http.calls] == [["a=1", "b=2"]]


def test_interim_responses(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    interim: Any = [100, (103, {"Link": "</style.css>"})]
    if client.library in ("requests", "urllib3", "urllib", "http.client"):
        interim = [100]  # http.client takes any other for the response itself
    http.mock_response("GET", URL, body="then", interim=interim)
    got = ask(verifier, client)
    assert (got.status, got.body) == (200, b"then")


def test_trailers(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", URL, body="checked", trailers={"X-Checksum": "c0ffee"})
    http.mock_response("GET", f"{API}/next", body="next")
    with verifier.sandbox():
        got, after = client.several([Call("GET", URL), Call("GET", f"{API}/next")])
    assert (got.body, got.header("transfer-encoding"), after.body) == (b"checked", "chunked", b"next")


def test_chunked_framing_of_ones_own(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", URL, body="chunked", headers={"Transfer-Encoding": "chunked"})
    assert ask(verifier, client).body == b"chunked"


def test_a_body_that_is_longer_than_declared_is_cut(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", URL, body="0123456789", headers={"Content-Length": "4"})
    assert ask(verifier, client).body == b"0123"


def test_an_echo_of_path_values(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response(
        "GET",
        f"{API}/users/{{id}}",
        json={"id": http.echo("id"), "a": [http.echo("id")]},
        headers={"X-Id": http.echo("id")},
    )
    got = ask(verifier, client, url=f"{API}/users/7")
    assert (got.body, got.header("x-id")) == (b'{"id": "7", "a": ["7"]}', "7")


CALLBACKS: dict[str, tuple[Any, int, bytes]] = {
    "status": ({"status": 202}, 202, b""),
    "json": ({"json": {"a": 1}}, 200, b'{"a": 1}'),
    "stream": ({"stream": [b"a", "b"]}, 200, b"ab"),
    "nothing": ({}, 200, b""),
}


@pytest.mark.parametrize("name", CALLBACKS)
def test_a_callback(verifier: StrictVerifier, http: HttpPlugin, client: Client, name: str) -> None:
    made, status, body = CALLBACKS[name]
    asked = []

    def answer(request: Any) -> Any:
        asked.append((request.method, request.url, request.json(), request.headers["x-trace"], request.path_params))
        return made

    http.mock_response("POST", f"{API}/users/{{id}}", callback=answer)
    got = ask(verifier, client, "POST", f"{API}/users/7?x=1", json={"n": 1}, headers={"X-Trace": "t"})
    assert (got.status, got.body) == (status, body)
    assert asked == [("POST", f"{API}/users/7?x=1", {"n": 1}, "t", {"id": "7"})]


async def later(request: Any) -> Any:
    import asyncio

    await asyncio.sleep(0)
    return {"json": request.json()}


def test_an_async_callback(verifier: StrictVerifier, http: HttpPlugin, async_client: Client) -> None:
    http.mock_response("POST", URL, callback=later)
    assert ask(verifier, async_client, "POST", json={"n": 1}).body == b'{"n": 1}'


def test_an_async_callback_for_a_sync_client_is_refused(
    verifier: StrictVerifier, http: HttpPlugin, sync_client: Client
) -> None:
    http.mock_response("POST", URL, callback=later)
    with pytest.raises(InvalidArgumentError, match="cannot wait for it"):
        ask(verifier, sync_client, "POST", json={})


class Own(Exception):
    """An exception of the test."""


def test_a_callback_may_raise(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    def fail(request: Any) -> Any:
        raise Own("from the callback")

    http.mock_response("GET", URL, callback=fail)
    with pytest.raises(Own, match="from the callback"):
        ask(verifier, client)
    http.assert_request("GET", URL).assert_error(Own)


async def fail_later(request: Any) -> Any:
    raise Own("from the async callback")


def test_an_async_callback_may_raise(verifier: StrictVerifier, http: HttpPlugin, async_client: Client) -> None:
    http.mock_response("POST", URL, callback=fail_later)
    with pytest.raises(Own, match="from the async callback"):
        ask(verifier, async_client, "POST", json={})
    http.assert_request("POST", URL, headers=None, body={}).assert_error(Own)


def causes(error: BaseException | None) -> list[BaseException]:
    found = []
    while error is not None:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


@pytest.mark.parametrize("raises", [Own, Own("with words"), TimeoutError("late"), ConnectionResetError(104, "reset")])
def test_an_exact_exception(verifier: StrictVerifier, http: HttpPlugin, client: Client, raises: Any) -> None:
    kind = raises if isinstance(raises, type) else type(raises)
    http.mock_error("POST", URL, raises=raises)
    # As these do with the errors of their sockets.
    wrapped = issubclass(kind, OSError) and client.library in ("urllib3", "aiohttp")
    with pytest.raises(Exception if wrapped else kind) as raised:
        ask(verifier, client, "POST", content=b"x")
    assert raises in causes(raised.value) if wrapped else raised.value is raises or isinstance(raises, type)
    http.assert_request("POST", URL, headers=None, body="x").assert_error(raises)


@pytest.mark.parametrize("made", [None, 200, "text", [b"x"], {"stattus": 200}, {"status": 99}])
def test_what_is_no_answer_is_refused(verifier: StrictVerifier, http: HttpPlugin, client: Client, made: Any) -> None:
    http.mock_response("GET", URL, callback=lambda request: made)
    with pytest.raises(InvalidArgumentError):
        ask(verifier, client)
