"""One thread for the connections whose clients' calls cannot be seen: uvloop and trio read and write in C."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading

from .connection import Connection

_POLL = 0.001  # seconds between two looks at whether a client has taken everything, where a peer wants to know
_lock = threading.Lock()
_running: list[Pump] = []


def serve(connection: Connection) -> None:
    """Let the pump thread serve a connection until it is over."""
    with _lock:
        if not _running:
            _running.append(Pump())
            _running[0].start()
        pump = _running[0]
        connection.retire = pump.wake
        pump.new.append(connection)
        pump.wake()


class Pump(threading.Thread):
    """Serves connections until the last one is over; the next connection starts another thread.

    Attributes:
        new: connections that are to be served.
    """

    def __init__(self) -> None:
        super().__init__(name="bigfoot-pump", daemon=True)
        self.new: list[Connection] = []
        self._served: dict[Connection, int] = {}
        self._selector = selectors.DefaultSelector()
        self._wakes, self._wake = socket.socketpair()
        self._selector.register(self._wakes, selectors.EVENT_READ)

    def wake(self) -> None:
        """Let the thread look at its connections."""
        with contextlib.suppress(OSError):  # it has just found that nothing is left to serve
            self._wake.send(b"\0")

    def run(self) -> None:
        """Serve."""
        with self._selector, self._wakes, self._wake:
            while self._turn():
                pass

    def _turn(self) -> bool:
        polls = any(connection.polls for connection in self._served)
        for key, _ in self._selector.select(_POLL if polls else None):
            if key.fileobj is self._wakes:
                self._wakes.recv(4096)
        with _lock:
            self._served.update(dict.fromkeys(self.new, 0))
            self.new.clear()
        for connection in list(self._served):
            connection.serve()
            self._watch(connection)
        with _lock:
            if not self._served and not self.new:
                _running.clear()
                return False
            return True

    def _watch(self, connection: Connection) -> None:
        """Wait for what can still happen: bytes until the client has ended, room while something is pending."""
        events, before = connection.events, self._served[connection]
        if events != before:
            if before:
                self._selector.unregister(connection.far)
            if events:
                self._selector.register(connection.far, events)
            self._served[connection] = events
        if connection.over:
            del self._served[connection]
            connection.far.close()


def _after_fork() -> None:
    """Begin anew in a child process: threads do not survive a fork, and a parent's selector is not the child's."""
    global _lock
    _lock = threading.Lock()
    left = [connection for pump in _running for connection in (*pump._served, *pump.new)]
    _running.clear()
    for connection in left:
        connection.lock = threading.RLock()
        serve(connection)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
