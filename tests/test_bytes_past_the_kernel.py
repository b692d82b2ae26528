"""What a client sends need not go through the kernel on its way to a peer: nobody can tell."""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bigfoot import SocketPlugin, StrictVerifier
from bigfoot.transports.dial import Claim, Dial, Peer


class Echo(Peer):
    """Says again what it hears."""

    heard = b""

    def received(self, data: bytes) -> None:
        self.heard += data
        self.wire.send(data)


@pytest.fixture
def echo(verifier: StrictVerifier, monkeypatch: pytest.MonkeyPatch) -> Echo:
    SocketPlugin(verifier)
    peer = Echo()
    monkeypatch.setattr(SocketPlugin, "answer", lambda self, call: peer if isinstance(call, Dial) else None)
    monkeypatch.setattr(SocketPlugin, "claims", lambda self, call: Claim.BOUND)
    return peer


@pytest.fixture
def client(verifier: StrictVerifier, echo: Echo) -> Iterator[socket.socket]:
    with verifier.sandbox(), socket.create_connection(("api.example.com", 7)) as connected:
        connected.sendall(b"hello")
        assert connected.recv(99) == b"hello"
        yield connected


def read(client: socket.socket, size: int) -> bytes:
    said = b""
    while len(said) < size:
        said += client.recv(size)
    return said


def test_what_is_written_to_the_descriptor_keeps_its_place(client: socket.socket, echo: Echo) -> None:
    client.sendall(b"1")
    os.write(client.fileno(), b"2")
    client.sendall(b"3")
    os.write(client.fileno(), b"4")
    assert client.send(b"5") == 1
    assert echo.heard == b"hello12345"
    assert read(client, 5) == b"12345"


def by_a_copy(client: socket.socket, data: bytes) -> None:
    with client.dup() as copy:
        copy.sendall(data)


@pytest.mark.parametrize(
    "send",
    [
        lambda client, data: client.sendall(data),
        lambda client, data: client.send(data),
        lambda client, data: client.sendall(bytearray(data)),
        lambda client, data: client.send(memoryview(data)),
        lambda client, data: client.sendmsg([data[:1], data[1:]]),
        lambda client, data: client.sendall(data, getattr(socket, "MSG_NOSIGNAL", 0)),
        by_a_copy,
    ],
)
def test_every_way_to_send(send: Callable[[Any, bytes], Any], client: socket.socket, echo: Echo) -> None:
    send(client, b"once")
    send(client, b"more")
    assert echo.heard == b"helloonce" + b"more"
    assert read(client, 8) == b"oncemore"


def test_a_file_is_sent_in_its_place(client: socket.socket, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    client.sendall(b"before ")
    with (tmp_path / "file").open("rb") as file:
        assert client.sendfile(file) == 7
    client.sendall(b" after")
    assert read(client, 20) == b"before content after"


def test_the_answer_can_be_waited_for(client: socket.socket) -> None:
    assert select.select([client], [], [], 0) == ([], [], [])
    client.sendall(b"abc")
    assert select.select([client], [], [], 0) == ([client], [], [])
    assert client.recv(2, socket.MSG_PEEK) == b"ab"
    assert (client.recv(2), client.recv(2)) == (b"ab", b"c")
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv(1)


def test_what_was_shut_down_or_closed_takes_no_more(client: socket.socket, echo: Echo) -> None:
    client.shutdown(socket.SHUT_WR)
    with pytest.raises(BrokenPipeError):
        client.sendall(b"late")
    client.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        client.sendall(b"later")
    assert echo.heard == b"hello"


def test_more_than_any_buffer_holds(client: socket.socket) -> None:
    client.sendall(b"x" * 5_000_000)
    assert read(client, 5_000_000) == b"x" * 5_000_000


def test_a_thread_that_reads_already_gets_the_answer(client: socket.socket) -> None:
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(client.recv(99)))
    reader.start()
    client.sendall(b"for the other one")
    reader.join(10)
    assert got == [b"for the other one"]


@pytest.mark.parametrize("wrong", ["text", None, 5])
def test_what_is_not_bytes_is_refused(wrong: Any, client: socket.socket, echo: Echo) -> None:
    for send in (client.send, client.sendall):
        with pytest.raises(TypeError):
            send(wrong)
    with pytest.raises(TypeError):
        client.send(b"fine", "flags")  # type: ignore[arg-type]
    assert echo.heard == b"hello"
