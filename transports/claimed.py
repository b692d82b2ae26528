"""The classes that a client's socket object is given once its connection is claimed.

Each is a subclass of the class that the object had, with the methods at which the connection is pumped. Nothing is
done to the sockets of anybody else: no code of ours is on the way of their `send` and `recv`.
"""

from __future__ import annotations

import _socket
import errno
import functools
import socket
import ssl
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

from . import registry
from .connection import Connection
from .dial import Call

if TYPE_CHECKING:
    from socket import socket as Plain
else:
    Plain = object  # mixed in: an object can only be given a class whose layout is that of its own

PIECE = 64 * 1024  # bytes; surely less than the buffer of a socketpair, which the same thread has to empty again
_PEEK = int(socket.MSG_PEEK)  # plain numbers: the arithmetic of flags costs more than the read
_DONTWAIT = int(getattr(socket, "MSG_DONTWAIT", 0))
_fileno = _socket.socket.fileno  # not the one by which others are told of it
_ADDRESS_LEVELS = frozenset({socket.IPPROTO_IP, socket.IPPROTO_TCP, getattr(socket, "IPPROTO_IPV6", 41)})


def claim(client: socket.socket, connection: Connection) -> None:
    """Make a socket object the client's end of a connection."""
    registry.add(client, connection)
    kind: Any = type(client)
    if not issubclass(kind, Claimed):
        client.__class__ = _claimed_class(kind)  # the object itself stays the one that the client holds


def claimed(client: Any) -> Connection | None:
    """Return the connection that a socket is the client's end of, or None if it is not ours."""
    return registry.of(_fileno(client)) if isinstance(client, Claimed) else None


@functools.cache
def _claimed_class(kind: type[socket.socket]) -> type[socket.socket]:
    from .claimed_tls import ClaimedTls

    mixin = ClaimedTls if issubclass(kind, ssl.SSLSocket) else Claimed
    made: Any = type(kind.__name__, (mixin, kind), {"__slots__": (), "__module__": kind.__module__})
    claimed: type[socket.socket] = made
    return claimed


def calls(name: str, size: int = 0) -> Call:
    """Describe the call of the method that asks, by whom it was made."""
    frame: FrameType | None = sys._getframe(2)
    stream = None
    while frame is not None and (stream := _is_stream(frame.f_globals.get("__name__"))) is None:
        frame = frame.f_back
    return Call(name, size, stream or False)


@functools.lru_cache(maxsize=1024)
def _is_stream(module: object) -> bool | None:
    """Tell whether a module makes a stream of a socket; None for those whose own calls these are not."""
    if module in ("ssl", __name__):
        return None
    return isinstance(module, str) and (module == "socket" or module.startswith("asyncio."))


class Claimed(Plain):
    """A socket whose far end is a peer of ours."""

    __slots__ = ()

    def _connection(self) -> Connection | None:
        return registry.of(_fileno(self))

    def fileno(self) -> int:
        fd = super().fileno()
        connection = registry.of(fd)
        if connection is not None:
            connection.known = True
        return fd

    def send(self, data: Any, flags: int = 0, /) -> int:
        connection = registry.of(_fileno(self))
        call = calls("send")
        direct = connection is not None and connection.inline and type(data) is bytes and not flags
        if direct and connection is not None and connection.pump(call, data):
            return len(data) if call.result is None else min(len(data), call.result)
        sent = super().send(data, flags)
        return self._pump(call, sent)

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        connection = registry.of(_fileno(self))
        if connection is None or not connection.inline:
            return super().sendall(data, flags)
        call = calls("sendall")
        if type(data) is bytes and not flags and connection.pump(call, data):
            return None
        with memoryview(data) as view, view.cast("B") as given:
            sent = 0
            while sent < len(given):
                sent += super().send(given[sent : sent + PIECE], flags)
                connection.pump(call)
        return None

    def sendmsg(self, *args: Any) -> int:
        sent = super().sendmsg(*args)
        return self._pump(calls("send"), sent)

    def sendto(self, data: Any, *args: Any) -> int:
        sent = super().send(data, *args[:-1])  # a stream's address is ignored
        return self._pump(calls("send"), sent)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        return self._sendfile_use_send(file, offset, count)  # type: ignore[attr-defined,no-any-return] # os.sendfile passes us by

    def _pump(self, call: Call, sent: int = 0) -> int:
        """Pump at a call, and return what it returns: what was sent, unless the peer says otherwise."""
        connection = self._connection()
        if connection is None or not connection.inline:
            return sent
        connection.pump(call)
        return sent if call.result is None else min(sent, call.result)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        fd = _fileno(self)
        connection = registry.of(fd)
        if connection is not None and connection.is_quiet(fd, self.gettimeout()):
            read = super().recv(size, flags)
            connection.flush()
            return read
        data: bytes = self._read(super().recv, calls("recv", size), bytes, b"", flags, size, flags)
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        fd = _fileno(self)
        connection = registry.of(fd)
        if connection is not None and connection.is_quiet(fd, self.gettimeout()):
            count = super().recv_into(buffer, nbytes, flags)
            connection.flush()
            return count
        call = calls("recv", nbytes or memoryview(buffer).nbytes)
        got: int = self._read(
            super().recv_into, call, lambda n: bytes(memoryview(buffer).cast("B")[:n]), 0, flags, buffer, nbytes, flags
        )
        return got

    def recvfrom(self, size: int, flags: int = 0, /) -> Any:
        data = self._read(super().recv, calls("recv", size), bytes, b"", flags, size, flags)
        return data, None  # as on any connected stream

    def recvfrom_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> Any:
        return self.recv_into(buffer, nbytes, flags), None

    def recvmsg(self, size: int, space: int = 0, flags: int = 0, /) -> Any:
        nothing: Any = (b"", [], 0, None)
        return self._read(super().recvmsg, calls("recv", size), lambda got: got[0], nothing, flags, size, space, flags)

    def _read(
        self,
        read: Callable[..., Any],
        call: Call,
        data: Callable[[Any], bytes],
        nothing: Any,
        flags: int,
        *args: Any,
    ) -> Any:
        connection = self._connection()
        if connection is None or not connection.inline:
            return read(*args)
        blocking = self.gettimeout() != 0 and not flags & _DONTWAIT
        connection.reading(call, blocking=blocking)
        for_ever = blocking and self.gettimeout() is None
        if for_ever and not self._buffered():
            connection.wait(_fileno(self), call)
        try:
            got = read(*args)
        except (OSError, ValueError):
            if for_ever and _fileno(self) < 0:
                return nothing  # closed by another thread while we waited: a read in the kernel ends there
            raise
        if not flags & _PEEK:
            connection.delivered(call, data(got))
        return got

    def _buffered(self) -> bool:
        """Whether there is something to read that the kernel does not know of."""
        return False

    def getpeername(self) -> Any:
        connection = self._connection()
        return super().getpeername() if connection is None else connection.peer_name

    def getsockname(self) -> Any:
        connection = self._connection()
        return super().getsockname() if connection is None else connection.own_name

    def setsockopt(self, level: int, *args: Any) -> None:
        connection = self._connection()
        if level not in _ADDRESS_LEVELS or self._is_tcp() or connection is None:
            super().setsockopt(level, *args)
        else:
            connection.options[level, args[0]] = args[1]

    def getsockopt(self, level: int, *args: Any) -> Any:
        connection = self._connection()
        if level not in _ADDRESS_LEVELS or self._is_tcp() or connection is None:
            return super().getsockopt(level, *args)
        return connection.options.get((level, args[0]), bytes(args[1]) if len(args) > 1 else 0)

    def _is_tcp(self) -> bool:
        return not isinstance(super().getsockname(), (str, bytes))

    def shutdown(self, how: int, /) -> None:
        super().shutdown(how)
        connection = self._connection()
        if connection is not None:
            connection.shut = True
        self._pump(calls("shutdown"))

    def dup(self) -> Any:
        copy = super().dup()
        connection = self._connection()
        if connection is not None:
            connection.fds.add(_fileno(copy))
            claim(copy, connection)
        return copy

    def connect(self, address: Any, /) -> None:
        raise OSError(errno.EISCONN, "Transport endpoint is already connected")

    def connect_ex(self, address: Any, /) -> int:
        return errno.EISCONN

    def detach(self) -> int:
        # uvloop detaches a socket when it closes the descriptor itself, in C.
        fd = _fileno(self)
        connection = self._connection()
        if connection is not None and not connection.inline:
            registry.forget(fd)
            connection.hang_up(fd, calls("close"))
        return super().detach()

    def _real_close(self, *args: Any, **options: Any) -> None:
        # The one that both close() and the last file of makefile() end in.
        fd = _fileno(self)
        connection = registry.forget(fd)
        super()._real_close(*args, **options)  # type: ignore[misc]
        if connection is not None:
            connection.hang_up(fd, calls("close"))
