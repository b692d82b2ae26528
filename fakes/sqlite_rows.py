"""The rows that a script promises, and the statement that has the real engine deliver them.

The engine of a scripted connection has no tables of the program. In the place of each statement it runs one that
takes the same parameters, gives columns of the same names, changes as many rows, and opens a transaction where the
program's own would; the values come from `bigfoot_cell`, a function that the connection was given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from bigfoot import report
from bigfoot.errors import InvalidArgumentError
from bigfoot.session import SessionStep

from .sqlite_sql import Statement

SINK: Final = "CREATE TEMP TABLE bigfoot (id INTEGER PRIMARY KEY, row)"  # in temp: no dump and no backup shows it
Column = tuple[str, str]  # its name, and its declared type
_TYPE: Final = re.compile(r"[\w ]*(\([\d, ]+\))?")
_OPTIONS: Final[Mapping[str, str]] = {
    "columns": 'names of columns, or pairs of name and declared type: ["id", ("born", "date")]',
    "rowcount": "how many rows the statement changes, 0 or more",
    "lastrowid": "the row id of the last row that it inserts",
}


def check_step(step: SessionStep) -> None:
    """Refuse a step that no engine can play.

    Raises:
        InvalidArgumentError: it names the option or value.
    """
    executes = step.name in ("execute", "executemany")
    for option, given in step.options.items():
        if not executes or option not in _OPTIONS or (option == "lastrowid" and step.name != "execute"):
            takes = f"returns, raises and required{', ' + ', '.join(_OPTIONS) if executes else ''}"
            raise InvalidArgumentError(option, given, f"{step.name!r} takes {takes}{report.meant(option, _OPTIONS)}")
        number = isinstance(given, int) and not isinstance(given, bool)
        fits = {"columns": _are_columns(given), "rowcount": number and given >= 0, "lastrowid": number}
        if not fits[option]:
            raise InvalidArgumentError(option, given, f"give {_OPTIONS[option]}")
    if step.raises is not None:
        return
    if step.name == "execute":
        rows_of(step.returns)
    elif step.returns is not None and not (step.name == "executemany" and step.returns == []):
        raise InvalidArgumentError("returns", step.returns, f"{step.name!r} gives None")


def _are_columns(given: Any) -> bool:
    return isinstance(given, (list, tuple)) and all(_is_column(one) for one in given)


def _is_column(one: Any) -> bool:
    if isinstance(one, str):
        return True
    texts = isinstance(one, (list, tuple)) and len(one) == 2 and all(isinstance(part, str) for part in one)
    return texts and _TYPE.fullmatch(one[1]) is not None


def rows_of(returns: Any, names: Sequence[str] | None = None) -> list[tuple[Any, ...]]:
    """Return promised rows as the engine holds them.

    Arguments:
        returns: the rows.
        names: the columns of the statement, where it says them: the order of the values of a dict.

    Raises:
        InvalidArgumentError: it is no list of rows, or no database holds such a value.
    """
    if returns is None:
        return []
    if not isinstance(returns, (list, tuple)):
        raise InvalidArgumentError("returns", returns, "give a list of rows, each a tuple or a dict")
    rows = [tuple(_value(value) for value in _values(row, returns[0], names)) for row in returns]
    if len({len(row) for row in rows}) > 1 or () in rows:
        raise InvalidArgumentError("returns", returns, "give every row the same columns, at least one")
    return rows


def _values(row: Any, first: Any, names: Sequence[str] | None) -> Iterable[Any]:
    if isinstance(row, Mapping) and isinstance(first, Mapping):
        columns = list(first) if names is None else names
        if set(row) != set(columns):
            raise InvalidArgumentError("returns", row, f"give every row these columns: {', '.join(columns)}")
        return [row[column] for column in columns]
    if isinstance(row, (str, bytes, Mapping)) or not isinstance(row, Iterable):
        raise InvalidArgumentError("returns", row, "give a list of rows, each a tuple, or each a dict")
    return row


def _value(value: Any) -> Any:
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    adapted = _adapted(value)
    if not isinstance(adapted, (int, float, str, bytes, type(None))):
        hint = "sqlite holds None, int, float, str and bytes; register an adapter for it, or give what it makes of it"
        raise InvalidArgumentError("returns", value, hint)
    if isinstance(adapted, int) and not -(2**63) <= adapted < 2**63:
        raise InvalidArgumentError("returns", value, "sqlite holds integers of 64 bits")
    return adapted


def _adapted(value: Any) -> Any:
    import sqlite3

    adapter = sqlite3.adapters.get((type(value), sqlite3.PrepareProtocol))
    if isinstance(value, date) and getattr(adapter, "__module__", "") == "sqlite3.dbapi2":
        # What the default adapters make of it; they themselves warn, from Python 3.12 on.
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return sqlite3.adapt(value, sqlite3.PrepareProtocol, value)


class Carrier:
    """The rows of one step, and the statement that brings them.

    Arguments:
        number: which of its connection's it is.
        step: what was promised.
        statement: what the program executes.

    Raises:
        InvalidArgumentError: the statement cannot give what was promised.
    """

    def __init__(self, number: int, step: SessionStep, statement: Statement) -> None:
        self._number = number
        self._statement = statement
        self._lastrowid: int | None = step.options.get("lastrowid")
        names = statement.names if step.options.get("columns") is None else None
        self._rows = rows_of(step.returns, names)
        if self._rows and not statement.rows:
            hint = f"{statement.verb or 'the statement'} gives no rows{' without RETURNING' * statement.changes}"
            raise InvalidArgumentError("returns", step.returns, f"{hint}: promise returns=[]")
        count = step.options.get("rowcount")
        many = step.name == "executemany"
        # All that executemany changes, is changed by its first run.
        self._counts = [] if count is None else [count]
        self._each = len(self._rows) if statement.rows else 0 if many and count is not None else statement.tuples
        self._left = 0
        self._columns = columns_of(step, statement, len(self._rows[0]) if self._rows else 0)

    def more(self, row: int) -> bool:
        """Tell whether there is a row of this number; the statement asks for every one, from 0."""
        if row == 0:
            self._left = self._each if self._statement.rows or not self._counts else self._counts.pop(0)
        return row < self._left

    def cell(self, row: int, column: int) -> Any:
        """Return a value."""
        return self._rows[row][column]

    def before(self) -> list[str]:
        """Return what is to be run before the statement: only a column of a table has a declared type."""
        if not self._typed:
            return []
        table = f"temp.bigfoot_{self._number}"
        declared = ", ".join(f"c{at} {kind}" for at, (_, kind) in enumerate(self._columns))
        cells = ", ".join(self._cell(at, "i") for at in range(len(self._columns)))
        # It begins with WITH, as sqlite3 opens a transaction before what begins with INSERT.
        return [
            f"CREATE TABLE {table} ({declared})",
            f"WITH RECURSIVE {self._n} INSERT INTO {table} SELECT {cells} FROM n",
        ]

    @property
    def sql(self) -> str:
        """The statement."""
        statement = self._statement
        ctes = [self._n]
        if statement.parameters:
            ctes.insert(0, f"p(x) AS (SELECT 1 WHERE 0 IN ({', '.join(statement.parameters)}))")
        given = f"WITH RECURSIVE {', '.join(ctes)}"
        if statement.changes:
            ids = "NULL" if statement.verb in ("INSERT", "REPLACE") else "last_insert_rowid()"
            if self._lastrowid is not None:
                ids = f"{self._lastrowid} - bigfoot_count({self._number}) + 1 + i"
            head = "REPLACE INTO temp.bigfoot (id, row)"
            head = f"{head} {given}" if statement.begins else f"{given} {head}"
            back = f" RETURNING {self._selected('row')}" if statement.rows else ""
            return f"{head} SELECT {ids}, i FROM n{back}"
        if statement.rows and (self._columns or statement.verb != "PRAGMA"):
            if self._typed:
                names = ", ".join(f"c{at} AS {_quoted(name)}" for at, (name, _) in enumerate(self._columns))
                return f"{given} SELECT {names} FROM temp.bigfoot_{self._number}"
            return f"{given} SELECT {self._selected('i')} FROM n"
        return f"{given} DELETE FROM temp.bigfoot WHERE 0"

    @property
    def count(self) -> int:
        """How many rows the run at hand has."""
        return self._left

    @property
    def _n(self) -> str:
        more = f"bigfoot_more({self._number}, "
        return f"n(i) AS (SELECT 0 WHERE {more}0) UNION ALL SELECT i + 1 FROM n WHERE {more}i + 1))"

    @property
    def _typed(self) -> bool:
        return any(kind for _, kind in self._columns) and not self._statement.changes

    def _selected(self, row: str) -> str:
        return ", ".join(f"{self._cell(at, row)} AS {_quoted(name)}" for at, (name, _) in enumerate(self._columns))

    def _cell(self, at: int, row: str) -> str:
        return f"bigfoot_cell({self._number}, {row}, {at})"


def columns_of(step: SessionStep, statement: Statement, width: int) -> list[Column]:
    """Return the columns of a result.

    Raises:
        InvalidArgumentError: the statement selects more or fewer than the rows have.
    """
    given: Sequence[Any] | None = step.options.get("columns")
    names = [name if isinstance(name, str) else name[0] for name in given] if given is not None else statement.names
    if names is None and step.returns:
        first = step.returns[0]
        names = [str(name) for name in first] if isinstance(first, Mapping) else None
    if names is None:
        names = [f"column{number}" for number in range(1, max(width, statement.verb != "PRAGMA") + 1)]
    if width and len(names) != width:
        hint = f"the rows have {width} values, and the statement gives {len(names)}: {', '.join(names)}"
        raise InvalidArgumentError("returns", step.returns, hint)
    kinds = ["" if isinstance(one, str) else one[1] for one in given] if given is not None else [""] * len(names)
    return list(zip(names, kinds, strict=True))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
