"""A PostgreSQL server as one connection sees it: bytes in, bytes out, and a script that says what statements give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from . import postgres_messages as messages
from . import postgres_sql as sql_text
from .postgres_auth import Login
from .postgres_chores import CHORES, TRANSACTIONS, probe
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
from .postgres_messages import Column, Message, MessageReader, ProtocolError, Reader
from .postgres_portals import Portal, Statement
from .postgres_result import Result, encoded

_SETTINGS: Final = {
    "server_version": "17.0",
    "server_encoding": "UTF8",
    "client_encoding": "UTF8",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "integer_datetimes": "on",
    "standard_conforming_strings": "on",
    "is_superuser": "off",
    "in_hot_standby": "off",
    "default_transaction_read_only": "off",
}


class Script(Protocol):
    """What a server asks: who may connect, and what statements give."""

    def started(self, parameters: Mapping[str, str]) -> Login | None:
        """Let a client in; return what asks it for a password, or None for nothing. May raise `Failure`."""

    def cancel(self, pid: int, secret: int) -> None:
        """Take a request to cancel what another connection is doing."""

    def parameters(self, sql: str) -> list[int]:
        """Return the types of a statement's parameters."""

    def columns(self, sql: str) -> Sequence[Column] | None:
        """Return the columns that a statement will give; None if nothing is promised for it."""

    def run(self, sql: str, values: Sequence[bytes | None]) -> Result | None:
        """Return what a statement gives; None if nothing is promised for it by name. May raise `Failure`."""

    def refused(self, sql: str) -> Failure:
        """Return the error for a statement that nothing is promised for."""

    def keep(self, value: Any) -> bytes:
        """Keep an object for the client, and return the token for it."""


class Server:
    """One connection.

    Arguments:
        script: who knows what statements give.
        pid: the number of the process that the server says it is.
        secret: what the client must know to cancel.
        tls: whether to accept a request for TLS.

    Attributes:
        status: `b"I"` idle, `b"T"` in a transaction, `b"E"` in one that has failed.
        savepoints: the names of those that are set, the oldest first.
        portals: what is bound, by name.
        over: whether the connection is to be closed.
        cut: what breaks the connection, or None.
        upgrading: whether TLS comes next.
    """

    def __init__(self, script: Script, pid: int, secret: int, *, tls: bool = False) -> None:
        self.status = b"I"
        self.savepoints: list[str] = []
        self.portals: dict[str, Portal] = {}
        self.over = self.upgrading = False
        self.cut: BaseException | None = None
        self._script = script
        self._pid, self._secret, self._tls = pid, secret, tls
        self._reader = MessageReader()
        self._output: list[bytes] = []
        self._statements: dict[str, Statement] = {}
        self._told: dict[str, Sequence[Column]] = {}  # what the client knows of statements: it may parse one again
        self._login: Login | None = None
        self._copy: CopyIn | None = None
        self._copied: list[bytes] = []
        self._simple = False  # whether the statement under way came as a Query
        self._state = "opening"

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the client, and return what to say to it."""
        self._reader.feed(data)
        return self._work()

    def cancel(self) -> bytes:
        """Stop the statement that hangs, if one does, and return what to say to the client."""
        if self._state != "hanging":
            return b""
        self._state = "ready"
        self._fail(Failure(CANCELED))
        return self._work()

    def say(self, data: bytes) -> None:
        """Say this next."""
        self._output.append(data)

    def end_transaction(self) -> None:
        """Be idle again; what belongs to a transaction is gone."""
        self.status = b"I"
        self.savepoints.clear()
        self.portals.clear()

    def _work(self) -> bytes:
        try:
            # What comes while a statement hangs waits, as a busy server does not read.
            while not self.over and self._state != "hanging" and (message := self._reader.next()) is not None:
                self._handle(message)
        except ProtocolError as error:
            self._die(Failure(PROTOCOL_VIOLATION, str(error), severity="FATAL"))
        output, self._output = b"".join(self._output), []
        return output

    def _handle(self, message: Message) -> None:
        handler = TABLE[self._state].get(message.kind)
        if handler is None:
            if message.kind in _IGNORED.get(self._state, _KNOWN):
                return
            raise ProtocolError(f"a message of type {message.kind!r} is not possible here")
        try:
            handler(self, message.body)
        except Failure as failure:
            self._fail(failure)

    def _fail(self, failure: Failure) -> None:
        if failure.severity == "FATAL" or self._state in ("opening", "asking"):
            self._die(failure)
            return
        self.say(messages.response(b"E", failure.fields))
        if self.status == b"T":
            self.status = b"E"
        self._copy = None
        if self._simple:
            self._state = "ready"
            self._ready()
        else:
            self._state = "skipping"

    def _die(self, failure: Failure) -> None:
        self.say(messages.response(b"E", failure.fields))
        self.over = True

    def _open(self, body: bytes) -> None:
        reader = Reader(body)
        code = reader.number()
        if code in (messages.SSL_REQUEST, messages.GSS_REQUEST):
            self.upgrading = code == messages.SSL_REQUEST and self._tls
            self.say(b"S" if self.upgrading else b"N")
            return
        if code == messages.CANCEL_REQUEST:
            self.over = True
            self._script.cancel(reader.number(), reader.number())
            return
        if code >> 16 != 3:
            raise ProtocolError(f"unsupported frontend protocol {code >> 16}.{code & 0xFFFF}")
        parameters: dict[str, str] = {}
        while name := reader.text():
            parameters[name] = reader.text()
        self._login = self._script.started(parameters)
        self._reader.opened = True
        self._welcome_settings = {
            **_SETTINGS,
            "session_authorization": parameters.get("user", ""),
            "application_name": parameters.get("application_name", ""),
        }
        if self._login is not None and not self._login.done:
            self._state = "asking"
            self.say(self._login.challenge())
        else:
            self._welcome()

    def _password(self, body: bytes) -> None:
        assert self._login is not None
        self.say(self._login.respond(body))
        if self._login.done:
            self._welcome()

    def _welcome(self) -> None:
        self._state = "ready"
        self.say(messages.authentication(0))
        for name, value in self._welcome_settings.items():
            self.say(messages.parameter_status(name, value))
        self.say(messages.key_data(self._pid, self._secret))
        self._ready()

    def _ready(self) -> None:
        self._simple = False
        self.say(messages.ready(self.status))

    def _answer(self, sql: str, values: Sequence[bytes | None] = ()) -> Result:
        """Return what a statement gives: what is promised, or else a chore."""
        verb = sql_text.verb(sql)
        if self.status == b"E" and TRANSACTIONS.get(verb) in (None, TRANSACTIONS["BEGIN"]):
            text = "current transaction is aborted, commands ignored until end of transaction block"
            raise Failure(FAILED_TRANSACTION, text)
        promised = self._script.run(sql, values)
        chore = CHORES.get(verb)
        if promised is not None:
            if chore is not None and verb in TRANSACTIONS and promised.cut is None:
                chore(self, sql)
            return promised
        found = chore(self, sql) if chore is not None else probe(sql)
        if found is None:
            raise self._script.refused(sql)
        return found

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
            self.say(messages.copy_response(b"H", 0, copy.code))
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
        if self.status == b"E" and TRANSACTIONS.get(sql_text.verb(sql)) in (None, TRANSACTIONS["BEGIN"]):
            text = "current transaction is aborted, commands ignored until end of transaction block"
            raise Failure(FAILED_TRANSACTION, text)
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
            columns = self._columns(portal.statement)
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
            self.portals.clear()
        self._ready()

    def _terminate(self, body: bytes) -> None:
        self.over = True


_CHANGED: Final = "the steps of this statement give columns of different types; say columns=[...] in each of them"
Handler = Callable[[Server, bytes], None]

# What a message does, in each state of the connection.
TABLE: Final[dict[str, dict[bytes, Handler]]] = {
    "opening": {b"": Server._open},
    "asking": {b"p": Server._password, b"X": Server._terminate},
    "ready": {
        b"Q": Server._query,
        b"P": Server._parse,
        b"B": Server._bind,
        b"D": Server._describe,
        b"E": Server._execute,
        b"C": Server._close,
        b"S": Server._sync,
        b"X": Server._terminate,
    },
    "skipping": {b"S": Server._sync, b"X": Server._terminate},
    "copying": {
        b"d": Server._copy_data,
        b"c": Server._copy_done,
        b"f": Server._copy_fail,
        b"X": Server._terminate,
    },
    "hanging": {},
}
_KNOWN: Final[frozenset[bytes]] = frozenset()
# What is passed over without a word.
_IGNORED: Final[dict[str, frozenset[bytes]]] = {
    "ready": frozenset({b"H", b"d", b"c", b"f"}),
    "skipping": frozenset({b"Q", b"P", b"B", b"D", b"E", b"C", b"H", b"d", b"c", b"f"}),
    "copying": frozenset({b"H", b"S"}),
}
