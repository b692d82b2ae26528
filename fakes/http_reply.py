"""From the arguments of `mock_response` to the reply on the wire; what cannot be meant is refused here."""

from __future__ import annotations

import json as json_module
import re
from collections.abc import Iterable, Mapping
from typing import Any

from bigfoot.errors import InvalidArgumentError
from bigfoot.transports.http import HttpReply

_JSON = json_module.JSONEncoder(allow_nan=False)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ILLEGAL = re.compile(rb"[\r\n\x00]")


class Unset:
    """The type of `UNSET`: tells an argument that was left out from None, which is JSON's null."""

    def __repr__(self) -> str:
        return "..."


UNSET = Unset()


def build(status: Any, headers: Any, json: Any, body: Any, reason: Any) -> HttpReply:
    """Return the reply, with `Content-Length` where the mock does not frame its body itself.

    Raises:
        InvalidArgumentError: an argument cannot be meant; it names the argument and what would be right.
    """
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
        raise InvalidArgumentError("status", status, "give a status code from 100 to 599")
    pairs = header_pairs(headers)
    names = {name.lower() for name, _ in pairs}
    content = _body(json, body)
    if json is not UNSET and b"content-type" not in names:
        pairs.append((b"Content-Type", b"application/json"))
    if not names & {b"content-length", b"transfer-encoding"} and status not in (204, 304) and status >= 200:
        pairs.append((b"Content-Length", b"%d" % len(content)))
    return HttpReply(status, tuple(pairs), content, _reason(reason))


def header_pairs(headers: Any) -> list[tuple[bytes, bytes]]:
    """Return header fields as pairs of bytes; a mapping or an iterable of pairs, which is left as it is.

    Raises:
        InvalidArgumentError: a name is no token, or a value would break the message.
    """
    if headers is None:
        return []
    pairs: Iterable[Any] = headers.items() if isinstance(headers, Mapping) else headers
    remedy = "give a mapping of names to strings, or a list of (name, value) pairs"
    if isinstance(headers, (str, bytes)) or not isinstance(pairs, Iterable):
        raise InvalidArgumentError("headers", headers, remedy)
    checked = []
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise InvalidArgumentError("headers", pair, remedy)
        name, value = _encoded(pair[0], remedy), _encoded(pair[1], remedy)
        if not _TOKEN.fullmatch(name.decode("latin-1")):
            raise InvalidArgumentError("headers", pair[0], "a header name is made of letters, digits and dashes")
        if _ILLEGAL.search(value):
            raise InvalidArgumentError("headers", pair[1], "a header value has no line breaks and no NUL")
        checked.append((name, value))
    return checked


def _encoded(given: Any, remedy: str) -> bytes:
    if isinstance(given, bytes):
        return given
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str):
        raise InvalidArgumentError("headers", given, remedy)
    try:
        return given.encode("latin-1")
    except UnicodeEncodeError:
        raise InvalidArgumentError("headers", given, "a header is latin-1 text; give bytes for anything else") from None


def _body(json: Any, body: Any) -> bytes:
    if json is not UNSET:
        if body is not None:
            raise InvalidArgumentError("json", json, "give json or body, not both")
        try:
            return _JSON.encode(json).encode()
        except (TypeError, ValueError) as error:
            raise InvalidArgumentError("json", json, f"it cannot be written as JSON: {error}") from None
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    raise InvalidArgumentError("body", body, "give a string or bytes; for a structure use json=")


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
