"""aiohttp's calls to real servers, noted on their way and changed by nothing."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp import ClientSession, ClientTimeout, TCPConnector

import bigfoot

from .loops import LOOPS, Run, Talk, read_request, runner, serving

LOCAL = "http://127.0.0.1*"
HELLO = b"HTTP/1.1 200 Very Well\r\nX-Twice: 1\r\nx-twice: 2\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: t\r\n\r\n"
CLOSED = b"HTTP/1.1 200 OK\r\n\r\nhello"


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Run[Any]:
    bigfoot.http.pass_through("*", "http*://127.0.0.1*")
    return runner(request.param)


class Answering:
    """A server that answers every request with the same bytes, and counts its connections."""

    def __init__(self, reply: bytes, *, closing: bool = False) -> None:
        self.reply, self.closing = reply, closing
        self.connections = 0
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            head, body = await read_request(reader)
            self.heads.append(head)
            self.bodies.append(body)
            writer.write(self.reply)
            if self.closing:
                return


def assert_all() -> list[Any]:
    """The calls, each asserted as it is recorded."""
    calls = list(bigfoot.http.calls)
    for call in calls:
        bigfoot.assert_interaction(bigfoot.http.request, **call.details)
        assert (call.how, call.duration is not None) == ("pass-through", True)
    return calls


def wait_for_bodies() -> None:
    """Have a mock that might answer, so that what passes is only known when the body is."""
    bigfoot.http.mock_response("POST", LOCAL, match_json={"never": "met"}, required=False)


@pytest.mark.parametrize("when", ["at once", "when the body is known"])
@pytest.mark.parametrize("reply", [HELLO, CHUNKED, CLOSED], ids=["length", "chunked", "closed"])
def test_exchange_is_noted(run: Run[Any], reply: bytes, when: str) -> None:
    if when != "at once":
        wait_for_bodies()
    talk = Answering(reply, closing=reply is CLOSED)

    async def main() -> None:
        async with serving(talk) as port, ClientSession() as session, bigfoot.sandbox():
            for _ in range(2):
                async with session.post(f"http://127.0.0.1:{port}/a?b=1", json={"a": 1}) as response:
                    assert await response.read() == b"hello"

    run(main())
    assert len(talk.heads) == 2
    calls = assert_all()
    for call, head in zip(calls, talk.heads, strict=True):
        assert (call.method, call.url.partition("/a")[2], call.request_body) == ("POST", "?b=1", {"a": 1})
        lines = [f"{name}: {value}" for name, value in call.request_headers.multi_items()]
        assert lines == head.decode().strip().split("\r\n")[1:]
        assert (call.status, call.response_body) == (200, "hello")
    if reply is HELLO:
        pairs = calls[0].response_headers.multi_items()
        assert pairs == [("X-Twice", "1"), ("x-twice", "2"), ("Content-Length", "5")]


def test_connections_are_pooled_as_usual_and_clean_afterwards(run: Run[Any]) -> None:
    talk = Answering(HELLO)

    async def main() -> None:
        async with serving(talk) as port, ClientSession() as session:

            async def get() -> str:
                async with session.get(f"http://127.0.0.1:{port}/") as response:
                    assert response.connection is None or response.connection.transport is not None
                    return await response.text()

            await get()
            async with bigfoot.sandbox():
                assert [await get(), await get()] == ["hello", "hello"]
            assert await get() == "hello"

    run(main())
    assert talk.connections == 1
    assert len(assert_all()) == 2


@pytest.mark.parametrize("when", ["at once", "when the body is known"])
def test_uploads_arrive_whole_and_in_order(run: Run[Any], when: str) -> None:
    if when != "at once":
        wait_for_bodies()
    got: list[bytes] = []
    began = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        while size := int(await reader.readline(), 16):
            got.append(await reader.readexactly(size))
            await reader.readline()
            began.set()
        await reader.readline()
        writer.write(HELLO)

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first;"
        if when == "at once":  # nothing is held back until the upload is complete
            await began.wait()
        yield b"second;" * 100_000

    async def main() -> None:
        async with (
            serving(talk) as port,
            ClientSession() as session,
            bigfoot.sandbox(),
            session.post(f"http://127.0.0.1:{port}/", data=pieces()) as response,
        ):
            assert await response.text() == "hello"

    run(main())
    (call,) = assert_all()
    assert call.request_body.bytes == b"".join(got) == b"first;" + b"second;" * 100_000


def test_expectation_is_met_by_the_real_server(run: Run[Any]) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await reader.readexactly(4) == b"body"
        writer.write(HELLO)

    async def main() -> None:
        async with (
            serving(talk) as port,
            ClientSession() as session,
            bigfoot.sandbox(),
            session.put(f"http://127.0.0.1:{port}/", data=b"body", expect100=True) as response,
        ):
            assert (response.status, await response.text()) == (200, "hello")

    run(main())
    (call,) = assert_all()
    assert (call.request_body, call.status) == ("body", 200)


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


@pytest.mark.parametrize("when", ["at once", "when the body is known"])
def test_streams_are_held_back_and_may_be_left(run: Run[Any], when: str) -> None:
    if when != "at once":
        wait_for_bodies()

    async def main() -> None:
        async with (
            serving(endless) as port,
            ClientSession() as session,
            bigfoot.sandbox(),
            session.post(f"http://127.0.0.1:{port}/", data=b"x") as response,
        ):
            for _ in range(100):
                await asyncio.sleep(0)
            assert response.content.total_bytes < 2_000_000
            assert await response.content.readexactly(10) == b"x" * 10

    run(main())
    (call,) = assert_all()
    assert set(call.response_body) <= {"x"}
    assert len(call.response_body) <= 1024 * 1024


async def hanging_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)


async def cut_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhel")
    await writer.drain()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await asyncio.sleep(60)


@pytest.mark.parametrize("when", ["at once", "when the body is known"])
@pytest.mark.parametrize(
    ("talk", "kind", "status"),
    [
        (hanging_up, aiohttp.ServerDisconnectedError, None),
        (cut_off, aiohttp.ClientPayloadError, 200),
        (silent, aiohttp.ServerTimeoutError, None),
    ],
    ids=["hanging up", "cut off", "silent"],
)
def test_failures_are_unchanged_and_noted(
    run: Run[Any], talk: Talk, kind: type[Exception], status: int | None, when: str
) -> None:
    if when != "at once":
        wait_for_bodies()

    async def main() -> None:
        async with (
            serving(talk) as port,
            ClientSession(timeout=ClientTimeout(sock_read=0.05 if talk is silent else 60)) as session,
            bigfoot.sandbox(),
        ):
            with pytest.raises(kind):
                async with session.post(f"http://127.0.0.1:{port}/", data=b"x") as response:
                    await response.read()

    run(main())
    (call,) = assert_all()
    assert call.status == status
    assert isinstance(call.facts["error"], aiohttp.ClientError)


@pytest.mark.parametrize("when", ["at once", "when the body is known"])
def test_refused_connection_is_unchanged_and_noted(run: Run[Any], when: str) -> None:
    if when != "at once":
        wait_for_bodies()

    async def main() -> None:
        async with serving(silent) as port:
            pass
        async with ClientSession() as session, bigfoot.sandbox():
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.post(f"http://127.0.0.1:{port}/", data=b"x")

    run(main())
    (call,) = assert_all()
    assert isinstance(call.facts["error"], aiohttp.ClientConnectorError)


def test_timeout_of_the_whole_call_is_noted(run: Run[Any]) -> None:
    async def main() -> None:
        async with serving(silent) as port, ClientSession() as session, bigfoot.sandbox():
            with pytest.raises(TimeoutError):
                await session.get(f"http://127.0.0.1:{port}/", timeout=ClientTimeout(total=0.05))

    run(main())
    (call,) = assert_all()
    assert call.facts["error"] is not None


def test_tls(run: Run[Any]) -> None:
    authority = trustme.CA()
    serving_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(serving_tls)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    talk = Answering(HELLO)

    async def main() -> None:
        async with serving(talk, serving_tls) as port:
            url = f"https://127.0.0.1:{port}/"
            async with ClientSession(connector=TCPConnector(ssl=trusting)) as session, bigfoot.sandbox():
                for _ in range(2):
                    async with session.post(url, data=b"x") as response:
                        assert await response.text() == "hello"
            async with ClientSession() as session, bigfoot.sandbox():
                with pytest.raises(aiohttp.ClientConnectorCertificateError):
                    await session.post(url, data=b"x")

    run(main())
    assert talk.connections == 1
    assert [call.status for call in assert_all()] == [200, 200, None]


def test_a_connection_that_changes_its_protocol_is_let_go(run: Run[Any]) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\n")
        writer.write((await reader.readline()).upper())
        await writer.drain()

    class Line:
        """What reads from aiohttp's protocol once the connection is upgraded."""

        def __init__(self) -> None:
            self.read = bytearray()

        def feed_data(self, data: bytes) -> tuple[bool, bytes]:
            self.read += data
            return False, b""

        def feed_eof(self) -> None: ...

    async def main() -> None:
        line = Line()
        async with serving(talk) as port, ClientSession() as session, bigfoot.sandbox():
            headers = {"Connection": "upgrade", "Upgrade": "shout"}
            async with session.get(f"http://127.0.0.1:{port}/", headers=headers) as response:
                assert response.status == 101
                assert response.connection is not None
                protocol, transport = response.connection.protocol, response.connection.transport
                assert protocol is not None and transport is not None
                protocol.set_parser(line, None)
                transport.write(b"hello\n")
                while not line.read:
                    await asyncio.sleep(0.001)
        assert line.read == b"HELLO\n"

    run(main())
    (call,) = assert_all()
    assert (call.status, call.request_body, call.response_body) == (101, "", "")


def test_many_at_once(run: Run[Any]) -> None:
    talk = Answering(HELLO)

    async def main() -> None:
        async with serving(talk) as port, ClientSession(connector=TCPConnector(limit=20)) as session, bigfoot.sandbox():

            async def post(number: int) -> None:
                async with session.post(f"http://127.0.0.1:{port}/{number}", data=str(number)) as response:
                    assert await response.text() == "hello"

            await asyncio.gather(*map(post, range(200)))

    run(main())
    calls = assert_all()
    assert all(call.url.endswith(f"/{call.request_body}") for call in calls)
    assert sorted(int(call.request_body) for call in calls) == list(range(200))
    assert talk.connections <= 20
