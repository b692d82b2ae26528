"""Raw sockets: what a session promises, what is refused, and what is none of the sandbox's business."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import os
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trio
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from bigfoot import (
    InvalidArgumentError,
    InvalidStateError,
    SocketPlugin,
    StrictVerifier,
    UnmockedInteractionError,
    UnusedMocksError,
    VerificationError,
)
from bigfoot.fakes.first_bytes import described
from bigfoot.session import Session

ADDRESS = ("api.example.com", 7)


@pytest.fixture
def sockets(verifier: StrictVerifier) -> SocketPlugin:
    return SocketPlugin(verifier)


def chunks(session: Session, *received: bytes) -> Session:
    for data in received:
        session.expect("recv", returns=data)
    return session


def connected(sockets: SocketPlugin, *received: bytes) -> Session:
    """Script a connection that receives these chunks, and that nobody needs to close."""
    session = chunks(sockets.new_session().expect("connect", returns=None), *received)
    return session.expect("close", returns=None, required=False)


def dial() -> socket.socket:
    return socket.create_connection(ADDRESS)


def read(sockets: SocketPlugin) -> list[tuple[str, dict[str, Any]]]:
    """Everything recorded, in short."""
    return [(i.source_id.partition(":")[2], dict(i.details)) for i in sockets.verifier.timeline]


class TestASession:
    def test_of_the_readme(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        request = b"GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n"
        session = sockets.new_session().expect("connect", returns=None).expect("sendall", returns=None)
        session.expect("recv", returns=b"HTTP/1.1 200 OK\r\n\r\n").expect("close", returns=None)
        with verifier.sandbox():
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sock.connect(("api.example.com", 80))
            sock.sendall(request)
            assert sock.recv(4096) == b"HTTP/1.1 200 OK\r\n\r\n"
            sock.close()
        sockets.assert_connect(host="api.example.com", port=80)
        sockets.assert_sendall(data=request)
        sockets.assert_recv(size=4096, data=b"HTTP/1.1 200 OK\r\n\r\n")
        sockets.assert_close()
        verifier.verify_all()

    def test_gives_one_chunk_a_recv_and_never_more_than_was_asked_for(
        self, verifier: StrictVerifier, sockets: SocketPlugin
    ) -> None:
        connected(sockets, b"abcdef", b"gh")
        with verifier.sandbox(), dial() as sock:
            assert [sock.recv(4), sock.recv(4), sock.recv(4)] == [b"abcd", b"ef", b"gh"]
        sockets.assert_connect(host="api.example.com", port=7)
        sockets.assert_recv(size=4, data=b"abcd")
        sockets.assert_recv(size=4, data=b"ef")
        sockets.assert_recv(size=4, data=b"gh")
        sockets.assert_close()
        verifier.verify_all()

    def test_shows_the_host_as_it_was_dialled(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        connected(sockets)
        with verifier.sandbox(), dial() as sock:
            assert sock.getpeername() == ADDRESS
            assert sock.getsockname()[0] == "127.0.0.1"
            assert "raddr=('api.example.com', 7)" in repr(sock)

    def test_keeps_the_object_and_its_descriptor(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        connected(sockets)
        sock = socket.socket()
        before = sock.fileno()
        with verifier.sandbox(), sock:
            sock.connect(ADDRESS)
            assert sock.fileno() == before
            assert isinstance(sock, socket.socket)
            with pytest.raises(OSError, match="already connected"):
                sock.connect(ADDRESS)
            assert sock.connect_ex(ADDRESS) == errno.EISCONN

    def test_is_taken_by_the_address_that_it_is_bound_to(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        for host, port, data in ((None, None, b"any"), (None, 2, b"port"), ("b.example", None, b"host")):
            chunks(sockets.new_session(host, port).expect("connect", returns=None), data)
        with verifier.sandbox():
            got = []
            for address in (("b.example", 1), ("a.example", 2), ("a.example", 1)):
                sock = socket.create_connection(address)
                got.append(sock.recv(9))
                sock.detach()
        assert got == [b"host", b"port", b"any"]

    def test_goes_to_the_session_made_first_of_those_that_are_bound_to_it(
        self, verifier: StrictVerifier, sockets: SocketPlugin
    ) -> None:
        bindings: list[tuple[str | None, int | None, bytes]] = [
            ("b.example", 2, b"both"),
            (None, 2, b"port"),
            ("b.example", None, b"host"),
            ("b.example", 2, b"both again"),
        ]
        for host, port, data in bindings:
            chunks(sockets.new_session(host, port).expect("connect", returns=None), data)
        with verifier.sandbox():
            got = []
            for _ in bindings:
                sock = socket.create_connection(("b.example", 2))
                got.append(sock.recv(99))
                sock.detach()
        assert got == [data for *_, data in bindings]

    def test_takes_more_than_one_close_as_none(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        connected(sockets)
        with verifier.sandbox():
            sock = dial()
            sock.close()
            sock.close()
        assert [name for name, _ in read(sockets)] == ["connect", "close"]

    def test_says_how_much_a_send_has_sent(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        sockets.new_session().expect("connect", returns=None).expect("send", returns=2).expect("close", returns=None)
        with verifier.sandbox(), dial() as sock:
            assert sock.send(b"abc") == 2

    def test_is_missed_by_the_verdict(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        connected(sockets, b"never")
        with pytest.raises(UnusedMocksError, match="'connect'"):
            verifier.verify_all()


class TestWhatIsRefused:
    def test_a_dial_that_nobody_answers(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        with verifier.sandbox(), socket.socket() as sock, pytest.raises(UnmockedInteractionError) as caught:
            sock.connect(ADDRESS)
        assert caught.value.source_id == "socket:connect"
        assert "socket:connect(host='api.example.com', port=7)" in caught.value.hint
        assert "test_sockets.py:" in caught.value.hint
        assert "bigfoot.socket_mock.new_session()" in caught.value.hint
        assert read(sockets) == []

    def test_by_connect_ex_as_well(self, verifier: StrictVerifier) -> None:
        with verifier.sandbox(), socket.socket() as sock, pytest.raises(UnmockedInteractionError):
            sock.connect_ex(ADDRESS)

    @pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
    def test_by_a_loop_as_well(self, verifier: StrictVerifier, run: Callable[[Any], Any]) -> None:
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError):
            run(asyncio.open_connection(*ADDRESS))

    def test_by_trio_as_well(self, verifier: StrictVerifier) -> None:
        with verifier.sandbox(), pytest.raises(BaseException) as caught:
            trio.run(trio.open_tcp_stream, *ADDRESS)
        assert "Unmocked call: socket:connect" in "".join(map(str, _leaves(caught.value)))

    def test_a_call_that_the_script_does_not_promise_here(
        self, verifier: StrictVerifier, sockets: SocketPlugin
    ) -> None:
        connected(sockets, b"first")
        with verifier.sandbox(), dial() as sock:
            with pytest.raises(UnmockedInteractionError, match=r"promises .expect\('recv'") as caught:
                sock.sendall(b"hello")
            assert caught.value.source_id == "socket:sendall"
            assert sock.recv(9) == b"first"

    def test_a_read_that_nothing_can_answer(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        connected(sockets)
        with verifier.sandbox(), dial() as sock, pytest.raises(UnmockedInteractionError) as caught:
            sock.recv(9)
        assert caught.value.source_id == "socket:recv"

    def test_a_close_before_the_script_is_done(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        connected(sockets, b"unread")
        with verifier.sandbox():
            sock = dial()
            with pytest.raises(UnmockedInteractionError, match="socket:close"):
                sock.close()
            assert sock.fileno() == -1

    def test_is_not_hidden_by_the_close_that_follows(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        connected(sockets, b"unread")
        with verifier.sandbox(), pytest.raises(KeyError), dial():
            raise KeyError("the body's own")
        with pytest.raises(VerificationError, match="socket:close"):
            verifier.verify_all()

    def test_and_swallowed_fails_the_verdict(self, verifier: StrictVerifier) -> None:
        def tries() -> None:
            with contextlib.suppress(UnmockedInteractionError):
                dial()

        with verifier.sandbox():
            tries()
        with pytest.raises(VerificationError, match=r"api\.example\.com"):
            verifier.verify_all()

    @pytest.mark.parametrize(
        ("step", "returns"), [("recv", "text"), ("connect", 1), ("sendall", b""), ("send", "5"), ("close", True)]
    )
    def test_a_value_that_cannot_be_meant(self, sockets: SocketPlugin, step: str, returns: Any) -> None:
        session = sockets.new_session()
        if step != "connect":
            session.expect("connect", returns=None)
        with pytest.raises(InvalidArgumentError, match="returns"):
            session.expect(step, returns=returns)

    @pytest.mark.parametrize("binding", [{"host": 5}, {"host": ""}, {"port": "80"}, {"port": True}, {"port": 65536}])
    def test_an_address_that_cannot_be_meant(self, sockets: SocketPlugin, binding: dict[str, Any]) -> None:
        with pytest.raises(InvalidArgumentError):
            sockets.new_session(**binding)

    def test_a_rule_without_a_host(self, sockets: SocketPlugin) -> None:
        with pytest.raises(InvalidArgumentError, match="host"):
            sockets.pass_through(None)  # type: ignore[arg-type]

    def test_a_step_out_of_order(self, sockets: SocketPlugin) -> None:
        with pytest.raises(InvalidStateError):
            sockets.new_session().expect("recv", returns=b"")


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The exceptions of a group, and what caused them."""
    inner: list[BaseException] = list(error.exceptions) if isinstance(error, BaseExceptionGroup) else []
    inner += [cause for cause in (error.__cause__, error.__context__) if cause is not None]
    yield error
    for one in inner:
        yield from _leaves(one)


class Library:
    """Stands for a client library: its frames are not the user's."""

    @staticmethod
    def says(said: bytes) -> None:
        code = "import socket\ndef go(said):\n    s = socket.create_connection(('api.example.com', 7))\n"
        code += "    with s:\n        s.sendall(said) if said else s.recv(1)\n"
        scope: dict[str, Any] = {"__name__": "somelibrary.client"}
        exec(compile(code, "<somelibrary>", "exec"), scope)
        scope["go"](said)


class TestWhatALibraryWanted:
    @pytest.mark.parametrize(
        ("said", "meaning"),
        [
            (b"POST /pay HTTP/1.1\r\nHost: api.example.com\r\n\r\n", "an HTTP POST to api.example.com/pay"),
            (
                b"GET /ws HTTP/1.1\r\nHost: api.example.com\r\nUpgrade: websocket\r\n\r\n",
                r"websocket:async:connect\(uri='ws://api.example.com:7/ws'\)",
            ),
            (b"OPTIONS * HTTP/1.1\r\n\r\n", "an HTTP OPTIONS to *"),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "an HTTP/2 connection"),
            (b"EHLO me\r\n", "an SMTP EHLO"),
            (struct.pack(">II", 8, 80877103), "a PostgreSQL start-up"),
            (b"AMQP\0\0\x09\x01", "an AMQP connection"),
            (bytes(12) + struct.pack("<i", 2013), "a MongoDB command"),
            (b"whatever", "b'whatever'"),
            (bytes(100), r"\(100 bytes\)"),
            (b"", "it waited for the server to speak first"),
        ],
    )
    def test_is_told_by_its_first_bytes(self, verifier: StrictVerifier, said: bytes, meaning: str) -> None:
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match=meaning):
            Library.says(said)
        assert len(verifier.verdict.breaches) == 1

    def test_of_redis_has_its_command(self) -> None:
        assert described(b"*2\r\n$5\r\nhello\r\n$1\r\n3\r\n") == "it began with a redis HELLO"
        assert described(b"*x\r\n") == r"it began with b'*x\r\n'"


class TestScriptedFaults:
    @pytest.mark.parametrize("kind", [ConnectionRefusedError, TimeoutError, OSError(errno.ENETUNREACH, "no way")])
    def test_of_a_connect(self, verifier: StrictVerifier, sockets: SocketPlugin, kind: Any) -> None:
        sockets.new_session().expect("connect", raises=kind)
        expected = kind if isinstance(kind, type) else type(kind)
        with verifier.sandbox(), pytest.raises(expected):
            dial()
        assert read(sockets) == [("connect", {"host": "api.example.com", "port": 7})]

    def test_of_connect_ex_are_its_result(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        sockets.new_session().expect("connect", raises=ConnectionRefusedError)
        with verifier.sandbox(), socket.socket() as sock:
            assert sock.connect_ex(ADDRESS) == errno.ECONNREFUSED

    def test_of_connect_ex_without_a_number_are_raised(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        sockets.new_session().expect("connect", raises=OSError("odd"))
        with verifier.sandbox(), socket.socket() as sock, pytest.raises(OSError, match="odd"):
            sock.connect_ex(ADDRESS)

    @pytest.mark.parametrize("kind", [ConnectionResetError, TimeoutError("slow"), ValueError("odd")])
    def test_of_a_read_are_raised_at_once(self, verifier: StrictVerifier, sockets: SocketPlugin, kind: Any) -> None:
        connected(sockets, b"before")
        sockets.queued()[0]  # the session is there
        session = sockets.new_session("b.example").expect("connect", returns=None).expect("recv", returns=b"before")
        session.expect("recv", raises=kind).expect("close", returns=None, required=False)
        with verifier.sandbox(), socket.create_connection(("b.example", 1)) as sock:
            assert sock.recv(9) == b"before"
            with pytest.raises(kind if isinstance(kind, type) else type(kind)):
                sock.recv(9)
            assert read(sockets)[-1] == ("recv", {"size": 9, "data": b""})

    def test_of_a_write(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        session = sockets.new_session().expect("connect", returns=None).expect("sendall", raises=BrokenPipeError)
        session.expect("close", returns=None)
        with verifier.sandbox(), dial() as sock, pytest.raises(BrokenPipeError) as caught:
            sock.sendall(b"x")
        assert caught.value.errno == errno.EPIPE

    def test_of_a_close(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        sockets.new_session().expect("connect", returns=None).expect("close", raises=OSError("odd"))
        with verifier.sandbox(), pytest.raises(OSError, match="odd"):
            dial().close()

    def test_the_end_of_the_stream_is_no_bytes(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        connected(sockets, b"last", b"")
        with verifier.sandbox(), dial() as sock:
            assert [sock.recv(9), sock.recv(9), sock.recv(9)] == [b"last", b"", b""]
        assert [name for name, _ in read(sockets)] == ["connect", "recv", "recv", "close"]

    @pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
    @pytest.mark.parametrize(
        ("kind", "outcome"),
        [(ConnectionResetError, ConnectionResetError), (EOFError, b""), (TimeoutError, TimeoutError)],
    )
    def test_of_a_stream_are_events_on_the_wire(
        self, verifier: StrictVerifier, sockets: SocketPlugin, run: Callable[[Any], Any], kind: Any, outcome: Any
    ) -> None:
        session = sockets.new_session().expect("connect", returns=None).expect("recv", returns=b"before")
        session.expect("recv", raises=kind).expect("close", returns=None, required=False)

        async def main() -> Any:
            reader, writer = await asyncio.open_connection(*ADDRESS)
            assert await reader.readexactly(6) == b"before"
            try:
                return await asyncio.wait_for(reader.read(9), 0.2)
            except (ConnectionResetError, TimeoutError) as error:
                return type(error)
            finally:
                writer.transport.abort()
                await asyncio.sleep(0)

        with verifier.sandbox():
            assert run(main()) == outcome

    @pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
    def test_of_a_stream_s_writes_break_it(
        self, verifier: StrictVerifier, sockets: SocketPlugin, run: Callable[[Any], Any]
    ) -> None:
        session = sockets.new_session().expect("connect", returns=None).expect("send", raises=ConnectionResetError)
        session.expect("close", returns=None, required=False)

        async def main() -> None:
            reader, writer = await asyncio.open_connection(*ADDRESS)
            writer.write(b"x")
            with pytest.raises(ConnectionResetError):
                await reader.read(9)
            writer.transport.abort()
            await asyncio.sleep(0)

        with verifier.sandbox():
            run(main())


class TestALoopThatWaits:
    @pytest.mark.parametrize("secure", [False, True])
    def test_for_what_nothing_can_send_is_told_so(
        self, verifier: StrictVerifier, sockets: SocketPlugin, secure: bool
    ) -> None:
        session = sockets.new_session().expect("connect", returns=None).expect("send", returns=None)
        session.expect("recv", returns=b"one\n").expect("close", returns=None, required=False)

        async def main() -> None:
            options: dict[str, Any] = {"ssl": ssl.create_default_context()} if secure else {}
            reader, writer = await asyncio.open_connection(*ADDRESS, **options)
            writer.write(b"x")
            assert await reader.readline() == b"one\n"
            try:
                await reader.readline()
            finally:
                writer.transport.abort()
                await asyncio.sleep(0)

        with verifier.sandbox(), pytest.raises((UnmockedInteractionError, ConnectionResetError)) as caught:
            asyncio.run(main())
        assert secure or "socket:recv" in str(caught.value)
        assert [error.hint.splitlines()[0] for error in verifier.verdict.breaches] == [  # type: ignore[attr-defined]
            "Unmocked call: socket:recv(size=0, data=b'')"
        ]

    def test_while_a_task_may_still_send_waits(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        session = sockets.new_session().expect("connect", returns=None).expect("send", returns=None)
        session.expect("recv", returns=b"one\n").expect("close", returns=None)

        async def main() -> bytes:
            reader, writer = await asyncio.open_connection(*ADDRESS)
            reading = asyncio.create_task(reader.readline())
            await asyncio.sleep(0.01)
            writer.write(b"x")
            line = await reading
            writer.close()
            await writer.wait_closed()
            return line

        with verifier.sandbox():
            assert asyncio.run(main()) == b"one\n"

    def test_for_a_thread_waits(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        session = sockets.new_session().expect("connect", returns=None).expect("send", returns=None)
        session.expect("recv", returns=b"one\n").expect("close", returns=None)

        async def main() -> bytes:
            reader, writer = await asyncio.open_connection(*ADDRESS)
            loop, waits = asyncio.get_running_loop(), threading.Event()
            loop.call_soon(waits.set)

            def later() -> None:
                waits.wait()
                loop.call_soon_threadsafe(writer.write, b"x")

            thread = threading.Thread(target=later)
            thread.start()
            line = await reader.readline()
            thread.join()
            writer.close()
            await writer.wait_closed()
            return line

        with verifier.sandbox():
            assert asyncio.run(main()) == b"one\n"

    def test_takes_in_what_was_sent_in_c(self, verifier: StrictVerifier, sockets: SocketPlugin, tmp_path: Path) -> None:
        session = sockets.new_session().expect("connect", returns=None).expect("send", returns=None)
        session.expect("recv", returns=b"one\n").expect("close", returns=None)
        (tmp_path / "file").write_bytes(bytes(300_000))

        async def main() -> bytes:
            reader, writer = await asyncio.open_connection(*ADDRESS)
            with open(tmp_path / "file", "rb") as file:
                await asyncio.get_running_loop().sendfile(writer.transport, file)
            line = await reader.readline()
            writer.close()
            await writer.wait_closed()
            return line

        with verifier.sandbox():
            assert asyncio.run(main()) == b"one\n"
        assert read(sockets)[1] == ("send", {"data": bytes(300_000)})


class TestThreads:
    def test_a_read_waits_for_a_thread_that_may_still_send(
        self, verifier: StrictVerifier, sockets: SocketPlugin
    ) -> None:
        session = sockets.new_session().expect("connect", returns=None).expect("sendall", returns=None)
        session.expect("recv", returns=b"answer").expect("close", returns=None)
        with verifier.sandbox(), dial() as sock:
            begun = threading.Event()

            def send() -> None:
                begun.wait()
                sock.sendall(b"question")

            sender = threading.Thread(target=send, daemon=True)
            sender.start()
            begun.set()
            assert sock.recv(9) == b"answer"
            sender.join()

    def test_many_connections_at_once(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        count = 40
        for _ in range(count):
            session = sockets.new_session().expect("connect", returns=None)
            for _ in range(5):
                session.expect("sendall", returns=None).expect("recv", returns=b"pong")
            session.expect("close", returns=None)
        failed: list[BaseException] = []

        def work() -> None:
            try:
                for _ in range(count // 8):
                    with dial() as sock:
                        for _ in range(5):
                            sock.sendall(b"ping")
                            assert sock.recv(9) == b"pong"
            except BaseException as error:
                failed.append(error)
                raise

        with verifier.sandbox():
            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert failed == []
        assert len(verifier.timeline) == count * 12


class TestMuch:
    SIZE = 50_000_000

    def test_both_ways(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        session = sockets.new_session().expect("connect", returns=None).expect("sendall", returns=None)
        session.expect("recv", returns=bytes(self.SIZE)).expect("close", returns=None)
        with verifier.sandbox(), dial() as sock, sock.makefile("rb") as file:
            sock.sendall(bytes(self.SIZE))
            assert len(file.read(self.SIZE)) == self.SIZE
        assert len(read(sockets)[1][1]["data"]) == self.SIZE

    @pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
    def test_both_ways_of_a_stream(
        self, verifier: StrictVerifier, sockets: SocketPlugin, run: Callable[[Any], Any]
    ) -> None:
        session = sockets.new_session().expect("connect", returns=None).expect("send", returns=None)
        session.expect("recv", returns=bytes(self.SIZE)).expect("close", returns=None)

        async def main() -> int:
            reader, writer = await asyncio.open_connection(*ADDRESS, limit=2**24)
            writer.write(bytes(self.SIZE))
            await writer.drain()
            got = len(await reader.readexactly(self.SIZE))
            writer.close()
            await writer.wait_closed()
            return got

        with verifier.sandbox():
            assert run(main()) == self.SIZE
        assert len(read(sockets)[1][1]["data"]) == self.SIZE


class TestNobodysBusiness:
    def test_sockets_from_before_and_pairs(self, verifier: StrictVerifier) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            before = socket.create_connection(server.getsockname())
            far, _ = server.accept()
            with verifier.sandbox(), before, far:
                near, other = socket.socketpair()
                with near, other:
                    near.sendall(b"x")
                    assert other.recv(1) == b"x"
                before.sendall(b"y")
                assert far.recv(1) == b"y"
                assert type(before) is socket.socket
        verifier.verify_all()

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_a_server_of_the_test_s_own(self, verifier: StrictVerifier, sockets: SocketPlugin, host: str) -> None:
        connected(sockets)  # for any dial but this
        with contextlib.ExitStack() as stack:
            stack.enter_context(verifier.sandbox())
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            near = stack.enter_context(socket.create_connection((host, server.getsockname()[1])))
            far = stack.enter_context(server.accept()[0])
            far.sendall(b"real")
            assert near.recv(9) == b"real"
        assert read(sockets) == []

    @pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
    def test_a_server_of_a_loop(self, verifier: StrictVerifier, run: Callable[[Any], Any]) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            writer.close()

        async def main() -> bytes:
            async with await asyncio.start_server(serve, "localhost", 0, family=socket.AF_INET) as server:
                port = server.sockets[0].getsockname()[1]
                reader, writer = await asyncio.open_connection("localhost", port)
                writer.write(b"hello\n")
                answer = await reader.read()
                writer.close()
                await writer.wait_closed()
                return answer

        with verifier.sandbox():
            assert run(main()) == b"hello\n"
        verifier.verify_all()

    def test_unless_a_session_is_bound_to_it(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        with verifier.sandbox(), socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            chunks(sockets.new_session("127.0.0.1", port).expect("connect", returns=None), b"mock")
            sock = socket.create_connection(("127.0.0.1", port))
            assert sock.recv(9) == b"mock"
            sock.detach()

    def test_what_passes_through_is_recorded_and_not_owed(
        self, verifier: StrictVerifier, sockets: SocketPlugin, child_server: int
    ) -> None:
        sockets.pass_through("127.0.0.1", child_server)
        with verifier.sandbox(), socket.create_connection(("127.0.0.1", child_server), timeout=10) as sock:
            assert sock.recv(9) == b"child"
        verifier.verify_all()
        sockets.assert_connect(host="127.0.0.1", port=child_server)

    @pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
    def test_what_passes_through_a_loop(
        self, verifier: StrictVerifier, sockets: SocketPlugin, child_server: int, run: Callable[[Any], Any]
    ) -> None:
        sockets.pass_through("localhost")

        async def main() -> bytes:
            reader, writer = await asyncio.open_connection("localhost", child_server, family=socket.AF_INET)
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            return answer

        with verifier.sandbox():
            assert run(main()) == b"child"

    def test_a_server_of_another_process(self, verifier: StrictVerifier, child_server: int) -> None:
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError):
            socket.create_connection(("127.0.0.1", child_server))

    def test_unix_sockets(self, verifier: StrictVerifier, sockets: SocketPlugin, tmp_path: Path) -> None:
        path = str(tmp_path / "s")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen()
            with verifier.sandbox(), socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                server.accept()[0].close()
                assert client.recv(1) == b""

    def test_unless_a_session_is_bound_to_the_path(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        session = sockets.new_session("/run/some.sock").expect("connect", returns=None).expect("recv", returns=b"mock")
        session.expect("close", returns=None)
        with verifier.sandbox(), socket.socket(socket.AF_UNIX) as client:
            client.connect("/run/some.sock")
            assert client.recv(9) == b"mock"
            assert client.getpeername() == "/run/some.sock"


@pytest.fixture
def child_server() -> Iterator[int]:
    """The port of a server in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        child = os.fork()
        if child == 0:
            try:
                connection, _ = server.accept()
                connection.sendall(b"child")
                connection.close()
            finally:
                os._exit(0)
        port: int = server.getsockname()[1]
        # Only the child still accepts: the descriptor is closed here, not shut down.
        server.close()
        yield port
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert True  # it has answered, and is gone
        os.waitpid(child, 0)


class TestLifetimes:
    def test_no_descriptor_is_left(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        for _ in range(20):
            connected(sockets, b"x")
        with verifier.sandbox():
            dial().detach()  # what is made once is made
            before = len(os.listdir("/dev/fd"))
            for _ in range(9):
                with dial() as sock:
                    sock.recv(1)
            assert len(os.listdir("/dev/fd")) == before

    def test_a_socket_that_is_collected_lets_go(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        connected(sockets)
        gc.collect()  # what the tests before this one have left
        with verifier.sandbox():
            before = len(os.listdir("/dev/fd"))
            sock = dial()
            with pytest.warns(ResourceWarning, match="unclosed"):
                del sock
                gc.collect()
            assert len(os.listdir("/dev/fd")) == before

    def test_a_fork_goes_on_with_its_connection(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        session = sockets.new_session().expect("connect", returns=None).expect("sendall", returns=None)
        session.expect("recv", returns=b"pong").expect("close", returns=None)
        verifier.plugin("subprocess_mock").pass_through("python*")
        with verifier.sandbox():
            sock = dial()
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    sock.sendall(b"ping")
                    code = 0 if sock.recv(9) == b"pong" else 2
                finally:
                    os._exit(code)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            sock.sendall(b"ping")
            assert sock.recv(9) == b"pong"
            sock.close()

    def test_a_dial_after_the_sandbox_is_real(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        connected(sockets)
        with verifier.sandbox(), socket.create_server(("127.0.0.1", 0)) as server:
            address = server.getsockname()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)


class TestDatagrams:
    def test_without_a_connection(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        session = sockets.new_session().expect("sendto", returns=5).expect("recvfrom", returns=b"pong")
        session.expect("recvfrom", returns=b"again").expect("close", returns=None)
        with verifier.sandbox(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            assert sock.sendto(b"hello", ("dns.example", 53)) == 5
            assert sock.recvfrom(512) == (b"pong", ("dns.example", 53))
            assert select.select([sock], [], [], 0)[0] == [sock]
            assert sock.recvfrom(2) == (b"ag", ("dns.example", 53))
        sockets.assert_sendto(data=b"hello", host="dns.example", port=53)
        sockets.assert_recvfrom(size=512, data=b"pong")
        sockets.assert_recvfrom(size=2, data=b"ag")
        sockets.assert_close()
        verifier.verify_all()

    def test_to_several_addresses(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        for host in ("a.example", "b.example"):
            session = sockets.new_session(host).expect("sendto", returns=None)
            session.expect("recvfrom", returns=host.encode()).expect("close", returns=None)
        with verifier.sandbox(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"1", 0, ("a.example", 1))
            sock.sendmsg([b"2"], [], 0, ("b.example", 1))
            got = {sock.recvfrom(99)[0], sock.recvfrom(99)[0]}
        assert got == {b"a.example", b"b.example"}

    def test_with_a_connection(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        session = chunks(
            sockets.new_session().expect("connect", returns=None).expect("send", returns=5), b"pong", b"x", b"y"
        )
        session.expect("sendall", returns=None).expect("close", returns=None)
        with verifier.sandbox(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("dns.example", 53))
            assert sock.getpeername() == ("dns.example", 53)
            assert sock.send(b"hello") == 5
            buffer = bytearray(9)
            assert (sock.recv(9), sock.recv_into(buffer), sock.recvfrom_into(buffer)[0]) == (b"pong", 1, 1)
            sock.sendall(b"bye")
        assert [name for name, _ in read(sockets)] == ["connect", "send", "recv", "recv", "recv", "sendall", "close"]

    def test_of_a_loop(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        session = sockets.new_session().expect("sendto", returns=None).expect("recvfrom", returns=b"pong")
        session.expect("close", returns=None)

        class Protocol(asyncio.DatagramProtocol):
            def __init__(self) -> None:
                self.got: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

            def datagram_received(self, data: bytes, addr: Any) -> None:
                self.got.set_result((data, addr))

        async def main() -> Any:
            loop = asyncio.get_running_loop()
            transport, protocol = await loop.create_datagram_endpoint(Protocol, local_addr=("127.0.0.1", 0))
            transport.sendto(b"ping", ("192.0.2.1", 53))
            answer = await protocol.got
            transport.close()
            await asyncio.sleep(0)
            return answer

        with verifier.sandbox():
            assert asyncio.run(main()) == (b"pong", ("192.0.2.1", 53))
        sockets.assert_sendto(data=b"ping", host="192.0.2.1", port=53)
        sockets.assert_recvfrom(size=65536, data=b"pong")

    def test_that_nobody_answers(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        with verifier.sandbox(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            with pytest.raises(UnmockedInteractionError) as caught:
                sock.sendto(b"x", ("192.0.2.1", 53))
            assert caught.value.source_id == "socket:sendto"
            sock.connect(("192.0.2.1", 53))  # sends nothing: a way to ask for one's own address
            with pytest.raises(UnmockedInteractionError):
                sock.send(b"x")

    def test_between_sockets_of_the_test_s_own(self, verifier: StrictVerifier) -> None:
        with (
            verifier.sandbox(),
            socket.socket(type=socket.SOCK_DGRAM) as one,
            socket.socket(type=socket.SOCK_DGRAM) as two,
        ):
            one.bind(("127.0.0.1", 0))
            two.sendto(b"real", one.getsockname())
            assert one.recv(9) == b"real"
        verifier.verify_all()


class TestAnyBytes:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=5), st.lists(st.integers(1, 200)))
    def test_arrive_in_order_and_in_chunks(self, received: list[bytes], sizes: list[int]) -> None:
        verifier = StrictVerifier()
        sockets = SocketPlugin(verifier)
        connected(sockets, *received)
        got: list[bytes] = []
        ends: list[int] = []
        with verifier.sandbox(), dial() as sock:
            position = 0
            while len(b"".join(got)) < len(b"".join(received)):
                size = sizes[position % len(sizes)] if sizes else 1000
                got.append(sock.recv(size))
                assert 0 < len(got[-1]) <= size
                ends.append(len(b"".join(got)))
                position += 1
        assert b"".join(got) == b"".join(received)
        borders = {len(b"".join(received[: number + 1])) for number in range(len(received))}
        assert borders <= set(ends)  # no read went over the end of a chunk

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=5))
    def test_that_are_sent_are_recorded(self, sent: list[bytes]) -> None:
        verifier = StrictVerifier()
        sockets = SocketPlugin(verifier)
        session = sockets.new_session().expect("connect", returns=None)
        for _ in sent:
            session.expect("sendall", returns=None)
        session.expect("close", returns=None)
        with verifier.sandbox(), dial() as sock:
            for data in sent:
                sock.sendall(data)
        assert [details["data"] for name, details in read(sockets) if name == "sendall"] == sent
