"""Where sockets leave the process: `connect`, and `sendto` of those that are not connected.

They are set on the class `socket.socket`, so that whoever imported it earlier is covered, and subclasses as well.
A claimed dial gets a far end of ours; everything else on sockets stays what it is.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from bigfoot import context
from bigfoot.origin import Origin, caller
from bigfoot.seam import Seam, Target

from . import carrier, claimed, datagram, listening, names, pump, pyopenssl, tls_client, uvloop, waiting
from .connection import Connection
from .dial import THROUGH, Dial, Peer

# Stand between the one who dials and the socket, and speak no protocol of their own.
_PLUMBING = frozenset({"anyio", "asyncio", "bigfoot", "contextlib", "selectors", "socket", "ssl", "trio", "uvloop"})
# Their sockets are not the test's: debuggers, and the workers of pytest-xdist.
_TOOLS = frozenset({"_pydev_bundle", "_pydevd_bundle", "debugpy", "execnet", "pydevd", "rpdb", "remote_pdb"})
_UNIX = getattr(socket, "AF_UNIX", None)


def _targets() -> Iterator[Target]:
    yield Target(socket.socket, "connect", _connect)
    yield Target(socket.socket, "connect_ex", _connect_ex)
    yield Target(socket.socket, "sendto", datagram.sendto)
    yield Target(socket.socket, "sendmsg", datagram.sendmsg)
    yield from names.targets()


def _connect(original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def connect(self: socket.socket, address: Any, /) -> None:
        sandbox = context.active(Dial)
        if sandbox is None or not dials(sandbox, self, address):
            original(self, names.real(address, self))

    return connect


def _connect_ex(original: Callable[[Any, Any], int]) -> Callable[[Any, Any], int]:
    def connect_ex(self: socket.socket, address: Any, /) -> int:
        sandbox = context.active(Dial)
        try:
            if sandbox is not None and dials(sandbox, self, address):
                return 0
        except OSError as error:
            if error.errno is None:
                raise
            return error.errno
        return original(self, names.real(address, self))

    return connect_ex


def dials(sandbox: Any, client: socket.socket, address: Any) -> bool:
    """Ask who answers a connection attempt, and connect the client to it; False if it is to reach the real world.

    Raises:
        UnmockedInteractionError: nobody answers it.
    """
    try:
        return _dials(sandbox, client, address)
    except OSError:
        raise
    except BaseException:
        # socket.create_connection and its likes close their socket after an OSError only.
        client.close()
        raise


def _dials(sandbox: Any, client: socket.socket, address: Any) -> bool:
    if client.type == socket.SOCK_DGRAM and client.family != _UNIX:
        return datagram.connects(sandbox, client, address)
    dial = describe(client.family, address)
    if dial is None or client.type != socket.SOCK_STREAM:
        return False
    answer = sandbox.answer(dial)
    if answer is THROUGH:
        return False
    attach(sandbox, client, dial, answer)
    return True


def describe(family: int, address: Any) -> Dial | None:
    """Return the dial to an address, or None if it is nothing that a sandbox answers."""
    if _by_tool():
        return None
    origin = caller(3)
    if family == _UNIX:
        path = address if isinstance(address, str) else bytes(address).decode("utf-8", "surrogateescape")
        return Dial(path, 0, address=address, kind="unix", origin=origin)
    if family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple) or len(address) < 2:
        return None
    host = names.named(names.text(address[0]), address[1])
    own = names.is_local(host) and listening.listens(host, address[1])
    return Dial(host, address[1], address=address, origin=origin, by_user=_by_user(origin), own=own)


def _by_user(origin: Origin) -> bool:
    frame: FrameType | None = sys._getframe(3)
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _PLUMBING:
        frame = frame.f_back
    return frame is not None and frame.f_code is origin.code


def _by_tool() -> bool:
    """Tell whether a tool dials for itself, directly or by a function of the standard library."""
    frame: FrameType | None = sys._getframe(3)
    while frame is not None:
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        if package not in _PLUMBING:
            return package in _TOOLS
        frame = frame.f_back
    return False


def attach(sandbox: Any, client: socket.socket, dial: Dial, peer: Peer | None) -> None:
    """Connect a client's socket to a peer; None while the first bytes have to tell who answers."""
    carrier.refuse_imitation(sandbox, client)
    loop = _loop()
    foreign = loop is not None and not loop.startswith("asyncio.")
    far = carrier.choose(tcp=foreign and loop != "trio")(client)
    blocking = client.gettimeout() != 0
    connection = Connection(dial, sandbox, far, client.fileno(), inline=not foreign, raises=blocking or loop is None)
    claimed.claim(client, connection)
    try:
        tls_client.adopt(client, connection)
        connection.begin(peer)
    except BaseException:
        connection.over = True
        far.close()
        raise
    if foreign:
        pump.serve(connection)


def _loop() -> str | None:
    """Return the module of the event loop that runs here, `"trio"`, or None."""
    asyncio: Any = sys.modules.get("asyncio")
    running = asyncio._get_running_loop() if asyncio is not None else None  # does not raise where there is none
    if asyncio is not None and running is not None:
        return "asyncio." if isinstance(running, asyncio.SelectorEventLoop) else type(running).__module__
    trio: Any = sys.modules.get("trio")
    if trio is not None:
        try:
            trio.lowlevel.current_task()
        except RuntimeError:
            return None
        return "trio"
    return None


SEAMS = (Seam("socket", _targets), tls_client.SEAM, pyopenssl.SEAM, uvloop.SEAM, waiting.SEAM)
