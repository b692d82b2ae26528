"""A connection of aiohttp that lives in memory.

It stands where asyncio's own transports stand, below aiohttp's real `ResponseHandler`: aiohttp parses, times out,
holds back and complains by itself.
"""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any

from .aiohttp_tap import Relay
from .http import HttpReply, PassThrough
from .http1 import LazyHeaders, Message, fields

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection

    from .aiohttp_exchange import Exchange

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
PIECE = 256 * 1024  # bytes, as many as asyncio reads from a socket at once


class Wire(asyncio.Transport):
    """Reads the request that aiohttp writes, has it answered, and feeds the reply back.

    Arguments:
        exchange: what is known of the request, and who answers it.
        protocol: aiohttp's end.
    """

    # Most connections need none of these; they are set on those that do.
    _message: Message | None = None
    _body: bytearray
    _written: bytearray
    _answered = False
    _reply = b""
    _handed = 0
    _paused = False
    _closing = False
    _dialling: asyncio.Task[Connection] | None = None
    _far: Relay | None = None

    def __init__(self, exchange: Exchange, protocol: ResponseHandler) -> None:
        self._loop = asyncio.get_running_loop()
        self._exchange = exchange
        self._protocol = protocol

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._far is not None:
            self._far.transport.write(data)
        elif self._answered or self._closing:
            return
        elif self._message is None and self._exchange.bodiless:
            # aiohttp writes a head in one piece.
            self._exchange.request.headers = LazyHeaders(fields, bytes(data))
            self._answer(b"")
        else:
            self._read(data)

    def _read(self, data: bytes | bytearray | memoryview) -> None:
        message = self._message
        if message is None:
            message = self._message = Message()
            self._body, self._written = bytearray(), bytearray()
        head_known = bool(message.head)
        self._written += data
        self._body += message.feed(data)
        if not head_known and message.head:
            self._exchange.request.headers = message.headers
            if message.expects:
                self._loop.call_soon(self._protocol.data_received, CONTINUE)
        if message.complete:
            self._answer(bytes(self._body))

    def _answer(self, body: bytes) -> None:
        self._answered = True
        try:
            answer = self._exchange.decide(body)
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            # aiohttp writes a body in a task of its own, where a raised error would end. Told to the protocol, as
            # a connection's own errors are, it comes out of the `await` for the response.
            self._protocol.set_exception(error)
            return
        if isinstance(answer, HttpReply):
            self._reply = answer.wire(self._exchange.request.method)
            self._loop.call_soon(self._deliver)
        else:
            self._dialling = self._loop.create_task(self._exchange.reach(answer, []))
            self._dialling.add_done_callback(functools.partial(self._dialled, answer=answer))

    def _deliver(self) -> None:
        """Hand over the next piece of the reply; after the last one, close the connection as servers may."""
        if self._paused or self._closing:
            return
        piece = self._reply[self._handed : self._handed + PIECE]
        self._handed += len(piece)
        if self._exchange.abandoned:
            self.close()
        elif piece:
            self._protocol.data_received(piece)
            # Not in the same breath: aiohttp closes by itself when the response tells where it ends.
            self._loop.call_soon(self._deliver)
        else:
            self._protocol.eof_received()
            self.close()

    def _dialled(self, dialling: asyncio.Task[Connection], answer: PassThrough) -> None:
        """Have the request that was read here answered by the real world after all."""
        if dialling.cancelled():
            return
        error = dialling.exception()
        if error is not None:
            self._protocol.set_exception(error)
            return
        connection = dialling.result()
        if self._closing or connection.transport is None:
            connection.close()
            self.close()
            return
        self._far = Relay(connection, self._protocol, self._exchange.request.method, answer)
        if self._paused:
            self._far.transport.pause_reading()
        self._far.transport.write(self._written)

    def close(self) -> None:
        if self._closing:
            return
        self._closing = True
        if self._dialling is not None:
            self._dialling.cancel()
        if self._far is not None:
            self._far.hang_up()
        self._exchange.done()
        self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self._closing

    def is_reading(self) -> bool:
        return not (self._paused or self._closing)

    def pause_reading(self) -> None:
        self._paused = True
        if self._far is not None:
            self._far.transport.pause_reading()

    def resume_reading(self) -> None:
        if self._far is not None:
            self._far.transport.resume_reading()
        elif self._paused and self._handed:
            self._loop.call_soon(self._deliver)
        self._paused = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if self._far is not None:
            return self._far.transport.get_extra_info(name, default)
        return self._exchange.peername if name == "peername" else default

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def can_write_eof(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return self._far.transport.get_write_buffer_size() if self._far is not None else 0

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return 0, 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is ever buffered."""
