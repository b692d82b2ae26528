"""A server on loopback that says exactly what it is told, when it is told to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 10  # seconds; only a failing test ever waits so long


class Speaker:
    """One connection after the other, each answered with the same pieces.

    Attributes:
        port: where it listens.
        heard: what each connection's client said before the first piece, in bytes.
        said: how many pieces were sent in all.
        connections: how many connections there were.
    """

    def __init__(self, pieces: tuple[bytes, ...], prompted: bool) -> None:
        self.heard: list[bytes] = []
        self.said = 0
        self.connections = 0
        self._pieces = pieces
        self._prompted = prompted
        self._prompts = threading.Semaphore(0)
        self._ending = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def go_on(self, pieces: int = 1) -> None:
        """Let it say the next pieces."""
        for _ in range(pieces):
            self._prompts.release()

    def run(self) -> None:
        """Serve until `end`."""
        while True:
            connection, _ = self._listener.accept()
            with connection:
                if self._ending:
                    return
                self.connections += 1
                connection.settimeout(PATIENCE)
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        heard = b""
        while b"\r\n\r\n" not in heard:
            piece = connection.recv(65536)
            if not piece:
                return
            heard += piece
        self.heard.append(heard)
        for piece in self._pieces:
            if self._prompted and not self._prompts.acquire(timeout=PATIENCE):
                return
            connection.sendall(piece)
            self.said += 1

    def end(self) -> None:
        """Stop serving."""
        self._ending = True
        socket.create_connection(("127.0.0.1", self.port)).close()


@contextmanager
def speaker(*pieces: bytes, prompted: bool = False) -> Iterator[Speaker]:
    """Run a server that answers each connection with these pieces and closes it.

    Arguments:
        pieces: the bytes, each sent at once.
        prompted: whether each piece waits for `go_on`.
    """
    speaking = Speaker(pieces, prompted)
    thread = threading.Thread(target=speaking.run)
    thread.start()
    try:
        yield speaking
    finally:
        speaking.go_on(len(pieces))
        speaking.end()
        thread.join(PATIENCE)
        speaking._listener.close()
