"""The peer's side of a claimed connection: what a peer does, and what it can know."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

from bigfoot.errors import BigfootError
from bigfoot.origin import Origin

from . import kernel, names
from .company import Company
from .dial import Dial, Peer, Wire
from .layer import Layer
from .outbox import Outbox


class Line(Wire):
    """One end is the client's file descriptor, the other is the peer.

    Arguments:
        dial: the attempt.
        sandbox: who answers it.
        far: the far end of the carrier; non-blocking from here on.
        fd: the client's file descriptor.
        inline: whether the client's calls are methods of a socket object, at which it is pumped.
        raises: whether an exception may go up through those calls.

    Attributes:
        peer_name: what `getpeername` shows: the host as it was dialled.
        own_name: what `getsockname` shows.
        fds: the client's file descriptors: one, and more where it was duplicated.
        lock: held while it is pumped.
        over: whether both ends are closed.
        peer: who answers; None while the first bytes have to tell.
        options: what was set for TCP, which the carrier may not be.
        buffered: returns how many bytes the client's own TLS has decrypted and not handed over.
        known: whether somebody was told the client's descriptor, and may write to it past the client's methods.
        shut: whether the client has shut anything down: what may be sent is the kernel's to say.
        retire: called when it is over; whoever watches the far end must let go of it before it is closed.
    """

    def __init__(self, dial: Dial, sandbox: Any, far: socket.socket, fd: int, *, inline: bool, raises: bool) -> None:
        self.dial = dial
        self.sandbox = sandbox
        self.far = far
        self.peer_name, self.own_name = names.shown(dial, fd)
        self.fds = {fd}
        self.inline = self.seen = inline
        self.raises = inline and raises
        self.lock = threading.RLock()
        self.over = False
        self.peer: Peer | None = None
        self.options: dict[tuple[int, int], Any] = {}
        self.buffered: Callable[[], int] = int
        self.retire: Callable[[], None] = far.close
        self.known = self.shut = False
        self._outbox = Outbox(far)
        self._layer = Layer(dial, self._outbox.put)
        self._company = Company()
        self._fault: BaseException | None = None  # what the client's next read raises
        self._broken = False
        self._asks = True  # whether the peer wants to know of a read that may block
        self._counts = True  # whether it wants to know what the client has taken
        self._drains = False  # whether it wants to know when that is all
        self._ended = False
        self._file = kernel.identity(fd)
        far.setblocking(False)

    def begin(self, peer: Peer | None) -> None:
        """Connect the client to its peer; None while the first bytes have to tell who that is."""
        with self.lock:
            self.peer = peer
            if peer is not None:
                kind = type(peer)
                self._asks = kind.reading is not Peer.reading
                self._drains = kind.drained is not Peer.drained
                self._counts = self._drains or kind.delivered is not Peer.delivered
                peer.connected(self)

    def _ask(self, first: bytes) -> None:
        """Ask again who answers: now it is known what the client says first."""
        self.dial.first = first
        self.dial.secure = self._layer.server is not None
        self.peer = Peer()
        self.peer.connected(self)  # refused once is enough
        peer = self.sandbox.answer(self.dial)
        if not isinstance(peer, Peer):
            raise TypeError(f"a dial whose first bytes are known is answered with a peer, not with {peer!r}")
        self.begin(peer)

    def send(self, data: bytes) -> None:
        if self._layer.clear:
            self._outbox.put(data)
        else:
            self._layer.send(data)

    def close(self) -> None:
        if not self._outbox.closing:
            self._layer.close()
        self._outbox.close()

    def fail(self, error: BaseException) -> None:
        # A loop gets the end of a stream, or silence, as it gets them from the system.
        if self.seen and (self.raises or not isinstance(error, (EOFError, TimeoutError))):
            self._fault = error
        if isinstance(error, EOFError):
            self.close()
        elif not isinstance(error, TimeoutError):
            self._broken = True
            self.flush()

    def start_tls(self) -> None:
        self._layer.expect()

    @property
    def unread(self) -> int:
        # A copy, as another thread may close a descriptor meanwhile.
        return self._outbox.size + kernel.waiting(tuple(self.fds)) + self.buffered()

    @property
    def origin(self) -> Origin | None:
        # A loop reads on its own account: whoever runs the loop did not call. The one who dialled did.
        call = self.calling
        return self.dial.origin if call is None or (call.stream and call.name == "recv") else None

    @property
    def alone(self) -> bool:
        return self.inline and self._company.absent

    def flush(self) -> None:
        """Hand over as much as the client's buffer takes."""
        if not self._outbox.size and not self._broken:
            return
        with self.lock:
            if self._outbox.flush() and self._broken and not self.over:
                self.over = True
                kernel.prepare_reset(self.far, self.fds)
                self.retire()

    def _keep(self, error: BaseException) -> None:
        """Break the connection, for the verdict to say why: nobody is there that the error could be raised to."""
        verifier = self.sandbox.verifier
        if not isinstance(error, BigfootError):
            told = BigfootError(f"The peer of {self.dial.url} failed: {type(error).__name__}: {error}")
            told.__cause__ = error
            verifier.refuse(told)
        elif error not in verifier.verdict.breaches:
            verifier.refuse(error)
        self.fail(error)
