"""niquests, and requests over urllib3-future: they are met at their adapters."""

from __future__ import annotations

import gzip
import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from bigfoot import BigfootError, BigfootWarning, StrictVerifier, UnmockedInteractionError
from bigfoot.plugins.http import HttpPlugin

from .loopback import Loopback

niquests = pytest.importorskip("niquests", reason="niquests replaces urllib3, so it has an environment of its own")

URL = "https://api.example.com/"


@pytest.fixture(scope="module", autouse=True)
def warned() -> Iterator[None]:
    """The first sandbox says that urllib3 is another one here."""
    with pytest.warns(BigfootWarning, match="urllib3-future"), StrictVerifier().sandbox():
        pass
    yield


@pytest.fixture(params=["niquests", "requests"])
def session(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A session of each library that rides on urllib3-future."""
    library = pytest.importorskip(request.param, reason="it is not installed beside niquests")
    with library.Session() as session:
        session.trust_env = False
        yield session


def test_it_is_said_once(verifier: StrictVerifier) -> None:
    with warnings.catch_warnings(record=True) as caught, verifier.sandbox():
        pass
    assert caught == []


def test_the_response_is_the_real_one(verifier: StrictVerifier, http: HttpPlugin, session: Any) -> None:
    fields = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Content-Encoding", "gzip")]
    http.mock_response("GET", URL, status=302, headers={"Location": "/there"})
    http.mock_response("GET", f"{URL}there", body=gzip.compress(b"hello"), headers=fields)
    with verifier.sandbox():
        response = session.get(URL)
    assert (response.status_code, response.text) == (200, "hello")
    assert [hop.status_code for hop in response.history] == [302]
    assert session.cookies.get_dict() == {"a": "1", "b": "2"}
    assert [str(call.client).split()[0] for call in verifier.timeline] == [type(session).__module__.split(".")[0]] * 2
    assert [dict(call.details)["request_headers"] for call in verifier.timeline] == [{}, {}]


@pytest.mark.parametrize(
    ("body", "recorded"), [(b"bytes", "bytes"), ("text", "text"), (iter([b"li", "st"]), "list"), (None, "")]
)
def test_a_body_of_any_kind_is_recorded(
    verifier: StrictVerifier, http: HttpPlugin, session: Any, body: Any, recorded: str
) -> None:
    given = iter([b"li", b"st"]) if recorded == "list" else body
    http.mock_response("POST", URL)
    with verifier.sandbox():
        assert session.post(URL, data=given).status_code == 200
    (call,) = verifier.timeline
    assert call.details["request_body"] == recorded


def test_a_stream_comes_in_pieces(verifier: StrictVerifier, http: HttpPlugin, session: Any) -> None:
    http.mock_response("GET", URL, stream=[b"one", b"two"])
    with verifier.sandbox(), session.get(URL, stream=True) as response:
        assert b"".join(response.iter_content(3)) == b"onetwo"


def test_an_unmocked_call_raises(verifier: StrictVerifier, session: Any) -> None:
    with verifier.sandbox(), pytest.raises(UnmockedInteractionError):
        session.get(URL)


@pytest.mark.parametrize(("fault", "error"), [("reset", "ConnectionError"), ("timeout", "ReadTimeout")])
def test_a_fault_comes_out_in_words_of_the_library(
    verifier: StrictVerifier, http: HttpPlugin, session: Any, fault: str, error: str
) -> None:
    http.mock_error("GET", URL, fault=fault)
    with verifier.sandbox(), pytest.raises(Exception) as raised:
        session.get(URL, timeout=3)
    assert type(raised.value).__name__ == error


def test_a_call_passes_through_and_is_noted(
    verifier: StrictVerifier, http: HttpPlugin, server: Loopback, session: Any
) -> None:
    http.pass_through("*", f"{server.url}/*")
    with verifier.sandbox():
        assert session.get(f"{server.url}/a").json() == {"path": "/a"}
        assert session.post(f"{server.url}/b", data=iter([b"up", b"load"])).content == b"upload"
    assert server.seen == ["GET /a", "POST /b"]
    assert [call.details["response_body"] for call in verifier.timeline] == ['{"path": "/a"}', "upload"]
    assert [call.details["request_body"] for call in verifier.timeline] == ["", "upload"]
    assert all(call.duration is not None for call in verifier.timeline)


async def test_the_async_session_is_met_as_well(verifier: StrictVerifier, http: HttpPlugin, server: Loopback) -> None:
    async def upload() -> AsyncIterator[bytes]:
        yield b"up"
        yield b"load"

    http.mock_response("GET", URL, body="hello", headers={"Set-Cookie": "a=1"})
    http.pass_through("POST", f"{server.url}/")
    async with niquests.AsyncSession() as session, verifier.sandbox():
        response = await session.get(URL)
        assert (response.text, session.cookies.get_dict()) == ("hello", {"a": "1"})
        assert (await session.post(f"{server.url}/", data=upload())).content == b"upload"
        with pytest.raises(UnmockedInteractionError):
            await session.get(f"{URL}other")
    assert [call.details["request_body"] for call in verifier.timeline] == ["", "upload"]
    assert [call.details["response_body"] for call in verifier.timeline] == ["hello", "upload"]


def test_a_direct_call_of_urllib3_is_refused(verifier: StrictVerifier) -> None:
    import urllib3

    with verifier.sandbox(), pytest.raises(BigfootError, match="URLLIB3_NO_OVERRIDE"):
        urllib3.PoolManager().request("GET", URL)


def test_the_explicit_adapter_of_requests_works(verifier: StrictVerifier, http: HttpPlugin) -> None:
    requests = pytest.importorskip("requests", reason="it is not installed beside niquests")
    from bigfoot.transports.requests import Adapter

    http.mock_response("GET", URL, body="hello")
    with requests.Session() as session:
        session.mount(URL, Adapter(verifier))
        assert session.get(URL).text == "hello"
