"""How an assertion finds the interaction that it means, and what it says when there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bigfoot import report
from bigfoot.errors import InteractionMismatchError, InvalidArgumentError, MissingAssertionFieldsError
from bigfoot.interaction import Interaction
from bigfoot.sandbox import in_order
from bigfoot.timeline import Timeline, differences


def claim(
    timeline: Timeline, source_id: str, expected: Mapping[str, Any], *, owed: str | None, complete: bool
) -> Interaction:
    """Find the interaction that an assertion means, compare it and mark it as asserted.

    Arguments:
        timeline: where it is looked for.
        source_id: what was called.
        expected: the expected fields.
        owed: what is still owed after this assertion; fields may then be left out for now.
        complete: whether every field that is not optional must be given.

    Raises:
        InteractionMismatchError: the next interaction is another one, or a field differs.
        MissingAssertionFieldsError: a field was left out.
        InvalidArgumentError: there is no such field.
    """
    ordered = in_order()
    while True:
        if ordered:
            found = timeline.next(source_id, expected)
            candidates: Iterator[Interaction] = iter([found] if found and found.source_id == source_id else [])
        else:
            candidates = timeline.candidates(source_id, expected)
        first = next(candidates, None)
        if first is None:
            raise _mismatch(timeline, source_id, expected, timeline.next(source_id, expected) if ordered else None)
        _check_fields(first, expected, complete=complete and owed is None)
        match = _match(first, candidates, expected)
        if match is None:
            raise _mismatch(timeline, source_id, expected, first) from _matcher_error(first, expected)
        if timeline.claim(match, in_order=ordered):
            match.owed = owed
            return match


def _match(first: Interaction, rest: Iterator[Interaction], expected: Mapping[str, Any]) -> Interaction | None:
    candidate: Interaction | None = first
    while candidate is not None and differences(expected, candidate.seen(expected)):
        candidate = next(rest, None)
    return candidate


def _check_fields(interaction: Interaction, expected: Mapping[str, Any], *, complete: bool) -> None:
    seen = interaction.seen(expected)
    for name in expected:
        if name not in seen:
            raise InvalidArgumentError(name, expected[name], report.unknown_field(interaction, name))
    if not complete or interaction.plugin is None:
        return
    missing = frozenset(interaction.plugin.fields(interaction)) - expected.keys()
    if missing:
        raise MissingAssertionFieldsError(missing, report.missing_fields(interaction, missing, expected))


def _mismatch(
    timeline: Timeline, source_id: str, expected: Mapping[str, Any], actual: Interaction | None
) -> InteractionMismatchError:
    hint = report.mismatch(timeline, source_id, expected, actual)
    return InteractionMismatchError({"source_id": source_id, **expected}, actual, hint)


def _matcher_error(interaction: Interaction, expected: Mapping[str, Any]) -> Exception | None:
    """Return the exception that a matcher itself raised, so that the mismatch is raised from it."""
    return next(
        (found.error for found in differences(expected, interaction.seen(expected)) if found.error is not None), None
    )


def check_order(timeline: Timeline, first: Any, second: Any) -> None:
    """Check that everything that `first` means came before everything that `second` means.

    Raises:
        InteractionMismatchError: one of the two did not happen, or they happened the other way round.
        InvalidArgumentError: it is neither a source nor a call.
    """
    earlier, later = _meant(timeline, "first", first), _meant(timeline, "second", second)
    if not earlier or not later or max(i.sequence for i in earlier) > min(i.sequence for i in later):
        expected = {"source_id": report.source_of(first), "before": report.source_of(second)}
        raise InteractionMismatchError(expected, None, report.wrong_order(first, second, earlier, later))


def _meant(timeline: Timeline, parameter: str, given: Any) -> list[Interaction]:
    """Return the interactions that a source, a call or an interaction stands for."""
    interaction = getattr(given, "interaction", given)
    if isinstance(interaction, Interaction):
        return [interaction]
    source_id = getattr(given, "source_id", None)
    if not isinstance(source_id, str):
        raise InvalidArgumentError(parameter, given, "give a source, such as bigfoot.http.request, or a call")
    return [found for found in timeline if found.source_id == source_id]
