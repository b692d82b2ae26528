"""Classes of psycopg2's own kinds that note the calls: connections derived from the user's, and their cursors.

Each of ours stands below the user's classes and right above the library's, so that it sees what they make of a call.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from . import libpq
from .libpq_calls import PING, TOOLS, Call, Conversation, called_by, noted

POOLS = ("psycopg2.pool", "sqlalchemy.pool")
_FROM = re.compile(r"\bFROM\s+STDIN\b", re.IGNORECASE)

# The conversation, the DSN, and its parameters, for the connection that is being opened here.
opening: ContextVar[tuple[Conversation, str, Mapping[str, str]] | None] = ContextVar("bigfoot_psycopg2", default=None)


def noted_connection(factory: Any) -> Any:
    """Return a factory of connections whose calls are noted; one that is no class is left as it is."""
    if factory is None:
        return _noted(_extensions().connection, _connection())
    if isinstance(factory, functools.partial):
        return functools.partial(noted_connection(factory.func), *factory.args, **factory.keywords)
    if isinstance(factory, type) and issubclass(factory, _extensions().connection):
        return _noted(factory, _connection())
    return factory


@functools.cache
def _noted(kind: Any, ours: Any) -> Any:
    """Return the class, with ours between the user's classes and the library's own."""
    if issubclass(kind, ours):
        return kind
    bases = (ours,) if kind in ours.__mro__ else (kind, ours)
    return type(kind)(kind.__name__, bases, {"__module__": kind.__module__, "__qualname__": kind.__qualname__})


def _extensions() -> Any:
    return importlib.import_module("psycopg2.extensions")


@functools.cache
def _connection() -> Any:
    extensions = _extensions()
    plain: Any = extensions.connection

    class Connection(plain):  # type: ignore[misc]
        _bigfoot: Conversation | None = None

        def __init__(self, dsn: str, *args: Any, **options: Any) -> None:
            found = opening.get()
            if found is not None:
                self._bigfoot, self._bigfoot_dsn, self._bigfoot_given = found
            super().__init__(dsn, *args, **options)

        @property
        def dsn(self) -> Any:
            if self._bigfoot is None or self._bigfoot.through:
                return super().dsn
            if "password" not in self._bigfoot_given:
                return self._bigfoot_dsn
            return extensions.make_dsn(**{**self._bigfoot_given, "password": "xxx"})

        @property
        def info(self) -> Any:
            if self._bigfoot is None or self._bigfoot.through:
                return super().info
            return _info()(self)

        def get_dsn_parameters(self) -> Any:
            return self.info.dsn_parameters

        def __repr__(self) -> str:
            return str(super().__repr__()).replace(str(super().dsn), str(self.dsn))

        __str__ = __repr__

        def cursor(self, *args: Any, **options: Any) -> Any:
            if self._bigfoot is None:
                return super().cursor(*args, **options)
            kind = args[1] if len(args) > 1 else options.get("cursor_factory")
            kind = _cursor_factory(kind or self.cursor_factory or extensions.cursor)
            if len(args) > 1:
                args = (args[0], kind, *args[2:])
            else:
                options["cursor_factory"] = kind
            return super().cursor(*args, **options)

        def commit(self) -> None:
            self._end("commit", super().commit)

        def rollback(self) -> None:
            if self._bigfoot is not None and called_by(*POOLS):
                self._bigfoot.returning()
            self._end("rollback", super().rollback)

        def tpc_commit(self, *args: Any) -> None:
            self._end("commit", functools.partial(super().tpc_commit, *args))

        def tpc_rollback(self, *args: Any) -> None:
            self._end("rollback", functools.partial(super().tpc_rollback, *args))

        def _end(self, name: str, method: Callable[[], Any]) -> None:
            idle = extensions.TRANSACTION_STATUS_IDLE
            if self._bigfoot is None or (self._bigfoot.through and self.info.transaction_status == idle):
                method()  # nothing is sent
            else:
                with noted(self._bigfoot, Call(name)):
                    method()

        def cancel(self) -> None:
            # The library waits for the answer and keeps every other thread waiting, the one that would give it too.
            if self._bigfoot is None or self._bigfoot.through or self.closed:
                super().cancel()
            else:
                self._bigfoot.cancel()

        def poll(self) -> Any:
            try:
                return super().poll()
            except importlib.import_module("psycopg2").Error:
                fault = self._bigfoot.late_fault() if self._bigfoot is not None else None
                if fault is None:
                    raise
                raise fault from None

        def close(self) -> None:
            if self._bigfoot is None or self.closed:
                super().close()
                return
            call = Call("close")
            try:
                self._bigfoot.closing(call)
            finally:
                super().close()
                libpq.settle()  # closing is only announced: whoever has returned from it leaves nothing behind
            if call.fault is not None:
                raise call.fault

    return Connection


@functools.cache
def _info() -> Any:
    plain: Any = _extensions().ConnectionInfo

    class ConnectionInfo(plain):  # type: ignore[misc]
        """What a connection says of itself: what the program asked for, not where it was sent."""

        def __init__(self, connection: Any) -> None:
            super().__init__(connection)
            self._given = connection._bigfoot_given

        @property
        def host(self) -> Any:
            return self._given.get("host") or self._given.get("hostaddr") or "/var/run/postgresql"

        @property
        def port(self) -> Any:
            return int(self._given.get("port") or 5432)

        @property
        def options(self) -> Any:
            return self._given.get("options", "")

        @property
        def dsn_parameters(self) -> Any:
            shown = {"sslmode": "prefer", "gssencmode": "prefer", "port": "5432", "options": "", **self._given}
            found = {**super().dsn_parameters, **shown}
            moved = {"host", "hostaddr", "connect_timeout"} - set(self._given)
            return {name: value for name, value in found.items() if name not in {"password", *moved}}

    return ConnectionInfo


def _cursor_factory(factory: Any) -> Any:
    if isinstance(factory, functools.partial):
        return functools.partial(_cursor_factory(factory.func), *factory.args, **factory.keywords)
    if isinstance(factory, type) and issubclass(factory, _extensions().cursor):
        return _noted(factory, _cursor())
    return factory


@functools.cache
def _cursor() -> Any:
    plain: Any = _extensions().cursor

    class Cursor(plain):  # type: ignore[misc]
        def execute(self, query: Any, vars: Any = None) -> Any:
            text = self._text(query)
            details = {"sql": text, "parameters": vars}
            return self._follow(Call("execute", details, text), functools.partial(super().execute, query, vars))

        def executemany(self, query: Any, vars_list: Any) -> Any:
            text, rows = self._text(query), list(vars_list)
            details = {"sql": text, "parameters": rows}
            return self._follow(Call("executemany", details, text), functools.partial(super().executemany, query, rows))

        def callproc(self, procname: Any, parameters: Any = None) -> Any:
            details = {"procname": procname, "parameters": parameters}
            # The library tells "no parameters" from None.
            given = () if parameters is None else (parameters,)
            return self._follow(Call("callproc", details), functools.partial(super().callproc, procname, *given))

        def copy_from(self, file: Any, table: Any, *args: Any, **options: Any) -> Any:
            details = {"table": table, "columns": _argument(args, options, 3, "columns"), "data": b""}
            call = Call("copy_from", details)
            method = functools.partial(super().copy_from, self._read(call, file), table, *args, **options)
            return self._follow(call, method)

        def copy_to(self, file: Any, table: Any, *args: Any, **options: Any) -> Any:
            details = {"table": table, "columns": _argument(args, options, 2, "columns")}
            method = functools.partial(super().copy_to, file, table, *args, **options)
            return self._follow(Call("copy_to", details), method)

        def copy_expert(self, sql: Any, file: Any, *args: Any, **options: Any) -> Any:
            text = self._text(sql)
            call = Call("copy_expert", {"sql": text}, text)
            if _FROM.search(text):
                file = self._read(call, file)
            return self._follow(call, functools.partial(super().copy_expert, sql, file, *args, **options))

        def _read(self, call: Call, file: Any) -> Any:
            conversation = getattr(self.connection, "_bigfoot", None)
            return file if conversation is None or not conversation.through else Reading(file, call)

        def _text(self, query: Any) -> Any:
            if hasattr(query, "as_string"):
                return query.as_string(self)
            return query.decode() if isinstance(query, bytes) else query

        def _follow(self, call: Call, method: Callable[[], Any]) -> Any:
            conversation = getattr(self.connection, "_bigfoot", None)
            if conversation is None:
                return method()
            call.later = bool(self.connection.async_)
            call.tool = called_by(*TOOLS)
            call.chore = call.sql == PING and called_by(*POOLS)
            with noted(conversation, call):
                result = method()
                conversation.end(call, self.rowcount, self.statusmessage)
            return result

    return Cursor


class Reading:
    """A file that is read by a COPY to a real server: what was read is recorded.

    Arguments:
        file: the program's file.
        call: the call that reads it.
    """

    def __init__(self, file: Any, call: Call) -> None:
        self._file = file
        self._call = call
        call.details["data"] = b""

    def read(self, size: int = -1) -> Any:
        """Read from the program's file."""
        data = self._file.read(size)
        self._call.details["data"] += data.encode() if isinstance(data, str) else bytes(data)
        return data


def _argument(args: tuple[Any, ...], options: Mapping[str, Any], at: int, name: str) -> Any:
    given = args[at] if len(args) > at else options.get(name)
    return list(given) if given is not None else None
