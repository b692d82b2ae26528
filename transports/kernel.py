"""What the kernel knows and does about the two ends of a connection, past any socket object."""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
from collections.abc import Iterable
from typing import Any

if sys.platform != "win32":
    import fcntl
    import termios

_unpack = struct.Struct("i").unpack
_poll: Any = getattr(select, "poll", None)  # none on Windows


def waiting(fds: Iterable[int]) -> int:
    """Return how many bytes have arrived at the first of these file descriptors that is open, and were not read."""
    if sys.platform == "win32":
        return 0
    for fd in fds:
        try:
            count: int = _unpack(fcntl.ioctl(fd, termios.FIONREAD, b"\0\0\0\0"))[0]
        except OSError:  # closed, and nobody told
            continue
        return count
    return 0


def identity(fd: int) -> tuple[int, int] | None:
    """Return what tells the open file of a descriptor from any other, or None if it is closed."""
    try:
        status = os.fstat(fd)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def readable(fd: int, timeout: float | None) -> bool:
    """Wait until a read would not block, at most `timeout` seconds; tell whether it would not.

    Another thread may shut the socket down and close it at any moment of this, as it may during a read. That is why
    one call both names the descriptor and waits: an epoll forgets one that is closed in between, and waits on. And it
    is no selector, before which connections are served: what another thread is about to hand over would be taken.
    """
    if fd < 0:
        return True
    if _poll is None:
        return bool(select.select([fd], [], [], timeout)[0])
    poll = _poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(None if timeout is None else timeout * 1000))


def take_back(fds: Iterable[int], size: int) -> bool:
    """Read the `size` bytes that wait at a client's end, and drop them; False if it is another number of bytes."""
    for fd in fds:
        if waiting((fd,)) == size:
            return len(os.read(fd, size)) == size
    return False


def prepare_reset(far: socket.socket, fds: Iterable[int]) -> None:
    """See to it that when the far end is closed now, the client's next read fails with `ECONNRESET`."""
    if far.family == getattr(socket, "AF_UNIX", None):
        # A unix socket resets its other end if it is closed with something unread: let the client's own end write it.
        for fd in fds:
            try:
                os.write(fd, b"\0")
            except OSError:  # its buffer is full (then there is something unread), or it is shut down for writing
                continue
            return
    else:
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
