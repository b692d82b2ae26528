"""URLs in the one spelling that all clients agree on."""

from __future__ import annotations

import functools
import re
from urllib.parse import quote, urlsplit


class Url(str):
    """An absolute URL that is equal to every spelling of itself: host case, default port, empty path.

    Example:
        >>> Url("https://api.example.com/") == "https://API.example.com:443"
        True
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str):
            return NotImplemented
        if str.__eq__(self, other):
            return True
        try:
            return str.__eq__(normal_url(self), normal_url(other))
        except ValueError:  # one of them is no URL
            return False

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        return str.__hash__(self)


_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


# Most URLs are spelled so already; a port is left to the long way, which knows the default ones.
_NORMAL = re.compile(r"(?:https?|wss?)://[a-z0-9][a-z0-9.-]*/[A-Za-z0-9/_.~-]*")


def normal_url(url: str) -> str:
    """Return the URL in the one spelling that all clients agree on: no user info, no fragment.

    Raises:
        ValueError: the URL cannot be taken apart.
    """
    return url if is_normal(url) else _normalized(url)


def is_normal(url: str) -> bool:
    """Tell whether a URL is at a glance in the one spelling; if not, it may be all the same."""
    return _NORMAL.fullmatch(url) is not None


@functools.lru_cache(maxsize=1024)
def _normalized(url: str) -> str:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    host = parts.hostname or ""
    if not host.isascii():
        host = host.encode("idna").decode()
    if ":" in host:
        host = f"[{host}]"
    port = parts.port
    authority = host if port is None or port == _DEFAULT_PORTS.get(scheme) else f"{host}:{port}"
    path = _escaped(parts.path, "/%:@!$&'()*+,;=~-._") or "/"
    query = f"?{_escaped(parts.query, '/?%:@!$&()*+,;=~-._')}" if parts.query else ""
    return f"{scheme}://{authority}{path}{query}"


def _escaped(text: str, safe: str) -> str:
    if "%" not in text and text.isascii() and " " not in text and '"' not in text:
        return text
    return _ESCAPE.sub(_plain, quote(text, safe=safe))


def _plain(match: re.Match[str]) -> str:
    """Return the character of a needless escape, or the escape in upper case."""
    character = chr(int(match[0][1:], 16))
    return character if character in _UNRESERVED else match[0].upper()
