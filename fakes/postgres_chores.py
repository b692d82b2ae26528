"""What a server does unasked: transactions, savepoints, cursors of SQL, settings, LISTEN. Nothing of it is recorded."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from bigfoot.errors import InvalidArgumentError

from . import postgres_sql as sql_text
from . import postgres_types as types
from .postgres_errors import NO_SUCH_CURSOR, NO_SUCH_SAVEPOINT, Failure
from .postgres_messages import Column
from .postgres_portals import Portal
from .postgres_result import Result, Row, check, table

if TYPE_CHECKING:
    from .postgres_server import Server

Chore = Callable[["Server", str], Result]

_ROLLBACK_TO: Final = re.compile(r"\s*ROLLBACK\s+(?:WORK\s+|TRANSACTION\s+)?TO\b", re.IGNORECASE)
_NAME: Final = re.compile(r'(?:"(?P<quoted>[^"]+)"|(?P<plain>[\w$]+))\s*;?\s*$')
_PREPARED: Final = re.compile(r"\s*(?:COMMIT|ROLLBACK|PREPARE)\s+(?:PREPARED|TRANSACTION)\s+'", re.IGNORECASE)
_DIRECTION: Final = re.compile(r"-?\d+|\b(?:ABSOLUTE|RELATIVE|FIRST|LAST|NEXT|PRIOR|FORWARD|BACKWARD|ALL)\b")


def named(sql: str) -> str:
    """Return the name at the end of a statement."""
    found = _NAME.search(sql)
    return (found["quoted"] or found["plain"].lower()) if found is not None else ""


def _begin(server: Server, sql: str) -> Result:
    server.status = b"T"
    return Result(tag="BEGIN")


def _commit(server: Server, sql: str) -> Result:
    tag = "ROLLBACK" if server.status == b"E" else "COMMIT"
    server.end_transaction()
    return Result(tag=tag if not _PREPARED.match(sql) else "COMMIT PREPARED")


def _rollback(server: Server, sql: str) -> Result:
    if _ROLLBACK_TO.match(sql):
        name = named(sql)
        if name not in server.savepoints:
            raise Failure(NO_SUCH_SAVEPOINT, f'savepoint "{name}" does not exist')
        del server.savepoints[server.savepoints.index(name) + 1 :]
        server.status = b"T"
    else:
        server.end_transaction()
    return Result(tag="ROLLBACK")


def _savepoint(server: Server, sql: str) -> Result:
    server.savepoints.append(named(sql))
    return Result(tag="SAVEPOINT")


def _release(server: Server, sql: str) -> Result:
    name = named(sql)
    if name not in server.savepoints:
        raise Failure(NO_SUCH_SAVEPOINT, f'savepoint "{name}" does not exist')
    del server.savepoints[server.savepoints.index(name) :]
    return Result(tag="RELEASE")


def _fetch(server: Server, sql: str) -> Result:
    """FETCH and MOVE: on a cursor that the protocol knows as a portal."""
    name = named(sql)
    portal = server.portals.get(name)
    if portal is None:
        raise Failure(NO_SUCH_CURSOR, f'cursor "{name}" does not exist')
    result = server.run(portal)
    verb = sql_text.verb(sql)
    before = sql[: sql.rfind(name)].upper()
    rows = _moved(portal, _DIRECTION.findall(before[before.index(verb) + len(verb) :]))
    if verb == "MOVE":
        return Result(tag=f"MOVE {len(rows)}")
    return Result(result.columns, rows, f"FETCH {len(rows)}")


def _moved(portal: Portal, words: list[str]) -> Sequence[Row]:
    """Move a cursor as a statement says, and return the rows that it has come by."""
    number = next((int(word) for word in words if word.lstrip("-").isdigit()), None)
    word = words[0] if words else "NEXT"
    if word in ("ABSOLUTE", "RELATIVE", "FIRST", "LAST"):
        places = {"FIRST": 1, "LAST": -1, "ABSOLUTE": number or 0, "RELATIVE": max(0, portal.at + (number or 0))}
        portal.go(places[word])
        portal.back(1)
        return portal.next(1) if portal.at or places[word] else ()
    most = None if "ALL" in words else 1 if number is None else number
    if word in ("BACKWARD", "PRIOR"):
        return portal.back(most)
    return portal.next(most) if most is None or most >= 0 else portal.back(-most)


def _close(server: Server, sql: str) -> Result:
    if named(sql) != "all":
        server.portals.pop(named(sql), None)
    return Result(tag="CLOSE CURSOR")


def _tag(tag: str) -> Chore:
    return lambda server, sql: Result(tag=tag)


TRANSACTIONS: Final[dict[str, Chore]] = {
    "BEGIN": _begin,
    "START": _begin,
    "COMMIT": _commit,
    "END": _commit,
    "ROLLBACK": _rollback,
    "ABORT": _rollback,
}
CHORES: Final[dict[str, Chore]] = TRANSACTIONS | {
    "SAVEPOINT": _savepoint,
    "RELEASE": _release,
    "FETCH": _fetch,
    "MOVE": _fetch,
    "CLOSE": _close,
    "SET": _tag("SET"),
    "RESET": _tag("RESET"),
    "LISTEN": _tag("LISTEN"),
    "UNLISTEN": _tag("UNLISTEN"),
    "DEALLOCATE": _tag("DEALLOCATE"),
    "DISCARD": _tag("DISCARD ALL"),
}


def _probe(column: str, value: object, oid: int = types.TEXT, tag: str = "SELECT 1") -> Result:
    return Result((Column(column, oid),), [(value,)], tag)


# What tools ask when they connect, word for word: what a program asks in other words is its own.
PROBES: Final[dict[str, Result]] = {
    "select pg_catalog.version()": _probe("version", "PostgreSQL 17.0 (bigfoot)"),
    "select current_schema()": _probe("current_schema", "public", types.NAME),
    "show standard_conforming_strings": _probe("standard_conforming_strings", "on", tag="SHOW"),
    "show transaction isolation level": _probe("transaction_isolation", "read committed", tag="SHOW"),
    "SHOW transaction_read_only": _probe("transaction_read_only", "off", tag="SHOW"),
    "SELECT pg_catalog.pg_is_in_recovery()": _probe("pg_is_in_recovery", False, types.BOOL),
    # psycopg2, for SQLAlchemy: there is no hstore.
    "SELECT t.oid, typarray FROM pg_type t JOIN pg_namespace ns ON typnamespace = ns.oid WHERE typname = 'hstore';": (
        Result((Column("oid", types.OID), Column("typarray", types.OID)), [], "SELECT 0")
    ),
    ";": Result(),  # asyncpg, for SQLAlchemy: whether the connection is alive
}


_RESET: Final = "SELECT pg_advisory_unlock_all();"


@functools.lru_cache(maxsize=256)
def probe(sql: str) -> Result | None:
    """Return the answer to a question that tools ask when they connect, or None if it is none of these."""
    if sql.startswith(_RESET):
        return Result(tag="RESET")  # what a pool of asyncpg does with a connection that comes back
    return PROBES.get(sql) or PROBES.get(" ".join(sql.split()))


class Probes:
    """The questions that are answered unasked: those of the tools, and those that a test adds."""

    def __init__(self) -> None:
        self._own: dict[str, Result] = {}

    def add(self, sql: str, returns: Any) -> None:
        """Answer one more.

        Raises:
            InvalidArgumentError: the statement is no text, or what it gives are no rows.
        """
        if not isinstance(sql, str) or not sql.strip():
            raise InvalidArgumentError("sql", sql, "give the statement, as the program writes it")
        if not isinstance(returns, (list, tuple)):
            raise InvalidArgumentError("returns", returns, "give a list of rows")
        check(None, returns)
        self._own[" ".join(sql.split())] = table(returns, sql)

    def find(self, *texts: str | None) -> Result | None:
        """Return the answer to a question in one of these words; None if it is none."""
        for sql in texts:
            found = None if sql is None else self._own.get(" ".join(sql.split())) if self._own else None
            if found is None and sql is not None:
                found = probe(sql)
            if found is not None:
                return found
        return None
