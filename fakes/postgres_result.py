"""Results: what a script says a statement gives, as columns, rows and the status line."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any, Final

from bigfoot.errors import InvalidArgumentError
from bigfoot.postgres import Typed

from . import postgres_sql as sql_text
from . import postgres_types as types
from .postgres_copy import CopyIn, CopyOut
from .postgres_messages import NULL, Column
from .postgres_values import Encode, binary, plain, written

Row = Sequence[Any]
Columns = Sequence["str | tuple[str, str]"]


@dataclass(slots=True)
class Result:
    """What a statement ends in.

    Attributes:
        columns: its columns; none where it gives no rows.
        rows: its rows.
        tag: the status line, such as `"INSERT 0 1"`.
        before: messages that go before it (notices, notifications), as bytes.
        copy: the data that the statement is a COPY of, or None.
        hangs: whether it takes for ever: until the client cancels it.
        cut: what breaks the connection instead of an answer, or None.
    """

    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    tag: str = ""
    before: bytes = b""
    copy: CopyIn | CopyOut | None = None
    hangs: bool = False
    cut: BaseException | None = field(default=None)


def table(given: Any, sql: str, columns: Columns | None = None) -> Result:
    """Return rows as a result.

    Arguments:
        given: a list of rows: dicts, sequences, or a driver's own rows; None for none.
        sql: the statement, where the names of columns come from if the rows have none.
        columns: their names, or pairs of name and type, where the script says them.

    Raises:
        InvalidArgumentError: the rows do not fit one another, or the columns.
    """
    rows = [] if given is None else list(given)
    names, kinds = _declared(columns)
    if names is None:
        names = _keys(rows)
    if names is not None and rows and hasattr(rows[0], "keys"):
        rows = [tuple(map(dict(row).get, names)) for row in rows]
    if names is None:
        width = len(rows[0]) if rows else None
        names = _guessed(sql, width)
    for row in rows:
        if len(row) != len(names):
            raise InvalidArgumentError("returns", row, f"a row has {len(names)} columns here: {', '.join(names)}")
    oids = [kinds.get(name) or _of_column([row[at] for row in rows]) for at, name in enumerate(names)]
    return Result(tuple(starmap(Column, zip(names, oids, strict=True))), rows, status(sql, len(rows)))


def _declared(columns: Columns | None) -> tuple[list[str] | None, dict[str, int]]:
    if columns is None:
        return None, {}
    pairs = [(one, None) if isinstance(one, str) else tuple(one) for one in columns]
    return [name for name, _ in pairs], {name: types.oid_of(kind) for name, kind in pairs if kind is not None}


def _keys(rows: list[Any]) -> list[str] | None:
    if not rows or not hasattr(rows[0], "keys"):
        return None
    first = list(rows[0].keys())
    seen = dict.fromkeys(first)
    for row in rows:
        if not hasattr(row, "keys"):
            raise InvalidArgumentError("returns", row, "give all rows as dicts, or none")
        seen.update(dict.fromkeys(row.keys()))
    return list(seen)


def _guessed(sql: str, width: int | None) -> list[str]:
    if width is None and not sql_text.gives_rows(sql):
        return []
    names = sql_text.column_names(sql)
    if names is not None and width in (None, len(names)):
        return list(names)
    return [f"column{number}" for number in range(1, (width or 0) + 1)]


def _of_column(values: list[Any]) -> int:
    for value in values:
        if type(value) is Typed:
            return types.oid_of(value.type)
    return types.common(values)


_COUNTED: Final = frozenset({"SELECT", "UPDATE", "DELETE", "MERGE", "MOVE", "FETCH", "COPY"})
_PAIRS: Final = frozenset({"CREATE", "DROP", "ALTER", "REFRESH"})


def status(sql: str, count: int) -> str:
    """Return the status line of a statement that has found or changed so many rows."""
    verb = sql_text.verb(sql)
    if verb == "INSERT":
        return f"INSERT 0 {count}"
    if verb in _COUNTED:
        return f"{verb} {count}"
    if verb == "TRUNCATE":
        return "TRUNCATE TABLE"
    if verb in _PAIRS:
        words = [word for word in sql.upper().split() if word not in ("OR", "REPLACE", "TEMP", "TEMPORARY", "UNIQUE")]
        return " ".join(words[:2])
    return f"SELECT {count}" if verb in ("WITH", "VALUES", "TABLE", "") else verb


def encoded(columns: Sequence[Column], rows: Sequence[Row], formats: Sequence[int], keep: Encode) -> bytes:
    """Return rows as DataRow messages.

    Arguments:
        columns: their columns.
        rows: the rows.
        formats: 0 for text and 1 for binary, for each column.
        keep: keeps an object for the client and returns the token for it.
    """
    if not rows:
        return b""
    fields = [_column([row[at] for row in rows], column.oid, formats[at], keep) for at, column in enumerate(columns)]
    head = struct.pack("!h", len(columns))
    pack = struct.Struct("!ci").pack
    bodies = [b"".join((head, *parts)) for parts in zip(*fields, strict=True)] if fields else [head] * len(rows)
    return b"".join([part for body in bodies for part in (pack(b"D", len(body) + 4), body)])


_FIXED: Final[Mapping[int, Callable[..., bytes]]] = {
    types.INT8: struct.Struct("!iq").pack,
    types.INT4: struct.Struct("!ii").pack,
    types.FLOAT8: struct.Struct("!id").pack,
}
_SIZES: Final = {types.INT8: 8, types.INT4: 4, types.FLOAT8: 8}


def _column(values: list[Any], oid: int, code: int, keep: Encode) -> list[bytes]:
    """Return the values of a column, each with its length before it."""
    if any(type(value) is Typed for value in values):
        values = [plain(value) for value in values]
    pack = _FIXED.get(oid) if code else None
    if pack is not None:
        size = _SIZES[oid]
        return [NULL if value is None else pack(size, value) for value in values]
    length = struct.Struct("!i").pack
    encode = (binary if code else written)(oid, keep)
    raws = [None if value is None else encode(value) for value in values]
    return [NULL if raw is None else length(len(raw)) + raw for raw in raws]


def check(columns: Columns | None, given: Any) -> None:
    """Refuse rows that cannot be written as what the script says they are.

    Raises:
        InvalidArgumentError: it names the column and the value.
    """
    result = table(given, "", columns)
    for at, column in enumerate(result.columns):
        for row in result.rows:
            try:
                _column([row[at]], column.oid, 1, lambda value: b"")
            except (TypeError, ValueError, AttributeError, struct.error, OverflowError) as error:
                remedy = f"the column {column.name!r} is of type {types.name_of(column.oid)} ({error})"
                raise InvalidArgumentError("returns", plain(row[at]), remedy) from None
