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
    """

    __slots__ = ("_formats", "_sent", "columns", "result", "statement", "values")

    def __init__(self, statement: Statement, values: list[bytes | None], formats: list[int]) -> None:
        self.statement = statement
        self.values = values
        self.result: Result | None = None
        self.columns: Sequence[Column] = ()
        self._formats = formats
        self._sent = 0

    def formats(self, width: int) -> list[int]:
        """Return the format of each of so many columns."""
        given = self._formats
        return given if len(given) == width else [given[0] if given else 0] * width

    def next(self, most: int | None) -> Sequence[Row]:
        """Return the next rows, at most so many; None for all that are left."""
        assert self.result is not None
        end = len(self.result.rows) if most is None else self._sent + most
        rows = self.result.rows[self._sent : end]
        self._sent += len(rows)
        return rows

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
