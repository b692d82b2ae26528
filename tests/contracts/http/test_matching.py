"""Which requests a mock answers, whichever client makes them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bigfoot import StrictVerifier, UnmockedInteractionError, UnusedMocksError
from bigfoot.matchers import IsDict, IsStr
from bigfoot.plugins.http import HttpPlugin

from .clients import Call, Client
from .conftest import API

Options = dict[str, Any]


def answered(verifier: StrictVerifier, client: Client, method: str, url: str, **options: Any) -> bool:
    """Tell whether a call gets the body of the mock that is meant, and not that of another or none."""
    with verifier.sandbox():
        try:
            body = client(method, url, **options).body
        except UnmockedInteractionError:
            return False
    assert body in (b"meant", b"other")
    return body == b"meant"


URLS: list[tuple[Any, str, bool]] = [
    (f"{API}/users", f"{API}/users", True),
    (f"{API}/users", f"{API}/users?page=2", True),
    (f"{API}/users", f"{API}/users/", False),
    ("HTTPS://API.Example.com:443/users", f"{API}/users", True),
    (f"{API}/users?a=1&b=2", f"{API}/users?b=2&a=1", True),
    (f"{API}/users?a=1", f"{API}/users?a=1&b=2", False),
    (f"{API}", f"{API}/", True),
    (f"{API}/users/*", f"{API}/users/7/posts", True),
    (f"{API}/users/*", f"{API}/user/7", False),
    ("*/users/7", f"{API}/users/7", True),
    ("*://api.example.com/users", f"{API}/users?page=2", True),
    ("https://*.example.com/users", f"{API}/users", True),
    (f"{API}/users/{{id}}", f"{API}/users/7", True),
    (f"{API}/users/{{id}}", f"{API}/users/7/posts", False),
    (f"{API}/users/{{id}}/posts/{{post}}", f"{API}/users/7/posts/8?x=1", True),
    (re.compile(r"https://api\.example\.com/users/\d+"), f"{API}/users/77", True),
    (re.compile(r"https://api\.example\.com/users/\d+$"), f"{API}/users/ada", False),
    (re.compile(r".*[?&]page=2"), f"{API}/users?page=2", True),
]


@pytest.mark.parametrize(("url", "asked", "matches"), URLS)
def test_urls(verifier: StrictVerifier, http: HttpPlugin, client: Client, url: Any, asked: str, matches: bool) -> None:
    http.mock_response("GET", url, body="meant")
    assert answered(verifier, client, "GET", asked) is matches


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_any_method(verifier: StrictVerifier, http: HttpPlugin, client: Client, method: str) -> None:
    http.mock_response("*", f"{API}/users", body="meant")
    assert answered(verifier, client, method, f"{API}/users")


def parts(*, named: str = "a.txt") -> Options:
    return {"files": {"report": (named, b"content", "text/plain")}}


SCHEMA = {"type": "object", "required": ["sku"], "properties": {"count": {"type": "integer"}}}
ORDER = {"sku": "A1", "items": [{"id": 1, "name": "x"}], "count": 2}

# What the mock asks for, and a call that is so and one that is not.
CRITERIA: dict[str, tuple[Options, Options, Options]] = {
    "params": ({"params": {"page": 2}}, {"params": {"page": "2", "size": "9"}}, {"params": {"page": "3"}}),
    "params with lists": (
        {"params": {"tag": ["a", "b"]}},
        {"params": {"tag": ["a", "b", "c"]}},
        {"params": {"tag": ["a"]}},
    ),
    "params with matchers": (
        {"params": {"q": IsStr(regex="f.*")}},
        {"params": {"q": "foot"}},
        {"params": {"q": "hand"}},
    ),
    "exact_params": ({"exact_params": {"page": 2}}, {"params": {"page": "2"}}, {"params": {"page": "2", "size": "9"}}),
    "no params at all": ({"exact_params": {}}, {}, {"params": {"page": "2"}}),
    "match_headers": (
        {"match_headers": {"X-Trace": "t"}},
        {"headers": {"x-trace": "t"}},
        {"headers": {"x-trace": "u"}},
    ),
    "match_headers with matchers": (
        {"match_headers": {"x-trace": IsStr(regex=r"t-\d+")}},
        {"headers": {"X-Trace": "t-1"}},
        {},
    ),
    "match_cookies": (
        {"match_cookies": {"session": "s1"}},
        {"cookies": {"session": "s1", "a": "b"}},
        {"cookies": {"a": "b"}},
    ),
    "match_json": ({"match_json": ORDER}, {"json": ORDER}, {"json": {**ORDER, "more": 1}}),
    "match_json with matchers": ({"match_json": IsDict(sku=IsStr)}, {"json": {"sku": "A1"}}, {"json": {"sku": 1}}),
    "match_json null": ({"match_json": None}, {"content": b"null"}, {"content": b"0"}),
    "match_json_partial": (
        {"match_json_partial": {"items": [{"id": 1}]}},
        {"json": ORDER},
        {"json": {**ORDER, "items": [{"id": 2}]}},
    ),
    "match_content": ({"match_content": b"\x00raw"}, {"content": b"\x00raw"}, {"content": b"raw"}),
    "match_content as text": ({"match_content": "größe"}, {"content": "größe".encode()}, {"content": b"gr"}),
    "match_content as expression": (
        {"match_content": re.compile(r"id=\d")},
        {"content": b"?id=7"},
        {"content": b"?id=x"},
    ),
    "match_content in pieces": ({"match_content": b"onetwo"}, {"content": [b"one", b"two"]}, {"content": [b"one"]}),
    "match_form": (
        {"match_form": {"user": "ada", "n": 1}},
        {"form": {"user": "ada", "n": "1"}},
        {"form": {"user": "bob"}},
    ),
    "match_multipart": ({"match_multipart": {"report": b"content"}}, parts(), {"form": {"report": "content"}}),
    "match_multipart by name": ({"match_multipart": {"report": ("a.txt", b"content")}}, parts(), parts(named="b.txt")),
    "match_multipart by type": (
        {"match_multipart": {"report": ("a.txt", None, "text/plain")}},
        parts(),
        {"files": {"report": ("a.txt", b"content", "text/csv")}},
    ),
    "match_schema": ({"match_schema": SCHEMA}, {"json": ORDER}, {"json": {"sku": "A1", "count": "two"}}),
    "match": ({"match": lambda request: request.json()["count"] == 2}, {"json": ORDER}, {"json": {"count": 3}}),
}


@pytest.mark.parametrize("name", CRITERIA)
def test_criteria(verifier: StrictVerifier, http: HttpPlugin, client: Client, name: str) -> None:
    if "schema" in name:
        pytest.importorskip("jsonschema", reason="JSON Schema needs jsonschema")
    asked, so, not_so = CRITERIA[name]
    http.mock_response("POST", f"{API}/orders", body="meant", **asked)
    http.mock_response("POST", f"{API}/orders", body="other", times=None, required=False)
    assert not answered(verifier, client, "POST", f"{API}/orders", **not_so)
    assert answered(verifier, client, "POST", f"{API}/orders", **so)


def test_a_pydantic_model(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    pydantic = pytest.importorskip("pydantic", reason="a model needs pydantic")
    order = pydantic.create_model("Order", sku=(str, ...))
    http.mock_response("POST", f"{API}/orders", body="meant", match_schema=order)
    assert not answered(verifier, client, "POST", f"{API}/orders", json={"sku": None})
    assert answered(verifier, client, "POST", f"{API}/orders", json={"sku": "A1"})


def bodies(verifier: StrictVerifier, client: Client, *urls: str) -> list[bytes]:
    with verifier.sandbox():
        return [each.body for each in client.several([Call("GET", f"{API}{url}") for url in urls])]


def test_exact_routes_come_before_patterns_and_order_breaks_ties(
    verifier: StrictVerifier, http: HttpPlugin, client: Client
) -> None:
    http.mock_response("GET", f"{API}/*", body="first pattern", times=2)
    http.mock_response("GET", f"{API}/users/{{id}}", body="second pattern")
    http.mock_response("GET", f"{API}/users/7", body="exact")
    asked = ["/users/7", "/users/7", "/x", "/users/7"]
    assert bodies(verifier, client, *asked) == [b"exact", b"first pattern", b"first pattern", b"second pattern"]


def test_times(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", f"{API}/a", body="twice", times=2)
    http.mock_response("GET", f"{API}/a", body="always", times=None)
    assert bodies(verifier, client, "/a", "/a", "/a", "/a") == [b"twice", b"twice", b"always", b"always"]


def test_responses_answer_one_call_each(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    answers: Any = [{"status": 503}, {"body": "plain"}, {"json": {"a": 1}, "status": 201}]
    http.mock_response("GET", f"{API}/a", headers={"x-all": "1"}, responses=answers)
    with verifier.sandbox():
        got = client.several([Call("GET", f"{API}/a")] * 3)
        with pytest.raises(UnmockedInteractionError, match="has answered 1 of 1 times already, by calls at"):
            client("GET", f"{API}/a")
    assert [(each.status, each.body, each.header("x-all")) for each in got] == [
        (503, b"", "1"),
        (200, b"plain", "1"),
        (201, b'{"a": 1}', "1"),
    ]


def test_a_prefix_for_many_mocks(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    api = http.base(f"{API}/v1/")
    api.mock_response("GET", "/users", body="users")
    api.mock_response("GET", "/users/{id}", body="one")
    assert bodies(verifier, client, "/v1/users", "/v1/users/7") == [b"users", b"one"]


def test_ordered_mocks_answer_in_their_order_only(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    with http.ordered():
        http.mock_response("GET", f"{API}/login", body="in")
        http.mock_response("GET", f"{API}/me", body="me")
    with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match="waits for the mocks before it"):
        client("GET", f"{API}/me")
    assert bodies(verifier, client, "/login", "/me") == [b"in", b"me"]


def test_the_verdict_misses_required_mocks_only(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", f"{API}/used")
    http.mock_response("GET", f"{API}/offered", required=False)
    http.mock_response("GET", f"{API}/promised", times=2)
    assert bodies(verifier, client, "/used", "/promised") == [b"", b""]
    for path in ("used", "promised"):
        http.assert_request("GET", f"{API}/{path}")
    with pytest.raises(UnusedMocksError) as unused:
        verifier.verify_all()
    assert "/promised" in str(unused.value)
    assert "/offered" not in str(unused.value)
    assert "/used" not in str(unused.value)


def test_path_values_are_on_the_record(verifier: StrictVerifier, http: HttpPlugin, client: Client) -> None:
    http.mock_response("GET", f"{API}/users/{{id}}/posts/{{post}}")
    bodies(verifier, client, "/users/7/posts/a%20b?x=1")
    call = http.calls[0]
    assert call.facts["path_params"] == {"id": "7", "post": "a%20b"}
    http.assert_request("GET", IsStr(regex=".*/users/7/.*"))
