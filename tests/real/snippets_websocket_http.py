"""Pieces of code for the WebSockets of HTTP clients: aiohttp's `ws_connect`, and `websocket` of httpx2."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx2
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close

from .websocket_server import CLOSE, PING, SEND, Snippet, closes, collector, connect, fails, recv

AIOHTTP: list[Snippet] = []
HTTPX2: list[Snippet] = []
HTTPX2_SYNC: list[Snippet] = []
by_aiohttp = collector(AIOHTTP)
by_httpx2 = collector(HTTPX2)
by_httpx2_sync = collector(HTTPX2_SYNC)

Tls = ssl.SSLContext | None
BIG = "x" * 300_000


@asynccontextmanager
async def session(tls: Tls) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls or True)) as one:
        yield one
    if tls is not None:
        for _ in range(100):  # it does not wait until TLS has said good-bye, and uvloop minds
            await asyncio.sleep(0.001)  # turns, and not a time: a busy machine gives the far end's thread as many


@by_aiohttp(connect(), recv('{"a": 1}'), SEND, CLOSE)
async def aiohttp_json(url: str, tls: Tls) -> Any:
    async with session(tls) as client, client.ws_connect(url) as ws:
        message = await ws.receive_json()
        await ws.send_json({"b": 2})
    return message, ws.close_code, ws.closed


@by_aiohttp(connect(), recv("a"), recv(b"b"), closes(1000))
async def aiohttp_iterated(url: str, tls: Tls) -> Any:
    async with session(tls) as client, client.ws_connect(url) as ws:
        return [(message.type.name, message.data) async for message in ws], ws.close_code


@by_aiohttp(connect(), *[SEND, recv(b"pong")] * 3, CLOSE)
async def aiohttp_rounds(url: str, tls: Tls) -> Any:
    got = []
    async with session(tls) as client, client.ws_connect(url) as ws:
        for _ in range(3):
            await ws.send_bytes(b"ping")
            got.append(await ws.receive_bytes())
    return got


@by_aiohttp(connect(subprotocol="chat", headers={"X-Session": "7"}), CLOSE)
async def aiohttp_subprotocol(url: str, tls: Tls) -> Any:
    protocols = ["other", "chat"]
    async with session(tls) as client, client.ws_connect(url, protocols=protocols, headers={"X-Mine": "1"}) as ws:
        return ws.protocol, ws._response.headers["X-Session"]


@by_aiohttp(connect(), recv(BIG), SEND, CLOSE)
async def aiohttp_compressed(url: str, tls: Tls) -> Any:
    async with session(tls) as client, client.ws_connect(url, compress=12) as ws:
        message = await ws.receive_str()
        await ws.send_str(message)
        return len(message), ws.compress


@by_aiohttp(connect(), fails("recv", ConnectionClosedError(Close(1011, "broken"), None)))
async def aiohttp_closed(url: str, tls: Tls) -> Any:
    async with session(tls) as client, client.ws_connect(url) as ws:
        message = await ws.receive()
        return message.type.name, message.data, message.extra


@by_aiohttp(connect(), PING, CLOSE)
async def aiohttp_pinged(url: str, tls: Tls) -> Any:
    async with session(tls) as client, client.ws_connect(url, autoping=False) as ws:
        await ws.ping(b"are you there")
        message = await ws.receive()
        return message.type.name, message.data


@by_aiohttp(connect(), fails("recv", TimeoutError()), CLOSE)
async def aiohttp_timed_out(url: str, tls: Tls) -> Any:
    async with session(tls) as client, client.ws_connect(url) as ws:
        try:
            await ws.receive(timeout=0.05)
        except TimeoutError as error:
            return type(error).__name__
        return "nothing"


@by_aiohttp(connect(status=403, body="go away"))
async def aiohttp_forbidden(url: str, tls: Tls) -> Any:
    async with session(tls) as client:
        try:
            await client.ws_connect(url)
        except aiohttp.WSServerHandshakeError as error:
            return error.status, error.message
    return "opened"


def verify(tls: Tls) -> Any:
    return tls if tls is not None else True


@by_httpx2(connect(), recv('{"a": 1}'), SEND, CLOSE)
async def httpx2_json(url: str, tls: Tls) -> Any:
    async with httpx2.AsyncClient(verify=verify(tls)) as client, client.websocket(url) as ws:
        message = await ws.receive_json()
        await ws.send_json({"b": 2})
        return message


@by_httpx2(connect(subprotocol="chat"), recv(b"\x00\xff"), CLOSE)
async def httpx2_subprotocol(url: str, tls: Tls) -> Any:
    async with httpx2.AsyncClient(verify=verify(tls)) as client, client.websocket(url, subprotocols=["chat"]) as ws:
        return ws.subprotocol, await ws.receive_bytes()


@by_httpx2(connect(), recv("a"), closes(4001, "enough"))
async def httpx2_closed(url: str, tls: Tls) -> Any:
    from httpx2.websockets import WebSocketDisconnect

    async with httpx2.AsyncClient(verify=verify(tls)) as client, client.websocket(url) as ws:
        got: list[Any] = [await ws.receive_text()]
        try:
            await ws.receive_text()
        except WebSocketDisconnect as error:
            got.append((error.code, error.reason))
        return got


@by_httpx2(connect(status=403, body="go away"))
async def httpx2_forbidden(url: str, tls: Tls) -> Any:
    from httpx2.websockets import WebSocketUpgradeError

    async with httpx2.AsyncClient(verify=verify(tls)) as client:
        try:
            async with client.websocket(url):
                return "opened"
        except WebSocketUpgradeError as error:
            return error.response.status_code


@by_httpx2(connect(), fails("recv", TimeoutError()), CLOSE)
async def httpx2_timed_out(url: str, tls: Tls) -> Any:
    async with httpx2.AsyncClient(verify=verify(tls)) as client, client.websocket(url) as ws:
        try:
            await ws.receive_text(timeout=0.05)
        except TimeoutError as error:
            return type(error).__name__
        return "nothing"


@by_httpx2_sync(connect(), recv('{"a": 1}'), SEND, CLOSE)
def httpx2_sync_json(url: str, tls: Tls) -> Any:
    with httpx2.Client(verify=verify(tls)) as client, client.websocket(url) as ws:
        message = ws.receive_json(timeout=10)
        ws.send_json({"b": 2})
        return message


@by_httpx2_sync(connect(), SEND, recv("echo"), CLOSE)
def httpx2_sync_round(url: str, tls: Tls) -> Any:
    with httpx2.Client(verify=verify(tls)) as client, client.websocket(url) as ws:
        ws.send_text("echo")
        return ws.receive_text(timeout=10)
