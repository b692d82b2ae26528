"""URLs and methods, as a test writes them: exact ones, wildcards and expressions."""

from __future__ import annotations

import re
from typing import Any

from bigfoot.errors import InvalidArgumentError
from bigfoot.urls import is_normal, normal_url

_WILD = re.compile(r"(\*|\{[A-Za-z_]\w*\})")


def is_pattern(url: Any) -> bool:
    """Tell whether a URL has wildcards: `*`, or `{name}`."""
    return isinstance(url, str) and _WILD.search(url) is not None


def pattern(url: str) -> re.Pattern[str]:
    """Return the regular expression of a URL with wildcards.

    `*` stands for any characters, `{name}` for one segment of the path. Host and scheme in any case.
    """
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    head = [part if _WILD.fullmatch(part) else part.lower() for part in _WILD.split(f"{scheme}://{authority}")]
    parts = [*head, *_WILD.split(f"{slash}{path}")] if separator else _WILD.split(url)
    return re.compile("".join(map(_expression, parts)) + r"\Z", re.DOTALL)


def _expression(part: str) -> str:
    if part == "*":
        return ".*"
    if part.startswith("{") and _WILD.fullmatch(part):
        return f"(?P<{part[1:-1]}>[^/?#]+)"
    return re.escape(part)


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_A_HOST = re.compile(r"[\s\"<>\\^`{|}]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def method_argument(method: Any) -> str:
    """Check a method and return it in upper case.

    Raises:
        InvalidArgumentError: it is not a token such as `"GET"`, nor `"*"`.
    """
    if not isinstance(method, str) or not _TOKEN.fullmatch(method):
        raise InvalidArgumentError("method", method, 'give an HTTP method such as "GET", or "*" for any')
    return method.upper()


def url_argument(url: Any) -> str:
    """Check a URL and return it in its normal spelling.

    Raises:
        InvalidArgumentError: it is not an absolute URL, or has user info or control characters.
    """
    remedy = 'give an absolute URL such as "https://api.example.com/users"'
    normal = url if type(url) is str and is_normal(url) else _checked(url, remedy)
    if _NOT_IN_A_HOST.search(normal.partition("://")[2].partition("/")[0]):
        raise InvalidArgumentError("url", url, f"no host has such a name; {remedy}")
    return normal


def _checked(url: Any, remedy: str) -> str:
    if not isinstance(url, str):
        raise InvalidArgumentError("url", url, remedy)
    if _CONTROL.search(url):
        raise InvalidArgumentError("url", url, f"it has control characters; {remedy}")
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in ("http", "https", "ws", "wss"):
        raise InvalidArgumentError("url", url, remedy)
    if "@" in re.split(r"[/?#]", rest, maxsplit=1)[0]:
        raise InvalidArgumentError("url", url, "leave the user info out: it travels in the Authorization header")
    try:
        normal = normal_url(url)
    except ValueError as error:
        raise InvalidArgumentError("url", url, f"{error}; {remedy}") from None
    if normal.partition("://")[2].startswith(("/", ":")):
        raise InvalidArgumentError("url", url, f"it has no host; {remedy}")
    return normal


def pattern_argument(url: Any) -> re.Pattern[str]:
    """Check a compiled regular expression, or a URL with wildcards, and return the expression.

    Raises:
        InvalidArgumentError: the expression is over bytes, or the URL begins with neither a scheme nor a wildcard.
    """
    if isinstance(url, re.Pattern):
        if not isinstance(url.pattern, str):
            raise InvalidArgumentError("url", url, "give a regular expression over text, not bytes")
        return url
    begins = "://" in url or url.startswith("*")
    if _CONTROL.search(url) or not begins:
        raise InvalidArgumentError(
            "url", url, 'begin with a scheme or a wildcard, as in "https://*/users/{id}" or "*/users/*"'
        )
    names = [part for part in _WILD.split(url) if part.startswith("{") and _WILD.fullmatch(part)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidArgumentError("url", url, f"give each part a name of its own; {twice} is there twice")
    return pattern(url)
