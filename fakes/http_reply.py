"""From the arguments of `mock_response` to the reply on the wire; what cannot be meant is refused here."""

from __future__ import annotations

import functools
import json as json_module
import mimetypes
import os
import re
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypedDict

from bigfoot import report
from bigfoot.errors import InvalidArgumentError
from bigfoot.transports.http import HttpReply
from bigfoot.transports.http_script import FAULTS, Delay, Fault, Item, Pieces

_JSON = json_module.JSONEncoder(allow_nan=False)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ILLEGAL = re.compile(rb"[\r\n\x00]")


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
    unknown = answer.keys() - _KNOWN
    if unknown:
        name = min(unknown)
        raise InvalidArgumentError(name, answer[name], f"there is no such argument{report.meant(name, _KNOWN)}")
    status = answer.get("status", 200)
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
        raise InvalidArgumentError("status", status, "give a status code from 100 to 599")
    pairs = header_pairs(answer.get("headers"))
    names = {name.lower() for name, _ in pairs}
    content, kind, stream = _content(answer, keep)
    if kind is not None and b"content-type" not in names:
        pairs.append((b"Content-Type", kind))
    pairs += _cookie_pairs(answer.get("cookies"))
    trailers = tuple(header_pairs(answer.get("trailers"), "trailers"))
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
        _reason(answer.get("reason")),
        delay=_delay(answer),
        fault=fault,
        stream=stream,
        interim=_interim(answer.get("interim", ())),
        trailers=trailers,
    )


def _content(answer: Mapping[str, Any], keep: bool) -> tuple[bytes, bytes | None, Pieces | None]:
    """Return the body, the content type that goes with it by itself, and its pieces where it comes in any."""
    given = [name for name in _BODIES if answer.get(name, UNSET if name == "json" else None) not in (UNSET, None)]
    if answer.get("json", UNSET) is None:
        given.append("json")
    if len(given) > 1:
        raise InvalidArgumentError(given[1], answer[given[1]], f"give {given[0]} or {given[1]}, not both")
    if not given:
        return b"", None, None
    name, value = given[0], answer[given[0]]
    if name == "json":
        return _json(value), b"application/json", None
    if name in ("stream", "sse"):
        return b"", _EVENTS if name == "sse" else None, pieces(name, value, keep=keep)
    if name == "file":
        return _file(value)
    return _bytes(name, value), _TYPES.get(name), None


_EVENTS = b"text/event-stream"
_TYPES = {"text": b"text/plain; charset=utf-8", "html": b"text/html; charset=utf-8"}


def _json(value: Any) -> bytes:
    try:
        return _JSON.encode(value).encode()
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError("json", value, f"it cannot be written as JSON: {error}") from None


def _bytes(name: str, value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
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


def pieces(name: str, source: Any, *, keep: bool) -> Pieces:
    """Return the script of a body in pieces.

    Raises:
        InvalidArgumentError: the source is no list, iterator or function, or an item of a list cannot be meant.
    """
    convert: Callable[[Any], Item] = functools.partial(_event if name == "sse" else _piece, name)
    usable = isinstance(source, (Iterable, AsyncIterable)) or callable(source)
    if not usable or isinstance(source, (str, bytes, bytearray, Mapping)):
        raise InvalidArgumentError(name, source, "give a list, an iterator, an async iterator, or a function of one")
    if isinstance(source, (list, tuple)):
        source = [convert(item) for item in source]
        convert = _as_it_is
    return Pieces(source, keep=keep, convert=convert)


def _as_it_is(item: Item) -> Item:
    return item


def _piece(name: str, item: Any) -> Item:
    if isinstance(item, (bytes, Delay, Fault, BaseException)):
        return item
    if isinstance(item, str):
        return item.encode()
    if isinstance(item, (bytearray, memoryview)):
        return bytes(item)
    if isinstance(item, type) and issubclass(item, BaseException):
        return item()
    remedy = "give text, bytes, bigfoot.http.delay(...), bigfoot.http.fault(...) or an exception"
    raise InvalidArgumentError(name, item, remedy)


_EVENT_FIELDS = ("event", "id", "retry", "data")


def _event(name: str, item: Any) -> Item:
    """Return one server-sent event as it goes on the wire."""
    if not isinstance(item, Mapping):
        return _piece(name, item)
    for field in item:
        if field not in _EVENT_FIELDS:
            meant = report.meant(str(field), _EVENT_FIELDS)
            raise InvalidArgumentError(
                name, item, f"an event has no field {field!r}{meant}; it has data, event, id, retry"
            )
    lines = []
    for field in _EVENT_FIELDS:
        if field not in item:
            continue
        value = item[field]
        text = value if isinstance(value, str) else _json(value).decode()
        if field != "data" and ("\n" in text or "\r" in text):
            raise InvalidArgumentError(name, item, f"the field {field!r} of an event is one line")
        lines += [f"{field}: {line}" for line in text.splitlines() or [""]]
    return ("\n".join(lines) + "\n\n").encode()


def _delay(answer: Mapping[str, Any]) -> Delay | None:
    seconds = answer.get("delay")
    return None if seconds is None else delay(seconds, real_time=answer.get("real_time", False))


def delay(seconds: Any, *, real_time: Any = False) -> Delay:
    """Return a pause.

    Raises:
        InvalidArgumentError: it is not a finite number of seconds from 0 on.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < float("inf"):
        raise InvalidArgumentError("delay", seconds, "give a number of seconds, 0 or more")
    return Delay(float(seconds), bool(real_time))


def fault(kind: Any, phase: Any = None) -> Fault:
    """Return a fault of the wire.

    Raises:
        InvalidArgumentError: there is no such fault, or it has no such phase.
    """
    if not isinstance(kind, str) or kind not in FAULTS:
        meant = report.meant(str(kind), FAULTS)
        raise InvalidArgumentError("fault", kind, f"there is no such fault{meant}; there are {', '.join(FAULTS)}")
    phases = FAULTS[kind][1]
    if phase is None:
        return Fault(kind, phases[0] if phases else "")
    if phase not in phases:
        known = f"it has {' and '.join(phases)}" if phases else "it has none"
        raise InvalidArgumentError("phase", phase, f"the fault {kind!r} has no such phase; {known}")
    return Fault(kind, phase)


def _interim(given: Any) -> tuple[tuple[int, tuple[tuple[bytes, bytes], ...]], ...]:
    found = []
    for item in given:
        status, headers = item if isinstance(item, (tuple, list)) and len(item) == 2 else (item, None)
        if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 199 or status == 101:
            raise InvalidArgumentError("interim", item, "give status codes such as 103, or (status, headers)")
        found.append((status, tuple(header_pairs(headers, "interim"))))
    return tuple(found)


def _cookie_pairs(cookies: Any) -> list[tuple[bytes, bytes]]:
    if cookies is None:
        return []
    if not isinstance(cookies, Mapping):
        raise InvalidArgumentError("cookies", cookies, "give a mapping of names to values")
    from http.cookies import CookieError, SimpleCookie

    jar: SimpleCookie = SimpleCookie()
    for name, given in cookies.items():
        attributes = dict(given) if isinstance(given, Mapping) else {"value": given}
        try:
            jar[name] = str(attributes.pop("value"))
            for attribute, value in attributes.items():
                jar[name][attribute.replace("_", "-")] = value
        except (CookieError, KeyError, TypeError, AttributeError) as error:
            raise InvalidArgumentError("cookies", {name: given}, f"it is no cookie: {error}") from None
    return [(b"Set-Cookie", morsel.OutputString().encode("latin-1")) for morsel in jar.values()]


def header_pairs(headers: Any, argument: str = "headers") -> list[tuple[bytes, bytes]]:
    """Return header fields as pairs of bytes; a mapping or an iterable of pairs, which is left as it is.

    Raises:
        InvalidArgumentError: a name is no token, or a value would break the message.
    """
    if headers is None:
        return []
    remedy = "give a mapping of names to strings, or a list of (name, value) pairs"
    if isinstance(headers, (str, bytes)) or not isinstance(headers, Iterable):
        raise InvalidArgumentError(argument, headers, remedy)
    pairs: Iterable[Any] = headers.items() if isinstance(headers, Mapping) else headers
    checked = []
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise InvalidArgumentError(argument, pair, remedy)
        name, value = _encoded(argument, pair[0], remedy), _encoded(argument, pair[1], remedy)
        if not _TOKEN.fullmatch(name.decode("latin-1")):
            raise InvalidArgumentError(argument, pair[0], "a header name is made of letters, digits and dashes")
        if _ILLEGAL.search(value):
            raise InvalidArgumentError(argument, {pair[0]: pair[1]}, "a header value has no line breaks and no NUL")
        checked.append((name, value))
    return checked


def _encoded(argument: str, given: Any, remedy: str) -> bytes:
    if isinstance(given, bytes):
        return given
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str):
        raise InvalidArgumentError(argument, given, remedy)
    try:
        return given.encode("latin-1")
    except UnicodeEncodeError:
        raise InvalidArgumentError(argument, given, "a header is latin-1 text; give bytes for anything else") from None


def _reason(reason: Any) -> bytes | None:
    if reason is None or isinstance(reason, bytes):
        encoded = reason
    elif isinstance(reason, str):
        encoded = reason.encode("utf-8")
    else:
        raise InvalidArgumentError("reason", reason, "give a string")
    if encoded is not None and _ILLEGAL.search(encoded):
        raise InvalidArgumentError("reason", reason, "a reason phrase has no line breaks and no NUL")
    return encoded
