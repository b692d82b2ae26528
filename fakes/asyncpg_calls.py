"""What a call of asyncpg's says to the server: its arguments, and the statements that come along with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bigfoot.transports import asyncpg as client_library
from bigfoot.transports.asyncpg_calls import Call

from . import postgres_types as types
from .asyncpg_results import MANY
from .postgres_errors import FIELDS, Failure
from .postgres_messages import Column
from .postgres_result import Result

_LETTERS = {name: letter for letter, name in FIELDS.items()}
QUOTED = "SELECT quote_literal("  # how asyncpg has the arguments of a COPY written out by the server


def arguments(call: Call | None) -> list[Sequence[Any]]:
    """Return the arguments of a call, a row each where it has many."""
    if call is None or call.name == "prepare":
        return []
    given = call.details.get("args", [])
    if call.name in MANY:
        return given if isinstance(given, list) else []
    return [given]


def literals(call: Call) -> Result:
    """Write out the arguments of a COPY, as the server's own function does."""
    texts = [None if value is None else "'" + str(value).replace("'", "''") + "'" for value in call.details["args"]]
    return Result([Column("quote_literal", types.TEXT)] * len(texts), [texts], "SELECT 1")


def failure_of(raises: BaseException | type[BaseException]) -> Failure | None:
    """Return what a server says for asyncpg to raise this; None if no server makes it raise it."""
    reported = client_library.report(raises)
    if reported is None:
        return None
    sqlstate, text, more = reported
    fields = {_LETTERS[name]: value for name, value in more.items() if name in _LETTERS and name != "message"}
    return Failure(sqlstate, text, fields)
