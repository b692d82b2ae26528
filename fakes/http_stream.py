"""Bodies in pieces, as a test writes them: `stream=`, `sse=`, pauses and faults."""

from __future__ import annotations

import functools
import json
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from typing import Any

from bigfoot import report
from bigfoot.errors import InvalidArgumentError
from bigfoot.script import flag_argument
from bigfoot.transports.http_script import FAULTS, Delay, Fault, Item, Pieces

_JSON = json.JSONEncoder(allow_nan=False)


def json_bytes(argument: str, value: Any) -> bytes:
    """Return a structure as JSON.

    Raises:
        InvalidArgumentError: it cannot be written as JSON.
    """
    try:
        return _JSON.encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgumentError(argument, value, f"it cannot be written as JSON: {error}") from None


def pieces(name: str, source: Any, *, keep: bool) -> Pieces:
    """Return the script of a body in pieces.

    Raises:
        InvalidArgumentError: the source is no list, iterator or function, or an item of a list cannot be meant.
    """
    convert: Callable[[Any], Item] = functools.partial(_event if name == "sse" else _piece, name)
    usable = isinstance(source, (Iterable, AsyncIterable)) or callable(source)
    if not usable or isinstance(source, (str, bytes, bytearray, Mapping)):
        raise InvalidArgumentError(name, source, "give a list, an iterator, an async iterator, or a function of one")
    if isinstance(source, (list, tuple)):
        source = [convert(item) for item in source]
        convert = _as_it_is
    return Pieces(source, keep=keep, convert=convert)


def _as_it_is(item: Item) -> Item:
    return item


def _piece(name: str, item: Any) -> Item:
    if isinstance(item, (bytes, Delay, Fault, BaseException)):
        return item
    if isinstance(item, str):
        return item.encode()
    if isinstance(item, (bytearray, memoryview)):
        return bytes(item)
    if isinstance(item, type) and issubclass(item, BaseException):
        return item()
    remedy = "give text, bytes, bigfoot.http.delay(...), bigfoot.http.fault(...) or an exception"
    raise InvalidArgumentError(name, item, remedy)


_EVENT_FIELDS = ("event", "id", "retry", "data")


def _event(name: str, item: Any) -> Item:
    """Return one server-sent event as it goes on the wire."""
    if not isinstance(item, Mapping):
        return _piece(name, item)
    for field in item:
        if field not in _EVENT_FIELDS:
            meant = report.meant(str(field), _EVENT_FIELDS)
            raise InvalidArgumentError(
                name, item, f"an event has no field {field!r}{meant}; it has data, event, id, retry"
            )
    lines = []
    for field in _EVENT_FIELDS:
        if field not in item:
            continue
        value = item[field]
        text = value if isinstance(value, str) else json_bytes(name, value).decode()
        if field != "data" and ("\n" in text or "\r" in text):
            raise InvalidArgumentError(name, item, f"the field {field!r} of an event is one line")
        lines += [f"{field}: {line}" for line in text.splitlines() or [""]]
    return ("\n".join(lines) + "\n\n").encode()


def delay(seconds: Any, *, real_time: Any = False) -> Delay:
    """Return a pause.

    Raises:
        InvalidArgumentError: it is not a finite number of seconds from 0 on, or `real_time` is not a boolean.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < float("inf"):
        raise InvalidArgumentError("delay", seconds, "give a number of seconds, 0 or more")
    return Delay(float(seconds), flag_argument("real_time", real_time))


def fault(kind: Any, phase: Any = None) -> Fault:
    """Return a fault of the wire.

    Raises:
        InvalidArgumentError: there is no such fault, or it has no such phase.
    """
    if not isinstance(kind, str) or kind not in FAULTS:
        meant = report.meant(str(kind), FAULTS)
        raise InvalidArgumentError("fault", kind, f"there is no such fault{meant}; there are {', '.join(FAULTS)}")
    phases = FAULTS[kind][1]
    if phase is None:
        return Fault(kind, phases[0] if phases else "")
    if phase not in phases:
        known = f"it has {' and '.join(phases)}" if phases else "it has none"
        raise InvalidArgumentError("phase", phase, f"the fault {kind!r} has no such phase; {known}")
    return Fault(kind, phase)
