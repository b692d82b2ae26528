"""psycopg 3, sync and async: sessions of connect, execute, commit and the other methods, over a real wire."""

from __future__ import annotations

from typing import Any, ClassVar

from bigfoot.fake import Source
from bigfoot.session import Kind
from bigfoot.transports import psycopg as client_library
from bigfoot.transports.psycopg import PsycopgAttempt

from .libpq import LibpqPlugin

_OPEN = ("connected", "in_transaction")
_STATEMENT = ("query", "params")
_RESULT = 'a list of rows, a count, or a status such as "INSERT 0 1"'


class PsycopgPlugin(LibpqPlugin):
    """`bigfoot.psycopg_mock`: the real psycopg 3 and libpq against a server in this process.

    Example:
        >>> session = bigfoot.psycopg_mock.new_session()  # doctest: +SKIP
        >>> session.expect("connect", returns=None).expect("execute", returns=[(1, "Ada")])  # doctest: +SKIP
    """

    name = "psycopg_mock"
    seams = (client_library.SEAM,)
    takes = (PsycopgAttempt,)
    requires = "psycopg"
    source = "psycopg"
    library: ClassVar[Any] = client_library
    bare: ClassVar[tuple[str, str]] = _STATEMENT
    row_steps: ClassVar[tuple[str, ...]] = ("execute", "executemany", "stream")
    table: ClassVar[tuple[Kind, ...]] = (
        Kind("connect", (), ("disconnected",), "connected"),
        Kind("execute", _STATEMENT, _OPEN, "in_transaction", _RESULT),
        Kind("executemany", _STATEMENT, _OPEN, "in_transaction", "a count, a status, or a row for each row given"),
        Kind("stream", _STATEMENT, _OPEN, "in_transaction", "a list of rows"),
        Kind("copy", _STATEMENT, _OPEN, "in_transaction", "the data, as bytes, or None"),
        Kind("commit", (), ("in_transaction",), "connected"),
        Kind("rollback", (), ("in_transaction",), "connected"),
        Kind("close", (), _OPEN, "closed"),
    )

    connect: Source
    execute: Source
    executemany: Source
    stream: Source
    copy: Source
    commit: Source
    rollback: Source
    close: Source

    def assert_execute(self, *, query: Any, params: Any = None) -> None:
        """Assert the next `execute`: the SQL, and its parameters as they were given (None for none)."""
        self.verifier.assert_interaction(self.execute, query=query, params=params)

    def assert_executemany(self, *, query: Any, params: Any) -> None:
        """Assert the next `executemany`: the SQL, and the list of its parameters."""
        self.verifier.assert_interaction(self.executemany, query=query, params=params)

    def assert_stream(self, *, query: Any, params: Any = None) -> None:
        """Assert the next `stream`: the SQL, and its parameters."""
        self.verifier.assert_interaction(self.stream, query=query, params=params)

    def assert_copy(self, *, query: Any, params: Any = None, **data: Any) -> None:
        """Assert the next `copy`: the SQL, its parameters, and for `COPY ... FROM STDIN` as `data=` the bytes sent."""
        self.verifier.assert_interaction(self.copy, query=query, params=params, **data)
