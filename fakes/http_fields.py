"""Header fields, cookies, reason phrases and interim responses, as a test writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bigfoot.errors import InvalidArgumentError

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ILLEGAL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def interim_heads(given: Any) -> tuple[tuple[int, tuple[tuple[bytes, bytes], ...]], ...]:
    """Return the 1xx responses that come before a response.

    Raises:
        InvalidArgumentError: they are no list of status codes, or of (status, headers).
    """
    remedy = "give a list of status codes such as 103, or (status, headers)"
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        raise InvalidArgumentError("interim", given, remedy)
    found = []
    for item in given:
        status, headers = item if isinstance(item, (tuple, list)) and len(item) == 2 else (item, None)
        if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 199 or status == 101:
            raise InvalidArgumentError("interim", item, remedy)
        found.append((status, tuple(header_pairs(headers, "interim"))))
    return tuple(found)


def cookie_pairs(cookies: Any) -> list[tuple[bytes, bytes]]:
    """Return a `Set-Cookie` field for each cookie.

    Raises:
        InvalidArgumentError: they are no mapping, or one cannot be a cookie.
    """
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
            raise InvalidArgumentError(argument, {pair[0]: pair[1]}, "a header value has no control characters")
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


def reason_phrase(reason: Any) -> bytes | None:
    """Return a reason phrase in bytes; None stays None.

    Raises:
        InvalidArgumentError: it is no text, or would break the message.
    """
    if reason is None or isinstance(reason, bytes):
        encoded = reason
    elif isinstance(reason, str):
        encoded = reason.encode("utf-8")
    else:
        raise InvalidArgumentError("reason", reason, "give a string")
    if encoded is not None and _ILLEGAL.search(encoded):
        raise InvalidArgumentError("reason", reason, "a reason phrase has no control characters")
    return encoded
