"""sqlite3: sessions of connect, execute, commit, rollback and close, whose rows the real engine delivers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Final

from bigfoot.errors import InvalidArgumentError
from bigfoot.fake import Source
from bigfoot.interaction import Interaction
from bigfoot.session import Kind, Session, SessionFake, SessionStep
from bigfoot.transports import sqlite as transport
from bigfoot.transports.sqlite_calls import Attempt, Database
from bigfoot.verifier import StrictVerifier

from .sqlite_rows import check_step
from .sqlite_script import ScriptedDatabase
from .sqlite_through import RealDatabase

_OPEN: Final = ("connected", "in_transaction")
_STATEMENT: Final = ("sql", "parameters")
_EARLY: Final = (
    "it is met too late to be answered: `from sqlite3 import connect` ran before the first sandbox, or "
    "sqlite3.Connection was called itself; call sqlite3.connect"
)


class DatabasePlugin(SessionFake[Session]):
    """`bigfoot.db_mock`: the real sqlite3, and what rides on it (aiosqlite, SQLAlchemy), on a private database.

    Example:
        >>> session = bigfoot.db_mock.new_session()  # doctest: +SKIP
        >>> session.expect("connect", returns=None).expect("execute", returns=[(1, "alice")])  # doctest: +SKIP
    """

    name = "db_mock"
    seams = (transport.SEAM,)
    takes = (Attempt,)
    source = "db"
    initial = "disconnected"
    table: ClassVar[tuple[Kind, ...]] = (
        Kind("connect", ("database",), ("disconnected",), "connected"),
        Kind("execute", _STATEMENT, _OPEN, "in_transaction", "a list of rows, each a tuple or a dict; [] for none"),
        Kind("executemany", _STATEMENT, _OPEN, "in_transaction"),
        Kind("executescript", ("sql",), _OPEN, "in_transaction"),
        Kind("begin", (), ("connected",), "in_transaction"),
        Kind("commit", (), ("in_transaction",), "connected"),
        Kind("rollback", (), ("in_transaction",), "connected"),
        Kind("close", (), _OPEN, "closed"),
    )

    connect: Source
    execute: Source
    executemany: Source
    executescript: Source
    commit: Source
    rollback: Source
    close: Source

    def __init__(self, verifier: StrictVerifier) -> None:
        super().__init__(verifier)
        self._through: list[str] = []

    def new_session(self, database: str | os.PathLike[str] | None = None) -> Session:
        """Begin the script of one connection; connections take sessions in the order in which they were made.

        Arguments:
            database: the database that it answers, as the code names it; None for any.

        Raises:
            InvalidArgumentError: the database is no path.

        Example:
            >>> bigfoot.db_mock.new_session().expect("connect", returns=None)  # doctest: +SKIP
        """
        return self._add_session(database=None if database is None else _path(database))

    def pass_through(self, database: str | os.PathLike[str] = "*") -> None:
        """Let connections reach a real database; what is done with them is recorded, and must be asserted.

        Arguments:
            database: the database as the code names it, such as `":memory:"`, or a pattern such as `"*/cache.db"`.

        Raises:
            InvalidArgumentError: the database is no path.

        Example:
            >>> bigfoot.db_mock.pass_through(database=":memory:")  # doctest: +SKIP
        """
        self._through.append(_path(database))

    def answer(self, call: Attempt) -> Database:
        """Return who answers a connection.

        Raises:
            UnmockedInteractionError: no session is left for it, and no rule lets it through.
        """
        details = {"database": call.database}
        if call.early:
            raise self.refusal("connect", details, origin=call.origin, notes=[_EARLY])
        session = super().begin(lambda one: one.next_is("connect") and _fits(one, call))
        if session is None:
            if any(fnmatchcase(call.database, pattern) for pattern in self._through):
                return RealDatabase(self, {**details, **call.options}, call.origin)
            raise self.refusal("connect", details, origin=call.origin)
        step = session.take("connect", {**details, **call.options}, origin=call.origin)
        if step.raises is not None:
            raise step.raises
        return ScriptedDatabase(self, session)

    def check(self, step: SessionStep) -> None:
        check_step(step)

    def details(self, interaction: Interaction) -> dict[str, Any]:
        return {name: interaction.call[name] for name in self.fields(interaction)}

    def extras(self, interaction: Interaction) -> Mapping[str, Any]:
        call: Mapping[str, Any] = interaction.call
        return call

    def assert_connect(self, *, database: Any) -> None:
        """Assert the next connection: the database, as the code names it."""
        path = isinstance(database, (bytes, os.PathLike))
        self.verifier.assert_interaction(self.connect, database=os.fsdecode(database) if path else database)

    def assert_execute(self, *, sql: Any, parameters: Any) -> None:
        """Assert the next `execute`: the SQL, and its parameters (a tuple, a list or a dict; () for none)."""
        self.verifier.assert_interaction(self.execute, sql=sql, parameters=parameters)

    def assert_executemany(self, *, sql: Any, parameters: Any) -> None:
        """Assert the next `executemany`: the SQL, and the list of its parameters."""
        self.verifier.assert_interaction(self.executemany, sql=sql, parameters=parameters)

    def assert_executescript(self, *, sql: Any) -> None:
        """Assert the next `executescript`: the SQL."""
        self.verifier.assert_interaction(self.executescript, sql=sql)

    def assert_begin(self) -> None:
        """Assert the next BEGIN that was promised."""
        self.verifier.assert_interaction(Source("db:begin"))

    def assert_commit(self) -> None:
        """Assert the next commit."""
        self.verifier.assert_interaction(self.commit)

    def assert_rollback(self) -> None:
        """Assert the next rollback."""
        self.verifier.assert_interaction(self.rollback)

    def assert_close(self) -> None:
        """Assert the next `close`."""
        self.verifier.assert_interaction(self.close)


def _path(database: Any) -> str:
    if not isinstance(database, (str, bytes, os.PathLike)):
        raise InvalidArgumentError("database", database, "give the database as the code names it, such as 'users.db'")
    return os.fsdecode(database)


def _fits(session: Session, call: Attempt) -> bool:
    return bool(session.binding.get("database", call.database) == call.database)
