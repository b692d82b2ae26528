"""From the arguments of `mock_response` to the reply on the wire; what cannot be meant is refused here."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, TypedDict

from bigfoot import report
from bigfoot.errors import InvalidArgumentError
from bigfoot.transports.http import HttpReply
from bigfoot.transports.http_script import Delay, Fault, Pieces

from .http_fields import cookie_pairs, header_pairs, interim_heads, reason_phrase
from .http_stream import delay, json_bytes, pieces


class Unset:
    """The type of `UNSET`: tells an argument that was left out from None, which is JSON's null."""

    def __repr__(self) -> str:
        return "..."


UNSET = Unset()


class Refinements(TypedDict, total=False):
    """What a mock answers with, beyond status, headers and a plain body.

    Attributes:
        text: the body as text; sets `Content-Type: text/plain; charset=utf-8`.
        html: the body as text; sets `Content-Type: text/html; charset=utf-8`.
        file: the path of a file that is the body; sets the content type that its name suggests.
        stream: the body in pieces: text, bytes, `bigfoot.http.delay(...)`, `bigfoot.http.fault(...)`, exceptions. A
            list, an iterator (kept for further calls), an async iterator, or a function that returns one anew.
        sse: server-sent events: mappings of `data`, `event`, `id`, `retry`, or what `stream` takes.
        cookies: cookies to set: name to value, or to a mapping of `value` and attributes (`path`, `max_age`, ...).
        reason: the reason phrase; the status code's own by default.
        trailers: header fields after the body, which then goes in chunks.
        interim: 1xx responses before the response: status codes, or (status, headers).
        delay: seconds before the response. Virtual unless `real_time`: they are compared with the client's own
            timeout and noted on the record, and nobody waits.
        real_time: whether `delay` is waited for.
    """

    text: str
    html: str
    file: str | os.PathLike[str]
    stream: Any
    sse: Any
    cookies: Mapping[str, Any]
    reason: str | None
    trailers: Mapping[str, str] | Iterable[tuple[str, str]]
    interim: Sequence[Any]
    delay: float
    real_time: bool


class Answer(Refinements, total=False):
    """A whole answer: a member of `responses=`, the result of a callback.

    Attributes:
        status: the status code, 100 to 599; 200 by default.
        headers: a mapping, or a list of (name, value) pairs where a name comes twice.
        json: the body as a structure.
        body: the body as text (UTF-8) or bytes.
    """

    status: int
    headers: Mapping[str, str] | Iterable[tuple[str, str]] | None
    json: Any
    body: str | bytes | None


_KNOWN = frozenset(Answer.__annotations__)
_BODIES = ("json", "body", "text", "html", "file", "stream", "sse")


def build(answer: Mapping[str, Any], *, keep: bool = True, fault: Fault | None = None) -> HttpReply:
    """Return the reply, with `Content-Length` where the mock does not frame its body itself.

    Arguments:
        answer: what to answer with.
        keep: whether an iterator of pieces must last for several calls.
        fault: what the wire does instead of the reply.

    Raises:
        InvalidArgumentError: an argument cannot be meant; it names the argument and what would be right.
    """
    basic = answer.keys() <= BASIC
    unknown = () if basic else answer.keys() - _KNOWN
    if unknown:
        name = min(unknown)
        raise InvalidArgumentError(name, answer[name], f"there is no such argument{report.meant(name, _KNOWN)}")
    status = answer.get("status", 200)
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
        raise InvalidArgumentError("status", status, "give a status code from 100 to 599")
    if basic and fault is None and answer.get("headers") is None and status not in _SILENT and status >= 200:
        if answer.get("body") is None and answer.get("json", UNSET) is not UNSET:
            return _basic(status, json_bytes("json", answer["json"]), b"application/json")
        return _basic(status, *_content(answer, keep)[:2])
    pairs = header_pairs(answer.get("headers"))
    names = {name.lower() for name, _ in pairs}
    content, kind, stream = _content(answer, keep)
    if kind is not None and b"content-type" not in names:
        pairs.append((b"Content-Type", kind))
    pairs += cookie_pairs(answer.get("cookies"))
    trailers = tuple(header_pairs(answer.get("trailers"), "trailers"))
    _refuse_framing(answer, names)
    bodiless = status in (204, 304) or status < 200
    if not bodiless and not names & {b"content-length", b"transfer-encoding"}:
        if stream is not None or trailers:
            pairs.append((b"Transfer-Encoding", b"chunked"))
        else:
            pairs.append((b"Content-Length", b"%d" % len(content)))
    return HttpReply(
        status,
        tuple(pairs),
        content,
        reason_phrase(answer.get("reason")),
        delay=_delay(answer),
        fault=fault,
        stream=stream,
        interim=interim_heads(answer.get("interim", ())),
        trailers=trailers,
    )


_SILENT = frozenset({204, 304})
BASIC = frozenset({"status", "headers", "json", "body"})


def _basic(status: int, content: bytes, kind: bytes | None) -> HttpReply:
    """Return the reply that most mocks give: a status, and a body that is there at once."""
    length = (b"Content-Length", b"%d" % len(content))
    return HttpReply(status, (length,) if kind is None else ((b"Content-Type", kind), length), content, plain=True)


def _content(answer: Mapping[str, Any], keep: bool) -> tuple[bytes, bytes | None, Pieces | None]:
    """Return the body, the content type that goes with it by itself, and its pieces where it comes in any."""
    given = [name for name in _BODIES if name in answer and answer[name] is not None and answer[name] is not UNSET]
    if answer.get("json", UNSET) is None:
        given.append("json")
    if len(given) > 1:
        raise InvalidArgumentError(given[1], answer[given[1]], f"give {given[0]} or {given[1]}, not both")
    if not given:
        return b"", None, None
    name, value = given[0], answer[given[0]]
    if name == "json":
        return json_bytes(name, value), b"application/json", None
    if name in ("stream", "sse"):
        return b"", _EVENTS if name == "sse" else None, pieces(name, value, keep=keep)
    if name == "file":
        return _file(value)
    return _bytes(name, value), _TYPES.get(name), None


_EVENTS = b"text/event-stream"
_TYPES = {"text": b"text/plain; charset=utf-8", "html": b"text/html; charset=utf-8"}


def _bytes(name: str, value: Any) -> bytes:
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError as error:
            raise InvalidArgumentError(name, value, f"it cannot be written as UTF-8: {error.reason}") from None
    if name == "body" and isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    remedy = "give a string or bytes; for a structure use json=" if name == "body" else "give a string"
    raise InvalidArgumentError(name, value, remedy)


def _file(path: Any) -> tuple[bytes, bytes, None]:
    try:
        with open(path, "rb") as stream:
            content = stream.read()
    except (OSError, TypeError, ValueError) as error:
        raise InvalidArgumentError("file", path, f"it cannot be read: {error}") from None
    kind = mimetypes.guess_type(os.fspath(path))[0] or "application/octet-stream"
    return content, kind.encode(), None


def _refuse_framing(answer: Mapping[str, Any], names: Set[bytes]) -> None:
    """Refuse what would say twice, and differently, where a body ends."""
    if b"content-length" in names and b"transfer-encoding" in names:
        raise InvalidArgumentError("headers", answer["headers"], "give Content-Length or Transfer-Encoding, not both")
    if answer.get("trailers") and b"content-length" in names:
        raise InvalidArgumentError("trailers", answer["trailers"], "leave Content-Length out: they follow chunks only")


def _delay(answer: Mapping[str, Any]) -> Delay | None:
    seconds = answer.get("delay")
    if seconds is not None:
        return delay(seconds, real_time=answer.get("real_time", False))
    if "real_time" in answer:
        raise InvalidArgumentError("real_time", answer["real_time"], "it goes with delay")
    return None
