"""Replies that do not come at once, or not whole: one call's way through them, and how far the application took it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

from bigfoot.errors import EndlessWaitError

from .http import Excerpt, HttpReply, bodiless
from .http_script import Delay, Fault, Item, cannot_wait

if TYPE_CHECKING:
    from bigfoot.interaction import Interaction


class Delivery:
    """One call's way through a reply that is not plain.

    Attributes:
        reply: the reply.
        chunks: how many pieces of the body the application took.
        finished: whether it took all of them.
        virtual: the seconds that passed without anybody waiting.
        received: what it took of the body, up to the recording cap.
        begun: whether the application got the head of the reply.
        fault: the fault that ended it, or None.
        error: the exception that ended it, or None; there is none where the client finds the fault by itself.
    """

    __slots__ = (
        "_declared",
        "_interaction",
        "_silence",
        "begun",
        "chunks",
        "error",
        "fault",
        "finished",
        "received",
        "reply",
        "virtual",
    )

    def __init__(self, reply: HttpReply) -> None:
        self.reply = reply
        self.chunks = 0
        self.begun = False
        self.finished = False
        self.virtual = 0.0
        self.received = Excerpt()
        self.fault = reply.fault
        self.error: BaseException | None = None
        self._declared = reply.declared_length()
        self._silence = 0.0
        self._interaction: Interaction | None = None

    def belongs_to(self, interaction: Interaction) -> None:
        """Say whose duration is to be stamped at the end."""
        self._interaction = interaction

    def head(self) -> Iterator[Delay | Fault]:
        """Yield what happens before the head of the reply; a fault is the end. `"truncated"` comes with the body."""
        if self.reply.delay is not None:
            yield self.reply.delay
        if self.reply.fault is not None and self.reply.fault.kind != "truncated":
            yield self.reply.fault

    def body(self, method: str) -> Iterator[Item]:
        """Yield the items of the body, without transfer coding."""
        if self.begin(method):
            return
        for item in self._whole() if self.reply.stream is None else self.reply.stream:
            if isinstance(item, Fault):
                self.fault = item
            yield item

    async def body_async(self, method: str) -> AsyncIterator[Item]:
        """Yield the items of the body, without transfer coding; of an async script too."""
        if self.begin(method):
            return
        if self.reply.stream is None:
            for item in self._whole():
                self.fault = item if isinstance(item, Fault) else self.fault
                yield item
            return
        async for item in self.reply.stream:
            if isinstance(item, Fault):
                self.fault = item
            yield item

    def begin(self, method: str) -> bool:
        """Note that the application gets the head of the reply; True if that is all there is."""
        self.begun = True
        self.finished = bodiless(method, self.reply.status)
        return self.finished

    def _whole(self) -> Iterator[Item]:
        declared = self._declared
        body = self.reply.body if declared is None else self.reply.body[:declared]
        if body:
            yield body
        if declared is not None and declared > len(body):
            yield Fault("truncated")

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
        if self.received.size == self._declared:
            self.finished = True  # the client asks for no more than that

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
    """Give an interaction its reply as it is, or a delivery of it where it does not come at once and whole.

    Raises:
        InvalidArgumentError: its stream must be awaited, and the client is a sync one.
    """
    if reply.plain:
        interaction.answer = reply
        return
    if reply.stream is not None and reply.stream.awaits and not interaction.call.awaits:
        raise cannot_wait(reply.stream)
    if reply.fault is not None:
        interaction.how = "error"
    interaction.answer = delivery = Delivery(reply)
    delivery.belongs_to(interaction)
