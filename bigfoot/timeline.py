"""Timeline: the ordered interactions of one verifier, how an assertion finds its own, and the one field comparison."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from bigfoot.errors import AutoAssertError
from bigfoot.interaction import Interaction
from bigfoot.urls import Url
from bigfoot.values import Body


class Difference(NamedTuple):
    """A field whose value is not the expected one.

    Attributes:
        field: its name.
        expected: what the assertion gave.
        actual: what was recorded.
        error: the exception that the comparison itself raised, or None.
    """

    field: str
    expected: Any
    actual: Any
    error: Exception | None = None


def differences(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[Difference]:
    """Compare the expected fields with the recorded ones; the expected value's `__eq__` is asked first."""
    found = []
    for field, value in expected.items():
        try:
            equal = _equal(value, actual.get(field))
        except Exception as error:  # a matcher's own fault is part of the finding; the assertion raises from it
            found.append(Difference(field, value, actual.get(field), error))
            continue
        if not equal:
            found.append(Difference(field, value, actual.get(field)))
    return found


def _equal(expected: Any, actual: Any) -> bool:
    if expected == actual:
        return True
    # Some matchers want a `str` and nothing else; a body and a URL are strings that know more.
    return type(actual) in (Body, Url) and bool(expected == str(actual))


class Timeline:
    """Every interaction of a verifier, in the order in which the calls arrived.

    Threads may add at any time. `lock` is held for a few instructions only, and never while user code (matchers,
    callbacks, `__eq__`, `__repr__`) runs; a plugin holds it itself to match its script and to add in one step.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._interactions: list[Interaction] = []
        self._cursor = 0
        self._index = _Index()

    def __len__(self) -> int:
        return len(self._interactions)

    def __iter__(self) -> Iterator[Interaction]:
        return islice(self._interactions, len(self._interactions))

    def append(self, interaction: Interaction) -> None:
        """Put the interaction at the end."""
        with self.lock:
            self.add(interaction)

    def add(self, interaction: Interaction) -> None:
        """Put the interaction at the end; the caller holds the lock.

        Raises:
            AutoAssertError: it is marked as asserted already.
        """
        if interaction.asserted:
            raise AutoAssertError(f"{interaction.source_id} was recorded as asserted: leave assertions to the test")
        interaction.sequence = len(self._interactions)
        self._interactions.append(interaction)

    def next(self, source_id: str, expected: Mapping[str, Any]) -> Interaction | None:
        """Return the first interaction that is not asserted, past optional ones that are not the expected."""
        interactions = self._interactions
        position, end = self._cursor, len(interactions)
        while position < end:
            interaction = interactions[position]
            if interaction.asserted:
                position += 1
                if position == self._cursor + 1:
                    self._cursor = position
                continue
            if interaction.optional and (
                interaction.source_id != source_id or differences(expected, interaction.seen(expected))
            ):
                position += 1
                continue
            return interaction
        return None

    def candidates(self, source_id: str, expected: Mapping[str, Any]) -> Iterator[Interaction]:
        """Yield the interactions of this source that are not asserted, the likely ones first."""
        seen = set()
        for interaction in self._index.likely(self._interactions, source_id, expected):
            seen.add(interaction.sequence)
            yield interaction
        for interaction in self._index.of(self._interactions, source_id):
            if not interaction.asserted and interaction.sequence not in seen:
                yield interaction

    def claim(self, interaction: Interaction, *, in_order: bool) -> bool:
        """Mark the interaction as asserted; False if another thread was faster.

        Arguments:
            interaction: one of this timeline.
            in_order: it came from `next`; optional ones before it are then passed over for good.
        """
        with self.lock:
            if interaction.asserted:
                return False
            interaction.asserted = True
            if in_order:
                self._cursor = max(self._cursor, interaction.sequence + 1)
            return True

    def unasserted(self) -> list[Interaction]:
        """Return what the verdict still misses an assertion of."""
        rest = islice(self._interactions, self._cursor, None)
        left = [i for i in rest if not i.asserted and not i.optional]
        return sorted([*left, *(i for i in self._interactions if i.asserted and i.owed)], key=lambda i: i.sequence)


class _Index:
    """Interactions by source, and by the values of whichever plain fields the assertions name.

    Only exact `str` and `int` values are keys: their hash agrees with every equality that the recorded values
    have. What it finds is compared in full, and what it misses is found by going through the source's list.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._upto = 0
        self._sources: dict[str, deque[Interaction]] = {}
        self._keyed: dict[tuple[str, tuple[str, ...]], tuple[int, dict[tuple[Any, ...], deque[Interaction]]]] = {}

    def of(self, interactions: list[Interaction], source_id: str) -> list[Interaction]:
        with self._lock:
            self._catch_up(interactions)
            found = self._sources.get(source_id)
            return list(_shed(found)) if found else []

    def likely(self, interactions: list[Interaction], source_id: str, expected: Mapping[str, Any]) -> list[Interaction]:
        fields = tuple(sorted(field for field, value in expected.items() if type(value) in (str, int)))
        if not fields:
            return []
        with self._lock:
            upto, buckets = self._keyed.get((source_id, fields), (0, {}))
            for interaction in islice(interactions, upto, None):
                if interaction.source_id == source_id and not interaction.asserted:
                    key = _key(interaction, fields)
                    if key is not None:
                        buckets.setdefault(key, deque()).append(interaction)
            self._keyed[source_id, fields] = (len(interactions), buckets)
            bucket = buckets.get(tuple(expected[field] for field in fields))
            return [i for i in islice(_shed(bucket), 8) if not i.asserted] if bucket else []

    def _catch_up(self, interactions: list[Interaction]) -> None:
        for interaction in islice(interactions, self._upto, None):
            self._sources.setdefault(interaction.source_id, deque()).append(interaction)
            self._upto += 1


def _key(interaction: Interaction, fields: tuple[str, ...]) -> tuple[Any, ...] | None:
    details = interaction.details
    values = tuple(details.get(field) for field in fields)
    return values if all(isinstance(value, (str, int)) for value in values) else None


def _shed(bucket: deque[Interaction]) -> deque[Interaction]:
    """Drop the asserted interactions at either end, so that no assertion walks over them again."""
    while bucket and bucket[0].asserted:
        bucket.popleft()
    while bucket and bucket[-1].asserted:
        bucket.pop()
    return bucket
