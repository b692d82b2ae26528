"""What only asyncpg knows: which connection is made for whom, which method was called, and what its errors say.

Its connections are met at the socket, as everybody's. Above it stand asyncpg's own extension points: a connection
class derived from the user's, which notes the call that is under way, and a record class whose rows equal dicts.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from bigfoot import context
from bigfoot.seam import Seam, Target

from .asyncpg_calls import OBJECT, Attempt, Call, Conversation

_QUERIES = ("execute", "fetch", "fetchrow", "fetchval", "fetchmany", "executemany", "cursor")
_OTHERS = ("prepare", "copy_from_query", "copy_from_table", "copy_to_table", "copy_records_to_table")
_MANY = ("executemany", "fetchmany")


_dialling: ContextVar[Any] = ContextVar("bigfoot_asyncpg", default=None)


def dialling() -> Any:
    """Return the conversation that the connection is for which is being opened here, or None."""
    return _dialling.get()


def installed() -> str:
    """Return the name and version of the client library."""
    return f"asyncpg {_asyncpg().__version__}"


def report(error: BaseException | type[BaseException]) -> tuple[str, str, dict[str, str]] | None:
    """Return the SQLSTATE, the text and the other attributes of one of asyncpg's server errors; None if it is none."""
    kind = error if isinstance(error, type) else type(error)
    if not issubclass(kind, _asyncpg().PostgresError):
        return None
    sqlstate: str = getattr(error, "sqlstate", None) or "XX000"
    text = str(error.args[0]) if isinstance(error, BaseException) and error.args else ""
    more = vars(error) if isinstance(error, BaseException) else {}
    return sqlstate, text, {name: str(value) for name, value in more.items() if value is not None}


def _asyncpg() -> Any:
    return importlib.import_module("asyncpg")  # it has no types that a checker could read


def _targets() -> Iterator[Target]:
    library = _asyncpg()
    # asyncpg.connect and pools look it up in its module at each call, so whoever imported `connect` early is covered.
    yield Target(library.connect_utils, "_connect", _connect)
    statement = library.prepared_stmt.PreparedStatement
    for name in _QUERIES:
        if hasattr(statement, name):
            yield Target(statement, name, functools.partial(_of_statement, name))
    resource = library.connresource.ConnectionResource
    for owner, name in ((library.Connection, "get_settings"), (resource, "_connection")):
        if not hasattr(owner, name):
            raise AttributeError(
                f"asyncpg {library.__version__} has no {owner.__name__}.{name}: it is not supported yet"
            )


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
        if record_class is _asyncpg().Record:
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
    plain = _asyncpg().Record

    def equals(self: Any, other: object) -> Any:
        return dict(self) == other if isinstance(other, dict) else plain.__eq__(self, other)

    def differs(self: Any, other: object) -> Any:
        equal = equals(self, other)
        return equal if equal is NotImplemented else not equal

    methods = {"__eq__": equals, "__ne__": differs, "__hash__": plain.__hash__}
    return type("Record", (plain,), {"__slots__": (), "__module__": plain.__module__, **methods})


@functools.cache
def _noted(kind: Any) -> Any:
    """Return the class of connections whose calls are noted, derived from the user's."""
    methods = {name: _of_connection(kind, name) for name in (*_QUERIES, *_OTHERS) if hasattr(kind, name)}
    place = {"__slots__": ("_bigfoot",), "__module__": kind.__module__, "close": _closing(kind)}
    return type(kind)(kind.__name__, (kind,), {**place, **methods})


def _of_connection(kind: Any, name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **options: Any) -> Any:
        original = functools.partial(getattr(kind, name), self)
        return _follow(getattr(self, "_bigfoot", None), name, original, args, options)

    return functools.update_wrapper(method, getattr(kind, name), updated=())


def _of_statement(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """Note the calls of a prepared statement: asyncpg has no way to have a class of one's own for these."""

    def method(self: Any, *args: Any, **options: Any) -> Any:
        conversation = getattr(self._connection, "_bigfoot", None)  # no public name leads from one to the other
        bound = functools.partial(original, self)
        return _follow(conversation, name, bound, args, options, query=self.get_query() if conversation else None)

    return method


def _by_library() -> bool:
    """Tell whether asyncpg itself calls (a transaction, a reset); a pool calls in the name of its user."""
    module = str(sys._getframe(3).f_globals.get("__name__"))
    return module.startswith("asyncpg.") and module != "asyncpg.pool"


def _follow(
    conversation: Conversation | None,
    name: str,
    method: Callable[..., Any],
    args: tuple[Any, ...],
    options: dict[str, Any],
    *,
    query: str | None = None,
) -> Any:
    """Call a method of asyncpg, and note the call while it is under way."""
    if conversation is None or _by_library():
        return method(*args, **options)
    args, options = _repeatable(name, args, options, at=0 if query is not None else 1)
    call = Call(name, _details(name, args if query is None else (query, *args), options), options)
    if name == "cursor":
        conversation.prepare(call)
        return method(*args, **options)
    return _run(conversation, call, functools.partial(method, *args, **options))


def _repeatable(
    name: str, args: tuple[Any, ...], options: dict[str, Any], *, at: int
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments so that many rows can be looked at and still be iterated over."""
    key = "records" if name == "copy_records_to_table" else "args"
    if name in _MANY and len(args) > at:
        return (*args[:at], _rows(args[at]), *args[at + 1 :]), options
    if (name in _MANY or key == "records") and key in options:
        return args, {**options, key: _rows(options[key])}
    return args, options


def _rows(rows: Any) -> Any:
    return rows if hasattr(rows, "__aiter__") else list(rows)


def _details(name: str, args: tuple[Any, ...], options: Mapping[str, Any]) -> dict[str, Any]:
    first, rest = (args[0], args[1:]) if args else (options.get(_FIRST.get(name, "query")), ())
    if name in _MANY:
        return {"query": first, "args": rest[0] if rest else options.get("args")}
    if name == "prepare":
        return {"query": first}
    if name in _FIRST:
        return {"table_name": first, "columns": options.get("columns"), **_data(name, options)}
    return {"query": first, "args": list(rest)}


_FIRST = {
    "executemany": "command",
    "copy_from_table": "table_name",
    "copy_to_table": "table_name",
    "copy_records_to_table": "table_name",
}


def _data(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    if name == "copy_to_table":
        return {"data": b""}  # known when the server has it
    return {"records": options.get("records")} if name == "copy_records_to_table" else {}


async def _run(conversation: Conversation, call: Call, method: Callable[[], Any]) -> Any:
    conversation.begin(call)
    result: Any = None
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


def _closing(kind: Any) -> Callable[..., Any]:
    async def close(self: Any, **options: Any) -> None:
        conversation: Conversation | None = getattr(self, "_bigfoot", None)
        if conversation is None or self.is_closed():
            await kind.close(self, **options)
            return
        call = Call("close", {}, options)
        try:
            conversation.closing(call)
        finally:
            await kind.close(self, **options)
        if call.fault is not None:
            raise call.fault

    return close


SEAM = Seam("asyncpg", _targets)
