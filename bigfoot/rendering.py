"""Values and calls as source text: what hints are made of, ready to paste, secrets masked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bigfoot.masking import masked, safe
from bigfoot.values import Body, Headers, Secret

_LONGEST = 4000


def value(given: Any, name: str = "") -> str:
    """Return a value as it can be pasted into a test, its secrets masked."""
    try:
        text = _source(safe(given, name))
    except Exception as error:  # the __repr__ is the user's; its fault is shown in the place of the value
        return f"<{type(given).__name__} whose __repr__ raised {type(error).__name__}: {error}>"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"


def _source(shown: Any) -> str:
    if isinstance(shown, Headers):
        shown = shown.own()
    if isinstance(shown, Body):
        shown = str(shown) if str(shown).encode("utf-8", "surrogatepass") == shown.bytes else shown.bytes
    return repr(shown) if isinstance(shown, (str, bytes, Secret)) else masked(repr(shown))


def call(function: str, arguments: Mapping[str, Any], *positional: str) -> str:
    """Return a call as source text: on one line when it is short, else one argument a line.

    Arguments:
        function: what is called, as source text.
        arguments: keyword arguments by name; values of type `Raw` are source text already.
        positional: positional arguments, as source text.
    """
    parts = [
        *positional,
        *(f"{name}={given if isinstance(given, Raw) else value(given, name)}" for name, given in arguments.items()),
    ]
    line = f"{function}({', '.join(parts)})"
    if len(line) <= 100:
        return line
    return f"{function}(\n" + "".join(f"    {part},\n" for part in parts) + ")"


class Raw(str):
    """Source text that is pasted as it is."""

    __slots__ = ()


def indented(text: str, by: str = "    ") -> str:
    """Return the text with every line indented."""
    return "\n".join(f"{by}{line}" if line else line for line in text.splitlines())


def meant(name: str, known: Iterable[str]) -> str:
    """Return `" (did you mean 'x'?)"` when a known name is close, else nothing."""
    import difflib

    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""
