"""pyOpenSSL reads and writes a descriptor by itself, and waits in C: the pump thread serves such a connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bigfoot.seam import Seam, Target

from . import claimed, pump
from .tls_server import authority_certificate


def _targets() -> Iterator[Target]:
    from OpenSSL import SSL

    yield Target(SSL.Connection, "__init__", _init)


def _init(original: Callable[..., None]) -> Callable[..., None]:
    def __init__(self: Any, context: Any, socket: Any = None, *args: Any, **options: Any) -> None:
        connection = claimed.claimed(socket)
        if connection is not None:
            from OpenSSL import crypto

            authority = crypto.load_certificate(crypto.FILETYPE_PEM, authority_certificate().encode())
            context.get_cert_store().add_cert(authority)
            connection.reclaim()
            connection.hand_over()
            pump.serve(connection)
        original(self, context, socket, *args, **options)

    return __init__


SEAM = Seam("OpenSSL.SSL", _targets)
