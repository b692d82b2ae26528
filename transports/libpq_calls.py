"""What a client of libpq asks, on its way to whoever answers: a connection attempt, a call, a conversation."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from bigfoot.origin import Origin, caller

from .dial import Peer

OBJECT = 4_000_000_001  # the type whose values are handed over as they are; no server has it
PING = "SELECT 1"  # how pools ask whether a connection is alive
TOOLS = ("sqlalchemy.", "django.db.")
SHOWN = ("dsn", "host", "port", "dbname", "user")


class Attempt:
    """A call of `connect`, or of a pool that opens a connection.

    Attributes:
        details: its assertable fields: those of a few parameters that were given.
        parameters: all parameters, as libpq understands them.
        origin: the calling line.
    """

    __slots__ = ("details", "origin", "parameters")

    source_id: ClassVar[str] = "postgres:connect"

    def __init__(self, details: dict[str, Any], parameters: Mapping[str, Any]) -> None:
        self.details = details
        self.parameters = parameters
        self.origin = caller(2)

    def fits(self, rule: Mapping[str, Any]) -> bool:
        """Tell whether the attempt has all of these parameters."""
        return all(str(self.parameters.get(name)) == str(value) for name, value in rule.items())


class Call:
    """A call of a method of a connection or cursor.

    Attributes:
        name: of the method.
        details: its assertable fields.
        sql: the statement, as the program gave it; None where the library makes it.
        origin: the calling line.
        taken: whether a step was used for it.
        sent: whether the server has seen what it is about.
        chore: whether a tool calls on its own account: a pool, or the library itself.
        tool: whether it comes by way of an ORM, which sets savepoints and the like on its own account.
        later: whether the call returns before the server has seen it: on an asynchronous connection.
        fault: what it is to raise instead of what the library makes of the server's answer.
    """

    __slots__ = ("chore", "details", "fault", "later", "name", "origin", "sent", "sql", "taken", "tool")

    def __init__(self, name: str, details: dict[str, Any] | None = None, sql: str | None = None) -> None:
        self.name = name
        self.details = {} if details is None else details
        self.sql = sql
        self.origin: Origin = caller(2)
        self.taken = self.sent = self.later = self.chore = self.tool = False
        self.fault: BaseException | None = None


_DEPTH = 9  # frames between a pool of SQLAlchemy's and the connection


def called_by(*modules: str) -> bool:
    """Tell whether one of these modules is among the callers that are near."""
    frame: Any = sys._getframe(2)
    for _ in range(_DEPTH):
        if frame is None:
            return False
        if str(frame.f_globals.get("__name__")).startswith(modules):
            return True
        frame = frame.f_back
    return False


class Conversation:
    """Who answers a connection, as its client side knows them.

    Attributes:
        through: whether the connection is to reach the real server.
    """

    through = False

    @property
    def peer(self) -> Peer:
        """The far end, where it is ours."""
        raise NotImplementedError

    def other(self) -> Peer:
        """Return the far end of a connection that is opened to cancel what this one does."""
        raise NotImplementedError

    def begin(self, call: Call) -> None:
        """Note that a call is under way."""
        raise NotImplementedError

    def end(self, call: Call, rows: int | None, status: str | None) -> None:
        """Note that a call has returned, and what the server said of rows."""

    def drop(self, call: Call) -> None:
        """Note that a call is over, whatever came of it."""

    def cancel(self) -> None:
        """Stop what the server does for the connection."""
        raise NotImplementedError

    def late_fault(self) -> BaseException | None:
        """Return what a call is to raise that has returned already; None for what the library makes of the answer."""
        return None

    def returning(self) -> None:
        """Note that a pool takes the connection back: what it undoes is its own affair."""

    def closing(self, call: Call) -> None:
        """Note that the program closes the connection."""

    def hand_over(self, token: str) -> Any:
        """Return the object that a token stands for."""
        raise NotImplementedError


@contextmanager
def noted(conversation: Conversation, call: Call) -> Iterator[None]:
    """Note a call while it is under way; what it is to raise comes in the place of what the library raises."""
    conversation.begin(call)
    try:
        yield
    except Exception:
        if call.fault is None:
            raise
    finally:
        conversation.drop(call)
    if call.fault is not None:
        raise call.fault from None
