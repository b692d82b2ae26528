"""Commands, as a test gives them: a list of arguments, or one text for a shell."""

from __future__ import annotations

import os
from typing import Any

from bigfoot.errors import InvalidArgumentError
from bigfoot.transports.process import Spawn
from bigfoot.values import Secret

Promised = list[str | Secret] | str | Secret
_REMEDY = 'give a list such as ["git", "status"], or a text for a shell such as "git status | wc"'


def command_argument(command: Any) -> Promised:
    """Check a `command=` argument, and return it as text; what stands for a secret in it stays.

    Raises:
        InvalidArgumentError: it is none.
    """
    if isinstance(command, Secret):
        return command
    if isinstance(command, str):
        if command:
            return command
        raise InvalidArgumentError("command", command, _REMEDY)
    if isinstance(command, os.PathLike):
        return [os.fsdecode(command)]
    if isinstance(command, bytes) or not isinstance(command, (list, tuple)) or not command:
        raise InvalidArgumentError("command", command, _REMEDY)
    for word in command:
        if not isinstance(word, (str, bytes, os.PathLike, Secret)):
            raise InvalidArgumentError("command", command, f"{word!r} in it is no text; {_REMEDY}")
    return [word if isinstance(word, Secret) else os.fsdecode(word) for word in command]


def fits(promised: Promised, spawn: Spawn) -> bool:
    """Tell whether a process is started by the command that a test has promised."""
    return promised == spawn.command or [promised] == spawn.command


def program_of(spawn: Spawn) -> str:
    """Return the program that a command starts; of a text for a shell, its first word."""
    if isinstance(spawn.command, list):
        return spawn.command[0] if spawn.command else ""
    return next(iter(spawn.command.split()), "")


def code_argument(name: str, code: Any) -> int:
    """Check an exit code: 0 to 255, or the negative number of the signal that ended the process.

    Raises:
        InvalidArgumentError: no process ends so.
    """
    if isinstance(code, bool) or not isinstance(code, int) or not -64 <= code <= 255:
        raise InvalidArgumentError(name, code, "give an exit code from 0 to 255, or minus the number of a signal")
    return code


def output_argument(name: str, output: Any) -> str | bytes:
    """Check what a process writes.

    Raises:
        InvalidArgumentError: it is neither text nor bytes.
    """
    if output is None:
        return b""
    if isinstance(output, (bytearray, memoryview)):
        return bytes(output)
    if isinstance(output, (str, bytes)):
        return output
    raise InvalidArgumentError(name, output, "give text or bytes")


def encoded(output: str | bytes, spawn: Spawn) -> bytes:
    """Return what a process writes as bytes, in the encoding in which its parent reads it.

    Raises:
        InvalidArgumentError: it cannot be written so.
    """
    if isinstance(output, bytes):
        return output
    try:
        return output.encode(spawn.encoding, "surrogateescape")
    except UnicodeEncodeError:
        remedy = f"the code reads {spawn.encoding}, which has no such character"
        raise InvalidArgumentError("output", output, remedy) from None
