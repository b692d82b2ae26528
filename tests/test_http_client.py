"""http.client: any class of connection, made at any time, used in any of the ways that it can be used."""

from __future__ import annotations

import array
import http.client
import io
import socket
from collections.abc import Iterator
from http.client import HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from bigfoot import StrictVerifier, UnmockedInteractionError
from bigfoot.plugins.http import HttpPlugin

from .loopback import Loopback

HOST = "api.example.com"
URL = f"http://{HOST}/"


def details(verifier: StrictVerifier) -> list[dict[str, Any]]:
    return [dict(interaction.details) for interaction in verifier.timeline]


def get(connection: http.client.HTTPConnection, path: str = "/") -> bytes:
    connection.request("GET", path)
    return connection.getresponse().read()


def to(server: Loopback) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(server.url).netloc)


class Unreachable(http.client.HTTPConnection):
    """A connection whose own way to connect must not be taken."""

    def connect(self) -> None:
        raise AssertionError("this would have left the process")


def test_a_class_with_a_connect_of_its_own_is_answered(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL, body="hello", times=2)
    with verifier.sandbox():
        assert get(Unreachable(HOST)) == b"hello"
        connected = Unreachable(HOST)
        connected.connect()
        assert get(connected) == b"hello"


def test_a_class_made_inside_the_sandbox_is_answered(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL, body="hello")
    with verifier.sandbox():

        class Late(Unreachable):
            def connect(self) -> None:
                raise AssertionError("this would have left the process")

        late = Late(HOST)
        late.connect()
        assert get(late) == b"hello"


def test_making_a_class_still_asks_the_other_bases(verifier: StrictVerifier) -> None:
    class Registered:
        names: tuple[str, ...] = ()

        def __init_subclass__(cls, *, name: str, **options: Any) -> None:
            super().__init_subclass__(**options)
            Registered.names += (name,)

    with verifier.sandbox():

        class Late(http.client.HTTPConnection, Registered, name="late"):
            pass

    assert Registered.names == ("late",)
    with pytest.raises(TypeError):

        class Wrong(http.client.HTTPConnection, name="unknown"):  # type: ignore[call-arg]
            pass


def test_a_class_that_writes_to_its_socket_by_itself_is_answered(verifier: StrictVerifier, http: HttpPlugin) -> None:
    class Direct(Unreachable):
        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()
            sock: Any = self.sock
            sock.sendall(data)

    http.mock_response("GET", URL, body="hello")
    with verifier.sandbox():
        assert get(Direct(HOST)) == b"hello"


def test_a_connection_that_may_not_connect_by_itself_does_not(verifier: StrictVerifier) -> None:
    connection = http.client.HTTPConnection(HOST)
    connection.auto_open = 0
    with verifier.sandbox(), pytest.raises(http.client.NotConnected):
        connection.request("GET", "/")
    assert len(verifier.timeline) == 0


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_a_response_without_body_leaves_the_connection_usable(
    verifier: StrictVerifier, http: HttpPlugin, method: str, status: int
) -> None:
    http.mock_response(method, URL, status=status, body="not sent")
    http.mock_response("GET", f"{URL}next", body="next")
    connection = Unreachable(HOST)
    with verifier.sandbox():
        connection.request(method, "/")
        response = connection.getresponse()
        assert (response.status, response.read()) == (status, b"")
        assert get(connection, "/next") == b"next"


def generated() -> Iterator[bytes]:
    yield b"ge"
    yield b"nerated"


@pytest.mark.parametrize(
    ("body", "recorded"),
    [
        (b"bytes", "bytes"),
        ("text", "text"),
        (bytearray(b"bytearray"), "bytearray"),
        (memoryview(b"memoryview"), "memoryview"),
        (array.array("B", b"array"), "array"),
        (io.BytesIO(b"file"), "file"),
        (io.StringIO("text file"), "text file"),
        ([b"li", b"st"], "list"),
        (generated, "generated"),
        (b"", ""),
    ],
)
def test_a_body_of_any_kind_is_recorded_without_its_coding(
    verifier: StrictVerifier, http: HttpPlugin, body: Any, recorded: str
) -> None:
    http.mock_response("POST", URL)
    with verifier.sandbox():
        connection = Unreachable(HOST)
        given: Any = body() if callable(body) else body
        connection.request("POST", "/", body=given)
        assert connection.getresponse().status == 200
    assert details(verifier)[0]["request_body"] == recorded


def test_a_body_that_is_none_is_refused_by_the_client(verifier: StrictVerifier) -> None:
    body: Any = 5
    with verifier.sandbox(), pytest.raises(TypeError, match="should be a bytes-like object or an iterable"):
        Unreachable(HOST).request("POST", "/", body=body, headers={"Content-Length": "1"})


def test_an_unmocked_call_raises_where_it_is_made_and_the_connection_goes_on(
    verifier: StrictVerifier, http: HttpPlugin
) -> None:
    http.mock_response("GET", URL, body="hello")
    connection = Unreachable(HOST)
    with verifier.sandbox():
        with pytest.raises(UnmockedInteractionError):
            connection.request("GET", "/other")
        connection.close()
        assert get(connection) == b"hello"


def test_an_unmocked_call_with_a_body_raises_when_the_body_is_written(verifier: StrictVerifier) -> None:
    connection = Unreachable(HOST)
    with verifier.sandbox():
        connection.putrequest("POST", "/")
        connection.putheader("Content-Length", "4")
        connection.endheaders()
        connection.send(b"bo")
        with pytest.raises(UnmockedInteractionError):
            connection.send(b"dy")


def test_what_a_request_has_over_and_above_is_let_go(
    verifier: StrictVerifier, http: HttpPlugin, server: Loopback
) -> None:
    http.mock_response("GET", f"{server.url}/mocked", body="hello")
    http.pass_through("GET", f"{server.url}/passed")
    connection = to(server)
    with verifier.sandbox():
        for path, answer in (("/mocked", b"hello"), ("/passed", b'{"path": "/passed"}')):
            connection.putrequest("GET", path)
            connection.endheaders()
            connection.send(b"unannounced")
            assert connection.getresponse().read() == answer
    connection.close()


def test_a_response_may_be_fetched_and_read_after_the_sandbox(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL, body="hello")
    connection = Unreachable(HOST)
    with verifier.sandbox():
        connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello"


def test_a_connection_from_before_the_sandbox_is_put_aside_and_given_back(
    verifier: StrictVerifier, http: HttpPlugin, server: Loopback
) -> None:
    http.mock_response("GET", f"{server.url}/mocked", body="mocked")
    http.pass_through("GET", f"{server.url}/passed")
    connection = to(server)
    get(connection, "/before")
    kept = connection.sock
    with verifier.sandbox():
        assert get(connection, "/mocked") == b"mocked"
        assert connection.sock is kept
        assert get(connection, "/passed") == b'{"path": "/passed"}'
        assert connection.sock is kept
        with pytest.raises(UnmockedInteractionError):
            connection.request("GET", "/unmocked")
        assert connection.sock is kept
        connection.close()
        assert connection.sock is None
    assert server.seen == ["GET /before", "GET /passed"]


def test_a_kept_connection_is_closed_with_a_request_that_was_given_up(
    verifier: StrictVerifier, server: Loopback
) -> None:
    connection = to(server)
    get(connection)
    kept: socket.socket = connection.sock
    with verifier.sandbox():
        connection.putrequest("POST", "/")
        connection.putheader("Content-Length", "4")
        connection.endheaders()
        connection.close()
    assert kept.fileno() == -1


def test_a_connection_from_inside_the_sandbox_connects_for_real_after_it(
    verifier: StrictVerifier, http: HttpPlugin, server: Loopback
) -> None:
    http.mock_response("GET", f"{server.url}/", body="mocked")
    connection = to(server)
    with verifier.sandbox():
        assert get(connection) == b"mocked"
    assert get(connection) == b'{"path": "/"}'
    connection.close()
    assert server.seen == ["GET /"]


def test_a_reply_that_closes_the_connection_does_not_close_the_kept_one(
    verifier: StrictVerifier, http: HttpPlugin, server: Loopback
) -> None:
    http.mock_response("GET", f"{server.url}/", body="bye", headers={"Connection": "close"})
    connection = to(server)
    get(connection)
    kept = connection.sock
    with verifier.sandbox():
        assert get(connection) == b"bye"
    assert connection.sock is kept
    assert get(connection) == b'{"path": "/"}'
    connection.close()


def test_through_a_tunnel_the_target_is_recorded(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", "https://api.example.com/", body="hello")
    connection = HTTPSConnection("proxy.example.com", 3128)
    connection.set_tunnel(HOST)
    with verifier.sandbox():
        assert get(connection) == b"hello"
    assert details(verifier)[0]["url"] == "https://api.example.com/"


@pytest.mark.parametrize(
    ("host", "target", "url"),
    [
        ("api.example.com:8080", "/a?b=c", "http://api.example.com:8080/a?b=c"),
        ("api.example.com:80", "/", "http://api.example.com/"),
        ("[::1]:8080", "/", "http://[::1]:8080/"),
        ("proxy.example.com:3128", "http://api.example.com/x", "http://api.example.com/x"),
        ("api.example.com", "/a#fragment", "http://api.example.com/a"),
        ("bücher.example", "/", "http://xn--bcher-kva.example/"),
        ("api.example.com", "*", "http://api.example.com/*"),
    ],
)
def test_the_url_is_put_together_from_connection_and_target(
    verifier: StrictVerifier, http: HttpPlugin, host: str, target: str, url: str
) -> None:
    with verifier.sandbox(), pytest.raises(UnmockedInteractionError) as unmocked:
        Unreachable(host).request("GET", target)
    assert unmocked.value.args_tuple == ("GET", url)


def test_the_client_is_named(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL)
    with verifier.sandbox():
        get(Unreachable(HOST))
    (call,) = verifier.timeline
    assert call.client == "http.client"
    assert details(verifier)[0]["request_headers"] == {}


def test_what_people_do_with_a_socket_is_possible(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL, times=2)
    connection: Any = Unreachable(HOST, timeout=3)
    with verifier.sandbox():
        connection.connect()
        sock = connection.sock
        assert sock.gettimeout() == 3
        sock.settimeout(1.5)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert sock.gettimeout() == 1.5
        assert sock.fileno() >= 0
        get(connection)
        sock.shutdown(socket.SHUT_RDWR)
        assert get(connection) == b""
        with pytest.raises(AttributeError, match="getpeername"):
            sock.getpeername()
        sock.close()
