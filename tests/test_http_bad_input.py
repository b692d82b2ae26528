"""What cannot be meant is refused where it is given, with the value and what would be right."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from bigfoot import InvalidArgumentError, StrictVerifier
from bigfoot.plugins.http import HttpPlugin

URL = "https://api.example.com/"


class Strange(str):
    """A str that is one only in name."""


class Thing:
    """Nothing that has a meaning anywhere; named the same in every process."""

    def __repr__(self) -> str:
        return "Thing()"


class Hostile:
    """Raises whatever it is asked."""

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError(name)

    def __repr__(self) -> str:
        raise ZeroDivisionError

    def __bool__(self) -> bool:
        raise ZeroDivisionError


CIRCULAR: list[Any] = []
CIRCULAR.append(CIRCULAR)
DEEP: Any = None
for _ in range(100_000):
    DEEP = [DEEP]


def each(parameter: str, remedy: str, *values: Any) -> list[tuple[str, Any, str]]:
    return [(parameter, value, remedy) for value in values]


def header(remedy: str, *values: Any) -> list[tuple[str, Any, str]]:
    return each("headers", remedy, *({"X": value} for value in values))


# (parameter, value, a part of the remedy)
REFUSED: list[tuple[str, Any, str]] = [
    *each("method", "GET", None, 5, b"GET", "", " ", "G ET", "GET ", "GET\r\n", "GET\x00", "GÉT", ["GET"]),
    *each("url", "absolute URL", None, 5, b"https://a/", "", "/users", "api.example.com", "mailto:x", "ftp://a/"),
    *each("url", "absolute URL", "://a/", "https:/a/", ["https://a/"], Hostile()),
    *each(
        "url", "control characters", "https://a/\r\n", "https://a/\n", "https://a/\x00", "https://a/\t", "https://\x7f/"
    ),
    *each("url", "no host", "https://", "https:///users", "https://:443/", "https://?x=1", "https://#x"),
    *each("url", "", "http://[::1", "http://a:port/", "http://a:99999/", "http://a:-1/", "http://[x]/"),
    *each(
        "url", "no host has such a name", "http://a b/", "http://a<b>/", 'http://a"b/', "http://a\\b/", "http://a|b/"
    ),
    *each("url", "", "http://" + "ä" * 100 + ".example/"),
    *each("url", "leave the user info out", "https://me:hunter2@api.example.com/", "https://me@a/", "https://@/"),
    *each("url", "begin with a scheme or a wildcard", "users/*", "api.example.com/{id}", "/*", "x*", "https://a/*\r\n"),
    *each("url", "over text, not bytes", re.compile(rb"https://.*")),
    *each("status", "100 to 599", None, "200", b"200", 99, 600, 9999, -1, 0, True, 200.0, [200], 10**30),
    *each(
        "headers", "give a mapping of names", 5, "X: 1", b"X: 1", True, ["X"], [("X",)], [("X", 1, 2)], [5], Hostile()
    ),
    *each("headers", "give a mapping of names", {5.0: "1"}, {None: "1"}, {("X",): "1"}, [{"X": "1"}]),
    *header("give a mapping of names", None, 1.5, True, ["1"]),
    *each("headers", "header name", {"": "1"}, {" ": "1"}, {"X Y": "1"}, {"X:": "1"}, {"X\r\n": "1"}, {"X\x00": "1"}),
    *each("headers", "header name", {"Xé": "1"}, {"(X)": "1"}, {b"X\n": "1"}),
    *header("control characters", "1\r\nY: 2", "1\n", "\r", "1\x00", b"1\r\n", "\x01", "\x7f", "\x0b"),
    *header("latin-1", "ł"),
    *each("json", "cannot be written as JSON", Thing(), {1, 2}, b"x", Decimal(1), {"a": Thing()}, 1j, Hostile()),
    *each("json", "cannot be written as JSON", math.nan, math.inf, {"a": [-math.inf]}, {("a",): 1}, {b"a": 1}),
    *each("json", "cannot be written as JSON", CIRCULAR, DEEP),
    *each("body", "string or bytes", 5, 1.5, True, {}, {"a": 1}, [b"x"], ("x",), Thing(), Hostile()),
    *each("body", "UTF-8", "\ud800"),
    *each("params", "give a mapping", 5, "a=1", b"a=1", [("a", 1)], [], True),
    *each("params", "give a mapping", {5: "1"}, {None: 1}, {"a": None}, {"a": {"b": 1}}, {"a": b"1"}),
    *each("required", "True or False", None, 1, 0, "no", "", [], Hostile()),
    *each("times", "positive number of calls", 0, -1, True, False, "2", 1.0, [], math.inf),
    *each("reason", "", 5, True, ["OK"], "a\r\nb", "a\n", b"\x00", "\x7f"),
]


def named(value: Any) -> str:
    hostile = isinstance(value, Hostile) or value is DEEP or value is CIRCULAR
    return type(value).__name__ if hostile else repr(value)[:40]


@pytest.fixture
def http() -> HttpPlugin:
    return HttpPlugin(StrictVerifier())


@pytest.mark.parametrize(("parameter", "value", "remedy"), REFUSED, ids=named)
def test_mock_response_refuses(parameter: str, value: Any, remedy: str, http: HttpPlugin) -> None:
    arguments = {"method": "GET", "url": URL, parameter: value}
    with pytest.raises(InvalidArgumentError) as caught:
        http.mock_response(**arguments)
    assert caught.value.parameter == parameter
    assert remedy in caught.value.remedy
    assert caught.value.remedy
    assert len(str(caught.value)) < 700
    assert "hunter2" not in str(caught.value)
    http.verifier.verify_all()  # nothing was promised


@pytest.mark.parametrize(
    ("arguments", "parameter"),
    [
        ({"json": {}, "body": "x"}, "body"),
        ({"json": None, "body": b""}, "json"),
        ({"json": {}, "text": "x"}, "text"),
        ({"boddy": "x"}, "boddy"),
        ({"statuss": 200}, "statuss"),
        ({"header": {}}, "header"),
    ],
)
def test_arguments_that_exclude_each_other_or_do_not_exist(
    arguments: dict[str, Any], parameter: str, http: HttpPlugin
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        http.mock_response("GET", URL, **arguments)
    assert caught.value.parameter == parameter
    http.verifier.verify_all()


REFUSED_RULES = [(parameter, value, remedy) for parameter, value, remedy in REFUSED if parameter in ("method", "url")]


@pytest.mark.parametrize(("parameter", "value", "remedy"), REFUSED_RULES, ids=named)
def test_pass_through_refuses(parameter: str, value: Any, remedy: str, http: HttpPlugin) -> None:
    arguments = {"method": "GET", "url": URL, parameter: value}
    with pytest.raises(InvalidArgumentError) as caught:
        http.pass_through(**arguments)
    assert caught.value.parameter == parameter
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("value", [0, 1, "yes", [], object()])
def test_assert_request_refuses(value: Any, http: HttpPlugin) -> None:
    with pytest.raises(InvalidArgumentError, match=r"require_response=.*give True or False"):
        http.assert_request("GET", URL, require_response=value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"method": Strange("get")},
        {"method": "*"},
        {"url": Strange(URL)},
        {"url": "https://a/b c"},
        {"url": "https://a/?q=a b"},
        {"url": "http://localhost"},
        {"url": "http://a_b.example/"},
        {"url": "http://[fe80::1]:8080/"},
        {"url": "http://a:0080/"},
        {"status": 299},
        {"headers": {}},
        {"headers": []},
        {"headers": None},
        {"headers": {"X": ""}},
        {"headers": {"X": "\t "}},
        {"headers": {Strange("X"): Strange("1")}},
        {"headers": {"X": 10**20}},
        {"json": {1: 2, None: 3}},
        {"json": "\ud800"},
        {"json": [[[[]]]]},
        {"params": {}},
        {"params": None},
        {"params": {"": ""}},
        {"times": 10**9},
        {"times": None},
        {"reason": None},
        {"reason": "Zażółć"},
        {"required": False},
    ],
    ids=repr,
)
def test_what_can_be_meant_is_accepted(arguments: dict[str, Any], http: HttpPlugin) -> None:
    everything: dict[str, Any] = {"method": "GET", "url": URL, "required": False, **arguments}
    http.mock_response(**everything)
    http.verifier.verify_all()


@pytest.mark.parametrize(
    "call",
    [
        lambda http: http.mock_response(),
        lambda http: http.mock_response("GET"),
        lambda http: http.mock_response("GET", URL, {"a": 1}),
        lambda http: http.pass_through(URL),
        lambda http: http.assert_request("GET"),
    ],
)
def test_what_is_missing_is_pythons_to_say(call: Callable[[Any], object], http: HttpPlugin) -> None:
    with pytest.raises(TypeError):
        call(http)
