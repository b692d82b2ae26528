"""A thread of a client reads for ever, and another one closes the socket: the read ends, as it ends in the kernel.

httpx2 and `websockets` do so. The read waits in two steps here, and the socket may be closed between them: it then
raised ValueError (TLS) or EBADF where production gives the end of the stream.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from bigfoot import SocketPlugin, StrictVerifier
from bigfoot.transports.connection import Connection


def plain() -> socket.socket:
    return socket.create_connection(("api.example.com", 7))


def by_tls() -> socket.socket:
    return ssl.create_default_context().wrap_socket(plain(), server_hostname="api.example.com")


def into(client: socket.socket) -> bytes:
    buffer = bytearray(9)
    return bytes(buffer[: client.recv_into(buffer)])


READS: list[Callable[[socket.socket], bytes]] = [lambda client: client.recv(9), into]


@pytest.mark.parametrize("dial", [plain, by_tls])
@pytest.mark.parametrize("read", READS)
def test_it_ends(
    dial: Callable[[], socket.socket],
    read: Callable[[socket.socket], bytes],
    verifier: StrictVerifier,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = SocketPlugin(verifier).new_session().expect("connect", returns=None).expect("sendall", returns=None)
    session.expect("recv", returns=b"", required=False).expect("close", returns=None)
    with verifier.sandbox():
        client = dial()
        client.sendall(b"hello")

        def close_meanwhile(self: Connection, *_: Any) -> None:
            client.close()

        monkeypatch.setattr(Connection, "reading", lambda *_, **__: None)
        monkeypatch.setattr(Connection, "wait", close_meanwhile)
        assert read(client) == b""
        client.close()
