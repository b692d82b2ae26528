"""The plugins of PostgreSQL's clients: what they have in common, whichever way a client comes to the server."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from bigfoot.session import Session, SessionFake
from bigfoot.verifier import StrictVerifier

from .postgres_chores import Probes

S = TypeVar("S", bound=Session)


class PostgresFake(SessionFake[S]):
    """The base of the plugins whose clients speak to PostgreSQL.

    Attributes:
        database: what the client calls the name of a database.
        probes: what is answered unasked.
    """

    initial = "disconnected"
    database: ClassVar[str] = "dbname"

    def __init__(self, verifier: StrictVerifier) -> None:
        super().__init__(verifier)
        self.probes = Probes()
        self._through: list[dict[str, Any]] = []

    def new_session(self) -> S:
        """Begin the script of one connection; connections take sessions in the order in which they were made.

        Example:
            >>> bigfoot.psycopg2_mock.new_session().expect("connect", returns=None)  # doctest: +SKIP
        """
        return self._add_session()

    def pass_through(self, host: str | None = None, port: int | None = None, dbname: str | None = None) -> None:
        """Let connections reach a real server; each statement is recorded, and must be asserted.

        Arguments:
            host: the host, as the code names it; None for any.
            port: the port; None for any.
            dbname: the database; None for any.

        Example:
            >>> bigfoot.psycopg2_mock.pass_through(host="localhost", dbname="test")  # doctest: +SKIP
        """
        rule = {"host": host, "port": port, self.database: dbname}
        self._through.append({name: value for name, value in rule.items() if value is not None})

    def chore(self, sql: str, *, returns: Any) -> None:
        """Answer a statement unasked and unrecorded, as often as it comes: what a tool asks on its own account.

        Arguments:
            sql: the statement, as the tool writes it; only white space may differ.
            returns: the rows that it gives.

        Raises:
            InvalidArgumentError: it is no statement, or these are no rows.

        Example:
            >>> bigfoot.psycopg2_mock.chore("SELECT 1", returns=[(1,)])  # doctest: +SKIP
        """
        self.probes.add(sql, returns)
