"""Time in a script is compared with each client's own timeouts, and nobody waits for it."""

from __future__ import annotations

from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3

from bigfoot import StrictVerifier
from bigfoot.errors import EndlessWaitError
from bigfoot.plugins.http import HttpPlugin

from .clients import Answer, Client
from .conftest import API

URL = f"{API}/slow"
LONG = 3600  # seconds, which no test would ever wait for

# What each library raises when its read timeout ends: before the head of the response, and in its body.
LATE: dict[str, tuple[type[Exception], type[Exception]]] = {
    "httpx": (httpx.ReadTimeout, httpx.ReadTimeout),
    "httpx2": (httpx2.ReadTimeout, httpx2.ReadTimeout),
    "requests": (requests.ReadTimeout, requests.ConnectionError),
    "urllib3": (urllib3.exceptions.ReadTimeoutError, urllib3.exceptions.ReadTimeoutError),
    "urllib": (TimeoutError, TimeoutError),
    "http.client": (TimeoutError, TimeoutError),
    "aiohttp": (aiohttp.SocketTimeoutError, aiohttp.SocketTimeoutError),
}


def read(verifier: StrictVerifier, client: Client, **options: Any) -> Answer:
    with verifier.sandbox():
        return client("GET", URL, **options)


def virtual(http: HttpPlugin) -> float:
    seconds: float = http.calls[-1].facts["virtual"]
    return seconds


@pytest.mark.parametrize("timeout", [None, 2 * LONG])
def test_a_delay_within_the_timeout(
    verifier: StrictVerifier, http: HttpPlugin, client: Client, timeout: float | None
) -> None:
    http.mock_response("GET", URL, body="at last", delay=LONG)
    assert read(verifier, client, timeout=timeout).body == b"at last"
    assert virtual(http) == LONG


def test_a_delay_beyond_the_timeout(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", URL, body="never", delay=LONG)
    with pytest.raises(LATE[client.library][0]):
        read(verifier, client, timeout=LONG / 2)
    assert virtual(http) == LONG / 2
    assert http.calls[0].status is None


def test_the_read_timeout_counts_where_both_are_given(
    verifier: StrictVerifier, http: HttpPlugin, client: Client
) -> None:
    if client.library in ("urllib", "http.client"):
        pytest.skip("it has one timeout for everything")
    http.mock_response("GET", URL, body="at last", delay=LONG)
    assert read(verifier, client, timeout=2 * LONG, connect=1).body == b"at last"


def test_delays_between_pieces_count_each_by_itself(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", URL, stream=[b"a", http.delay(LONG), b"b", http.delay(LONG), b"c"])
    assert read(verifier, client, timeout=1.5 * LONG, chunks=True).chunks == [b"a", b"b", b"c"]
    assert virtual(http) == 2 * LONG


def test_delays_without_a_piece_between_them_add_up(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", URL, stream=[b"a", http.delay(LONG), http.delay(LONG), b"b"])
    with pytest.raises(LATE[client.library][1]):
        read(verifier, client, timeout=1.5 * LONG, chunks=True)
    assert virtual(http) == 1.5 * LONG


def test_a_stall_in_the_body(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", URL, stream=[b"a", http.fault("stall")])
    with pytest.raises(LATE[client.library][1]):
        read(verifier, client, timeout=LONG, chunks=True)
    assert virtual(http) == LONG
    assert http.calls[0].response_body == "a"


@pytest.mark.parametrize("where", ["head", "body"])
def test_a_stall_that_nothing_ends(verifier: StrictVerifier, http: HttpPlugin, client: Client, where: str) -> None:
    if where == "head":
        http.mock_error("GET", URL, fault="stall")
    else:
        http.mock_response("GET", URL, stream=[b"a", http.fault("stall")])
    with pytest.raises(EndlessWaitError, match="would wait for ever"):
        read(verifier, client, chunks=True)


def test_a_connection_that_does_not_come(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_error("GET", URL, fault="timeout", phase="connect")
    with pytest.raises(Exception) as raised:  # which one it is, the table of faults says
        read(verifier, client, timeout=LONG, connect=LONG / 2)
    assert not isinstance(raised.value, EndlessWaitError)
    single = client.library in ("urllib", "http.client")
    assert virtual(http) == (LONG if single else LONG / 2)


def test_a_connection_that_nothing_waits_for(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_error("GET", URL, fault="timeout", phase="connect")
    with pytest.raises(EndlessWaitError):
        read(verifier, client)


@pytest.mark.parametrize("delays", ["head", "body"])
def test_the_total_timeout_of_aiohttp(verifier: StrictVerifier, http: HttpPlugin, delays: str) -> None:
    from .clients import CLIENTS

    client = next(one for one in CLIENTS if one.id == "aiohttp")
    if delays == "head":
        http.mock_response("GET", URL, delay=LONG)
    else:
        http.mock_response("GET", URL, stream=[b"a", http.delay(LONG), b"b", http.delay(LONG), b"c"])
    with pytest.raises(TimeoutError):
        read(verifier, client, timeout=2 * LONG, total=LONG / 2, chunks=True)
    assert virtual(http) == LONG / 2


def test_the_total_timeout_of_urllib3(verifier: StrictVerifier, http: HttpPlugin) -> None:
    from .clients import CLIENTS

    client = next(one for one in CLIENTS if one.id == "urllib3")
    http.mock_response("GET", URL, delay=LONG)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        read(verifier, client, total=LONG / 2)


def test_real_time_is_waited_for(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", URL, stream=[b"a", http.delay(0.02, real_time=True), b"b"], delay=0.02, real_time=True)
    assert read(verifier, client, timeout=LONG, chunks=True).body == b"ab"
    assert virtual(http) == 0.0
    duration = http.calls[0].duration
    assert duration is not None
    assert duration >= 0.04


def test_a_delay_before_a_fault(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_error("GET", URL, fault="reset", delay=LONG, times=None)
    with pytest.raises(Exception, match=r"reset|aborted"):
        read(verifier, client, timeout=2 * LONG)
    assert virtual(http) == LONG
    http.assert_request("GET", URL).assert_error("reset")
