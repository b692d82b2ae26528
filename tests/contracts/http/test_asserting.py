"""Asserting what happened, and what the messages say where it is not what was expected."""

from __future__ import annotations

from typing import Any

import pytest

import bigfoot
from bigfoot import InteractionMismatchError, StrictVerifier, UnmockedInteractionError, VerificationError
from bigfoot.matchers import IsStr
from bigfoot.plugins.http import HttpPlugin

from .clients import CLIENTS, Client
from .conftest import API

URL = f"{API}/orders"
TYPE = {"content-type": "application/json"}


def post(verifier: StrictVerifier, client: Client, **options: Any) -> None:
    with verifier.sandbox():
        client("POST", URL, **options)


def test_a_request_and_its_response(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("POST", URL, json={"id": 7}, status=201, headers={"X-Rate": "9"})
    post(verifier, client, json={"sku": "A1"}, headers={"X-Trace": "t"})
    http.assert_request(body={"sku": "A1"}, headers={**TYPE, "x-trace": "t"}, url=URL, method="post").assert_response(
        201, body={"id": 7}, headers={**TYPE, "x-rate": "9"}
    )
    verifier.verify_all()


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "method": ({"method": "PUT"}, "method"),
    "url": ({"url": f"{API}/order"}, "url"),
    "headers": ({"headers": {**TYPE, "x-trace": "u"}}, "x-trace"),
    "body": ({"body": {"sku": "A2", "count": 1}}, "A2"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_request_that_is_another(verifier: StrictVerifier, http: HttpPlugin, client: Client, name: str) -> None:
    given, shown = WRONG[name]
    http.mock_response("POST", URL)
    post(verifier, client, json={"sku": "A1", "count": 1}, headers={"X-Trace": "t"})
    right: dict[str, Any] = {
        "method": "POST",
        "url": URL,
        "headers": {**TYPE, "x-trace": "t"},
        "body": {"sku": "A1", "count": 1},
    }
    with pytest.raises(InteractionMismatchError) as mismatch:
        http.assert_request(**{**right, **given})
    assert shown in str(mismatch.value)
    assert "What happened would be asserted by" in str(mismatch.value)
    http.assert_request(**right)


def test_a_structural_difference_of_json(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("POST", URL)
    post(verifier, client, json={"items": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], "total": 3})
    with pytest.raises(InteractionMismatchError) as mismatch:
        http.assert_request("POST", URL, TYPE, {"items": [{"id": 1, "name": "a"}, {"id": 2, "name": "c"}], "total": 3})
    text = str(mismatch.value)
    assert "'b'" in text or '"b"' in text
    assert "'c'" in text or '"c"' in text


def test_a_response_that_is_another(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("POST", URL, status=503, body="busy")
    post(verifier, client)
    asserted = http.assert_request("POST", URL, headers=None)
    with pytest.raises(InteractionMismatchError, match="status"):
        asserted.assert_response(200, headers=None, body="busy")
    with pytest.raises(InteractionMismatchError, match="busy"):
        asserted.assert_response(503, headers=None, body="idle")
    asserted.assert_response(503, headers=None, body="busy")


def test_an_error(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_error("POST", URL, fault="timeout", phase="connect")
    with pytest.raises(Exception):  # noqa: B017  # which one it is, the table of faults says
        post(verifier, client, timeout=3)
    asserted = http.assert_request("POST", URL, headers=None)
    for name in ("timeout", "timeout:connect"):
        asserted.assert_error(name)
    for wrong in ("timeout:read", "reset", KeyError):
        with pytest.raises(InteractionMismatchError):
            asserted.assert_error(wrong)
    with pytest.raises(InteractionMismatchError, match="status"):
        asserted.assert_response(200)


def test_the_hint_of_an_error_can_be_pasted(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_error("POST", URL, fault="refused")
    with pytest.raises(Exception):  # noqa: B017  # which one it is, the table of faults says
        post(verifier, client)
    with pytest.raises(bigfoot.UnassertedInteractionsError) as left:
        verifier.verify_all()
    text = str(left.value)
    assert "-> refused" in text
    assert ".assert_error('refused')" in text


def test_calls(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("POST", URL, json={"id": 7}, status=201, times=2)
    for number in (1, 2):
        post(verifier, client, json={"n": number})
    assert [call.request_body for call in http.calls] == [{"n": 1}, {"n": 2}]
    first = http.calls[0]
    assert (first.method, first.url, first.status, first.how) == ("POST", URL, 201, "mock")
    assert first.request_headers["content-type"] == "application/json"
    assert first.response_headers["content-type"] == "application/json"
    assert first.response_body.json() == {"id": 7}
    assert first.client.startswith(client.library)
    http.assert_called_n(2, "POST", URL)
    http.assert_called_n(2, "*", f"{API}/*")
    http.assert_called_n(0, "GET", URL)
    with pytest.raises(InteractionMismatchError, match="2 times, not 3"):
        http.assert_called_n(3, "POST", URL)


def test_the_order_of_things(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("POST", URL, times=2)
    payment = verifier.mock("payment")
    payment.charge.returns(None)
    post(verifier, client)
    with verifier.sandbox():
        payment.charge(5)
    post(verifier, client)
    verifier.before(http.calls[0], payment.charge)
    verifier.before(payment.charge, http.calls[1])
    with pytest.raises(InteractionMismatchError):
        verifier.before(payment.charge, http.request)


def test_any_order(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("POST", URL, times=2)
    for number in (1, 2):
        post(verifier, client, json={"n": number})
    with verifier.in_any_order():
        http.assert_request("POST", URL, TYPE, {"n": 2})
        http.assert_request("POST", URL, TYPE, {"n": 1})
    verifier.verify_all()


def unmocked(verifier: StrictVerifier, client: Client, method: str, url: str, **options: Any) -> str:
    with verifier.sandbox(), pytest.raises(UnmockedInteractionError) as refused:
        client(method, url, **options)
    return str(refused.value)


def test_a_call_that_nothing_was_promised_for(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    text = unmocked(verifier, client, "GET", f"{URL}?page=2")
    assert f"Unmocked call: GET {URL}?page=2" in text
    assert f"bigfoot.http.mock_response('GET', '{URL}?page=2', json={{}})" in text
    assert "called at" in text
    assert "clients.py:" in text


NEAR: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "header": (
        {"match_headers": {"x-tenant": "a"}},
        {"headers": {"X-Tenant": "b"}},
        ["matched     method", "matched     url", "NOT MATCHED match_headers", "'a'", "'b'"],
    ),
    "params": ({"params": {"page": 2}}, {"params": {"page": "3"}}, ["NOT MATCHED params", "'2'", "'3'"]),
    "json": (
        {"match_json": {"a": 1, "b": [1, 2]}},
        {"json": {"a": 1, "b": [1, 3]}},
        ["NOT MATCHED match_json", "2", "3"],
    ),
    "several": (
        {"match_headers": {"x-tenant": "a"}, "match_content": IsStr(regex="x+")},
        {"headers": {"X-Tenant": "a"}, "content": b"yy"},
        ["matched     match_headers", "NOT MATCHED match_content", "yy"],
    ),
    "callable": ({"match": lambda request: False}, {}, ["NOT MATCHED match"]),
}


@pytest.mark.parametrize("name", NEAR)
def test_a_near_miss(verifier: StrictVerifier, http: HttpPlugin, client: Client, name: str) -> None:
    asked, options, lines = NEAR[name]
    http.mock_response("POST", URL, required=False, **asked)
    http.mock_response("POST", "https://elsewhere.example.org/", required=False)
    text = unmocked(verifier, client, "POST", URL, **options)
    for line in lines:
        assert line in text
    assert "test_asserting.py:" in text
    assert "elsewhere" not in text


def test_another_method_or_path(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("PUT", URL, required=False)
    assert "NOT MATCHED method" in unmocked(verifier, client, "POST", URL)
    assert "NOT MATCHED url" in unmocked(verifier, client, "PUT", f"{URL}s")


def test_a_mock_that_is_used_up(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("POST", URL, times=2)
    for _ in range(2):
        post(verifier, client)
    text = unmocked(verifier, client, "POST", URL)
    assert "has answered 2 of 2 times already, by calls at" in text


def test_a_matcher_that_fails_is_not_hidden(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    def broken(request: Any) -> bool:
        raise ZeroDivisionError("in the matcher")

    http.mock_response("POST", URL, match=broken)
    with verifier.sandbox(), pytest.raises(ZeroDivisionError, match="in the matcher"):
        client("POST", URL)


def test_an_unmocked_call_that_the_code_swallows(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    from .swallowing import swallow

    with verifier.sandbox():
        swallow(lambda: client("GET", URL))
    with pytest.raises(VerificationError, match="swallowed"):
        verifier.verify_all()


def test_a_fault_after_which_aiohttp_tries_again(verifier: StrictVerifier, http: HttpPlugin) -> None:
    client = next(one for one in CLIENTS if one.id == "aiohttp")
    http.mock_error("GET", URL, fault="reset")
    assert "aiohttp makes such a call again by itself" in unmocked(verifier, client, "GET", URL)
