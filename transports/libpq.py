"""Where libpq is sent to: a socket in a folder that only this user may enter, served by one thread of this process.

libpq opens its connections in C, where no shim of Python's sockets sees them, and cannot be given an open one. The
thread begins with the first connection and ends, with socket and folder, after the last.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import secrets
import selectors
import socket
import tempfile
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from bigfoot.seam import original

from .dial import Peer
from .libpq_wire import Served

_PORT: Final = 5432  # in the name of the socket, where it is a unix socket
_TOKEN: Final = re.compile(rb"bigfoot\.connection=([0-9a-f]+)")
_LONGEST: Final = 60  # bytes of the temporary folder's name: the path of a unix socket is at most 104
_PATIENCE: Final = 5.0  # seconds
# What would lead libpq elsewhere, or ask of the private socket what only the real server has.
_REPLACED: Final = {
    "hostaddr": "",
    "sslmode": "disable",
    "gssencmode": "disable",
    "target_session_attrs": "any",
    "channel_binding": "prefer",
}
_DROPPED: Final = frozenset(
    {"service", "require_auth", "krbsrvname", "requirepeer", "load_balance_hosts", "tcp_user_timeout", "sslnegotiation"}
)

Other = Callable[[], Peer]
_lock = threading.RLock()
_running: list[Server] = []
_forked = False


class Place:
    """A place for one connection, which is kept until `leave`.

    Attributes:
        token: what tells it from the others.
    """

    def __init__(self, server: Server, token: str) -> None:
        self.token = token
        self._server = server

    def parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters of the connection so that it comes here, and nowhere else."""
        kept = {
            name: value
            for name, value in given.items()
            if name not in _DROPPED and not (name.startswith("ssl") and name != "sslmode")
        }
        options = f"{kept.get('options') or ''} -c bigfoot.connection={self.token}".strip()
        return {"connect_timeout": 30, **kept, **_REPLACED, **self._server.address, "options": options}

    def leave(self) -> None:
        """Note that the connection was made, or will not be."""
        self._server.forget(self.token)


def reserve(peer: Peer, other: Other) -> Place:
    """Keep a place for a connection that is about to be opened.

    Arguments:
        peer: its far end.
        other: makes the far end of connections that are opened to cancel what it does.
    """
    with _lock:
        if not _running:
            _running.append(Server())
        return _running[0].expect(peer, other)


def settle() -> None:
    """Wait until everything that clients have sent so far is taken in."""
    do(lambda: None)


def do(job: Callable[[], None]) -> None:
    """Let the thread do something after what clients have sent so far, and wait until it is done."""
    with _lock:
        server = _running[0] if _running else None
    if server is not None and threading.current_thread() is not server:
        server.do(job)


class Server(threading.Thread):
    """Accepts connections and lets their peers answer, until the last one is over.

    Attributes:
        address: the host and port where libpq finds it.
    """

    def __init__(self) -> None:
        super().__init__(name="bigfoot-libpq", daemon=True)
        self._expected: dict[str, Peer] = {}
        self._other: Other | None = None
        self._served: set[Served] = set()
        self._jobs: list[tuple[Callable[[], None], threading.Event]] = []
        self._folder: str | None = None
        self._pid = os.getpid()
        self.address: dict[str, Any] = {}
        self._listener = self._listen()
        self._listener.setblocking(False)
        self._wakes, self._wake = socket.socketpair()
        self._wakes.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wakes, selectors.EVENT_READ)
        # Past bigfoot's own wrapper: the thread belongs to no sandbox.
        original(threading.Thread, "start")(self)

    def _listen(self) -> socket.socket:
        if hasattr(socket, "AF_UNIX"):
            short = len(os.fsencode(tempfile.gettempdir())) <= _LONGEST
            self._folder = tempfile.mkdtemp(prefix="bigfoot-", dir=None if short else "/tmp")  # 0700
            self.address = {"host": self._folder, "port": _PORT}
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(f"{self._folder}/.s.PGSQL.{_PORT}")
        else:
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            self.address = {"host": "127.0.0.1", "port": listener.getsockname()[1]}
        listener.listen(128)
        return listener

    def expect(self, peer: Peer, other: Other) -> Place:
        """Let a peer answer the connection that names the token of the place."""
        token = secrets.token_hex(8)
        self._expected[token] = peer
        self._other = other
        return Place(self, token)

    def forget(self, token: str) -> None:
        """Expect a connection no more."""
        with _lock:
            if self._expected.pop(token, None) is not None:
                self._rouse()

    def do(self, job: Callable[[], None]) -> None:
        """Do something after a whole turn of the thread, and wait until it is done."""
        done = threading.Event()
        with _lock:
            if self not in _running:
                return
            self._jobs.append((job, done))
            self._rouse()
        done.wait(_PATIENCE)

    def _rouse(self) -> None:
        with contextlib.suppress(BlockingIOError):  # it has been woken often enough
            self._wake.send(b"\0")

    def run(self) -> None:
        """Serve."""
        while self._turn():
            pass

    def _turn(self) -> bool:
        jobs = list(self._jobs)  # before looking: what they come after is there by now
        for key, _ in self._selector.select(0 if jobs else None):
            if key.fileobj is self._wakes:
                with contextlib.suppress(BlockingIOError):
                    self._wakes.recv(4096)
            elif key.fileobj is self._listener:
                self._accept()
            else:
                key.data.serve()
        for job, _ in jobs:
            job()
        for served in [one for one in self._served if one.over]:
            self._served.remove(served)
            served.finish()
        if not _forked:  # the next connection may find the server still there, which saves it a thread and a folder
            for _, done in jobs:
                done.set()
        with _lock:
            del self._jobs[: len(jobs)]
            goes_on = bool(self._served or self._expected or self._jobs)
            if not goes_on:
                _running.remove(self)
                self.stop()
        for _, done in jobs:
            done.set()  # a forked process often ends at once, past everything that could still tidy up
        return goes_on

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # gone already
            return
        self._served.add(Served(connection, self._selector, self._peer))

    def _peer(self, opening: bytes) -> Peer | None:
        """Return who answers what opens with this message; None for nobody."""
        found = _TOKEN.search(opening)
        if found is None:
            return self._other() if self._other is not None else None
        return self._expected.get(found[1].decode())

    def stop(self) -> None:
        """Give back what the process has for it."""
        for served in self._served:
            served.connection.close()
        for one in (self._selector, self._listener, self._wakes, self._wake):
            one.close()
        self.remove()

    def remove(self) -> None:
        """Remove the folder, unless it is the parent process's."""
        if self._folder is not None and self._pid == os.getpid():
            with contextlib.suppress(FileNotFoundError):  # somebody has tidied up
                os.unlink(f"{self._folder}/.s.PGSQL.{_PORT}")
                os.rmdir(self._folder)


def _at_exit() -> None:
    for server in _running:  # connections were left open; the thread ends with the process, its folder would not
        server.remove()


def _after_fork() -> None:
    """Begin anew in a child process: its threads are gone, and what they served is the parent's."""
    global _lock, _forked
    _lock, _forked = threading.RLock(), True
    for server in _running:
        server.stop()
    _running.clear()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
