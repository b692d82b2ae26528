"""The far end of a PostgreSQL connection: a server, and the wire that it is on."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from weakref import WeakValueDictionary

from bigfoot.transports.dial import Peer

from .postgres_connection import Script
from .postgres_errors import Failure
from .postgres_server import Server

_PIDS: Final = itertools.count(1000)


class PostgresPeer(Peer):
    """Plays a server on a wire.

    Arguments:
        script: who knows what statements give.
        tls: whether to accept a request for TLS.
    """

    alpn = ("postgresql",)

    def __init__(self, script: Script, *, tls: bool = False) -> None:
        pid, secret = next(_PIDS), int.from_bytes(os.urandom(3), "big")
        self.server = Server(script, pid, secret, tls=tls)
        _peers[pid, secret] = self
        self.over = False

    def received(self, data: bytes) -> None:
        if not self.over:
            self._tell(self.server.receive(data))

    def cancel(self) -> None:
        """Stop the statement that hangs."""
        if not self.over:
            self._tell(self.server.cancel())

    def _tell(self, data: bytes) -> None:
        if data:
            self.wire.send(data)
        server = self.server
        if server.upgrading:
            server.upgrading = False
            self.wire.start_tls()
        if server.over:
            self.over = True
            if server.cut is not None:
                self.wire.fail(server.cut)
            else:
                self.wire.close()

    def ended(self) -> None:
        self.over = True
        self.wire.close()


_peers: WeakValueDictionary[tuple[int, int], PostgresPeer] = WeakValueDictionary()


def cancel(pid: int, secret: int) -> None:
    """Stop what a connection is doing; as a server does, say nothing if there is no such connection."""
    peer = _peers.get((pid, secret))
    if peer is not None:
        peer.cancel()


class _Nobody:
    """The script of a server that nothing is promised for: it takes requests to cancel, and lets nobody in."""

    def __init__(self, refuse: Callable[[Mapping[str, str]], Failure]) -> None:
        self._refuse = refuse

    def started(self, parameters: Mapping[str, str]) -> None:
        raise self._refuse(parameters)

    def cancel(self, pid: int, secret: int) -> None:
        cancel(pid, secret)

    def parameters(self, sql: str) -> list[int]:
        raise NotImplementedError

    def columns(self, sql: str) -> None:
        raise NotImplementedError

    def run(self, sql: str, values: Sequence[bytes | None]) -> None:
        raise NotImplementedError

    def refused(self, sql: str) -> Failure:
        raise NotImplementedError

    def keep(self, value: Any) -> bytes:
        raise NotImplementedError


class Canceller(PostgresPeer):
    """The far end of a connection that is opened to cancel what another one does.

    Arguments:
        refuse: returns the error for whoever wants something else.
        tls: whether to accept a request for TLS.
    """

    def __init__(self, refuse: Callable[[Mapping[str, str]], Failure], *, tls: bool) -> None:
        super().__init__(_Nobody(refuse), tls=tls)
