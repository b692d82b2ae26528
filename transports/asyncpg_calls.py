"""What asyncpg's calls are, on their way to whoever answers them: a connection attempt, a call, a conversation."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from bigfoot.origin import Origin, caller

OBJECT = 4_000_000_001  # the type whose values are handed over as they are; no server has it
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
        self.origin: Origin = caller(2)
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
