"""A connection of aiohttp that lives in memory.

It stands where asyncio's own transports stand, below aiohttp's real `ResponseHandler`: aiohttp parses, times out,
holds back and complains by itself.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from .aiohttp_exchange import PIECE, at_once, delimited
from .aiohttp_tap import Relay
from .http import HttpReply, PassThrough
from .http1 import LazyHeaders, Message, fields
from .http_delivery import Deferred, Delivery

if TYPE_CHECKING:
    from aiohttp import BaseConnector
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection

    from bigfoot.interaction import Interaction

    from .aiohttp_exchange import Exchange

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Wire(asyncio.Transport):
    """Reads the requests that aiohttp writes, one after the other, has them answered, and feeds the replies back.

    Arguments:
        protocol: aiohttp's end.
        peername: host and port of the far end.

    Attributes:
        promised: the interaction of the next request, where its answer can be given `at_once`: see `begin` for others.
        used: whether there has been a request before.
    """

    # Most requests need none of these; they are set where one does.
    _message: Message | None = None
    _closing = False
    used = False
    _paused = False
    _serving: asyncio.Task[None] | None = None
    _resumed: asyncio.Future[None] | None = None
    _far: Relay | None = None

    def __init__(self, protocol: ResponseHandler, peername: tuple[str, int | None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._peername = peername
        self._exchange: Exchange | None = None
        self.promised: Interaction | None = None
        self._written = bytearray()
        self._body = bytearray()
        self._interaction: Interaction | None = None
        self._connector: BaseConnector | None = None
        self._reply = b""
        self._handed = 0
        self._delimited = False

    def begin(self, exchange: Exchange) -> None:
        """Expect the next request.

        Arguments:
            exchange: what is known of it, and who answers it.
        """
        self._exchange = exchange
        self._message = self._serving = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        promised = self.promised
        if promised is not None:
            self.promised = None
            headers = promised.call.headers
            headers.read, headers.source = fields, bytes(data)
            promised.done()  # first: aiohttp may put the connection to its next use at once
            self._protocol.data_received(promised.answer.prepared["aiohttp"])
            return
        exchange = self._exchange
        if self._far is not None:
            self._far.transport.write(data)
        elif exchange is None or self._closing:
            return
        elif exchange.bodiless:
            # aiohttp writes a head in one piece, in the user's own chain of calls: an error is raised from here.
            self._exchange = None
            self._follow(exchange, exchange.decide(LazyHeaders(fields, bytes(data)), b""))
        else:
            self._read(exchange, data)

    def _read(self, exchange: Exchange, data: bytes | bytearray | memoryview) -> None:
        message = self._message
        if message is None:
            message = self._message = Message()
            self._written = bytearray()
        head_known = bool(message.head)
        self._written += data
        self._body += message.feed(data)
        if not head_known and message.expects:
            self._loop.call_soon(self._protocol.data_received, CONTINUE)
        if not message.complete:
            return
        self._exchange = self._message = None
        body, self._body = bytes(self._body), bytearray()
        try:
            interaction = exchange.decide(message.headers, body)
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            # aiohttp writes a body in a task of its own, where a raised error would end. Told to the protocol, as
            # a connection's own errors are, it comes out of the `await` for the response.
            self._protocol.set_exception(error)
            return
        self._follow(exchange, interaction)

    def _follow(self, exchange: Exchange, interaction: Interaction) -> None:
        if type(interaction.answer) is HttpReply:
            self._reply_with(interaction, exchange.connector)
        else:
            self._serving = self._loop.create_task(self._serve(exchange, interaction))
            self._serving.add_done_callback(self._served)

    def _reply_with(self, interaction: Interaction, connector: BaseConnector) -> None:
        reply: HttpReply = interaction.answer
        self._interaction = interaction
        self._connector = connector
        self._reply = reply.wire(interaction.call.method)
        self._handed = 0
        self._delimited = delimited(reply)
        if at_once(reply, interaction.call.method) is not None:
            self._deliver()
        else:
            self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        """Hand over the next piece of the reply; after the last one, close the connection if that is its end."""
        interaction = self._interaction
        if self._paused or self._closing or interaction is None:
            return
        if self._connector is None or self._connector.closed:  # as a real one would have closed its connections
            self.close()
            return
        reply, handed = self._reply, self._handed
        if handed < len(reply):
            piece = reply[handed : handed + PIECE]
            handed = self._handed = handed + len(piece)
            if handed == len(reply) and self._delimited:
                self._done(interaction)  # first: aiohttp may put the connection to its next use at once
                self._protocol.data_received(piece)
            else:
                self._protocol.data_received(piece)
                self._loop.call_soon(self._deliver)
        else:
            self._protocol.eof_received()
            self.close()

    def _done(self, interaction: Interaction) -> None:
        interaction.done()
        self._interaction = self._connector = None  # the connection may be kept alive for long
        self._reply = b""
        if self._written:
            self._written = bytearray()

    async def _serve(self, exchange: Exchange, interaction: Interaction) -> None:
        """Give an answer that takes its time."""
        self._connector = exchange.connector
        awaited = interaction.answer
        if type(awaited) is Deferred:
            await awaited.settle()
        answer = interaction.answer
        if type(answer) is HttpReply:
            self._reply_with(interaction, exchange.connector)
        elif type(answer) is Delivery:
            await exchange.player(answer).play(self)
        else:
            self._relay(await exchange.reach(answer, []), exchange, answer)

    def _served(self, serving: asyncio.Task[None]) -> None:
        if self._serving is serving and self._interaction is None:  # else the connection has its next use already
            self._connector = None
        error = None if serving.cancelled() else serving.exception()
        if error is not None:
            self._protocol.set_exception(error)

    def _relay(self, connection: Connection, exchange: Exchange, answer: PassThrough) -> None:
        """Have the request that was read here answered by the real world after all."""
        self._protocol.force_close()  # the connection in memory ends with the real one
        if connection.transport is None:
            self.lose(None)
            return
        self._far = Relay(connection, self._protocol, exchange.request.method, answer)
        if self._paused:
            self._far.transport.pause_reading()
        self._far.transport.write(self._written)

    async def feed(self, data: bytes) -> None:
        """Hand bytes over when aiohttp wants to read, and let it."""
        for start in range(0, len(data), PIECE):
            while self._paused:
                self._resumed = self._loop.create_future()
                await self._resumed
            if self._connector is None or self._connector.closed:
                self.close()  # and so cancel whoever called this
            else:
                self._protocol.data_received(data[start : start + PIECE])
            await asyncio.sleep(0)

    def complete(self, *, delimited: bool) -> None:
        """End a reply; if nothing in it told that it ends here, by closing."""
        if not delimited:
            self.lose(None)

    def lose(self, error: OSError | None) -> None:
        """Close as the far end does, or reset."""
        if self._closing:
            return
        self._closing = True
        if error is None:
            self._protocol.eof_received()
        self._protocol.connection_lost(error)

    def close(self) -> None:
        if self._closing:
            return
        self._closing = True
        if self._serving is not None:
            self._serving.cancel()
        if self._far is not None:
            self._far.hang_up()
        if self._interaction is not None:
            self._done(self._interaction)
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
        if not self._paused:  # aiohttp says so after each response
            return
        self._paused = False
        if self._far is not None:
            self._far.transport.resume_reading()
        else:
            self._loop.call_soon(self._deliver)
        if self._resumed is not None and not self._resumed.done():
            self._resumed.set_result(None)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if self._far is not None:
            return self._far.transport.get_extra_info(name, default)
        return self._peername if name == "peername" else default

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
