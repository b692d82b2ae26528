"""What happens to a connection of sqlite3, on its way to whoever answers it: its opening, and its statements."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

from bigfoot.origin import Origin, caller


class Attempt:
    """A call of `sqlite3.connect`.

    Attributes:
        database: the path or URI as the code gave it, as text.
        options: the other arguments that were given by name.
        early: whether it is met too late to be answered: its caller had the name before bigfoot replaced it.
        origin: the calling line.

    Raises:
        TypeError: the database is no path; sqlite3's own error.
    """

    __slots__ = ("database", "early", "options", "origin")

    source_id: ClassVar[str] = "db:connect"

    def __init__(self, database: Any, options: Mapping[str, Any], *, early: bool = False) -> None:
        self.database = os.fsdecode(database)
        self.options = {name: value for name, value in options.items() if name not in ("database", "factory")}
        self.early = early
        self.origin = caller(2)


class Statement:
    """A call of `execute`, `executemany` or `executescript`, or of another method that has no text.

    Attributes:
        name: of the method.
        sql: the text.
        parameters: as they were given; for `executemany` the list of them.
        origin: the calling line.
    """

    __slots__ = ("name", "origin", "parameters", "sql")

    def __init__(self, name: str, sql: str, parameters: Any) -> None:
        self.name = name
        self.sql = sql
        self.parameters = parameters
        self.origin: Origin = caller(2)

    @property
    def source_id(self) -> str:
        """What it is called on the timeline."""
        return f"db:{self.name}"


class Engine(Protocol):
    """The real engine of a connection, below everything that is noted."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    @property
    def commits_before_scripts(self) -> bool:
        """Whether `executescript` commits first: it does unless `autocommit` is set (Python 3.12)."""
        ...

    def alive(self) -> None:
        """Have the engine refuse a closed connection and a wrong thread.

        Raises:
            sqlite3.ProgrammingError: it does.
        """
        ...

    def run(self, sql: str, parameters: Any = ()) -> None:
        """Run a statement of ours.

        Raises:
            sqlite3.Error: the engine refuses it.
        """
        ...

    def compiles(self, sql: str) -> None:
        """Have the engine read a statement whose tables it does not have.

        Raises:
            sqlite3.Error: it is no statement.
        """
        ...

    def function(self, name: str, arguments: int, function: Callable[..., Any]) -> None:
        """Make a function known to SQL."""
        ...


class Database:
    """Who answers a connection.

    Attributes:
        through: whether the connection is to reach the real database.
    """

    through = False

    def opened(self, engine: Engine) -> None:
        """Note that the engine is there."""

    def execute(self, call: Statement, engine: Engine) -> str:
        """Return the SQL that the engine is to run in the place of a statement.

        Raises:
            UnmockedInteractionError: nothing was promised for it.
        """
        raise NotImplementedError

    def finish(self, name: str, engine: Engine) -> None:
        """Note that the transaction is about to be ended by `"commit"` or `"rollback"`."""
        raise NotImplementedError

    def close(self) -> None:
        """Note that the connection is being closed."""
        raise NotImplementedError
