"""Pieces of code for the `websockets` library: on asyncio, in threads, on trio, and its legacy client."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from typing import Any

import trio
import websockets
import websockets.asyncio.client
import websockets.sync.client
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, ConnectionClosedOK, InvalidHandshake
from websockets.frames import Close

from .websocket_server import CLOSE, PING, SEND, Snippet, closes, collector, connect, fails, recv

ON_ASYNCIO: list[Snippet] = []
ON_TRIO: list[Snippet] = []
IN_THREADS: list[Snippet] = []
LEGACY: list[Snippet] = []
on_asyncio = collector(ON_ASYNCIO)
on_trio = collector(ON_TRIO)
in_threads = collector(IN_THREADS)
legacy = collector(LEGACY)

# What a connection may lack by its type, and has once it is open, is not what these snippets are about.
dial: Any = websockets.asyncio.client.connect
dial_sync: Any = websockets.sync.client.connect

Tls = ssl.SSLContext | None
BIG = "x" * 300_000


def told(error: BaseException) -> Any:
    """What there is to know of an exception, without what only this connection has: addresses, dates."""
    if isinstance(error, ConnectionClosed):
        return type(error).__name__, error.rcvd, error.sent, error.rcvd_then_sent
    response = getattr(error, "response", None)
    if response is not None:
        return type(error).__name__, response.status_code, response.body
    return type(error).__name__


@on_asyncio(connect(), recv("hello"), SEND, CLOSE)
async def context_manager(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as ws:
        message = await ws.recv()
        await ws.send("thanks")
    return message, ws.protocol.close_code, ws.protocol.close_reason, ws.protocol.state.name


@on_asyncio(connect(), SEND, recv("echo"), CLOSE)
async def awaited(url: str, tls: Tls) -> Any:
    ws = await dial(url, ssl=tls)
    await ws.send("echo")
    answer = await ws.recv()
    await ws.close()
    return answer, ws.protocol.close_code


@on_asyncio(connect(), recv("a"), recv("b"), recv(b"c"), closes(1000))
async def iterated(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as ws:
        return [message async for message in ws]


@on_asyncio(connect(), recv("a"), closes(4001, "try later"))
async def iterated_to_an_error(url: str, tls: Tls) -> Any:
    got: list[Any] = []
    async with dial(url, ssl=tls) as ws:
        try:
            async for message in ws:
                got.append(message)
        except ConnectionClosedError as error:
            got.append(told(error))
    return got


@on_asyncio(
    [connect(), recv("one"), closes(1012, "restart")],
    [connect(), recv("two"), CLOSE],
)
async def reconnecting(url: str, tls: Tls) -> Any:
    got: list[Any] = []
    again = dial if hasattr(dial, "__aiter__") else _legacy()  # the first new client could not yet
    async for ws in again(url, ssl=tls):
        try:
            async for message in ws:
                got.append(message)
                if len(got) == 2:
                    await ws.close()
                    return got
        except ConnectionClosed:
            continue
    return got


@on_asyncio(connect(), *[SEND, recv("pong")] * 5, CLOSE)
async def several_rounds(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as ws:
        return [await ask(ws, f"ping {number}") for number in range(5)]


async def ask(ws: Any, message: Any) -> Any:
    await ws.send(message)
    return await ws.recv()


@on_asyncio(connect(), recv(b"\x00\xff" * 10), SEND, CLOSE)
async def binary(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as ws:
        message = await ws.recv()
        await ws.send(bytearray(b"\xff\x00"))
    return message


@on_asyncio(connect(), recv(["to", "geth", "er"]), SEND, CLOSE)
async def fragments(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as ws:
        message = await ws.recv()
        await ws.send(["in ", "pie", "ces"])
    return message


@on_asyncio(connect(), recv(["to", "geth", "er"]), CLOSE)
async def streamed(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as ws:
        return [piece async for piece in ws.recv_streaming() if piece]  # serve() ends with an empty frame


@on_asyncio(connect(), recv(BIG), SEND, CLOSE)
async def much(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as ws:
        message = await ws.recv()
        await ws.send(message)
    return len(message)


@on_asyncio(connect(), recv("y" * 100), SEND, CLOSE)
async def without_compression(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls, compression=None) as ws:
        extensions = [extension.name for extension in ws.protocol.extensions]
        return extensions, await ask_back(ws)


async def ask_back(ws: Any) -> Any:
    message = await ws.recv()
    await ws.send(message)
    return message


@on_asyncio(connect(), recv("y" * 100), SEND, CLOSE)
async def with_compression(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as ws:
        offered = ws.response.headers["Sec-WebSocket-Extensions"]
        return offered, await ask_back(ws)


@on_asyncio(connect(subprotocol="chat.v2"), recv("hi"), CLOSE)
async def subprotocol(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls, subprotocols=["chat.v1", "chat.v2"]) as ws:
        return ws.subprotocol, await ws.recv()


@on_asyncio(connect(), CLOSE)
async def no_subprotocol(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls, subprotocols=["chat"]) as ws:
        return ws.subprotocol


@on_asyncio(connect(headers={"X-Session": "7"}), CLOSE)
async def headers(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls, additional_headers={"Authorization": "Bearer x"}, origin="https://a.example") as ws:
        return ws.response.headers["X-Session"], ws.request.headers["Authorization"], ws.response.status_code


@on_asyncio(connect(), PING, CLOSE)
async def pinged(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls, ping_interval=None) as ws:
        return await (await ws.ping("are you there")) >= 0


@on_asyncio(connect(), PING, recv("after"), CLOSE)
async def ping_between(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls, ping_interval=None) as ws:
        pong = await ws.ping()
        message = await ws.recv()
        await pong
        return message


@on_asyncio(connect(), recv("before"), CLOSE)
async def close_with_a_reason(url: str, tls: Tls) -> Any:
    ws = await dial(url, ssl=tls)
    await ws.recv()
    await ws.close(3000, "enough")
    return ws.protocol.close_code, ws.protocol.close_reason


@on_asyncio(connect(), closes(1001, "going away"))
async def told_to_go(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as ws:
        try:
            await ws.recv()
        except ConnectionClosedOK as error:
            return told(error), ws.protocol.close_code, ws.protocol.close_reason
    return "nothing"


@on_asyncio(connect(), fails("recv", ConnectionClosedError(Close(1011, "broken"), None)))
async def closed_by_an_error(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as ws:
        try:
            await ws.recv()
        except ConnectionClosedError as error:
            return told(error)
    return "nothing"


@on_asyncio(connect(), recv("last"), fails("recv", ConnectionClosedError(None, None)))
async def lost(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as ws:
        got = [await ws.recv()]
        try:
            await ws.recv()
        except ConnectionClosedError as error:
            got.append(told(error))
    return got, ws.protocol.close_code


@on_asyncio(connect(), fails("recv", ConnectionResetError()), plain="a reset by TLS is told by what was under way")
async def reset(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as ws:
        try:
            await ws.recv()
        except ConnectionClosedError as error:
            return told(error)
    return "nothing"


@on_asyncio(connect(), fails("recv", TimeoutError()), CLOSE)
async def timed_out(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as ws:
        try:
            return await asyncio.wait_for(ws.recv(), 0.05)
        except TimeoutError as error:
            return told(error)


@on_asyncio(connect(status=403, body="go away"))
async def forbidden(url: str, tls: Tls) -> Any:
    try:
        async with dial(url, ssl=tls):
            return "opened"
    except InvalidHandshake as error:
        # websockets 13 does not wait for the end of the connection, and uvloop cannot be closed in the middle of it.
        await asyncio.sleep(0.25)
        return told(error)


@on_asyncio(fails("connect", websockets.exceptions.InvalidMessage("did not receive a valid HTTP response")))
async def hung_up_on(url: str, tls: Tls) -> Any:
    try:
        async with dial(url, ssl=tls):
            return "opened"
    except (InvalidHandshake, EOFError, ConnectionError) as error:
        return told(error)


@on_asyncio([connect(), recv("1"), CLOSE], [connect(), recv("2"), CLOSE])
async def two_at_once(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as one, dial(url, ssl=tls) as two:
        return [await one.recv(), await two.recv()]


@on_asyncio(connect(), SEND, recv("x"), SEND, CLOSE)
async def sent_after_closing(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as ws:
        await ask(ws, "a")
        await ws.send("b")
        await ws.close()
        try:
            await ws.send("c")
        except ConnectionClosed as error:
            return told(error)
    return "sent"


@on_asyncio(connect(), recv("text"), recv(b"bytes"), CLOSE)
async def decoded(url: str, tls: Tls) -> Any:
    async with dial(url, ssl=tls) as ws:
        first, second = await ws.recv(), await ws.recv()
        return type(first), type(second)


@on_asyncio(connect(), SEND, CLOSE)
async def with_a_query(url: str, tls: Tls) -> Any:
    async with dial(f"{url}?symbol=BTC&since=1", ssl=tls) as ws:
        await ws.send("x")
        return ws.request.path.partition("?")[2]


@on_trio(connect(), recv("hello"), SEND, CLOSE)
async def trio_context_manager(url: str, tls: Tls) -> Any:
    from websockets.trio.client import connect as dial_trio

    async with dial_trio(url, ssl=tls) as ws:
        message = await ws.recv()
        await ws.send("thanks")
    return message, ws.close_code


@on_trio(connect(), recv("a"), recv("b"), closes(1000))
async def trio_iterated(url: str, tls: Tls) -> Any:
    from websockets.trio.client import connect as dial_trio

    async with dial_trio(url, ssl=tls) as ws:
        return [message async for message in ws]


@on_trio(connect(), fails("recv", ConnectionClosedError(Close(1011, "broken"), None)))
async def trio_closed_by_an_error(url: str, tls: Tls) -> Any:
    from websockets.trio.client import connect as dial_trio

    async with dial_trio(url, ssl=tls) as ws:
        try:
            await ws.recv()
        except ConnectionClosedError as error:
            return told(error)
    return "nothing"


@on_trio(connect(), fails("recv", TimeoutError()), CLOSE)
async def trio_timed_out(url: str, tls: Tls) -> Any:
    from websockets.trio.client import connect as dial_trio

    async with dial_trio(url, ssl=tls) as ws:
        with trio.move_on_after(0.05) as scope:
            await ws.recv()
        return scope.cancelled_caught


@on_trio(connect(status=403, body="go away"))
async def trio_forbidden(url: str, tls: Tls) -> Any:
    from websockets.trio.client import connect as dial_trio

    try:
        async with dial_trio(url, ssl=tls):
            return "opened"
    except InvalidHandshake as error:
        return told(error)


@in_threads(connect(), recv("hello"), SEND, CLOSE)
def sync_context_manager(url: str, tls: Tls) -> Any:
    with dial_sync(url, ssl=tls) as ws:
        message = ws.recv()
        ws.send("thanks")
    return message


@in_threads(connect(), SEND, recv(b"\x01\x02"), CLOSE)
def sync_binary(url: str, tls: Tls) -> Any:
    with dial_sync(url, ssl=tls) as ws:
        ws.send(b"\x03")
        return ws.recv(timeout=10)


@in_threads(connect(), fails("recv", TimeoutError()), SEND, recv("late"), CLOSE)
def sync_timed_out(url: str, tls: Tls) -> Any:
    with dial_sync(url, ssl=tls) as ws:
        try:
            ws.recv(timeout=0.05)
        except TimeoutError as error:
            ws.send("still there?")
            return told(error), ws.recv(timeout=10)
    return "nothing"


@in_threads(connect(), fails("recv", ConnectionClosedError(Close(1011, "broken"), None)))
def sync_closed_by_an_error(url: str, tls: Tls) -> Any:
    with dial_sync(url, ssl=tls) as ws:
        try:
            ws.recv(timeout=10)
        except ConnectionClosedError as error:
            return told(error)
    return "nothing"


@in_threads(connect(), PING, CLOSE)
def sync_pinged(url: str, tls: Tls) -> Any:
    with dial_sync(url, ssl=tls) as ws:
        return ws.ping(b"hi").wait(10)


@in_threads(connect(subprotocol="chat"), recv(BIG), CLOSE)
def sync_subprotocol(url: str, tls: Tls) -> Any:
    with dial_sync(url, ssl=tls, subprotocols=["chat"]) as ws:
        return ws.subprotocol, len(ws.recv(timeout=10))


@in_threads(connect(status=404))
def sync_not_found(url: str, tls: Tls) -> Any:
    try:
        dial_sync(url, ssl=tls)
    except InvalidHandshake as error:
        return told(error)
    return "opened"


@legacy(connect(), recv("hello"), SEND, CLOSE)
async def legacy_context_manager(url: str, tls: Tls) -> Any:
    async with _legacy()(url, ssl=tls) as ws:
        message = await ws.recv()
        await ws.send("thanks")
    return message, ws.close_code


@legacy(connect(), recv("a"), recv("b"), closes(1000))
async def legacy_iterated(url: str, tls: Tls) -> Any:
    async with _legacy()(url, ssl=tls) as ws:
        return [message async for message in ws]


@legacy(connect(), fails("recv", ConnectionClosedError(Close(1011, "broken"), None)))
async def legacy_closed(url: str, tls: Tls) -> Any:
    async with _legacy()(url, ssl=tls) as ws:
        try:
            await ws.recv()
        except ConnectionClosedError as error:
            return told(error)
    return "nothing"


def _legacy() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from websockets.legacy.client import connect as dial_legacy
    return dial_legacy
