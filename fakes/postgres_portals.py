"""Prepared statements and portals: what the extended query protocol keeps between its messages."""

from __future__ import annotations

from collections.abc import Sequence

from .postgres_messages import Column
from .postgres_result import Result, Row


class Statement:
    """A prepared statement.

    Attributes:
        sql: its text.
        oids: the types of its parameters.
    """

    __slots__ = ("oids", "sql")

    def __init__(self, sql: str, oids: list[int]) -> None:
        self.sql = sql
        self.oids = oids


class Portal:
    """A statement with its parameters, as far as it has run.

    Attributes:
        statement: the statement.
        values: its parameters, as the client wrote them.
        result: what it gives; None until it runs.
        columns: the columns that its rows are written as.
        held: whether it outlives its transaction.
    """

    __slots__ = ("_at", "_formats", "columns", "held", "result", "statement", "values")

    def __init__(self, statement: Statement, values: list[bytes | None], formats: list[int]) -> None:
        self.statement = statement
        self.values = values
        self.result: Result | None = None
        self.columns: Sequence[Column] = ()
        self.held = False
        self._formats = formats
        self._at = 0

    def formats(self, width: int) -> list[int]:
        """Return the format of each of so many columns."""
        given = self._formats
        return given if len(given) == width else [given[0] if given else 0] * width

    def next(self, most: int | None) -> Sequence[Row]:
        """Return the next rows, at most so many; None for all that are left."""
        total = self._total
        before = self._at
        self._at = total + 1 if most is None or before + most > total else before + most
        return self._rows(before, self._at)

    def back(self, most: int | None) -> Sequence[Row]:
        """Return the rows before the one that it is on, the nearest first; None for all."""
        before = self._at
        self._at = 0 if most is None else max(0, before - most)
        return self._rows(max(0, self._at - 1), before - 1)[::-1]

    def go(self, number: int) -> None:
        """Stand on a row: 1 for the first, 0 for before it; a negative number counts from behind."""
        total = self._total
        self._at = min(number, total + 1) if number >= 0 else max(0, total + 1 + number)

    @property
    def at(self) -> int:
        """The number of the row that it is on; one more than there are once they are over."""
        return self._at

    @property
    def _total(self) -> int:
        assert self.result is not None
        return len(self.result.rows)

    def _rows(self, start: int, end: int) -> Sequence[Row]:
        assert self.result is not None
        return self.result.rows[start : max(start, end)]

    def agreed(self, result: Result, told: Sequence[Column] | None) -> Sequence[Column] | None:
        """Return the columns to write the rows as: those that the client was told of; None if they are others."""
        if told is None:
            return result.columns
        if len(told) != len(result.columns):
            return told if not result.rows else None
        for at, (one, other) in enumerate(zip(told, result.columns, strict=True)):
            if one.oid != other.oid and any(row[at] is not None for row in result.rows):
                return None
        return told
