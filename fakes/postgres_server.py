"""A PostgreSQL server as one connection sees it: bytes in, bytes out, and a script that says what statements give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from . import postgres_messages as messages
from . import postgres_sql as sql_text
from .postgres_chores import CHORES, TRANSACTIONS, probe
from .postgres_connection import Connection, Script
from .postgres_copy import CopyIn, CopyOut
from .postgres_errors import (
    CANCELED,
    CHANGED_RESULT,
    FAILED_TRANSACTION,
    NO_SUCH_CURSOR,
    NO_SUCH_STATEMENT,
    PROTOCOL_VIOLATION,
    Failure,
)
from .postgres_messages import Column, Reader
from .postgres_portals import Portal, Statement
from .postgres_result import Result, encoded

_CHANGED: Final = "the steps of this statement give columns of different types; say columns=[...] in each of them"


class Server(Connection):
    """One connection, and what its client may ask of a database.

    Arguments:
        script: who knows what statements give.
        pid: the number of the process that the server says it is.
        secret: what the client must know to cancel.
        tls: whether to accept a request for TLS.

    Attributes:
        savepoints: the names of those that are set, the oldest first.
        portals: what is bound, by name.

    Example:
        >>> server = Server(script, 1000, 7)  # doctest: +SKIP
        >>> answer = server.receive(data)  # doctest: +SKIP
    """

    table: ClassVar[Mapping[str, Mapping[bytes, str]]] = {
        **Connection.table,
        "ready": {
            b"Q": "query",
            b"P": "parse",
            b"B": "bind",
            b"D": "describe",
            b"E": "execute",
            b"C": "close",
            b"S": "sync",
            b"X": "terminate",
            **dict.fromkeys((b"H", b"d", b"c", b"f"), ""),  # what comes late of a COPY that has failed
        },
        "skipping": {
            b"S": "sync",
            b"X": "terminate",
            **dict.fromkeys((b"Q", b"P", b"B", b"D", b"E", b"C", b"H", b"d", b"c", b"f"), ""),
        },
        "copying": {
            b"d": "copy_data",
            b"c": "copy_done",
            b"f": "copy_fail",
            b"X": "terminate",
            **dict.fromkeys((b"H", b"S"), ""),
        },
    }

    def __init__(self, script: Script, pid: int, secret: int, *, tls: bool = False) -> None:
        super().__init__(script, pid, secret, tls=tls)
        self.savepoints: list[str] = []
        self.portals: dict[str, Portal] = {}
        self._statements: dict[str, Statement] = {}
        self._told: dict[str, Sequence[Column]] = {}  # what the client knows of statements: it may parse one again
        self._copy: CopyIn | None = None
        self._copied: list[bytes] = []

    def end_transaction(self) -> None:
        """Be idle again; what belongs to a transaction is gone."""
        self.status = b"I"
        self.savepoints.clear()
        self._drop_portals()

    def declare(self, name: str, result: Result, *, hold: bool = False) -> None:
        """Open a cursor on rows that are known.

        Arguments:
            name: the cursor's.
            result: the rows.
            hold: whether it outlives the transaction.
        """
        portal = Portal(Statement("", []), [], [])
        portal.result, portal.columns, portal.held = result, result.columns, hold
        self.portals[name] = portal

    def _drop_portals(self) -> None:
        self.portals = {name: portal for name, portal in self.portals.items() if portal.held}

    def _answer(self, sql: str, values: Sequence[bytes | None] = ()) -> Result:
        """Return what a statement gives: what is promised, or else a chore."""
        verb = sql_text.verb(sql)
        self._refuse_if_failed(verb)
        try:
            promised = self._script.run(sql, values)
        except Failure:
            if verb in ("COMMIT", "END"):
                self.end_transaction()  # it has failed, and is over
            raise
        chore = CHORES.get(verb)
        if promised is not None:
            if chore is not None and verb in TRANSACTIONS and promised.cut is None:
                chore(self, sql)
            return promised
        found = chore(self, sql) if chore is not None else probe(sql)
        if found is None:
            raise self._script.refused(sql)
        return found

    def _refuse_if_failed(self, verb: str) -> None:
        if self.status == b"E" and TRANSACTIONS.get(verb) in (None, TRANSACTIONS["BEGIN"]):
            text = "current transaction is aborted, commands ignored until end of transaction block"
            raise Failure(FAILED_TRANSACTION, text)

    def _query(self, body: bytes) -> None:
        self._simple = True
        sql = Reader(body).text()
        self._statements.pop("", None)
        result = self._answer(sql)
        self.say(result.before)
        if self._leaves(result) or self._copies(result):
            return
        formats = [0] * len(result.columns)
        if result.columns:
            self.say(messages.row_description(result.columns, formats))
            self.say(encoded(result.columns, result.rows, formats, self._script.keep))
        self.say(messages.complete(result.tag) if result.tag else messages.EMPTY_QUERY)
        self._ready()

    def _leaves(self, result: Result) -> bool:
        """Tell whether a result is no answer: the statement hangs, or the connection breaks."""
        if result.hangs:
            self._state = "hanging"
        if result.cut is not None:
            self.cut, self.over = result.cut, True
        return result.hangs or result.cut is not None

    def _copies(self, result: Result) -> bool:
        copy = result.copy
        if isinstance(copy, CopyIn):
            self.say(messages.copy_response(b"G", copy.columns, copy.code))
            self._copy, self._copied, self._state = copy, [], "copying"
            return True
        if isinstance(copy, CopyOut):
            self.say(messages.copy_response(b"H", copy.columns, copy.code))
            self._output.extend(messages.copy_data(copy.pieces()))
            self.say(messages.COPY_DONE)
            self._copied_all(result.tag)
        return copy is not None

    def _copied_all(self, tag: str) -> None:
        self._state, self._copy = "ready", None
        self.say(messages.complete(tag))
        if self._simple:
            self._ready()

    def _copy_data(self, body: bytes) -> None:
        self._copied.append(body)

    def _copy_done(self, body: bytes) -> None:
        assert self._copy is not None
        self._copied_all(self._copy.take(b"".join(self._copied)))

    def _copy_fail(self, body: bytes) -> None:
        raise Failure(CANCELED, f"COPY from stdin failed: {Reader(body).text()}")

    def _parse(self, body: bytes) -> None:
        reader = Reader(body)
        name, sql = reader.text(), reader.text()
        given = reader.oids()
        self._refuse_if_failed(sql_text.verb(sql))
        wanted = self._script.parameters(sql)
        wanted += given[len(wanted) :]
        oids = [given[at] if at < len(given) and given[at] else oid for at, oid in enumerate(wanted)]
        self._statements[name] = Statement(sql, oids)
        self.say(messages.PARSE_COMPLETE)

    def _columns(self, statement: Statement) -> Sequence[Column]:
        found = self._script.columns(statement.sql)
        if found is None:
            asked = probe(statement.sql)
            if asked is None and sql_text.verb(statement.sql) not in CHORES:
                raise self._script.refused(statement.sql)
            found = asked.columns if asked is not None else ()
        self._told[statement.sql] = found
        return found

    def _bind(self, body: bytes) -> None:
        reader = Reader(body)
        portal, name = reader.text(), reader.text()
        reader.shorts()
        values = reader.values()
        statement = self._statement(name)
        if len(values) != len(statement.oids):
            raise Failure(
                PROTOCOL_VIOLATION,
                f"bind message supplies {len(values)} parameters, "
                f'but prepared statement "{name}" requires {len(statement.oids)}',
            )
        self.portals[portal] = Portal(statement, values, reader.shorts())
        self.say(messages.BIND_COMPLETE)

    def _statement(self, name: str) -> Statement:
        if name not in self._statements:
            raise Failure(NO_SUCH_STATEMENT, f'prepared statement "{name}" does not exist')
        return self._statements[name]

    def _portal(self, name: str) -> Portal:
        if name not in self.portals:
            raise Failure(NO_SUCH_CURSOR, f'portal "{name}" does not exist')
        return self.portals[name]

    def _describe(self, body: bytes) -> None:
        name = Reader(body[1:]).text()
        if body[:1] == b"S":
            statement = self._statement(name)
            columns = self._columns(statement)
            self.say(messages.parameter_description(statement.oids))
            self.say(messages.row_description(columns, [0] * len(columns)))
        else:
            portal = self._portal(name)
            columns = portal.columns if portal.result is not None else self._columns(portal.statement)
            self.say(messages.row_description(columns, portal.formats(len(columns))))

    def _execute(self, body: bytes) -> None:
        reader = Reader(body)
        name, most = reader.text(), reader.number()
        portal = self._portal(name)
        fresh = portal.result is None
        result = self.run(portal)
        if fresh and (self._leaves(result) or self._copies(result)):
            return
        rows = portal.next(most or None)
        if portal.columns:
            formats = portal.formats(len(portal.columns))
            self.say(encoded(portal.columns, rows, formats, self._script.keep))
        if most and len(rows) == most:
            self.say(messages.PORTAL_SUSPENDED)
        else:
            self.say(messages.complete(result.tag) if result.tag else messages.EMPTY_QUERY)

    def run(self, portal: Portal) -> Result:
        """Return the result of a portal, which runs when it is first asked for."""
        if portal.result is None:
            result = self._answer(portal.statement.sql, portal.values)
            self.say(result.before)
            columns = portal.agreed(result, self._told.get(portal.statement.sql))
            if columns is None:
                raise Failure(CHANGED_RESULT, "cached plan must not change result type", {"H": _CHANGED})
            portal.result, portal.columns = result, columns
        return portal.result

    def _close(self, body: bytes) -> None:
        named: dict[str, Any] = self._statements if body[:1] == b"S" else self.portals
        named.pop(Reader(body[1:]).text(), None)
        self.say(messages.CLOSE_COMPLETE)

    def _sync(self, body: bytes) -> None:
        self._state = "ready"
        if self.status == b"I":
            self._drop_portals()
        self._ready()
