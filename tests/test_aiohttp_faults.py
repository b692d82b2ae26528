"""Pauses, pieces and faults, as aiohttp tells of them."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientSession, ClientTimeout

import bigfoot
from bigfoot import EndlessWaitError
from bigfoot.transports.http_delivery import Delivery

from .loops import LOOPS, Run, runner

URL = "http://api.example.com/things"


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Run[Any]:
    return runner(request.param)


def deliveries() -> list[Delivery]:
    """How each call was answered; each of them asserted as it is recorded."""
    interactions = list(bigfoot.current_verifier().timeline)
    for interaction in interactions:
        bigfoot.assert_interaction(bigfoot.http.request, **interaction.details)
        assert interaction.duration is not None
    return [interaction.answer for interaction in interactions]


# What TCPConnector and ResponseHandler make of each event.
RAISED = [
    ("refused", {}, aiohttp.ClientConnectorError, "Connect call failed"),
    ("dns", {}, aiohttp.ClientConnectorError, "Name or service not known"),
    ("tls", {}, aiohttp.ClientConnectorCertificateError, "unable to get local issuer certificate"),
    ("tls", {"phase": "host"}, aiohttp.ClientConnectorCertificateError, "not valid for 'api.example.com'"),
    ("timeout", {"phase": "connect"}, aiohttp.ServerTimeoutError, f"Connection timeout to host {URL}"),
    ("timeout", {}, aiohttp.ServerTimeoutError, "Timeout on reading data from socket"),
    ("stall", {}, aiohttp.ServerTimeoutError, "Timeout on reading data from socket"),
    ("reset", {}, aiohttp.ClientOSError, "Connection reset by peer"),
    ("empty", {}, aiohttp.ServerDisconnectedError, "Server disconnected"),
    ("garbage", {}, aiohttp.ClientResponseError, ""),
]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("fault", "options", "kind", "words"), RAISED)
def test_fault_instead_of_a_reply(
    run: Run[Any], method: str, fault: str, options: Any, kind: type[Exception], words: str
) -> None:
    # aiohttp itself sends a request again, once, if it is safe to and the connection broke.
    bigfoot.http.mock_error(method, URL, fault=fault, times=None, **options)
    timeout = ClientTimeout(connect=5, sock_read=5)

    async def main() -> None:
        async with ClientSession(timeout=timeout) as session, bigfoot.sandbox():
            with pytest.raises(kind) as caught:
                await session.request(method, URL, data=b"x" if method == "POST" else None)
            assert words in str(caught.value)

    run(main())
    last = deliveries()[-1]
    assert last.virtual == (5 if fault in ("timeout", "stall") else 0)


def test_delayed_refusal_waits_for_the_timeout_of_connecting(run: Run[Any]) -> None:
    bigfoot.http.mock_error("GET", URL, fault="refused", delay=10)
    bigfoot.http.mock_error("GET", URL, fault="refused", delay=3)

    async def main() -> None:
        async with ClientSession(timeout=ClientTimeout(sock_connect=5)) as session, bigfoot.sandbox():
            with pytest.raises(aiohttp.ServerTimeoutError, match="Connection timeout"):
                await session.get(URL)
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(URL)

    run(main())
    assert [each.virtual for each in deliveries()] == [5, 3]


@pytest.mark.parametrize("framing", ["Content-Length", "Transfer-Encoding"])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("reset", aiohttp.ClientPayloadError),
        ("truncated", aiohttp.ClientPayloadError),
        ("stall", aiohttp.ServerTimeoutError),
    ],
)
def test_fault_in_the_middle_of_a_body(run: Run[Any], framing: str, fault: str, kind: type[Exception]) -> None:
    headers = {framing: "100" if framing == "Content-Length" else "chunked"}
    bigfoot.http.mock_response("GET", URL, stream=[b"a", b"b", bigfoot.http.fault(fault)], headers=headers)

    async def main() -> None:
        timeout = ClientTimeout(sock_read=5)
        async with ClientSession(timeout=timeout) as session, bigfoot.sandbox(), session.get(URL) as response:
            assert await response.content.readexactly(2) == b"ab"
            with pytest.raises(kind):
                await response.read()

    run(main())
    (delivery,) = deliveries()
    assert (delivery.chunks, bytes(delivery.received.data), delivery.finished) == (2, b"ab", False)


def test_exception_in_the_middle_of_a_body(run: Run[Any]) -> None:
    bigfoot.http.mock_response("GET", URL, stream=[b"a", KeyError("mine")])

    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox(), session.get(URL) as response:
            with pytest.raises(KeyError, match="mine"):
                await response.read()

    run(main())
    assert isinstance(deliveries()[0].error, KeyError)


def test_pieces_arrive_one_by_one(run: Run[Any]) -> None:
    pieces = [b"one", b"two", b"three"]
    bigfoot.http.mock_response("GET", URL, stream=pieces)
    bigfoot.http.mock_response("GET", URL, stream=pieces, headers={"Content-Length": "11"})
    bigfoot.http.mock_response("GET", URL, stream=pieces, headers={"Transfer-Encoding": "chunked"})

    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox():
            for _ in range(3):
                async with session.get(URL) as response:
                    assert [piece async for piece in response.content.iter_any()] == pieces

    run(main())
    assert [(each.chunks, each.finished) for each in deliveries()] == [(3, True)] * 3


def test_pieces_are_made_as_they_are_read(run: Run[Any]) -> None:
    made = 0

    def pieces() -> Any:
        nonlocal made
        for _ in range(100):
            made += 1
            yield b"x" * 100_000

    bigfoot.http.mock_response("GET", URL, stream=pieces, times=2)

    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox():
            async with session.get(URL) as response:
                for _ in range(50):
                    await asyncio.sleep(0)
                assert made < 10
                assert len(await response.read()) == 10_000_000
            async with session.get(URL) as response:
                await response.content.readany()

    run(main())
    whole, left = deliveries()
    assert (whole.chunks, whole.finished) == (100, True)
    assert (left.chunks < 10, left.finished) == (True, False)


def test_body_shorter_than_promised(run: Run[Any]) -> None:
    bigfoot.http.mock_response("GET", URL, body=gzip.compress(b"x"), headers={"Content-Length": "100"})

    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox(), session.get(URL) as response:
            with pytest.raises(aiohttp.ClientPayloadError):
                await response.read()

    run(main())
    assert not deliveries()[0].finished


def test_several_pauses_add_up_to_the_timeout_of_the_whole_call(run: Run[Any]) -> None:
    pause = bigfoot.http.delay(3)
    bigfoot.http.mock_response("GET", URL, stream=[pause, b"a", pause, b"b"], times=2)

    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox():
            async with session.get(URL, timeout=ClientTimeout(total=5)) as response:
                assert await response.content.readany() == b"a"
                with pytest.raises(TimeoutError):
                    await response.content.readany()
            async with session.get(URL, timeout=ClientTimeout(sock_read=5)) as response:
                assert await response.read() == b"ab"

    run(main())
    assert [each.virtual for each in deliveries()] == [5, 6]


def test_real_time_is_waited_for(run: Run[Any]) -> None:
    bigfoot.http.mock_response("GET", URL, body="late", delay=0.01, real_time=True)
    bigfoot.http.mock_response("GET", URL, body="late", delay=60, real_time=True)

    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox():
            async with session.get(URL) as response:
                assert await response.text() == "late"
            with pytest.raises(TimeoutError):
                await session.get(URL, timeout=ClientTimeout(total=0.01))

    run(main())
    assert [each.virtual for each in deliveries()] == [0, 0]


@pytest.mark.parametrize("fault", [{"fault": "stall"}, {"fault": "timeout", "phase": "connect"}])
def test_silence_without_a_timeout_is_refused(run: Run[Any], fault: Any) -> None:
    bigfoot.http.mock_error("GET", URL, **fault)

    async def main() -> None:
        timeout = ClientTimeout(total=None, sock_connect=None)
        async with ClientSession(timeout=timeout) as session, bigfoot.sandbox():
            with pytest.raises(EndlessWaitError):
                await session.get(URL)

    run(main())
    assert isinstance(deliveries()[0].error, EndlessWaitError)


def test_closed_session_ends_a_stream(run: Run[Any]) -> None:
    async def pieces() -> Any:
        yield b"a"
        await asyncio.sleep(0.01)
        yield b"b"

    bigfoot.http.mock_response("GET", URL, stream=pieces)

    async def main() -> None:
        async with bigfoot.sandbox():
            async with ClientSession() as session:
                response = await session.get(URL)
                assert await response.content.readany() == b"a"
            with pytest.raises(aiohttp.ClientError):
                await response.read()

    run(main())
    assert not deliveries()[0].finished
