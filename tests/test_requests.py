"""requests and urllib3: what runs for real, what is recorded, and the explicit Adapter."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

import bigfoot
from bigfoot import SandboxNotActiveError, StrictVerifier, UnmockedInteractionError
from bigfoot.plugins.http import HttpPlugin
from bigfoot.transports.requests import Adapter

from .loopback import Loopback

URL = "https://api.example.com/"
PROXY = "http://proxy.example.com:3128"


def headers(verifier: StrictVerifier) -> list[list[tuple[bytes, bytes]]]:
    """The recorded headers of each request, as they were on the wire."""
    return [list(interaction.call.headers) for interaction in verifier.timeline]


@pytest.fixture(params=["ordinary", "watched"])
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """An ordinary call is answered at the adapter; one of which urllib3 writes a log gets down to the connection."""
    logger = logging.getLogger("urllib3.connectionpool")
    before = logger.level
    logger.setLevel(logging.WARNING if request.param == "ordinary" else logging.DEBUG)
    yield request.param
    logger.setLevel(before)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.mark.usefixtures("way")
def test_the_response_is_the_real_one(verifier: StrictVerifier, http: HttpPlugin, session: requests.Session) -> None:
    fields = [
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("Content-Encoding", "gzip"),
        ("X-Twice", "1"),
        ("X-Twice", "2"),
    ]
    http.mock_response("GET", URL, body=gzip.compress(b"hello"), status=203, reason="Somehow", headers=fields)
    with verifier.sandbox():
        response = session.get(URL)
    assert (response.status_code, response.reason, response.text) == (203, "Somehow", "hello")
    assert response.headers["x-twice"] == "1, 2"
    assert session.cookies.get_dict() == {"a": "1", "b": "2"}
    assert type(response.raw) is urllib3.HTTPResponse
    assert response.raw.version == 11
    assert response.raw.headers.getlist("X-Twice") == ["1", "2"]
    assert type(response.raw._original_response) is HTTPResponse
    assert response.elapsed.total_seconds() > 0


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("GET", {}),
        ("GET", {"params": {"q": "ä b"}, "headers": {"X-One": "1 ", "accept": "text/plain"}}),
        ("HEAD", {}),
        ("DELETE", {}),
        ("OPTIONS", {}),
        ("POST", {}),
        ("POST", {"data": {"a": "1"}}),
        ("POST", {"data": b"\xff\x00"}),
        ("POST", {"data": "é"}),
        ("PUT", {"json": {"a": [1]}}),
        ("PATCH", {"data": lambda: iter([b"a", b"b"])}),
        ("GET", {"headers": {"User-Agent": None}}),
        ("GET", {"headers": {"Accept-Encoding": None}}),
        ("GET", {"headers": {"Host": "other.example.com"}}),
        ("GET", {"headers": {"X-Bytes": b"bytes"}}),
        ("GET", {"headers": {"X-Latin": "é".encode("latin-1")}}),
        ("GET", {"cookies": {"a": "b"}, "auth": ("user", "secret")}),
    ],
)
def test_an_ordinary_call_is_recorded_as_it_would_go_on_the_wire(
    verifier: StrictVerifier, http: HttpPlugin, session: requests.Session, method: str, options: dict[str, Any]
) -> None:
    """Once answered at the adapter, once written by urllib3: the records are the same."""
    http.mock_response(method, URL, times=2)
    logger = logging.getLogger("urllib3.connectionpool")
    with verifier.sandbox():
        for level in (logging.WARNING, logging.DEBUG):
            logger.setLevel(level)
            given: dict[str, Any] = {name: value() if callable(value) else value for name, value in options.items()}
            try:
                session.request(method, URL, **given)
            finally:
                logger.setLevel(logging.NOTSET)
    first, second = verifier.timeline
    assert list(first.call.headers) == list(second.call.headers)
    for name in ("method", "url", "request_headers", "request_body", "status", "response_headers", "response_body"):
        assert first.details[name] == second.details[name]
    assert (first.call.url, first.client) == (second.call.url, second.client)


def test_an_ordinary_call_opens_no_pool(verifier: StrictVerifier, http: HttpPlugin, session: requests.Session) -> None:
    http.mock_response("GET", URL)
    adapter = session.get_adapter(URL)
    assert isinstance(adapter, HTTPAdapter)
    with verifier.sandbox():
        session.get(URL, timeout=3)
    assert len(adapter.poolmanager.pools) == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com:80/a",
        "https://api.example.com:443/a",
        "http://api.example.com:8080/a",
        "http://user:secret@api.example.com/a",
        "http://API.example.com/a b?c=d e#fragment",
        "http://bücher.example/ä",
    ],
)
def test_an_ordinary_url_is_recorded_as_it_would_go_on_the_wire(
    verifier: StrictVerifier, session: requests.Session, url: str
) -> None:
    logger = logging.getLogger("urllib3.connectionpool")
    seen = []
    with verifier.sandbox():
        for level in (logging.WARNING, logging.DEBUG):
            logger.setLevel(level)
            try:
                with pytest.raises(UnmockedInteractionError) as unmocked:
                    session.get(url)
            finally:
                logger.setLevel(logging.NOTSET)
            seen.append(unmocked.value.args_tuple)
    assert seen[0] == seen[1]


@pytest.mark.usefixtures("way")
def test_an_unmocked_call_raises_out_of_requests(verifier: StrictVerifier, session: requests.Session) -> None:
    with verifier.sandbox(), pytest.raises(UnmockedInteractionError) as unmocked:
        session.post(URL, data=b"body")
    assert unmocked.value.args_tuple == ("POST", URL)


@pytest.mark.usefixtures("way")
def test_headers_that_would_break_the_message_are_refused_by_the_client(
    verifier: StrictVerifier, session: requests.Session
) -> None:
    prepared = session.prepare_request(requests.Request("GET", URL))
    prepared.headers["X-Broken"] = "a\r\nb: c"
    with verifier.sandbox(), pytest.raises(ValueError, match="Invalid header value"):
        session.send(prepared)
    assert len(verifier.timeline) == 0


def test_a_bundle_that_is_missing_is_missed(verifier: StrictVerifier, session: requests.Session) -> None:
    with verifier.sandbox(), pytest.raises(OSError, match="Could not find a suitable TLS CA certificate bundle"):
        session.get(URL, verify="no-such-bundle.pem")


def test_a_timeout_that_cannot_be_meant_is_refused(verifier: StrictVerifier, session: requests.Session) -> None:
    with verifier.sandbox(), pytest.raises(ValueError, match="timeout"):
        session.get(URL, timeout=-1)


@pytest.mark.parametrize("verify", [True, False])
def test_no_connection_is_called_unverified(
    verifier: StrictVerifier, http: HttpPlugin, session: requests.Session, verify: bool
) -> None:
    """urllib3 warns of those, and warnings are errors here."""
    http.mock_response("GET", URL, times=2)
    with verifier.sandbox(), urllib3.PoolManager() as manager:
        session.get(URL, verify=verify)
        assert manager.request("GET", URL).status == 200


def test_retries_run_for_real(verifier: StrictVerifier, http: HttpPlugin, session: requests.Session) -> None:
    session.mount(URL, HTTPAdapter(max_retries=Retry(2, backoff_factor=0, status_forcelist=[503])))
    http.mock_response("GET", URL, status=503, headers={"Retry-After": "0"}, times=2)
    http.mock_response("GET", URL, body="at last")
    with verifier.sandbox():
        response = session.get(URL)
    assert response.text == "at last"
    assert response.raw.retries is not None
    assert len(response.raw.retries.history) == 2
    assert [call.details["status"] for call in verifier.timeline] == [503, 503, 200]


def test_a_retry_list_without_retries_is_obeyed(
    verifier: StrictVerifier, http: HttpPlugin, session: requests.Session
) -> None:
    session.mount(URL, HTTPAdapter(max_retries=Retry(0, status_forcelist=[503])))
    http.mock_response("GET", URL, status=503)
    with verifier.sandbox(), pytest.raises(requests.exceptions.RetryError):
        session.get(URL)


@pytest.mark.parametrize("url", ["http://api.example.com/", "https://api.example.com/"])
def test_through_a_proxy_the_target_is_recorded(
    verifier: StrictVerifier, http: HttpPlugin, session: requests.Session, url: str
) -> None:
    http.mock_response("GET", url, body="hello")
    with verifier.sandbox():
        assert session.get(url, proxies={"http": PROXY, "https": PROXY}).text == "hello"
    (call,) = verifier.timeline
    assert call.call.url == url


def test_who_replaces_what_an_ordinary_call_leaves_out_sees_it_all_the_same(
    verifier: StrictVerifier, http: HttpPlugin, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As tracers do, which add a header of theirs here."""
    putrequest = HTTPConnection.putrequest

    def traced(self: Any, *args: Any, **options: Any) -> None:
        putrequest(self, *args, **options)
        self.putheader("Traceparent", "00-1")

    http.mock_response("GET", URL, times=2)
    with verifier.sandbox():
        session.get(URL)
        monkeypatch.setattr(HTTPConnection, "putrequest", traced)
        session.get(URL)
    without, with_trace = headers(verifier)
    assert (b"Traceparent", b"00-1") not in without
    assert (b"Traceparent", b"00-1") in with_trace


def test_urllib3_writes_its_log(
    verifier: StrictVerifier, http: HttpPlugin, session: requests.Session, caplog: pytest.LogCaptureFixture
) -> None:
    http.mock_response("GET", URL, body="hello")
    with caplog.at_level(logging.DEBUG, "urllib3"), verifier.sandbox():
        session.get(URL)
    assert '"GET / HTTP/1.1" 200 5' in caplog.text


def test_an_adapter_with_a_mind_of_its_own_is_asked(verifier: StrictVerifier, http: HttpPlugin) -> None:
    class Signing(HTTPAdapter):
        def add_headers(self, request: requests.PreparedRequest, **options: Any) -> None:
            request.headers["X-Signature"] = "signed"

    http.mock_response("GET", URL)
    with verifier.sandbox(), requests.Session() as session:
        session.mount("https://", Signing())
        session.get(URL)
    assert (b"X-Signature", b"signed") in headers(verifier)[0]


def test_a_pool_uses_one_connection_again(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL, times=3)
    with verifier.sandbox(), urllib3.HTTPSConnectionPool("api.example.com", maxsize=1, block=True) as pool:
        for _ in range(3):
            assert pool.request("GET", "/").status == 200
    assert (pool.num_connections, pool.num_requests) == (1, 3)


def test_the_caller_is_named(verifier: StrictVerifier, http: HttpPlugin, session: requests.Session) -> None:
    http.mock_response("GET", URL, times=2)
    with verifier.sandbox(), urllib3.PoolManager() as manager:
        session.get(URL)
        manager.request("GET", URL)
    assert [str(call.client).split()[0] for call in verifier.timeline] == ["requests", "urllib3"]
    assert [dict(call.details)["request_headers"] for call in verifier.timeline] == [{}, {}]


def test_a_call_that_an_upload_makes_is_its_own(
    verifier: StrictVerifier, http: HttpPlugin, session: requests.Session
) -> None:
    """A generator of a body runs while requests is at work, and may call somebody else."""

    def body() -> Iterator[bytes]:
        connection = HTTPConnection("other.example.com")
        connection.request("GET", "/")
        yield connection.getresponse().read()

    http.mock_response("POST", URL)
    http.mock_response("GET", "http://other.example.com/", body="from there")
    with verifier.sandbox():
        session.post(URL, data=body())
    assert {(call.call.method, str(call.client).split()[0]) for call in verifier.timeline} == {
        ("POST", "requests"),
        ("GET", "http.client"),
    }
    assert verifier.timeline.next("http:request", {}).details["request_body"] in ("", "from there")  # type: ignore[union-attr]


@pytest.mark.parametrize("url", ["http", "https"])
def test_the_adapter_needs_no_seam(verifier: StrictVerifier, http: HttpPlugin, url: str) -> None:
    url += "://api.example.com/"
    bigfoot.uninstall()
    http.mock_response("GET", url, body="hello", times=2)
    with requests.Session() as session:
        session.mount(url, Adapter(verifier))
        assert session.get(url).text == "hello"
        assert session.get(url, proxies={"http": PROXY, "https": PROXY}).text == "hello"
        with pytest.raises(UnmockedInteractionError):
            session.get(f"{url}other")
    assert [str(call.client).split()[0] for call in verifier.timeline] == ["requests", "requests"]


def test_the_adapter_asks_its_own_verifier_inside_another_sandbox(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL, body="its own")
    other = StrictVerifier()
    HttpPlugin(other).mock_response("GET", URL, body="the sandbox's", required=False)
    with other.sandbox(), requests.Session() as session:
        session.mount(URL, Adapter(verifier))
        assert session.get(URL).text == "its own"
    assert len(other.timeline) == 0


def test_the_adapter_without_a_verifier_asks_the_sandbox(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL, body="hello")
    with requests.Session() as session:
        session.mount(URL, Adapter(max_retries=3))
        with pytest.raises(SandboxNotActiveError):
            session.get(URL)
        with verifier.sandbox():
            assert session.get(URL).text == "hello"


def test_the_adapter_lets_through(verifier: StrictVerifier, http: HttpPlugin, server: Loopback) -> None:
    bigfoot.uninstall()
    http.pass_through("*", f"{server.url}/*")
    with requests.Session() as session:
        session.mount("http://", Adapter(verifier))
        for _ in range(2):
            assert session.get(f"{server.url}/a").json() == {"path": "/a"}
            assert session.post(f"{server.url}/b", data=iter([b"up", b"load"])).content == b"upload"
    assert server.seen == ["GET /a", "POST /b"] * 2
    assert [call.details["response_body"] for call in verifier.timeline] == ['{"path": "/a"}', "upload"] * 2
    assert [call.how for call in verifier.timeline] == ["pass-through"] * 4


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    "error", [requests.ConnectionError("exactly"), ConnectionResetError("exactly"), ValueError("exactly")]
)
def test_an_exact_exception_comes_out_as_it_is(
    verifier: StrictVerifier, http: HttpPlugin, session: requests.Session, error: Exception
) -> None:
    http.mock_error("GET", URL, raises=error)
    with verifier.sandbox(), pytest.raises(type(error)) as raised:
        session.get(URL)
    assert raised.value is error


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("fault", "phase", "error"),
    [
        ("refused", None, requests.ConnectionError),
        ("dns", None, requests.ConnectionError),
        ("tls", None, requests.exceptions.SSLError),
        ("timeout", "connect", requests.ConnectTimeout),
        ("timeout", "read", requests.ReadTimeout),
        ("reset", None, requests.ConnectionError),
        ("garbage", None, requests.ConnectionError),
    ],
)
def test_a_fault_comes_out_in_words_of_requests(
    verifier: StrictVerifier,
    http: HttpPlugin,
    session: requests.Session,
    fault: str,
    phase: Any,
    error: type[Exception],
) -> None:
    options: Any = {} if phase is None else {"phase": phase}
    http.mock_error("GET", URL, fault=fault, **options)
    with verifier.sandbox(), pytest.raises(error) as raised:
        session.get(URL, timeout=3)
    assert type(raised.value) is error
