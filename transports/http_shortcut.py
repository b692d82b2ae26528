"""Answering a call of requests or urllib before it gets to a connection, where nobody could tell.

To write a request and to make a connection for it takes these libraries twice as long as all that a mocked call needs.
So where a call is of the ordinary kind, the answer is asked for above, and only what is no plain reply goes down.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BufferedReader
from typing import Any, TypeVar
from weakref import ref

from bigfoot import context
from bigfoot.interaction import Interaction

from .http import PassThrough
from .http_reply_file import ReplyFile
from .http_tee import note

R = TypeVar("R")


class _Socket:
    """What `http.client.HTTPResponse` asks of a socket."""

    __slots__ = ("_file",)

    def __init__(self, file: BufferedReader) -> None:
        self._file = file

    def makefile(self, mode: str) -> BufferedReader:
        return self._file


def respond(interaction: Interaction, method: str) -> Any:
    """Return the `http.client.HTTPResponse` that reads the reply to a call, its head read."""
    file = ReplyFile(interaction.answer, method)
    interaction.call.facts.response = ref(file)  # it has a buffer of its own, which no record is to keep
    return begun(file, method)


def begun(file: BufferedReader, method: str) -> Any:
    """Return the `http.client.HTTPResponse` that reads a file, its head read."""
    from http.client import HTTPResponse

    socket: Any = _Socket(file)
    response = HTTPResponse(socket, method=method)
    response.begin()
    return response


def let_through(call: Callable[[], R], low: Callable[[R], Any], passed: PassThrough) -> R:
    """Make the real call, with nothing of ours in its way, and note its response.

    Arguments:
        call: the real call; no code of the application runs in it.
        low: returns the `http.client.HTTPResponse` of what `call` returns.
        passed: is told.
    """
    try:
        with context.outside():
            response = call()
    except BaseException as error:
        passed.fail(error)
        raise
    note(low(response), passed)
    return response


class Untouched:
    """Tells whether what a shortcut leaves out is as its library wrote it: tracers and the like replace some of it.

    Arguments:
        paths: `"module:Class.method"` of what is left out.
    """

    def __init__(self, *paths: str) -> None:
        self._paths = paths
        self._seen: list[tuple[Any, str, Any]] = []

    def __bool__(self) -> bool:
        seen = self._seen
        if seen:
            for names, name, function in seen:
                if names.get(name) is not function:
                    break
            else:
                return True
        self._seen = []
        seen = []
        for path in self._paths:
            module_name, _, attributes = path.partition(":")
            module = sys.modules[module_name]
            kind, _, name = attributes.partition(".")
            names = vars(getattr(module, kind))
            if not _is_of(names.get(name), module):
                return False
            seen.append((names, name, names[name]))
        self._seen = seen
        return True


def _is_of(function: Any, module: Any) -> bool:
    """Tell whether a function, without the wrapper of a seam of ours, is written in its module's file."""
    code = getattr(function, "__code__", None)
    while code is not None and code.co_filename.startswith(_OWN):
        function = getattr(function, "__wrapped__", None)
        code = getattr(function, "__code__", None)
    return code is not None and code.co_filename == module.__file__


_OWN = __file__.rpartition("http_shortcut")[0]


def plain(text: str) -> bool:
    """Tell whether http.client sends a text as it is; it refuses some, and encodes others in its own way."""
    return text.isascii() and text.isprintable()
