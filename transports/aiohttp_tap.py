"""Listening in on a real connection of aiohttp, for one exchange.

`transport.set_protocol` is asyncio's own way to put something between a transport and its protocol; uvloop, which
remembers the protocol's `data_received`, honours it too. Nothing is read ahead, held back or changed.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from .http import HttpRequest, PassThrough
from .http1 import Message, fields

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection


class Tap(asyncio.Protocol):
    """Notes a response on its way from a transport to aiohttp's protocol.

    Arguments:
        transport: the real transport.
        protocol: aiohttp's end, which gets everything unchanged.
        method: the method of the request.
        answer: takes the notes.
    """

    def __init__(
        self, transport: asyncio.Transport, protocol: ResponseHandler, method: str, answer: PassThrough
    ) -> None:
        self.transport = transport
        self.response = Message(response_to=method)
        self._protocol = protocol
        self._answer = answer
        transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        response, head_known = self.response, bool(self.response.head)
        piece = response.feed(data)
        if not head_known and response.head:
            self._answer.respond(response.status, response.reason, fields(response.head))
        if piece:
            self._answer.receive(piece)
        self._protocol.data_received(data)

    def eof_received(self) -> None:
        self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self.response.end()
        self._protocol.connection_lost(exc)
        self.finish()

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def finish(self) -> None:
        """Note how the exchange ended."""
        error = None
        if not self.response.complete:
            # Without an answer, aiohttp closes the connection while it handles the timeout or cancellation.
            error = self._protocol.exception() or (None if self.response.head else sys.exc_info()[1])
        if error is None:
            self._answer.done()
        else:
            self._answer.fail(error)


class Through(Tap):
    """A real connection that aiohttp uses as it always does, noted in both directions until it is released.

    Arguments:
        connection: what aiohttp's connector returned; may come from and go back to its pool.
        request: gets the headers as they are written.
        answer: takes the notes.
    """

    def __init__(self, connection: Connection, request: HttpRequest, answer: PassThrough) -> None:
        transport, protocol = connection.transport, connection.protocol
        assert transport is not None and protocol is not None
        super().__init__(transport, protocol, request.method, answer)
        self._request = request
        self._writing: Message | None = None
        protocol.transport = cast("asyncio.Transport", Written(transport, self._note))
        connection.add_callback(self._leave)

    def _note(self, data: bytes | bytearray | memoryview) -> None:
        writing = self._writing
        if writing is None:
            writing = self._writing = Message()
        head_known = bool(writing.head)
        piece = writing.feed(data)
        if not head_known and writing.head:
            self._request.headers = writing.headers
        if piece:
            self._answer.send(piece)

    def _leave(self) -> None:
        """Take the tap out; aiohttp calls this just before the connection is closed or goes back to the pool."""
        if self._protocol.transport is not None:
            self._protocol.transport = self.transport
        self.transport.set_protocol(self._protocol)
        self.finish()


class Relay(Tap):
    """A real connection on behalf of one in memory, whose request turned out to pass through.

    Arguments:
        connection: what aiohttp's connector returned.
        protocol: aiohttp's end of the connection in memory; the real connection's own sits by.
        method: the method of the request.
        answer: takes the notes.
    """

    def __init__(self, connection: Connection, protocol: ResponseHandler, method: str, answer: PassThrough) -> None:
        transport, own = connection.transport, connection.protocol
        assert transport is not None and own is not None
        super().__init__(transport, protocol, method, answer)
        self._connection = connection
        self._own = own

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._own.connection_lost(exc)
        self._connection.close()

    def hang_up(self) -> None:
        """Close the real connection too. Whether it could be kept alive, only aiohttp's own end would know."""
        self.transport.set_protocol(self._own)
        self.finish()
        self._connection.close()


class Written:
    """A transport whose written bytes are noted; everything else is the real transport's business."""

    def __init__(self, transport: asyncio.Transport, note: Callable[[bytes], None]) -> None:
        self._transport = transport
        self._note = note

    def write(self, data: bytes) -> None:
        self._note(data)
        self._transport.write(data)

    def is_closing(self) -> bool:  # asked before each write
        return self._transport.is_closing()

    def writelines(self, pieces: Iterable[bytes]) -> None:
        pieces = list(pieces)
        for piece in pieces:
            self._note(piece)
        self._transport.writelines(pieces)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
