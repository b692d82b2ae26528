"""psycopg 3: its connections, sync and async, are sent to a private socket, and its methods note the calls.

`Connection.connect` itself stays as it is, since everybody has it under another name (`psycopg.connect`): what it
calls for the parameters, and for the connection, is met instead.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from bigfoot import context
from bigfoot.seam import Seam, Target

from . import libpq
from .libpq_calls import SHOWN, Attempt, Conversation
from .psycopg_cursors import copy, executemany, statement, stream
from .psycopg_methods import cancel, close, end, info

# Error classes that stand for a whole class of codes: what a server would say for want of a closer one.
_GENERAL = {
    "DataError": "22000",
    "IntegrityError": "23000",
    "InternalError": "XX000",
    "NotSupportedError": "0A000",
    "ProgrammingError": "42000",
}

# Who answers the connection that is being opened here, and its place on the private socket.
_opening: ContextVar[tuple[Conversation, libpq.Place | None, Mapping[str, Any]] | None] = ContextVar(
    "bigfoot_psycopg", default=None
)


class PsycopgAttempt(Attempt):
    """A call of `psycopg.connect` or `psycopg.AsyncConnection.connect`."""

    __slots__ = ()

    source_id = "psycopg:connect"


def installed() -> str:
    """Return the name and version of the client library."""
    return f"psycopg {_psycopg().__version__}"


def report(error: BaseException | type[BaseException]) -> tuple[str, str, dict[str, str]] | None:
    """Return the SQLSTATE, the text and the other attributes of one of its server errors; None if it is none."""
    kind = error if isinstance(error, type) else type(error)
    library = _psycopg()
    if not issubclass(kind, library.Error):
        return None
    general = {getattr(library, name): code for name, code in _GENERAL.items()}
    sqlstate = getattr(kind, "sqlstate", None) or general.get(kind)
    if sqlstate is None:
        return None
    return sqlstate, str(error.args[0]) if isinstance(error, BaseException) and error.args else "", {}


def breaks(error: BaseException) -> bool:
    """Tell whether this is what the library raises when the connection is lost."""
    return type(error) is _psycopg().OperationalError


def _psycopg() -> Any:
    return importlib.import_module("psycopg")


def _targets() -> Iterator[Target]:
    library = _psycopg()
    for connection in (library.Connection, library.AsyncConnection):
        for name in ("_get_connection_params", "_connect_gen", "cancel_safe"):
            if not hasattr(connection, name):
                raise AttributeError(
                    f"psycopg {library.__version__} has no {connection.__name__}.{name}: it is not supported"
                )
        yield Target(connection, "_get_connection_params", _parameters)
        yield Target(connection, "_connect_gen", _connected)
        for name in ("commit", "rollback"):
            yield Target(connection, name, functools.partial(end, name))
        yield Target(connection, "close", close)
        yield Target(connection, "cancel_safe", cancel)
    yield Target(library.BaseConnection, "cancel", cancel)
    yield Target(library.BaseConnection, "info", info)
    for cursor in (library.Cursor, library.AsyncCursor):
        yield Target(cursor, "execute", statement)
        yield Target(cursor, "executemany", executemany)
        yield Target(cursor, "stream", stream)
        yield Target(cursor, "copy", copy)
    for cursor in (library.ServerCursor, library.AsyncServerCursor):
        yield Target(cursor, "execute", statement)


def _parameters(original: Any) -> Any:
    """Answer the attempt, and send the connection to the private socket; `connect` asks for this first."""
    plain = original.__func__

    def meet(conninfo: str, given: Mapping[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
        _opening.set(None)
        sandbox = context.active(PsycopgAttempt)
        if sandbox is None:
            return parameters
        conversation: Conversation = sandbox.answer(PsycopgAttempt(_details(conninfo, given), parameters))
        if conversation.through:
            _opening.set((conversation, None, parameters))
            return parameters
        place = libpq.reserve(conversation.peer, conversation.other)
        _opening.set((conversation, place, parameters))
        return place.parameters(parameters)

    if inspect.iscoroutinefunction(plain):

        async def asynchronous(cls: Any, /, conninfo: str, **given: Any) -> Any:
            if context.active(PsycopgAttempt) is None:
                _opening.set(None)
                return await plain(cls, conninfo, **given)
            # Not the original: old versions look the host up here.
            return meet(conninfo, given, _psycopg().conninfo.conninfo_to_dict(conninfo, **given))

        return classmethod(asynchronous)

    def synchronous(cls: Any, /, conninfo: str, **given: Any) -> Any:
        return meet(conninfo, given, plain(cls, conninfo, **given))

    return classmethod(synchronous)


def _details(conninfo: str, given: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: given[name] for name in SHOWN if given.get(name) is not None}
    return {"dsn": conninfo, **found} if conninfo or not found else found


def _connected(original: Any) -> Any:
    plain = original.__func__

    def _connect_gen(cls: Any, *args: Any, **options: Any) -> Any:
        found = _opening.get()
        if found is None:
            return (yield from plain(cls, *args, **options))
        conversation, place, parameters = found
        try:
            connection = yield from plain(cls, *args, **options)
        finally:
            if place is not None:
                place.leave()
        connection._bigfoot, connection._bigfoot_given = conversation, parameters
        return connection

    return classmethod(_connect_gen)


SEAM = Seam("psycopg", _targets)
