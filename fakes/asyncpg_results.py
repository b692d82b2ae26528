"""What each step of asyncpg's gives, as results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bigfoot.errors import InvalidArgumentError
from bigfoot.postgres import Typed
from bigfoot.session import SessionStep
from bigfoot.transports import asyncpg as client_library
from bigfoot.transports.asyncpg_calls import Call

from . import postgres_copy as copying
from .postgres_copy import CopyIn, CopyOut
from .postgres_result import Result, check, status, table
from .postgres_steps import check_options

MANY: Final = ("executemany", "fetchmany")
COPIES: Final = ("copy_from_query", "copy_from_table", "copy_to_table", "copy_records_to_table")
_OUT: Final = ("copy_from_query", "copy_from_table")
_TABLES: Final = ("fetch", "fetchmany", "cursor")
_STATUS: Final = ("execute", "executemany", "copy_to_table", "copy_records_to_table")


def result_of(name: str, returns: Any, options: Mapping[str, Any], call: Call, sql: str) -> Result:
    """Return what a step gives.

    Arguments:
        name: the step's.
        returns: what it promises.
        options: what else it says.
        call: the call that it answers.
        sql: the statement.
    """
    columns = options.get("columns")
    if name in _OUT:
        return _copied_out(returns, call, sql)
    if name in ("copy_to_table", "copy_records_to_table"):
        return _copied_in(returns, call, sql)
    if name in _TABLES:
        return table(returns, sql, columns)
    if name == "fetchrow":
        return table([] if returns is None else [returns], sql, columns)
    if name == "fetchval":
        at = call.options.get("column", 0)
        row = [None] * at + [returns]
        found = table([row], sql, columns)
        return found
    if isinstance(returns, str):
        return Result(tag=returns)
    return Result(tag=status(sql, returns if isinstance(returns, int) else 0))


def _copied_out(returns: Any, call: Call, sql: str) -> Result:
    data = copying.lines(returns) if isinstance(returns, list) else _as_bytes(returns)
    tag = f"COPY {copying.count(data, header='HEADER' in sql.upper() and bool(call.options.get('header')))}"
    return Result(tag=tag, copy=CopyOut(data, int(data.startswith(copying.SIGNATURE))))


def _as_bytes(returns: Any) -> bytes:
    return returns.encode() if isinstance(returns, str) else bytes(returns or b"")


def _copied_in(returns: Any, call: Call, sql: str) -> Result:
    def take(data: bytes) -> str:
        if call.name == "copy_to_table":
            call.details["data"] = data
        return returns if isinstance(returns, str) else f"COPY {copying.count(data, header=_header(call))}"

    code = int("BINARY" in sql.upper())
    return Result(copy=CopyIn(0, code, take))


def _header(call: Call) -> bool:
    return bool(call.options.get("header"))


def check_step(step: SessionStep) -> None:
    """Refuse a step that no server can play.

    Raises:
        InvalidArgumentError: it names the option or value.
    """
    check_options(step)
    if step.raises is None:
        _check_returns(step)
    elif isinstance(step.raises, type) and client_library.report(step.raises) is None:
        try:
            step.raises()
        except TypeError as error:
            raise InvalidArgumentError("raises", step.raises, f"give an instance of it ({error})") from None


def _check_returns(step: SessionStep) -> None:
    name, returns = step.name, step.returns
    if name in _STATUS:
        if not (returns is None or isinstance(returns, (str, int))) or isinstance(returns, bool):
            raise InvalidArgumentError("returns", returns, f"{name!r} gives a status such as 'INSERT 0 1', or a count")
        return
    if name in _OUT:
        if not isinstance(returns, (bytes, str, list)):
            raise InvalidArgumentError("returns", returns, f"{name!r} gives the data: bytes, text, or a list of rows")
        return
    columns = step.options.get("columns")
    if name in _TABLES:
        if returns is not None and not isinstance(returns, (list, tuple)):
            raise InvalidArgumentError("returns", returns, f"{name!r} gives a list of rows, each a dict")
        rows = list(returns or [])
    elif name == "fetchrow":
        rows = [] if returns is None else [returns]
    elif name == "fetchval":
        check(None, [[returns]])
        return
    elif returns is not None:
        raise InvalidArgumentError("returns", returns, f"{name!r} gives None")
    else:
        return
    for row in rows:
        if isinstance(row, (str, bytes)) or not (hasattr(row, "keys") or isinstance(row, (list, tuple))):
            raise InvalidArgumentError("returns", row, "a row is a dict of columns and values")
    values = (value for row in rows for value in (row.values() if hasattr(row, "values") else row))
    if columns is not None or any(isinstance(value, Typed) for value in values):
        check(columns, rows)
