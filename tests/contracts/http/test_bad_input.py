"""What cannot be meant is refused where it is written, by the name of the argument; nothing is promised then."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from bigfoot import StrictVerifier
from bigfoot.errors import InvalidArgumentError
from bigfoot.plugins.http import HttpPlugin

from .conftest import API


class NeedsWords(Exception):
    """An exception that cannot be made without arguments."""

    def __init__(self, words: str) -> None:
        super().__init__(words)


BAD: dict[str, list[Any]] = {
    "method": ["", "GE T", "GET\r\n", b"GET", None, 5],
    "url": [
        *("", "/path", "ftp://x/", f"{API}/\r\n", "https://", "https://u:p@h/", "{id}/x", "users/*"),
        *(None, 5, re.compile(b"x")),
    ],
    "status": [99, 600, 0, -1, "200", 200.0, True, None],
    "json": [float("nan"), float("inf"), object(), {1, 2}, {"a": object()}, {(1, 2): 3}],
    "body": [5, {"a": 1}, ["x"], object()],
    "text": [b"x", 5, ["x"]],
    "html": [b"x", 5],
    "file": ["/no/such/file", 3.5, object(), "\0"],
    "headers": [
        *("a: b", b"a", 5, {"a b": "c"}, {"": "c"}, {"a": "b\r\nc"}),
        *({"a": None}, {"a": ["b"]}, [("a",)], {"a": "☃"}),
    ],
    "cookies": ["a=b", [("a", "b")], {"a b": "c"}, {"a": {"path": "/"}}, {"a": {"value": "b", "bogus": 1}}, {5: "x"}],
    "reason": [5, "a\r\nb", ["x"]],
    "trailers": ["a: b", 5, {"a b": "c"}, {"a": "b\nc"}],
    "interim": [103, "103", [200], [101], [(103,)], [True], [(103, {"a b": "c"})], 5],
    "delay": [-1, "1", float("nan"), float("inf"), True, [1]],
    "real_time": ["yes", 1, None],
    "stream": ["text", b"bytes", {"a": 1}, 5, [5], [None], [{"data": "x"}]],
    "sse": ["text", {"data": "x"}, 5, [5], [{"dta": "x"}], [{"event": "a\nb"}], [{"data": object()}]],
    "params": ["a=1", [("a", "1")], {"a": None}, {5: "x"}, {"a": {"b": 1}}, {"a": b"x"}, {"a": [None]}],
    "exact_params": ["a=1", [("a", "1")], {"a": None}, {5: "x"}, {"a": {"b": 1}}],
    "times": [0, -1, 1.5, "2", True],
    "required": ["yes", 1, None],
    "match_headers": ["a: b", [("a", "b")], {5: "x"}, {"a b": "c"}],
    "match_cookies": ["a=b", [("a", "b")], {5: "x"}],
    "match_content": [5, ["x"], {"a": 1}],
    "match_form": ["a=b", 5, [("a", "b")]],
    "match_multipart": ["x", [("a", b"b")], {"a": 5}, {"a": ("n",)}, {"a": ("n", b"c", "t", "more")}, {5: b"x"}],
    "match_schema": ["object", 5, {"type": "no such type"}],
    "match": [True, "yes", {"a": 1}],
    "callback": [{"status": 200}, "x", 5],
    "responses": ["x", b"x", {"status": 200}, [], [5], 5, [None]],
    "bogus": [1],
    "stauts": [200],
    "header": [{}],
}
CASES = [
    pytest.param(name, value, id=f"{name} {number}")
    for name, values in BAD.items()
    for number, value in enumerate(values)
]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_arguments_of_mock_response(verifier: StrictVerifier, http: HttpPlugin, name: str, value: Any) -> None:
    arguments: dict[str, Any] = {"method": "GET", "url": f"{API}/x", name: value}
    if name == "real_time":
        arguments["delay"] = 1
    with pytest.raises(InvalidArgumentError) as refused:
        http.mock_response(**arguments)
    assert refused.value.parameter == name
    assert refused.value.remedy
    verifier.verify_all()


@pytest.mark.parametrize(
    ("name", "value"), [case for case in CASES if case.values[0] in ("json", "headers", "status", "stream", "bogus")]
)
def test_members_of_responses(verifier: StrictVerifier, http: HttpPlugin, name: str, value: Any) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        answers: Any = [{"status": 200}, {name: value}]
        http.mock_response("GET", f"{API}/x", responses=answers)
    assert refused.value.parameter == name
    verifier.verify_all()


TOGETHER: list[dict[str, Any]] = [
    {"json": {}, "body": "x"},
    {"body": "x", "text": "y"},
    {"html": "x", "stream": ["y"]},
    {"stream": ["x"], "sse": []},
    {"json": None, "body": ""},
    {"params": {"a": 1}, "exact_params": {"a": 1}},
    {"responses": [{}], "times": 2},
    {"responses": [{}], "callback": lambda request: {}},
    {"callback": lambda request: {}, "json": {}},
    {"callback": lambda request: {}, "status": 201},
    {"headers": {"Content-Length": "5", "Transfer-Encoding": "chunked"}, "body": "x"},
    {"trailers": {"a": "b"}, "headers": {"Content-Length": "1"}, "body": "x"},
    {"real_time": True},
]


@pytest.mark.parametrize("arguments", TOGETHER, ids=lambda arguments: " and ".join(arguments))
def test_arguments_that_exclude_each_other(verifier: StrictVerifier, http: HttpPlugin, arguments: Any) -> None:
    with pytest.raises(InvalidArgumentError):
        http.mock_response("GET", f"{API}/x", **arguments)
    verifier.verify_all()


ERRORS: list[tuple[str, dict[str, Any]]] = [
    ("fault", {}),
    ("fault", {"fault": "rest"}),
    ("fault", {"fault": 5}),
    ("fault", {"fault": "reset", "raises": ValueError}),
    ("phase", {"fault": "reset", "phase": "read"}),
    ("phase", {"fault": "timeout", "phase": "body"}),
    ("phase", {"raises": ValueError, "phase": "read"}),
    ("raises", {"raises": "error"}),
    ("raises", {"raises": int}),
    ("raises", {"raises": NeedsWords}),
    ("delay", {"fault": "reset", "delay": -1}),
    ("delay", {"raises": ValueError, "delay": -1}),
    ("times", {"fault": "reset", "times": 0}),
    ("status", {"fault": "reset", "status": 200}),
    ("body", {"raises": ValueError, "body": "x"}),
    ("match_headers", {"fault": "reset", "match_headers": 5}),
]


@pytest.mark.parametrize(("name", "arguments"), ERRORS)
def test_arguments_of_mock_error(
    verifier: StrictVerifier, http: HttpPlugin, name: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        http.mock_error("GET", f"{API}/x", **arguments)
    assert refused.value.parameter == name
    verifier.verify_all()


def test_a_typo_is_answered_with_what_may_be_meant(http: HttpPlugin) -> None:
    with pytest.raises(InvalidArgumentError, match="did you mean 'match_headers'"):
        http.mock_response("GET", f"{API}/x", match_header={})  # type: ignore[call-arg]
    with pytest.raises(InvalidArgumentError, match="did you mean 'reset'"):
        http.mock_error("GET", f"{API}/x", fault="rest")
    with pytest.raises(InvalidArgumentError, match="did you mean 'user'"):
        http.mock_response("GET", f"{API}/{{user}}", json=http.echo("usr"))


OTHERS: list[tuple[str, Callable[[HttpPlugin], Any]]] = [
    ("url", lambda http: http.base("/v1")),
    ("path", lambda http: http.base(API).mock_response("GET", "users")),
    ("path", lambda http: http.base(API).mock_error("GET", f"{API}/x", fault="reset")),
    ("path", lambda http: http.base(API).pass_through("GET", None)),  # type: ignore[arg-type]
    ("method", lambda http: http.pass_through("", f"{API}/x")),
    ("url", lambda http: http.pass_through("GET", "x")),
    ("url", lambda http: http.mount("/v1", lambda environ, start: [])),
    ("delay", lambda http: http.delay(-1)),
    ("delay", lambda http: http.delay("1")),  # type: ignore[arg-type]
    ("real_time", lambda http: http.delay(1, real_time="yes")),  # type: ignore[arg-type]
    ("fault", lambda http: http.fault("rest")),
    ("phase", lambda http: http.fault("tls", "read")),
    ("name", lambda http: http.echo(5)),  # type: ignore[arg-type]
    ("times", lambda http: http.assert_called_n("2", "GET", API)),  # type: ignore[arg-type]
    ("times", lambda http: http.assert_called_n(-1, "GET", API)),
    ("method", lambda http: http.assert_called_n(0, "", API)),
    ("url", lambda http: http.assert_called_n(0, "GET", "x")),
]


@pytest.mark.parametrize(("name", "call"), OTHERS)
def test_arguments_of_the_rest(
    verifier: StrictVerifier, http: HttpPlugin, name: str, call: Callable[[HttpPlugin], Any]
) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        call(http)
    assert refused.value.parameter == name
