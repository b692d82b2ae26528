"""The socket that a connection of http.client is given: it answers out of memory, or relays to the real one.

The client writes its request into it as into any socket. As soon as the head is there (for a call that certainly
passes through), or else the whole request, the sandbox is asked; the answer is what `makefile()` reads.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ref

from bigfoot import context
from bigfoot.interaction import Interaction

from .http import HttpReply, HttpRequest, PassThrough
from .http1 import Message
from .http_callers import answered, normalize
from .http_delivery import Delivery
from .http_faults import refuse
from .http_reply_file import ReplyFile, ScriptedFile
from .http_tee import RawTee, Tee, Watch

if TYPE_CHECKING:
    from http.client import HTTPConnection

R = TypeVar("R")

_UNSET = object()
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_HAS_BODY = re.compile(rb"\n(?:content-length|transfer-encoding):", re.IGNORECASE)


class MemorySocket:
    """One end of a connection whose other end is the sandbox.

    A connection keeps it from request to request, as it keeps a real socket alive.

    Arguments:
        connection: the connection that gets it.
        kept: the real, connected socket whose place it takes for one request.

    Attributes:
        pending: whether a request was begun whose response is not fetched yet.
    """

    # Most requests have no body, and most are answered: they need none of these.
    pending = False
    _sandbox: Any = None
    _message: Message | None = None
    _written: list[bytes]
    _body: list[bytes]
    _request: HttpRequest | None = None
    _interaction: Interaction | None = None
    _real: Any = None  # the real socket, from when the call passes through
    _watch: Watch | None = None
    _timeout: Any = _UNSET

    def __init__(self, connection: HTTPConnection, kept: Any = None) -> None:
        self._connection = ref(connection)  # the connection refers to its socket: no cycle to collect
        self._kept = kept

    def find(self) -> Any | None:
        """Return who answers a request that begins now, or None if it is to reach the real server."""
        return context.active(HttpRequest)

    def dial(self, connection: HTTPConnection) -> None:
        """Connect the connection to the real server; leaves the real socket in `connection.sock`."""
        connection.connect()

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Take a piece of a request."""
        if not isinstance(data, bytes):
            # For anything that is not bytes, this raises the TypeError by which http.client recognizes iterables.
            data = memoryview(data).tobytes()
        connection = self._connection()
        assert connection is not None
        if not self.pending:
            self._sandbox = self.find()
            if self._sandbox is None:  # left over from a sandbox that has ended
                self._connect(connection)
                connection.sock.sendall(data)
                return
            self.pending = True
        try:
            self._take(connection, data)
        except BaseException:
            if self._real is None:  # else a response may come all the same: urllib3 reads it after a broken pipe
                self._give_back(connection)
            raise

    def _take(self, connection: HTTPConnection, data: bytes) -> None:
        message = self._message
        if message is None:
            self._written, self._body = [], []
            if data.endswith(b"\r\n\r\n") and not _HAS_BODY.search(data):
                self._written.append(data)
                self._began(connection, data[:-2])
                self._settle(connection)
                return
            message = self._message = Message()
        piece = message.feed(data)
        if self._real is not None:
            self._relay(data, piece)
            return
        self._written.append(data)
        self._body.append(piece)
        if self._request is None and message.head:
            self._began(connection, message.head)
            if self._interaction is None and not message.complete:
                # The body is still to come: it can go through as a stream if nothing can answer this call.
                self._interaction = self._sandbox.answer(self._request)
                if self._interaction is not None:
                    self._pass_through(connection, self._interaction.answer)
        if message.complete:
            self._settle(connection)

    def _began(self, connection: HTTPConnection, head: bytes) -> None:
        self._interaction = answered()
        if self._interaction is None:
            self._request = normalize(connection, head)
        else:
            self._request = self._interaction.call
            self._follow(connection)

    def _settle(self, connection: HTTPConnection) -> None:
        """Ask for the answer to the whole request, if it is not there yet."""
        request = self._request
        if self._interaction is not None or request is None:
            return
        request.body = b"".join(self._body)
        self._interaction = self._sandbox.answer(request)
        self._follow(connection)

    def _follow(self, connection: HTTPConnection) -> None:
        """Go where the answer leads: to the real server, to an error, or on to `makefile`."""
        assert self._interaction is not None
        answer = self._interaction.answer
        if type(answer) is PassThrough:
            self._pass_through(connection, answer)
        elif type(answer) is Delivery:
            refuse(answer, connection, self.gettimeout())

    def _pass_through(self, connection: HTTPConnection, passed: PassThrough) -> None:
        assert self._request is not None
        self._watch = Watch(passed, self._request.method)
        self._real, self._kept = self._kept, None
        try:
            if self._real is None:
                self._connect(connection)
                self._real, connection.sock = connection.sock, self
                if self._timeout is not _UNSET:
                    self._real.settimeout(self._timeout)
        except BaseException as error:
            passed.fail(error)
            raise
        self._relay(b"".join(self._written), b"".join(self._body))

    def _connect(self, connection: HTTPConnection) -> None:
        connection.sock = None
        with context.outside():
            self.dial(connection)

    def _relay(self, data: bytes, piece: bytes) -> None:
        assert self._interaction is not None and self._request is not None
        passed: PassThrough = self._interaction.answer
        try:
            self._real.sendall(data)
        except BaseException as error:
            passed.fail(error)
            raise
        if piece and self._request.body is None:
            passed.send(piece)

    def fetch(self, fetch: Callable[[], R]) -> R:
        """Let http.client fetch the response, and give the connection the socket that it goes on with.

        Raises:
            Exception: what the request raises because nothing was promised for it, or what `fetch` raises.
        """
        connection = self._connection()
        assert connection is not None
        try:
            self._settle(connection)
            self.pending = False
            response = fetch()
        except BaseException as error:
            if self._watch is not None:
                self._watch.fail(error)
            raise
        finally:
            interaction = self._interaction
            self._give_back(connection)
        if interaction is not None and type(interaction.answer) is HttpReply:
            interaction.done()
        return response

    def _give_back(self, connection: HTTPConnection) -> None:
        """End the exchange: a real socket is the connection's again, this one waits for the next request."""
        if self._real is not None:
            if connection.sock is self:
                connection.sock = self._real
        elif self._kept is not None:
            connection.sock, self._kept = self._kept, None
        self.pending = False
        self._message = self._request = self._interaction = self._watch = None
        self._timeout = _UNSET

    def makefile(self, mode: str = "rb", buffering: int | None = None, **options: Any) -> Any:
        """Return the file that the response is read from."""
        if buffering == 0 and self._awaits_continue():
            return io.BytesIO(_CONTINUE)
        connection = self._connection()
        if connection is not None:
            self._settle(connection)
        if self._watch is not None:
            raw = self._real.makefile("rb", 0)
            return RawTee(raw, self._watch) if buffering == 0 else Tee(raw, self._watch)
        if self._interaction is None or self._request is None:  # nothing was asked yet, so there is nothing to read
            return io.BytesIO()
        answer: HttpReply | Delivery = self._interaction.answer
        if type(answer) is HttpReply:
            return ReplyFile(answer, self._request.method)
        assert type(answer) is Delivery
        late = "The read operation timed out" if self._request.url.startswith("https:") else "timed out"
        return io.BufferedReader(ScriptedFile(answer, self._request.method, self.gettimeout(), late))

    def _awaits_continue(self) -> bool:
        message = self._message
        waiting = message is not None and b"100-continue" in message.head and not message.complete
        return waiting and self._real is None

    def close(self) -> None:
        """Close the connection; a request that was not answered yet ends here."""
        if self._real is not None:
            self._real.close()
            if self.pending and self._watch is not None:
                self._watch.end()
        elif self.pending and self._kept is not None:
            self._kept.close()

    # Whatever else clients ask of a socket.

    def settimeout(self, timeout: float | None) -> None:
        """Set the timeout in seconds; it comes into force where the call passes through."""
        self._timeout = timeout
        if self._real is not None:
            self._real.settimeout(timeout)

    def gettimeout(self) -> float | None:
        """Return the timeout in seconds; None for none."""
        connection = self._connection()
        timeout = connection.timeout if self._timeout is _UNSET and connection is not None else self._timeout
        if timeout is None or isinstance(timeout, (int, float)):
            return timeout
        import socket

        return socket.getdefaulttimeout()  # http.client and urllib3 have an object of their own for this

    def fileno(self) -> int:
        """Return a file descriptor that is readable while there is an answer to read, and is never read from."""
        if self._real is not None:
            number: int = self._real.fileno()
            return number
        # urllib3 takes an idle connection that is readable for a dropped one; botocore waits for 100 Continue.
        return _descriptors()[self.pending]

    def shutdown(self, how: int) -> None:
        """Shut the connection down."""
        if self._real is not None:
            self._real.shutdown(how)

    def setsockopt(self, *option: Any) -> None:
        """Set an option, on the real socket if there is one."""
        if self._real is not None:
            self._real.setsockopt(*option)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or self._real is None:
            raise AttributeError(f"a mocked connection has no {name!r}")
        return getattr(self._real, name)


@functools.cache
def _descriptors() -> tuple[int, int]:
    """Return two file descriptors for the whole process: one never readable, one always."""
    import socket

    with context.outside():
        quiet, ready = socket.socketpair()
    quiet.sendall(b"\0")
    return quiet.detach(), ready.detach()
