"""Which sandbox is active here: this context's own first, then the only one alive in the process.

A sandbox is found in three steps, cheapest first: the `ContextVar` (tasks, executors and `asyncio.to_thread`
copy it), the sandbox under which the running thread was started, and last the only live root sandbox of the
process (threads that were there before). This module imports nothing of ours, so that every wrapper on a
foreign attribute can ask it without cost or cycles.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise
from typing import Any
from weakref import ref

# A sandbox, as this module sees it, has: `live`, `parent`, `kinds`, `flow`, `ambiguity(roots)`.
_here: ContextVar[Any] = ContextVar("bigfoot_sandbox", default=None)
_live: list[Any] = []
_lock = threading.Lock()
_job: ContextVar[Any] = ContextVar("bigfoot_job", default=None)  # where the running job of a pool was submitted
# A thread's sandbox, and where it was started. Not a WeakKeyDictionary: asking whether that is empty takes 80 ns.
_started: dict[ref[threading.Thread], tuple[Any, Any]] = {}


class _Outside:
    """Stands in the context variable where calls must reach the real world: pass-through traffic of our own."""

    live = True
    kinds: frozenset[type] = frozenset()
    parent = None


NOWHERE = _Outside()  # what a thread belongs to that was started outside
_NOBODY: tuple[Any, Any] = (None, None)


def active(kind: type) -> Any | None:
    """Return the sandbox that answers calls of this kind here, or None when the call is to go straight through.

    The sandbox may have ended already (a leaked task or thread): its `answer` then says so.
    """
    sandbox = _here.get()
    if sandbox is None:
        if not _live and not _started:
            return None
        sandbox = _elsewhere()
    elif not sandbox.live:
        sandbox = _after(sandbox)
    if sandbox is None or kind not in sandbox.kinds:
        return None
    return sandbox


def here() -> Any | None:
    """Return the live sandbox that this very context is in; no fallback to other threads' sandboxes."""
    sandbox = _here.get()
    return sandbox if sandbox is not None and sandbox is not NOWHERE and sandbox.live else None


def anywhere() -> Any | None:
    """Return the sandbox that a call of any kind would meet here, or None."""
    sandbox = _here.get()
    if sandbox is None:
        sandbox = _elsewhere()
    elif not sandbox.live:
        sandbox = _after(sandbox)
    return None if sandbox is NOWHERE else sandbox


def carried() -> Any | None:
    """Return the sandbox that this context or thread belongs to by itself, to be handed on to what it starts."""
    sandbox = _here.get()
    if sandbox is None:
        sandbox = _started.get(ref(threading.current_thread()), _NOBODY)[0] if _started else None
    return sandbox if sandbox is not None and sandbox is not NOWHERE and sandbox.live else None


def _elsewhere() -> Any | None:
    """Find a sandbox for a thread that carries none: the one it was started under, else the only live root."""
    sandbox = _started.get(ref(threading.current_thread()), _NOBODY)[0]
    if sandbox is not None:
        return sandbox
    with _lock:
        _live[:] = alive = [sandbox for sandbox in _live if sandbox.live]  # an interrupt may have left an ended one
    if not alive:
        return None
    roots = [sandbox for sandbox in alive if _ancestor(sandbox) is None]
    if len(roots) > 1:
        raise roots[0].ambiguity(roots)
    chain = all(_ancestor(inner) is outer for outer, inner in pairwise(alive))
    return alive[-1] if chain else roots[0]


def _after(sandbox: Any) -> Any | None:
    """Decide what a context that still carries an ended sandbox is: a leaked task, or its opener come back.

    A sandbox may be left from another thread or context than it was entered in (generators, fixtures). Its
    opener is then healed here; anybody else was started inside and outlived it, and gets the ended sandbox.
    """
    if sandbox.flow != flow():
        return sandbox
    parent = _ancestor(sandbox)
    _here.set(parent)
    return parent if parent is not None else (_elsewhere() if _live else None)


def _ancestor(sandbox: Any) -> Any | None:
    """Return the nearest live sandbox around this one."""
    parent = sandbox.parent
    while parent is not None and not parent.live:
        parent = parent.parent
    return parent


def enter(sandbox: Any) -> None:
    """Make the sandbox the active one of this context."""
    sandbox.parent = carried()
    sandbox.flow = flow()
    with _lock:
        _live.append(sandbox)
    _here.set(sandbox)


def leave(sandbox: Any) -> None:
    """Take the sandbox out of service, from whatever context this is called in."""
    with _lock:
        if sandbox in _live:
            _live.remove(sandbox)
    current = _here.get()
    if current is not None and not current.live:
        _here.set(_ancestor(current))
        if current is sandbox and sandbox.flow == flow():
            sandbox.flow = None  # its opener is back: what still carries it is a copy that outlived it


def started(thread: threading.Thread, sandbox: Any, origin: Any) -> None:
    """Remember that the thread was started inside the sandbox, and by which line."""
    _started[ref(thread, _forget)] = sandbox, origin


def _forget(thread: ref[threading.Thread]) -> None:
    _started.pop(thread, None)


def started_at() -> Any | None:
    """Return the line that started the running thread or pool job, if it was started inside a sandbox."""
    return _job.get() or _started.get(ref(threading.current_thread()), _NOBODY)[1]


@contextmanager
def job(sandbox: Any, origin: Any) -> Iterator[None]:
    """Run a job of a pool inside the sandbox that it was submitted in, by this line."""
    token = _job.set(origin)
    try:
        with inside(sandbox):
            yield
    finally:
        _job.reset(token)


def owns(thread: threading.Thread) -> bool:
    """Tell whether a thread was started inside a sandbox."""
    return ref(thread) in _started


def is_outside() -> bool:
    """Tell whether calls reach the real world here: see `outside`."""
    sandbox = _here.get()
    if sandbox is None and _started:
        sandbox = _started.get(ref(threading.current_thread()), _NOBODY)[0]
    return sandbox is NOWHERE


@contextmanager
def outside() -> Iterator[None]:
    """Let everything called in this block reach the real world: the far side of a pass-through."""
    token = _here.set(NOWHERE)
    try:
        yield
    finally:
        _here.reset(token)


@contextmanager
def inside(sandbox: Any) -> Iterator[None]:
    """Make the sandbox the active one for this block only, without entering it again."""
    token = _here.set(sandbox)
    try:
        yield
    finally:
        _here.reset(token)


def flow() -> tuple[int, object]:
    """Identify the flow of control: the thread, and the task where a loop of asyncio or trio is running."""
    running = task()
    return threading.get_ident(), None if running is None else ref(running)


def task() -> Any | None:
    """Return the running asyncio or trio task, without importing either."""
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is not None:
        try:
            # Named in asyncio.events.__all__; get_running_loop raises instead, which costs more than all the rest.
            loop = asyncio._get_running_loop()
        except AttributeError:  # asyncio is only half imported
            loop = None
        if loop is not None:
            return asyncio.current_task(loop)
    trio: Any = sys.modules.get("trio")
    if trio is not None:
        try:
            lowlevel = trio.lowlevel
            return lowlevel.current_task() if lowlevel.in_trio_run() else None
        except (RuntimeError, AttributeError):  # half imported, or not in a task
            return None
    return None
