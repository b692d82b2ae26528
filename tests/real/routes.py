"""What the real server serves: the things that HTTP clients are used against."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
import re
import zlib
from collections.abc import Callable
from email.parser import BytesParser
from typing import Any, cast
from urllib.parse import parse_qsl, quote
from xmlrpc.server import SimpleXMLRPCDispatcher

from .aws import aws, bucket
from .server import Handler, Pairs, Reply, Request, content_type

JSON = ("Content-Type", "application/json")
TEXT = ("Content-Type", "text/plain; charset=utf-8")
PROSE = "Voilà, ça déjà marche: naïve café, Ärger, œuvre"
RECORDS = [{"id": number, "name": f"naïve-{number}"} for number in range(5)]


def _json(value: object, *, status: int = 200, headers: Pairs = ()) -> Reply:
    return Reply(status, json.dumps(value).encode(), (JSON, *headers))


def _text(text: str, *, status: int = 200, headers: Pairs = ()) -> Reply:
    return Reply(status, text.encode(), (TEXT, *headers))


def _same_every_time(reply: Reply) -> Handler:
    return lambda request, seen: reply


def echo(request: Request, seen: int) -> Reply:
    """Everything the client sent, as JSON."""
    return _json(
        {
            "method": request.method,
            "target": request.target,
            "args": request.args,
            "headers": request.headers,
            "body": request.body.decode("latin-1"),
        },
        headers=(("X-Seen", str(seen)),),
    )


def mirror(request: Request, seen: int) -> Reply:
    """The request's body, as the response's."""
    return Reply(200, request.body, (("Content-Type", request.header("content-type", "application/octet-stream")),))


def form(request: Request, seen: int) -> Reply:
    """The fields of a urlencoded or multipart form; files as (name, file name, type, content)."""
    kind, _ = content_type(request.header("content-type"))
    if kind != "multipart/form-data":
        return _json(parse_qsl(request.body.decode(), keep_blank_values=True))
    head = f"Content-Type: {request.header('content-type')}\r\n\r\n".encode()
    parts = []
    for part in BytesParser().parsebytes(head + request.body).walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            name = part.get_param("name", header="content-disposition")
            parts.append([name, part.get_filename(), part.get_content_type(), content.decode("latin-1")])
    return _json(parts)


def text(request: Request, seen: int) -> Reply:
    """`/text/<charset>[/undeclared]`: prose in that charset, which the content type tells, or does not."""
    charset = request.parts[1]
    prose = "日本語のテキスト" if charset in ("shift_jis", "euc-jp") else PROSE
    declared = "text/plain" if "undeclared" in request.parts else f"text/plain; charset={charset}"
    return Reply(200, prose.encode(charset, "replace"), (("Content-Type", declared),))


def compressed(request: Request, seen: int) -> Reply:
    """`/compressed/<coding>[/chunked]`: JSON in a content coding, in one piece or many."""
    coding = request.parts[1]
    content = json.dumps({"coding": coding, "records": RECORDS * 20}).encode()
    body = CODINGS[coding](content)
    headers = (
        JSON,
        ("Content-Encoding", coding.replace("deflate-raw", "deflate")),
        ("Vary", "Accept-Encoding"),
    )
    if "chunked" in request.parts:
        chunks = tuple(body[start : start + 37] for start in range(0, len(body), 37))
        return Reply(200, body, headers, framing="chunked", chunks=chunks)
    return Reply(200, body, headers)


def _raw_deflate(content: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflate.compress(content) + deflate.flush()


def _brotli(content: bytes) -> bytes:
    import brotli  # type: ignore[import-untyped]

    return bytes(brotli.compress(content))


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda content: gzip.compress(content, mtime=0),
    "deflate": zlib.compress,
    "deflate-raw": _raw_deflate,
    "br": _brotli,
    "identity": lambda content: content,
    "broken": lambda content: content,
}


def broken_gzip(request: Request, seen: int) -> Reply:
    return Reply(200, b"this is no gzip", (TEXT, ("Content-Encoding", "gzip")))


def redirect(request: Request, seen: int) -> Reply:
    """`/redirect/<code>/<hops>`: ends at /echo; each hop sets a cookie; with `?to=` goes there at once."""
    code, hops = int(request.parts[1]), int(request.parts[2]) if len(request.parts) > 2 else 1
    onward = request.arg("to") or ("/echo?came=far" if hops <= 1 else f"/redirect/{code}/{hops - 1}")
    headers = (("Location", onward), ("Set-Cookie", f"hop{hops}=crossed; Path=/"))
    return _text(f"go to {onward}", status=code, headers=headers)


def relative(request: Request, seen: int) -> Reply:
    """`/relative/a/b` redirects to `../landed`, which is `/relative/landed`."""
    if request.parts[-1] == "landed":
        return _text("landed")
    return Reply(302, b"", (("Location", "../landed?from=b#there"),))


def loop(request: Request, seen: int) -> Reply:
    return Reply(302, b"", (("Location", "/loop"),))


def login(request: Request, seen: int) -> Reply:
    """A POSTed form opens a session cookie and sends the browser to /account."""
    fields = dict(parse_qsl(request.body.decode()))
    if fields.get("password") != "s3cret":
        return _text("wrong password", status=403)
    cookie = f"session={quote(fields['user'])}-42; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600"
    return Reply(303, b"", (("Location", "/account"), ("Set-Cookie", cookie)))


def account(request: Request, seen: int) -> Reply:
    cookies = request.header("cookie")
    return _json({"cookie": cookies}, status=200 if "session=" in cookies else 401)


def cookies(request: Request, seen: int) -> Reply:
    """`/cookies` shows them; `/cookies/set?a=1`, `/cookies/delete?a` and `/cookies/fancy` change them."""
    action = request.parts[1] if len(request.parts) > 1 else "show"
    if action == "show":
        return _json({"cookie": request.header("cookie")})
    made: dict[str, list[str]] = {
        "set": [f"{name}={value}; Path=/" for name, value in request.args],
        "delete": [f"{name}=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT" for name, _ in request.args],
        "fancy": [
            'quoted="a b,c"; Path=/',
            "flags=1; Path=/; HttpOnly; SameSite=Strict; Max-Age=3600",
            "later=2; Path=/; Expires=Fri, 31 Dec 2100 23:59:59 GMT",
            "scoped=3; Path=/echo",
            "elsewhere=4; Domain=example.com; Path=/",
            "guarded=5; Path=/; Secure",
        ],
    }
    return _text("cookies", headers=tuple(("Set-Cookie", value) for value in made[action]))


def status(request: Request, seen: int) -> Reply:
    code = int(request.parts[1])
    return _json({"error": {"code": code, "detail": "as you asked"}}, status=code)


def etag(request: Request, seen: int) -> Reply:
    validators = (
        ("ETag", '"v1"'),
        ("Cache-Control", "max-age=60"),
        ("Last-Modified", "Tue, 04 Mar 2025 10:00:00 GMT"),
    )
    if request.header("if-none-match") == '"v1"':
        return Reply(304, b"", validators)
    return _json(RECORDS, headers=validators)


def lines(request: Request, seen: int) -> Reply:
    """NDJSON, one record a line, cut into chunks that do not respect lines."""
    body = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in RECORDS).encode()
    chunks = tuple(body[start : start + 17] for start in range(0, len(body), 17))
    return Reply(200, body, (("Content-Type", "application/x-ndjson"),), framing="chunked", chunks=chunks)


def sse(request: Request, seen: int) -> Reply:
    events = [f"id: {number}\nevent: tick\ndata: {json.dumps({'n': number})}\n\n".encode() for number in range(4)]
    headers = (("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache"))
    return Reply(200, b"".join(events), headers, framing="chunked", chunks=(*events, b"data: [DONE]\n\n"))


def noise(size: int) -> bytes:
    """Bytes that are the same every time and that no codec likes."""
    return random.Random(size).randbytes(size)


def binary(request: Request, seen: int) -> Reply:
    """`/bytes/<size>`, in ranges when asked."""
    content = noise(int(request.parts[1]))
    headers: Pairs = (("Content-Type", "application/octet-stream"), ("Accept-Ranges", "bytes"))
    wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.header("range"))
    if not wanted:
        disposition = (
            "Content-Disposition",
            "attachment; filename=\"data.bin\"; filename*=UTF-8''d%C3%A4ta.bin",
        )
        return Reply(200, content, (*headers, disposition))
    first, last = int(wanted[1]), min(int(wanted[2] or len(content) - 1), len(content) - 1)
    if first >= len(content):
        return Reply(416, b"", (*headers, ("Content-Range", f"bytes */{len(content)}")))
    span = ("Content-Range", f"bytes {first}-{last}/{len(content)}")
    return Reply(206, content[first : last + 1], (*headers, span))


def chunked(request: Request, seen: int) -> Reply:
    chunks = tuple(f"chunk {number};".encode() * 3 for number in range(8))
    return Reply(200, b"".join(chunks), (TEXT,), framing="chunked", chunks=chunks)


def close_delimited(request: Request, seen: int) -> Reply:
    return Reply(200, b"until the connection closes\n" * 3, (TEXT,), framing="close")


def basic(request: Request, seen: int) -> Reply:
    wanted = "Basic " + base64.b64encode(b"user:p\xc3\xa4ss" if "utf8" in request.parts else b"user:pass").decode()
    if request.header("authorization") == wanted:
        return _json({"authenticated": True, "user": "user"})
    return _text("who are you?", status=401, headers=(("WWW-Authenticate", 'Basic realm="tests"'),))


def bearer(request: Request, seen: int) -> Reply:
    if request.header("authorization") == "Bearer t0ken-1":
        return _json({"ok": True})
    return _json(
        {"error": "invalid_token"},
        status=401,
        headers=(("WWW-Authenticate", 'Bearer error="invalid_token"'),),
    )


def token(request: Request, seen: int) -> Reply:
    return _json({"access_token": f"t0ken-{seen + 1}", "token_type": "bearer", "expires_in": 3600})


def digest(request: Request, seen: int) -> Reply:
    """`/digest/<MD5|SHA-256>`: RFC 7616, qop=auth, verified."""
    algorithm = request.parts[1]
    challenge = f'Digest realm="tests", nonce="n0nce", qop="auth", opaque="0paque", algorithm={algorithm}'
    refused = _text("digest please", status=401, headers=(("WWW-Authenticate", challenge),))
    sent = request.header("authorization")
    if not sent.startswith("Digest "):
        return refused
    fields = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', sent)}
    hashed = hashlib.sha256 if algorithm == "SHA-256" else hashlib.md5

    def digested(*values: str) -> str:
        return hashed(":".join(values).encode()).hexdigest()

    ha1, ha2 = digested("user", "tests", "pass"), digested(request.method, request.target)
    good = digested(ha1, "n0nce", fields["nc"], fields["cnonce"], fields["qop"], ha2)
    return _json({"authenticated": True}) if fields["response"] == good else refused


def flaky(request: Request, seen: int) -> Reply:
    """`/flaky/<code>/<failures>`: fails so often, then answers."""
    code, failures = int(request.parts[1]), int(request.parts[2])
    if seen < failures:
        return _text("try again", status=code, headers=(("Retry-After", "0"),))
    return _json({"attempts": seen + 1})


def pages(request: Request, seen: int) -> Reply:
    """Three pages, with Link headers that lead through them."""
    page = int(request.arg("page", "1"))
    links = ['</pages?page=1>; rel="first"', '</pages?page=3>; rel="last"; title="the end"']
    if page < 3:
        links.insert(0, f'</pages?page={page + 1}>; rel="next"')
    return _json({"items": [page * 10 + number for number in range(3)]}, headers=(("Link", ", ".join(links)),))


def _add(one: Any, other: Any) -> Any:
    return one + other


def xmlrpc(request: Request, seen: int) -> Reply:
    dispatcher = SimpleXMLRPCDispatcher(allow_none=True, encoding="utf-8")
    dispatcher.register_function(_add, "add")
    dispatcher.register_function(lambda: {"name": "naïve", "list": [1, 2.5, None, b"\xff"]}, "describe")
    dispatcher.register_multicall_functions()
    # The documented way to it is a whole server; this is the part between two bodies.
    answer = cast(bytes, dispatcher._marshaled_dispatch(request.body))
    return Reply(200, answer, (("Content-Type", "text/xml"),))


def _fixed(body: bytes, kind: str, *headers: tuple[str, str], reason: str | None = None) -> Handler:
    return _same_every_time(Reply(200, body, (("Content-Type", kind), *headers), reason))


ROUTES: dict[str, Handler] = {
    "": aws,
    "bucket": bucket,
    "json": _fixed(
        json.dumps({"hello": "wörld", "n": 1.5, "none": None, "list": [1, [2]]}).encode(), "application/json"
    ),
    "null": _fixed(b"null", "application/json"),
    "json-bom": _fixed(b'\xef\xbb\xbf{"bom": true}', "application/json"),
    "json-utf16": _fixed('{"wide": "é"}'.encode("utf-16"), "application/json"),
    "json-as-text": _fixed(b'{"wrong": "type"}', "text/plain"),
    "vendor-json": _fixed(b'{"vendor": true}', "application/vnd.api+json; charset=utf-8"),
    "not-json": _fixed(b"<html>gateway error</html>", "application/json"),
    "html": _fixed("<html><meta charset='iso-8859-1'><p>déjà</p></html>".encode("latin-1"), "text/html"),
    "reason": _fixed(b"fine", "text/plain", reason="Très bien"),
    "no-reason": _fixed(b"fine", "text/plain", reason=""),
    "latin1-header": _fixed(b"ok", "text/plain", ("X-Name", "Renée"), ("X-Empty", "")),
    "repeated": _fixed(b"ok", "text/plain", ("X-Many", "one"), ("x-many", "two"), ("Vary", "a"), ("Vary", "b")),
    "untyped": _same_every_time(Reply(200, b"who knows")),
    "empty": _same_every_time(Reply(200, b"", (TEXT,))),
    "nothing": _same_every_time(Reply(204, b"", (("X-Left", "0"),))),
    "big": lambda request, seen: binary(Request("GET", "/bytes/5000000", (), b""), seen),
    "robots.txt": _fixed(b"User-agent: *\nDisallow: /private\nCrawl-delay: 5\nSitemap: /map\n", "text/plain"),
    "broken-gzip": broken_gzip,
    "echo": echo,
    "mirror": mirror,
    "form": form,
    "text": text,
    "compressed": compressed,
    "redirect": redirect,
    "relative": relative,
    "loop": loop,
    "login": login,
    "account": account,
    "cookies": cookies,
    "status": status,
    "etag": etag,
    "lines": lines,
    "sse": sse,
    "bytes": binary,
    "chunked": chunked,
    "close": close_delimited,
    "basic": basic,
    "bearer": bearer,
    "token": token,
    "digest": digest,
    "flaky": flaky,
    "pages": pages,
    "xmlrpc": xmlrpc,
}
