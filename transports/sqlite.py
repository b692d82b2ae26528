"""Where sqlite3 opens a database: `connect`, in both of the modules that have it.

A connection that a script answers is a real one, on a private database in memory. A name that was bound before the
seam was on (`from sqlite3 import connect`), and `sqlite3.Connection(...)` itself, are seen by the audit event that
the interpreter raises for every opening; it comes too late to answer, and is refused.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from types import FrameType
from typing import TYPE_CHECKING, Any

from bigfoot import context
from bigfoot.seam import Seam, Target

from .sqlite_calls import Attempt

if TYPE_CHECKING:
    from .sqlite_calls import Database

# Their databases are not the test's: what coverage measures, what testmon remembers, the history of a shell.
_TOOLS = frozenset({"coverage", "testmon", "IPython"})

opening: ContextVar[tuple[Any, Database] | None] = ContextVar("bigfoot_sqlite_opening", default=None)


def _targets() -> Iterator[Target]:
    import sqlite3.dbapi2

    _watch()
    for module in (sqlite3, sqlite3.dbapi2):
        yield Target(module, "connect", _connect)


def _connect(original: Callable[..., Any]) -> Callable[..., Any]:
    def connect(*args: Any, **options: Any) -> Any:
        sandbox = context.active(Attempt)
        if sandbox is None or not (args or "database" in options) or _by_tool(sys._getframe(1)):
            return original(*args, **options)
        from .sqlite_tap import tapped

        database = args[0] if args else options["database"]
        args, options = tapped(args, options)
        token = opening.set((sandbox, sandbox.answer(Attempt(database, options))))
        try:
            return original(*args, **options)
        finally:
            opening.reset(token)

    return connect


def _by_tool(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_globals.get("__name__") == __name__:  # the audit event of our own call
        frame = frame.f_back
    return frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _TOOLS


_watched: list[Callable[[str, tuple[Any, ...]], None]] = []  # an audit hook stays for as long as the process does


def _watch() -> None:
    if not _watched:
        _watched.append(_audit)
        sys.addaudithook(_audit)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event != "sqlite3.connect" or opening.get() is not None:
        return
    sandbox = context.active(Attempt)
    if sandbox is None or _by_tool(sys._getframe(1)):
        return
    sandbox.answer(Attempt(args[0], {}, early=True))


SEAM = Seam("sqlite3", _targets)
