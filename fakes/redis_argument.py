"""The words of a command as they are recorded: equal by value, whatever type the client was given them in."""

from __future__ import annotations

from typing import Any

from bigfoot.masking import safe
from bigfoot.values import Body


class Argument(Body):
    """A word of a command: text that also knows its bytes, and equals the number that it is the text of.

    Example:
        >>> (Argument(b"k"), Argument(b"5"), Argument(b"0.50")) == ("k", 5, 0.5)
        True
    """

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (int, float)) and not isinstance(other, bool):
            try:
                return float(self.bytes) == other
            except ValueError:
                return False
        return super().__eq__(other)

    __hash__ = Body.__hash__

    def __repr__(self) -> str:
        text = str(self)
        return repr(text) if text.encode("utf-8", "surrogateescape") == self.bytes else repr(self.bytes)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.bytes,)


class Hidden(Argument):
    """A word that must not be written down, such as the password of AUTH."""

    def __repr__(self) -> str:
        return repr(safe(str(self), "password"))


# Commands whose words are passwords, or hold some.
_CONFIDENTIAL = frozenset(["AUTH", "HELLO", "ACL SETUSER", "MIGRATE"])


def arguments(command: str, words: list[bytes]) -> tuple[Body, ...]:
    """Return the words of a command as they are recorded."""
    kind: type[Argument] = Hidden if command in _CONFIDENTIAL else Argument
    return tuple(map(kind, words))
