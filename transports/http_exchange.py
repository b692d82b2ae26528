"""The socket that a connection of http.client is given: it answers out of memory, or relays to the real one.

The client writes its request into it as into any socket. As soon as the head is there (for a call that certainly
passes through), or else the whole request, the sandbox is asked; the answer is what `makefile()` reads.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import ref

from bigfoot import context
from bigfoot.interaction import Interaction

from .http import HttpReply, HttpRequest, PassThrough
from .http1 import Message
from .http_callers import answered, normalize, refused
from .http_delivery import Delivery
from .http_faults import refuse
from .http_reply_file import ReplyFile, ScriptedFile
from .http_socket import SocketFace
from .http_tee import note

if TYPE_CHECKING:
    from http.client import HTTPConnection

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_HAS_BODY = re.compile(rb"\n(?:content-length|transfer-encoding):", re.IGNORECASE)


class MemorySocket(SocketFace):
    """One end of a connection whose other end is the sandbox.

    A connection keeps it from request to request, as it keeps a real socket alive.

    Arguments:
        connection: the connection that gets it.
        kept: the real, connected socket whose place it takes for one request.

    Attributes:
        raised: what the answer to the last request raised, until somebody heard it.
    """

    # Most requests have no body, and most are answered: they need none of these.
    raised: BaseException | None = None
    _served = False
    _sandbox: Any = None
    _message: Message | None = None
    _written: list[bytes]
    _body: list[bytes]
    _request: HttpRequest | None = None
    _interaction: Interaction | None = None
    _passed: PassThrough | None = None

    def __init__(self, connection: HTTPConnection, kept: Any = None) -> None:
        super().__init__(connection)
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
            self.pending, self.raised = True, None
        try:
            self._take(connection, data)
        except BaseException as error:
            if self.real is None:  # else a response may come all the same: urllib3 reads it after a broken pipe
                self._give_back(connection)
            if error is self.raised and isinstance(error, TypeError):
                return  # http.client would take it for an answer to its own question whether it can send the data
            raise

    def check(self) -> None:
        """Raise what the answer to the request raised, where `sendall` could not, or was not heard."""
        error, self.raised = self.raised, None
        if error is not None:
            raise error

    def _take(self, connection: HTTPConnection, data: bytes) -> None:
        message = self._message
        if message is None and self._request is not None:  # more than the head announced
            if self.real is not None:
                self.real.sendall(data)
            return
        if message is None:
            self._written, self._body = [], []
            if data.endswith(b"\r\n\r\n") and not _HAS_BODY.search(data):
                self._written.append(data)
                self._began(connection, data[:-2])
                self._settle(connection)
                return
            message = self._message = Message()
        piece = message.feed(data)
        if self.real is not None:
            self._relay(data, piece)
            return
        self._written.append(data)
        self._body.append(piece)
        if self._request is None and message.head:
            request = self._began(connection, message.head)
            if self._interaction is None and not message.complete:
                # The body is still to come: it can go through as a stream if nothing can answer this call.
                self._interaction = self._ask(request)
                if self._interaction is not None:
                    self._follow(connection)
        if message.complete:
            self._settle(connection)

    def _began(self, connection: HTTPConnection, head: bytes) -> HttpRequest:
        interaction = self._interaction = answered()
        request: HttpRequest = normalize(connection, head) if interaction is None else interaction.call
        self._request = request
        if request.facts is not None:
            request.facts.pooled = self._served or self._kept is not None
        self._served = True
        if interaction is not None:
            self._follow(connection)
        return request

    def _ask(self, request: HttpRequest) -> Interaction | None:
        try:
            interaction: Interaction | None = self._sandbox.answer(request)
        except BaseException as error:
            refused(error)
            self.raised = error  # urllib3 ignores that a connection was reset, and reads a response all the same
            raise
        return interaction

    def _settle(self, connection: HTTPConnection) -> None:
        """Ask for the answer to the whole request, if it is not there yet."""
        request = self._request
        if self._interaction is not None or request is None:
            return
        request.body = b"".join(self._body)
        self._interaction = self._ask(request)
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
        self._passed = passed
        self.real, self._kept = self._kept, None
        try:
            if self.real is None:
                self._connect(connection)
                self.real, connection.sock = connection.sock, self
                self._hand_on_options(self.real)
        except BaseException as error:
            passed.fail(error)
            raise
        self._relay(b"".join(self._written), b"".join(self._body))

    def _connect(self, connection: HTTPConnection) -> None:
        connection.sock = None
        with context.outside():
            self.dial(connection)

    def _relay(self, data: bytes, piece: bytes) -> None:
        assert self._passed is not None and self._request is not None
        try:
            self.real.sendall(data)
        except BaseException as error:
            self._passed.fail(error)
            raise
        if piece and self._request.body is None:
            self._passed.send(piece)

    def fetch(self, fetch: Callable[[], Any]) -> Any:
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
            if self._passed is not None:
                self._passed.fail(error)
            raise
        finally:
            interaction, passed = self._interaction, self._passed
            self._give_back(connection)
        if passed is not None:
            note(response, passed)
        elif interaction is not None and type(interaction.answer) is HttpReply:
            interaction.done()
        return response

    def _give_back(self, connection: HTTPConnection) -> None:
        """End the exchange: a real socket is the connection's again, this one waits for the next request."""
        if self.real is not None:
            if connection.sock is self:
                connection.sock = self.real
        elif self._kept is not None:
            connection.sock, self._kept = self._kept, None
        self.pending = False
        self._message = self._request = self._interaction = self._passed = None
        self._forget_options()

    def makefile(self, mode: str = "rb", buffering: int | None = None, **options: Any) -> Any:
        """Return the file that the response is read from."""
        if buffering == 0 and self._awaits_continue():
            return io.BytesIO(_CONTINUE)
        self.check()
        connection = self._connection()
        if connection is not None:
            self._settle(connection)
        if self.real is not None:
            return self.real.makefile(mode, buffering, **options)
        if self._interaction is None or self._request is None:  # nothing was asked yet, so there is nothing to read
            return io.BytesIO()
        answer: HttpReply | Delivery = self._interaction.answer
        if type(answer) is HttpReply:
            file = ReplyFile(answer, self._request.method)
            if self._request.facts is not None:
                self._request.facts.response = ref(file)
            return file
        assert type(answer) is Delivery
        late = "The read operation timed out" if self._request.url.startswith("https:") else "timed out"
        return io.BufferedReader(ScriptedFile(answer, self._request.method, self.gettimeout(), late))

    def _awaits_continue(self) -> bool:
        message = self._message
        waiting = message is not None and b"100-continue" in message.head and not message.complete
        return waiting and self.real is None

    def close(self) -> None:
        """Close the connection; a request that was not answered yet ends here."""
        if self.real is not None:
            self.real.close()
            if self.pending and self._passed is not None:
                self._passed.done()
        elif self.pending and self._kept is not None:
            self._kept.close()
