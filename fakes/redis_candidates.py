"""Replies that may become a value in redis-py: flat and nested, named and unnamed, as text and as numbers."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from .redis_wire import OK, Status, number


def texts(value: Any) -> Any:
    """Return the value with its numbers as texts, at any depth: such commands keep no numbers."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return number(value) if isinstance(value, float) else b"%d" % value
    return mapped(value, texts)


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, Mapping):
        return {change(key): change(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(change(item) for item in value)
    if isinstance(value, list):
        return [change(item) for item in value]
    if isinstance(value, AbstractSet):
        return {change(item) for item in value}
    return value


def natural(value: Any) -> Any:
    """Return the value as a reply of its own kind."""
    if isinstance(value, bool):
        return OK if value else 0
    return mapped(value, lambda item: int(item) if isinstance(item, bool) else natural(item))


def complete(command: str, value: Any, *, alone: bool = False) -> Any:
    """Return what to make replies of: JSON as text, and what sentinels say with all that redis-py looks for in it.

    Arguments:
        command: the name of the command.
        value: what the caller of redis-py is to get.
        alone: whether the one pair of a list comes without the list: RESP3 gives ZPOPMIN without a count so.
    """
    if alone and isinstance(value, (list, tuple)) and len(value) == 1 and isinstance(value[0], (list, tuple)):
        return list(value[0])
    if command == "JSON.GET" and value is not None:
        return json.dumps(value)
    if command == "JSON.MGET" and isinstance(value, list):
        return [None if item is None else json.dumps(item) for item in value]
    if not command.startswith("SENTINEL "):
        return value
    if isinstance(value, Mapping) and command == "SENTINEL MASTERS":
        return {name: _state(state, name, "master") for name, state in value.items()}
    if isinstance(value, Mapping) and command == "SENTINEL MASTER":
        return _state(value, "", "master")
    if isinstance(value, list):
        return [_state(state, "", "slave") if isinstance(state, Mapping) else state for state in value]
    return value


def _state(state: Any, name: Any, role: str) -> Any:
    if not isinstance(state, Mapping):
        return state
    said = {_plain(key): item for key, item in state.items() if not _plain(key).startswith("is_")}
    return {"name": name, "flags": role, "num-other-sentinels": 0} | said


def candidates(value: Any) -> Iterator[Any]:
    """Yield replies that may become this value, the likeliest first."""
    if isinstance(value, bool):
        yield from (OK, 1, Status("PONG")) if value else (0, None, b"")
        return
    yield natural(value)
    if isinstance(value, (Mapping, list, tuple)) and not value:
        yield None
    if isinstance(value, datetime.datetime):
        yield int(value.timestamp())
    elif isinstance(value, (int, float)):
        yield number(float(value)) if isinstance(value, float) else b"%d" % value
    elif isinstance(value, str):
        yield Status(value)
    elif isinstance(value, Mapping):
        yield from _of_mapping(value)
    elif isinstance(value, AbstractSet):
        yield list(value)
    elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        yield from _of_sequence(value)


def _of_mapping(value: Mapping[Any, Any]) -> Iterator[Any]:
    pairs = list(value.items())
    yield {key: _flat(item) for key, item in pairs}  # XREAD, XINFO STREAM
    yield [part for key, item in pairs for part in (key, _flat(item))]
    yield [[key, _flat(item)] for key, item in pairs]
    yield list(value.values())  # SENTINEL MASTERS
    yield {key: _flat(item[0]) for key, item in pairs if isinstance(item, list) and len(item) == 1}  # XREAD, RESP3
    yield _unnamed(value)  # XPENDING
    yield "".join(f"{_plain(key)}:{_line(item)}\r\n" for key, item in pairs)  # INFO, CLUSTER INFO
    yield " ".join(f"{_plain(key)}={_plain(item)}" for key, item in pairs)  # CLIENT INFO


def _of_sequence(value: Sequence[Any]) -> Iterator[Any]:
    yield [_flat(item) for item in value]  # XRANGE
    pairs = [item for item in value if isinstance(item, (tuple, list)) and len(item) == 2]
    if value and len(pairs) == len(value):
        yield [part for pair in pairs for part in pair]  # WITHSCORES in RESP2
        if all(isinstance(key, (str, bytes)) for key, _ in pairs):
            yield {key: _flat(item) for key, item in pairs}  # XREAD in RESP3
    if len(value) == 2:
        cursor, found = value
        spread = [part for pair in found for part in pair] if _is_pairs(found) else found
        if isinstance(cursor, int):
            yield [b"%d" % cursor, _numbers_as_text(_flat(spread))]  # SCAN and its likes, RESP3 or not
        yield [_flat(cursor), _flat(found)]
        if not isinstance(value[0], (Mapping, list, tuple)):
            yield list(value)  # one member and its score
    if value and all(isinstance(item, Mapping) for item in value):
        yield [_unnamed(item) for item in value]  # XPENDING with a range
        yield "".join(" ".join(f"{_plain(k)}={_plain(v)}" for k, v in item.items()) + "\n" for item in value)


def _is_pairs(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(
        isinstance(item, (tuple, list)) and len(item) == 2 for item in value
    )


def _flat(value: Any) -> Any:
    """Return the value with its mappings as arrays of keys and values, as in the entries of a stream."""
    if isinstance(value, Mapping):
        return [part for key, item in value.items() for part in (key, _flat(item))]
    if isinstance(value, (list, tuple)):
        return [_flat(item) for item in value]
    return value


def _unnamed(value: Any) -> Any:
    """Return the value with its mappings as arrays of their values."""
    if isinstance(value, Mapping):
        return [_unnamed(item) for item in value.values()]
    if isinstance(value, (list, tuple)):
        return [_unnamed(item) for item in value]
    return value


def _numbers_as_text(value: Any) -> Any:
    return [number(item) if isinstance(item, float) else item for item in value] if isinstance(value, list) else value


def _plain(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _line(value: Any) -> str:
    return (
        ",".join(f"{_plain(k)}={_plain(v)}" for k, v in value.items()) if isinstance(value, Mapping) else _plain(value)
    )
