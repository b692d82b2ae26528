"""The class that a client's TLS socket is given: OpenSSL reads and writes the descriptor by itself."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import kernel
from .claimed import PIECE, Claimed, calls
from .dial import Call

if TYPE_CHECKING:
    import socket
    from ssl import SSLSocket as Tls
else:
    Tls = object  # mixed in, as in `Claimed`


class ClaimedTls(Claimed, Tls):  # type: ignore[misc] # see below
    """A TLS socket whose far end is a peer of ours.

    What can wait for an answer of the far end is done in steps that do not block, with the far end pumped in between.
    """

    __slots__ = ()

    if not TYPE_CHECKING:  # what a TLS socket refuses
        dup = ssl.SSLSocket.dup
        recvfrom = ssl.SSLSocket.recvfrom
        recvfrom_into = ssl.SSLSocket.recvfrom_into
        recvmsg = ssl.SSLSocket.recvmsg
        sendmsg = ssl.SSLSocket.sendmsg
        sendto = ssl.SSLSocket.sendto

    def do_handshake(self, block: bool = False) -> None:
        self._step(functools.partial(ssl.SSLSocket.do_handshake, self))

    def unwrap(self) -> socket.socket:
        return self._step(functools.partial(ssl.SSLSocket.unwrap, self))  # type: ignore[no-any-return]

    def _step(self, step: Callable[[], Any]) -> Any:
        connection = self._connection()
        timeout = self.gettimeout()
        if connection is None or not connection.inline or timeout == 0:
            try:
                return step()
            finally:
                if connection is not None:
                    connection.pump(Call("tls"))
        call = Call("tls")
        self.settimeout(0)
        try:
            while True:
                try:
                    done = step()
                    connection.pump(call)
                    return done
                except ssl.SSLWantReadError:
                    connection.pump(call)
                    if not kernel.readable(self.fileno(), timeout):
                        raise TimeoutError("The handshake operation timed out") from None
        finally:
            if self.fileno() >= 0:
                self.settimeout(timeout)

    def send(self, data: Any, flags: int = 0) -> int:
        return self._write(data, flags, calls("send"))

    def _write(self, data: Any, flags: int, call: Call) -> int:
        connection = self._connection()
        if connection is None:
            return ssl.SSLSocket.send(self, data, flags)
        with memoryview(data) as view, view.cast("B") as given:
            sent = ssl.SSLSocket.send(self, given[:PIECE], flags)
        connection.pump(call)
        return sent if call.result is None else min(sent, call.result)

    def sendall(self, data: Any, flags: int = 0) -> None:
        call = calls("sendall")
        with memoryview(data) as view, view.cast("B") as given:
            sent = 0
            while sent < len(given):
                sent += self._write(given[sent : sent + PIECE], flags, call)

    def write(self, data: Any) -> int:
        return self._write(data, 0, calls("send"))

    def read(self, len: int = 1024, buffer: Any = None) -> Any:
        size = len if buffer is None else (len or memoryview(buffer).nbytes)
        data = bytes if buffer is None else (lambda n: bytes(memoryview(buffer).cast("B")[:n]))
        read = functools.partial(ssl.SSLSocket.read, self)
        try:
            return self._read(read, calls("recv", size), data, b"" if buffer is None else 0, 0, size, buffer)
        except TimeoutError as error:
            if error.args == ("timed out",):  # the words of a socket without TLS
                raise TimeoutError("The read operation timed out") from None
            raise

    def _buffered(self) -> bool:
        return self.version() is not None and self.pending() > 0

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        if self.version() is None:  # no TLS yet, or no more
            return Claimed.recv(self, buflen, flags)
        return ssl.SSLSocket.recv(self, buflen, flags)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        if self.version() is None:
            return Claimed.recv_into(self, buffer, nbytes or 0, flags)
        return ssl.SSLSocket.recv_into(self, buffer, nbytes, flags)

    def shutdown(self, how: int) -> None:
        ssl.SSLSocket.shutdown(self, how)
        self._pump(calls("shutdown"))
