"""How a client's file descriptor comes to lead to us: without its noticing, and without another socket object."""

from __future__ import annotations

import _socket
import os
import socket
import sys
from typing import Any, Protocol

from bigfoot.errors import ConflictError
from bigfoot.seam import original

_KERNEL_SOCKET: Any = _socket.socket  # what every class of sockets is made of, but those of cooperative threads


class Carrier(Protocol):
    """Connects a client's socket to a far end of ours."""

    def __call__(self, client: socket.socket) -> socket.socket:
        """Return the far end; the client's socket object, its file descriptor and its timeout stay what they are."""
        ...


def refuse_imitation(sandbox: Any, client: socket.socket) -> None:
    """Refuse a client whose socket is none of the kernel's: gevent's waits for its own loop, and not for us.

    Raises:
        ConflictError: it is one.
    """
    if not isinstance(client, _KERNEL_SOCKET):
        raise sandbox.verifier.refuse(ConflictError("socket.socket", type(client).__module__.partition(".")[0]))


def pair(client: socket.socket) -> socket.socket:
    """Put one end of a socketpair under the client's file descriptor. The cheapest, and nothing lingers afterwards."""
    near, far = socket.socketpair()
    # O_NONBLOCK is the open file's and not the descriptor's: the new file must be given the client's timeout again.
    timeout = client.gettimeout()
    os.dup2(near.fileno(), client.fileno(), inheritable=client.get_inheritable())
    near.close()
    client.settimeout(timeout)
    return far


def loopback(client: socket.socket) -> socket.socket:
    """Connect the client's socket to a listener that accepts this one connection.

    For clients that set TCP options on the descriptor in C (libuv fails on a unix socket with EOPNOTSUPP), and where
    a descriptor cannot be replaced (Windows).
    """
    connect: Any = original(socket.socket, "connect")
    with socket.socket(client.family) as listener:
        listener.bind(("::1" if client.family == socket.AF_INET6 else "127.0.0.1", 0))
        listener.listen(8)
        timeout = client.gettimeout()
        client.settimeout(None)
        connect(client, listener.getsockname())
        client.settimeout(timeout)
        while True:
            far, address = listener.accept()
            if address[:2] == client.getsockname()[:2]:
                return far
            far.close()  # a stranger was faster


def choose(*, tcp: bool) -> Carrier:
    """Return the carrier for a client; `tcp` if it must be a real TCP socket."""
    return loopback if tcp or sys.platform == "win32" else pair
