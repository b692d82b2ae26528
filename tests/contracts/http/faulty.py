"""A real server on loopback that misbehaves, in one way a port."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import trustme

PATIENCE = 10  # seconds; only a failing test ever waits so long

HEAD = b"HTTP/1.1 200 OK\r\n"
LENGTH = HEAD + b"Content-Length: 1024\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
GARBAGE = b"\x16\x03\x01garbage, not HTTP\r\n\r\n"

Behaviour = Callable[[socket.socket], None]


def _says(*pieces: bytes) -> Behaviour:
    """Say the pieces, each when the client has had time to read the last one, and close the connection."""

    def behave(connection: socket.socket) -> None:
        for number, piece in enumerate(pieces):
            if number:
                threading.Event().wait(0.05)
            connection.sendall(piece)

    return behave


def _resets(*pieces: bytes) -> Behaviour:
    """Say the pieces, wait until the client has read them, and reset the connection."""

    def behave(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        if pieces:
            threading.Event().wait(0.05)  # what is not read yet when the reset arrives, is lost
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return behave


def _stalls(*pieces: bytes) -> Behaviour:
    """Say the pieces, and nothing more until the client gives up."""

    def behave(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        while connection.recv(65536):
            pass

    return behave


# What the server does after it has read a request.
BEHAVIOURS: dict[str, Behaviour] = {
    "reset": _resets(),
    "empty": _says(),
    "garbage": _says(GARBAGE),
    "silence": _stalls(),
    "cut in a body of declared length": _says(LENGTH + b"cut off"),
    "cut in a chunked body": _says(CHUNKED + b"7\r\ncut off\r\n"),
    "reset in a body of declared length": _resets(LENGTH + b"cut off"),
    "reset in a chunked body": _resets(CHUNKED + b"7\r\ncut off\r\n"),
    "stall in a body of declared length": _stalls(LENGTH + b"cut off"),
    "stall in a chunked body": _stalls(CHUNKED + b"7\r\ncut off\r\n"),
    "garbage in a chunked body": _says(CHUNKED + b"7\r\ncut off\r\n", GARBAGE),
}


def _serve(listener: socket.socket, behave: Behaviour, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # closed: the end of the test
            return
        with connection:
            connection.settimeout(PATIENCE)
            try:
                if context is not None:
                    context.wrap_socket(connection, server_side=True).close()
                heard = b""
                while b"\r\n\r\n" not in heard:
                    piece = connection.recv(65536)
                    if not piece:
                        break
                    heard += piece
                else:
                    behave(connection)
            except OSError:  # the client has gone: that is what most of this is about
                continue


@contextmanager
def _listening(behave: Behaviour, context: ssl.SSLContext | None = None) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, behave, context), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE)


@contextmanager
def _full() -> Iterator[int]:
    """Listen with a queue that is full, so that nobody gets a connection."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@contextmanager
def faulty() -> Iterator[dict[str, tuple[str, ssl.SSLContext | None]]]:
    """Run the servers; gives for each misbehaviour its URL, and the TLS context for clients where they need one."""
    authority = trustme.CA()
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    found: dict[str, tuple[str, ssl.SSLContext | None]] = {"unknown name": ("http://nobody.invalid/", None)}
    with ExitStack() as stack:
        for name, behave in BEHAVIOURS.items():
            found[name] = f"http://127.0.0.1:{stack.enter_context(_listening(behave))}/", None
        for name, host, own in (("untrusted", "127.0.0.1", None), ("other host", "other.example", trusting)):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(host).configure_cert(context)
            found[name] = f"https://127.0.0.1:{stack.enter_context(_listening(_says(), context))}/", own
        found["full"] = f"http://127.0.0.1:{stack.enter_context(_full())}/", None
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            found["nobody"] = f"http://127.0.0.1:{nobody.getsockname()[1]}/", None
        yield found
