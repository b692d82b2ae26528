"""What each step of the clients of libpq gives, as results."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from bigfoot.errors import InvalidArgumentError
from bigfoot.postgres import Typed
from bigfoot.session import SessionStep
from bigfoot.transports.libpq_calls import Call

from . import postgres_copy as copying
from . import postgres_sql as sql_text
from .postgres_copy import CopyIn, CopyOut
from .postgres_result import Result, check, status, table
from .postgres_steps import check_options

_COPIES: Final = ("copy", "copy_from", "copy_to", "copy_expert")
_IN: Final = re.compile(r"\bFROM\s+STDIN\b", re.IGNORECASE)
_BINARY: Final = re.compile(r"\bBINARY\b", re.IGNORECASE)
_CSV: Final = re.compile(r"\bCSV\b", re.IGNORECASE)
_HEADER: Final = re.compile(r"\bHEADER\b(?!\s+(?:FALSE|OFF|0)\b)", re.IGNORECASE)


def result_of(name: str, returns: Any, options: Mapping[str, Any], call: Call, sql: str) -> Result:
    """Return what a step gives.

    Arguments:
        name: the step's.
        returns: what it promises.
        options: what else it says.
        call: the call that it answers.
        sql: the statement.
    """
    if name in _COPIES and sql_text.verb(sql) == "COPY":
        return _copied_in(returns, call, sql) if _IN.search(sql_text.silent(sql)) else _copied_out(returns, sql)
    if isinstance(returns, str):
        return Result(tag=returns)
    if isinstance(returns, int):
        return Result(tag=status(sql, returns))
    if name == "executemany" and isinstance(returns, (list, tuple)):
        return table(returns[:1], sql, options.get("columns"))
    if name == "executemany" or not (returns or options.get("columns") or sql_text.gives_rows(sql)):
        return Result(tag=status(sql, 0))
    columns = options.get("columns")
    if name == "callproc" and columns is None and returns and not hasattr(returns[0], "keys") and len(returns[0]) == 1:
        columns = [call.details["procname"].rpartition(".")[2]]  # as a function that gives one value
    return table(returns, sql, columns)


def _copied_out(returns: Any, sql: str) -> Result:
    data = copying.lines(returns) if isinstance(returns, list) else _as_bytes(returns)
    tag = f"COPY {copying.count(data, header=_has_header(sql))}"
    read = sql_text.silent(sql)
    width = copying.width(data, b"," if _CSV.search(read) else b"\t")
    return Result(tag=tag, copy=CopyOut(data, int(bool(_BINARY.search(read))), width))


def _as_bytes(returns: Any) -> bytes:
    return returns.encode() if isinstance(returns, str) else bytes(returns or b"")


def _has_header(sql: str) -> bool:
    return _HEADER.search(sql_text.silent(sql)) is not None


def _copied_in(returns: Any, call: Call, sql: str) -> Result:
    def take(data: bytes) -> str:
        call.details["data"] = data
        if isinstance(returns, str):
            return returns
        return f"COPY {returns if isinstance(returns, int) else copying.count(data, header=_has_header(sql))}"

    call.details["data"] = b""
    return Result(copy=CopyIn(0, int(bool(_BINARY.search(sql_text.silent(sql)))), take))


def check_step(step: SessionStep, rows: Collection[str]) -> None:
    """Refuse a step that no server can play.

    Arguments:
        step: the step.
        rows: the names of the steps that may give rows.

    Raises:
        InvalidArgumentError: it names the option or value.
    """
    check_options(step)
    if step.raises is None:
        _check_returns(step, rows)


def _check_returns(step: SessionStep, with_rows: Collection[str]) -> None:
    name, returns = step.name, step.returns
    if returns is None or (isinstance(returns, (str, int)) and not isinstance(returns, bool) and name in _STATUS):
        return
    if name in _COPIES:
        if not isinstance(returns, (bytes, str, list)):
            raise InvalidArgumentError("returns", returns, f"{name!r} gives data: bytes, text, or a list of rows")
        return
    if name not in with_rows:
        raise InvalidArgumentError("returns", returns, f"{name!r} gives {_STATUS.get(name, 'None')}")
    if not isinstance(returns, (list, tuple)):
        raise InvalidArgumentError("returns", returns, f"{name!r} gives a list of rows, a count, or a status")
    for row in returns:
        if isinstance(row, (str, bytes)) or not (hasattr(row, "keys") or isinstance(row, (list, tuple))):
            raise InvalidArgumentError("returns", row, "a row is a tuple of values, or a dict of columns and values")
    values = (value for row in returns for value in (row.values() if hasattr(row, "values") else row))
    columns = step.options.get("columns")
    if columns is not None or any(isinstance(value, Typed) for value in values):
        check(columns, returns)


_STATUS: Final[Mapping[str, str]] = {
    "execute": "a list of rows, a count, or a status",
    "executemany": "a count, or a status",
    "callproc": "a list of rows",
    "stream": "a list of rows",
    **dict.fromkeys(_COPIES, "data, a count, or a status"),
}
