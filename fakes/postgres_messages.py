"""The messages of PostgreSQL's protocol 3.0: bytes in, messages out, and what a server says, as bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

SSL_REQUEST: Final = 80877103
GSS_REQUEST: Final = 80877104
CANCEL_REQUEST: Final = 80877102
PROTOCOL_3: Final = 196608
_LONGEST: Final = 1 << 30  # bytes; what PostgreSQL itself takes of one message
_OPENINGS: Final = frozenset({SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST})

_LENGTH: Final = struct.Struct("!i")
_SHORT: Final = struct.Struct("!h")
NULL: Final = b"\xff\xff\xff\xff"


class ProtocolError(Exception):
    """The client has said something that is not the protocol."""


class Message(NamedTuple):
    """One message of the client.

    Attributes:
        kind: its type byte; empty for those that open a connection.
        body: what follows the length.
    """

    kind: bytes
    body: bytes


class MessageReader:
    """Puts together the messages of a client.

    Attributes:
        opened: whether the start-up message was read: messages have a type from there on.
    """

    def __init__(self) -> None:
        self.opened = False
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        """Take bytes of the client, in pieces of any size."""
        self._data += data

    def next(self) -> Message | None:
        """Return the next message, or None if it is not complete yet.

        Raises:
            ProtocolError: no message has this length.
        """
        head = 1 if self.opened else 0
        if len(self._data) < head + 4:
            return None
        (length,) = _LENGTH.unpack_from(self._data, head)
        if not (4 if self.opened else 8) <= length <= (_LONGEST if self.opened else 10_000):
            raise ProtocolError(f"invalid length of a message: {length}")
        end = head + length
        if len(self._data) < end:
            return None
        message = Message(bytes(self._data[:head]), bytes(self._data[head + 4 : end]))
        del self._data[:end]
        return message


class Reader:
    """Reads the fields of one message.

    Raises:
        ProtocolError: the message ends too early.
    """

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def text(self) -> str:
        """Read a text that ends in a zero byte."""
        end = self._body.find(b"\0", self._at)
        if end < 0:
            raise ProtocolError("a text without an end")
        raw, self._at = self._body[self._at : end], end + 1
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise ProtocolError(f"not UTF-8: {error}") from None

    def raw(self, size: int) -> bytes:
        """Read so many bytes."""
        if size < 0 or self._at + size > len(self._body):
            raise ProtocolError("a message that ends too early")
        self._at += size
        return self._body[self._at - size : self._at]

    def short(self) -> int:
        """Read a number of 16 bits."""
        return int.from_bytes(self.raw(2), "big", signed=True)

    def number(self) -> int:
        """Read a number of 32 bits."""
        return int.from_bytes(self.raw(4), "big", signed=True)

    def shorts(self) -> list[int]:
        """Read a list of numbers of 16 bits, and their count before."""
        return [self.short() for _ in range(self._count())]

    def oids(self) -> list[int]:
        """Read a list of object ids, and their count before."""
        return [self.number() & 0xFFFFFFFF for _ in range(self._count())]

    def values(self) -> list[bytes | None]:
        """Read a list of values, each of its own length; None for NULL."""
        return [None if (size := self.number()) == -1 else self.raw(size) for _ in range(self._count())]

    def _count(self) -> int:
        return self.short() & 0xFFFF

    @property
    def rest(self) -> bytes:
        """What was not read."""
        return self._body[self._at :]


class Column(NamedTuple):
    """A column of a result.

    Attributes:
        name: how it is called.
        oid: its type.
    """

    name: str
    oid: int


def text(value: str) -> bytes:
    """Return a text that ends in a zero byte."""
    return value.replace("\0", "").encode("utf-8", "replace") + b"\0"


def message(kind: bytes, body: bytes = b"") -> bytes:
    """Return a message."""
    return kind + _LENGTH.pack(len(body) + 4) + body


def authentication(code: int, data: bytes = b"") -> bytes:
    """Return a request for authentication; code 0 says that it is done."""
    return message(b"R", _LENGTH.pack(code) + data)


def parameter_status(name: str, value: str) -> bytes:
    """Return the announcement of a setting."""
    return message(b"S", text(name) + text(value))


def key_data(pid: int, secret: int) -> bytes:
    """Return what the client needs to cancel."""
    return message(b"K", struct.pack("!ii", pid, secret))


def ready(status: bytes) -> bytes:
    """Return ReadyForQuery; `status` is `b"I"`, `b"T"` or `b"E"`."""
    return message(b"Z", status)


def complete(tag: str) -> bytes:
    """Return CommandComplete."""
    return message(b"C", text(tag))


def row_description(columns: Sequence[Column], formats: Sequence[int]) -> bytes:
    """Return RowDescription, or NoData where there are no columns."""
    if not columns:
        return message(b"n")
    fields = [
        text(column.name) + struct.pack("!ihIhih", 0, 0, column.oid, -1, -1, code)
        for column, code in zip(columns, formats, strict=True)
    ]
    return message(b"T", _SHORT.pack(len(fields)) + b"".join(fields))


def parameter_description(oids: Sequence[int]) -> bytes:
    """Return ParameterDescription."""
    return message(b"t", struct.pack(f"!H{len(oids)}I", len(oids), *oids))


def data_row(values: Iterable[bytes | None]) -> bytes:
    """Return DataRow."""
    pack = _LENGTH.pack
    parts: list[bytes] = []
    count = 0
    for value in values:
        count += 1
        if value is None:
            parts.append(NULL)
        else:
            parts += (pack(len(value)), value)
    return message(b"D", _SHORT.pack(count) + b"".join(parts))


def response(kind: bytes, fields: dict[str, str]) -> bytes:
    """Return ErrorResponse (`b"E"`) or NoticeResponse (`b"N"`), of fields by their code."""
    return message(kind, b"".join(code.encode() + text(value) for code, value in fields.items()) + b"\0")


def notification(pid: int, channel: str, payload: str) -> bytes:
    """Return NotificationResponse."""
    return message(b"A", _LENGTH.pack(pid) + text(channel) + text(payload))


def copy_response(kind: bytes, columns: int, code: int) -> bytes:
    """Return CopyInResponse (`b"G"`) or CopyOutResponse (`b"H"`); `code` 1 is the binary format."""
    return message(kind, struct.pack(f"!bh{columns}h", code, columns, *[code] * columns))


PARSE_COMPLETE: Final = message(b"1")
BIND_COMPLETE: Final = message(b"2")
CLOSE_COMPLETE: Final = message(b"3")
PORTAL_SUSPENDED: Final = message(b"s")
EMPTY_QUERY: Final = message(b"I")
COPY_DONE: Final = message(b"c")


def copy_data(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield CopyData for each chunk."""
    for chunk in chunks:
        yield message(b"d", chunk)


def begins(data: bytes) -> bool:
    """Tell whether these bytes begin a conversation of protocol 3."""
    if len(data) < 8:
        return False
    length, code = struct.unpack_from("!ii", data)
    return 8 <= length <= 10_000 and (code in _OPENINGS or code >> 16 == PROTOCOL_3 >> 16)
