"""One connection of a client of libpq: what its session promises, for the calls that are noted on the client's side."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bigfoot.session import Session, SessionStep
from bigfoot.transports import libpq
from bigfoot.transports.dial import Peer
from bigfoot.transports.libpq_calls import PING, Call, Conversation

from . import postgres_peer
from . import postgres_sql as sql_text
from . import postgres_types as types
from .libpq_results import result_of
from .postgres_auth import Login
from .postgres_chores import CHORES, named
from .postgres_errors import INTERNAL, SYNTAX_ERROR, Failure
from .postgres_messages import Column
from .postgres_result import Result, status, table
from .postgres_steps import along, first_line, is_chore, made

if TYPE_CHECKING:
    from .libpq import LibpqPlugin

_DECLARE: Final = re.compile(
    r'\s*DECLARE\s+(?:"(?P<quoted>(?:[^"]|"")+)"|(?P<plain>\w+))\s.*?\bCURSOR\b'
    r"(?:\s+(?P<hold>WITH(?:OUT)?)\s+HOLD)?\s+FOR\s+(?P<sql>.*)",
    re.IGNORECASE | re.DOTALL,
)
_ENDS: Final = {"COMMIT": "commit", "END": "commit", "ROLLBACK": "rollback", "ABORT": "rollback"}
_PARTIAL: Final = re.compile(r"\s*ROLLBACK\s+(?:WORK\s+|TRANSACTION\s+)?TO\b", re.IGNORECASE)


class LibpqScript(Conversation):
    """Answers the server's questions out of a session.

    Arguments:
        plugin: whose session it is.
        session: the script; its `connect` is taken.
        attempt: the call of `connect`, as the origin of what nobody calls for.
        login: the options of the step, where it asks for a password.
    """

    def __init__(self, plugin: LibpqPlugin, session: Session, attempt: Call, login: Mapping[str, Any]) -> None:
        self.plugin = plugin
        self._peer = LibpqPeer(self)
        self._session = session
        self._attempt = attempt
        self._login = login
        self._calls: list[Call] = []
        self._objects: dict[str, Any] = {}
        self._tokens = itertools.count(1)
        self._closed = self._used = self._lenient = False
        self._late: BaseException | None = None
        self._rest: list[Any] = []  # rows that executemany still gives, one for each row that it is given
        self._described: tuple[SessionStep, str, Result] | None = None

    # What the client's side says.

    @property
    def peer(self) -> LibpqPeer:
        return self._peer

    def other(self) -> Peer:
        return postgres_peer.Canceller(partial(self.plugin.refuse_start, self._attempt), tls=False)

    def begin(self, call: Call) -> None:
        # What has come late is over; and once a call waits for its answer, nothing from before it can come any more.
        self._calls = [*(one for one in self._calls if not one.later or (call.later and not one.sent)), call]

    def end(self, call: Call, rows: int | None, status: str | None) -> None:
        if call.name == "executemany" and not call.sent and not call.details[self.plugin.bare[1]]:
            self._take(call)  # of no rows at all nothing is sent

    def drop(self, call: Call) -> None:
        if not call.later:
            self._calls.remove(call)
        self._lenient = False

    def cancel(self, pid: int | None = None, secret: int | None = None) -> None:
        libpq.do(self.peer.cancel)

    def late_fault(self) -> BaseException | None:
        late, self._late = self._late, None
        return late

    def returning(self) -> None:
        self._lenient = True

    def closing(self, call: Call) -> None:
        self._closed = True
        step = self._session.take("close", {}, origin=call.origin)
        if step.raises is not None:
            call.fault = made(step.raises)

    def hand_over(self, token: str) -> Any:
        return self._objects[token]

    # What the server asks.

    def started(self, parameters: Mapping[str, str]) -> Login | None:
        password = self._login.get("password")
        if password is None:
            return None
        return Login(self._login.get("auth", "scram-sha-256"), parameters.get("user", ""), password)

    def keep(self, value: Any) -> bytes:
        token = str(next(self._tokens))
        self._objects[token] = value
        return token.encode()

    def parameters(self, sql: str) -> list[int]:
        return [types.find(cast or "text") or types.TEXT for cast in sql_text.casts(sql)]

    def columns(self, sql: str) -> Sequence[Column] | None:
        verb = sql_text.verb(sql)
        if verb in ("FETCH", "MOVE"):
            portal = self.peer.server.portals.get(named(sql))
            return portal.columns if portal is not None and verb == "FETCH" else ()
        call = self._call(sql)
        asked = self._unasked(sql, call)
        if asked is not None:
            return asked.columns
        if verb in CHORES or _DECLARE.match(sql):
            return ()
        if call is not None and call.sent:
            return self._again(sql).columns
        step = self._session.upcoming(call.name if call is not None else "execute")
        if step is None or step.raises is not None or step.options.get("hang"):
            return ()  # the error comes when it is run
        result = result_of(step.name, step.returns, step.options, call or Call("execute"), sql)
        self._described = step, sql, result
        return result.columns

    def run(self, sql: str, values: Sequence[bytes | None]) -> Result | None:
        call = self._call(sql)
        try:
            return self._run(sql, call)
        except Failure:
            raise
        except Exception as error:  # a breach, or a fault of ours: the client must hear of it, or it waits for ever
            self._blame(call, error)
            raise Failure(INTERNAL, first_line(error)) from None

    def refused(self, sql: str) -> Failure:
        return Failure(SYNTAX_ERROR, f"bigfoot: nothing is promised for {sql}")

    # How the two meet.

    def _call(self, sql: str) -> Call | None:
        """Return the call that a statement is of: the first that waits, else the last."""
        waiting = [call for call in self._calls if not call.sent]
        if len(waiting) > 1:  # threads that share a connection, or a pipeline
            alike = [call for call in waiting if (call.sql or "").partition("%")[0] in sql]
            waiting = alike or waiting
        return waiting[0] if waiting else self._calls[-1] if self._calls else None

    def _blame(self, call: Call | None, error: BaseException) -> None:
        if call is not None:
            call.fault = self._late = error

    def _run(self, sql: str, call: Call | None) -> Result | None:
        asked = self._unasked(sql, call)
        if asked is not None:
            if call is not None:
                call.sent = True
            return asked
        verb = sql_text.verb(sql)
        if verb in _ENDS and not _PARTIAL.match(sql):
            return self._ending(_ENDS[verb], sql, call)
        declared = _DECLARE.match(sql)
        if call is not None and self._is_of(call, verb, declared is not None):
            return self._asked(sql, call, declared)
        if is_chore(sql):
            return None
        # A cursor that is none of ours: all that is known is what the server is told.
        return self._play(Call("execute", self.plugin.statement(sql), sql), sql)

    def _unasked(self, sql: str, call: Call | None) -> Result | None:
        """Return the answer to what a tool asks on its own account; None if it is something else."""
        own = call if call is not None and self._is_of(call, sql_text.verb(sql), False) else None
        if own is not None and own.chore and not own.sent:
            return table([(1,)] if own.sql == PING else [], sql)
        return self.plugin.probes.find(sql, own.sql if own is not None else None)

    def _is_of(self, call: Call, verb: str, declares: bool) -> bool:
        """Tell whether a statement is what the call is about, and not what the library needs for it."""
        if call.name in ("commit", "rollback"):
            return False
        if call.sent and call.name != "executemany":
            return False
        return declares or sql_text.verb(call.sql or "") == verb or verb not in CHORES

    def _asked(self, sql: str, call: Call, declared: re.Match[str] | None) -> Result | None:
        if call.sent:
            result = self._again(sql)
            del self._rest[:1]
            return result
        call.sent = True
        if is_chore(sql) and (call.tool or self._session.upcoming(call.name) is None):
            return None
        if declared is None or sql_text.verb(call.sql or "") == "DECLARE":
            return self._play(call, sql)
        result = self._play(call, declared["sql"])
        if not result.hangs and result.cut is None:
            name = declared["quoted"] or declared["plain"].lower()
            self.peer.server.declare(name, result, hold=(declared["hold"] or "").upper() == "WITH")
        return Result(tag="DECLARE CURSOR", before=result.before, hangs=result.hangs, cut=result.cut)

    def _again(self, sql: str) -> Result:
        """Return what `executemany` gives for another row: the first one has had the count, and its own rows."""
        return table(self._rest[:1], sql) if self._rest else Result(tag=status(sql, 0))

    def _ending(self, name: str, sql: str, call: Call | None) -> Result | None:
        """Take the step of a transaction that ends; one in which nothing was promised needs none."""
        used, self._used = self._used, False
        if call is not None and call.name not in ("commit", "rollback"):
            call.sent = True
            if not call.tool and self._session.upcoming(call.name) is not None:
                return self._play(call, sql)
        if self._session.upcoming(name) is None and (not used or self._lenient):
            return None
        origin = call if call is not None else self._attempt
        step = self._session.take(name, {}, origin=origin.origin)
        if step.raises is None and not step.options:
            return None
        return self._give(step, call or Call(name), sql)

    def _take(self, call: Call) -> SessionStep:
        step = self._session.take(call.name, call.details, origin=call.origin)
        call.taken = True
        if step.interaction is not None:
            call.details = step.interaction.call  # what is known later (the data of a COPY) is recorded as well
        return step

    def _play(self, call: Call, sql: str) -> Result:
        step = self._take(call)
        self._used = True
        return self._give(step, call, sql)

    def _give(self, step: SessionStep, call: Call, sql: str) -> Result:
        """Return what a step says; raise what it says."""
        before = along(step.options)
        if step.options.get("hang"):
            return Result(before=before, hangs=True)
        if step.raises is None:
            if step.name == "executemany" and isinstance(step.returns, (list, tuple)):
                self._rest = list(step.returns[1:])
            described, self._described = self._described, None
            if described is not None and described[:2] == (step, sql):
                result = described[2]  # made when the client asked for the columns, an instant ago
            else:
                result = result_of(step.name, step.returns, step.options, call, sql)
            result.before = before
            return result
        self.peer.server.say(before)
        error = made(step.raises)
        failure = self.plugin.failure_of(step.raises)
        if failure is not None:
            raise failure
        self._blame(call, error)
        if self.plugin.breaks(error):
            return Result(cut=error)
        raise Failure(INTERNAL, f"{type(error).__name__}: {error}")

    def closed(self) -> None:
        """Note that the connection is gone without having been closed: a `close` that is promised is that."""
        if not self._closed and self._session.next_is("close"):
            self._session.take("close", {}, origin=self._attempt.origin)
        self._closed = True


class LibpqPeer(postgres_peer.PostgresPeer):
    """The server's end of a connection of libpq's."""

    def __init__(self, script: LibpqScript) -> None:
        super().__init__(script)
        self._script = script

    def closed(self) -> None:
        self._script.closed()
