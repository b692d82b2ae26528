"""One script, played twice: by a real `websockets.serve`, and as a session of bigfoot."""

from __future__ import annotations

import asyncio
import contextlib
import http
import logging
import socket
import ssl
import struct
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response


class Step(NamedTuple):
    """A step of a session, as `expect` takes it."""

    name: str
    returns: Any = None
    raises: Any = None


Script = tuple[Step, ...]

SEND = Step("send")
CLOSE = Step("close")
PING = Step("ping")


def connect(**answer: Any) -> Step:
    return Step("connect", answer or None)


def recv(message: Any) -> Step:
    return Step("recv", message)


def fails(name: str, error: BaseException) -> Step:
    return Step(name, raises=error)


def closes(code: int, reason: str = "") -> Step:
    return Step("close", {"code": code, "reason": reason})


class Snippet(NamedTuple):
    """A piece of client code, and what the server does with each of its connections.

    Attributes:
        run: takes the URL and, for TLS, the client's context.
        scripts: one for each connection.
        plain: whether it is left out by TLS, and why.
    """

    run: Callable[..., Any]
    scripts: tuple[Script, ...]
    plain: str

    @property
    def name(self) -> str:
        return self.run.__name__


def collector(found: list[Snippet]) -> Callable[..., Callable[[Callable[..., Any]], Callable[..., Any]]]:
    """Return a decorator for the snippets of one client; a script is given as its steps, several as lists."""

    def talks(*steps: Any, plain: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        scripts = tuple(tuple(script) for script in steps) if isinstance(steps[0], list) else (steps,)

        def add(run: Callable[..., Any]) -> Callable[..., Any]:
            found.append(Snippet(run, scripts, plain))
            return run

        return add

    return talks


class Player:
    """A real server in a thread of its own.

    Attributes:
        port: where it listens.
    """

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._scripts: dict[str, deque[Script]] = defaultdict(deque)
        self._playing: dict[ServerConnection, Script] = {}
        self._tls = tls
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self.port = 0

    def promise(self, snippet: Snippet) -> None:
        """Play these scripts to the next connections that ask for the snippet."""
        self._scripts[snippet.name] = deque(snippet.scripts)

    def played(self, snippet: Snippet) -> tuple[Script, ...]:
        """Return the scripts of the snippet that a connection came for; an old client may not come again."""
        return snippet.scripts[: len(snippet.scripts) - len(self._scripts[snippet.name])]

    def run(self) -> None:
        """Serve until `stop`."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    def wait(self) -> None:
        """Wait until it listens."""
        assert self._ready.wait(10)

    def stop(self) -> None:
        """End."""
        self._loop.call_soon_threadsafe(self._stop.set)

    async def _serve(self) -> None:
        silent = logging.Logger("silent", logging.CRITICAL)
        async with serve(
            self._play,
            "127.0.0.1",
            0,
            ssl=self._tls,
            process_request=self._request,
            process_response=self._response,
            select_subprotocol=self._subprotocol,
            server_header=None,
            logger=silent,
            close_timeout=0.2,
        ) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            self._ready.set()
            await self._stop.wait()

    def _request(self, connection: ServerConnection, request: Request) -> Response | None:
        script = self._scripts[request.path.strip("/").partition("?")[0]].popleft()
        self._playing[connection] = script
        answer = script[0].returns or {}
        if script[0].raises is not None:
            connection.transport.close()
            return None
        if "status" not in answer:
            return None
        status = http.HTTPStatus(answer["status"])
        response = connection.respond(status, answer.get("body", ""))
        location = answer.get("headers", {}).get("Location")
        if location:
            response.headers["Location"] = location
        return response

    def _response(self, connection: ServerConnection, request: Request, response: Response) -> None:
        if connection in self._playing:
            for name, value in ((self._playing[connection][0].returns or {}).get("headers") or {}).items():
                response.headers[name] = value

    def _subprotocol(self, connection: ServerConnection, offered: Any) -> Any:
        return (self._playing[connection][0].returns or {}).get("subprotocol")

    async def _play(self, connection: ServerConnection) -> None:
        script = self._playing.pop(connection)
        with contextlib.suppress(ConnectionClosed):
            for step in script[1:]:
                await self._do(connection, step)
        await connection.wait_closed()

    async def _do(self, connection: ServerConnection, step: Step) -> None:
        if step.raises is not None:
            await self._fail(connection, step.raises)
        elif step.name == "recv":
            await connection.send(step.returns)
        elif step.name == "send":
            await connection.recv()
        elif step.name == "ping" and step.returns is not None:
            await connection.ping(step.returns)
        elif step.name == "close" and step.returns is not None:
            await connection.close(**step.returns)

    async def _fail(self, connection: ServerConnection, error: BaseException) -> None:
        received = getattr(error, "rcvd", None)
        if received is not None:
            await connection.close(received.code, received.reason)
        elif isinstance(error, ConnectionResetError):
            sock = connection.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.transport.abort()
        elif not isinstance(error, TimeoutError) and "Timeout" not in type(error).__name__:
            connection.transport.abort()


@contextmanager
def playing(tls: ssl.SSLContext | None = None) -> Iterator[Player]:
    """Run a real server."""
    player = Player(tls)
    thread = threading.Thread(target=player.run)
    thread.start()
    player.wait()
    try:
        yield player
    finally:
        player.stop()
        thread.join(10)
