"""The far end of a raw session: it takes what the script says is sent, and sends what the script says is received."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

from bigfoot.session import Session, SessionStep
from bigfoot.transports.dial import Call, Peer, Wire

if TYPE_CHECKING:
    from .socket import SocketPlugin

# What the kernel says with these exceptions, where the script gives only the class.
_NUMBERS: dict[type[BaseException], int] = {
    BrokenPipeError: errno.EPIPE,
    ConnectionAbortedError: errno.ECONNABORTED,
    ConnectionRefusedError: errno.ECONNREFUSED,
    ConnectionResetError: errno.ECONNRESET,
    TimeoutError: errno.ETIMEDOUT,
}


def raised(promised: BaseException | type[BaseException]) -> BaseException:
    """Return the exception that a script promises, as the system would raise it."""
    if isinstance(promised, BaseException):
        return promised
    number = _NUMBERS.get(promised)
    return promised() if number is None else promised(number, os.strerror(number))


class Size(int):
    """The size of a read whose size was a library's choice: equal to any number that is large enough."""

    def __eq__(self, other: object) -> bool:
        return other >= int(self) if isinstance(other, int) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return int.__hash__(self)


class SocketPeer(Peer):
    """Plays a session.

    Arguments:
        plugin: whose session it is.
        session: the script, its `connect` already taken.
    """

    def __init__(self, plugin: SocketPlugin, session: Session) -> None:
        self._plugin = plugin
        self._session = session
        self._chunk: bytes | None = None  # the one that is on its way; the next one waits until it was read
        self._left = 0  # bytes of it that the client has not read
        self._writing: Call | None = None  # the call that the last step was taken for
        self._written: SessionStep | None = None  # that step; more of the same belongs to it
        self._refused = False
        self._over = False
        self._ended = False
        self._reads = "recv"

    def connected(self, wire: Wire) -> None:
        super().connected(wire)
        if wire.dial.method == "sendto":
            self._reads = "recvfrom"
        self._push()

    def received(self, data: bytes) -> None:
        call = self.wire.calling
        if self._continues(call):
            assert self._written is not None
            interaction = self._written.interaction
            assert interaction is not None
            interaction.call["data"].append(data)
            return
        details: dict[str, Any] = {"data": [data]}
        if self.wire.dial.method == "sendto":
            name, details = "sendto", {**details, "host": self.wire.dial.host, "port": self.wire.dial.port}
        else:
            name = "sendall" if call is not None and call.name == "sendall" else "send"
        step = self._take(name, details)
        self._writing, self._written = call, step
        self._done(step, call)

    def _done(self, step: SessionStep, call: Call | None) -> None:
        """Let the client's call end as its step says."""
        if step.raises is not None:
            error = raised(step.raises)
            if self.wire.raises and not (call is not None and call.stream):
                raise error
            self.wire.fail(error)
        elif call is not None and step.name in ("send", "sendto") and isinstance(step.returns, int):
            call.result = step.returns
        self._push()

    def _continues(self, call: Call | None) -> bool:
        """Tell whether bytes belong to the step that was taken before: of the same call, or of the same stream.

        A stream's writes are one, also where an answer was on its way before the last of them: the script
        cannot know how many writes a library makes.
        """
        if self._written is None or self.wire.dial.kind == "datagram":
            return False
        if call is not None and not call.stream:
            return call is self._writing
        return not self._session.next_is("send", "sendall")

    def _take(self, name: str, details: dict[str, Any]) -> SessionStep:
        try:
            return self._session.take(name, details, origin=self.wire.origin)
        except BaseException:
            self._refused = True
            raise

    def _push(self) -> None:
        """Put the next chunk on its way, if the script is there and the client has read the one before."""
        while self._chunk is None and self._session.next_is(self._reads):
            step = self._session.peek()
            assert step is not None
            if step.raises is not None:
                if self.wire.raises:
                    return  # the client's own read will raise it
                self._take(self._reads, {"size": Size(0), "data": b""})
                self.wire.fail(raised(step.raises))
                return
            self._send(bytes(step.returns))
        if self._ended and not self._session.next_is(self._reads):
            self.wire.close()  # nothing will be asked any more, and nothing is left to be said

    def _send(self, chunk: bytes) -> None:
        if not self.wire.seen:
            self._take(self._reads, {"size": Size(len(chunk)), "data": chunk})
        self._chunk, self._left = chunk, len(chunk)
        if chunk or self.wire.dial.kind == "datagram":
            self.wire.send(chunk)
        else:
            self.wire.close()

    def reading(self, call: Call) -> None:
        if self._chunk is not None:
            return
        step = self._session.upcoming(self._reads)  # what is optional before it does not come any more
        if step is not None and step.raises is not None:
            self._take(self._reads, {"size": call.size, "data": b""})
            self.wire.fail(raised(step.raises))
        elif step is not None:
            self._send(bytes(step.returns))
        elif self.wire.alone and not self._refused:
            self._take(self._reads, {"size": call.size, "data": b""})

    def delivered(self, call: Call, data: bytes) -> None:
        if self._chunk is None or self._over or (not data and self._chunk):
            return
        self._over = not self._chunk and self.wire.dial.kind != "datagram"  # it ends once, and reads on as ended
        size = Size(len(data)) if call.stream else call.size
        details = {"size": size, "data": data}
        if self._left == len(self._chunk):
            self._take(self._reads, details)
        else:
            self._session.leave(self._reads, details, origin=self.wire.origin)
        self._left -= len(data)
        if self.wire.dial.kind == "datagram":
            self._chunk = None  # what was not asked for of a datagram is lost
        elif not self._left and data:
            self._chunk = None

    def drained(self) -> None:
        if not self.wire.seen and self._chunk:
            self._chunk = None
        self._push()

    def ended(self) -> None:
        self._ended = True
        self._push()

    def closed(self) -> None:
        if not self._refused or self._session.next_is("close"):
            step = self._take("close", {})
            if step.raises is not None and self.wire.raises:
                raise raised(step.raises)
