"""A sandbox goes along with the work that it starts: threads, and jobs handed to a pool.

asyncio's tasks and `asyncio.to_thread` copy the context by themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from bigfoot import context
from bigfoot.origin import Origin, caller
from bigfoot.seam import Seam, Target

# Threads of these packages serve whoever hands them a job, so they belong to nobody; the job carries its context.
_POOLS = frozenset({"anyio", "concurrent", "trio"})


def _thread() -> Iterator[Target]:
    import threading

    yield Target(threading.Thread, "start", _start)


def _start(original: Callable[..., Any]) -> Callable[..., Any]:
    def start(self: Any) -> None:
        sandbox = context.NOWHERE if context.is_outside() else context.carried()
        if sandbox is not None:
            starter = str(sys._getframe(1).f_globals.get("__name__"))
            if starter.partition(".")[0] not in _POOLS:
                context.started(self, sandbox, caller(2))
        original(self)

    return start


def _pool() -> Iterator[Target]:
    from concurrent.futures import ThreadPoolExecutor

    yield Target(ThreadPoolExecutor, "submit", _submit)


def _submit(original: Callable[..., Any]) -> Callable[..., Any]:
    def submit(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        sandbox = context.carried()
        if sandbox is None:
            if context.is_outside():  # a pass-through resolves its host name in a pool
                return original(self, _beyond, fn, args, kwargs)
            return original(self, fn, *args, **kwargs)
        return original(self, _within, sandbox, caller(2), fn, args, kwargs)

    return submit


def _beyond(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    with context.outside():
        return fn(*args, **kwargs)


def _within(sandbox: Any, origin: Origin, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    with context.job(sandbox, origin):
        return fn(*args, **kwargs)


SEAMS = (Seam("threading", _thread), Seam("concurrent.futures.thread", _pool))
