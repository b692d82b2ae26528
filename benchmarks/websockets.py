"""WebSocket round trips: on the script, and with a real server in a thread of the same process, as a test has one.

Both are timed in CPU time of the process, so that the server is paid for as the script is.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import Any

from .contenders import Contender
from .measures import cpu_ns

PLUGINS = {"websockets": "async_websocket_mock", "websocket": "sync_websocket_mock"}
WARM = 5  # rounds


def round_trip(client: str, contender: type[Contender], _: int, count: int) -> float:
    """One message there and one back, over an open connection."""
    if not contender.judged:
        with _served() as url:
            return _rounds(client, url, count)
    verifier = importlib.import_module("bigfoot").StrictVerifier()
    session = verifier.plugin(PLUGINS[client]).new_session().expect("connect", returns=None)
    for _round in repeat(None, count + WARM):
        session.expect("send", returns=None).expect("recv", returns="pong")
    session.expect("close", returns=None)
    with verifier.sandbox():
        return _rounds(client, "ws://api.test/", count)


def _rounds(client: str, url: str, count: int) -> float:
    if client == "websocket":
        return _blocking(url, count)
    return asyncio.run(_awaiting(url, count))


def _blocking(url: str, count: int) -> float:
    connection: Any = importlib.import_module("websocket").create_connection(url)

    def rounds(number: int) -> None:
        for _ in repeat(None, number):
            connection.send("ping")
            connection.recv()

    rounds(WARM)
    spent = cpu_ns(lambda: rounds(count)) / count
    connection.close()
    return spent


async def _awaiting(url: str, count: int) -> float:
    dial: Any = importlib.import_module("websockets.asyncio.client").connect

    async def rounds(number: int) -> None:
        for _ in repeat(None, number):
            await connection.send("ping")
            await connection.recv()

    async with dial(url) as connection:
        await rounds(WARM)
        gc.collect()
        gc.disable()
        start = time.process_time_ns()
        await rounds(count)
        spent = time.process_time_ns() - start
        gc.enable()
        return spent / count


@contextmanager
def _served() -> Iterator[str]:
    """Run `websockets.serve` in a thread; gives its URL."""
    serve: Any = importlib.import_module("websockets.asyncio.server").serve
    ready: list[int] = []
    listening, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def answer(connection: Any) -> None:
        async for _ in connection:
            await connection.send("pong")

    async def main() -> None:
        async with serve(answer, "127.0.0.1", 0) as server:
            ready.append(next(iter(server.sockets)).getsockname()[1])
            listening.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    listening.wait()
    try:
        yield f"ws://127.0.0.1:{ready[0]}/"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
