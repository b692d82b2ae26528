"""What is on its way to a client: as much as its buffer takes now, the rest when it reads."""

from __future__ import annotations

import contextlib
import socket
from collections import deque


class Outbox:
    """Bytes in the order in which they were sent.

    Arguments:
        far: the far end of the connection, non-blocking.

    Attributes:
        size: how many bytes wait.
        closing: whether the stream ends after them.
    """

    def __init__(self, far: socket.socket) -> None:
        self._far = far
        self._pieces: deque[memoryview] = deque()
        self._shut = False
        self.size = 0
        self.closing = False

    def put(self, data: bytes) -> None:
        """Add bytes, and send what the client's buffer takes."""
        if not data or self.closing:
            return
        sent = 0
        if not self._pieces:
            try:
                sent = self._far.send(data)
            except BlockingIOError:
                pass
            except OSError:  # the client is gone
                return
        if sent < len(data):
            self._pieces.append(memoryview(data)[sent:])
            self.size += len(data) - sent

    def close(self) -> None:
        """End the stream after what waits."""
        self.closing = True
        self.flush()

    def flush(self) -> bool:
        """Send what the client's buffer takes, and tell whether nothing is left."""
        pieces = self._pieces
        while pieces:
            try:
                sent = self._far.send(pieces[0])
            except BlockingIOError:
                return False
            except OSError:  # the client is gone
                pieces.clear()
                self.size = 0
                break
            self.size -= sent
            if sent == len(pieces[0]):
                pieces.popleft()
            else:
                pieces[0] = pieces[0][sent:]
        if self.closing and not self._shut:
            self._shut = True
            with contextlib.suppress(OSError):  # the client is gone
                self._far.shutdown(socket.SHUT_WR)
        return True
