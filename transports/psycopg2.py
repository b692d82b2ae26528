"""psycopg2: its connections are sent to a private socket, and classes of its own kinds note the calls.

Nothing of the library is replaced but `psycopg2._connect`. A connection class derived from the user's, and cursor
classes derived from those that it is asked for, know which call a statement on the wire belongs to.
"""

from __future__ import annotations

import functools
import importlib
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bigfoot import context
from bigfoot.seam import Seam, Target

from . import libpq
from .libpq_calls import OBJECT, SHOWN, Attempt, Conversation
from .psycopg2_classes import noted_connection, opening

# Error classes that stand for a whole class of codes: what a server would say for want of a closer one.
_GENERAL = {
    "DataError": "22000",
    "IntegrityError": "23000",
    "InternalError": "XX000",
    "NotSupportedError": "0A000",
    "ProgrammingError": "42000",
}


class Psycopg2Attempt(Attempt):
    """A call of `psycopg2.connect`."""

    __slots__ = ()

    source_id = "psycopg2:connect"


def installed() -> str:
    """Return the name and version of the client library."""
    return f"psycopg2 {_psycopg2().__version__.partition(' ')[0]}"


def report(error: BaseException | type[BaseException]) -> tuple[str, str, dict[str, str]] | None:
    """Return the SQLSTATE, the text and the other attributes of one of its server errors; None if it is none."""
    kind = error if isinstance(error, type) else type(error)
    sqlstate = _states().get(kind)
    if sqlstate is None:
        return None
    return sqlstate, str(error.args[0]) if isinstance(error, BaseException) and error.args else "", {}


def breaks(error: BaseException) -> bool:
    """Tell whether this is what the library raises when the connection is lost."""
    return type(error) is _psycopg2().OperationalError


@functools.cache
def _states() -> Mapping[type, str]:
    library = _psycopg2()
    errors, codes = importlib.import_module("psycopg2.errors"), importlib.import_module("psycopg2.errorcodes")
    found: dict[type, str] = {}
    for code in vars(codes).values():
        if isinstance(code, str) and len(code) == 5:
            try:
                found.setdefault(errors.lookup(code), code)
            except KeyError:  # a constant that is no code, or a code without a class
                continue
    return found | {getattr(library, name): code for name, code in _GENERAL.items()}


def _psycopg2() -> Any:
    return importlib.import_module("psycopg2")  # what is written in C has no types that a checker could read


def _targets() -> Iterator[Target]:
    library = _psycopg2()
    if not hasattr(library, "_connect"):
        raise AttributeError(f"psycopg2 {library.__version__} has no _connect: it is not supported yet")
    # psycopg2.connect looks it up in its module at each call: whoever imported `connect` early, and pools, are covered.
    yield Target(library, "_connect", _connect)


def _connect(original: Callable[..., Any]) -> Callable[..., Any]:
    def _connect(dsn: str, connection_factory: Any = None, **options: Any) -> Any:
        sandbox = context.active(Psycopg2Attempt)
        if sandbox is None:
            return original(dsn, connection_factory=connection_factory, **options)
        extensions = _psycopg2().extensions
        given = extensions.parse_dsn(dsn)
        conversation: Conversation = sandbox.answer(Psycopg2Attempt(_details(dsn, given), given))
        factory = noted_connection(connection_factory)
        token = opening.set((conversation, dsn, given))
        try:
            if conversation.through:
                return original(dsn, connection_factory=factory, **options)
            place = libpq.reserve(conversation.peer, conversation.other)
            try:
                here = extensions.make_dsn(**place.parameters(given))
                connection = original(here, connection_factory=factory, **options)
            except BaseException:
                place.leave()
                raise
        finally:
            opening.reset(token)
        if any(options.values()):
            weakref.finalize(connection, place.leave)  # an asynchronous one is not there yet
        else:
            place.leave()
        if isinstance(connection, extensions.connection):
            kind = extensions.new_type((OBJECT,), "BIGFOOT", lambda token, cursor: _object(conversation, token))
            extensions.register_type(kind, connection)
        return connection

    return _connect


def _object(conversation: Conversation, token: str | None) -> Any:
    return None if token is None else conversation.hand_over(token)


def _details(dsn: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the program gave of the parameters that are recorded."""
    # `connect` hands on one DSN made of everything; which part came as keywords is only to be seen in its frame.
    frame = sys._getframe(2)
    inside = frame.f_code is getattr(_psycopg2().connect, "__code__", None)
    kwargs = dict(frame.f_locals.get("kwargs", {})) if inside else {}
    if not kwargs:
        return {"dsn": dsn}
    if "database" in kwargs:
        kwargs["dbname"] = kwargs.pop("database")
    found = {name: kwargs[name] for name in SHOWN if kwargs.get(name) is not None}
    rest = {name: value for name, value in given.items() if name not in kwargs}
    if rest:
        found = {"dsn": _psycopg2().extensions.make_dsn(**rest), **found}
    return found or {"dsn": ""}


SEAM = Seam("psycopg2", _targets)
