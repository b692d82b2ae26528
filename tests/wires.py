"""A connection with nobody at the other end: for a peer's tests by bytes alone."""

from __future__ import annotations

from bigfoot.origin import Origin
from bigfoot.transports.dial import Dial, Wire


class Line(Wire):
    """A blocking client's wire that keeps what a peer does to it."""

    def __init__(self, host: str, port: int, *, raises: bool = False) -> None:
        self.dial = Dial(host, port)
        self.raises = raises
        self.sent = b""
        self.closed = 0
        self.failed: list[BaseException] = []

    @property
    def alone(self) -> bool:
        return True

    @property
    def unread(self) -> int:
        return len(self.sent)

    @property
    def origin(self) -> Origin | None:
        return None

    def send(self, data: bytes) -> None:
        self.sent += data

    def close(self) -> None:
        self.closed += 1

    def fail(self, error: BaseException) -> None:
        self.failed.append(error)

    def taken(self) -> bytes:
        sent, self.sent = self.sent, b""
        return sent
