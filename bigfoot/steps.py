"""Steps: the kinds that a protocol knows, and one step of a session as the test promised it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from bigfoot import report
from bigfoot.errors import InvalidArgumentError
from bigfoot.origin import caller
from bigfoot.script import Step

if TYPE_CHECKING:
    from bigfoot.interaction import Interaction


class Kind(NamedTuple):
    """A row of a protocol's table: one kind of step.

    Attributes:
        name: as in `expect(name)` and `assert_<name>`.
        fields: what an assertion of it must give.
        states: the states in which it is possible.
        to: the state that it leads to; empty where it stays in the state it came from.
        returns: what `returns=` is, for the guide; begins with "None" where that is the usual one.
    """

    name: str
    fields: tuple[str, ...]
    states: tuple[str, ...]
    to: str = ""
    returns: str = "None"


def kind_of(table: tuple[Kind, ...], name: Any) -> Kind:
    """Return the row of a table for a step.

    Raises:
        InvalidArgumentError: there is no such step; it says which one may be meant.
    """
    for kind in table:
        if kind.name == name:
            return kind
    names = [kind.name for kind in table]
    meant = report.meant(name, names) if isinstance(name, str) else ""
    raise InvalidArgumentError("method", name, f"there is no such step{meant}; there are {', '.join(names)}")


def diagram(table: tuple[Kind, ...], initial: str) -> str:
    """Return a table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {initial}"]
    lines += [f"    {state} --> {kind.to or state}: {kind.name}" for kind in table for state in kind.states]
    return "\n".join(lines)


class SessionStep(Step):
    """One step of a session.

    Attributes:
        name: the kind of step.
        returns: what the test promised.
        raises: the exception that the test promised instead, or None.
        options: what else the test said of it (`notice=`, `hang=`, ...).
        interaction: what its use has left on the timeline; None until then.
    """

    __slots__ = ("interaction", "name", "options", "raises", "returns")

    def __init__(
        self,
        name: str,
        returns: Any,
        raises: BaseException | type[BaseException] | None,
        options: Mapping[str, Any],
        *,
        required: bool,
    ) -> None:
        super().__init__(required=required, origin=caller())
        self.name = name
        self.returns = returns
        self.raises = raises
        self.options = options
        self.interaction: Interaction | None = None

    def describe(self) -> str:
        promised = (
            f"raises={report.value(self.raises)}"
            if self.raises is not None
            else f"returns={report.value(self.returns)}"
        )
        return f".expect({self.name!r}, {promised})"
