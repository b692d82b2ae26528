"""Where a child process would be started: `subprocess.Popen`, and with it `run`, `os.popen`, asyncio and trio.

The real `Popen` makes its pipes and wraps its streams; only the spawn below it is ours. What called it tells a `run`
from a `Popen` of the user's own, so that names imported earlier are covered as well.
"""

from __future__ import annotations

import inspect
import locale
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from bigfoot import context
from bigfoot.errors import BigfootError
from bigfoot.origin import Origin, caller
from bigfoot.seam import Seam, Target, original

from . import process_async, process_os, process_pids
from .dial import THROUGH
from .process_caller import by_itself
from .process_child import Child, Program, of
from .process_pipes import Ends

_Popen = subprocess.Popen  # a mock library may stand in its place when the first sandbox is entered
# What the replaced method is called with, by the names that it gives them; refused at the start where one is missing.
_PIPES = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
_NEEDED = ("args", "shell", "cwd", "env", *_PIPES)


@dataclass(slots=True)
class Spawn:
    """A child process that the code wants to start.

    Attributes:
        command: the program and its arguments; one text where a shell is to read it.
        shell: whether a shell is to read it.
        how: what started it, such as `"subprocess.run"`.
        origin: the calling line.
        stdin: the content of the file that its standard input was redirected from; None where it was not.
        text: whether its pipes are read and written as text.
        encoding: the encoding of that text, and of what the script gives as text.
        cwd: the working directory; None for this process's own.
        env: the environment; None for this process's own.
    """

    command: list[str] | str
    shell: bool
    how: str
    origin: Origin
    stdin: bytes | None = None
    text: bool = False
    encoding: str = "utf-8"
    cwd: Any = None
    env: Any = None
    source_id = "subprocess:spawn"


class Run(Spawn):
    """One that runs to its end in a single call: `subprocess.run`, `call`, `check_output`, `os.popen`, `os.system`."""

    source_id = "subprocess:run"


class Opened(Spawn):
    """One that `subprocess.Popen` starts."""

    source_id = "subprocess:popen:spawn"


class Awaited(Spawn):
    """One that asyncio or trio starts."""

    source_id = "asyncio:subprocess:spawn"


class Started(Spawn):
    """One that is started past `subprocess`: `os.posix_spawn`, `os.exec*`, `os.fork`, `multiprocessing`, ..."""


@dataclass(slots=True)
class Which:
    """A program that the code looks for with `shutil.which`."""

    name: str
    origin: Origin
    source_id = "subprocess:which"


def _targets() -> Iterator[Target]:
    # Private: the one place below every public function of `subprocess` and of asyncio's own loops.
    yield Target(_Popen, "_execute_child", _execute_child)
    yield Target(_Popen, "_internal_poll", _internal_poll)
    yield Target(_Popen, "communicate", _communicate)
    yield Target(_Popen, "wait", _wait)
    yield from process_pids.targets()


def _execute_child(original: Callable[..., None]) -> Callable[..., None]:
    signature = inspect.signature(original)
    missing = [name for name in _NEEDED if name not in signature.parameters]
    if missing or not hasattr(_Popen, "_close_pipe_fds"):
        raise BigfootError(f"This Python's subprocess.Popen cannot be met: it has no {', '.join(missing)}")

    def execute_child(self: Any, *args: Any, **kwargs: Any) -> None:
        shape, how = _shape(sys._getframe(1))
        sandbox = context.active(shape)
        if sandbox is None or by_itself(sandbox):
            return original(self, *args, **kwargs)
        given = signature.bind(self, *args, **kwargs).arguments
        spawn = shape(
            words(given["args"], shell=bool(given["shell"])),
            bool(given["shell"]),
            how,
            caller(2),
            _content(given["p2cread"], given["p2cwrite"]),
            bool(self.text_mode),
            self.encoding or (locale.getpreferredencoding(False) if self.text_mode else "utf-8"),
            given["cwd"],
            given["env"],
        )
        program = sandbox.answer(spawn)
        if program is THROUGH:
            with context.outside():  # what it starts with on its way is its own business
                return original(self, *args, **kwargs)
        pipes = [given[name] for name in _PIPES]
        child = Child(program, Ends.of(*pipes), sandbox.verifier.config.hang_timeout)
        self.pid = child.pid
        self._child_created = True  # private: what `__del__` asks before it looks for the process
        self._close_pipe_fds(*pipes)
        child.start(self)
        return None

    return execute_child


def words(args: Any, *, shell: bool = False) -> list[str] | str:
    """Return a command as text: a list of arguments, or the one line that a shell is to read."""
    if isinstance(args, (str, bytes, os.PathLike)):
        return os.fsdecode(args) if shell else [os.fsdecode(args)]
    return [os.fsdecode(word) for word in args]


def _content(read: int, write: int) -> bytes | None:
    """Return what a regular file holds that is to be the standard input, from where it stands on."""
    if read == -1 or write != -1 or not stat.S_ISREG(os.fstat(read).st_mode):
        return None
    size = os.fstat(read).st_size
    at = os.lseek(read, 0, os.SEEK_CUR)
    return os.pread(read, max(size - at, 0), at)


def _shape(frame: FrameType | None) -> tuple[type[Spawn], str]:
    """Tell by its caller what starts a Popen."""
    while frame is not None and frame.f_code.co_name == "__init__":  # of Popen, and of subclasses
        frame = frame.f_back
    if frame is None:
        return Opened, "subprocess.Popen"
    if frame.f_code in _RUNS:
        return Run, _RUNS[frame.f_code]
    module = str(frame.f_globals.get("__name__"))
    if module == "asyncio.unix_events" or module.partition(".")[0] == "trio":
        return Awaited, module.partition(".")[0]
    return Opened, "subprocess.Popen"


_RUNS: dict[CodeType, str] = {
    original(subprocess, "run").__code__: "subprocess.run",
    original(subprocess, "call").__code__: "subprocess.call",
    original(os, "popen").__code__: "os.popen",
}


def _internal_poll(original: Callable[..., int | None]) -> Callable[..., int | None]:
    # Private: `poll` and `__del__` reach the system through a name that was bound when `subprocess` was imported.
    def internal_poll(self: Any, *args: Any, **kwargs: Any) -> int | None:
        child = of(self.pid)
        if child is None:
            return original(self, *args, **kwargs)
        if self.returncode is None:
            if args or kwargs:  # the object is being collected: nobody asks
                self.returncode = (args or tuple(kwargs.values()))[0]
            elif child.poll():
                self.returncode = child.reap()
        code: int | None = self.returncode
        return code

    return internal_poll


def _communicate(original: Callable[..., Any]) -> Callable[..., Any]:
    def communicate(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _waiting("communicate", self, original, args, kwargs)

    return communicate


def _wait(original: Callable[..., Any]) -> Callable[..., Any]:
    def wait(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _waiting("wait", self, original, args, kwargs)

    return wait


def _waiting(name: str, popen: Any, original: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    child = of(popen.pid)
    if child is None or popen.returncode is not None:
        return original(popen, *args, **kwargs)
    child.asked(name)
    try:
        return original(popen, *args, **kwargs)
    except subprocess.TimeoutExpired:
        child.timed_out(name)
        raise


def _which_targets() -> Iterator[Target]:
    yield Target(shutil, "which", _which)


def _which(original: Callable[..., Any]) -> Callable[..., Any]:
    def which(cmd: Any, *args: Any, **kwargs: Any) -> Any:
        sandbox = context.active(Which)
        if sandbox is None or by_itself(sandbox):
            return original(cmd, *args, **kwargs)
        found = sandbox.answer(Which(os.fsdecode(cmd), caller(2)))
        if found is THROUGH:
            return original(cmd, *args, **kwargs)
        return os.fsencode(found) if isinstance(cmd, bytes) and found is not None else found

    return which


_WATCH = ("subprocess:run", "subprocess:Popen", "subprocess:check_output", "shutil:which", "os:system", "os:popen")
SEAMS: tuple[Seam, ...] = ()
if os.name == "posix":
    SEAMS = (
        Seam("subprocess", _targets, watch=_WATCH),
        Seam("shutil", _which_targets),
        *process_os.seams(Started, Run, words),
        *process_async.SEAMS,
    )

__all__ = ["SEAMS", "Awaited", "Child", "Opened", "Program", "Run", "Spawn", "Started", "Which", "words"]
