"""The faults that a mock can have, next to the misbehaviour of a server that they stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bigfoot.plugins.http import HttpPlugin

# What a test writes: a fault of mock_error, or one that stands in stream= after a piece of the body.
Promise = Callable[[HttpPlugin, str], None]

LONG = {"timeout": 10}
SHORT = {"timeout": 0.15}


class Row(NamedTuple):
    """One fault.

    Attributes:
        server: the misbehaviour of the real server.
        shown: how a test writes it.
        promise: how this test does.
        options: of the call; the timeout is long where it is not meant.
    """

    server: str
    shown: str
    promise: Promise
    options: Mapping[str, Any] = LONG


# Without a word of an answer aiohttp sends a GET once more by itself, to real servers as well: hence times=None.
def _error(kind: str, **options: Any) -> Promise:
    return lambda http, url: http.mock_error("GET", url, fault=kind, **options)


def _midway(server: str, kind: str, how: str, options: Mapping[str, Any] = LONG) -> Row:
    """Return the row of a fault after a piece of a body, which is chunked or has a declared length."""
    headers = {"Content-Length": "1024"} if how == "declared length" else None

    def promise(http: HttpPlugin, url: str) -> None:
        http.mock_response("GET", url, stream=[b"cut off", http.fault(kind)], headers=headers)

    body = "a chunked body" if how == "chunked" else "a body of declared length"
    return Row(f"{server} in {body}", f'`http.fault("{kind}")`, {how}', promise, options)


ROWS: tuple[Row, ...] = (
    Row("nobody", '`fault="refused"`', _error("refused")),
    Row("unknown name", '`fault="dns"`', _error("dns")),
    Row("untrusted", '`fault="tls"`', _error("tls")),
    Row("other host", '`fault="tls", phase="host"`', _error("tls", phase="host")),
    Row("full", '`fault="timeout", phase="connect"`', _error("timeout", phase="connect"), SHORT),
    Row("silence", '`fault="timeout"`', _error("timeout"), SHORT),
    Row("silence", '`fault="stall"`', _error("stall"), SHORT),
    Row("reset", '`fault="reset"`', _error("reset", times=None)),
    Row("empty", '`fault="empty"`', _error("empty", times=None)),
    Row("garbage", '`fault="garbage"`', _error("garbage")),
    Row("cut in a body of declared length", '`fault="truncated"`', _error("truncated")),
    _midway("cut", "truncated", "declared length"),
    _midway("cut", "truncated", "chunked"),
    _midway("cut", "empty", "chunked"),
    _midway("reset", "reset", "declared length"),
    _midway("reset", "reset", "chunked"),
    _midway("stall", "stall", "declared length", SHORT),
    _midway("stall", "stall", "chunked", SHORT),
    _midway("stall", "timeout", "chunked", SHORT),
    # At this aiohttp 3.14 falls silent, with real servers as well, and only its total timeout ends it.
    _midway("garbage", "garbage", "chunked", {"timeout": 10, "total": 0.5}),
)


def cases() -> list[tuple[Row, bool]]:
    """Return each fault, and whether the response is read in pieces; those in a body both ways."""
    return [(row, chunks) for row in ROWS for chunks in (False, True) if not chunks or " in a " in row.server]
