"""urllib.request: openers of any make, what is recorded, TLS on demand, and the explicit Handler."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection, InvalidURL
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPHandler, HTTPSHandler, ProxyHandler, Request, build_opener

import pytest

import bigfoot
from bigfoot import SandboxNotActiveError, StrictVerifier, UnmockedInteractionError
from bigfoot.plugins.http import HttpPlugin
from bigfoot.transports.urllib import Handler

from .loopback import Loopback

URL = "http://api.example.com/"


def headers(verifier: StrictVerifier) -> list[list[tuple[bytes, bytes]]]:
    """The recorded headers of each request, as they were on the wire."""
    return [list(interaction.call.headers) for interaction in verifier.timeline]


@pytest.fixture
def contexts(monkeypatch: pytest.MonkeyPatch) -> list[ssl.SSLContext]:
    """The contexts for which certificate authorities were loaded."""
    loaded: list[ssl.SSLContext] = []
    load = ssl.SSLContext.load_default_certs

    def counted(self: ssl.SSLContext, *args: Any) -> None:
        loaded.append(self)
        load(self, *args)

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", counted)
    return loaded


def test_the_response_is_the_real_one(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", f"{URL}a", body="hello", reason="Fine", headers=[("X-Twice", "1"), ("X-Twice", "2")])
    with verifier.sandbox(), urllib.request.urlopen(f"{URL}a#there") as response:
        assert type(response) is HTTPResponse
        reason: object = response.msg  # urllib puts it there
        assert (response.status, response.reason, reason, response.url) == (200, "Fine", "Fine", f"{URL}a#there")
        assert response.headers.get_all("x-twice") == ["1", "2"]
        assert response.read() == b"hello"
        assert response.version == 11


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(Request(URL), id="plain"),
        pytest.param(Request(f"{URL}a?b=c#d"), id="query and fragment"),
        pytest.param(Request(URL, headers={"x-one": " 1 ", "Accept-encoding": "gzip"}), id="headers"),
        pytest.param(Request(URL, headers={"user-agent": "me", "connection": "keep-alive"}), id="defaults overridden"),
        pytest.param(Request(URL, headers={"Host": "other.example.com"}), id="host"),
        pytest.param(Request(URL, headers={"X-Latin": "é"}), id="latin"),
        pytest.param(Request(URL, method="HEAD"), id="head"),
        pytest.param(Request(URL, method="DELETE"), id="delete"),
        pytest.param(Request(URL, b"body"), id="post"),
        pytest.param(Request(URL, iter([b"a"]), {"Content-Length": "1"}), id="iterator"),
        pytest.param(Request("http://api.example.com:80/"), id="default port"),
        pytest.param(Request("http://api.example.com:8080/"), id="port"),
        pytest.param(Request("https://api.example.com/"), id="tls"),
    ],
)
def test_an_ordinary_call_is_recorded_as_it_would_go_on_the_wire(
    verifier: StrictVerifier, http: HttpPlugin, request_: Request, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once answered at the handler, once written by http.client because it is to print what it does."""
    http.mock_response(request_.get_method(), request_.full_url.partition("#")[0], body="hello", times=2)
    data: Any = request_.data
    with verifier.sandbox():
        for level in (0, 1):
            if isinstance(data, Iterator):
                request_.data = iter([b"a"])
                request_.add_header("Content-Length", "1")
            opener = build_opener(HTTPHandler(debuglevel=level), HTTPSHandler(debuglevel=level))
            opener.open(request_).close()
    first, second = verifier.timeline
    assert list(first.call.headers) == list(second.call.headers)
    assert dict(first.details) == dict(second.details)
    assert (first.call.url, first.client) == (second.call.url, second.client)
    assert "send:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "error"), [(f"{URL}a b", InvalidURL), (f"{URL}a\x7fb", InvalidURL), (f"{URL}ä", UnicodeEncodeError)]
)
def test_a_url_that_is_none_is_refused_by_the_client(
    verifier: StrictVerifier, url: str, error: type[Exception]
) -> None:
    with verifier.sandbox(), pytest.raises(error):
        urllib.request.urlopen(url)
    assert len(verifier.timeline) == 0


def test_an_unmocked_call_raises_out_of_urllib(verifier: StrictVerifier) -> None:
    with verifier.sandbox(), pytest.raises(UnmockedInteractionError) as unmocked:
        urllib.request.urlopen(f"{URL}a")
    assert unmocked.value.args_tuple == ("GET", f"{URL}a")


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("error", [ConnectionResetError("exactly"), URLError("exactly"), ValueError("exactly")])
def test_an_exact_exception_comes_out_as_it_is(
    verifier: StrictVerifier, http: HttpPlugin, error: Exception, level: int
) -> None:
    http.mock_error("GET", URL, raises=error)
    with verifier.sandbox(), pytest.raises(type(error)) as raised:
        build_opener(HTTPHandler(debuglevel=level)).open(URL)
    assert raised.value is error


def test_redirects_and_errors_are_the_clients_own(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL, status=302, headers={"Location": "/gone"})
    http.mock_response("GET", f"{URL}gone", status=410, body="not here")
    with verifier.sandbox(), pytest.raises(HTTPError) as error:
        urllib.request.urlopen(URL)
    with error.value as response:
        assert (response.code, response.read(), response.url) == (410, b"not here", f"{URL}gone")


def test_openers_of_any_make_are_answered(verifier: StrictVerifier, http: HttpPlugin) -> None:
    class Own(HTTPHandler):
        def http_open(self, req: Request) -> HTTPResponse:
            response: HTTPResponse = self.do_open(OwnConnection, req)
            return response

    class OwnConnection(HTTPConnection):
        def connect(self) -> None:
            raise AssertionError("this would have left the process")

    http.mock_response("GET", URL, body="hello", times=3)
    built, own = build_opener(), build_opener(Own)
    before = urllib.request._opener  # type: ignore[attr-defined]
    try:
        urllib.request.install_opener(own)
        with verifier.sandbox():
            for opening in (built.open, own.open, urllib.request.urlopen):
                with opening(URL) as response:
                    assert response.read() == b"hello"
    finally:
        urllib.request.install_opener(before)
    assert [call.client for call in verifier.timeline] == ["urllib"] * 3


@pytest.mark.parametrize("url", ["http://api.example.com/", "https://api.example.com/"])
def test_through_a_proxy_the_target_is_recorded(verifier: StrictVerifier, http: HttpPlugin, url: str) -> None:
    http.mock_response("GET", url, body="hello")
    opener = build_opener(
        ProxyHandler({"http": "http://proxy.example.com:3128", "https": "http://proxy.example.com:3128"})
    )
    with verifier.sandbox(), opener.open(url) as response:
        assert response.read() == b"hello"
    (call,) = verifier.timeline
    assert call.call.url == url


def test_who_replaces_what_an_ordinary_call_leaves_out_sees_it_all_the_same(
    verifier: StrictVerifier, http: HttpPlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    putrequest = HTTPConnection.putrequest

    def traced(self: Any, *args: Any, **options: Any) -> None:
        putrequest(self, *args, **options)
        self.putheader("Traceparent", "00-1")

    http.mock_response("GET", URL, times=2)
    with verifier.sandbox():
        urllib.request.urlopen(URL).close()
        monkeypatch.setattr(HTTPConnection, "putrequest", traced)
        urllib.request.urlopen(URL).close()
    without, with_trace = headers(verifier)
    assert (b"Traceparent", b"00-1") not in without
    assert (b"Traceparent", b"00-1") in with_trace


def test_what_the_client_adds_by_itself_is_no_header_of_the_code(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("POST", URL)
    with verifier.sandbox():
        urllib.request.urlopen(URL, b"a=b").close()
    (call,) = verifier.timeline
    assert call.details["request_headers"] == {}


def test_tls_that_is_not_used_is_not_made(
    verifier: StrictVerifier, http: HttpPlugin, contexts: list[ssl.SSLContext]
) -> None:
    http.mock_response("GET", "https://api.example.com/", body="hello", times=2)
    with verifier.sandbox():
        with build_opener().open("https://api.example.com/") as response:
            assert response.read() == b"hello"
        connection = HTTPSConnection("api.example.com")
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"hello"
    assert contexts == []


@pytest.fixture
def stranger() -> Iterator[str]:
    """The URL of a TLS server whose certificate nobody here has reason to trust."""
    trustme = pytest.importorskip("trustme", reason="trustme makes the certificate")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    def shake_hands() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            context.wrap_socket(connection, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=shake_hands)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join()


def test_tls_that_is_used_is_made_and_verifies(
    verifier: StrictVerifier, http: HttpPlugin, contexts: list[ssl.SSLContext], stranger: str
) -> None:
    http.pass_through("GET", stranger)
    with verifier.sandbox(), pytest.raises(URLError) as error:
        build_opener().open(stranger)
    assert isinstance(error.value.reason, ssl.SSLCertVerificationError)
    (context,) = contexts
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_who_verifies_nothing_still_does_not(verifier: StrictVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    """PEP 476 names this attribute for the purpose."""
    monkeypatch.setattr(ssl, "_create_default_https_context", ssl._create_unverified_context)
    with verifier.sandbox():
        connection: Any = HTTPSConnection("api.example.com")
    assert connection._context.verify_mode == ssl.CERT_NONE


@pytest.mark.parametrize("url", [URL, "https://api.example.com/"])
def test_the_handler_needs_no_seam(verifier: StrictVerifier, http: HttpPlugin, url: str) -> None:
    bigfoot.uninstall()
    http.mock_response("GET", url, body="hello")
    opener = build_opener(Handler(verifier))
    with opener.open(url) as response:
        assert response.read() == b"hello"
    with pytest.raises(UnmockedInteractionError):
        opener.open(f"{url}other")
    assert [call.client for call in verifier.timeline] == ["urllib"]


def test_the_handler_without_a_verifier_asks_the_sandbox(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL, body="hello")
    opener = build_opener(Handler())
    with pytest.raises(SandboxNotActiveError):
        opener.open(URL)
    with verifier.sandbox(), opener.open(URL) as response:
        assert response.read() == b"hello"


def test_the_handler_asks_its_own_verifier_inside_another_sandbox(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL, body="its own")
    other = StrictVerifier()
    with other.sandbox(), build_opener(Handler(verifier)).open(URL) as response:
        assert response.read() == b"its own"
    assert len(other.timeline) == 0


def test_the_handler_lets_through(
    verifier: StrictVerifier, http: HttpPlugin, server: Loopback, contexts: list[ssl.SSLContext]
) -> None:
    bigfoot.uninstall()
    http.pass_through("*", f"{server.url}/*")
    opener = build_opener(Handler(verifier))
    with opener.open(f"{server.url}/a") as response:
        assert response.read() == b'{"path": "/a"}'
    with opener.open(f"{server.url}/b", b"upload") as response:
        assert response.read() == b"upload"
    assert server.seen == ["GET /a", "POST /b"]
    assert [call.details["response_body"] for call in verifier.timeline] == ['{"path": "/a"}', "upload"]
    assert contexts == []
