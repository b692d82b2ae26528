"""One scripted connection of sqlite3: what its session promises, delivered by an engine of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from bigfoot.errors import BigfootError
from bigfoot.session import Session, SessionStep
from bigfoot.transports.sqlite_calls import Database, Engine, Statement

from . import sqlite_sql
from .sqlite_rows import SINK, Carrier

if TYPE_CHECKING:
    from .sqlite import DatabasePlugin

ENDS: Final[Mapping[str, str]] = {"COMMIT": "commit", "END": "commit", "ROLLBACK": "rollback"}
# What SQLAlchemy and Django ask by themselves, of a new connection and before they create tables.
_PROBE: Final = re.compile(
    r"\s*(?:PRAGMA\s+(?:read_uncommitted|(?:main|temp)\.\w+\(.*\))|SELECT\s+sqlite_\w+\([^()]*\))\s*;?\s*", re.I | re.S
)


class Parameters(tuple[Any, ...]):
    """The parameters of a statement that were given in order; it equals a tuple and a list alike.

    Example:
        >>> Parameters(("alice",)) == ["alice"]
        True
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return tuple(self) == (tuple(other) if isinstance(other, (list, tuple)) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__

    def __repr__(self) -> str:
        return repr(tuple(self))


def details_of(call: Statement) -> dict[str, Any]:
    """Return the assertable fields of a statement, as they are now."""
    if call.name == "executescript":
        return {"sql": call.sql}
    if call.name == "executemany":
        return {"sql": call.sql, "parameters": [_kept(given) for given in call.parameters]}
    return {"sql": call.sql, "parameters": _kept(call.parameters)}


def _kept(given: Any) -> Any:
    if isinstance(given, Mapping):
        return dict(given)
    return Parameters(given) if isinstance(given, (list, tuple)) else given


def is_chore(sql: str, statement: sqlite_sql.Statement) -> bool:
    """Tell whether the engine does this unasked and unrecorded."""
    return not statement.first or statement.savepoint or statement.first == "BEGIN" or _PROBE.fullmatch(sql) is not None


class ScriptedDatabase(Database):
    """Answers a connection out of a session.

    Arguments:
        plugin: whose session it is.
        session: the script; its `connect` is taken.
    """

    def __init__(self, plugin: DatabasePlugin, session: Session) -> None:
        self._plugin = plugin
        self._session = session
        self._carriers: list[Carrier] = []
        self._broken = False  # an unmocked call has been raised: what cleans up after it is let alone

    def opened(self, engine: Engine) -> None:
        began = engine.in_transaction
        if began:  # by `autocommit=False`; a rollback would take the table along
            engine.run("COMMIT")
        engine.run(SINK)
        if began:
            engine.run("BEGIN")
        engine.function("bigfoot_more", 2, lambda number, row: self._carriers[number].more(row))
        engine.function("bigfoot_cell", 3, lambda number, row, column: self._carriers[number].cell(row, column))
        engine.function("bigfoot_count", 1, lambda number: self._carriers[number].count)

    def execute(self, call: Statement, engine: Engine) -> str:
        try:
            if call.name == "executescript":
                return self._script(call, engine)
            return self._statement(call, engine)
        except BigfootError:
            self._broken = True
            raise

    def _statement(self, call: Statement, engine: Engine) -> str:
        statement = sqlite_sql.read(call.sql)
        if statement.first == "BEGIN" and self._session.next_is("begin") and not engine.in_transaction:
            _play(self._session.take("begin", {}, origin=call.origin))
        if is_chore(call.sql, statement):
            return call.sql
        if statement.first in ENDS:
            if engine.in_transaction:  # without one it is an error, and the engine's own
                self.finish(ENDS[statement.first], engine)
            return call.sql
        self._refuse(call, statement, engine)
        step = self._session.take(call.name, details_of(call), origin=call.origin)
        if step.raises is not None and statement.begins:
            engine.run("REPLACE INTO temp.bigfoot (id) SELECT 1 WHERE 0")  # a statement that fails has begun
        _play(step)
        try:
            carrier = Carrier(len(self._carriers), step, statement)
        except BigfootError as error:
            raise self._plugin.verifier.refuse(error) from None
        self._carriers.append(carrier)
        for sql in carrier.before():
            engine.run(sql)
        return carrier.sql

    def _refuse(self, call: Statement, statement: sqlite_sql.Statement, engine: Engine) -> None:
        """Have the engine refuse what it would not run, before a step is taken for it."""
        if statement.first != "PRAGMA":  # some of them act when they are read
            engine.compiles(call.sql)
        if call.name == "execute" and (statement.parameters or call.parameters):
            engine.run(f"EXPLAIN SELECT 0 IN ({', '.join(statement.parameters)})", call.parameters)

    def _script(self, call: Statement, engine: Engine) -> str:
        ends = []
        for sql in _split(call.sql):
            statement = sqlite_sql.read(sql)
            if is_chore(sql, statement) or statement.first in ENDS:
                ends.append(sql)
            elif statement.first != "PRAGMA":
                engine.compiles(sql)
        step = self._session.take(call.name, details_of(call), origin=call.origin)
        if step.raises is not None and engine.in_transaction and engine.commits_before_scripts:
            engine.run("COMMIT")
        _play(step)
        return "\n".join(ends)

    def finish(self, name: str, engine: Engine) -> None:
        session = self._session
        sent = engine.in_transaction and session.state == "in_transaction"
        if not session.next_is(name) and (self._broken or not sent):
            return  # in production nothing is sent, or nothing has changed
        try:
            _play(session.take(name, {}))
        except BigfootError:
            self._broken = True
            raise

    def close(self) -> None:
        if not self._broken or self._session.next_is("close"):
            _play(self._session.take("close", {}))


def _play(step: SessionStep) -> None:
    if step.raises is not None:
        raise step.raises


def _split(sql: str) -> Iterator[str]:
    """Yield the statements of a script; sqlite itself says where one ends, as triggers have semicolons inside."""
    from sqlite3 import complete_statement

    text = ""
    for part in re.split(r"(?<=;)", sql):
        text += part
        if complete_statement(text):
            yield text
            text = ""
    if text.strip():
        yield text
