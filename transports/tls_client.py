"""How a client's own TLS meets the peer: its context trusts our authority, and its handshake is pumped."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from typing import Any

from bigfoot.seam import Seam, Target

from . import claimed, registry
from .connection import Connection
from .tls_server import trust


def _contexts() -> Iterator[Target]:
    yield Target(ssl.SSLContext, "wrap_socket", _wrap_socket)
    yield Target(ssl.SSLContext, "wrap_bio", _wrap_bio)


def _wrap_socket(original: Callable[..., ssl.SSLSocket]) -> Callable[..., ssl.SSLSocket]:
    def wrap_socket(
        self: ssl.SSLContext,
        sock: Any,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        *args: Any,
        **options: Any,
    ) -> ssl.SSLSocket:
        connection = claimed.claimed(sock)
        if connection is None or server_side:
            return original(self, sock, server_side, do_handshake_on_connect, *args, **options)
        connection.reclaim()
        trust(self)
        if not connection.inline:
            return original(self, sock, False, do_handshake_on_connect, *args, **options)
        refused = do_handshake_on_connect and sock.gettimeout() == 0  # let the ssl module say so
        wrapped = original(self, sock, False, refused, *args, **options)
        claimed.claim(wrapped, connection)
        connection.buffered = wrapped.pending
        wrapped.do_handshake_on_connect = do_handshake_on_connect  # type: ignore[attr-defined]
        if do_handshake_on_connect:
            try:
                wrapped.do_handshake()
            except BaseException:
                wrapped.close()
                raise
        return wrapped

    return wrap_socket


def adopt(client: Any, connection: Connection) -> None:
    """Prepare for the handshake of a socket that was wrapped before it connects."""
    if isinstance(client, ssl.SSLSocket):
        trust(client.context)
        connection.buffered = client.pending


def _wrap_bio(original: Callable[..., ssl.SSLObject]) -> Callable[..., ssl.SSLObject]:
    def wrap_bio(
        self: ssl.SSLContext,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        *args: Any,
        **options: Any,
    ) -> ssl.SSLObject:
        if not server_side and registry.waiting_for_tls():
            trust(self)
        return original(self, incoming, outgoing, server_side, *args, **options)

    return wrap_bio


SEAM = Seam("ssl", _contexts)
