"""Event loops to run tests on, and small servers that live in them."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from ssl import SSLContext
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

LOOPS = [
    "asyncio",
    pytest.param(
        "uvloop",
        marks=pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="there is no uvloop for Windows"),
    ),
]


def runner(loop: str) -> Run[Any]:
    """Return what runs a coroutine on a loop of this library, and complains of what the loop had to complain of."""

    def run(coroutine: Coroutine[Any, Any, T]) -> T:
        factory = None
        if loop == "uvloop":
            import uvloop

            factory = uvloop.new_event_loop
        complaints: list[dict[str, Any]] = []
        with asyncio.Runner(loop_factory=factory) as running:
            running.get_loop().set_exception_handler(lambda _, context: complaints.append(context))
            result = running.run(coroutine)
        assert complaints == []
        return result

    return run


@asynccontextmanager
async def serving(talk: Talk, tls: SSLContext | None = None) -> AsyncIterator[int]:
    """Run a server in this loop; gives its port. `talk` is called for each connection."""
    talking: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talking.add(task)
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client hung up, or the test is over
        finally:
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)


async def read_request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Read one request; its head and its body, which has a length if any."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head, await reader.readexactly(int(length[0].split(b":")[1])) if length else b""
