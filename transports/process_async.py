"""asyncio, uvloop and trio: what they do about child processes besides `subprocess.Popen`, on which they all rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bigfoot import context
from bigfoot.origin import caller
from bigfoot.seam import Seam, Target

from . import process_pids
from .process_child import Child, known


def _asyncio() -> Iterator[Target]:
    from asyncio import subprocess

    yield Target(subprocess.Process, "communicate", _communicate)
    yield Target(subprocess.Process, "wait", _wait)


def _communicate(original: Callable[..., Any]) -> Callable[..., Any]:
    async def communicate(self: Any, input: Any = None) -> Any:
        child = known(self.pid)
        if child is None:
            return await original(self, input)
        child.asked("communicate")
        found = await _patiently(child, original(self, input))
        # In production (None, None); the published examples of bigfoot ask without a pipe, and are answered.
        return child.said() or found

    return communicate


def _wait(original: Callable[..., Any]) -> Callable[..., Any]:
    async def wait(self: Any) -> Any:
        child = known(self.pid)
        if child is None:
            return await original(self)
        child.asked("wait")
        child.allow_exit()
        return await _patiently(child, original(self))

    return wait


async def _patiently(child: Child, waiting: Any) -> Any:
    """Wait for a process; for one whose script has no end, only so long.

    Raises:
        EndlessWaitError: nobody has ended it.
    """
    import asyncio

    limit = asyncio.timeout(child.patience if child.hangs else None)
    try:
        async with limit:
            found = await waiting
    except TimeoutError:
        if limit.expired():
            raise child.endless() from None
        raise
    child.seen()
    return found


def _trio() -> Iterator[Target]:
    import trio

    if hasattr(trio._subprocess, "pidfd_open"):  # private: bound when trio was imported, and there on Linux only
        yield Target(trio._subprocess, "pidfd_open", process_pids.pidfd_open)


def _uvloop() -> Iterator[Target]:
    import uvloop

    yield Target(uvloop.Loop, "subprocess_exec", _subprocess_exec)
    yield Target(uvloop.Loop, "subprocess_shell", _subprocess_shell)


def _subprocess_exec(original: Callable[..., Any]) -> Callable[..., Any]:
    async def subprocess_exec(self: Any, factory: Any, *args: Any, **options: Any) -> Any:
        with _through(args, False):
            return await original(self, factory, *args, **options)

    return subprocess_exec


def _subprocess_shell(original: Callable[..., Any]) -> Callable[..., Any]:
    async def subprocess_shell(self: Any, factory: Any, cmd: Any, **options: Any) -> Any:
        with _through(cmd, True):
            return await original(self, factory, cmd, **options)

    return subprocess_shell


def _through(command: Any, shell: bool) -> Any:
    """Ask whether a process that uvloop starts in C may run; return the context for it."""
    from .process import Started, words

    sandbox = context.active(Started)
    if sandbox is not None:
        sandbox.answer(Started(words(command, shell=shell), shell, "uvloop", caller(3)))
    return context.outside()


SEAMS = (
    Seam("asyncio", _asyncio, watch=("asyncio:create_subprocess_exec", "asyncio:create_subprocess_shell")),
    Seam("trio", _trio),
    Seam("uvloop", _uvloop),
)
