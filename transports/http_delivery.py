"""Replies that do not come at once, or not whole: pieces, pauses and faults, and how far the application took them.

A script of a body is made of items: bytes are a piece of it, a `Delay` is a pause before what follows, a `Fault` is
what the wire does instead of what follows, an exception is raised as it is.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from bigfoot.errors import EndlessWaitError

from .http import Excerpt, HttpReply, bodiless

if TYPE_CHECKING:
    from bigfoot.interaction import Interaction


class Delay(NamedTuple):
    """A pause in a reply.

    Attributes:
        seconds: how long. Virtual by default: it is compared with the client's own timeout, and nobody waits.
        real: whether it is waited for.
    """

    seconds: float
    real: bool = False


class Fault(NamedTuple):
    """What the wire does instead of a reply, or in the middle of one.

    Attributes:
        kind: one of `FAULTS`.
        phase: for `"timeout"`: `"connect"` or `"read"`; for `"tls"`: `"certificate"` or `"host"`.
    """

    kind: str
    phase: str = ""

    @property
    def before_connection(self) -> bool:
        """Whether the client never gets a connection."""
        return self.kind in ("refused", "dns", "tls") or (self.kind == "timeout" and self.phase == "connect")


# The kinds of faults, with what they are and the phases that a kind has, the usual one first.
FAULTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "refused": ("nobody listens at the port", ()),
    "dns": ("the host has no address", ()),
    "tls": ("the handshake fails", ("certificate", "host")),
    "timeout": ("no answer within the client's timeout", ("read", "connect")),
    "stall": ("silence, for ever", ()),
    "reset": ("the connection is reset", ()),
    "empty": ("the connection is closed without a byte", ()),
    "truncated": ("the connection is closed in the middle of the body", ()),
    "garbage": ("bytes that are not HTTP", ()),
}

GARBAGE = b"\x16\x03\x01garbage, not HTTP\r\n\r\n"

Item = bytes | Delay | Fault | BaseException


class Pieces:
    """The script of a body, from which each call gets items of its own.

    Arguments:
        source: items; or a function that returns them anew for each call.
        keep: whether an iterator's items are kept for the calls after the first.
        convert: makes an item of what the source gives.

    Attributes:
        awaits: whether the items can only be had by awaiting.
    """

    __slots__ = ("_convert", "_keep", "_kept", "_rest", "_source", "awaits")

    def __init__(self, source: Any, *, keep: bool, convert: Callable[[Any], Item]) -> None:
        self._source = source
        self._keep = keep
        self._convert = convert
        self._kept: list[Item] = []
        self._rest: Any = None
        given: Any = source() if callable(source) else source
        self.awaits = isinstance(given, AsyncIterable) and not isinstance(given, Iterable)
        close = getattr(given, "close", None)
        if callable(source) and close is not None:
            close()

    def __iter__(self) -> Iterator[Item]:
        source: Any = self._source() if callable(self._source) else self._source
        if isinstance(source, (list, tuple)):
            yield from map(self._convert, source)
            return
        if not self._keep or callable(self._source):
            yield from map(self._convert, source)
            return
        yield from self._kept
        if self._rest is None:
            self._rest = iter(source)
        for item in self._rest:
            converted = self._convert(item)
            self._kept.append(converted)
            yield converted

    async def __aiter__(self) -> AsyncIterator[Item]:
        if not self.awaits:
            for item in self:
                yield item
            return
        if callable(self._source):
            fresh: Any = self._source()
            async for item in fresh:
                yield self._convert(item)
            return
        for kept in list(self._kept):
            yield kept
        async for item in self._source:
            converted = self._convert(item)
            if self._keep:
                self._kept.append(converted)
            yield converted


class Delivery:
    """One call's way through a reply that is not plain.

    Attributes:
        reply: the reply.
        chunks: how many pieces of the body the application took.
        finished: whether it took all of them.
        virtual: the seconds that passed without anybody waiting.
        received: what it took of the body, up to the recording cap.
        error: the exception that ended it, or None.
    """

    __slots__ = ("_interaction", "_silence", "chunks", "error", "finished", "received", "reply", "virtual")

    def __init__(self, reply: HttpReply) -> None:
        self.reply = reply
        self.chunks = 0
        self.finished = False
        self.virtual = 0.0
        self.received = Excerpt()
        self.error: BaseException | None = None
        self._silence = 0.0
        self._interaction: Interaction | None = None

    def belongs_to(self, interaction: Interaction) -> None:
        """Say whose duration is to be stamped at the end."""
        self._interaction = interaction

    def head(self) -> Iterator[Delay | Fault]:
        """Yield what happens before the head of the reply; a fault is the end."""
        if self.reply.delay is not None:
            yield self.reply.delay
        if self.reply.fault is not None:
            yield self.reply.fault

    def body(self, method: str) -> Iterator[Item]:
        """Yield the items of the body, without transfer coding."""
        if bodiless(method, self.reply.status):
            return
        if self.reply.stream is not None:
            yield from self.reply.stream
        else:
            yield from self._whole()

    async def body_async(self, method: str) -> AsyncIterator[Item]:
        """Yield the items of the body, without transfer coding; of an async script too."""
        if bodiless(method, self.reply.status):
            return
        if self.reply.stream is not None:
            async for item in self.reply.stream:
                yield item
        else:
            for item in self._whole():
                yield item

    def _whole(self) -> Iterator[Item]:
        declared = self.reply.declared_length()
        body = self.reply.body if declared is None else self.reply.body[:declared]
        if body:
            yield body
        if declared is not None and declared > len(body):
            yield Fault("truncated")

    def wire(self, method: str) -> Iterator[Item]:
        """Yield the reply as bytes on an HTTP/1.1 connection, with the pauses and faults between them.

        The end of the items is the end of the connection. `"empty"`, `"truncated"` and `"garbage"` are spelled out.
        """
        for item in self.head():
            if isinstance(item, Fault):
                yield from _spelled(item)
                return
            yield item
        yield self.reply.head(method)
        chunked = self.reply.chunked()
        for piece in self.body(method):
            if isinstance(piece, Fault):
                yield from _spelled(piece)
                return
            yield self._framed(piece, chunked)
        if chunked and not bodiless(method, self.reply.status):
            yield self.reply.last_chunk()

    async def wire_async(self, method: str) -> AsyncIterator[Item]:
        """Yield the same; of an async script too."""
        for item in self.head():
            if isinstance(item, Fault):
                for spelled in _spelled(item):
                    yield spelled
                return
            yield item
        yield self.reply.head(method)
        chunked = self.reply.chunked()
        async for piece in self.body_async(method):
            if isinstance(piece, Fault):
                for spelled in _spelled(piece):
                    yield spelled
                return
            yield self._framed(piece, chunked)
        if chunked and not bodiless(method, self.reply.status):
            yield self.reply.last_chunk()

    @staticmethod
    def _framed(piece: Item, chunked: bool) -> Item:
        if chunked and isinstance(piece, bytes):
            return b"%x\r\n%s\r\n" % (len(piece), piece) if piece else piece
        return piece

    def elapse(self, delay: Delay, limit: float | None) -> tuple[float, bool]:
        """Let a pause pass.

        Arguments:
            delay: the pause.
            limit: how many seconds of silence the client allows; None for any.

        Returns:
            tuple: for how many seconds to sleep (0.0 where time is virtual), and whether the client then gives up.
        """
        allowed = None if limit is None else max(0.0, limit - self._silence)
        gives_up = allowed is not None and delay.seconds > allowed
        passing = allowed if allowed is not None and gives_up else delay.seconds
        self._silence += passing
        if delay.real:
            return passing, gives_up
        self.virtual += passing
        return 0.0, gives_up

    def stall(self, limit: float | None) -> None:
        """Let silence pass until the client's timeout ends it.

        Raises:
            EndlessWaitError: the client has none.
        """
        if limit is None:
            raise EndlessWaitError("http:request")
        self.elapse(Delay(limit), limit)

    def take(self, piece: bytes) -> None:
        """Note that the application took a piece of the body."""
        self._silence = 0.0
        self.chunks += 1
        self.received.add(piece)

    def fail(self, error: BaseException) -> None:
        """Note that the reply ended in an exception."""
        self.error = error
        self.done()

    def done(self) -> None:
        """Stamp the duration: the application has all it wanted."""
        interaction, self._interaction = self._interaction, None  # and let go: the two refer to each other
        if interaction is not None:
            interaction.done()


class Deferred:
    """An answer that must be awaited: an async callback makes it. Only seams whose request `awaits` get one.

    Arguments:
        interaction: whose answer it is.
        made: what the callback returned.
        convert: makes the reply of what it comes to.
    """

    __slots__ = ("_convert", "_interaction", "_made")

    def __init__(self, interaction: Interaction, made: Awaitable[Any], convert: Callable[[Any], HttpReply]) -> None:
        self._interaction = interaction
        self._made = made
        self._convert = convert

    async def settle(self) -> None:
        """Await the answer, and put it on the interaction.

        Raises:
            Exception: what the callback raised.
        """
        try:
            deliver(self._interaction, self._convert(await self._made))
        except BaseException as error:
            self._interaction.how = "error"
            self._interaction.answer = error
            self._interaction.done()
            raise


def deliver(interaction: Interaction, reply: HttpReply) -> None:
    """Give an interaction its reply as it is, or a delivery of it where it does not come at once and whole."""
    if reply.plain:
        interaction.answer = reply
        return
    if reply.fault is not None:
        interaction.how = "error"
    interaction.answer = delivery = Delivery(reply)
    delivery.belongs_to(interaction)


def _spelled(fault: Fault) -> Iterator[Item]:
    """Yield what a fault is on the wire: closing the connection is the end of the items."""
    if fault.kind == "garbage":
        yield GARBAGE
    elif fault.kind not in ("empty", "truncated"):
        yield fault


async def sleep(seconds: float) -> None:
    """Sleep in whichever async library is running."""
    trio: Any = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        await trio.sleep(seconds)
        return
    import asyncio

    await asyncio.sleep(seconds)
