"""Bodies are not held: 200 MiB pass by in the memory that the client itself takes, mocked or not."""

from __future__ import annotations

import gc
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from bigfoot import StrictVerifier
from bigfoot.plugins.http import HttpPlugin

from .clients import Client
from .conftest import API

MEBIBYTE = 1024 * 1024
PIECE = b"x" * (MEBIBYTE // 4)
PIECES = 800
SIZE = len(PIECE) * PIECES
MORE = 2 * MEBIBYTE


def pieces() -> Iterator[bytes]:
    for _ in range(PIECES):
        yield PIECE


@pytest.fixture(scope="module")
def endless() -> Iterator[str]:
    """A real server that answers with 200 MiB."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _serve(listener: socket.socket) -> None:
    framed = b"%x\r\n%s\r\n" % (len(PIECE), PIECE)
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # closed: the end of the tests
            return
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in range(PIECES):
                    connection.sendall(framed)
                connection.sendall(b"0\r\n\r\n")
                connection.recv(65536)
            except OSError:  # the client has had enough
                continue


def peak(call: Callable[[], object]) -> int:
    """Return the most bytes that a call takes at any time."""
    gc.collect()
    tracemalloc.start(1)
    try:
        before, _ = tracemalloc.get_traced_memory()
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_200_mebibytes(verifier: StrictVerifier, http: HttpPlugin, client: Client, endless: str) -> None:
    sizes: list[int] = []

    def read(client: Client, url: str) -> None:
        total = 0

        def take(piece: bytes) -> None:
            nonlocal total
            total += len(piece)

        client("GET", url, chunks=True, take=take)
        sizes.append(total)

    client.real("GET", endless, chunks=1)  # what a client keeps from its first call on is not what is measured
    alone = peak(lambda: read(client.real, endless))
    http.mock_response("GET", f"{API}/", stream=pieces, times=2)
    http.pass_through("GET", endless)
    with verifier.sandbox():
        client("GET", f"{API}/", chunks=1)
        mocked = peak(lambda: read(client, f"{API}/"))
        passed = peak(lambda: read(client, endless))
    assert sizes == [SIZE] * 3
    assert mocked <= alone + MORE
    assert passed <= alone + MORE
    assert http.calls[-1].facts["size"] == SIZE
