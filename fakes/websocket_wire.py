"""The server's end of RFC 6455 in the words of a script: handshakes, messages, pings and closings instead of frames.

The frames are made and read by the sans-I/O half of `websockets`. It is imported when the first connection comes:
the same package holds a client.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from websockets.http11 import Response

ABNORMAL = 1006  # stands for "no close frame came", and is never sent
NO_STATUS = 1005  # stands for a close frame without a code, and is never sent
INTERNAL_ERROR = 1011
_INVALID_DATA = 1007
_LONGEST_REASON = 123  # bytes
_CONTINUATION, _BINARY, _CLOSE, _PING = 0, 2, 8, 9  # opcodes; text is 1
_CONNECTING, _OPEN = 0, 1  # states of the protocol


class Handshake(NamedTuple):
    """A request to open a connection.

    Attributes:
        target: the path and the query.
        headers: (name, value) pairs as on the wire.
    """

    target: str
    headers: Sequence[tuple[str, str]]


class Message(NamedTuple):
    """A whole message.

    Attributes:
        data: its bytes; of text, in UTF-8.
        binary: whether it is binary, and not text.
    """

    data: bytes
    binary: bool


class Ping(NamedTuple):
    """A ping; its pong is on the way."""

    data: bytes


class Closing(NamedTuple):
    """A close frame; if it is the first one, its answer is on the way."""

    code: int
    reason: str


Event = Handshake | Message | Ping | Closing


class _Silent(logging.Logger):
    """Says nothing: what the far end of a test has to log is no business of its logs."""

    def isEnabledFor(self, level: int) -> bool:
        return False


_LOGGER = _Silent("bigfoot.websocket")


class Endpoint:
    """One connection, from the handshake on. Does no I/O: what it has to send is fetched with `outgoing`."""

    def __init__(self) -> None:
        from websockets.extensions.permessage_deflate import enable_server_permessage_deflate
        from websockets.server import ServerProtocol

        extensions = enable_server_permessage_deflate(None)  # as `websockets.serve` does
        self._protocol = ServerProtocol(extensions=extensions, max_size=None, logger=_LOGGER)
        self._response: Response | None = None
        self._pieces: list[bytes] = []
        self._binary = False

    @property
    def sound(self) -> bool:
        """Whether any server would accept the handshake."""
        return self._response is not None and self._response.status_code == 101

    def decline(self) -> None:
        """Answer a handshake that is not sound, as any server does."""
        assert self._response is not None
        self._protocol.send_response(self._response)

    @property
    def accepted(self) -> bool:
        """Whether the connection was opened, whatever has become of it."""
        return self._protocol.state != _CONNECTING

    @property
    def open(self) -> bool:
        """Whether messages can be sent."""
        return self._protocol.state == _OPEN

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes of the client, in pieces of any size, and return what they complete."""
        self._protocol.receive_data(data)
        events = [self._event(event) for event in self._protocol.events_received()]
        return [event for event in events if event is not None]

    def receive_eof(self) -> None:
        """Note that nothing follows."""
        self._protocol.receive_eof()

    def _event(self, event: Any) -> Event | None:
        opcode = getattr(event, "opcode", None)
        if opcode is None:
            return self._handshake(event)
        if opcode <= _BINARY:
            return self._message(event, opcode)
        if opcode == _PING:
            return Ping(bytes(event.data))
        if opcode == _CLOSE:
            received = self._protocol.close_rcvd
            assert received is not None
            return Closing(int(received.code), received.reason)
        return None  # a pong

    def _handshake(self, request: Any) -> Handshake:
        self._response = self._protocol.accept(request)
        return Handshake(request.path, list(request.headers.raw_items()))

    def _message(self, frame: Any, opcode: int) -> Message | None:
        if opcode != _CONTINUATION:
            self._binary = opcode == _BINARY
            self._pieces.clear()
        self._pieces.append(bytes(frame.data))
        if not frame.fin:
            return None
        data = b"".join(self._pieces)
        self._pieces.clear()
        if not self._binary:
            try:
                data.decode()
            except UnicodeDecodeError as error:
                self._protocol.fail(_INVALID_DATA, f"{error.reason} at position {error.start}")
                return None
        return Message(data, self._binary)

    def accept(self, subprotocol: str | None, headers: Sequence[tuple[str, str]]) -> None:
        """Open the connection that the client asked for."""
        response = self._response
        assert response is not None
        if subprotocol is not None:
            response.headers["Sec-WebSocket-Protocol"] = subprotocol
        for name, value in headers:
            response.headers[name] = value  # adds to those of the same name
        self._protocol.send_response(response)

    def send(self, fragments: Sequence[bytes], *, binary: bool) -> None:
        """Send a message, in as many frames as there are fragments."""
        if not self.open:
            return
        first, *rest = fragments
        start = self._protocol.send_binary if binary else self._protocol.send_text
        start(first, fin=not rest)
        for number, fragment in enumerate(rest, 1):
            self._protocol.send_continuation(fragment, fin=number == len(rest))

    def ping(self, data: bytes) -> None:
        """Send a ping."""
        if self.open:
            self._protocol.send_ping(data)

    def close(self, code: int | None, reason: str) -> None:
        """Begin to close; without a code, the close frame is empty."""
        if self.open:
            self._protocol.send_close(code, reason)

    def fail(self, reason: str) -> None:
        """Close at once, for an internal error."""
        self._protocol.fail(INTERNAL_ERROR, shortened(reason))

    def withhold(self) -> None:
        """Do not send what is on the way by itself: a pong, or the answer to a close frame."""
        self._protocol.data_to_send()

    def outgoing(self) -> tuple[bytes, bool]:
        """Return what is to be sent, and whether the stream ends after it."""
        pieces = self._protocol.data_to_send()
        return b"".join(pieces), b"" in pieces


def shortened(reason: str) -> str:
    """Return a reason as far as it fits into a close frame."""
    return reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


def fits(reason: str) -> bool:
    """Tell whether a reason fits into a close frame."""
    return len(reason.encode()) <= _LONGEST_REASON
