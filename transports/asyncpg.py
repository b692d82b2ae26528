"""What only asyncpg knows: which connection is made for whom, which method was called, and what its errors say.

Its connections are met at the socket, as everybody's. Above it stand asyncpg's own extension points: a connection
class derived from the user's, which notes the call that is under way, and a record class whose rows equal dicts.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from bigfoot import context
from bigfoot.origin import Origin, caller
from bigfoot.seam import Seam, Target

if TYPE_CHECKING:
    Plain: Any = object
else:
    Plain = object  # mixed in: asyncpg is imported by the program that is tested, not by us

_SHOWN = ("dsn", "host", "port", "database", "user")
_NO_TLS = frozenset({"disable", "allow", "prefer"})


class Attempt:
    """A call of `asyncpg.connect`, or of a pool that opens a connection.

    Attributes:
        details: those of dsn, host, port, database and user that were given.
        tls: whether the client insists on TLS.
        origin: the calling line.
    """

    __slots__ = ("details", "origin", "tls")

    source_id: ClassVar[str] = "asyncpg:connect"

    def __init__(self, options: Mapping[str, Any]) -> None:
        given = {name: options[name] for name in _SHOWN if options.get(name) is not None}
        self.details: dict[str, Any] = given or {"dsn": None}
        self.tls = _insists(options.get("ssl"), options.get("dsn"))
        self.origin = caller(2)

    def where(self) -> dict[str, Any]:
        """Return host, port and database as far as the call names them."""
        found = {name: self.details.get(name) for name in ("host", "port", "database")}
        parts = urlsplit(str(self.details.get("dsn") or ""))
        said = {"host": parts.hostname, "port": parts.port, "database": parts.path.lstrip("/") or None}
        return {name: value if value is not None else said[name] for name, value in found.items()}


def _insists(ssl: Any, dsn: Any) -> bool:
    if ssl is None:
        in_dsn = parse_qs(urlsplit(dsn).query).get("sslmode") if isinstance(dsn, str) else None
        ssl = in_dsn[-1] if in_dsn else os.environ.get("PGSSLMODE", "prefer")
    mode = getattr(ssl, "name", ssl)  # its own enum, or the text
    return mode is not False and not (isinstance(mode, str) and mode in _NO_TLS)


class Call:
    """A call of a method of a connection, or of something that was made from one.

    Attributes:
        name: of the method.
        details: its assertable fields.
        options: its other arguments.
        origin: the calling line.
        taken: whether a step was used for it.
        fault: what it is to raise instead of what asyncpg makes of the server's answer.
    """

    __slots__ = ("details", "fault", "name", "options", "origin", "taken")

    def __init__(self, name: str, details: dict[str, Any], options: Mapping[str, Any]) -> None:
        self.name = name
        self.details = details
        self.options = options
        self.origin: Origin = caller(3)
        self.taken = False
        self.fault: BaseException | None = None

    @property
    def query(self) -> str | None:
        """The SQL that was given; None for a COPY of a table."""
        query: str | None = self.details.get("query")
        return query


class Conversation:
    """Who answers a connection, as its client side knows them.

    Attributes:
        through: whether the connection is to reach the real server.
    """

    through = False

    def begin(self, call: Call) -> None:
        """Note that a call is under way."""
        raise NotImplementedError

    def end(self, call: Call, result: Any) -> None:
        """Note that a call has returned this."""

    def drop(self, call: Call) -> None:
        """Note that a call is over, whatever came of it."""

    def prepare(self, call: Call) -> None:
        """Note that a cursor was made: its statement comes when it is asked for rows."""

    def closing(self, call: Call) -> None:
        """Note that the program closes the connection."""

    def hand_over(self, token: bytes) -> Any:
        """Return the object that a token stands for."""
        raise NotImplementedError


_dialling: ContextVar[Any] = ContextVar("bigfoot_asyncpg", default=None)


def dialling() -> Any:
    """Return the conversation that the connection is for which is being opened here, or None."""
    return _dialling.get()


def installed() -> str:
    """Return the name and version of the client library."""
    import asyncpg

    return f"asyncpg {asyncpg.__version__}"


def report(error: BaseException | type[BaseException]) -> tuple[str, str, dict[str, str]] | None:
    """Return the SQLSTATE, the text and the other attributes of one of asyncpg's server errors; None if it is none."""
    import asyncpg

    kind = error if isinstance(error, type) else type(error)
    if not issubclass(kind, asyncpg.PostgresError):
        return None
    sqlstate: str = getattr(error, "sqlstate", None) or "XX000"
    text = str(error.args[0]) if isinstance(error, BaseException) and error.args else ""
    more = vars(error) if isinstance(error, BaseException) else {}
    return sqlstate, text, {name: str(value) for name, value in more.items() if value is not None}


def _targets() -> Iterator[Target]:
    from asyncpg import connect_utils
    from asyncpg.connection import Connection
    from asyncpg.prepared_stmt import PreparedStatement

    # asyncpg.connect and pools look it up in its module at each call, so whoever imported `connect` early is covered.
    yield Target(connect_utils, "_connect", _connect)
    for name in ("fetch", "fetchval", "fetchrow", "fetchmany", "executemany", "cursor"):
        if hasattr(PreparedStatement, name):
            yield Target(PreparedStatement, name, functools.partial(_of_statement, name))
    for name in ("get_settings", "is_closed"):
        if not hasattr(Connection, name):
            raise AttributeError(f"asyncpg's Connection has no {name!r} any more: this version is not supported yet")


def _connect(original: Callable[..., Any]) -> Callable[..., Any]:
    async def _connect(*, connection_class: Any, record_class: Any, **options: Any) -> Any:
        sandbox = context.active(Attempt)
        if sandbox is None:
            return await original(connection_class=connection_class, record_class=record_class, **options)
        conversation: Conversation = sandbox.answer(Attempt(options))
        noted = _noted(connection_class)
        if conversation.through:
            with context.outside():
                connection = await original(connection_class=noted, record_class=record_class, **options)
            connection._bigfoot = conversation
            return connection
        import asyncpg

        if record_class is asyncpg.Record:
            record_class = _equal_record()
        # A statement that is kept would be told once what it gives; a script may promise something else each time.
        options["statement_cache_size"] = 0
        token = _dialling.set(conversation)
        try:
            connection = await original(connection_class=noted, record_class=record_class, **options)
        finally:
            _dialling.reset(token)
        connection._bigfoot = conversation
        _add_codec(connection, conversation)
        return connection

    return _connect


OBJECT = 4_000_000_001  # the type whose values are handed over as they are; no server has it


def _add_codec(connection: Any, conversation: Conversation) -> None:
    # What `set_type_codec` does once it has asked the server for the type; the format must be binary, as
    # copy_records_to_table takes no other. What goes to the server is known from the call.
    described = {"oid": OBJECT, "ns": "bigfoot", "name": "object", "kind": b"b", "elemdelim": b","}
    absent = ("basetype", "elemtype", "range_subtype", "attrtypoids", "attrnames")
    settings = connection.get_settings()
    settings.add_python_codec(
        OBJECT,
        "object",
        "bigfoot",
        [described | dict.fromkeys(absent)],
        "scalar",
        lambda value: b"",
        lambda token: conversation.hand_over(bytes(token)),
        "binary",
    )


@functools.cache
def _equal_record() -> Any:
    import asyncpg

    class Record(asyncpg.Record):
        """A row that equals a dict of the same columns and values."""

        __slots__ = ()

        def __eq__(self, other: object) -> Any:
            return dict(self) == other if isinstance(other, dict) else asyncpg.Record.__eq__(self, other)

        def __ne__(self, other: object) -> Any:
            equal = self.__eq__(other)
            return equal if equal is NotImplemented else not equal

        __hash__ = asyncpg.Record.__hash__

    Record.__qualname__ = "Record"
    return Record


@functools.cache
def _noted(kind: Any) -> Any:
    return type(kind)(kind.__name__, (_Noted, kind), {"__slots__": ("_bigfoot",), "__module__": kind.__module__})


def _by_library(depth: int) -> bool:
    """Tell whether asyncpg itself calls (a transaction, a reset); a pool calls in the name of its user."""
    module = str(sys._getframe(depth + 1).f_globals.get("__name__"))
    return module.startswith("asyncpg.") and module != "asyncpg.pool"


def _rows(args: Any) -> Any:
    """Return the argument of `executemany` so that it can be looked at and still be iterated over."""
    return args if hasattr(args, "__aiter__") else list(args)


class _Noted(Plain):
    """The methods of a connection that are steps: each notes its call, and lets asyncpg do it."""

    __slots__ = ()

    def execute(self, query: str, *args: Any, **options: Any) -> Any:
        return _follow(self, "execute", super().execute, (query, *args), options)

    def fetch(self, query: str, *args: Any, **options: Any) -> Any:
        return _follow(self, "fetch", super().fetch, (query, *args), options)

    def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
        return _follow(self, "fetchrow", super().fetchrow, (query, *args), options)

    def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
        return _follow(self, "fetchval", super().fetchval, (query, *args), options)

    def executemany(self, command: str, args: Any, **options: Any) -> Any:
        return _follow(self, "executemany", super().executemany, (command, _rows(args)), options)

    def fetchmany(self, query: str, args: Any, **options: Any) -> Any:
        return _follow(self, "fetchmany", super().fetchmany, (query, _rows(args)), options)

    def prepare(self, query: str, **options: Any) -> Any:
        return _follow(self, "prepare", super().prepare, (query,), options)

    def cursor(self, query: str, *args: Any, **options: Any) -> Any:
        conversation = getattr(self, "_bigfoot", None)
        if conversation is not None:
            conversation.prepare(Call("cursor", {"query": query, "args": list(args)}, options))
        return super().cursor(query, *args, **options)

    def copy_from_query(self, query: str, *args: Any, **options: Any) -> Any:
        return _follow(self, "copy_from_query", super().copy_from_query, (query, *args), options)

    def copy_from_table(self, table_name: str, **options: Any) -> Any:
        return _follow(self, "copy_from_table", super().copy_from_table, (table_name,), options)

    def copy_to_table(self, table_name: str, **options: Any) -> Any:
        return _follow(self, "copy_to_table", super().copy_to_table, (table_name,), options)

    def copy_records_to_table(self, table_name: str, **options: Any) -> Any:
        if "records" in options:
            options["records"] = _rows(options["records"])
        return _follow(self, "copy_records_to_table", super().copy_records_to_table, (table_name,), options)

    async def close(self, **options: Any) -> None:
        conversation = getattr(self, "_bigfoot", None)
        if conversation is None or self.is_closed():
            await super().close(**options)
            return
        call = Call("close", {}, options)
        try:
            conversation.closing(call)
        finally:
            await super().close(**options)
        if call.fault is not None:
            raise call.fault


def _details(name: str, given: tuple[Any, ...], options: Mapping[str, Any]) -> dict[str, Any]:
    if name in ("executemany", "fetchmany"):
        return {"query": given[0], "args": given[1]}
    if name == "prepare":
        return {"query": given[0]}
    if name.endswith("_table"):
        details = {"table_name": given[0], "columns": options.get("columns")}
        if name == "copy_to_table":
            details["data"] = b""  # known when the server has it
        elif name == "copy_records_to_table":
            details["records"] = options.get("records")
        return details
    return {"query": given[0], "args": list(given[1:])}


def _follow(owner: Any, name: str, method: Callable[..., Any], given: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Call a method of asyncpg, and note the call while it is under way."""
    conversation = getattr(owner, "_bigfoot", None)
    if conversation is None or _by_library(2):
        return method(*given, **options)
    call = Call(name, _details(name, given, options), options)
    return _run(conversation, call, functools.partial(method, *given, **options))


async def _run(conversation: Conversation, call: Call, method: Callable[[], Any]) -> Any:
    conversation.begin(call)
    try:
        result = await method()
        conversation.end(call, result)
    except Exception:
        if call.fault is None:
            raise
    finally:
        conversation.drop(call)
    if call.fault is not None:
        raise call.fault from None
    return result


def _of_statement(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """Note the calls of a prepared statement: asyncpg has no way to have a class of one's own for these."""

    def method(self: Any, *args: Any, **options: Any) -> Any:
        conversation = getattr(self._connection, "_bigfoot", None)  # no public name leads from one to the other
        if conversation is None or _by_library(1):
            return original(self, *args, **options)
        many = name in ("executemany", "fetchmany")
        if many and args:
            args = (_rows(args[0]), *args[1:])
        call = Call(name, {"query": self.get_query(), "args": args[0] if many and args else list(args)}, options)
        if name == "cursor":
            conversation.prepare(call)
            return original(self, *args, **options)
        return _run(conversation, call, functools.partial(original, self, *args, **options))

    return method


SEAM = Seam("asyncpg", _targets)
