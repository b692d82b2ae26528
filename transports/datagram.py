"""Datagrams: each address that a socket sends to is a real one on the loopback interface, with a peer behind it.

A client's descriptor stays its own socket, so that loops which watch it already go on. What it receives from our end
is said to come from the address that it had sent to.
"""

from __future__ import annotations

import functools
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from bigfoot import context
from bigfoot.seam import original

from . import carrier, names
from .connection import Connection
from .dial import THROUGH, Call, Dial, Peer

if TYPE_CHECKING:
    from socket import socket as Plain
else:
    Plain = object  # mixed in, as in `Claimed`


class Far:
    """The far ends of one client's socket.

    Attributes:
        connections: by the address as the client gave it; by None for the one that it is connected to.
        sources: the same by the address on the loopback interface.
    """

    def __init__(self) -> None:
        self.connections: dict[Any, Connection] = {}
        self.sources: dict[Any, Connection] = {}


_far: WeakKeyDictionary[socket.socket, Far] = WeakKeyDictionary()


def sendto(original: Callable[..., int]) -> Callable[..., int]:
    def sendto(self: socket.socket, data: Any, *args: Any) -> int:
        connection = _aimed(self, args[-1], data) if args else None
        if connection is None:
            return original(self, data, *args[:-1], names.real(args[-1], self)) if args else original(self, data)
        sent = original(self, data, *args[:-1], connection.far.getsockname())
        connection.pump(_call("sendto"))
        return sent

    return sendto


def sendmsg(original: Callable[..., int]) -> Callable[..., int]:
    def sendmsg(self: socket.socket, buffers: Any, *args: Any) -> int:
        if len(args) < 3 or args[2] is None or context.active(Dial) is None:
            return original(self, buffers, *args)
        address: Any = args[2]
        flags: int = args[1]
        return self.sendto(b"".join(bytes(buffer) for buffer in buffers), flags, address)

    return sendmsg


def _aimed(client: socket.socket, address: Any, data: Any) -> Connection | None:
    """Return the connection that a datagram goes to, or None if it is to reach the real world."""
    sandbox = context.active(Dial)
    if sandbox is None or client.type != socket.SOCK_DGRAM or not isinstance(address, tuple):
        return None
    known = _far.get(client)
    if known is not None and address in known.connections:
        return known.connections[address]
    dial = _describe(client, address)
    if dial is None:
        return None
    dial.method, dial.first = "sendto", bytes(data)
    answer: Any = sandbox.answer(dial)
    return None if answer is THROUGH else attach(sandbox, client, dial, answer)


def connects(sandbox: Any, client: socket.socket, address: Any) -> bool:
    """Ask who answers a socket that fixes its address; False if it is to reach the real world."""
    dial = _describe(client, address)
    answer: Any = THROUGH if dial is None else sandbox.answer(dial)
    if dial is None or answer is THROUGH:
        return False
    connection = attach(sandbox, client, dial, answer)
    connect: Any = original(socket.socket, "connect")
    connect(client, connection.far.getsockname())
    return True


def _describe(client: socket.socket, address: Any) -> Dial | None:
    from .socket import describe

    dial = describe(client.family, address)
    if dial is not None:
        dial.kind = "datagram"
    return dial


def attach(sandbox: Any, client: socket.socket, dial: Dial, peer: Peer | None) -> Connection:
    """Put a peer at the address, for this client; None while the first datagram has to tell who answers."""
    carrier.refuse_imitation(sandbox, client)
    loopback = "::1" if client.family == socket.AF_INET6 else "127.0.0.1"
    if client.getsockname()[1] == 0:
        client.bind(("", 0))  # as the system does with the first datagram
    host, port = client.getsockname()[:2]
    far = socket.socket(client.family, socket.SOCK_DGRAM)
    far.bind((loopback, 0))
    connect: Any = original(socket.socket, "connect")
    connect(far, (loopback if host in ("0.0.0.0", "::") else host, port))
    connection = Connection(dial, sandbox, far, client.fileno(), inline=True, raises=client.gettimeout() != 0)
    known = _far.setdefault(client, Far())
    known.connections[None if dial.method == "connect" else dial.address] = connection
    known.sources[far.getsockname()] = connection
    if not isinstance(client, ClaimedDatagram):
        kind: Any = type(client)
        client.__class__ = _claimed_class(kind)
    connection.begin(peer)
    return connection


@functools.cache
def _claimed_class(kind: Any) -> Any:
    return type(kind.__name__, (ClaimedDatagram, kind), {"__slots__": (), "__module__": kind.__module__})


def _call(name: str, size: int = 0) -> Call:
    return Call(name, size, stream=str(sys._getframe(2).f_globals.get("__name__")).startswith("asyncio."))


class ClaimedDatagram(Plain):
    """A datagram socket some of whose far ends are peers of ours."""

    __slots__ = ()

    def send(self, data: Any, flags: int = 0, /) -> int:
        sent = super().send(data, flags)
        connection = _far[self].connections.get(None)
        if connection is not None:
            connection.pump(_call("send"))
        return sent

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        super().sendall(data, flags)
        connection = _far[self].connections.get(None)
        if connection is not None:
            connection.pump(_call("sendall"))

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        data: bytes = self._read(_call("recv", size), size, flags)[0]
        return data

    def recvfrom(self, size: int, flags: int = 0, /) -> Any:
        return self._read(_call("recvfrom", size), size, flags)

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        return self._read_into(_call("recv", nbytes or memoryview(buffer).nbytes), buffer, flags)[0]

    def recvfrom_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> Any:
        return self._read_into(_call("recvfrom", nbytes or memoryview(buffer).nbytes), buffer, flags)

    def recvmsg(self, size: int, space: int = 0, flags: int = 0, /) -> Any:
        data, source = self._read(_call("recvfrom", size), size, flags)
        return data, [], 0, source

    def _read_into(self, call: Call, buffer: Any, flags: int) -> tuple[int, Any]:
        data, source = self._read(call, call.size, flags)
        memoryview(buffer).cast("B")[: len(data)] = data
        return len(data), source

    def _read(self, call: Call, size: int, flags: int) -> tuple[bytes, Any]:
        known = _far[self]
        blocking = self.gettimeout() != 0 and not flags & getattr(socket, "MSG_DONTWAIT", 0)
        for connection in list(known.connections.values()):
            # With several far ends, any of them may be the one that answers.
            connection.reading(call, blocking=blocking and len(known.connections) == 1)
        data, source = super().recvfrom(size, flags)
        connected = known.connections.get(None)
        found = connected if connected is not None else known.sources.get(source)
        if found is None:
            return data, source
        if not flags & socket.MSG_PEEK:
            found.delivered(call, data)
        return data, found.dial.address

    def getpeername(self) -> Any:
        connection = _far[self].connections.get(None)
        return super().getpeername() if connection is None else connection.peer_name

    def _real_close(self, *args: Any, **options: Any) -> None:
        fd = self.fileno()
        known = _far.pop(self, Far())
        super()._real_close(*args, **options)  # type: ignore[misc] # socket's own; close() ends in it
        for connection in known.connections.values():
            connection.hang_up(fd, Call("close"))
