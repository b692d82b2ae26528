"""The server's journal and bigfoot's timeline, brought to one form so that they can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .corpus import FRAMING
from .server import Exchange, Pairs, content_type

# What belongs to the connection and not to the message: a client may say it or not, depending on what it kept open.
CONNECTION = frozenset({"connection", "keep-alive"})
# Of a body that passes through, bigfoot keeps the first MiB.
RECORDED = 2**20
# What is never the same twice: nonces, signatures, time stamps, request ids.
FRESH = {
    "authorization": re.compile(r'(?<=cnonce=")[^"]*|(?<=response=")[^"]*|(?<=Signature=)\w+|(?<=AKIDTESTS/)\d+'),
    "x-amz-date": re.compile(r".+"),
    "amz-sdk-invocation-id": re.compile(r".+"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, without what differs from run to run."""

    method: str
    url: str
    headers: Pairs
    body: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """A response, without its framing."""

    status: int
    headers: Pairs
    body: bytes


def asked(method: str, url: str, headers: Pairs, body: bytes) -> Asked:
    """A request in the form in which two runs are equal."""
    kept = [(name, value) for name, value in headers if name.lower() not in CONNECTION]
    kept.sort(key=lambda pair: pair[0].lower() != "host")  # h11 writes it first, wherever it was
    kept = [(name, FRESH[name.lower()].sub("*", value) if name.lower() in FRESH else value) for name, value in kept]
    declared = next((value for name, value in headers if name.lower() == "content-type"), "")
    boundary = content_type(declared)[1].get("boundary")
    if boundary:
        kept = [(name, value.replace(boundary, "*")) for name, value in kept]
        body = body.replace(boundary.encode(), b"*")
    return Asked(method.upper(), _spelled(url), tuple(kept), body[:RECORDED])


def _spelled(url: str) -> str:
    """A URL as it is on the wire: its path begins with a slash, and it has no fragment."""
    scheme, _, rest = url.partition("#")[0].partition("://")
    authority = re.match(r"[^/?]*", rest)
    assert authority
    target = rest[authority.end() :]
    return f"{scheme}://{authority[0]}{target if target.startswith('/') else '/' + target}"


def answered(status: int, headers: Pairs, body: bytes) -> Answered:
    """A response in the form in which the wire and the record are equal."""
    kept = tuple((name, value.strip(" \t")) for name, value in headers if name.lower() not in FRAMING)
    return Answered(status, kept, body[:RECORDED])


def of_journal(journal: Iterable[Exchange], base: str) -> list[tuple[Asked, Answered]]:
    """What the server heard and said."""
    return [
        (
            asked(each.request.method, each.request.url(base), each.request.headers, each.request.body),
            answered(each.status, each.headers, each.body),
        )
        for each in journal
    ]


def of_timeline(calls: Iterable[Any]) -> list[tuple[Asked, Answered]]:
    """What bigfoot recorded."""
    fields = [call.details for call in calls]
    return [
        (
            asked(str(each["method"]), str(each["url"]), _pairs(each["request_headers"]), each["request_body"].bytes),
            answered(each["status"], _pairs(each["response_headers"]), each["response_body"].bytes),
        )
        for each in fields
    ]


def _pairs(headers: Any) -> Pairs:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw)
