"""Plain sockets, streams and protocols: the same snippet on a real server and inside a sandbox."""

from __future__ import annotations

import asyncio
import select
import selectors
import socket
import socketserver
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import trio
import trustme
import uvloop

import bigfoot

HELLO = b"hello\n"


class Handler(socketserver.StreamRequestHandler):
    """Answers every line: by itself, by many bytes, by the end of the stream, or not at all."""

    def handle(self) -> None:
        for line in self.rfile:
            if line == b"bye\n":
                break
            if line.startswith(b"big "):
                self.wfile.write(bytes(int(line[4:])))
            elif line != b"quiet\n":
                self.wfile.write(line)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Some snippets hang up on it."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of the real server."""
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


Snippet = Callable[[str, int], Any]
snippets: list[Snippet] = []


def snippet(function: Snippet) -> Snippet:
    snippets.append(function)
    return function


def dial(host: str, port: int) -> socket.socket:
    return socket.create_connection((host, port), timeout=10)


@snippet
def sendall_and_recv(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        sock.sendall(HELLO)
        return sock.recv(100)


@snippet
def connect_by_hand(host: str, port: int) -> Any:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(10)
    sock.connect((host, port))
    sock.sendall(HELLO)
    answer = sock.recv(100)
    sock.close()
    return answer, sock.fileno(), sock.family, sock.type


@snippet
def connect_ex(host: str, port: int) -> Any:
    with socket.socket() as sock:
        sock.settimeout(10)
        code = sock.connect_ex((host, port))
        sock.sendall(HELLO)
        return code, sock.recv(100)


@snippet
def several_round_trips(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        answers = []
        for number in range(3):
            sock.sendall(b"%d\n" % number)
            answers.append(sock.recv(100))
        return answers


@snippet
def send_returns_the_count(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        return sock.send(HELLO), sock.recv(100)


@snippet
def sendmsg(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        return sock.sendmsg([b"hel", b"lo\n"]), sock.recv(100)


@snippet
def recv_in_parts(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        sock.sendall(HELLO)
        return sock.recv(2), sock.recv(100)


@snippet
def recv_into(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        sock.sendall(HELLO)
        buffer = bytearray(10)
        return sock.recv_into(buffer), buffer


@snippet
def recv_into_a_part(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        sock.sendall(HELLO)
        buffer = bytearray(10)
        return sock.recv_into(memoryview(buffer)[4:], 3), buffer


@snippet
def recvfrom_of_a_stream(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        sock.sendall(HELLO)
        return sock.recvfrom(100)


@snippet
def recvmsg(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        sock.sendall(HELLO)
        return sock.recvmsg(100)[:2]


@snippet
def peek(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        sock.sendall(HELLO)
        return sock.recv(3, socket.MSG_PEEK), sock.recv(100)


@snippet
def end_of_the_stream(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        sock.sendall(b"bye\n")
        return sock.recv(100), sock.recv(100)


@snippet
def half_closed(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        sock.sendall(HELLO)
        answer = sock.recv(100)
        sock.shutdown(socket.SHUT_WR)
        return answer, sock.recv(100)


@snippet
def silence_until_the_timeout(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        sock.settimeout(0.05)
        sock.sendall(b"quiet\n")
        try:
            return sock.recv(100)
        except TimeoutError as error:
            return type(error), str(error)


@snippet
def makefile_by_line(host: str, port: int) -> Any:
    with dial(host, port) as sock, sock.makefile("rwb") as file:
        file.write(HELLO)
        file.flush()
        return file.readline()


@snippet
def makefile_text(host: str, port: int) -> Any:
    with dial(host, port) as sock, sock.makefile("rw", newline="\n") as file:
        file.write("hello\n")
        file.flush()
        return file.readline()


@snippet
def makefile_outlives_its_socket(host: str, port: int) -> Any:
    sock = dial(host, port)
    file = sock.makefile("rwb")
    sock.close()
    file.write(HELLO)
    file.flush()
    line = file.readline()
    file.close()
    return line


@snippet
def selected(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        before = select.select([sock], [sock], [], 0)
        sock.sendall(HELLO)
        after = select.select([sock], [], [], 10)
        return before == ([], [sock], []), after == ([sock], [], []), sock.recv(100)


@snippet
def polled(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        sock.sendall(HELLO)
        return [event for _, event in poll.poll(10_000)], sock.recv(100)


@snippet
def with_a_selector(host: str, port: int) -> Any:
    with dial(host, port) as sock, selectors.DefaultSelector() as selector:
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ)
        sock.sendall(HELLO)
        ready = [key.fileobj is sock for key, _ in selector.select(10)]
        return ready, sock.recv(100)


@snippet
def not_blocking(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        sock.setblocking(False)
        try:
            sock.recv(100)
        except BlockingIOError as error:
            return error.errno, sock.getblocking(), sock.gettimeout()


@snippet
def options(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        kind = sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)
        return bool(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)), kind, sock.gettimeout()


@snippet
def duplicated(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        copy = sock.dup()
        sock.close()
        copy.settimeout(10)
        copy.sendall(HELLO)
        answer = copy.recv(100)
        copy.close()
        return answer


@snippet
def in_another_thread(host: str, port: int) -> Any:
    with dial(host, port) as sock:
        got: list[bytes] = []
        reader = threading.Thread(target=lambda: got.append(sock.recv(100)))
        reader.start()
        sock.sendall(HELLO)
        reader.join()
        return got


@snippet
def sent_from_a_file(host: str, port: int) -> Any:
    import tempfile

    with dial(host, port) as sock, tempfile.TemporaryFile() as file:
        file.write(HELLO)
        file.seek(0)
        return sock.sendfile(file), sock.recv(100)


@snippet
def many_bytes(host: str, port: int) -> Any:
    with dial(host, port) as sock, sock.makefile("rb") as file:
        sock.sendall(b"big 3000000\n")
        return len(file.read(3_000_000))


@snippet
def closed_twice(host: str, port: int) -> Any:
    sock = dial(host, port)
    sock.sendall(HELLO)
    answer = sock.recv(100)
    sock.close()
    sock.close()
    try:
        sock.recv(1)
    except OSError as error:
        return answer, error.errno


# What the server has to say in each of them; the last `recv` may be the end of the stream.
ANSWERS: dict[str, list[bytes | type[BaseException]]] = {
    "several_round_trips": [b"0\n", b"1\n", b"2\n"],
    "end_of_the_stream": [b""],
    "half_closed": [HELLO, b""],
    "silence_until_the_timeout": [TimeoutError],
    "not_blocking": [],
    "options": [],
    "many_bytes": [bytes(3_000_000)],
}
SENDS = {"send_returns_the_count", "sendmsg", "makefile_by_line", "makefile_text"}
SENDS |= {"makefile_outlives_its_socket", "sent_from_a_file"}


def script(name: str, host: str, port: int) -> None:
    session = bigfoot.socket_mock.new_session(host, port).expect("connect", returns=None)
    send = "send" if name in SENDS else "sendall"
    answers = ANSWERS.get(name, [HELLO])
    for position, answer in enumerate(answers):
        if answer != b"" or position == 0:
            session.expect(send, returns=None)
        if isinstance(answer, bytes):
            session.expect("recv", returns=answer)
        else:
            session.expect("recv", raises=answer("timed out"))
    session.expect("close", returns=None)


def assert_all() -> None:
    """Assert what was recorded, as it was recorded: it is the results that are compared here."""
    for interaction in bigfoot.current_verifier().timeline:
        bigfoot.assert_interaction(interaction, **interaction.details)


@pytest.mark.parametrize("run", snippets, ids=lambda run: run.__name__)
def test_sync(run: Snippet, port: int) -> None:
    expected = run("127.0.0.1", port)
    script(run.__name__, "echo.example", 7)
    with bigfoot.sandbox():
        result = run("echo.example", 7)
    assert result == expected
    assert_all()


async def streams(host: str, port: int, **options: Any) -> Any:
    reader, writer = await asyncio.open_connection(host, port, **options)
    writer.write(b"hel")
    writer.write(b"lo\n")
    await writer.drain()
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return answer


async def until_the_end(host: str, port: int, **options: Any) -> Any:
    reader, writer = await asyncio.open_connection(host, port, **options)
    writer.write(b"bye\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def protocol(host: str, port: int, **options: Any) -> Any:
    loop = asyncio.get_running_loop()
    answered, lost = loop.create_future(), loop.create_future()

    class Client(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            transport.write(HELLO)

        def data_received(self, data: bytes) -> None:
            answered.set_result(data)

        def connection_lost(self, exc: Exception | None) -> None:
            lost.set_result(exc)

    transport, _ = await loop.create_connection(Client, host, port, **options)
    answer = await answered
    transport.close()
    return answer, await lost


async def in_parts(host: str, port: int, **options: Any) -> Any:
    reader, writer = await asyncio.open_connection(host, port, **options)
    writer.write(HELLO)
    answer = await reader.readexactly(2), await reader.read(100)
    writer.close()
    await writer.wait_closed()
    return answer


async def timed_out(host: str, port: int, **options: Any) -> Any:
    reader, writer = await asyncio.open_connection(host, port, **options)
    writer.write(b"quiet\n")
    try:
        return await asyncio.wait_for(reader.read(1), 0.05)
    except TimeoutError as error:
        return type(error)
    finally:
        writer.close()
        await writer.wait_closed()


async def much(host: str, port: int, **options: Any) -> Any:
    reader, writer = await asyncio.open_connection(host, port, **options)
    writer.write(b"big 3000000\n")
    answer = len(await reader.readexactly(3_000_000))
    writer.close()
    await writer.wait_closed()
    return answer


async def by_hand(host: str, port: int, **options: Any) -> Any:
    loop = asyncio.get_running_loop()
    with socket.socket() as sock:
        sock.setblocking(False)
        await loop.sock_connect(sock, (host, port))
        await loop.sock_sendall(sock, HELLO)
        return await loop.sock_recv(sock, 100)


ASYNC = [streams, until_the_end, protocol, in_parts, timed_out, much]


def script_async(name: str, host: str, port: int) -> None:
    session = bigfoot.socket_mock.new_session(host, port).expect("connect", returns=None).expect("send", returns=None)
    if name == "timed_out":
        session.expect("recv", raises=TimeoutError)
    else:
        session.expect("recv", returns={"until_the_end": b"", "much": bytes(3_000_000)}.get(name, HELLO))
    session.expect("close", returns=None)


RUNS: dict[str, Callable[[Any], Any]] = {"asyncio": asyncio.run, "uvloop": uvloop.run}


@pytest.mark.parametrize("loop", RUNS)
@pytest.mark.parametrize("run", [*ASYNC, by_hand], ids=lambda run: run.__name__)
def test_async(run: Callable[..., Awaitable[Any]], loop: str, port: int) -> None:
    expected = RUNS[loop](run("127.0.0.1", port))
    script_async(run.__name__, "echo.example", 7)
    with bigfoot.sandbox():
        result = RUNS[loop](run("echo.example", 7))
    assert result == expected
    assert_all()


@pytest.mark.parametrize("loop", RUNS)
@pytest.mark.parametrize("run", ASYNC, ids=lambda run: run.__name__)
def test_async_by_tls(run: Callable[..., Awaitable[Any]], loop: str, port: int) -> None:
    expected = RUNS[loop](run("127.0.0.1", port))
    script_async(run.__name__, "echo.example", 7)
    with bigfoot.sandbox():
        result = RUNS[loop](run("echo.example", 7, ssl=ssl.create_default_context()))
    assert result == expected
    assert_all()


async def trio_stream(host: str, port: int) -> Any:
    async with await trio.open_tcp_stream(host, port) as stream:
        await stream.send_all(HELLO)
        answer = await stream.receive_some(100)
        await stream.send_eof()
        return answer, await stream.receive_some(100)


async def trio_socket(host: str, port: int) -> Any:
    with trio.socket.socket() as sock:
        await sock.connect(("127.0.0.1" if host == "127.0.0.1" else await _resolved(host, port), port))
        await sock.send(HELLO)
        return await sock.recv(2), await sock.recv(100)


async def _resolved(host: str, port: int) -> str:
    found = await trio.socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
    return str(found[0][4][0])


@pytest.mark.parametrize("run", [trio_stream, trio_socket], ids=lambda run: run.__name__)
def test_trio(run: Callable[[str, int], Awaitable[Any]], port: int) -> None:
    expected = trio.run(run, "127.0.0.1", port)
    session = bigfoot.socket_mock.new_session("echo.example", 7)
    session.expect("connect", returns=None).expect("send", returns=None).expect("recv", returns=HELLO)
    if run is trio_stream:
        session.expect("recv", returns=b"")
    session.expect("close", returns=None)
    with bigfoot.sandbox():
        result = trio.run(run, "echo.example", 7)
    assert result == expected
    assert_all()


# Do not go by `dial`, do what a TLS socket refuses, see the session tickets that come with TLS, or read and write at
# once, which CPython's ssl cannot do safely before 3.13.
PLAIN = {"connect_by_hand", "connect_ex", "sendmsg", "recvmsg", "recvfrom_of_a_stream", "peek", "duplicated"}
PLAIN |= {"in_another_thread", "half_closed", "not_blocking", "polled", "selected", "with_a_selector"}


@pytest.mark.parametrize(
    "run",
    [run for run in snippets if run.__name__ not in PLAIN],
    ids=lambda run: run.__name__,
)
def test_sync_by_tls(run: Snippet, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same by TLS, on both sides: the real server has a certificate of an authority of its own."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    class TlsServer(Server):
        def get_request(self) -> Any:
            sock, address = super().get_request()
            return context.wrap_socket(sock, server_side=True), address

    client = ssl.create_default_context()
    authority.configure_trust(client)
    monkeypatch.setitem(
        globals(),
        "dial",
        lambda host, port: client.wrap_socket(socket.create_connection((host, port), timeout=10), server_hostname=host),
    )
    with TlsServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        expected = run("127.0.0.1", server.server_address[1])
        server.shutdown()
        thread.join()
    script(run.__name__, "echo.example", 7)
    with bigfoot.sandbox():
        result = run("echo.example", 7)
    assert result == expected
    assert_all()
