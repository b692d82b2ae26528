"""Whether this process itself listens at an address: a server of the test's own is nobody's to mock."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator


def listens(host: str, port: int) -> bool:
    """Tell whether a socket of this process accepts connections at the port of this machine.

    The kernel is asked and not a list of ours: servers may have been started before the sandbox, or in C.
    """
    return any(name[1] == port for name in _listeners())


def _listeners() -> Iterator[tuple[str, int]]:
    try:
        descriptors = [int(name) for name in os.listdir("/dev/fd")]
    except OSError:  # a platform that does not list them
        return
    for fd in descriptors:
        try:
            if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                continue
            seen = socket.socket(fileno=fd)
        except OSError:
            continue
        try:
            accepts = seen.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            datagram = seen.type == socket.SOCK_DGRAM and seen.family != socket.AF_UNIX
            if accepts or datagram:
                name = seen.getsockname()
                if isinstance(name, tuple) and len(name) >= 2:
                    yield name[0], name[1]
        except OSError:
            continue
        finally:
            seen.detach()
