"""One connection of libpq's, at its far end: a socket that never blocks, and the wire that a peer sees."""

from __future__ import annotations

import selectors
import socket
import struct
import sys
import threading
from collections.abc import Callable
from typing import Final

from bigfoot.origin import Origin

from .dial import Peer, Wire

_MOST: Final = 10_000  # bytes of the message that opens a connection


class Served(Wire):
    """One connection, and the wire of its peer.

    Arguments:
        connection: its socket.
        selector: where it is watched.
        find: returns the peer for the message that opens the connection.

    Attributes:
        over: whether nothing more comes of it.
    """

    raises = False
    seen = False

    def __init__(
        self, connection: socket.socket, selector: selectors.BaseSelector, find: Callable[[bytes], Peer | None]
    ) -> None:
        self.connection = connection
        self.over = False
        self._selector = selector
        self._find = find
        self._peer: Peer | None = None
        self._opening = b""
        self._output = bytearray()
        self._closing = self._watched = False
        connection.setblocking(False)
        if connection.family != getattr(socket, "AF_UNIX", None):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ, self)

    @property
    def alone(self) -> bool:
        return False

    @property
    def origin(self) -> Origin | None:
        return None

    @property
    def unread(self) -> int:
        return len(self._output)

    def serve(self) -> None:
        """Write what is left to write, and read what there is."""
        try:
            self._flush()
            if not self.over:
                self._read()
        except Exception:
            # A client of libpq that is not answered waits for ever, and the thread has other connections to serve.
            self.over = True
            kind, error, traceback = sys.exc_info()
            assert kind is not None
            threading.excepthook(threading.ExceptHookArgs((kind, error, traceback, threading.current_thread())))

    def _read(self) -> None:
        try:
            data = self.connection.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.over = True
        elif self._peer is not None:
            self._peer.received(data)
        else:
            self._open(data)

    def _open(self, data: bytes) -> None:
        self._opening += data
        if len(self._opening) < 4:
            return
        (length,) = struct.unpack_from("!i", self._opening)
        if len(self._opening) < length <= _MOST:
            return
        self._peer = self._find(self._opening) if length <= _MOST else None
        if self._peer is None:
            self.over = True
            return
        self._peer.connected(self)
        self._peer.received(self._opening)

    def send(self, data: bytes) -> None:
        self._output += data
        self._flush()

    def _flush(self) -> None:
        try:
            while self._output:
                del self._output[: self.connection.send(self._output)]
        except BlockingIOError:
            pass
        except OSError:
            self.over = True
            return
        if self._closing and not self._output:
            self.over = True
        pending = bool(self._output)
        if pending != self._watched:  # each change is a call of the system
            self._watched = pending
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if pending else 0)
            self._selector.modify(self.connection, events, self)

    def close(self) -> None:
        self._closing = True
        self._flush()

    def fail(self, error: BaseException) -> None:
        self.close()

    def start_tls(self) -> None:
        raise NotImplementedError

    def finish(self) -> None:
        """Close it, and tell the peer."""
        self._selector.unregister(self.connection)
        self.connection.close()
        if self._peer is not None:
            self._peer.closed()
