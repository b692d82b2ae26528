"""What clients of http.client ask of a socket besides carrying their messages."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any
from weakref import ref

from bigfoot import context

if TYPE_CHECKING:
    from http.client import HTTPConnection

_UNSET = object()


class SocketFace:
    """The side of a socket that is turned to the client.

    Arguments:
        connection: the connection that has it.

    Attributes:
        pending: whether a request was begun whose response is not fetched yet.
        real: the real socket behind it, from when a call passes through.
    """

    pending = False
    real: Any = None
    _timeout: Any = _UNSET

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = ref(connection)  # the connection refers to its socket: no cycle to collect

    def settimeout(self, timeout: float | None) -> None:
        """Set the timeout in seconds; it comes into force where the call passes through."""
        self._timeout = timeout
        if self.real is not None:
            self.real.settimeout(timeout)

    def gettimeout(self) -> float | None:
        """Return the timeout in seconds; None for none."""
        connection = self._connection()
        timeout = connection.timeout if self._timeout is _UNSET and connection is not None else self._timeout
        if timeout is None or isinstance(timeout, (int, float)):
            return timeout
        import socket

        return socket.getdefaulttimeout()  # http.client and urllib3 have an object of their own for this

    def _hand_on_options(self, real: Any) -> None:
        if self._timeout is not _UNSET:
            real.settimeout(self._timeout)

    def _forget_options(self) -> None:
        self._timeout = _UNSET

    def fileno(self) -> int:
        """Return a file descriptor that is readable while there is an answer to read, and is never read from."""
        if self.real is not None:
            number: int = self.real.fileno()
            return number
        # urllib3 takes an idle connection that is readable for a dropped one; botocore waits for 100 Continue.
        return _descriptors()[self.pending]

    def shutdown(self, how: int) -> None:
        """Shut the connection down."""
        if self.real is not None:
            self.real.shutdown(how)

    def setsockopt(self, *option: Any) -> None:
        """Set an option, on the real socket if there is one."""
        if self.real is not None:
            self.real.setsockopt(*option)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or self.real is None:
            raise AttributeError(f"a mocked connection has no {name!r}")
        return getattr(self.real, name)


@functools.cache
def _descriptors() -> tuple[int, int]:
    """Return two file descriptors for the whole process: one never readable, one always."""
    import socket

    with context.outside():
        quiet, ready = socket.socketpair()
    quiet.sendall(b"\0")
    return quiet.detach(), ready.detach()
