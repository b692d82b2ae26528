"""Bodies that come in pieces: their boundaries, their sources, and how far the application took them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import httpx2
import pytest

from bigfoot import StrictVerifier
from bigfoot.errors import InvalidArgumentError
from bigfoot.plugins.http import HttpPlugin

from .clients import Answer, Call, Client
from .conftest import API

URL = f"{API}/stream"
PIECES = [b"one", b"t", b"w" * 5_000, b"three"]


def generated() -> Iterator[bytes]:
    yield from PIECES


async def generated_async() -> AsyncIterator[bytes]:
    for piece in PIECES:
        yield piece


SOURCES: dict[str, Callable[[], Any]] = {
    "list": lambda: PIECES,
    "tuple": lambda: tuple(PIECES),
    "iterator": lambda: iter(PIECES),
    "generator": generated,
    "function": lambda: generated,
    "function of a list": lambda: lambda: PIECES,
}
ASYNC_SOURCES: dict[str, Callable[[], Any]] = {
    "async iterator": generated_async,
    "async function": lambda: generated_async,
}


def read(verifier: StrictVerifier, client: Client, **options: Any) -> Answer:
    with verifier.sandbox():
        return client("GET", URL, **options)


@pytest.mark.parametrize("source", SOURCES)
def test_the_boundaries_of_pieces_reach_the_application(
    verifier: StrictVerifier, http: HttpPlugin, client: Client, source: str
) -> None:
    http.mock_response("GET", URL, stream=SOURCES[source]())
    got = read(verifier, client, chunks=True)
    assert (got.chunks, got.header("transfer-encoding")) == (PIECES, "chunked")


@pytest.mark.parametrize("source", ASYNC_SOURCES)
def test_pieces_that_are_awaited(verifier: StrictVerifier, http: HttpPlugin, async_client: Client, source: str) -> None:
    http.mock_response("GET", URL, stream=ASYNC_SOURCES[source]())
    assert read(verifier, async_client, chunks=True).chunks == PIECES


@pytest.mark.parametrize("source", ASYNC_SOURCES)
def test_pieces_that_a_sync_client_cannot_await(
    verifier: StrictVerifier, http: HttpPlugin, sync_client: Client, source: str
) -> None:
    http.mock_response("GET", URL, stream=ASYNC_SOURCES[source]())
    with pytest.raises(InvalidArgumentError, match="cannot wait for it"):
        read(verifier, sync_client)


@pytest.mark.parametrize("source", SOURCES)
def test_a_script_serves_every_call(verifier: StrictVerifier, http: HttpPlugin, client: Client, source: str) -> None:
    http.mock_response("GET", URL, stream=SOURCES[source](), times=3)
    with verifier.sandbox():
        calls = [Call("GET", URL, chunks=1), Call("GET", URL, chunks=True), Call("GET", URL)]
        answers = [client(**call._asdict()) for call in calls]
    assert [each.body for each in answers] == [b"one", b"".join(PIECES), b"".join(PIECES)]


@pytest.mark.parametrize("source", ASYNC_SOURCES)
def test_an_async_script_serves_every_call(
    verifier: StrictVerifier, http: HttpPlugin, async_client: Client, source: str
) -> None:
    http.mock_response("GET", URL, stream=ASYNC_SOURCES[source](), times=2)
    with verifier.sandbox():
        answers = async_client.several([Call("GET", URL, chunks=1), Call("GET", URL)])
    assert [each.body for each in answers] == [b"one", b"".join(PIECES)]


def test_a_stream_of_declared_length(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", URL, stream=[b"one", "two"], headers={"Content-Length": "6"})
    got = read(verifier, client)
    assert (got.body, got.header("content-length")) == (b"onetwo", "6")


def test_an_empty_stream(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", URL, stream=[])
    assert read(verifier, client, chunks=True).body == b""


def test_server_sent_events(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    events: list[Any] = [
        {"data": "one"},
        {"event": "tick", "id": 7, "retry": 100, "data": "two\nlines"},
        http.delay(30),
        {"data": {"json": [1]}},
        ": a comment\n\n",
        {"data": ""},
    ]
    http.mock_response("GET", URL, sse=events)
    got = read(verifier, client, chunks=True)
    assert got.header("content-type") == "text/event-stream"
    assert got.chunks == [
        b"data: one\n\n",
        b"event: tick\nid: 7\nretry: 100\ndata: two\ndata: lines\n\n",
        b'data: {"json": [1]}\n\n',
        b": a comment\n\n",
        b"data: \n\n",
    ]


def facts(http: HttpPlugin) -> dict[str, Any]:
    return {name: http.calls[-1].facts[name] for name in ("chunks", "closed_early", "virtual", "error")}


def test_a_stream_that_is_read_to_its_end(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", URL, stream=["a", "b", "c"])
    read(verifier, client, chunks=True)
    assert facts(http) == {"chunks": 3, "closed_early": False, "virtual": 0.0, "error": None}
    assert http.calls[0].response_body == "abc"
    assert http.calls[0].duration is not None


def test_a_stream_that_is_closed_early(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", URL, stream=[b"a" * 10, b"b" * 10, http.delay(5), *[b"x" * 70_000] * 9])
    assert read(verifier, client, chunks=1).body == b"a" * 10
    assert http.calls[0].facts["closed_early"]
    assert http.calls[0].facts["chunks"] < 12
    assert http.calls[0].duration is not None
    extras = {"chunks": http.calls[0].facts["chunks"], "closed_early": True, "virtual": 0.0}
    verifier.assert_interaction(http.request, **http.calls[0].details, **extras)


class Own(Exception):
    """An exception of the test."""


def breaking() -> Iterator[bytes]:
    yield b"begun"
    raise Own("in the middle")


@pytest.mark.parametrize("stream", [[b"begun", Own("in the middle")], [b"begun", Own], breaking])
def test_an_exception_in_the_middle(verifier: StrictVerifier, http: HttpPlugin, client: Client, stream: Any) -> None:
    http.mock_response("GET", URL, stream=stream)
    with pytest.raises(Own):
        read(verifier, client, chunks=True)
    assert isinstance(http.calls[0].facts["error"], Own)
    assert http.calls[0].response_body == "begun"
    http.assert_request("GET", URL).assert_error(Own)


async def breaking_later() -> AsyncIterator[bytes]:
    yield b"begun"
    raise Own("in the middle")


def test_an_exception_in_the_middle_of_an_async_stream(
    verifier: StrictVerifier, http: HttpPlugin, async_client: Client
) -> None:
    http.mock_response("GET", URL, stream=breaking_later)
    with pytest.raises(Own):
        read(verifier, async_client, chunks=True)
    http.assert_request("GET", URL).assert_error(Own)


@pytest.mark.parametrize("item", [5, {"data": "x"}, None])
def test_an_item_that_cannot_be_meant_is_refused(
    verifier: StrictVerifier, http: HttpPlugin, client: Client, item: Any
) -> None:
    http.mock_response("GET", URL, stream=iter([b"a", item]))
    with pytest.raises(InvalidArgumentError, match="give text, bytes"):
        read(verifier, client, chunks=True)


def test_httpx2_reads_server_sent_events(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL, sse=[{"data": "one", "id": 1}, {"event": "end", "data": {"n": 2}}])
    with verifier.sandbox(), httpx2.Client() as client, client.sse(URL) as events:
        got = [(event.event, event.id, event.data) for event in events]
    assert got == [("message", "1", "one"), ("end", "1", '{"n": 2}')]
    assert facts(http)["chunks"] == 2


async def test_calls_that_overlap_share_a_script(verifier: StrictVerifier, http: HttpPlugin) -> None:
    """Each reads it from its beginning, whoever gets ahead."""
    http.mock_response("GET", URL, stream=generated_async(), times=3)

    async def read_all(client: httpx.AsyncClient) -> bytes:
        async with client.stream("GET", URL) as response:
            return b"".join([piece async for piece in response.aiter_bytes()])

    with verifier.sandbox():
        async with httpx.AsyncClient() as client:
            found = await asyncio.gather(*[read_all(client) for _ in range(3)])
    assert found == [b"".join(PIECES)] * 3
