"""RESP, the protocol of redis, versions 2 and 3: commands are read, replies are written. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

_LONGEST_LINE = 64 * 1024  # bytes; what redis-server calls PROTO_INLINE_MAX_SIZE
_MOST_WORDS = 1024 * 1024
_LONGEST_WORD = 512 * 1024 * 1024  # bytes
_ONE_PIECE = 16 * 1024  # bytes; commands that come whole are this short


class ProtocolError(ValueError):
    """The bytes are not RESP. The text is what redis-server answers before it closes the connection."""


class CommandReader:
    """Takes the bytes of a client apart into commands.

    Example:
        >>> list(CommandReader().feed(b"*2\\r\\n$3\\r\\nGET\\r\\n$1\\r\\nk\\r\\n"))
        [[b'GET', b'k']]
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._at = 0
        self._words: list[bytes] = []
        self._missing = 0  # words of the command that is being read
        self._length: int | None = None  # of the word that is being read

    def feed(self, data: bytes) -> Iterable[list[bytes]]:
        """Return the commands that these bytes complete, one after the other.

        Raises:
            ProtocolError: they are not RESP; nothing can be read after that.
        """
        if not self._buffer and not self._missing and len(data) <= _ONE_PIECE:
            command = _whole(data)
            if command is not None:
                return (command,)
        self._buffer += data
        return self._completed()

    def _completed(self) -> Iterator[list[bytes]]:
        while (command := self._next()) is not None:
            if command:
                yield command
        del self._buffer[: self._at]
        self._at = 0

    def _next(self) -> list[bytes] | None:
        """Return the next command, an empty one where there was only a line end, or None for want of bytes."""
        if not self._missing:
            line = self._line("too big inline request")
            if line is None:
                return None
            if not line.startswith(b"*"):
                return line.split()  # as typed into telnet
            self._missing = max(0, _number(line[1:], _MOST_WORDS, "invalid multibulk length"))
            self._words = []
            if not self._missing:
                return []
        while self._missing:
            word = self._word()
            if word is None:
                return None
            self._words.append(word)
            self._missing -= 1
        return self._words

    def _word(self) -> bytes | None:
        if self._length is None:
            line = self._line("too big bulk count string")
            if line is None:
                return None
            if not line.startswith(b"$"):
                raise ProtocolError(f"expected '$', got '{chr(line[0]) if line else ' '}'")
            self._length = _number(line[1:], _LONGEST_WORD, "invalid bulk length")
            if self._length < 0:
                raise ProtocolError("invalid bulk length")
        end = self._at + self._length
        if len(self._buffer) < end + 2:
            return None
        word = bytes(memoryview(self._buffer)[self._at : end])
        self._at = end + 2
        self._length = None
        return word

    def _line(self, too_long: str) -> bytes | None:
        end = self._buffer.find(b"\n", self._at)
        if (len(self._buffer) if end < 0 else end) - self._at > _LONGEST_LINE:
            raise ProtocolError(too_long)
        if end < 0:
            return None
        line = bytes(self._buffer[self._at : end]).removesuffix(b"\r")
        self._at = end + 1
        return line


def _whole(data: bytes) -> list[bytes] | None:
    """Return the command if the bytes are one, whole and alone, as from every client that waits for its replies."""
    parts = data.split(b"\r\n")
    count = len(parts) // 2 - 1
    if count < 1 or parts[0] != b"*%d" % count or parts[-1]:
        return None
    words = parts[2:-1:2]
    return words if parts[1:-1:2] == [b"$%d" % len(word) for word in words] else None


def _number(text: bytes, most: int, complaint: str) -> int:
    digits = text[1:] if text[:1] == b"-" else text
    if not digits.isdigit() or len(digits) > 19 or int(text) > most:
        raise ProtocolError(complaint)
    return int(text)


class Status(str):
    """A simple string, such as `+OK`."""

    __slots__ = ()


class Failure(str):
    """An error reply: its code, and what it says."""

    __slots__ = ()


class Push(tuple[Any, ...]):
    """What the server sends unasked; an array in RESP2."""

    __slots__ = ()


OK = Status("OK")


def encode(value: Any, protocol: int) -> bytes:
    """Return a reply as it stands on the wire.

    Arguments:
        value: None, bool, int, float, text, bytes, a sequence, set or mapping of them, or one of the kinds above.
        protocol: 2 or 3; what RESP2 does not have is written as redis-server does: maps flat, doubles as text.

    Raises:
        TypeError: there is no reply for such a value.
    """
    if value is None:
        return b"_\r\n" if protocol == 3 else b"$-1\r\n"
    if isinstance(value, (Status, Failure)):
        head = b"+" if isinstance(value, Status) else b"-"
        return head + " ".join(value.split("\n")).replace("\r", "").encode() + b"\r\n"
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogateescape")
    if isinstance(value, (bytes, bytearray, memoryview)):
        content = bytes(value)
        return b"$%d\r\n%b\r\n" % (len(content), content)
    if isinstance(value, int):  # and bool: no command of redis itself gives a boolean
        return b":%d\r\n" % value
    if isinstance(value, float):
        text = number(value)
        return b",%b\r\n" % text if protocol == 3 else b"$%d\r\n%b\r\n" % (len(text), text)
    if isinstance(value, Mapping):
        inside = b"".join(encode(one, protocol) for pair in value.items() for one in pair)
        return (b"%%%d\r\n" % len(value) if protocol == 3 else b"*%d\r\n" % (2 * len(value))) + inside
    if isinstance(value, (Sequence, AbstractSet)):
        sign = b"*"
        if protocol == 3 and not isinstance(value, Sequence):
            sign = b"~"
        elif protocol == 3 and isinstance(value, Push):
            sign = b">"
        return b"%b%d\r\n" % (sign, len(value)) + b"".join(encode(one, protocol) for one in value)
    raise TypeError(f"{type(value).__name__} has no form on the wire of redis")


def number(value: float) -> bytes:
    """Return a number as redis-server writes it: without a fraction where there is none."""
    return b"%d" % value if value == value and abs(value) < 1e17 and value == int(value) else repr(value).encode()
