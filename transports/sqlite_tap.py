"""Connections and cursors of sqlite3 that note what is done with them, between the user's classes and the library's.

Only imported once sqlite3 is. The classes stand right above sqlite3's own: what a user's `execute` hands on to
`super()` arrives here, whatever it was called with.
"""

from __future__ import annotations

import functools
import sqlite3
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Literal

from bigfoot import context
from bigfoot.errors import InvalidArgumentError

from .sqlite import opening
from .sqlite_calls import Attempt, Database, Statement

_FACTORY, _URI = 5, 7  # where `connect` takes them by position, which Python 3.12 deprecates


def tapped(args: tuple[Any, ...], options: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of `connect` with the factory derived from the one that they name.

    Raises:
        InvalidArgumentError: the factory is no class of connections.
    """
    positional = len(args) > _FACTORY
    factory: Any = args[_FACTORY] if positional else options.get("factory", sqlite3.Connection)
    if not _is_class(factory, sqlite3.Connection):
        raise InvalidArgumentError("factory", factory, "inside a sandbox, give a subclass of sqlite3.Connection")
    derived = _derived(factory, sqlite3.Connection, TappedConnection)
    if positional:
        return (*args[:_FACTORY], derived, *args[_FACTORY + 1 :]), dict(options)
    return args, {**options, "factory": derived}


def _is_class(factory: Any, plain: type) -> bool:
    return isinstance(factory, type) and issubclass(factory, plain)


@functools.lru_cache(maxsize=64)
def _derived(kind: Any, plain: Any, tapped: Any) -> Any:
    """Return a class of the user's with ours below it, right above the library's own."""
    bases = (tapped,) if kind is plain else (kind, tapped)
    return type(kind)(kind.__name__, bases, {"__module__": kind.__module__, "__qualname__": kind.__qualname__})


class _Engine:
    """The engine of a connection, by the methods of sqlite3's own classes."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    @property
    def commits_before_scripts(self) -> bool:
        return getattr(self._connection, "autocommit", -1) == -1  # LEGACY_TRANSACTION_CONTROL

    def alive(self) -> None:
        sqlite3.Connection.cursor(self._connection)

    def run(self, sql: str, parameters: Any = ()) -> None:
        sqlite3.Connection.cursor(self._connection).execute(sql, parameters).close()

    def compiles(self, sql: str) -> None:
        try:
            self.run(f"EXPLAIN {sql}")
        except sqlite3.OperationalError as error:
            if any(text in str(error) for text in ("syntax error", "incomplete input", "unrecognized token")):
                raise
        except sqlite3.ProgrammingError as error:
            if "binding" not in str(error):  # it has parameters; the statement was read until there
                raise

    def function(self, name: str, arguments: int, function: Callable[..., Any]) -> None:
        sqlite3.Connection.create_function(self._connection, name, arguments, function)


class TappedConnection(sqlite3.Connection):
    """What all connections of a sandbox are."""

    _bigfoot: Tap | None = None

    def __init__(self, database: Any, *args: Any, **options: Any) -> None:
        found = opening.get()
        if found is None:  # the class again, outside of `connect`
            super().__init__(database, *args, **options)
            return
        sandbox, answering = found
        if not answering.through:
            database = ":memory:"
            options.pop("uri", None)
            args = (*args[: _URI - 1], False, *args[_URI:]) if len(args) >= _URI else args
        super().__init__(database, *args, **options)
        self._bigfoot = Tap(sandbox, answering)
        answering.opened(_Engine(self))

    def cursor(self, factory: Any = sqlite3.Cursor) -> Any:
        if _is_class(factory, sqlite3.Cursor):
            factory = _derived(factory, sqlite3.Cursor, TappedCursor)
        return super().cursor(factory)

    # sqlite3 makes the cursors of these three by itself, going by no method.

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        return TappedConnection.cursor(self).execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        return TappedConnection.cursor(self).executemany(sql, parameters)

    def executescript(self, sql: str, /) -> Any:
        return TappedConnection.cursor(self).executescript(sql)

    def commit(self) -> None:
        if self._bigfoot is not None:
            self._bigfoot.finish("commit", self)
        super().commit()

    def rollback(self) -> None:
        if self._bigfoot is not None:
            self._bigfoot.finish("rollback", self)
        super().rollback()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> Literal[False]:
        # sqlite3 goes by none of the methods above, and does nothing for `autocommit=True` (Python 3.12).
        if getattr(self, "autocommit", None) is not True and self._bigfoot is not None:
            try:
                self._bigfoot.finish("commit" if kind is None else "rollback", self)
            except BaseException:
                if kind is None:  # a commit that fails is rolled back
                    super().rollback()
                raise
        return super().__exit__(kind, error, trace)

    def close(self) -> None:
        tap, engine = self._bigfoot, _Engine(self)
        if tap is None or tap.closed:
            super().close()
            return
        engine.alive()
        tap.closed = True
        try:
            if tap.at_work():
                tap.database.close()
        finally:
            super().close()


class TappedCursor(sqlite3.Cursor):
    """What all cursors of such connections are."""

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        return super().execute(self._noted("execute", sql, parameters), parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        if _tap(self) is not None and isinstance(sql, str):
            parameters = list(parameters)  # it is looked at, and still iterated over
        return super().executemany(self._noted("executemany", sql, parameters), parameters)

    def executescript(self, sql: str, /) -> Any:
        return super().executescript(self._noted("executescript", sql, ()))

    def _noted(self, name: str, sql: Any, parameters: Any) -> Any:
        tap = _tap(self)
        if tap is None or not isinstance(sql, str):  # what is no text, sqlite3 refuses itself
            return sql
        if sys._getframe(2).f_globals.get("__name__") == "sqlite3.dump":  # `iterdump`, which is written in Python
            return sql
        engine = _Engine(self.connection)
        engine.alive()
        call = Statement(name, sql, parameters)
        return tap.database.execute(call, engine) if tap.at_work(call) else sql


def _tap(cursor: sqlite3.Cursor) -> Tap | None:
    return getattr(cursor.connection, "_bigfoot", None)


class Tap:
    """What is known of a connection.

    Attributes:
        database: who answers it.
        closed: whether it was closed.
    """

    __slots__ = ("_sandbox", "closed", "database")

    def __init__(self, sandbox: Any, database: Database) -> None:
        self._sandbox = sandbox
        self.database = database
        self.closed = False

    def at_work(self, call: Any = None) -> bool:
        """Tell whether the connection still belongs to a sandbox: its own, or a later one of the same test.

        Arguments:
            call: what is to be refused if it does not; a real database is left alone.

        Raises:
            SandboxNotActiveError: the sandbox has ended.
        """
        if self._sandbox.live:
            return True
        now = context.active(Attempt)
        if now is not None and now.live and now.verifier is self._sandbox.verifier:
            return True
        if call is not None and not self.database.through:
            self._sandbox.answer(call)
        return False

    def finish(self, name: str, connection: sqlite3.Connection) -> None:
        """Note the end of a transaction.

        Raises:
            UnmockedInteractionError: it was not promised.
        """
        engine = _Engine(connection)
        engine.alive()
        lost = Statement(name, "", ()) if name == "commit" and engine.in_transaction else None
        if self.at_work(lost):
            self.database.finish(name, engine)
