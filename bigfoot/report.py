"""Every sentence that a user reads. Nothing elsewhere formats text."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bigfoot import context
from bigfoot.masking import masked, safe
from bigfoot.origin import Origin
from bigfoot.rendering import Raw as Raw
from bigfoot.rendering import call as call
from bigfoot.rendering import indented as indented
from bigfoot.rendering import meant as meant
from bigfoot.rendering import source as source
from bigfoot.rendering import statement as statement
from bigfoot.rendering import value as value
from bigfoot.timeline import Difference, Timeline, differences
from bigfoot.values import Body, Headers, Secret

if TYPE_CHECKING:
    from bigfoot.interaction import Interaction
    from bigfoot.sandbox import SandboxContext
    from bigfoot.script import Step
    from bigfoot.session import Session, SessionFake, SessionStep

_MOST_LISTED = 25


def unmocked(what: str, *, origin: Origin | None, fix: str, notes: Sequence[str] = ()) -> str:
    """Return the text for a call that nothing was promised for.

    Arguments:
        what: the call in one line.
        origin: the calling line.
        fix: statements that would mock the call.
        notes: what is known about near misses.
    """
    lines = [f"Unmocked call: {masked(what)}"]
    if origin is not None:
        lines.append(f"  called at {origin}")
    lines += [f"  {masked(note)}" for note in notes]
    lines += ["", "To mock it, add before the sandbox:", indented(fix)]
    return "\n".join(lines)


def unasserted(interactions: Sequence[Interaction]) -> str:
    """Return the text for interactions that no assertion claimed."""
    lines = [f"{_count(len(interactions), 'interaction was', 'interactions were')} not asserted:"]
    for interaction in interactions[:_MOST_LISTED]:
        part = f", its {interaction.owed} is not asserted" if interaction.owed else ""
        place = f"  (called at {interaction.origin})" if interaction.origin is not None else ""
        lines.append(f"  #{interaction.sequence} {summary(interaction)}{part}{place}")
    if len(interactions) > _MOST_LISTED:
        lines.append(f"  ... and {len(interactions) - _MOST_LISTED} more")
    lines += ["", "To assert them, add after the sandbox:"]
    lines += [indented(assertion(interaction)) for interaction in interactions[:_MOST_LISTED]]
    return "\n".join(lines)


def summary(interaction: Interaction) -> str:
    """Return an interaction in one line."""
    if interaction.plugin is None:
        return interaction.source_id
    return masked(interaction.plugin.summary(interaction))


def assertion(interaction: Interaction) -> str:
    """Return the statement that asserts an interaction."""
    if interaction.plugin is None:
        return statement(f"# {interaction.source_id}", interaction.details)
    return interaction.plugin.assertion(interaction)


def unused(steps: Sequence[Step]) -> str:
    """Return the text for promises that nobody called."""
    lines = [f"{_count(len(steps), 'mock was', 'mocks were')} never called, or not as often as promised:"]
    for step in steps[:_MOST_LISTED]:
        often = (
            f"  (called {step.used} of {step.used + step.left} times)" if step.used and step.left is not None else ""
        )
        lines.append(f"  {masked(step.describe())}{often}")
        lines.append(f"    promised at {step.origin}")
    if len(steps) > _MOST_LISTED:
        lines.append(f"  ... and {len(steps) - _MOST_LISTED} more")
    lines += ["", "Remove what the code does not call, or promise it with required=False."]
    return "\n".join(lines)


def mismatch(timeline: Timeline, source_id: str, expected: Mapping[str, Any], actual: Interaction | None) -> str:
    """Return the text for an assertion that does not describe the interaction it met."""
    if actual is None:
        left = [interaction for interaction in timeline if not interaction.asserted]
        lines = [f"Nothing is left that this assertion of {source_id} could mean."]
        return "\n".join([*lines, *_listed("Not asserted so far", left), *_expected(expected)])
    lines = []
    if actual.source_id != source_id:
        lines.append(f"The next interaction is not {source_id} but {actual.source_id}:")
        lines.append(f"  #{actual.sequence} {summary(actual)}{_at(actual)}")
        lines += _expected(expected)
        others = [i for i in timeline if not i.asserted and i.source_id == source_id]
        lines += _listed(f"{source_id}, further down", others)
        lines += [
            "",
            "If the order does not matter, assert inside `with bigfoot.in_any_order():`. The next one is:",
        ]
    else:
        lines.append(f"The interaction differs from the assertion: #{actual.sequence} {summary(actual)}{_at(actual)}")
        for found in differences(expected, actual.seen(expected)):
            lines += difference(found)
        near = _nearest(timeline, actual, expected)
        lines += _listed("Nearest others", near)
        lines += ["", "What happened would be asserted by:"]
    return "\n".join([*lines, indented(assertion(actual))])


def _nearest(timeline: Timeline, actual: Interaction, expected: Mapping[str, Any]) -> list[Interaction]:
    others = [i for i in timeline if not i.asserted and i is not actual and i.source_id == actual.source_id]
    scored = sorted(others[:200], key=lambda i: len(differences(expected, i.seen(expected))))
    best = len(differences(expected, actual.seen(expected)))
    return [i for i in scored if len(differences(expected, i.seen(expected))) <= best][:3]


def difference(found: Difference) -> list[str]:
    """Return how a field differs: its name, then what was expected and what is, line by line."""
    lines = [f"  {found.field}:"]
    if found.error is not None:
        lines.append(f"    the comparison itself raised {type(found.error).__name__}: {found.error}")
    members = _members(found.expected, found.actual)
    expected, actual = members or (_lines(found.expected, found.field), _lines(found.actual, found.field))
    if len(expected) == len(actual) == 1:
        return [*lines, f"    expected: {expected[0]}", f"    actual:   {actual[0]}"]
    import difflib

    lines.append("    (- expected, + actual)")
    return [*lines, *(f"    {line}" for line in difflib.ndiff(expected, actual) if not line.startswith("?"))]


def _members(expected: Any, actual: Any) -> tuple[list[str], list[str]] | None:
    """Return two bodies that hold JSON structures as lines, a member on each; None if they do not."""
    if not isinstance(actual, Body):
        return None
    try:
        meant = Body(expected.encode()).json() if isinstance(expected, str) else expected
        both = meant, actual.json()
    except ValueError:
        return None
    if not all(isinstance(one, (dict, list)) for one in both):
        return None
    import json

    lines = [masked(json.dumps(safe(one), indent=2, default=value)).splitlines() for one in both]
    return lines[0], lines[1]


def _lines(given: Any, name: str) -> list[str]:
    """Return a value as the lines of a diff: structures broken up, texts by their own lines."""
    shown = safe(given, name)
    if isinstance(shown, Headers):
        shown = shown.own()
    if isinstance(shown, Mapping) and type(shown) in (dict, Headers):
        import pprint

        text = pprint.pformat(dict(shown), width=80)
        return masked(text).splitlines()
    if isinstance(shown, str) and "\n" in shown and not isinstance(shown, Secret):
        return [repr(line) for line in shown.splitlines(keepends=True)]
    return [value(given, name)]


def _expected(expected: Mapping[str, Any]) -> list[str]:
    return ["", "Asserted was:", *(f"  {name}={value(given, name)}" for name, given in expected.items())]


def _listed(title: str, interactions: Iterable[Interaction]) -> list[str]:
    found = list(interactions)
    if not found:
        return []
    rest = [f"  ... and {len(found) - 5} more"] if len(found) > 5 else []
    return ["", f"{title}:", *(f"  #{i.sequence} {summary(i)}{_at(i)}" for i in found[:5]), *rest]


def _at(interaction: Interaction) -> str:
    return f"  (called at {interaction.origin})" if interaction.origin is not None else ""


def missing_fields(interaction: Interaction, missing: frozenset[str], given: Mapping[str, Any]) -> str:
    """Return the text for an assertion that leaves fields out."""
    names = ", ".join(sorted(missing))
    had = ", ".join(given) or "none"
    return (
        f"The assertion of {interaction.source_id} leaves out: {names} (given: {had}).\n"
        f"The whole assertion is:\n{indented(assertion(interaction))}"
    )


def unknown_field(interaction: Interaction, name: str) -> str:
    """Return the remedy for a field that the interaction does not have."""
    names = [*interaction.details, *interaction.extras]
    return f"{interaction.source_id} has no such field{meant(name, names)}; it has {', '.join(names) or 'none'}"


def call_after_sandbox(sandbox: SandboxContext, late: Any, source_id: str) -> str:
    """Return the text for a call whose sandbox has ended: a leaked task or thread."""
    what = masked(f"{getattr(late, 'method', '')} {getattr(late, 'url', '')}".strip())
    what = what or source_id.rpartition(":")[2]
    task = context.task()
    if task is not None:
        coroutine = getattr(task, "get_coro", lambda: getattr(task, "coro", None))()
        code = getattr(coroutine, "cr_code", None)
        place = f", running {code.co_qualname} of {Origin(code)}" if code is not None else ""
        name = getattr(task, "get_name", None)
        who = f"the task {(name() if name is not None else getattr(task, 'name', ''))!r}{place}"
    else:
        started = context.started_at()
        place = f", started at {started}" if started is not None else ""
        who = f"the thread {threading.current_thread().name!r}{place}"
    return (
        f"{what} was called after its sandbox had ended.\n"
        f"  by {who}\n"
        f"  the sandbox was entered at {sandbox.origin}\n"
        "Wait for the task or thread inside the sandbox, or end it there."
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def not_installed(plugin: str, library: str, package: str | None) -> str:
    """Return the text for a plugin whose library is missing."""
    return f"bigfoot.{plugin} needs {library}, which is not installed: pip install {package or library}"


def left_open(places: Sequence[str]) -> str:
    """Return the text for sandboxes that were entered and never left."""
    listed = "\n".join(f"  entered at {place}" for place in places)
    return f"{_count(len(places), 'sandbox was', 'sandboxes were')} never left:\n{listed}\nUse `with bigfoot:`."


def unscripted(
    plugin: SessionFake[Any],
    name: str,
    details: Mapping[str, Any],
    *,
    origin: Origin,
    session: Session | None,
    step: SessionStep | None,
    notes: Sequence[str] = (),
) -> str:
    """Return the text for a call that a session's script does not promise at this point."""
    given = ", ".join(f"{field}={value(content, field)}" for field, content in details.items())
    what = f"{plugin.source}:{name}({given})"
    returns = plugin.kind(name).returns
    expect = f'.expect("{name}", returns={"None" if returns.startswith("None") else "..."})'
    if session is None:
        first = plugin.table[0].name
        rest = expect if name != first else ""
        fix = f'(\n    bigfoot.{plugin.name}.new_session()\n    .expect("{first}", returns=None)\n    {rest}\n)'
        known = ["no session is left for it"]
    elif step is None:
        fix, known = expect, [f"the session made at {session.origin} has no step left"]
    else:
        fix = expect
        known = [f"the session made at {session.origin} promises {step.describe()} next, at {step.origin}"]
    return unmocked(what, origin=origin, fix=fix.replace("\n    \n", "\n"), notes=[*notes, *known])


def wrong_count(method: str, url: Any, times: int, found: Sequence[Interaction]) -> str:
    """Return the text for a request that was made more or less often than asserted."""
    shown = getattr(url, "pattern", url)
    lines = [f"{method} {masked(str(shown))} was called {_count(len(found), 'time', 'times')}, not {times}."]
    return "\n".join([*lines, *_listed("Calls", found)])


def source_of(given: Any) -> str:
    """Return what a source, a call or an interaction is called in a message."""
    interaction = getattr(given, "interaction", None)
    return summary(interaction) if interaction is not None else str(getattr(given, "source_id", given))


def wrong_order(first: Any, second: Any, earlier: Sequence[Interaction], later: Sequence[Interaction]) -> str:
    """Return the text for things that did not happen in the asserted order."""
    one, other = source_of(first), source_of(second)
    if not earlier or not later:
        return f"{one if not earlier else other} did not happen, so {one} cannot have come before {other}."
    lines = [f"{one} did not come before {other}. In order:"]
    order = sorted({id(i): i for i in (*earlier, *later)}.values(), key=lambda i: i.sequence)
    return "\n".join([*lines, *(f"  #{i.sequence} {summary(i)}{_at(i)}" for i in order[:_MOST_LISTED])])
