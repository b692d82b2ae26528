"""Process ids that are none: signals, waits and descriptors for them are answered here, those of real ones are not."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

from bigfoot.seam import Target

from .process_child import Child, of, status


def targets() -> Iterator[Target]:
    """Yield the functions that take a process id."""
    yield Target(os, "kill", _kill)
    yield Target(os, "killpg", _killpg)
    yield Target(os, "getpgid", _getpgid)
    yield Target(os, "waitpid", _waitpid)
    yield Target(os, "wait4", _wait4)
    if hasattr(os, "waitid"):  # not on macOS
        yield Target(os, "waitid", _waitid)
    if hasattr(os, "pidfd_open"):
        yield Target(os, "pidfd_open", pidfd_open)


def _kill(original: Callable[[int, int], None]) -> Callable[[int, int], None]:
    def kill(pid: int, sig: int, /) -> None:
        child = of(abs(pid)) if isinstance(pid, int) else None  # a negative id is that of a group
        if child is None:
            return original(pid, sig)
        return child.signal(_number(sig))

    return kill


def _killpg(original: Callable[[int, int], None]) -> Callable[[int, int], None]:
    def killpg(pgid: int, sig: int, /) -> None:
        child = of(pgid)
        return original(pgid, sig) if child is None else child.signal(_number(sig))

    return killpg


def _number(sig: int) -> int:
    number = int(sig)
    if number and number not in signal.valid_signals():
        raise OSError(22, os.strerror(22))
    return number


def _getpgid(original: Callable[[int], int]) -> Callable[[int], int]:
    def getpgid(pid: int) -> int:
        # Without a session of its own it would be in the group of the tests: a signal to that must not hit them.
        return original(pid) if of(pid) is None else pid

    return getpgid


def _waitpid(original: Callable[[int, int], tuple[int, int]]) -> Callable[[int, int], tuple[int, int]]:
    def waitpid(pid: int, options: int, /) -> tuple[int, int]:
        child = of(pid)
        if child is None:
            return original(pid, options)
        if not _ended(child, options):
            return 0, 0
        return pid, status(child.reap())

    return waitpid


def _ended(child: Child, options: int) -> bool:
    blocking = not options & os.WNOHANG
    if sys._getframe(2).f_globals.get("__name__") != "asyncio.unix_events":
        return child.wait(blocking=blocking)
    if blocking:
        child.outlast()  # the loop's own watcher, in a thread that belongs to it
    return child.code is not None


def _wait4(original: Callable[[int, int], Any]) -> Callable[[int, int], Any]:
    import resource

    def wait4(pid: int, options: int) -> Any:
        child = of(pid)
        if child is None:
            return original(pid, options)
        usage = resource.struct_rusage((0.0, 0.0, *[0] * 14))
        return (pid, status(child.reap()), usage) if _ended(child, options) else (0, 0, usage)

    return wait4


def _waitid(original: Callable[..., Any]) -> Callable[..., Any]:
    def waitid(idtype: int, ident: int, options: int, /) -> Any:
        child = of(ident) if idtype == os.P_PID else None
        if child is None:
            return original(idtype, ident, options)
        if not _ended(child, options):
            return None
        code = child.code or 0
        if not options & os.WNOWAIT:
            child.reap()
        how = os.CLD_EXITED if code >= 0 else os.CLD_KILLED
        return os.waitid_result((ident, os.getuid(), signal.SIGCHLD, abs(code), how))

    return waitid


def pidfd_open(original: Callable[..., int]) -> Callable[..., int]:
    """Return the wrapper of `os.pidfd_open`, which trio has under a name of its own."""

    def opened(pid: int, flags: int = 0) -> int:
        child = of(pid)
        return original(pid, flags) if child is None else child.watch()

    return opened
