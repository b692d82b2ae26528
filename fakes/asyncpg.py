"""asyncpg: sessions of connect, fetch, execute and the other methods of its connections, over a real wire."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from bigfoot import report
from bigfoot.fake import Source
from bigfoot.interaction import Interaction
from bigfoot.session import Kind, Session, SessionStep
from bigfoot.transports import asyncpg as client_library
from bigfoot.transports import registry, socket
from bigfoot.transports.asyncpg_calls import Attempt, Conversation
from bigfoot.transports.dial import Claim, Dial, Peer
from bigfoot.verifier import StrictVerifier

from . import postgres_messages as messages
from .asyncpg_calls import failure_of
from .asyncpg_results import check_step
from .asyncpg_script import AsyncpgPeer, AsyncpgScript
from .asyncpg_through import Through
from .postgres_dsn import Dsn
from .postgres_errors import Failure
from .postgres_fake import PostgresFake
from .postgres_peer import Canceller

_OPEN = ("connected",)
_QUERY = ("query", "args")
_TABLE = ("table_name", "columns")
_STATUS = 'a status, such as "INSERT 0 1"'
_ROWS = "a list of rows, each a dict"


class Script(Session):
    """The script of one connection of asyncpg."""

    def coming(self) -> list[SessionStep]:
        """Return the steps that are left, the next one first."""
        return list(self._steps)


class AsyncpgPlugin(PostgresFake[Script]):
    """`bigfoot.asyncpg_mock`: the real asyncpg, on asyncio and uvloop, against a server in this process.

    Example:
        >>> session = bigfoot.asyncpg_mock.new_session()  # doctest: +SKIP
        >>> session.expect("connect", returns=None).expect("fetch", returns=[{"id": 1}])  # doctest: +SKIP
    """

    name = "asyncpg_mock"
    seams = (*socket.SEAMS, client_library.SEAM)
    takes = (Dial, Attempt)
    requires = "asyncpg"
    source = "asyncpg"
    database = "database"
    session = Script
    table: ClassVar[tuple[Kind, ...]] = (
        Kind("connect", (), ("disconnected",), "connected"),
        Kind("execute", _QUERY, _OPEN, returns=_STATUS),
        Kind("fetch", _QUERY, _OPEN, returns=_ROWS),
        Kind("fetchrow", _QUERY, _OPEN, returns="a row as a dict, or None"),
        Kind("fetchval", _QUERY, _OPEN, returns="the value"),
        Kind("executemany", _QUERY, _OPEN),
        Kind("fetchmany", _QUERY, _OPEN, returns=_ROWS),
        Kind("prepare", ("query",), _OPEN),
        Kind("cursor", _QUERY, _OPEN, returns=_ROWS),
        Kind("copy_from_query", _QUERY, _OPEN, returns="the data, as bytes"),
        Kind("copy_from_table", _TABLE, _OPEN, returns="the data, as bytes"),
        Kind("copy_to_table", (*_TABLE, "data"), _OPEN, returns='a status, such as "COPY 3", or None'),
        Kind("copy_records_to_table", (*_TABLE, "records"), _OPEN, returns='a status, such as "COPY 3", or None'),
        Kind("begin", (), _OPEN),
        Kind("commit", (), _OPEN),
        Kind("rollback", (), _OPEN),
        Kind("listen", ("channel",), _OPEN),
        Kind("close", (), _OPEN, "closed"),
    )

    connect: Source
    execute: Source
    fetch: Source
    fetchrow: Source
    fetchval: Source
    executemany: Source
    fetchmany: Source
    prepare: Source
    cursor: Source
    copy_from_query: Source
    copy_from_table: Source
    copy_to_table: Source
    copy_records_to_table: Source
    commit: Source
    rollback: Source
    listen: Source
    close: Source

    def __init__(self, verifier: StrictVerifier) -> None:
        super().__init__(verifier)
        self._dialled: dict[tuple[str, int], bool] = {}  # where connections were opened, and whether only by TLS

    def claims(self, call: Any) -> int:
        if isinstance(call, Attempt):
            return Claim.BOUND
        if call.kind == "datagram":
            return Claim.NONE
        script = client_library.dialling()
        if isinstance(script, AsyncpgScript) and script.plugin is self:
            return Claim.BOUND
        # asyncpg cancels by a connection of its own, to where it is connected already.
        known = call.first is not None and (call.host, call.port) in self._dialled
        return Claim.FIRST_BYTES if known and messages.begins(call.first or b"") else Claim.NONE

    def answer(self, call: Any) -> Conversation | Peer:
        if isinstance(call, Attempt):
            return self._attempt(call)
        script = client_library.dialling()
        if isinstance(script, AsyncpgScript):
            self._dialled[call.host, call.port] = script.tls
            return AsyncpgPeer(script)
        return Canceller(partial(self._refuse, call), tls=self._dialled[call.host, call.port])

    def _refuse(self, dial: Dial, parameters: Mapping[str, str]) -> Failure:
        details = {
            "host": dial.host,
            "port": dial.port,
            **{name: parameters.get(name) for name in ("database", "user")},
        }
        error = self.refusal(
            "connect", details, origin=dial.origin, notes=["a client of PostgreSQL other than asyncpg"]
        )
        return Failure("57P03", f"bigfoot: {error}".partition("\n")[0], severity="FATAL")

    def _attempt(self, attempt: Attempt) -> Conversation:
        details = dict(attempt.details)
        if details.get("dsn") is not None:
            details["dsn"] = Dsn(details["dsn"])
        session = super().begin(lambda session: session.next_is("connect"))
        if session is None:
            where = attempt.where()
            if any(all(where[name] == value for name, value in rule.items()) for rule in self._through):
                return Through(self, details, attempt.origin)
            raise self.refusal("connect", details, origin=attempt.origin)
        step = session.take("connect", details, origin=attempt.origin)
        refused = None
        if step.raises is not None:
            refused = failure_of(step.raises)
            if refused is None:
                raise step.raises
        return AsyncpgScript(self, session, refused, step.options, tls=attempt.tls)

    def settle(self) -> None:
        registry.settle()

    def check(self, step: SessionStep) -> None:
        check_step(step)

    def fields(self, interaction: Interaction) -> tuple[str, ...]:
        if interaction.source_id == "asyncpg:connect":
            return tuple(interaction.details)  # those of the parameters that were given
        return super().fields(interaction)

    def extras(self, interaction: Interaction) -> dict[str, Any]:
        answer = interaction.answer
        return answer if isinstance(answer, dict) else {}

    def client(self, interaction: Interaction) -> str | None:
        return client_library.installed()

    def assertion(self, interaction: Interaction) -> str:
        method = interaction.source_id.rpartition(":")[2]
        return report.statement(f"bigfoot.{self.name}.assert_{method}", interaction.details)

    def assert_connect(self, **expected: Any) -> None:
        """Assert the next connection: those of dsn, host, port, database and user that the code gave.

        A password in a DSN is kept as a digest; the DSN equals the one that it was made of.
        """
        self.verifier.assert_interaction(self.connect, **expected)

    def assert_execute(self, *, query: Any, args: Any) -> None:
        """Assert the next `execute`: the SQL, and the list of its arguments."""
        self.verifier.assert_interaction(self.execute, query=query, args=args)

    def assert_fetch(self, *, query: Any, args: Any) -> None:
        """Assert the next `fetch`: the SQL, and the list of its arguments."""
        self.verifier.assert_interaction(self.fetch, query=query, args=args)

    def assert_fetchrow(self, *, query: Any, args: Any) -> None:
        """Assert the next `fetchrow`: the SQL, and the list of its arguments."""
        self.verifier.assert_interaction(self.fetchrow, query=query, args=args)

    def assert_fetchval(self, *, query: Any, args: Any) -> None:
        """Assert the next `fetchval`: the SQL, and the list of its arguments."""
        self.verifier.assert_interaction(self.fetchval, query=query, args=args)

    def assert_executemany(self, *, query: Any, args: Any) -> None:
        """Assert the next `executemany`: the SQL, and the list of its lists of arguments."""
        self.verifier.assert_interaction(self.executemany, query=query, args=args)

    def assert_fetchmany(self, *, query: Any, args: Any) -> None:
        """Assert the next `fetchmany`: the SQL, and the list of its lists of arguments."""
        self.verifier.assert_interaction(self.fetchmany, query=query, args=args)

    def assert_prepare(self, *, query: Any) -> None:
        """Assert the next `prepare` that was promised: the SQL."""
        self.verifier.assert_interaction(self.prepare, query=query)

    def assert_cursor(self, *, query: Any, args: Any) -> None:
        """Assert the next cursor that was asked for rows: the SQL, and the list of its arguments."""
        self.verifier.assert_interaction(self.cursor, query=query, args=args)

    def assert_copy_from_query(self, *, query: Any, args: Any) -> None:
        """Assert the next `copy_from_query`: the SQL, and the list of its arguments."""
        self.verifier.assert_interaction(self.copy_from_query, query=query, args=args)

    def assert_copy_from_table(self, *, table_name: Any, columns: Any) -> None:
        """Assert the next `copy_from_table`: the table, and the columns (None for all)."""
        self.verifier.assert_interaction(self.copy_from_table, table_name=table_name, columns=columns)

    def assert_copy_to_table(self, *, table_name: Any, columns: Any, data: Any) -> None:
        """Assert the next `copy_to_table`: the table, the columns (None for all), and the bytes that were sent."""
        self.verifier.assert_interaction(self.copy_to_table, table_name=table_name, columns=columns, data=data)

    def assert_copy_records_to_table(self, *, table_name: Any, columns: Any, records: Any) -> None:
        """Assert the next `copy_records_to_table`: the table, the columns (None for all), and the list of records."""
        source = self.copy_records_to_table
        self.verifier.assert_interaction(source, table_name=table_name, columns=columns, records=records)

    def assert_begin(self) -> None:
        """Assert the next beginning of a transaction that was promised."""
        self.verifier.assert_interaction(Source("asyncpg:begin"))

    def assert_commit(self) -> None:
        """Assert the next commit that was promised."""
        self.verifier.assert_interaction(self.commit)

    def assert_rollback(self) -> None:
        """Assert the next rollback that was promised."""
        self.verifier.assert_interaction(self.rollback)

    def assert_listen(self, *, channel: Any) -> None:
        """Assert the next LISTEN that was promised: the channel."""
        self.verifier.assert_interaction(self.listen, channel=channel)

    def assert_close(self) -> None:
        """Assert the next `close`."""
        self.verifier.assert_interaction(self.close)
