"""From the value that a test promises to the reply on the wire, checked against what redis-py makes of that reply.

A server's reply becomes what `client.get()` returns in two steps of redis-py: its parser, then the callback of the
command. Only the first is the protocol's. So a value is not translated by rules about every command: a few likely
replies are tried, and the one is taken that the callbacks turn into the value. What none becomes is refused.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from .redis_candidates import candidates, complete, natural, texts
from .redis_commands import Shape, shape
from .redis_wire import Status, encode, number

Callbacks = Mapping[str, Callable[..., Any]]
# Given text, they parse it: who promises the text promises what the server sends.
_PARSED = frozenset(
    ["INFO", "CLIENT INFO", "CLIENT LIST", "CLUSTER INFO", "CLUSTER NODES", "CLUSTER REPLICAS", "CLUSTER SLAVES"]
)
# What redis-py tells its callbacks about a call, and the word on the wire that says the same; the commands, or all.
_SAID: tuple[tuple[tuple[str, ...], str, dict[str, Any]], ...] = (
    (("LCS",), "IDX", {"idx": True}),
    (("SET",), "GET", {"get": True}),
    (("XAUTOCLAIM", "XCLAIM"), "JUSTID", {"parse_justid": True}),
    (("XINFO STREAM",), "FULL", {"full": True}),
    (("ZADD",), "INCR", {"as_score": True}),
    (("ZRANK", "ZREVRANK"), "WITHSCORE", {"withscore": True, "score_cast_func": float}),
    ((), "WITHSCORES", {"withscores": True, "score_cast_func": float}),
    ((), "WITHVALUES", {"withvalues": True}),
)
_GEO = {"store": None, "store_dist": None, "withdist": False, "withcoord": False, "withhash": False}
_GEO_COMMANDS = frozenset(["GEORADIUS", "GEORADIUSBYMEMBER", "GEOSEARCH"])
_GEO_FLAGS = ("withdist", "withcoord", "withhash")
_POPPED = {"withscores": True}
_CONTAINERS = (Mapping, list, tuple, AbstractSet)
# What a callback may raise at a reply that the server does not give to its command.
_BEWILDERED = (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError)


class UnproducibleError(ValueError):
    """No reply of a server becomes this value. The text says what the command gives instead."""


def options(command: str, words: Sequence[bytes]) -> dict[str, Any]:
    """Return what redis-py tells the callback of a command about this call of it."""
    if command == "XPENDING":
        return {"parse_detail": True} if len(words) > 2 else {}
    if command in ("ZPOPMAX", "ZPOPMIN"):
        return _POPPED | ({"count": words[1]} if len(words) > 1 else {})
    said = {word.upper() for word in words[2 if command == "SET" else 1 :] if len(word) <= 10}
    if command in _GEO_COMMANDS:
        return {**_GEO, **{flag: True for flag in _GEO_FLAGS if flag.upper().encode() in said}}
    given: dict[str, Any] = {}
    for word, told in _told(command):
        if word.encode() in said:
            given |= told
    return given


def all_options(command: str) -> list[dict[str, Any]]:
    """Return what redis-py may tell the callback of a command: the possibilities of a call not made yet."""
    if command in _GEO_COMMANDS:
        return [{**_GEO, **{flag: bool(bits >> n & 1) for n, flag in enumerate(_GEO_FLAGS)}} for bits in range(8)]
    if command in ("ZPOPMAX", "ZPOPMIN"):
        return [_POPPED, _POPPED | {"count": b"2"}]
    detail = [{"parse_detail": True}] if command == "XPENDING" else []
    return [{}, *detail, *(told for _, told in _told(command))]


@functools.cache
def _told(command: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    return tuple((word, told) for commands, word, told in _SAID if not commands or command in commands)


def reply(command: str, value: Any, protocol: int, said: Mapping[str, Any], views: Iterable[Callbacks]) -> Any:
    """Return the reply that becomes this value, to be written by `redis_wire.encode`.

    Arguments:
        command: its name.
        value: what the caller of redis-py is to get.
        protocol: 2 or 3.
        said: what redis-py tells the callback of the command about the call.
        views: what turns parsed replies into what callers get.

    Raises:
        UnproducibleError: there is no such reply.
    """
    kind = Shape.TEXT if said.get("get") else shape(command)
    if kind in (Shape.TEXT, Shape.TEXTS, Shape.LIST, Shape.MAP):
        value = texts(value)
    if not _possible(value, kind):
        raise UnproducibleError(f"redis answers {command} with {kind.value}")
    calls: list[Callable[..., Any]] = [view.get(command, _as_it_is) for view in views]
    if set(calls) == {_as_it_is} and ("." in command or kind is not Shape.ANY):
        return natural(value)
    alone = protocol == 3 and command in ("ZPOPMAX", "ZPOPMIN") and "count" not in said
    for candidate in candidates(complete(command, value, alone=alone)):
        try:
            encode(candidate, protocol)
            parsed = _parsed(candidate, protocol)
        except (TypeError, RecursionError):
            continue
        for callback in calls:
            try:
                got = callback(parsed, **said)
            except _BEWILDERED:
                continue
            if _same(value, got) or (command.startswith("SENTINEL ") and _covers(value, got)):
                return candidate
    if command in _PARSED and isinstance(value, (str, bytes)):
        return value
    raise UnproducibleError(_why(command, value, protocol, said, calls[0]))


def _as_it_is(parsed: Any, **_: Any) -> Any:
    return parsed


def _why(command: str, value: Any, protocol: int, said: Mapping[str, Any], callback: Callable[..., Any]) -> str:
    try:
        got = callback(_parsed(natural(value), protocol), **said)
    except _BEWILDERED:
        return f"no reply of redis to {command} becomes this value in redis-py"
    return f"no reply of redis to {command} becomes this value in redis-py; the nearest one becomes {got!r}"


def _possible(value: Any, kind: Shape) -> bool:
    match kind:
        case Shape.TEXT:
            return value is None or isinstance(value, (str, bytes, bytearray, memoryview))
        case Shape.INTEGER:
            return isinstance(value, int)
        case Shape.TEXTS:
            return not isinstance(value, bool)
        case Shape.LIST:
            return isinstance(value, (list, tuple, AbstractSet))
        case Shape.MAP:
            return isinstance(value, Mapping)
        case Shape.STATUS:
            return value is True or value is None
        case Shape.NUMBER:
            return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))
        case _:
            return True


def _parsed(value: Any, protocol: int) -> Any:
    """Return what the parser of redis-py makes of a reply."""
    if isinstance(value, (str, Status)):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float) and protocol == 2:
        return number(value)
    if isinstance(value, Mapping):
        pairs = [(_parsed(key, protocol), _parsed(item, protocol)) for key, item in value.items()]
        return dict(pairs) if protocol == 3 else [part for pair in pairs for part in pair]
    if isinstance(value, (list, tuple, AbstractSet)):
        return [_parsed(item, protocol) for item in value]
    return value


def _same(expected: Any, got: Any) -> bool:
    """Tell whether two values are equal, text being text, sequences sequences, and numbers numbers."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        one, other = _keyed(expected), _keyed(got)
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(expected, AbstractSet) or isinstance(got, AbstractSet):
        return (
            isinstance(expected, (list, tuple, AbstractSet))
            and isinstance(got, (list, tuple, AbstractSet))
            and sorted(map(repr, map(_text, expected))) == sorted(map(repr, map(_text, got)))
        )
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        return len(expected) == len(got) and all(map(_same, expected, got))
    if isinstance(expected, _CONTAINERS) or isinstance(got, _CONTAINERS):
        return isinstance(expected, _CONTAINERS) and isinstance(got, _CONTAINERS) and not expected and not got
    return bool(_text(expected) == _text(got))


def _covers(expected: Any, got: Any) -> bool:
    """Tell whether everything that is expected is there; redis-py adds flags to what a sentinel says."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        return all(key in _keyed(got) and _covers(item, _keyed(got)[key]) for key, item in _keyed(expected).items())
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        return len(expected) == len(got) and all(map(_covers, expected, got))
    return _same(expected, got)


def _keyed(value: Mapping[Any, Any]) -> dict[Any, Any]:
    return {_text(key): item for key, item in value.items()}


def _text(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    return bytes(value) if isinstance(value, (bytearray, memoryview)) else value
