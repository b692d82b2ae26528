"""Secrets stay in memory, for asserting; this is how they look wherever text is written."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

from bigfoot.values import Body, Headers, Secret, digest

_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"})
_NAME = r"[\w.\-]*(?:password|passwd|token|secret|api[_-]?key)[\w.\-]*"
_OPEN = r"(?!\*{3}[0-9a-f]{8}|bigfoot\.Secret\()"  # not what is masked already: texts are made of masked texts
_PATTERNS = (
    rf"(?P<head>(?<![a-z0-9+.\-])[a-z0-9+.\-]*://[^/\s:@]*:)(?P<value>{_OPEN}[^/\s@]+)(?=@)",  # the user info of a URL
    rf"(?P<head>(?<![\w.\-]){_NAME}=)(?P<value>{_OPEN}[^&\s;,'\"]+)",  # a query, a form, a DSN
    rf"(?P<head>[\"']{_NAME}[\"']\s*:\s*[\"'])(?P<value>{_OPEN}(?:[^\"'\\]|\\.)+)(?=[\"'])",  # JSON, a repr of a dict
    rf"(?P<head>\b(?:Bearer|Basic)\s+)(?P<value>{_OPEN}[\w+/=.~\-]{{4,}})",  # an Authorization header
)

_show = False


@functools.cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Compile the patterns when the first text is written: `import bigfoot` does without the milliseconds."""
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in _PATTERNS)


@functools.cache
def _sensitive(name: str) -> bool:
    return name.lower() in _HEADERS or re.fullmatch(_NAME, name, re.IGNORECASE) is not None


def show_secrets(show: bool) -> None:
    """Write secrets as they are (`--bigfoot-show-secrets`), or masked."""
    global _show
    _show = show


def masked(text: str) -> str:
    """Return the text with passwords, tokens, secrets and keys replaced by a mask with a short digest."""
    if _show:
        return text
    for pattern in _patterns():
        text = pattern.sub(lambda match: f"{match['head']}***{digest(match['value'])}", text)
    return text


def safe(value: Any, name: str = "") -> Any:
    """Return the value with `Secret` in the place of whatever must not be written, at any depth.

    Arguments:
        value: what is going to be shown.
        name: the field or key that it stands under.
    """
    if _show:
        return value
    try:
        return _safe(value, name)
    except RecursionError:  # it contains itself, or is too deep: its text will be masked all the same
        return value


def _safe(value: Any, name: str) -> Any:
    if isinstance(value, (str, bytes)):
        text = value if isinstance(value, str) else value.decode("latin-1")
        shown = masked(text)
        if _sensitive(name):
            return Secret.of(text) if text else value
        if shown == text:
            return value
        return Secret(digest(value.bytes if isinstance(value, Body) else value), shown)
    if isinstance(value, Headers):
        return {key: _safe(item, key) for key, item in value.own().items()}
    if isinstance(value, Mapping):
        return {key: _safe(item, key if isinstance(key, str) else "") for key, item in value.items()}
    if type(value) in (list, tuple):
        if value and isinstance(value[0], str) and _sensitive(value[0]):  # a pair of a name and a value
            return type(value)((value[0], *(_safe(item, value[0]) for item in value[1:])))
        return type(value)(_safe(item, name) for item in value)
    return value
