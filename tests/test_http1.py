"""The reader of HTTP/1 messages: however the bytes are cut, the same message comes out."""

from __future__ import annotations

import pytest

from bigfoot.transports.http1 import LazyHeaders, Message, fields

REQUESTS = {
    "no body": (b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n", b""),
    "length": (b"PUT / HTTP/1.1\r\ncontent-LENGTH: 5\r\n\r\nhello", b"hello"),
    "no length": (b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", b""),
    "chunked": (b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", b"hello"),
    "trailers": (b"PUT / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\nA: 1\r\nB: 2\r\n\r\n", b"x"),
}
RESPONSES = {
    "length": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", 200),
    "chunked": (b"HTTP/1.1 201 Created\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok", 201),
    "interim": (b"HTTP/1.1 103 Hints\r\nA: 1\r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", b"ok", 200),
    "line feeds": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", b"ok", 200),
    "nothing": (b"HTTP/1.1 204 No Content\r\nA: 1\r\n\r\n", b"", 204),
    "upgrade": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x00", b"", 101),
}


def read(message: Message, wire: bytes, size: int) -> bytes:
    return b"".join(message.feed(wire[start : start + size]) for start in range(0, len(wire), size))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("name", REQUESTS)
def test_requests_in_pieces(name: str, size: int) -> None:
    wire, body = REQUESTS[name]
    message = Message()
    assert read(message, wire, size) == body
    assert message.complete
    assert message.head == wire[: wire.index(b"\r\n\r\n") + 2]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("name", RESPONSES)
def test_responses_in_pieces(name: str, size: int) -> None:
    wire, body, status = RESPONSES[name]
    message = Message(response_to="GET")
    assert read(message, wire, size) == body
    assert (message.complete, message.status) == (True, status)


def test_what_follows_a_complete_message_is_not_read() -> None:
    message = Message()
    assert message.feed(REQUESTS["length"][0] + b"GET / HTTP/1.1\r\n\r\n") == b"hello"
    assert message.feed(b"more") == b""


def test_response_to_head_has_no_body() -> None:
    message = Message(response_to="HEAD")
    message.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    assert message.complete


def test_only_the_end_of_the_connection_ends_an_undelimited_response() -> None:
    message = Message(response_to="GET")
    assert message.feed(b"HTTP/1.0 200 Very Well\r\n\r\nabc") == b"abc"
    assert (message.complete, message.reason) == (False, b"Very Well")
    message.end()
    assert message.complete


def test_an_incomplete_message_is_not_completed_by_the_end() -> None:
    message = Message(response_to="GET")
    message.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
    message.end()
    assert not message.complete


def test_nonsense_is_not_complained_about() -> None:
    message = Message(response_to="GET")
    assert message.feed(b"HTTP/1.1 abc\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n") == b""
    assert (message.complete, message.status, message.reason) == (True, 0, b"")
    silent = Message(response_to="GET")
    assert (silent.feed(b"SSH-2.0-x\r\n"), silent.status, silent.reason) == (b"", 0, b"")


def test_expectation() -> None:
    message = Message()
    message.feed(b"PUT / HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n")
    assert message.expects
    assert not Message().expects


def test_fields_keep_order_and_case_and_unfold() -> None:
    head = b"GET / HTTP/1.1\r\nB: 1\r\na:2 \r\n  and more\r\nB: 3\r\n"
    assert fields(head) == ((b"B", b"1"), (b"a", b"2 and more"), (b"B", b"3"))


def test_lazy_headers_are_a_sequence_of_pairs() -> None:
    headers = LazyHeaders(fields, b"GET / HTTP/1.1\r\nB: 1\r\na: 2\r\n")
    assert (len(headers), headers[0], headers[1:]) == (2, (b"B", b"1"), ((b"a", b"2"),))
    assert list(headers) == [(b"B", b"1"), (b"a", b"2")]
    assert repr(headers) == "((b'B', b'1'), (b'a', b'2'))"
