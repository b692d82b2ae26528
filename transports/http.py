"""The shapes that the HTTP seams share: a request that goes in, and the two answers that come out.

A seam builds an `HttpRequest`, asks the active sandbox, and gets an `Interaction` whose `answer` is one of three:
an `HttpReply` (a mock: make the library's own response from it), a `Delivery` (a mock's reply with pauses, pieces or
faults; see `http_delivery`), or a `PassThrough` (make the real call, and tell it what is seen on the way). A request to
upgrade the connection may get `BELOW`, which is no interaction of HTTP. Where the
request's body is not there yet, the seam asks with `body=None` first: the sandbox answers None when it wants the body
before it decides, and an interaction when the call certainly passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from bigfoot.interaction import Interaction
from bigfoot.origin import Origin

if TYPE_CHECKING:
    from .http_facts import Facts
    from .http_script import Delay, Fault, Pieces

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
        awaits: whether the seam can await the answer (`Deferred`, async streams).
        facts: what the seam knows of the connection, or None.
        origin: the calling line, where the seam knows better than the stack at the time of asking.
        named: returns the values of the named parts of a URL, where a pattern answered it; or None.
    """

    source_id = "http:request"  # what errors call it
    __slots__ = ("awaits", "body", "client", "defaults", "facts", "headers", "method", "named", "origin", "url")

    def __init__(
        self,
        client: str,
        method: str,
        url: str,
        headers: RawHeaders,
        body: bytes | None,
        defaults: Callable[[], Mapping[str, Sequence[str]]],
        origin: Origin | None = None,
        awaits: bool = False,
        facts: Facts | None = None,
    ) -> None:
        self.client = client
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.defaults = defaults
        self.origin = origin
        self.awaits = awaits
        self.facts = facts
        self.named: Callable[[str], Mapping[str, str]] | None = None


class HttpReply:
    """What a mock answers with; shared by all calls that it answers, so never changed.

    Attributes:
        status: the status code.
        reason: the reason phrase in bytes, possibly empty.
        headers: (name, value) pairs as they go on the wire, Content-Length included.
        body: the body without transfer coding.
        delay: a pause before the reply, or None.
        fault: what the wire does instead of the reply, or None.
        stream: the script of a body that comes in pieces, or None.
        interim: the 1xx responses before it, as (status, headers).
        trailers: the fields after the last chunk.
        plain: whether it comes at once and whole, and any client takes it; if not, each call gets a `Delivery` of it.
            Found out where the maker does not know.
        prepared: what a seam makes of it once for all calls, by the name of its library.
    """

    __slots__ = (
        "_wire",
        "body",
        "delay",
        "fault",
        "headers",
        "interim",
        "plain",
        "prepared",
        "reason",
        "status",
        "stream",
        "trailers",
    )

    def __init__(
        self,
        status: int,
        headers: RawHeaders,
        body: bytes,
        reason: bytes | None = None,
        *,
        delay: Delay | None = None,
        fault: Fault | None = None,
        stream: Pieces | None = None,
        interim: Sequence[tuple[int, RawHeaders]] = (),
        trailers: RawHeaders = (),
        plain: bool | None = None,
    ) -> None:
        self.status = status
        self.reason = REASONS.get(status, b"") if reason is None else reason
        self.headers = headers
        self.body = body
        self.delay = delay
        self.fault = fault
        self.stream = stream
        self.interim = interim
        self.trailers = trailers
        self._wire: bytes | None = None
        self.prepared: dict[str, Any] = {}
        if plain is None:
            scripted = delay or fault or stream or interim or trailers
            plain = not scripted and self.declared_length() in (None, len(body)) and _modest(headers)
        self.plain = plain

    def body_for(self, method: str) -> bytes:
        """Return the body that follows the head when the request had this method."""
        return b"" if bodiless(method, self.status) else self.body

    def wire(self, method: str) -> bytes:
        """Return a plain reply as one HTTP/1.1 message, for clients that read bytes."""
        if bodiless(method, self.status):
            return self.head(method)
        if self._wire is None:
            coded = chunk_coded((self.body,)) if self.chunked() else self.body
            self._wire = self.head(method) + coded
        return self._wire

    def head(self, method: str) -> bytes:
        """Return the head of the reply in bytes, 1xx responses first."""
        heads = [*((status, REASONS.get(status, b""), headers) for status, headers in self.interim)]
        heads.append((self.status, self.reason, self.headers))
        lines = []
        for status, reason, headers in heads:
            lines += [b"HTTP/1.1 %d %s" % (status, reason), *(b"%s: %s" % pair for pair in headers), b""]
        return b"\r\n".join((*lines, b""))

    def chunked(self) -> bool:
        """Tell whether the body goes in chunked transfer coding."""
        return any(
            name.lower() == b"transfer-encoding" and value.lower().endswith(b"chunked") for name, value in self.headers
        )

    def last_chunk(self) -> bytes:
        """Return the end of a body in chunked transfer coding, with the trailers."""
        return b"0\r\n" + b"".join(b"%s: %s\r\n" % pair for pair in self.trailers) + b"\r\n"

    def declared_length(self) -> int | None:
        """Return the Content-Length that the headers declare, or None."""
        for name, value in self.headers:
            if name.lower() == b"content-length" and value.isdigit():
                return int(value)
        return None


def _modest(headers: RawHeaders) -> bool:
    """Tell whether every client takes so many header fields, of such a length; http.client does not take any."""
    return len(headers) < 100 and sum([len(value) for _, value in headers]) < 60_000


class Below:
    """The answer to a request for another protocol (WebSocket) that something is scripted for on sockets.

    The seam makes the real call, inside the sandbox: the socket that it dials is the one that is answered.
    """

    __slots__ = ()


BELOW: Final = Below()


class Excerpt:
    """The beginning of a body, up to the recording cap, and how much there was.

    Attributes:
        data: the first `RECORDED_BYTES` bytes.
        size: the number of bytes in all.
    """

    __slots__ = ("data", "size")

    def __init__(self) -> None:
        self.data = bytearray()
        self.size = 0

    def add(self, piece: bytes | bytearray | memoryview) -> None:
        """Note a piece."""
        if self.size < RECORDED_BYTES:
            self.data += piece[: RECORDED_BYTES - self.size]
        self.size += len(piece)


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
        "sent",
        "status",
        "version",
    )

    def __init__(self) -> None:
        self.interaction: Interaction | None = None
        self.status: int | None = None
        self.reason = b""
        self.version = ""
        self.headers: RawHeaders = ()
        self.sent = Excerpt()
        self.received = Excerpt()
        self.error: BaseException | None = None

    def send(self, data: bytes) -> None:
        """Note a piece of the request's body, as the client sent it."""
        self.sent.add(data)

    def respond(
        self, status: int, reason: bytes, headers: Iterable[tuple[bytes, bytes]], version: str = "HTTP/1.1"
    ) -> None:
        """Note the head of the real response."""
        self.status = status
        self.version = version
        self.reason = reason
        self.headers = tuple(headers)

    def receive(self, data: bytes | bytearray | memoryview) -> None:
        """Note a piece of the response's body, without transfer coding."""
        self.received.add(data)

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
