"""The real far end: a loopback HTTP server in its own process, so that its CPU time is not the client's."""

from __future__ import annotations

import asyncio
import functools
import subprocess
import sys
from typing import Any

from .answer import WIRE


class Answering(asyncio.Protocol):
    """Answers every request of a keep-alive connection in one write (asyncio sets TCP_NODELAY itself)."""

    def __init__(self) -> None:
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        *whole, self._seen = (self._seen + data).split(b"\r\n\r\n")
        if whole:
            self._transport.write(WIRE * len(whole))


async def serve() -> None:
    """Serve until the starter closes our stdin, which it also does by dying."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@functools.cache
def base_url() -> str:
    """Start the server once per worker; return "http://127.0.0.1:<port>"."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    _alive.append(process)
    assert process.stdout is not None
    return f"http://127.0.0.1:{process.stdout.readline().strip()}"


_alive: list[subprocess.Popen[str]] = []  # keeps the stdin pipe open for as long as the worker lives

if __name__ == "__main__":
    asyncio.run(serve())
