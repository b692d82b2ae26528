"""A real HTTP/1.1 server on loopback that remembers, byte for byte, what was said on it."""

from __future__ import annotations

import asyncio
import os
import re
import ssl
import tempfile
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

Pairs = tuple[tuple[str, str], ...]
FOLD = re.compile("\r\n[ \t]+")
PHRASES = {int(status): status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent; header names and values as they were on the wire, read as latin-1."""

    method: str
    target: str
    headers: Pairs
    body: bytes

    def url(self, base: str) -> str:
        """The absolute URL; a proxy is given it as the target."""
        if not self.target.startswith("/"):
            return self.target
        named = base.replace("127.0.0.1", "localhost")
        return (named if named.endswith(f"//{self.header('host')}") else base) + self.target

    @property
    def parts(self) -> list[str]:
        """The path's segments: `/status/404` is `["status", "404"]`."""
        return [unquote(part) for part in urlsplit(self.target).path.split("/") if part]

    @property
    def args(self) -> list[tuple[str, str]]:
        """The query string, decoded, in order."""
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    def arg(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return next((value for key, value in self.args if key == name), default)

    def header(self, name: str, default: str = "") -> str:
        """A header's values, joined with `", "`."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else default


@dataclass(frozen=True, slots=True)
class Reply:
    """What a route answers. `chunks` are written as they are when the framing is "chunked"."""

    status: int = 200
    body: bytes = b""
    headers: Pairs = ()
    reason: str | None = None
    framing: Literal["length", "chunked", "close"] = "length"
    chunks: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and the response to it, as they went over the wire (bodies without their chunk framing)."""

    request: Request
    status: int
    reason: str
    headers: Pairs
    body: bytes


Handler = Callable[[Request, int], Reply]
"""A route gets the request and how often this very target was asked before."""


@dataclass(slots=True, eq=False)
class Server:
    """Serves `routes` (first path segment -> handler) from a thread of its own; with `tls`, over https.

    Example:
        with Server(ROUTES) as server:
            urllib.request.urlopen(server.url + "/json")
            assert server.journal[0].status == 200
    """

    routes: dict[str, Handler]
    tls: ssl.SSLContext | None = None
    journal: list[Exchange] = field(default_factory=list)
    connections: int = 0
    url: str = ""
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _visits: Counter[str] = field(default_factory=Counter)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _ready: threading.Event = field(default_factory=threading.Event)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Server:
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread:
            self._thread.join()
        self._loop.close()

    def settle(self) -> None:
        """Wait until every connection that was made is accepted: they are, in their order."""
        if self.tls is None:
            with urllib.request.urlopen(f"{self.url}/empty"):
                self.journal.pop()

    def forget(self) -> None:
        """Start a new journal; routes that count visits count from zero again."""
        self.journal = []
        self.connections = 0
        self._visits.clear()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0, ssl=self.tls, limit=2**20, backlog=256)
        host, port = server.sockets[0].getsockname()
        self.url = f"{'https' if self.tls else 'http'}://{host}:{port}"
        path = unix_path(self.url)
        local = await asyncio.start_unix_server(self._converse, path, ssl=self.tls, limit=2**20)
        self._ready.set()
        await self._stop.wait()
        server.close()
        local.close()
        Path(path).unlink(missing_ok=True)  # from 3.13 on, closing has done it
        for writer in self._writers:
            writer.transport.abort()  # what a client forgot to close ends without a TLS farewell
        if talking := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(talking)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, OSError):
            pass  # the client hung up, which is its right
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; false when the connection ends with it."""
        head = FOLD.sub(" ", (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
        start, *lines = head.rstrip("\r\n").split("\r\n")
        method, target, version = start.split(" ")
        headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        if isinstance(writer.get_extra_info("sockname"), str):  # a Unix socket has a path, where others have an address
            target = f"http://{Request(method, target, headers, b'').header('host')}{target}"
        request = Request(method, target, headers, b"")
        if request.header("expect").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request = Request(method, target, headers, await _read_body(request, reader))
        reply = self._answer(request)
        closing = reply.framing == "close" or version == "HTTP/1.0" or request.header("connection").lower() == "close"
        shown = (
            *reply.headers,
            *_framing_headers(request, reply),
            *((("Connection", "close"),) if closing else ()),
        )
        reason = PHRASES.get(reply.status, "Unknown") if reply.reason is None else reply.reason
        pieces = reply.chunks or ((reply.body,) if reply.body else ())
        bodiless = method == "HEAD" or reply.status in (204, 304)
        body = b"" if bodiless else b"".join(pieces)
        # Before the first byte leaves: a client that has its answer finds the exchange in the journal.
        self.journal.append(Exchange(request, reply.status, reason, shown, body))
        writer.write(f"HTTP/1.1 {reply.status} {reason}\r\n".encode() + _raw(shown) + _framed(reply, pieces, bodiless))
        await writer.drain()
        return not closing

    def _answer(self, request: Request) -> Reply:
        seen = self._visits[request.target]
        self._visits[request.target] += 1
        route = self.routes.get(request.parts[0] if request.parts else "")
        return route(request, seen) if route else Reply(404, b"no such route")


def unix_path(url: str) -> str:
    """The path of the Unix socket on which the server of this URL listens as well."""
    return os.path.join(tempfile.gettempdir(), f"bigfoot-{url.rpartition(':')[2]}.sock")


def _framing_headers(request: Request, reply: Reply) -> Pairs:
    if reply.status in (204, 304) or reply.framing == "close":
        return ()
    if reply.framing == "chunked":
        return (("Transfer-Encoding", "chunked"),)
    return (("Content-Length", str(len(reply.body))),)


def _raw(headers: Pairs) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode("latin-1") + b"\r\n"


def _framed(reply: Reply, pieces: tuple[bytes, ...], bodiless: bool) -> bytes:
    if bodiless:
        return b""
    if reply.framing == "chunked":
        return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return b"".join(pieces)


async def _read_body(request: Request, reader: asyncio.StreamReader) -> bytes:
    if "chunked" in request.header("transfer-encoding").lower():
        body = bytearray()
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        while await reader.readuntil(b"\r\n") != b"\r\n":
            pass  # trailers
        return bytes(body)
    return await reader.readexactly(int(request.header("content-length", "0")))


def content_type(value: str) -> tuple[str, dict[str, str]]:
    """`text/html; charset=utf-8` as `("text/html", {"charset": "utf-8"})`."""
    message = Message()
    message["content-type"] = value
    return message.get_content_type(), {str(key): str(val) for key, val in message.get_params([])[1:]}
