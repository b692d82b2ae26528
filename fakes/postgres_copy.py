"""COPY: data of a table on its way in or out, in text, CSV or the binary format."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bigfoot.postgres import Typed

from . import postgres_types as types
from .postgres_errors import BAD_COPY, Failure
from .postgres_values import written

SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0"
_PIECE: Final = 64 * 1024  # bytes
_ESCAPES: Final = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


@dataclass(slots=True)
class CopyIn:
    """A COPY FROM STDIN.

    Attributes:
        columns: how many columns there are.
        code: 1 for the binary format.
        take: called with all the data; returns the status line. May raise `Failure`.
    """

    columns: int
    code: int
    take: Callable[[bytes], str]


@dataclass(slots=True)
class CopyOut:
    """A COPY TO STDOUT.

    Attributes:
        data: what the client gets.
        code: 1 for the binary format.
        columns: how many columns there are.
    """

    data: bytes
    code: int
    columns: int = 0

    def pieces(self) -> Iterator[bytes]:
        """Yield the data, a row at a time where it has lines."""
        if self.code:
            yield from (self.data[at : at + _PIECE] for at in range(0, len(self.data), _PIECE))
        else:
            yield from self.data.splitlines(keepends=True)


def count(data: bytes, *, header: bool = False) -> int:
    """Return how many rows there are in the data.

    Raises:
        Failure: it begins as the binary format and is not.
    """
    if data.startswith(SIGNATURE):
        return sum(1 for _ in tuples(data))
    lines = data.removesuffix(b"\n").count(b"\n") + 1 if data else 0
    if data.endswith(b"\\.\n"):
        lines -= 1
    return max(0, lines - header)


def width(data: bytes, separator: bytes = b"\t") -> int:
    """Return how many columns there are in the data."""
    if data.startswith(SIGNATURE):
        return len(next(tuples(data), ()))
    return data.partition(b"\n")[0].count(separator) + 1 if data else 0


def tuples(data: bytes) -> Iterator[list[bytes | None]]:
    """Yield the rows of data in the binary format.

    Raises:
        Failure: it is not in the binary format.
    """
    try:
        at = len(SIGNATURE) + 8 + struct.unpack_from("!i", data, len(SIGNATURE) + 4)[0]
        while True:
            (columns,) = struct.unpack_from("!h", data, at)
            at += 2
            if columns < 0:
                return
            row: list[bytes | None] = []
            for _ in range(columns):
                (size,) = struct.unpack_from("!i", data, at)
                at += 4
                row.append(None if size < 0 else data[at : at + size])
                at += max(0, size)
            yield row
    except struct.error as error:
        raise Failure(BAD_COPY, f"the binary data is cut short: {error}") from None


def lines(rows: Sequence[Sequence[Any]]) -> bytes:
    """Return rows in the text format."""
    return b"".join(b"\t".join(map(_field, row)) + b"\n" for row in rows)


def _field(value: Any) -> bytes:
    if type(value) is Typed:
        oid, value = types.oid_of(value.type), value.value
    else:
        oid = types.of_value(value)
    if value is None:
        return b"\\N"
    text = (written(oid, lambda one: str(one).encode())(value)).decode()
    return "".join(_ESCAPES.get(character, character) for character in text).encode()
