"""A protocol of a third party, as small as one can be: a clock that is asked for the time."""

from __future__ import annotations

from typing import Any

from bigfoot import StrictVerifier
from bigfoot.fake import Fake, Source
from bigfoot.interaction import Interaction


class ClockPlugin(Fake):
    """Records when somebody looks at the clock."""

    name = "clock"

    def __init__(self, verifier: StrictVerifier) -> None:
        super().__init__(verifier)
        self.now = Source("clock:now")

    def tick(self, zone: str = "UTC", *, optional: bool = False, **details: Any) -> Interaction:
        """Leave an interaction, as a seam would make the plugin do."""
        interaction = Interaction("clock:now", self, optional=optional, details={"zone": zone, **details})
        self.verifier.timeline.append(interaction)
        return interaction
