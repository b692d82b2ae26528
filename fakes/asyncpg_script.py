"""One connection of asyncpg: what its session promises, for the calls that are noted on the client's side."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bigfoot.errors import BigfootError
from bigfoot.session import SessionStep
from bigfoot.transports.asyncpg_calls import Call, Conversation

from . import postgres_peer
from . import postgres_sql as sql_text
from . import postgres_types as types
from .asyncpg_calls import QUOTED, arguments, failure_of, literals
from .asyncpg_results import COPIES, MANY, result_of
from .postgres_auth import Login
from .postgres_catalogue import Catalogue
from .postgres_errors import INTERNAL, SYNTAX_ERROR, Failure
from .postgres_messages import Column
from .postgres_result import Result
from .postgres_steps import along, first_line, is_chore, made

if TYPE_CHECKING:
    from .asyncpg import AsyncpgPlugin, Script

# Steps that a script may have and need not: the library does these unasked.
_OPTIONAL = {
    "BEGIN": "begin",
    "START": "begin",
    "COMMIT": "commit",
    "END": "commit",
    "ROLLBACK": "rollback",
    "ABORT": "rollback",
    "LISTEN": "listen",
}
_ROWS = ("fetch", "fetchrow", "fetchval", "fetchmany", "cursor", "execute", "executemany")


class AsyncpgScript(Conversation):
    """Answers the server's questions out of a session.

    Arguments:
        plugin: whose session it is.
        session: the script; its `connect` is taken.
        refused: what the connection ends in, in the server's words, or None.
        login: the options of the step, where it asks for a password.
        tls: whether the client insists on TLS.
    """

    def __init__(
        self,
        plugin: AsyncpgPlugin,
        session: Script,
        refused: Failure | None,
        login: Mapping[str, Any],
        *,
        tls: bool,
    ) -> None:
        self.plugin = plugin
        self.tls = tls
        self._session = session
        self._refused = refused
        self._login = login
        self._calls: list[Call] = []
        self._cursors: list[Call] = []
        self._objects: dict[bytes, Any] = {}
        self._tokens = itertools.count(1)
        self._catalogue = Catalogue()
        self._closed = False
        self._described: tuple[SessionStep, str, Result] | None = None

    # What the client's side says.

    def begin(self, call: Call) -> None:
        self._calls.append(call)
        if call.name == "prepare" and self._session.next_is("prepare") and self._probe(call.query or "") is None:
            self._take(call)

    def end(self, call: Call, result: Any) -> None:
        if call.name in MANY and not call.taken:
            self._take(call)  # with no arguments at all nothing is sent but the statement

    def drop(self, call: Call) -> None:
        self._calls.remove(call)

    def prepare(self, call: Call) -> None:
        self._cursors.append(call)

    def closing(self, call: Call) -> None:
        self._closed = True
        step = self._session.take("close", {}, origin=call.origin)
        if step.raises is not None:
            call.fault = made(step.raises)

    def hand_over(self, token: bytes) -> Any:
        return self._objects.pop(token)

    # What the server asks.

    def started(self, parameters: Mapping[str, str]) -> Login | None:
        if self._refused is not None:
            raise self._refused
        password = self._login.get("password")
        if password is None:
            return None
        return Login(self._login.get("auth", "scram-sha-256"), parameters.get("user", ""), password)

    def cancel(self, pid: int, secret: int) -> None:
        postgres_peer.cancel(pid, secret)

    def keep(self, value: Any) -> bytes:
        token = b"%d" % next(self._tokens)
        self._objects[token] = value
        return token

    def parameters(self, sql: str) -> list[int]:
        known = self._catalogue.parameters(sql)
        if known is not None:
            return known
        call = self._call(sql)
        given = arguments(call)
        casts = sql_text.casts(sql)
        oids = []
        for at, cast in enumerate(casts):
            named = self._catalogue.find(cast) if cast is not None else None
            values = [row[at] for row in given if at < len(row)]
            oids.append(named or (types.OBJECT if not values else types.common(values)))
        # A dict may be meant for a composite type or an hstore as well as for JSON, and a mixture for anything.
        return [types.OBJECT if oid == types.JSONB and casts[at] is None else oid for at, oid in enumerate(oids)]

    def columns(self, sql: str) -> Sequence[Column] | None:
        known = self._catalogue.columns(sql)
        if known is not None:
            return known
        asked = self._probe(sql)
        if asked is not None:
            return asked.columns
        call = self._call(sql)
        if call is None:
            return None
        if call.name in COPIES:
            return self._of_copy(call, sql)
        for step in self._session.coming():
            if call.name == "prepare":
                if step.name in _ROWS:
                    return self._columns_of(step, call, sql)
            elif step.name == call.name:
                return self._columns_of(step, call, sql)
            elif step.required:
                break
        if call.name in ("prepare", "cursor"):
            return result_of("fetch", [], {}, call, sql).columns  # whether it is run at all is not known yet
        if is_chore(sql):
            return None
        raise self._taken_wrongly(call)

    def run(self, sql: str, values: Sequence[bytes | None]) -> Result | None:
        known = self._catalogue.answer(sql, values)
        if known is not None:
            return known
        asked = self._probe(sql)
        if asked is not None:
            return asked
        call = self._call(sql)
        if call is None or (is_chore(sql) and not self._session.next_is(call.name)):
            return self._unasked(sql)
        if call.name in COPIES and sql.startswith(QUOTED):
            return literals(call)
        if call.taken and call.name in MANY:
            return Result(tag=self._tag)
        step = self._take(call)
        result = self._play(step, call, sql)
        self._tag = result.tag
        return result

    def refused(self, sql: str) -> Failure:
        error = self.plugin.refusal(
            "execute", {"query": sql, "args": []}, session=self._session, step=self._session.peek()
        )
        return Failure(SYNTAX_ERROR, first_line(error))

    # How the two meet.

    _tag = ""

    def _probe(self, sql: str) -> Result | None:
        return self.plugin.probes.find(sql)

    def _call(self, sql: str) -> Call | None:
        """Return the call that a statement is sent for; None if the library sends it on its own account."""
        for call in reversed(self._calls):
            if call.query == sql and not (call.taken and call.name not in (*MANY, "prepare")):
                return call
        for call in reversed(self._cursors):
            if call.query == sql:
                return call
        waiting = [call for call in self._calls if call.name in COPIES or (not call.taken and not is_chore(sql))]
        return waiting[-1] if waiting else None

    def _of_copy(self, call: Call, sql: str) -> Sequence[Column]:
        if sql.startswith(QUOTED):
            return [Column("quote_literal", types.TEXT)] * len(call.details["args"])
        if call.name != "copy_records_to_table":
            return ()
        names = call.details["columns"]
        if names is None:
            records = call.details["records"]
            width = len(records[0]) if isinstance(records, list) and records else 0
            step = self._session.peek()
            names = (step.options.get("columns") if step is not None else None) or [f"c{at}" for at in range(width)]
        return [Column(name, types.OBJECT) for name in names]

    def _columns_of(self, step: SessionStep, call: Call, sql: str) -> Sequence[Column]:
        if step.raises is not None:
            return result_of("fetch", [], {}, call, sql).columns
        result = result_of(step.name, step.returns, step.options, call, sql)
        self._described = step, sql, result
        return result.columns

    def _take(self, call: Call) -> SessionStep:
        try:
            step = self._session.take(call.name, call.details, origin=call.origin)
        except BigfootError as error:
            call.fault = error
            raise Failure(INTERNAL, first_line(error)) from None
        call.taken = True
        if step.interaction is not None:
            call.details = step.interaction.call  # what is known later (the data of a COPY) is recorded as well
        return step

    def _taken_wrongly(self, call: Call) -> Failure:
        """Return the error for a call whose turn it is not."""
        try:
            self._take(call)
        except Failure as failure:
            return failure
        raise AssertionError("the step was there after all")

    def _unasked(self, sql: str) -> Result | None:
        """Take the step of a chore, if it is the next one."""
        name = _OPTIONAL.get(sql_text.verb(sql))
        if name is None or not self._session.next_is(name) or " TO " in sql.upper():
            return None
        step = self._session.take(name, {"channel": sql.split()[-1].strip('";')} if name == "listen" else {})
        if step.raises is None and not step.options:
            return None
        result = self._play(step, Call(name, {}, {}), sql)
        result.tag = result.tag or sql_text.verb(sql)
        return result

    def _play(self, step: SessionStep, call: Call, sql: str) -> Result:
        """Return what a step says; raise what it says."""
        before = along(step.options)
        if step.options.get("hang"):
            return Result(before=before, hangs=True)
        if step.raises is not None:
            return self._raise(step.raises, call, before)
        described, self._described = self._described, None
        if described is not None and described[:2] == (step, sql):
            result = described[2]  # made when the client asked for the columns, an instant ago
        else:
            result = result_of(step.name, step.returns, step.options, call, sql)
        result.before = before
        return result

    def _raise(self, raises: BaseException | type[BaseException], call: Call, before: bytes) -> Result:
        failure = failure_of(raises)
        if failure is not None and failure.sqlstate == "08003":
            return Result(before=before, cut=EOFError())  # asyncpg's own, when the connection ends under a query
        error = made(raises)
        if isinstance(error, (OSError, EOFError)) and not isinstance(error, TimeoutError):
            call.fault = error
            return Result(before=before, cut=error)
        if failure is None:
            call.fault = error
            failure = Failure(INTERNAL, f"{type(error).__name__}: {error}")
        raise failure

    def closed(self) -> None:
        """Note that the connection is gone without having been closed: a `close` that is promised is that."""
        if not self._closed and self._session.next_is("close"):
            self._session.take("close", {})
        self._closed = True


class AsyncpgPeer(postgres_peer.PostgresPeer):
    """The server's end of a connection of asyncpg."""

    def __init__(self, script: AsyncpgScript) -> None:
        super().__init__(script, tls=script.tls)
        self._script = script

    def closed(self) -> None:
        self._script.closed()
