"""Responses as the less careful servers give them; a client copes with each in its own way."""

from __future__ import annotations

import gzip
import json
import zlib

from .server import Handler, Pairs, Reply, Request

TEXT = ("Content-Type", "text/plain; charset=utf-8")
FEED = b"one line\n" * 20


def _typed(kind: str, body: bytes) -> Reply:
    return Reply(200, body, (("Content-Type", kind),))


def _coded(coding: str, body: bytes) -> Reply:
    return Reply(200, body, (TEXT, ("Content-Encoding", coding)))


def _headed(*headers: tuple[str, str], status: int = 200) -> Reply:
    return Reply(status, b"ok", (TEXT, *headers))


def _cookies(*values: str) -> Reply:
    return _headed(*(("Set-Cookie", value) for value in values))


# What happens to these, happens above the wire: in how a client reads what came over it.
EDGES: dict[str, Reply] = {
    "302-without-location": _headed(status=302),
    "300": _headed(("Location", "/json"), status=300),
    "305": _headed(("Location", "/json"), status=305),
    "location-empty": _headed(("Location", ""), status=302),
    "location-raw-utf8": _headed(("Location", "/echo/d\xc3\xa9j\xc3\xa0?q=\xc3\xa9"), status=302),
    "location-with-space": _headed(("Location", "/echo/a b?q=c d"), status=302),
    "location-with-fragment": _headed(("Location", "/echo?x=1#part"), status=303),
    "location-only-query": _headed(("Location", "?again"), status=302),
    "location-other-scheme": _headed(("Location", "ftp://files.test/x"), status=302),
    "created-with-location": _headed(("Location", "/json"), status=201),
    "padded-headers": _headed(("X-Pad", "  padded \t"), ("X-Tab", "a\tb"), ("X-Nothing", "")),
    "odd-header-names": _headed(("x!#$%&'*+-.^_`|~9", "token"), ("ETAG", "upper"), ("X-utf8", "na\xc3\xafve")),
    "many-headers": _headed(*((f"X-Number-{number}", str(number)) for number in range(90))),
    "too-many-headers": _headed(*((f"X-Number-{number}", str(number)) for number in range(150))),
    "long-header": _headed(("X-Long", "l" * 7000)),
    "too-long-header": _headed(("X-Long", "l" * 20_000)),
    "endless-header": _headed(("X-Long", "l" * 70_000)),
    "two-content-types": Reply(200, b"{}", (("Content-Type", "text/plain"), ("Content-Type", "application/json"))),
    "charset-quoted": _typed('text/plain; charset="ISO-8859-1"; format=flowed', "é".encode("latin-1")),
    "charset-upper": _typed("TEXT/PLAIN; CHARSET=UTF-8", "é".encode()),
    "charset-unknown": _typed("text/plain; charset=wat", b"plain"),
    "charset-wrong": _typed("text/plain; charset=ascii", "é".encode()),
    "type-empty": _typed("", b"plain"),
    "type-broken": _typed("; charset=utf-8", b"plain"),
    "bom": _typed("text/plain", b"\xef\xbb\xbftext"),
    "json-nan": _typed("application/json", b'{"nan": NaN, "big": 123456789012345678901234567890}'),
    "json-twice-a-key": _typed("application/json", b'{"a": 1, "a": 2}'),
    "coding-unknown": _coded("x-unknown", b"as it is"),
    "coding-identity": _coded("identity", b"as it is"),
    "coding-upper": _coded("GZIP", gzip.compress(FEED, mtime=0)),
    "coding-x-gzip": _coded("x-gzip", gzip.compress(FEED, mtime=0)),
    "coding-stacked": _coded("deflate, gzip", gzip.compress(zlib.compress(FEED), mtime=0)),
    "gzip-empty": _coded("gzip", b""),
    "gzip-two-members": _coded("gzip", gzip.compress(b"one,", mtime=0) + gzip.compress(b"two", mtime=0)),
    "gzip-cut": _coded("gzip", gzip.compress(FEED, mtime=0)[:-9]),
    "gzip-and-garbage": _coded("gzip", gzip.compress(FEED, mtime=0) + b"garbage"),
    "cookies-odd": _cookies(
        "bare", "=nameless", "valueless=", "spaced = v ; Path=/", 'quoted="x;y"', "twice=1", "twice=2"
    ),
    "cookies-times": _cookies(
        "bad=1; Max-Age=soon", "past=2; Expires=Thu, 01-Jan-1970 00:00:00 GMT", "neg=3; Max-Age=-5"
    ),
    "cookies-paths": _cookies("here=1", "up=2; Path=/edge", "away=3; Path=/elsewhere", "utf8=n\xc3\xa4; Path=/"),
    "401-bare": _headed(status=401),
    "401-two-challenges": _headed(("WWW-Authenticate", 'Negotiate, Basic realm="x"'), status=401),
    "407": _headed(("Proxy-Authenticate", 'Basic realm="proxy"'), status=407),
    "204-with-headers": Reply(204, b"", (("X-Left", "0"), ("Content-Type", "text/plain"))),
    "304-unasked": Reply(304, b"", (("ETag", '"x"'),)),
    "reason-long": Reply(200, b"ok", (TEXT,), reason="because " * 50 + "so"),
    "reason-colon": Reply(503, b"ok", (TEXT,), reason="Down: for maintenance"),
    "closing": Reply(200, b"last one", (TEXT,), framing="close"),
    "chunked-empty": Reply(200, b"", (TEXT,), framing="chunked"),
    "chunked-head-heavy": Reply(200, b"", (TEXT, ("Trailer", "X-Sum")), framing="chunked", chunks=(b"a", b"bc" * 9000)),
    "cut-short": Reply(200, b"too little", (TEXT, ("Content-Length", "100")), framing="close"),
}


def edge(request: Request, seen: int) -> Reply:
    """`/edge/<name>`: one of `EDGES`."""
    return EDGES[request.parts[1]]


def scheme_relative(request: Request, seen: int) -> Reply:
    """Redirects to the same host by other spellings of its URL."""
    host = request.header("host")
    spelled = {"relative": f"//{host}/json", "upper": f"HTTP://{host}/json?up", "dots": f"http://{host}/a/../json"}
    return Reply(302, b"", (("Location", spelled[request.parts[1]]),))


def asked(request: Request, seen: int) -> Reply:
    """What a client makes of an odd request, as JSON."""
    headers: Pairs = (("Content-Type", "application/json"),)
    kept = [pair for pair in request.headers if pair[0].lower().startswith("x-")]
    body = json.dumps([request.method, request.target, kept, request.body.decode("latin-1")])
    return Reply(200, body.encode(), headers)


EDGE_ROUTES: dict[str, Handler] = {"edge": edge, "spelled": scheme_relative, "asked": asked}
