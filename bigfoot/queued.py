"""The sessions of one protocol, found by what they are bound to: however many there are, none is looked at twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from heapq import merge
from itertools import count
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar


class _Bound(Protocol):
    @property
    def binding(self) -> Mapping[str, Any]: ...


S = TypeVar("S", bound=_Bound)


class Queued(Generic[S]):
    """Sessions in the order in which they were made: those that nobody has taken yet in a line for each place.

    Arguments:
        place: returns where a session is looked for, by its binding.
        lock: held while it is looked at or changed.

    Attributes:
        begun: those that were taken, in the order of that.
    """

    def __init__(self, place: Callable[[Mapping[str, Any]], Hashable], lock: Lock) -> None:
        self.begun: list[S] = []
        self._place = place
        self._lock = lock
        self._lines: dict[tuple[bool, Hashable], deque[tuple[int, S]]] = {}  # by whether it is bound, and where
        self._numbers = count()

    def add(self, session: S) -> None:
        """Put a session at the end."""
        with self._lock:
            self._lines.setdefault(self._line(session), deque()).append((next(self._numbers), session))

    def _line(self, session: S) -> tuple[bool, Hashable]:
        return bool(session.binding), self._place(session.binding)

    def first(self, matches: Callable[[S], bool], places: Iterable[Hashable] | None, *, take: bool) -> S | None:
        """Return the first session that matches, bound ones before free ones; None if there is none.

        Arguments:
            matches: tells of a session whether it is one.
            places: where to look; None for everywhere.
            take: whether it is taken.
        """
        with self._lock:
            lines = list(self._lines) if places is None else [(bound, at) for at in places for bound in (True, False)]
            found: dict[bool, tuple[int, S]] = {}
            for line in lines:
                for number, session in self._lines.get(line, ()):
                    if line[0] in found and found[line[0]][0] < number:
                        break
                    if matches(session):
                        found[line[0]] = number, session
                        break
            best = found.get(True) or found.get(False)
            if best is not None and take:
                self._take(best)
            return None if best is None else best[1]

    def _take(self, entry: tuple[int, S]) -> None:
        session = entry[1]
        line = self._lines[self._line(session)]
        line.remove(entry)
        if not line:
            del self._lines[self._line(session)]
        self.begun.append(session)

    def queued(self) -> list[S]:
        """Return those that nobody has taken yet."""
        with self._lock:
            return [session for _, session in merge(*self._lines.values(), key=_number)]


def _number(entry: tuple[int, Any]) -> int:
    return entry[0]


def whichever(session: object) -> bool:
    """Match any session."""
    return True
