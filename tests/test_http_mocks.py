"""Scripted HTTP replies: which requests they answer, what with, and how the calls are asserted."""

from __future__ import annotations

import copy
import re
import sys
import threading
from http import HTTPStatus
from types import FrameType, MappingProxyType
from typing import Any
from unittest.mock import ANY

import httpx
import pytest

from bigfoot import (
    InteractionMismatchError,
    SandboxNotActiveError,
    StrictVerifier,
    UnassertedInteractionsError,
    UnmockedInteractionError,
    UnusedMocksError,
)
from bigfoot.matchers import IsInstance, IsMapping
from bigfoot.plugins.http import HttpPlugin
from bigfoot.transports.httpx import Transport

from .loopback import Loopback

HOST = "https://api.example.com"


@pytest.fixture
def client() -> httpx.Client:
    return httpx.Client()


class Scripted:
    """A verifier with its HTTP plugin, and a client inside its sandbox."""

    def __init__(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        self.verifier, self.http = verifier, http

    def get(self, url: str, method: str = "GET", **options: Any) -> httpx.Response:
        with self.verifier.sandbox(), httpx.Client() as client:
            return client.request(method, url, **options)

    def refused(self, url: str, method: str = "GET") -> str:
        with pytest.raises(UnmockedInteractionError) as caught:
            self.get(url, method)
        assert caught.value.source_id == "http:request"
        return str(caught.value)


@pytest.fixture
def scripted(verifier: StrictVerifier, http: HttpPlugin) -> Scripted:
    return Scripted(verifier, http)


class TestMatching:
    @pytest.mark.parametrize(
        ("mocked", "called"),
        [
            (f"{HOST}/", f"{HOST}/"),
            (HOST, f"{HOST}/"),
            (f"{HOST}/", HOST),
            ("https://API.Example.COM/", f"{HOST}/"),
            (f"{HOST}/", "https://API.Example.COM/"),
            ("HTTPS://api.example.com/", f"{HOST}/"),
            (f"{HOST}:443/", f"{HOST}/"),
            (f"{HOST}/", f"{HOST}:443/"),
            ("http://api.example.com:80/a", "http://api.example.com/a"),
            ("http://api.example.com:8080/a", "http://api.example.com:8080/a"),
            (f"{HOST}/a b", f"{HOST}/a%20b"),
            (f"{HOST}/%7Euser", f"{HOST}/~user"),
            (f"{HOST}/zażółć", f"{HOST}/zażółć"),
            (f"{HOST}/#fragment", f"{HOST}/"),
            (f"{HOST}/", f"{HOST}/#fragment"),
            ("http://bücher.example/", "http://xn--bcher-kva.example/"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
            ("http://127.0.0.1/", "http://127.0.0.1/"),
            (f"{HOST}/a", f"{HOST}/a?any=query"),
            (f"{HOST}/a?", f"{HOST}/a"),
            (f"{HOST}/a?x=1&y=2", f"{HOST}/a?y=2&x=1"),
            (f"{HOST}/a?x=", f"{HOST}/a?x="),
            (f"{HOST}/a?x=1&x=2", f"{HOST}/a?x=2&x=1"),
            (f"{HOST}/a?q=a%20b", f"{HOST}/a?q=a+b"),
        ],
    )
    def test_urls_that_are_the_same(self, mocked: str, called: str, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", mocked, body="ok")
        assert scripted.get(called).text == "ok"

    @pytest.mark.parametrize(
        ("mocked", "called"),
        [
            (f"{HOST}/a", f"{HOST}/A"),
            (f"{HOST}/a", f"{HOST}/a/"),
            (f"{HOST}/a", f"{HOST}/"),
            (f"{HOST}/", "http://api.example.com/"),
            (f"{HOST}/", f"{HOST}:8443/"),
            (f"{HOST}/", "https://example.com/"),
            (f"{HOST}/a?x=1", f"{HOST}/a"),
            (f"{HOST}/a?x=1", f"{HOST}/a?x=2"),
            (f"{HOST}/a?x=1", f"{HOST}/a?x=1&y=2"),
            (f"{HOST}/a?x=1&x=1", f"{HOST}/a?x=1"),
        ],
    )
    def test_urls_that_are_not(self, mocked: str, called: str, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", mocked)
        scripted.refused(called)
        with pytest.raises(UnusedMocksError):
            scripted.verifier.verify_all()

    @pytest.mark.parametrize("method", ["get", "GET", "Get"])
    def test_methods_in_any_case(self, method: str, scripted: Scripted) -> None:
        scripted.http.mock_response(method, HOST, body="ok")
        assert scripted.get(HOST).text == "ok"
        scripted.http.assert_request(method, HOST)

    def test_methods_of_any_name(self, scripted: Scripted) -> None:
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE", "M-SEARCH"):
            scripted.http.mock_response(method, HOST, body=method)
        for method in ("M-SEARCH", "PURGE", "TRACE", "OPTIONS", "DELETE", "PATCH", "PUT", "POST", "HEAD", "GET"):
            assert scripted.get(HOST, method).text == ("" if method == "HEAD" else method)
            scripted.http.assert_request(method, HOST)
        scripted.verifier.verify_all()

    @pytest.mark.parametrize(
        ("params", "query"),
        [
            ({}, ""),
            ({"page": 2}, "page=2"),
            ({"page": "2"}, "page=2"),
            ({"page": 2}, "q=foot&page=2"),
            ({"x": 1.5}, "x=1.5"),
            ({"x": True}, "x=true"),
            ({"x": ""}, "x="),
            ({"x": ["a", "b"]}, "x=b&x=a"),
            ({"x": ("a", 1)}, "x=a&y=2&x=1"),
            ({"x": []}, "y=1"),
            ({"q": "a b&c"}, "q=a+b%26c"),
            ({"q": "zażółć"}, "q=za%C5%BC%C3%B3%C5%82%C4%87"),
            (MappingProxyType({"x": 1}), "x=1"),
        ],
    )
    def test_params_are_a_subset(self, params: Any, query: str, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", HOST, params=params, body="ok")
        assert scripted.get(f"{HOST}/?{query}").text == "ok"

    @pytest.mark.parametrize(
        ("params", "query"),
        [
            ({"page": 2}, ""),
            ({"page": 2}, "page=3"),
            ({"x": ["a", "a"]}, "x=a"),
            ({"x": "a"}, "X=a"),
            ({"x": 1}, "x=01"),
        ],
    )
    def test_params_that_differ(self, params: Any, query: str, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", HOST, params=params)
        scripted.refused(f"{HOST}/?{query}")

    def test_params_add_to_the_urls_own_query(self, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", f"{HOST}/?a=1", params={"b": 2}, body="ok")
        scripted.refused(f"{HOST}/?b=2")
        scripted.refused(f"{HOST}/?a=1")
        assert scripted.get(f"{HOST}/?b=2&c=3&a=1").text == "ok"


class TestOrderAndNumber:
    def test_first_in_first_out(self, scripted: Scripted) -> None:
        for number in range(3):
            scripted.http.mock_response("GET", HOST, body=str(number))
        assert [scripted.get(HOST).text for _ in range(3)] == ["0", "1", "2"]
        scripted.refused(HOST)

    def test_the_first_that_matches(self, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", f"{HOST}/?x=2", body="two")
        scripted.http.mock_response("GET", HOST, params={"x": 1}, body="one")
        scripted.http.mock_response("GET", HOST, body="any", times=2)
        assert [scripted.get(f"{HOST}/?x={x}").text for x in (1, 2, 1, 2)] == ["one", "two", "any", "any"]

    def test_times(self, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", HOST, body="thrice", times=3)
        scripted.http.mock_response("GET", HOST, body="then", times=None)
        assert [scripted.get(HOST).text for _ in range(5)] == ["thrice"] * 3 + ["then"] * 2

    def test_what_is_used_up(self, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", HOST, times=2)
        scripted.get(HOST)
        scripted.get(HOST)
        assert "has answered 2 of 2 times already" in scripted.refused(HOST)

    def test_mocked_and_called_at_once_from_many_threads(self, scripted: Scripted) -> None:
        got: list[str] = []

        def work(number: int) -> None:
            url = f"{HOST}/{number}"
            for turn in range(50):
                scripted.http.mock_response("GET", url, body=str(turn))
                got.append(httpx.get(url).text)

        with scripted.verifier.sandbox():
            threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert sorted(map(int, got)) == sorted(list(range(50)) * 8)


class TestReply:
    def test_is_the_clients_own(self, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", HOST, json={"a": [1, None, "ż"]}, status=201, headers={"X-Id": "7"})
        response = scripted.get(HOST)
        assert type(response) is httpx.Response
        assert response.status_code == 201
        assert response.reason_phrase == "Created"
        assert response.json() == {"a": [1, None, "ż"]}
        assert response.headers["x-id"] == "7"
        assert response.headers["content-type"] == "application/json"
        assert response.headers["content-length"] == str(len(response.content))
        assert response.elapsed.total_seconds() >= 0
        assert response.request.url == HOST

    @pytest.mark.parametrize("status", [100, 199, 200, 204, 299, 304, 404, 418, 500, 599, HTTPStatus.IM_A_TEAPOT])
    def test_status(self, status: int, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", HOST, status=status)
        assert scripted.get(HOST).status_code == status
        scripted.http.assert_request("GET", HOST).assert_response(status)

    def test_default(self, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", HOST)
        response = scripted.get(HOST)
        assert (response.status_code, response.content) == (200, b"")
        assert dict(response.headers) == {"content-length": "0"}

    @pytest.mark.parametrize("value", [None, True, False, 0, 1.5, "", "text", [], {}, {"a": {"b": [None]}}])
    def test_json_of_any_value(self, value: Any, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", HOST, json=value)
        response = scripted.get(HOST)
        assert response.json() == value
        assert response.headers["content-type"] == "application/json"
        scripted.http.assert_request("GET", HOST).assert_response(200, IsMapping(), ANY)

    def test_json_is_written_as_python_writes_it(self, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", HOST, json={"value": 42, "b": [1, 2]})
        assert scripted.get(HOST).text == '{"value": 42, "b": [1, 2]}'

    @pytest.mark.parametrize(
        ("body", "content"),
        [
            ("zażółć", "zażółć".encode()),
            (b"\x00\xff", b"\x00\xff"),
            (bytearray(b"x"), b"x"),
            (memoryview(b"x"), b"x"),
            ("", b""),
            (None, b""),
        ],
    )
    def test_body(self, body: Any, content: bytes, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", HOST, body=body)
        assert scripted.get(HOST).content == content

    def test_a_large_body(self, scripted: Scripted) -> None:
        content = bytes(range(256)) * 4 * 1024 * 20
        scripted.http.mock_response("GET", HOST, body=content)
        assert scripted.get(HOST).content == content
        scripted.http.assert_request("GET", HOST).assert_response(200, body=content)

    @pytest.mark.parametrize("name", ["Content-Type", "content-type", "CONTENT-TYPE"])
    def test_a_content_type_of_ones_own(self, name: str, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", HOST, json={}, headers={name: "application/problem+json"})
        assert scripted.get(HOST).headers.get_list("content-type") == ["application/problem+json"]

    def test_headers_as_pairs(self, scripted: Scripted) -> None:
        pairs = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Number", 7), (b"X-Bytes", b"\xe9")]
        scripted.http.mock_response("GET", HOST, headers=pairs)  # type: ignore[arg-type]
        response = scripted.get(HOST)
        assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
        assert (response.headers["x-number"], response.headers.raw[3][1]) == ("7", b"\xe9")
        scripted.http.assert_request("GET", HOST).assert_response(
            200, {"set-cookie": ["a=1", "b=2"], "x-number": "7", "x-bytes": "é"}
        )

    @pytest.mark.parametrize("headers", [iter([("A", "1")]), MappingProxyType({"A": "1"}), (("A", "1"),), [["A", "1"]]])
    def test_headers_of_other_collections(self, headers: Any, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", HOST, headers=headers, times=2)
        assert [scripted.get(HOST).headers["a"] for _ in range(2)] == ["1", "1"]

    def test_headers_have_no_space_around_them(self, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", HOST, headers={"X": " \t1 2 "})
        assert scripted.get(HOST).headers["x"] == "1 2"

    def test_reason(self, scripted: Scripted) -> None:
        for reason, shown in (("Fine", "Fine"), (None, "OK"), ("", "")):
            scripted.http.mock_response("GET", HOST, reason=reason)
            assert scripted.get(HOST).reason_phrase == shown

    def test_nothing_of_the_callers_is_changed_or_kept(self, scripted: Scripted) -> None:
        given: dict[str, Any] = {
            "json": {"a": [1]},
            "headers": {"X-Id": "7"},
            "params": {"x": [1]},
        }
        before = copy.deepcopy(given)
        scripted.http.mock_response("GET", HOST, **given)
        assert given == before
        given["json"]["a"].append(2)
        given["headers"]["X-Id"] = "8"
        given["params"]["x"].append(2)
        response = scripted.get(f"{HOST}/?x=1")
        assert (response.json(), response.headers["x-id"]) == ({"a": [1]}, "7")

    def test_a_head_request_gets_no_body(self, scripted: Scripted) -> None:
        scripted.http.mock_response("HEAD", HOST, body="12345")
        response = scripted.get(HOST, "HEAD")
        assert (response.content, response.headers["content-length"]) == (b"", "5")
        scripted.http.assert_request("HEAD", HOST).assert_response(200)

    def test_redirects_are_the_clients(self, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", f"{HOST}/old", status=302, headers={"Location": "/new"})
        scripted.http.mock_response("GET", f"{HOST}/new", body="here")
        response = scripted.get(f"{HOST}/old", follow_redirects=True)
        assert (response.text, [each.status_code for each in response.history]) == ("here", [302])
        scripted.http.assert_request("GET", f"{HOST}/old").assert_response(302, {"location": "/new"})
        scripted.http.assert_request("GET", f"{HOST}/new").assert_response(200, body="here")
        scripted.verifier.verify_all()


class TestAssertRequest:
    def posted(self, scripted: Scripted) -> HttpPlugin:
        scripted.http.mock_response("POST", f"{HOST}/orders", json={"id": 7}, status=201, headers={"X-Reply": "yes"})
        scripted.get(f"{HOST}/orders?page=2", "POST", json={"sku": "A1"}, headers={"X-Trace": "t-1"})
        return scripted.http

    def test_then_the_response(self, scripted: Scripted) -> None:
        self.posted(scripted).assert_request(
            "POST",
            f"{HOST}/orders?page=2",
            headers={"content-type": "application/json", "x-trace": "t-1"},
            body={"sku": "A1"},
        ).assert_response(201, {"content-type": "application/json", "x-reply": "yes"}, {"id": 7})
        scripted.verifier.verify_all()

    def test_by_name_and_matcher(self, scripted: Scripted) -> None:
        self.posted(scripted).assert_request(
            method=ANY, url=IsInstance(str), headers=IsMapping(), body=IsMapping() | IsInstance(str)
        ).assert_response(status=ANY, headers=IsMapping(), body='{"id": 7}')

    def test_none_is_not_checked(self, scripted: Scripted) -> None:
        self.posted(scripted).assert_request("POST", f"{HOST}/orders?page=2", headers=None, body=None).assert_response(
            201, headers=None, body=None
        )

    @pytest.mark.parametrize("fields", [{}, {"headers": {}}, {"body": None}, {"headers": None}, {"body": ""}])
    def test_left_out_is_none(self, fields: dict[str, Any], scripted: Scripted) -> None:
        http = self.posted(scripted)
        with pytest.raises(InteractionMismatchError):
            http.assert_request("POST", f"{HOST}/orders?page=2", **fields)
        with pytest.raises(UnassertedInteractionsError):
            scripted.verifier.verify_all()

    @pytest.mark.parametrize("fields", [(), ({},), (None,), (IsMapping(), "")])
    def test_left_out_of_the_response_is_none(self, fields: tuple[Any, ...], scripted: Scripted) -> None:
        request = self.posted(scripted).assert_request("POST", f"{HOST}/orders?page=2", headers=None, body=None)
        with pytest.raises(InteractionMismatchError):
            request.assert_response(201, *fields)

    @pytest.mark.parametrize(
        ("method", "url"),
        [("GET", f"{HOST}/orders?page=2"), ("POST", f"{HOST}/orders"), ("POST", f"{HOST}/orders?page=3")],
    )
    def test_another_request(self, method: str, url: str, scripted: Scripted) -> None:
        with pytest.raises(InteractionMismatchError):
            self.posted(scripted).assert_request(method, url, None, None)

    def test_all_seven_fields_at_once(self, scripted: Scripted) -> None:
        http = self.posted(scripted)
        assert repr(http.request) == "<http:request>"
        scripted.verifier.assert_interaction(
            http.request,
            method="POST",
            url=f"{HOST}/orders?page=2",
            request_headers=IsMapping(),
            request_body={"sku": "A1"},
            status=201,
            response_headers=IsMapping(),
            response_body={"id": 7},
        )
        scripted.verifier.verify_all()

    def test_user_info_is_in_the_header_and_not_in_the_url(self, scripted: Scripted) -> None:
        scripted.http.mock_response("GET", f"{HOST}/")
        scripted.get("https://me:hunter2@api.example.com/")
        scripted.http.assert_request("GET", f"{HOST}/", headers={"authorization": "Basic bWU6aHVudGVyMg=="})

    def test_bodies_are_recorded_whole(self, scripted: Scripted) -> None:
        scripted.http.mock_response("POST", HOST, times=None)
        pieces = [b"one", b"two", b"\xff"]
        scripted.get(HOST, "POST", content=iter(pieces))
        scripted.get(HOST, "POST", data={"a": "1", "b": "ż"})
        scripted.get(HOST, "POST", files={"f": ("n.txt", b"content")})
        scripted.http.assert_request("POST", HOST, headers=IsMapping(), body=b"onetwo\xff")
        scripted.http.assert_request("POST", HOST, headers=IsMapping(), body="a=1&b=%C5%BC")
        multipart = scripted.http.calls[2].request_body
        assert b'name="f"; filename="n.txt"' in multipart.bytes


class TestPassThrough:
    @pytest.fixture
    def live(self, scripted: Scripted, server: Loopback) -> Scripted:
        self.server = server
        return scripted

    @pytest.mark.parametrize(
        ("rule", "path"),
        [
            ("{url}/live", "/live"),
            ("{url}/live", "/live?any=query"),
            ("{url}", "/"),
            ("{url}/*", "/a/b?c=d"),
            ("{url}/users/*/orders", "/users/7/orders"),
            ("*", "/anything"),
            ("*/live", "/live"),
            ("http://*/live", "/live"),
        ],
    )
    def test_rules_that_hold(self, rule: str, path: str, live: Scripted) -> None:
        live.http.pass_through("GET", rule.format(url=self.server.url) if "{url}" in rule else rule)
        assert live.get(f"{self.server.url}{path}").json() == {"path": path}
        assert self.server.seen == [f"GET {path}"]
        assert live.http.calls[0].how == "pass-through"
        live.http.assert_request("GET", f"{self.server.url}{path}").assert_response(200, IsMapping(), {"path": path})
        live.verifier.verify_all()

    @pytest.mark.parametrize(
        ("method", "rule", "path"),
        [
            ("GET", "{url}/live", "/live/"),
            ("GET", "{url}/live", "/other"),
            ("POST", "{url}/live", "/live"),
            ("GET", "{url}/live/*", "/live"),
            ("GET", "https://*", "/live"),
            ("GET", "{url}/[abc]/*", "/a/x"),
        ],
    )
    def test_rules_that_do_not(self, method: str, rule: str, path: str, live: Scripted) -> None:
        live.http.pass_through(method, rule.format(url=self.server.url))
        live.refused(f"{self.server.url}{path}")
        assert self.server.seen == []

    def test_any_method(self, live: Scripted) -> None:
        live.http.pass_through("*", f"{self.server.url}/live")
        live.get(f"{self.server.url}/live")
        assert live.get(f"{self.server.url}/live", "POST", content=b"sent").content == b"sent"
        assert self.server.seen == ["GET /live", "POST /live"]

    def test_a_regular_expression(self, live: Scripted) -> None:
        live.http.pass_through("GET", re.compile(r"http://127\.0\.0\.1:\d+/users/\d+"))
        live.get(f"{self.server.url}/users/7")
        live.refused(f"{self.server.url}/users/x")
        assert self.server.seen == ["GET /users/7"]

    def test_mocks_come_first(self, live: Scripted) -> None:
        live.http.pass_through("GET", f"{self.server.url}/live")
        live.http.mock_response("GET", f"{self.server.url}/live", body="mocked")
        assert live.get(f"{self.server.url}/live").text == "mocked"
        assert live.get(f"{self.server.url}/live").json() == {"path": "/live"}
        assert [call.how for call in live.http.calls] == ["mock", "pass-through"]

    def test_is_permanent_and_never_missed(self, live: Scripted) -> None:
        live.http.pass_through("GET", f"{self.server.url}/live")
        live.verifier.verify_all()
        for _ in range(3):
            live.get(f"{self.server.url}/live")
        assert len(self.server.seen) == 3
        with pytest.raises(UnassertedInteractionsError, match="3 interactions"):
            live.verifier.verify_all()

    def test_uploads_are_recorded(self, live: Scripted) -> None:
        live.http.pass_through("POST", f"{self.server.url}/echo")
        assert live.get(f"{self.server.url}/echo", "POST", content=iter([b"one", b"two"])).content == b"onetwo"
        live.http.assert_request("POST", f"{self.server.url}/echo", IsMapping(), b"onetwo").assert_response(
            200, IsMapping(), b"onetwo"
        )

    def test_a_call_that_fails_is_recorded_with_its_error(self, scripted: Scripted) -> None:
        scripted.http.pass_through("GET", "http://127.0.0.1:9/")
        with pytest.raises(httpx.ConnectError):
            scripted.get("http://127.0.0.1:9/")
        [call] = scripted.http.calls
        assert (call.how, call.status) == ("pass-through", None)
        assert isinstance(call.facts["error"], httpx.ConnectError)
        scripted.http.assert_request("GET", "http://127.0.0.1:9/").assert_error(httpx.ConnectError)
        scripted.verifier.verify_all()


class TestCalls:
    def test_are_the_records_typed(self, scripted: Scripted) -> None:
        scripted.http.mock_response("POST", HOST, json={"b": 2}, status=201)
        scripted.get(HOST, "POST", json={"a": 1})
        [call] = scripted.http.calls
        assert (call.method, call.url, call.status, call.how) == ("POST", f"{HOST}", 201, "mock")
        assert [call.request_body, call.response_body] == [{"a": 1}, {"b": 2}]
        assert call.request_headers == {"content-type": "application/json"}
        assert call.response_headers == {"content-type": "application/json"}
        assert call.client == f"httpx {httpx.__version__}"
        assert call.duration is not None
        assert call.details is call.interaction.details
        assert repr(call) == f"<POST {HOST} -> 201>"
        scripted.verifier.mock("Service").take.required(False).returns(1)
        assert len(scripted.http.calls) == 1


class TestUnmocked:
    def test_names_the_call_and_the_fix(self, scripted: Scripted) -> None:
        lines = scripted.refused(f"{HOST}/users").splitlines()
        assert lines[0] == f"Unmocked call: GET {HOST}/users"
        assert lines[1].startswith("  called at tests/test_http_mocks.py:")
        assert lines[-1] == f"    bigfoot.http.mock_response('GET', '{HOST}/users', json={{}})"

    @pytest.mark.parametrize(
        ("mock", "note"),
        [
            (("POST", f"{HOST}/users"), "NOT MATCHED method"),
            (("GET", f"{HOST}/users", {"x": 1}), "NOT MATCHED params"),
            (("GET", f"{HOST}/users?y=1"), "NOT MATCHED query"),
            (("GET", f"{HOST}/user"), "NOT MATCHED url"),
        ],
    )
    def test_tells_what_nearly_answers(self, mock: tuple[Any, ...], note: str, scripted: Scripted) -> None:
        asked: dict[str, Any] = dict(zip(("method", "url", "params"), mock, strict=False))
        scripted.http.mock_response(**asked)
        text = scripted.refused(f"{HOST}/users")
        assert note in text
        assert f"bigfoot.http.mock_response({mock[0]!r}, {mock[1]!r}" in text

    def test_is_never_recorded(self, scripted: Scripted) -> None:
        scripted.refused(HOST)
        assert len(scripted.http.calls) == 0


def test_the_work_of_a_call_does_not_depend_on_the_number_of_mocks() -> None:
    def calls_made(mocks: int) -> int:
        verifier = StrictVerifier()
        http = HttpPlugin(verifier)
        for number in range(mocks):
            http.mock_response("GET", f"{HOST}/{number}", params={"x": 1}, times=None)
        made = 0

        def count(frame: FrameType, event: str, arg: Any) -> None:
            nonlocal made
            made += event in ("call", "c_call")

        with verifier.sandbox(), httpx.Client() as client:
            client.get(f"{HOST}/{mocks - 1}?x=1")
            sys.setprofile(count)
            try:
                client.get(f"{HOST}/{mocks - 1}?x=1")
            finally:
                sys.setprofile(None)
        return made

    assert abs(calls_made(1) - calls_made(1000)) < 20


def test_explicit_transports_need_no_sandbox(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", HOST, body="ok", times=2)
    with httpx.Client(transport=Transport(verifier)) as client:
        assert [client.get(HOST).text for _ in range(2)] == ["ok", "ok"]
    assert len(http.calls) == 2
    with httpx.Client(transport=Transport()) as client, pytest.raises(SandboxNotActiveError):
        client.get(HOST)
