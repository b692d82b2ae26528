"""Fake: the base of every protocol plugin. A script to answer from, a record to leave, and the texts of its fields."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bigfoot.seam import Seam

if TYPE_CHECKING:
    from bigfoot.interaction import Interaction
    from bigfoot.script import Step
    from bigfoot.verifier import StrictVerifier


@functools.cache
def installed(library: str) -> bool:
    """Tell whether a library is installed; imports nothing. Every sandbox asks, so the answer is kept."""
    return importlib.util.find_spec(library) is not None


class Source:
    """What an assertion points at: `bigfoot.http.request`, `bigfoot.redis_mock.get`, ..."""

    __slots__ = ("source_id",)

    def __init__(self, source_id: str) -> None:
        self.source_id = source_id

    def __repr__(self) -> str:
        return f"<{self.source_id}>"


class Fake:
    """One protocol. Subclasses are found in the modules of `bigfoot.fakes` and in the entry points `bigfoot.fakes`.

    Arguments:
        verifier: the verifier whose calls it answers. Each verifier has at most one plugin of a class.

    Attributes:
        name: its public name, as in `bigfoot.<name>`.
        seams: where its calls come from; put on when a sandbox is entered.
        takes: the shapes of the calls that it answers.
        requires: the module that the protocol's users import, or None if any of several does.
        package: what pip is to install for it, where that has another name; or None.

    Raises:
        ValueError: the verifier has a plugin of this class already.

    Example:
        >>> class ClockPlugin(Fake):
        ...     name = "clock"
    """

    name: ClassVar[str]
    seams: ClassVar[tuple[Seam, ...]] = ()
    takes: ClassVar[tuple[type, ...]] = ()
    requires: ClassVar[str | None] = None
    package: ClassVar[str | None] = None

    def __init__(self, verifier: StrictVerifier) -> None:
        self.verifier = verifier
        verifier.adopt(self)

    @classmethod
    def available(cls) -> bool:
        """Tell whether the library that this protocol needs is installed; imports nothing."""
        return cls.requires is None or installed(cls.requires)

    def claims(self, call: Any) -> int:
        """Say how sure this plugin is that a call is its own, where several plugins take calls of its shape.

        Returns:
            int: 0 for not at all; the highest claim answers the call.
        """
        return 1

    def answer(self, call: Any) -> Any:
        """Answer a call of one of the shapes in `takes`, leaving an interaction on the timeline.

        Raises:
            UnmockedInteractionError: nothing was promised for it.
        """
        raise NotImplementedError

    def settle(self) -> None:
        """Take in what the program has sent and nobody has looked at yet: a sandbox is being left."""

    def details(self, interaction: Interaction) -> dict[str, Any]:
        """Return the assertable fields of an interaction that this plugin left."""
        raise NotImplementedError

    def extras(self, interaction: Interaction) -> Mapping[str, Any]:
        """Return the fields that an assertion may give and need not."""
        return {}

    def fields(self, interaction: Interaction) -> tuple[str, ...]:
        """Return the names of the fields that an assertion must give."""
        return tuple(interaction.details)

    def client(self, interaction: Interaction) -> str | None:
        """Return the client library that made the call, with its version."""
        return None

    def unused(self) -> Iterable[Step]:
        """Return the steps that the verdict misses calls of, in the order in which they were promised."""
        return ()

    def summary(self, interaction: Interaction) -> str:
        """Return the interaction in one line, for tables and lists."""
        return interaction.source_id

    def assertion(self, interaction: Interaction) -> str:
        """Return the statement that would assert the interaction, ready to paste.

        By default the source is taken for the attribute that its id ends in: `"clock:now"` for `bigfoot.clock.now`.
        """
        from bigfoot import report

        source = f"bigfoot.{self.name}.{interaction.source_id.rpartition(':')[2]}"
        return report.statement("bigfoot.assert_interaction", interaction.details, source)
