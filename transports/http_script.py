"""The script of a reply that does not come at once, or not whole.

A script of a body is made of items: bytes are a piece of it, a `Delay` is a pause before what follows, a `Fault` is
what the wire does instead of what follows, an exception is raised as it is.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from bigfoot.errors import InvalidArgumentError


class Delay(NamedTuple):
    """A pause in a reply.

    Attributes:
        seconds: how long. Virtual by default: it is compared with the client's own timeout, and nobody waits.
        real: whether it is waited for.
    """

    seconds: float
    real: bool = False


class Fault(NamedTuple):
    """What the wire does instead of a reply, or in the middle of one; equal to its name, such as `"reset"`.

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

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return other in (self.kind, f"{self.kind}:{self.phase}")
        return tuple.__eq__(self, other) if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return tuple.__hash__(self)

    def __repr__(self) -> str:
        phase = f", {self.phase!r}" if self.phase else ""
        return f"bigfoot.http.fault({self.kind!r}{phase})"


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
    """

    __slots__ = ("_busy", "_convert", "_keep", "_kept", "_lock", "_rest", "_source")

    def __init__(self, source: Any, *, keep: bool, convert: Callable[[Any], Item]) -> None:
        self._source = source
        self._keep = keep and not isinstance(source, (list, tuple)) and not callable(source)
        self._convert = convert
        self._kept: list[Item] = []
        self._rest: Any = None
        self._lock = threading.RLock()
        self._busy = False

    @property
    def awaits(self) -> bool:
        """Whether the items must be awaited, as far as this can be told without asking for them."""
        source = self._source
        if callable(source):
            return inspect.isasyncgenfunction(source)
        return isinstance(source, AsyncIterable) and not isinstance(source, Iterable)

    def __repr__(self) -> str:
        return repr(self._source)

    def _items(self) -> Any:
        return self._source() if callable(self._source) else self._source

    def __iter__(self) -> Iterator[Item]:
        items = self._items()
        if not isinstance(items, Iterable):
            raise cannot_wait(items)
        yield from self._shared(items) if self._keep else map(self._convert, items)

    def _shared(self, items: Iterable[Any]) -> Iterator[Item]:
        """Yield the items of an iterator that several calls read, each from its beginning."""
        kept, position = self._kept, 0
        while True:
            with self._lock:
                if position == len(kept):
                    if self._rest is None:
                        self._rest = iter(items)
                    found = [self._convert(item) for item in islice(self._rest, 1)]
                    if not found:
                        return
                    kept += found
            yield kept[position]
            position += 1

    async def __aiter__(self) -> AsyncIterator[Item]:
        items = self._items()
        if not isinstance(items, AsyncIterable):
            for item in self._shared(items) if self._keep else map(self._convert, items):
                yield item
        elif self._keep:
            async for item in self._shared_async(items):
                yield item
        else:
            async for item in items:
                yield self._convert(item)

    async def _shared_async(self, items: AsyncIterable[Any]) -> AsyncIterator[Item]:
        kept, position = self._kept, 0
        while True:
            while self._busy:  # an async iterator is advanced by one task at a time
                await sleep(0.001)
            if position == len(kept):
                self._busy = True
                try:
                    if self._rest is None:
                        self._rest = aiter(items)
                    kept.append(self._convert(await anext(self._rest)))
                except StopAsyncIteration:
                    return
                finally:
                    self._busy = False
            yield kept[position]
            position += 1


def cannot_wait(stream: Any) -> InvalidArgumentError:
    """Return the error for a stream that must be awaited, where the client is a sync one."""
    return InvalidArgumentError("stream", stream, "this client cannot wait for it: give it without async")


async def sleep(seconds: float) -> None:
    """Sleep in whichever async library is running."""
    trio: Any = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        await trio.sleep(seconds)
        return
    import asyncio

    await asyncio.sleep(seconds)
