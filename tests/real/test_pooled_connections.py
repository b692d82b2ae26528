"""A keep-alive connection from before the sandbox is not used inside it, and is still good after it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

import bigfoot

from .server import Server

MOCKED = {"from": "the mock"}
Client = tuple[Callable[[str], Any], Callable[[], Any]]
"""How to get JSON from a path with one client, and how to close it."""


def _httpx(name: str) -> Callable[[str], Client]:
    def made(base: str) -> Client:
        client = pytest.importorskip(name).Client(base_url=base)
        return lambda path: client.get(path).json(), client.close

    return made


def _requests(base: str) -> Client:
    session = pytest.importorskip("requests").Session()
    return lambda path: session.get(base + path).json(), session.close


def _urllib3(base: str) -> Client:
    manager = pytest.importorskip("urllib3").PoolManager()
    return lambda path: json.loads(manager.request("GET", base + path).data), manager.clear


def _http_client(base: str) -> Client:
    connection = http.client.HTTPConnection(urlsplit(base).netloc)

    def get(path: str) -> Any:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())

    return get, connection.close


CLIENTS = {
    "httpx": _httpx("httpx"),
    "httpx2": _httpx("httpx2"),
    "requests": _requests,
    "urllib3": _urllib3,
    "http.client": _http_client,
}


@pytest.mark.parametrize("client", CLIENTS)
def test_connection_survives_the_sandbox(client: str, server: Server) -> None:
    get, close = CLIENTS[client](server.url)
    try:
        server.forget()
        before = get("/json")
        bigfoot.http.mock_response("GET", f"{server.url}/json", json=MOCKED)
        with bigfoot.sandbox():
            inside = get("/json")
        after = get("/json")
    finally:
        close()

    assert (before, inside, after) == (after, MOCKED, before)
    assert [each.request.target for each in server.journal] == ["/json", "/json"]
    assert server.connections == 1
    bigfoot.http.assert_request("GET", f"{server.url}/json").assert_response(
        200, headers={"content-type": "application/json"}, body=MOCKED
    )


async def _aiohttp(base: str) -> Client:
    session = pytest.importorskip("aiohttp").ClientSession()

    async def get(path: str) -> Any:
        async with session.get(base + path) as response:
            return await response.json()

    return get, session.close


def _httpx_async(name: str) -> Callable[[str], Awaitable[Client]]:
    async def made(base: str) -> Client:
        client = pytest.importorskip(name).AsyncClient(base_url=base)

        async def get(path: str) -> Any:
            return (await client.get(path)).json()

        return get, client.aclose

    return made


ASYNC_CLIENTS = {"aiohttp": _aiohttp, "httpx": _httpx_async("httpx"), "httpx2": _httpx_async("httpx2")}


@pytest.mark.parametrize("client", ASYNC_CLIENTS)
async def test_async_connection_survives_the_sandbox(client: str, server: Server) -> None:
    get, close = await ASYNC_CLIENTS[client](server.url)
    try:
        server.forget()
        before = await get("/json")
        bigfoot.http.mock_response("GET", f"{server.url}/json", json=MOCKED)
        async with bigfoot.sandbox():
            inside = await get("/json")
        after = await get("/json")
    finally:
        await close()

    assert (before, inside, after) == (after, MOCKED, before)
    assert [each.request.target for each in server.journal] == ["/json", "/json"]
    assert server.connections == 1
    bigfoot.http.assert_request("GET", f"{server.url}/json").assert_response(
        200, headers={"content-type": "application/json"}, body=MOCKED
    )
