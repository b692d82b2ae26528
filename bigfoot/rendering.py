"""Values and calls as source text: what hints are made of, ready to paste, secrets masked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from keyword import iskeyword
from math import isfinite
from typing import Any

from bigfoot.masking import masked, safe
from bigfoot.values import Body, Headers, Secret, digest

_LONGEST = 4000
_ANYTHING = "bigfoot.matchers.AnyThing()"


def value(given: Any, name: str = "") -> str:
    """Return a value as it is shown, its secrets masked."""
    text = _written(given, name)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"


def _written(given: Any, name: str = "") -> str:
    try:
        return _source(_own(given, name))
    except Exception as error:  # the __repr__ is the user's; its fault is shown in the place of the value
        return f"<{type(given).__name__} whose __repr__ raised {type(error).__name__}: {error}>"


def _own(given: Any, name: str) -> Any:
    shown = safe(given, name)
    return shown.own() if isinstance(shown, Headers) else shown


def _source(shown: Any) -> str:
    if isinstance(shown, Body):
        shown = str(shown) if str(shown).encode("utf-8", "surrogatepass") == shown.bytes else shown.bytes
    return repr(shown) if isinstance(shown, (str, bytes, Secret)) else masked(repr(shown))


def source(given: Any, name: str = "") -> str:
    """Return a value as an expression that is equal to it: what cannot be written down has something stand for it."""
    try:
        return _expression(_own(given, name))
    except RecursionError:  # it contains itself
        return _ANYTHING


def _expression(shown: Any) -> str:
    if type(shown) in (list, tuple) and shown:
        inside = ", ".join(map(_expression, shown))
        return f"[{inside}]" if type(shown) is list else f"({inside}{',' if len(shown) == 1 else ''})"
    if type(shown) is dict:
        return f"{{{', '.join(f'{_expression(key)}: {_expression(item)}' for key, item in shown.items())}}}"
    if isinstance(shown, Secret):
        return repr(Secret(shown.digest, _begun(shown.shown)))
    if isinstance(shown, Enum) and isinstance(shown, (int, str)):
        return repr(shown.value)
    if isinstance(shown, float) and not isfinite(shown):
        return f"float({str(shown)!r})"
    # What is derived from Body has its own way to be written.
    text = repr(shown) if isinstance(shown, Body) and type(shown) is not Body else _written(shown)
    try:
        compile(text, "<hint>", "eval")
    except (SyntaxError, ValueError):  # a __repr__ for readers only
        return _ANYTHING
    if len(text) > _LONGEST and isinstance(shown, (str, bytes)):
        return repr(Secret(digest(shown.bytes if isinstance(shown, Body) else shown), _begun(text)))
    return text


def _begun(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:60]}..."


def portable(given: Any) -> Any:
    """Return a value as it can cross a process border: what cannot be pickled goes as its text."""
    import pickle  # only when an error travels

    try:
        pickle.dumps(given)
    except (AttributeError, RecursionError, TypeError, pickle.PicklingError):
        if type(given) in (list, tuple):
            return type(given)(map(portable, given))
        if isinstance(given, Mapping):
            return {portable(key): portable(item) for key, item in given.items()}
        return value(given)
    return given


def call(function: str, arguments: Mapping[str, Any], *positional: str) -> str:
    """Return a call as it is shown: on one line when it is short, else one argument a line.

    Arguments:
        function: what is called, as source text.
        arguments: keyword arguments by name; values of type `Raw` are source text already.
        positional: positional arguments, as source text.
    """
    return _laid_out(function, arguments, positional, value)


def statement(function: str, arguments: Mapping[str, Any], *positional: str) -> str:
    """Return a call as it can be pasted and run; see `call`."""
    return _laid_out(function, arguments, positional, source)


def _laid_out(
    function: str, arguments: Mapping[str, Any], positional: Iterable[str], written: Callable[[Any, str], str]
) -> str:
    texts = {name: given if isinstance(given, Raw) else written(given, name) for name, given in arguments.items()}
    odd = ", ".join(f"{name!r}: {text}" for name, text in texts.items() if not _is_keyword(name))
    parts = [
        *positional,
        *(f"{name}={text}" for name, text in texts.items() if _is_keyword(name)),
        *([f"**{{{odd}}}"] if odd else []),
    ]
    line = f"{function}({', '.join(parts)})"
    if len(line) <= 100:
        return line
    return f"{function}(\n" + "".join(f"    {part},\n" for part in parts) + ")"


def _is_keyword(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name)


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
