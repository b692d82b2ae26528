"""A protocol of a third party, as small as one can be: a clock that is asked for the time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bigfoot import StrictVerifier, UnmockedInteractionError, report
from bigfoot.fake import Fake, Source
from bigfoot.interaction import Interaction
from bigfoot.script import Step


class ClockPlugin(Fake):
    """Records when somebody looks at the clock."""

    name = "clock"

    def __init__(self, verifier: StrictVerifier) -> None:
        super().__init__(verifier)
        self.now = Source("clock:now")
        self._promised: list[Step] = []

    def promise(self) -> None:
        """Promise that somebody will look at the clock."""
        self._promised.append(Step())

    def unused(self) -> Iterable[Step]:
        return self._promised

    def tick(self, zone: Any = "UTC", *, optional: bool = False, **details: Any) -> Interaction:
        """Leave an interaction, as a seam would make the plugin do."""
        interaction = Interaction("clock:now", self, optional=optional, details={"zone": zone, **details})
        self.verifier.timeline.append(interaction)
        return interaction

    def look(self) -> None:
        """Look at the clock where nothing is promised, and from nowhere that could be named."""
        hint = report.unmocked("a look at the clock", origin=None, fix="bigfoot.clock.promise()")
        raise self.verifier.refuse(UnmockedInteractionError("clock:now", (), {}, hint))
