"""A child's ends of the real pipes: read and written without blocking, by whoever comes by, else by a thread."""

from __future__ import annotations

import errno
import os
import select
import stat
import threading
from collections.abc import Callable
from typing import NamedTuple

from bigfoot import context

# What a pipe that is ready takes without blocking.
_PIECE: int = getattr(select, "PIPE_BUF", 512)  # not on Windows, where nothing here is used
_READ = 1 << 16


class Ends(NamedTuple):
    """A child's own descriptors, None where it has none that is of any use to it; whether it writes where we do."""

    stdin: int | None
    stdout: int | None
    stderr: int | None
    inherited: bool = False

    @classmethod
    def of(cls, p2cread: int, p2cwrite: int, c2pread: int, c2pwrite: int, errread: int, errwrite: int) -> Ends:
        """Duplicate the descriptors that `subprocess` would have given to a child."""
        kind = os.fstat(p2cread).st_mode if p2cread != -1 else 0
        reads = p2cwrite != -1 or stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)
        stdout = 1 if c2pwrite == -1 else c2pwrite
        stderr = 2 if errwrite == -1 else errwrite
        inherited = c2pwrite == errwrite == -1
        wanted = (p2cread if reads else -1, stdout, stderr)
        given: list[int | None] = []
        try:
            for one in wanted:
                given.append(None if one == -1 else _dup(one))
        except OSError:  # there are no more descriptors
            for fd in given:
                if fd is not None:
                    os.close(fd)
            raise
        return cls(given[0], given[1], given[2], inherited)


def _dup(fd: int) -> int | None:
    try:
        return os.dup(fd)
    except OSError as error:
        if error.errno != errno.EBADF:  # a parent without a standard output has children without one
            raise
        return None


class Pipes:
    """The pipes of one child.

    Arguments:
        ends: its descriptors, which are closed at the end.
        lock: held while anything of the child changes.
        received: called with what has come; nothing is the end of the input.
        moved: called when there was a chance for something to be written or read.
    """

    def __init__(
        self, ends: Ends, lock: threading.RLock, received: Callable[[bytes], None], moved: Callable[[], None]
    ) -> None:
        self._lock = lock
        self._received = received
        self._moved = moved
        self._stdin = ends.stdin
        self._outputs: dict[int, int | None] = {1: ends.stdout, 2: ends.stderr}
        self._pending: dict[int, list[memoryview]] = {1: [], 2: []}
        self._ended = False
        self._thread: threading.Thread | None = None
        self._wake: tuple[int, int] | None = None

    @property
    def reads(self) -> bool:
        """Whether something may still come on standard input."""
        return self._stdin is not None

    @property
    def writes(self) -> bool:
        """Whether something is still to be written."""
        return any(self._pending.values())

    def write(self, stream: int, data: bytes) -> None:
        """Have this written to standard output (1) or standard error (2)."""
        if data and self._outputs[stream] is not None:
            self._pending[stream].append(memoryview(data))

    def end_outputs(self) -> None:
        """Write nothing more than what is still to be written."""
        self._ended = True

    def close(self) -> None:
        """Close everything, and drop what is still to be written."""
        self._close_input()
        for stream in self._outputs:
            self._pending[stream].clear()
            self._close(stream)
        self._nudge()

    def join(self) -> None:
        """Wait for the thread that served these pipes."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def serve(self) -> None:
        """Read and write what can be now, and leave the rest to a thread."""
        with self._lock:
            while self._turn(0):
                pass
            if self._thread is not None:
                self._nudge()
            elif self._events():
                self._wake = os.pipe()
                self._thread = threading.Thread(target=self._run, name="bigfoot-process", daemon=True)
                with context.outside():
                    self._thread.start()

    def _run(self) -> None:
        while True:
            self._turn(None)
            with self._lock:
                if not self._events():
                    self._thread = None
                    wake, self._wake = self._wake, None
                    break
        for fd in wake or ():
            os.close(fd)

    def _nudge(self) -> None:
        if self._wake is not None:
            os.write(self._wake[1], b"\0")

    def _events(self) -> dict[int, int]:
        """Return what to wait for, by descriptor."""
        events = {} if self._stdin is None else {self._stdin: select.POLLIN}
        for stream, fd in self._outputs.items():
            if fd is not None and self._pending[stream]:
                events[fd] = select.POLLOUT
        return events

    def _turn(self, timeout: float | None) -> bool:
        """Do one round of reading and writing; returns whether anything was done."""
        with self._lock:
            events = self._events()
            wake = self._wake[0] if self._wake is not None and timeout is None else None
        if wake is not None:
            events[wake] = select.POLLIN
        ready = _ready(events, timeout)
        with self._lock:
            if wake is not None and wake in ready:
                os.read(wake, _READ)
            done = False
            # Asked again under the lock: another thread may have read, written or closed meanwhile.
            if self._stdin is not None and _ready({self._stdin: select.POLLIN}, 0):
                done = self._read(self._stdin)
            for stream in self._outputs:
                while (fd := self._outputs[stream]) is not None and self._pending[stream]:
                    if not _ready({fd: select.POLLOUT}, 0):
                        break
                    self._write_piece(stream, fd)
                    done = True
                if self._ended and not self._pending[stream]:
                    self._close(stream)
            self._moved()
            return done

    def _read(self, fd: int) -> bool:
        try:
            data = os.read(fd, _READ)
        except ConnectionError:  # a socket for a pipe, whose other end was not read to the end
            data = b""
        if not data:
            self._close_input()
        self._received(data)
        return True

    def _write_piece(self, stream: int, fd: int) -> None:
        pending = self._pending[stream]
        try:
            written = os.write(fd, pending[0][:_PIECE])
        except ConnectionError:  # nobody reads it
            pending.clear()
            self._close(stream)
            return
        if written == len(pending[0]):
            del pending[0]
        else:
            pending[0] = pending[0][written:]

    def _close_input(self) -> None:
        fd, self._stdin = self._stdin, None
        if fd is not None:
            os.close(fd)

    def _close(self, stream: int) -> None:
        fd, self._outputs[stream] = self._outputs[stream], None
        if fd is not None:
            os.close(fd)


def _ready(events: dict[int, int], timeout: float | None) -> set[int]:
    if not events:
        return set()
    poller = select.poll()
    for fd, event in events.items():
        poller.register(fd, event)
    return {fd for fd, _ in poller.poll(timeout)}
