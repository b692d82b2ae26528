"""What steps of databases' scripts have in common: their options, what is sent along, what they raise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bigfoot import report
from bigfoot.errors import InvalidArgumentError
from bigfoot.session import SessionStep

from . import postgres_sql as sql_text
from . import postgres_types as types
from .postgres_auth import METHODS
from .postgres_chores import CHORES, probe
from .postgres_errors import notice
from .postgres_messages import notification, response

_OPTIONS: Final[Mapping[str, str]] = {
    "notice": "the text of a notice",
    "notify": "a channel and a payload: (channel, payload)",
    "hang": "True for a statement that takes until the client cancels it",
    "columns": 'names of columns, or pairs of name and type: ["id", ("data", "json")]',
    "password": "the password that the client must know",
    "auth": f"one of {', '.join(METHODS)}",
}


def check_options(step: SessionStep) -> None:
    """Refuse an option that no server can play.

    Raises:
        InvalidArgumentError: it names the option and its value.
    """
    for option, given in step.options.items():
        _check_option(step, option, given)


def _check_option(step: SessionStep, option: str, given: Any) -> None:
    if option not in _OPTIONS:
        hint = report.meant(option, _OPTIONS)
        known = f"there is no such option{hint}; there are {', '.join(_OPTIONS)}"
        raise InvalidArgumentError(option, given, known)
    of_connect = option in ("password", "auth")
    right = {
        "notice": isinstance(given, str),
        "notify": isinstance(given, tuple) and len(given) == 2 and all(isinstance(one, str) for one in given),
        "hang": isinstance(given, bool),
        "columns": isinstance(given, (list, tuple)) and all(_is_column(one) for one in given),
        "password": isinstance(given, str),
        "auth": given in METHODS,
    }[option]
    if not right or of_connect != (step.name == "connect") or step.name == "close":
        raise InvalidArgumentError(
            option,
            given,
            f"for {step.name!r}, {option} is {_OPTIONS[option]}" if not right else f"{step.name!r} has no such option",
        )
    if option == "columns":
        for one in given:
            if not isinstance(one, str):
                types.oid_of(one[1])


def _is_column(one: Any) -> bool:
    pair = isinstance(one, (tuple, list)) and len(one) == 2 and all(isinstance(part, str) for part in one)
    return isinstance(one, str) or pair


def along(options: Mapping[str, Any]) -> bytes:
    """Return the messages that a step sends along, before its answer."""
    before = b""
    if "notice" in options:
        before += response(b"N", notice(options["notice"]))
    if "notify" in options:
        channel, payload = options["notify"]
        before += notification(0, channel, payload)
    return before


def is_chore(sql: str) -> bool:
    """Tell whether a server does this unasked."""
    return sql_text.verb(sql) in CHORES or probe(sql) is not None


def first_line(error: BaseException) -> str:
    """Return what the client is told of a breach; the verdict says it all."""
    return "bigfoot: " + next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)


def made(raises: BaseException | type[BaseException]) -> BaseException:
    """Return the exception that a script promises."""
    return raises() if isinstance(raises, type) else raises
