"""A child process that is none: what it does, how it exits, and a process id that no real process has."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import weakref
from typing import Any

from bigfoot.errors import BigfootError, EndlessWaitError

from .process_pipes import Ends, Pipes

# No system gives ids as high: Linux ends at 2**22, others far below. A signal that escapes us meets nobody.
_FIRST = 2**30
_pids = itertools.count(_FIRST)
_children: dict[int, Child] = {}
# Signals that do not end a process that says nothing else.
_HARMLESS = frozenset(
    getattr(signal, name)
    for name in ("SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGWINCH")
    if hasattr(signal, name)
)

_known: weakref.WeakValueDictionary[int, Child] = weakref.WeakValueDictionary()

# The child of a process id, or None where it is a real one, or of a process that was waited for.
of = _children.get
# The same, also where an event loop has waited for it by itself.
known = _known.get


class Program:
    """What a child does: told what happens to it, it says what it writes and how it ends."""

    child: Child
    begun = False

    def begin(self, child: Child) -> None:
        """The process has started."""
        self.child = child
        self.begun = True

    def received(self, data: bytes) -> None:
        """Bytes have come on its standard input; none means that it has ended."""

    def signalled(self, number: int) -> bool:
        """A signal has come; returns whether it ends the process."""
        return number not in _HARMLESS

    def asked(self, name: str) -> None:
        """The parent begins to wait (`communicate` or `wait`); raises what the script says that it ends in."""

    def polled(self) -> None:
        """The parent asks whether it still runs."""

    def timed_out(self, name: str) -> None:
        """The parent has waited in vain."""

    def said(self) -> tuple[bytes, bytes] | None:
        """Return what the script gives to a parent that reads nothing and asks all the same; None for nothing."""

    def awaited(self, *, blocking: bool) -> None:
        """The parent is about to wait for the exit."""

    def collected(self) -> None:
        """The parent gets to know the exit code."""

    def endless(self) -> BigfootError:
        """Return the error for a parent that waits although nobody will ever end the process."""
        return EndlessWaitError("subprocess:wait")


class Child:
    """One child process.

    Arguments:
        program: what it does.
        ends: its descriptors, which it closes.
        patience: for how many seconds the parent may wait for ever.

    Attributes:
        pid: its process id.
        inherited: whether it writes where this process writes, so that nobody reads it.
        pipes: what it reads and writes.
        lock: held while anything of it changes.
        code: its exit code; None while it runs.
        patience: for how many seconds the parent may wait for ever.
        reaped: whether somebody has got to know it.
    """

    def __init__(self, program: Program, ends: Ends, patience: float) -> None:
        self.pid = next(_pids)
        self.lock = threading.RLock()
        self.pipes = Pipes(ends, self.lock, program.received, self._moved)
        self.inherited = ends.inherited
        self.code: int | None = None
        self.reaped = False
        self._program = program
        self.patience = patience
        self._finishing: int | None = None
        self._awaited = False
        self._exited = threading.Event()
        self._watchers: list[int] = []

    def start(self, popen: Any = None) -> None:
        """Begin; the process is forgotten when the parent's object for it is."""
        _children[self.pid] = _known[self.pid] = self
        if popen is not None:
            weakref.finalize(popen, _children.pop, self.pid, None).atexit = False
        with self.lock:
            self._program.begin(self)
        self.serve()

    def finish(self, code: int) -> None:
        """End with this exit code once everything is written, and nothing more will be read."""
        self._finishing = code
        self.pipes.end_outputs()

    def kill(self, code: int) -> None:
        """End at once."""
        with self.lock:
            if self.code is None:
                self._exit(code)

    def signal(self, number: int) -> None:
        """Receive a signal."""
        with self.lock:
            if self.code is None and number and self._program.signalled(number):
                self.kill(-number)
        self.serve()

    def asked(self, name: str) -> None:
        """The parent begins to wait."""
        with self.lock:
            self._program.asked(name)
        self.serve()

    def timed_out(self, name: str) -> None:
        """The parent has waited in vain."""
        with self.lock:
            self._program.timed_out(name)

    def poll(self) -> bool:
        """Tell the parent whether it has ended."""
        self.serve()
        with self.lock:
            self._program.polled()
        self.serve()
        return self._collect()

    def wait(self, *, blocking: bool) -> bool:
        """Let the parent wait for its end; returns whether it has ended.

        Raises:
            EndlessWaitError: nobody will ever end it.
        """
        with self.lock:
            self._program.awaited(blocking=blocking)
        self.allow_exit()
        if blocking and not self._exited.wait(self.patience):
            raise self.endless()
        return self._collect()

    def seen(self) -> None:
        """The parent has got to know the exit code from its loop."""
        if self.code is not None:
            self._collect()

    def said(self) -> tuple[bytes, bytes] | None:
        """Return what a parent is given that reads nothing and asks all the same; None for what it would get."""
        return self._program.said() if self.inherited else None

    @property
    def hangs(self) -> bool:
        """Whether the script has not come to an end by now."""
        return self.code is None and self._finishing is None

    def endless(self) -> BigfootError:
        """Return the error for a parent that waits although nobody will ever end the process."""
        return self._program.endless()

    def allow_exit(self) -> None:
        """Note that the parent waits for the exit: it will not write any more."""
        self.serve()  # what it has written is read first
        with self.lock:
            self._awaited = True
        self.serve()

    def outlast(self) -> None:
        """Wait for its end on nobody's behalf: asyncio does so in a thread."""
        self._exited.wait()

    def end(self) -> None:
        """End it on nobody's behalf: its sandbox is left."""
        self.kill(-signal.SIGKILL)
        self.pipes.join()

    def _collect(self) -> bool:
        if self.code is None:
            return False
        self.pipes.join()  # while its thread looks at a pipe, the pipe is open, whoever has closed it
        with self.lock:
            self._program.collected()
        return True

    def reap(self) -> int:
        """Return the exit code, and forget the process: another one may have its id now."""
        assert self.code is not None
        self.reaped = True
        _children.pop(self.pid, None)
        return self.code

    def watch(self) -> int:
        """Return a descriptor that is ready to be read when it has ended."""
        readable, writable = os.pipe()
        with self.lock:
            if self.code is not None:
                os.close(writable)
            else:
                self._watchers.append(writable)
        return readable

    def serve(self) -> None:
        """Read and write what can be now."""
        self.pipes.serve()

    def _moved(self) -> None:
        if self._finishing is None or self.code is not None or self.pipes.writes:
            return
        if not self.pipes.reads or self._awaited:
            self._exit(self._finishing)

    def _exit(self, code: int) -> None:
        self.code = code
        self.pipes.close()
        for writable in self._watchers:
            os.close(writable)
        self._watchers.clear()
        self._exited.set()


def status(code: int) -> int:
    """Return an exit code as `os.waitpid` gives it."""
    return code << 8 if code >= 0 else -code
