"""Whose turn it is: the running test, and its verifier as soon as somebody asks for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bigfoot.errors import NoActiveVerifierError
from bigfoot.verifier import StrictVerifier

if TYPE_CHECKING:
    from bigfoot.config import Config


class Turn:
    """One test's turn: it has a verifier as soon as somebody asks for it.

    Arguments:
        config: the settings of the test; None for those of the session.

    Attributes:
        verifier: its verifier, or None while nobody asked.
        completed: whether the test's body ran to its end.
    """

    __slots__ = ("completed", "config", "verifier")

    def __init__(self, config: Config | None = None) -> None:
        self.config = config
        self.completed = False
        self.verifier: StrictVerifier | None = None

    def ask(self) -> StrictVerifier:
        """Return the verifier, made on first use."""
        if self.verifier is None:
            with _turns_lock:
                if self.verifier is None:
                    self.verifier = StrictVerifier(self.config)
        return self.verifier


_turns: list[Turn] = []
_turns_lock = threading.RLock()


def begin(turn: Turn) -> None:
    """Give the turn to a test; a test that runs others inside (pytester) gets it back afterwards."""
    _turns.append(turn)


def end(turn: Turn) -> None:
    """Take the turn back."""
    if turn in _turns:
        _turns.remove(turn)


def current_verifier() -> StrictVerifier:
    """Return the verifier of the running test.

    Raises:
        NoActiveVerifierError: no test is running.
    """
    if not _turns:
        raise NoActiveVerifierError
    return _turns[-1].ask()
