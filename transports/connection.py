"""A claimed connection: what the client writes goes to the peer, what the peer sends goes to the client.

It is pumped in the client's own thread, at the client's own calls, where those are seen; else by the pump thread.
The lock is the connection's own, so that any thread may call.
"""

from __future__ import annotations

import selectors
import sys
import time
from threading import get_ident

from bigfoot.errors import BigfootError, EndlessWaitError

from . import kernel
from .dial import Call
from .line import Line

_PIECE = 64 * 1024  # bytes
_WRITES = frozenset({"send", "sendall", "sendto"})
_PATIENCE = 1000  # naps of a millisecond, so that a busy machine gives the other threads their turns all the same


class Connection(Line):
    """The client's side: what its calls do."""

    @property
    def events(self) -> int:
        """What the pump thread waits for: bytes until the client has ended, room while something is pending."""
        if self.over:
            return 0
        return (0 if self._ended else selectors.EVENT_READ) | (selectors.EVENT_WRITE if self._outbox.size else 0)

    @property
    def polls(self) -> bool:
        """Whether something can happen that no event of the far end tells: the client has taken all, or closed."""
        return not self.over and (self._ended or self._drains)

    @property
    def awaits_tls(self) -> bool:
        """Whether the next that the client says may be a ClientHello."""
        return not self._ended and self._layer.awaits_tls

    def pump(self, call: Call | None = None, data: bytes = b"") -> bool:
        """Move what the client has written to the peer, and what the peer sends to the client.

        Arguments:
            call: the client's call that is under way.
            data: what it writes, where it has not been written yet; it then need not go through the kernel.

        Returns:
            bool: False if the data has to be written first.

        Raises:
            BaseException: whatever the peer raises, where that may go up through the client.
        """
        with self.lock:
            peer = self.peer
            if data and not (peer is not None and self._is_direct()):
                return False
            outer, self.calling = self.calling, call
            try:
                if data and peer is not None:
                    peer.received(data)
                    self.flush()
                else:
                    self._move()
            except BaseException as error:
                if self.raises:
                    raise
                self._keep(error)
            finally:
                self.calling = outer
            return True

    def _is_direct(self) -> bool:
        """Whether the peer may be given what the client has not written yet: nothing comes before that."""
        if self.over or self._ended or self.shut or not self._layer.clear:
            return False
        return not (self.known and kernel.waiting((self.far.fileno(),)))

    def _move(self) -> None:
        while not (self._ended or self.over):
            try:
                data = self.far.recv(_PIECE)
            except BlockingIOError:
                break
            except OSError:  # the client has closed with something unread
                data = b""
            if data and self._layer.clear and self.peer is not None:
                self.peer.received(data)
            elif data or self.dial.kind == "datagram":
                self._take(data)
            else:
                self._end()
            if len(data) < _PIECE and self.calling is not None and self.calling.name in _WRITES:
                break  # that was all of it; the next call asks again
        self.flush()

    def serve(self) -> None:
        """Do all that can be done, where nobody sees the client's calls; nothing is raised."""
        with self.lock:
            if self.over:
                return
            try:
                self._move()
                self.settle()
            except BaseException as error:
                if not isinstance(error, Exception):
                    raise
                self._keep(error)
            if self._ended:
                for fd in list(self.fds):
                    if kernel.identity(fd) != self._file:  # uvloop closes it in C
                        self.hang_up(fd, Call("close", stream=True))

    def _take(self, data: bytes) -> None:
        layer = self._layer
        if layer.server is None:
            call = self.calling
            # A library that makes TLS itself writes its beginning as a whole.
            whole = call is not None and call.name in _WRITES
            plain = layer.receive(data, self.peer.alpn if self.peer is not None else (), whole=whole)
            if layer.server is not None and (self.calling is None or self.calling.stream):
                self.seen = False  # TLS in memory: the socket is given something else than what the user reads
        else:
            plain = layer.receive(data, ())
        self.tls = layer.tls
        if plain or self.dial.kind == "datagram":
            self._receive(plain)
        if layer.server is not None:
            if layer.server.failed:
                self._outbox.close()
            elif layer.server.ended:
                self._end()

    def _receive(self, data: bytes) -> None:
        if self.peer is None:
            self._ask(data)
        assert self.peer is not None
        self.peer.received(data)

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._give_rest()
        if self.peer is None and (self._layer.server is None or self._layer.server.up):
            self._ask(b"")
        if self.peer is not None:
            self.peer.ended()

    def _give_rest(self) -> None:
        """Give the peer what might have become TLS, and does not: nothing follows now."""
        rest = self._layer.rest()
        if rest:
            self._receive(rest)

    def reclaim(self) -> None:
        """Take back a greeting that the client has not read: it begins with TLS, as only its next call can tell."""
        with self.lock:
            greeting = self._layer.greeting
            if greeting and not self._outbox.size and kernel.take_back(self.fds, greeting):
                self._layer.take_back()

    def reading(self, call: Call, *, blocking: bool) -> None:
        """Prepare for a read of the client's.

        Raises:
            BaseException: whatever was scripted for it, or the peer raises.
        """
        if blocking and self._undecided and not self.alone:
            self._listen()
        with self.lock:
            self._company.note()
            outer, self.calling = self.calling, call
            try:
                self.flush()
                if blocking and not self.over:
                    if self._undecided:
                        self._move()  # another thread may have written, and wait for us
                    self._give_rest()
                    if self._undecided:
                        self._ask(b"")
                    if self.peer is not None:
                        self.peer.reading(call)
                if self._fault is not None and not self.unread:
                    fault, self._fault = self._fault, None
                    raise fault
            finally:
                self.calling = outer

    def hand_over(self) -> None:
        """Note that the client's calls will not be seen any more: they are made in C."""
        with self.lock:
            self.inline = self.seen = self.raises = False

    def is_quiet(self, fd: int, timeout: float | None) -> bool:
        """Whether a read needs nothing of ours: something has arrived, or nobody can say how it will end."""
        if self._counts or self._outbox.size or self._fault is not None or get_ident() not in self._company.threads:
            return False
        return timeout == 0 or (timeout is not None and not self._asks) or kernel.waiting((fd,)) > 0

    @property
    def _undecided(self) -> bool:
        return self.peer is None and not self._layer.heard

    def _listen(self) -> None:
        """Let another thread speak first: `websockets` 13 reads in one before it writes in the other."""
        for _ in range(_PATIENCE):  # only a server that speaks first is waited for so long
            if not self._undecided or self.over:
                return
            time.sleep(0.001)

    def starve(self) -> None:
        """Tell the peer that the client waits for bytes, and can do nothing else."""
        with self.lock:
            try:
                if not (self.over or self.unread or self._outbox.closing):
                    self._give_rest()
                if self.over or self.unread or self.peer is None or self._outbox.closing:
                    return
                self.peer.reading(Call("recv", stream=True))
                self.flush()
            except BigfootError as error:
                self._keep(error)

    def wait(self, fd: int, call: Call) -> None:
        """Wait for something to read, where another thread may still bring it about, but not for ever.

        Raises:
            UnmockedInteractionError: nothing came within `[tool.bigfoot] hang_timeout`, and the script has no more.
            EndlessWaitError: nothing came, and the peer has nothing to say to that.
        """
        if self.unread or kernel.readable(fd, self.sandbox.verifier.config.hang_timeout):
            return
        self._company.given_up = True
        self.reading(call, blocking=True)
        if not kernel.readable(fd, 0):
            raise self.sandbox.verifier.refuse(EndlessWaitError(f"socket:{call.name}"))

    def delivered(self, call: Call, data: bytes) -> None:
        """Note what a read gave to the client, and send on."""
        with self.lock:
            outer, self.calling = self.calling, call
            try:
                peer = self.peer
                if peer is not None and self.seen:
                    peer.delivered(call, data)
                self.flush()
                if self._drains:
                    self.settle()
            finally:
                self.calling = outer

    def settle(self) -> None:
        """Tell the peer if the client has taken everything."""
        if self._drains and not self.over and not self.unread:
            assert self.peer is not None
            self.peer.drained()
            self.flush()

    def drop(self, fd: int) -> None:
        """Let go of a descriptor whose socket was collected; nobody is there to be told anything."""
        self.fds.discard(fd)
        if not self.fds and not self.over:
            self.over = True
            self.retire()

    def hang_up(self, fd: int, call: Call) -> None:
        """Note that the client has closed a file descriptor; with the last one, the connection."""
        in_flight = sys.exc_info()[1] is not None  # never hidden behind what the peer has to say of the close
        with self.lock:
            if fd not in self.fds:
                return
            self.fds.discard(fd)
            if self.fds:
                return
            try:
                self.pump(call)
                self.calling = call
                if self.peer is not None:
                    self.peer.closed()
            except BigfootError:
                if self.raises and not in_flight:
                    raise
            finally:
                self.calling = None
                self.over = True
                self.retire()
