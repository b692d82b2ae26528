"""Functions that were imported by name before: they are not replaced, but Python announces what they do (PEP 578)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

# What each event says besides, up to the program and its arguments; the others copy this very process.
_COMMANDS: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "os.exec": lambda told: [os.fspath(told[0]), *list(told[1])[1:]],
    "os.fork": lambda told: [sys.executable],
    "os.forkpty": lambda told: [sys.executable],
    "os.posix_spawn": lambda told: [os.fspath(told[0]), *list(told[1])[1:]],
    "os.system": lambda told: told[0],
}
_asked: list[Callable[[str, Any], None]] = []


def listen(ask: Callable[[str, Any], None]) -> None:
    """Have every process that is announced asked for; what a wrapper has let through calls from outside a sandbox.

    Arguments:
        ask: called with what starts the process, and its command; raises what forbids it.
    """
    if not _asked:
        sys.addaudithook(_hear)  # stays for good: outside of a sandbox nothing is asked
    _asked[:] = [ask]


def _hear(event: str, told: tuple[Any, ...]) -> None:
    if event in _COMMANDS and _asked:
        _asked[0](f"{event}, imported by name before,", _COMMANDS[event](told))
