"""The values in the records: equal to whatever it is practical to write in a test, and to nothing else."""

from __future__ import annotations

import gzip
import json
import pickle
import zlib
from collections.abc import Mapping, Sequence
from typing import Any
from unittest.mock import ANY

import pytest

import bigfoot
from bigfoot import Body, Headers, Secret
from bigfoot.matchers import AnyThing, HasLen, IsInstance, IsInt, IsJson, IsMapping, IsPartialDict, IsStr
from bigfoot.urls import Url
from bigfoot.values import digest


def client_defaults() -> Mapping[str, Sequence[str]]:
    return {"user-agent": ("client/1.0",), "accept": ("*/*", "text/html"), "host": ("api.example.com",)}


WIRE = [
    (b"Host", b"api.example.com"),
    (b"User-Agent", b"client/1.0"),
    (b"X-Id", b"7"),
    (b"X-Tag", b"a"),
    (b"x-tag", b"b"),
    (b"Content-Length", b"2"),
]


class TestHeaders:
    def test_are_a_mapping_without_case(self) -> None:
        headers = Headers(WIRE)
        assert headers["X-ID"] == headers["x-id"] == headers.get("X-Id") == "7"
        assert "x-ID" in headers
        assert 7 not in headers  # type: ignore[comparison-overlap]
        assert "x-other" not in headers
        assert headers.get("X-Other") is None
        assert headers.get("X-Other", "none") == "none"
        assert list(headers) == ["host", "user-agent", "x-id", "x-tag", "content-length"]

    def test_keep_every_value_and_the_wires_own_spelling(self) -> None:
        headers = Headers(WIRE)
        assert headers["X-Tag"] == "a, b"
        assert headers.get_list("X-TAG") == ["a", "b"]
        assert headers.get_list("x-other") == []
        assert ("x-tag", "b") in headers.multi_items()
        assert headers.raw == tuple(WIRE)

    def test_text_in_any_charset(self) -> None:
        headers = Headers([(b"x-utf8", "zażółć".encode()), (b"x-latin", b"caf\xe9")])
        assert headers["x-utf8"] == "zażółć"
        assert headers["x-latin"] == "café"

    @pytest.mark.parametrize(
        "expected",
        [
            {"x-id": "7", "x-tag": "a, b"},
            {"X-Id": "7", "X-Tag": ["a", "b"]},
            {"x-id": "7", "x-tag": ("a", "b")},
            {"x-id": "7", "x-tag": "a, b", "user-agent": "client/1.0"},
            {"x-id": "7", "x-tag": "a, b", "content-length": "2"},
            {"x-id": IsStr(regex=r"\d"), "x-tag": ANY},
            IsMapping(),
            IsMapping(X_ID=ANY) | IsPartialDict(),
            IsPartialDict({"x-id": "7"}),
            HasLen(5),
            AnyThing(),
            Headers(WIRE),
        ],
    )
    def test_equal(self, expected: Any) -> None:
        headers = Headers(WIRE, client_defaults)
        assert expected == headers
        assert (expected != headers) is False

    @pytest.mark.parametrize(
        "expected",
        [
            {},
            {"x-id": "7"},
            {"x-id": "8", "x-tag": "a, b"},
            {"x-id": "7", "x-tag": ["b", "a"]},
            {"x-id": "7", "x-tag": "a, b", "x-more": "1"},
            {"x-id": "7", "x-tag": "a, b", "user-agent": "client/2.0"},
            {"x-id": "7", "X-ID": "7", "x-tag": "a, b"},
            {"x-id": "7", "x-tag": "a, b", 5: "x"},
            None,
            [("x-id", "7")],
            "x-id: 7",
            Headers(WIRE[:-1]),
        ],
    )
    def test_unequal(self, expected: Any) -> None:
        headers = Headers(WIRE, client_defaults)
        assert expected != headers
        assert (expected == headers) is False

    def test_that_only_the_client_set_are_none(self) -> None:
        assert Headers(WIRE[:2], client_defaults) == {}
        assert Headers(WIRE[:2]) != {}
        assert Headers([(b"User-Agent", b"mine")], client_defaults) == {"user-agent": "mine"}
        assert Headers([(b"Accept", b"text/html")], client_defaults) == {}

    def test_order_between_different_names_does_not_count(self) -> None:
        assert Headers([(b"a", b"1"), (b"b", b"2")]) == Headers([(b"B", b"2"), (b"A", b"1")])
        assert Headers([(b"a", b"1"), (b"a", b"2")]) != Headers([(b"a", b"2"), (b"a", b"1")])

    def test_are_not_hashable(self) -> None:
        with pytest.raises(TypeError, match="unhashable"):
            hash(Headers())


class TestBody:
    @pytest.mark.parametrize(
        ("content", "equals"),
        [
            (b"", ["", b"", Body()]),
            (b"hello", ["hello", b"hello", bytearray(b"hello"), memoryview(b"hello"), IsInstance(str), ANY]),
            (b'{"amount": 5000}', [{"amount": 5000}, '{"amount": 5000}', {"amount": IsInt()}, IsMapping(amount=5000)]),
            (b"[1, 2]", [[1, 2], [IsInt(), ANY], "[1, 2]"]),
            (b"5", [5, 5.0, "5", b"5"]),
            (b"null", [None, "null"]),
            (b"true", [True, "true"]),
            (b'{"a": 1}', [IsJson({"a": 1}), IsMapping() | IsInstance(str), ~IsInstance(bytes)]),
            ("zażółć".encode(), ["zażółć"]),
            (b"\xff\xfe\x00", [b"\xff\xfe\x00", "\ufffd\ufffd\x00"]),
        ],
    )
    def test_equal(self, content: bytes, equals: list[Any]) -> None:
        for expected in equals:
            assert expected == Body(content), expected
            assert (expected != Body(content)) is False, expected

    @pytest.mark.parametrize(
        ("content", "different"),
        [
            (b"", [None, {}, [], 0, " ", b" ", False]),
            (b"hello", ["Hello", b"hell", {"hello": 1}, [], 5, None, object()]),
            (b'{"amount": 5000}', [{"amount": 5001}, {}, {"amount": 5000, "more": 1}, [], IsMapping(amount=1)]),
            (b"[1, 2]", [[2, 1], (1, 2), IsMapping()]),
            (b"1", [True, 2]),
            (b"true", [1, False]),
            (b"hello", [IsMapping()]),
        ],
    )
    def test_unequal(self, content: bytes, different: list[Any]) -> None:
        for expected in different:
            assert expected != Body(content), expected
            assert (expected == Body(content)) is False, expected

    def test_lossless(self) -> None:
        content = bytes(range(256))
        assert Body(content).bytes == content
        assert Body(content) == content
        assert Body(b"\xff") != Body(b"\xfe")

    def test_json(self) -> None:
        assert Body(b'{"a": [1]}').json() == {"a": [1]}
        with pytest.raises(ValueError, match="Expecting value"):
            Body(b"<html>").json()

    def test_text_in_the_declared_charset(self) -> None:
        assert Body("café".encode("latin-1"), "latin-1") == "café"
        assert Body("café".encode(), "no-such-charset") == "café"
        assert Body("café".encode(), "ascii") == "café"

    @pytest.mark.parametrize(
        ("coding", "content"),
        [
            ("gzip", gzip.compress(b'{"a": 1}', mtime=0)),
            ("x-gzip", gzip.compress(b'{"a": 1}', mtime=0)),
            ("deflate", zlib.compress(b'{"a": 1}')),
            ("deflate", zlib.compress(b'{"a": 1}')[2:-4]),  # the raw deflate that some servers send
        ],
    )
    def test_compressed(self, coding: str, content: bytes) -> None:
        body = Body(content, None, coding)
        for expected in (content, b'{"a": 1}', '{"a": 1}', {"a": 1}):
            assert expected == body
        assert body.decoded == '{"a": 1}'
        assert body.json() == {"a": 1}
        assert body != {"a": 2}
        assert body != '{"a": 2}'

    @pytest.mark.parametrize("coding", ["", "br", "gzip"])
    def test_that_cannot_be_decompressed_is_itself(self, coding: str) -> None:
        body = Body(b"plain", None, coding)
        assert body.decoded is body
        assert body == "plain"

    def test_is_hashed_as_its_text(self) -> None:
        assert hash(Body(b"x")) == hash("x")


class TestUrl:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("https://api.example.com/", "https://api.example.com"),
            ("https://API.Example.com/a", "https://api.example.com/a"),
            ("HTTPS://api.example.com/", "https://api.example.com/"),
            ("https://api.example.com:443/", "https://api.example.com/"),
            ("http://api.example.com:80/a", "http://api.example.com/a"),
            ("http://api.example.com/%7Euser", "http://api.example.com/~user"),
            ("http://api.example.com/a%2fb", "http://api.example.com/a%2Fb"),
            ("http://api.example.com/a b", "http://api.example.com/a%20b"),
            ("http://api.example.com/?q=a b", "http://api.example.com/?q=a%20b"),
            ("http://api.example.com/zażółć", "http://api.example.com/za%C5%BC%C3%B3%C5%82%C4%87"),
            ("http://bücher.example/", "http://xn--bcher-kva.example/"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
            ("http://api.example.com/?", "http://api.example.com/"),
            ("http://api.example.com/#top", "http://api.example.com/"),
        ],
    )
    def test_equal(self, one: str, other: str) -> None:
        assert Url(one) == other
        assert other == Url(one)
        assert Url(other) == Url(one)
        assert (Url(one) != other) is False

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("https://api.example.com/a", "https://api.example.com/A"),
            ("https://api.example.com/a", "https://api.example.com/a/"),
            ("https://api.example.com/", "http://api.example.com/"),
            ("https://api.example.com/", "https://api.example.com:8443/"),
            ("https://api.example.com/?a=1&b=2", "https://api.example.com/?b=2&a=1"),
            ("https://api.example.com/", "/"),
            ("https://api.example.com/", ""),
            ("https://api.example.com/", "https://[::1"),
            ("https://api.example.com/", "https://api.example.com:port/"),
        ],
    )
    def test_unequal(self, one: str, other: str) -> None:
        assert Url(one) != other
        assert other != Url(one)
        assert (Url(one) == other) is False

    def test_to_something_else(self) -> None:
        assert Url("https://api.example.com/") != 5
        assert Url("https://api.example.com/") != b"https://api.example.com/"
        assert Url("https://api.example.com/") == IsInstance(str)

    def test_is_hashed_as_its_text(self) -> None:
        assert hash(Url("https://api.example.com/")) == hash("https://api.example.com/")


class TestSecret:
    def test_equals_what_it_stands_for(self) -> None:
        secret = Secret.of("hunter2")
        for same in ("hunter2", b"hunter2", bytearray(b"hunter2"), Body(b"hunter2"), Secret.of("hunter2")):
            assert secret == same
            assert same == secret
        for other in ("hunter3", b"", None, 7, Secret.of("x")):
            assert secret != other

    def test_of_a_binary_body(self) -> None:
        body = Body(b"password=\xff\xfe")
        assert Secret(Secret.of("x").digest) != body
        assert Secret(digest(body.bytes)) == body
        assert body == Secret(digest(body.bytes))

    def test_shows_its_digest_only(self) -> None:
        assert repr(Secret.of("hunter2")) == "bigfoot.Secret('f52fbd32')"
        assert repr(Secret.of("a=hunter2", "a=***")) == "bigfoot.Secret('40606af8', 'a=***')"
        assert "hunter2" not in repr(Secret.of("hunter2"))

    def test_can_be_pasted(self) -> None:
        assert eval(repr(Secret.of("hunter2")), {"bigfoot": bigfoot}) == "hunter2"

    def test_is_hashable(self) -> None:
        assert len({Secret.of("a"), Secret.of("a"), Secret.of("b")}) == 2


@pytest.mark.parametrize(
    "value",
    [
        Headers(WIRE),
        Body(b"\xff\xfe"),
        Body(gzip.compress(b"x", mtime=0), None, "gzip"),
        Body("café".encode("latin-1"), "latin-1"),
        Url("https://api.example.com/"),
        Secret.of("hunter2", "***"),
    ],
    ids=repr,
)
def test_values_cross_a_process_border(value: Any) -> None:
    copy = pickle.loads(pickle.dumps(value))
    assert type(copy) is type(value)
    assert copy == value
    assert repr(copy) == repr(value)


def test_headers_still_know_the_clients_own_across_a_process_border() -> None:
    copy = pickle.loads(pickle.dumps(Headers(WIRE[:3], client_defaults)))
    assert copy == {"x-id": "7"}
    assert copy.raw == tuple(WIRE[:3])


def test_values_can_be_written_as_json() -> None:
    assert json.loads(json.dumps({"h": Headers(WIRE[2:3]), "b": Body(b"x"), "u": Url("http://a/")})) == {
        "h": {"x-id": "7"},
        "b": "x",
        "u": "http://a/",
    }


class TestIsMapping:
    def test_of_mappings(self) -> None:
        assert IsMapping() == {}
        assert IsMapping(a=1) == {"a": 1, "b": 2}
        assert IsMapping(b=1) != {"a": 1}
        assert IsMapping(a=2) != {"a": 1}
        assert IsMapping() != [("a", 1)]
        assert IsMapping(a=IsMapping(b=IsStr())) == {"a": {"b": "x"}}

    def test_of_bodies(self) -> None:
        assert Body(b'{"a": 1}') == IsMapping(a=1)
        assert Body(b"[1]") != IsMapping()
        assert Body(b"<html>") != IsMapping()

    def test_shows_what_it_wants(self) -> None:
        assert repr(IsMapping(a=1)) == "IsMapping(a=1)"
