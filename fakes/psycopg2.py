"""psycopg2: sessions of connect, execute, commit and the other methods, over a real wire."""

from __future__ import annotations

from typing import Any, ClassVar

from bigfoot.fake import Source
from bigfoot.session import Kind
from bigfoot.transports import psycopg2 as client_library
from bigfoot.transports.psycopg2 import Psycopg2Attempt

from .libpq import LibpqPlugin

_OPEN = ("connected", "in_transaction")
_RESULT = 'a list of rows, a count, or a status such as "INSERT 0 1"'
_STATEMENT = ("sql", "parameters")


class Psycopg2Plugin(LibpqPlugin):
    """`bigfoot.psycopg2_mock`: the real psycopg2 and libpq against a server in this process.

    Example:
        >>> session = bigfoot.psycopg2_mock.new_session()  # doctest: +SKIP
        >>> session.expect("connect", returns=None).expect("execute", returns=[(1, "Ada")])  # doctest: +SKIP
    """

    name = "psycopg2_mock"
    seams = (client_library.SEAM,)
    takes = (Psycopg2Attempt,)
    requires = "psycopg2"
    package = "psycopg2-binary"
    source = "psycopg2"
    library: ClassVar[Any] = client_library
    bare: ClassVar[tuple[str, str]] = _STATEMENT
    row_steps: ClassVar[tuple[str, ...]] = ("execute", "callproc")
    table: ClassVar[tuple[Kind, ...]] = (
        Kind("connect", (), ("disconnected",), "connected"),
        Kind("execute", _STATEMENT, _OPEN, "in_transaction", _RESULT),
        Kind("executemany", _STATEMENT, _OPEN, "in_transaction", "a count, or a status"),
        Kind("callproc", ("procname", "parameters"), _OPEN, "in_transaction", "a list of rows"),
        Kind("copy_from", ("table", "columns", "data"), _OPEN, "in_transaction", "None, or a count"),
        Kind("copy_to", ("table", "columns"), _OPEN, "in_transaction", "the data, as bytes"),
        Kind("copy_expert", ("sql",), _OPEN, "in_transaction", "the data, as bytes, or None"),
        Kind("commit", (), ("in_transaction",), "connected"),
        Kind("rollback", (), ("in_transaction",), "connected"),
        Kind("close", (), _OPEN, "closed"),
    )

    connect: Source
    execute: Source
    executemany: Source
    callproc: Source
    copy_from: Source
    copy_to: Source
    copy_expert: Source
    commit: Source
    rollback: Source
    close: Source

    def assert_execute(self, *, sql: Any, parameters: Any = None) -> None:
        """Assert the next `execute`: the SQL, and its parameters as they were given (None for none)."""
        self.verifier.assert_interaction(self.execute, sql=sql, parameters=parameters)

    def assert_executemany(self, *, sql: Any, parameters: Any) -> None:
        """Assert the next `executemany`: the SQL, and the list of its parameters."""
        self.verifier.assert_interaction(self.executemany, sql=sql, parameters=parameters)

    def assert_callproc(self, *, procname: Any, parameters: Any = None) -> None:
        """Assert the next `callproc`: the name of the function, and its parameters."""
        self.verifier.assert_interaction(self.callproc, procname=procname, parameters=parameters)

    def assert_copy_from(self, *, table: Any, columns: Any, data: Any) -> None:
        """Assert the next `copy_from`: the table, the columns (None for all), and the bytes that were sent."""
        self.verifier.assert_interaction(self.copy_from, table=table, columns=columns, data=data)

    def assert_copy_to(self, *, table: Any, columns: Any) -> None:
        """Assert the next `copy_to`: the table, and the columns (None for all)."""
        self.verifier.assert_interaction(self.copy_to, table=table, columns=columns)

    def assert_copy_expert(self, *, sql: Any, **data: Any) -> None:
        """Assert the next `copy_expert`: the SQL, and for `COPY ... FROM STDIN` as `data=` the bytes that were sent."""
        self.verifier.assert_interaction(self.copy_expert, sql=sql, **data)
