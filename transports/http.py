"""The shapes that the HTTP seams share: a request that goes in, and the two answers that come out.

A seam builds an `HttpRequest`, asks the active sandbox, and gets an `Interaction` whose `answer` is either an
`HttpReply` (a mock: make the library's own response from it) or a `PassThrough` (make the real call, and tell it
what is seen on the way). Where the request's body is not there yet, the seam asks with `body=None` first: the
sandbox answers None when it wants the body before it decides, and an interaction when the call certainly passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from bigfoot.interaction import Interaction
from bigfoot.origin import Origin

RawHeaders = Sequence[tuple[bytes, bytes]]

REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
RECORDED_BYTES = 1024 * 1024


class HttpRequest:
    """A request as it is about to go on the wire.

    Attributes:
        client: the import name of the library that the code called: `"httpx"`, `"requests"`, ...
        method: as sent, such as `"GET"`.
        url: absolute, without fragment.
        headers: (name, value) pairs in wire order and case.
        body: the body without transfer coding, or None while it is not read.
        defaults: returns what this client adds by itself: lower-case header name to the values it may have.
        origin: the calling line, where the seam knows better than the stack at the time of asking.
    """

    __slots__ = ("body", "client", "defaults", "headers", "method", "origin", "url")

    def __init__(
        self,
        client: str,
        method: str,
        url: str,
        headers: RawHeaders,
        body: bytes | None,
        defaults: Callable[[], Mapping[str, Sequence[str]]],
        origin: Origin | None = None,
    ) -> None:
        self.client = client
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.defaults = defaults
        self.origin = origin


class HttpReply:
    """What a mock answers with; shared by all calls that it answers, so never changed.

    Attributes:
        status: the status code.
        reason: the reason phrase in bytes, possibly empty.
        headers: (name, value) pairs as they go on the wire, Content-Length included.
        body: the body without transfer coding.
    """

    __slots__ = ("_wire", "body", "headers", "reason", "status")

    def __init__(self, status: int, headers: RawHeaders, body: bytes, reason: bytes | None = None) -> None:
        self.status = status
        self.reason = REASONS.get(status, b"") if reason is None else reason
        self.headers = headers
        self.body = body
        self._wire: bytes | None = None

    def body_for(self, method: str) -> bytes:
        """Return the body that follows the head when the request had this method."""
        return b"" if bodiless(method, self.status) else self.body

    def wire(self, method: str) -> bytes:
        """Return the reply as one HTTP/1.1 message, for clients that read bytes."""
        if bodiless(method, self.status):
            return self._head()
        if self._wire is None:
            chunked = any(
                name.lower() == b"transfer-encoding" and value.lower().endswith(b"chunked")
                for name, value in self.headers
            )
            self._wire = self._head() + (chunk_coded((self.body,)) if chunked else self.body)
        return self._wire

    def _head(self) -> bytes:
        lines = [b"HTTP/1.1 %d %s" % (self.status, self.reason)]
        lines += [b"%s: %s" % pair for pair in self.headers]
        return b"\r\n".join((*lines, b"", b""))


class PassThrough:
    """A call that goes to the real world, and what was seen of it on the way.

    Bodies are never held back from the application; of each, the first `RECORDED_BYTES` are kept.
    """

    __slots__ = (
        "error",
        "headers",
        "interaction",
        "reason",
        "received",
        "received_size",
        "sent",
        "sent_size",
        "status",
    )

    def __init__(self) -> None:
        self.interaction: Interaction | None = None
        self.status: int | None = None
        self.reason = b""
        self.headers: RawHeaders = ()
        self.sent = bytearray()
        self.sent_size = 0
        self.received = bytearray()
        self.received_size = 0
        self.error: BaseException | None = None

    def send(self, data: bytes) -> None:
        """Note a piece of the request's body, as the client sent it."""
        if self.sent_size < RECORDED_BYTES:
            self.sent += data[: RECORDED_BYTES - self.sent_size]
        self.sent_size += len(data)

    def respond(self, status: int, reason: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Note the head of the real response."""
        self.status = status
        self.reason = reason
        self.headers = tuple(headers)

    def receive(self, data: bytes | bytearray | memoryview) -> None:
        """Note a piece of the response's body, without transfer coding."""
        if self.received_size < RECORDED_BYTES:
            self.received += data[: RECORDED_BYTES - self.received_size]
        self.received_size += len(data)

    def fail(self, error: BaseException) -> None:
        """Note that the real call ended in an exception; it goes on to the application unchanged."""
        self.error = error
        self.done()

    def done(self) -> None:
        """Stamp the duration of the interaction: the response is read, closed or failed."""
        interaction, self.interaction = self.interaction, None  # and let go: the two refer to each other
        if interaction is not None:
            interaction.done()


def bodiless(method: str, status: int) -> bool:
    """Tell whether a response to this method with this status has no body on the wire."""
    return method == "HEAD" or status in (204, 304) or 100 <= status < 200


def chunk_coded(pieces: Iterable[bytes]) -> bytes:
    """Return the pieces as a body in chunked transfer coding, last chunk included."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"


def raw_headers(pairs: Iterable[tuple[Any, Any]]) -> RawHeaders:
    """Return (name, value) pairs of text or bytes as bytes."""
    return tuple(
        (
            n if isinstance(n, bytes) else str(n).encode("latin-1"),
            v if isinstance(v, bytes) else str(v).encode("latin-1"),
        )
        for n, v in pairs
    )
