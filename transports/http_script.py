"""The script of a reply that does not come at once, or not whole.

A script of a body is made of items: bytes are a piece of it, a `Delay` is a pause before what follows, a `Fault` is
what the wire does instead of what follows, an exception is raised as it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from typing import Any, NamedTuple


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
        given = source() if callable(source) else source
        self.awaits = isinstance(given, AsyncIterable) and not isinstance(given, Iterable)
        if callable(source) and hasattr(given, "close"):
            given.close()

    def __iter__(self) -> Iterator[Item]:
        source = self._source() if callable(self._source) else self._source
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
            async for item in self._source():
                yield self._convert(item)
            return
        for kept in list(self._kept):
            yield kept
        async for item in self._source:
            converted = self._convert(item)
            if self._keep:
                self._kept.append(converted)
            yield converted
