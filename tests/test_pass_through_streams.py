"""A call that passes through http.client: the application reads and writes at its own pace, and all of it is noted."""

from __future__ import annotations

import gc
import http.client
import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import urllib3

from bigfoot import StrictVerifier
from bigfoot.interaction import Interaction
from bigfoot.plugins.http import HttpPlugin

from .loopback import Loopback
from .speaker import PATIENCE, Speaker, speaker

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"
CHUNKS = b"HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED = CHUNKS + b"4\r\n0123\r\n3;x=y\r\n456\r\n3\r\n789\r\n0\r\nT: t\r\n\r\n"
CLOSED = b"HTTP/1.0 200 OK\r\n\r\n0123456789"
INTERIM = b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" + WHOLE
ALL = {"whole": WHOLE, "chunked": CHUNKED, "until the end": CLOSED, "after an interim response": INTERIM}


def passed(verifier: StrictVerifier) -> Interaction:
    (interaction,) = verifier.timeline
    assert interaction.how == "pass-through"
    return interaction


def fetched(speaking: Speaker) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", speaking.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/")
        return connection.getresponse()
    finally:
        if connection.sock is not None:
            connection.sock.close()  # a response keeps it open until it is read, as urllib does


def by_parts(read: Callable[[int], bytes]) -> bytes:
    return b"".join(iter(lambda: read(3), b""))


def into_buffer(response: http.client.HTTPResponse) -> bytes:
    buffer, found = bytearray(4), bytearray()
    while size := response.readinto(buffer):
        found += buffer[:size]
    return bytes(found)


WAYS: dict[str, Callable[[http.client.HTTPResponse], bytes]] = {
    "read": lambda response: response.read(),
    "read by parts": lambda response: by_parts(response.read),
    "read1": lambda response: by_parts(response.read1),
    "readinto": into_buffer,
    "iteration": lambda response: b"".join(response),
    "buffered reader": lambda response: io.BufferedReader(response).read(),
    "peek": lambda response: response.read() if response.peek(1) else b"",
}


@pytest.mark.parametrize("reply", ALL)
@pytest.mark.parametrize("way", WAYS)
def test_however_it_is_read_it_is_noted(verifier: StrictVerifier, http: HttpPlugin, way: str, reply: str) -> None:
    with speaker(ALL[reply]) as speaking:
        http.pass_through("GET", f"{speaking.url}/")
        with verifier.sandbox(), fetched(speaking) as response:
            assert WAYS[way](response) == b"0123456789"
    found = passed(verifier)
    assert (found.details["status"], found.details["response_body"]) == (200, "0123456789")
    assert found.duration is not None


@pytest.mark.parametrize("reply", ALL)
def test_urllib3_reads_past_the_response_and_it_is_noted(
    verifier: StrictVerifier, http: HttpPlugin, reply: str
) -> None:
    with speaker(ALL[reply]) as speaking, urllib3.PoolManager(timeout=PATIENCE, retries=False) as manager:
        http.pass_through("GET", f"{speaking.url}/")
        with verifier.sandbox():
            response = manager.request("GET", f"{speaking.url}/", preload_content=False)
            assert b"".join(response.stream(4)) == b"0123456789"
            response.release_conn()
    assert passed(verifier).details["response_body"] == "0123456789"


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none", b"two"), id="whole"),
        pytest.param((CHUNKS + b"3\r\none\r\n", b"3\r\ntwo\r\n0\r\n\r\n"), id="chunked"),
    ],
)
def test_a_piece_reaches_the_application_before_the_next_one_is_sent(
    verifier: StrictVerifier, http: HttpPlugin, pieces: tuple[bytes, bytes]
) -> None:
    with speaker(*pieces, prompted=True) as speaking, requests.Session() as session:
        http.pass_through("GET", f"{speaking.url}/")
        speaking.go_on()
        with verifier.sandbox(), session.get(f"{speaking.url}/", stream=True, timeout=PATIENCE) as response:
            body = response.iter_content(3)
            assert next(body) == b"one"
            assert speaking.said <= 1
            assert passed(verifier).duration is None
            speaking.go_on()
            assert next(body) == b"two"
            assert list(body) == []
    assert passed(verifier).details["response_body"] == "onetwo"


def test_what_is_not_read_is_not_noted(verifier: StrictVerifier, http: HttpPlugin) -> None:
    with speaker(WHOLE) as speaking:
        http.pass_through("GET", f"{speaking.url}/")
        with verifier.sandbox(), fetched(speaking) as response:
            assert response.read(4) == b"0123"
    found = passed(verifier)
    assert found.details["response_body"] == "0123"
    assert found.duration is not None


def test_a_response_that_is_dropped_ends_its_record(verifier: StrictVerifier, http: HttpPlugin) -> None:
    with speaker(WHOLE) as speaking:
        http.pass_through("GET", f"{speaking.url}/")
        with verifier.sandbox():
            response: Any = fetched(speaking)
            del response
            gc.collect()
    assert passed(verifier).duration is not None


def test_of_a_large_body_the_first_mebibyte_is_kept(verifier: StrictVerifier, http: HttpPlugin) -> None:
    size = 3 * 1024 * 1024
    with speaker(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size, b"x" * size) as speaking:
        http.pass_through("GET", f"{speaking.url}/")
        with verifier.sandbox(), fetched(speaking) as response:
            assert len(response.read()) == size
    received = passed(verifier).answer.received
    assert (len(received.data), received.size) == (1024 * 1024, size)


def test_an_upload_streams(verifier: StrictVerifier, http: HttpPlugin, server: Loopback) -> None:
    """The head is on its way before the application has produced the body."""
    begun = threading.Event()

    def body() -> Iterator[bytes]:
        yield b"one"
        begun.set()
        assert verifier.timeline.next("http:request", {}) is not None
        yield b"two"

    http.pass_through("POST", f"{server.url}/")
    with verifier.sandbox(), requests.Session() as session:
        assert session.post(f"{server.url}/", data=body()).content == b"onetwo"
    assert begun.is_set()
    assert passed(verifier).details["request_body"] == "onetwo"


def test_where_a_mock_might_answer_the_body_is_read_first(
    verifier: StrictVerifier, http: HttpPlugin, server: Loopback
) -> None:
    http.mock_response("POST", f"{server.url}/", body="mocked")
    http.pass_through("POST", f"{server.url}/")
    with verifier.sandbox(), requests.Session() as session:
        answers = [session.post(f"{server.url}/", data=iter([b"a", b"b"])).content for _ in range(2)]
    assert answers == [b"mocked", b"ab"]
    assert [call.details["request_body"] for call in verifier.timeline] == ["ab", "ab"]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (b"", http.client.RemoteDisconnected),
        (b"garbage\r\n\r\n", http.client.BadStatusLine),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123", http.client.IncompleteRead),
        (CHUNKS + b"4\r\n01", http.client.IncompleteRead),
    ],
)
def test_what_goes_wrong_is_raised_as_without_bigfoot(
    verifier: StrictVerifier, http: HttpPlugin, reply: bytes, error: type[Exception]
) -> None:
    with speaker(reply) as speaking:
        http.pass_through("GET", f"{speaking.url}/")
        with verifier.sandbox(), pytest.raises(error):
            fetched(speaking).read()
    assert passed(verifier).duration is not None


def test_a_server_that_is_not_there_is_not_there(verifier: StrictVerifier, http: HttpPlugin) -> None:
    with speaker() as speaking:
        url = f"{speaking.url}/"
    http.pass_through("GET", url)
    with verifier.sandbox(), pytest.raises(ConnectionRefusedError):
        fetched(speaking)
    found = passed(verifier)
    assert isinstance(found.answer.error, ConnectionRefusedError)
    assert found.duration is not None


def test_a_timeout_is_the_clients_own(verifier: StrictVerifier, http: HttpPlugin) -> None:
    with speaker(WHOLE, prompted=True) as speaking, requests.Session() as session:
        http.pass_through("GET", f"{speaking.url}/")
        with verifier.sandbox(), pytest.raises(requests.ReadTimeout):
            session.get(f"{speaking.url}/", timeout=(PATIENCE, 0.05))
    assert isinstance(passed(verifier).answer.error, TimeoutError)


def test_a_body_that_stops_coming_is_the_clients_own_timeout(verifier: StrictVerifier, http: HttpPlugin) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01"
    with speaker(head, b"23456789", prompted=True) as speaking, requests.Session() as session:
        http.pass_through("GET", f"{speaking.url}/")
        speaking.go_on()
        with verifier.sandbox(), pytest.raises(requests.ConnectionError, match="Read timed out"):
            session.get(f"{speaking.url}/", timeout=(PATIENCE, 0.1))
    found = passed(verifier)
    assert isinstance(found.answer.error, TimeoutError)
    assert found.details["status"] == 200


def test_what_people_dig_for_in_a_response_is_there(verifier: StrictVerifier, http: HttpPlugin) -> None:
    with speaker(WHOLE) as speaking:
        http.pass_through("GET", f"{speaking.url}/")
        with verifier.sandbox(), fetched(speaking) as response:
            file: Any = response.fp
            assert response.fileno() == file.raw.fileno()
            assert file.readable()
            assert not file.closed
            assert file.readline(2) + file.read(1) == b"012"
            assert file.readinto1(bytearray(20)) == 7
    assert passed(verifier).details["response_body"] == "0123456789"
