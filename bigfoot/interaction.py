"""Interaction: what happened, kept as raw as it came and normalized when somebody reads it."""

from __future__ import annotations

from collections.abc import Mapping
from threading import current_thread
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from bigfoot import context
from bigfoot.rendering import portable

if TYPE_CHECKING:
    from bigfoot.fake import Fake
    from bigfoot.origin import Origin

How = Literal["mock", "pass-through", "error"]


class Interaction:
    """One call that left the program, on the timeline of one verifier.

    Attributes:
        source_id: what was called, such as `"http:request"` or `"mock:PaymentService.charge"`.
        sequence: the position on the timeline, from 0; -1 until it is on one.
        plugin: the plugin that answered (None on a copy that crossed a process border).
        call: the call as the seam handed it over; its shape is the plugin's own.
        answer: what the plugin answered with; its shape is the plugin's own.
        how: `"mock"`, `"pass-through"` or `"error"`.
        started: when the call arrived, in seconds of `time.perf_counter`.
        duration: how long the answer took, in seconds; None while it is still under way.
        lane: the name of the task, or else of the thread, that made the call.
        origin: the calling line outside bigfoot and the client libraries.
        asserted: whether an assertion has claimed it.
        optional: whether the verdict does without an assertion of it.
        owed: the part whose assertion is still owed although the interaction is claimed, or None.
    """

    __slots__ = (
        "_details",
        "answer",
        "asserted",
        "call",
        "duration",
        "how",
        "lane",
        "optional",
        "origin",
        "owed",
        "plugin",
        "sequence",
        "source_id",
        "started",
    )

    def __init__(
        self,
        source_id: str,
        plugin: Fake | None,
        call: Any = None,
        answer: Any = None,
        how: How = "mock",
        origin: Origin | None = None,
        *,
        optional: bool = False,
        details: dict[str, Any] | None = None,
    ) -> None:
        self.source_id = source_id
        self.sequence = -1
        self.plugin = plugin
        self.call = call
        self.answer = answer
        self.how: How = how
        self.started = perf_counter()
        self.duration: float | None = None
        task: Any = context.task()
        try:
            self.lane: str = current_thread().name if task is None else task.get_name()
        except AttributeError:  # asyncio's tasks have a method, trio's an attribute
            self.lane = str(getattr(task, "name", ""))
        self.origin = origin
        self.asserted = False
        self.optional = optional
        self.owed: str | None = None
        self._details = details

    @property
    def details(self) -> Mapping[str, Any]:
        """The assertable fields by name, normalized on first reading."""
        details = self._details
        if details is None:
            assert self.plugin is not None
            details = self.plugin.details(self)
            if self.duration is not None:  # while it is under way, the next reading may know more
                self._details = details
        return details

    @property
    def extras(self) -> Mapping[str, Any]:
        """The fields that may be asserted and need not be."""
        return self.plugin.extras(self) if self.plugin is not None else {}

    def seen(self, expected: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the fields to compare an assertion with: the details, and extras where it names any."""
        details = self.details
        return details if details.keys() >= expected.keys() else {**self.extras, **details}

    @property
    def client(self) -> str | None:
        """The client library that made the call, with its version, such as `"httpx 0.28.1"`; None if it has none."""
        return self.plugin.client(self) if self.plugin is not None else None

    def done(self) -> None:
        """Stamp the duration: the answer is complete."""
        if self.duration is None:
            self.duration = perf_counter() - self.started

    def __repr__(self) -> str:
        return f"<Interaction #{self.sequence} {self.source_id} {self.how}>"

    def __reduce__(self) -> tuple[Any, ...]:
        state = (self.sequence, self.how, self.duration, self.lane, self.origin, self.asserted, self.optional)
        return _revive, (self.source_id, portable(dict(self.details)), state)


def _revive(source_id: str, details: dict[str, Any], state: tuple[Any, ...]) -> Interaction:
    """Rebuild an interaction in another process: its fields travel, its plugin stays behind."""
    copy = Interaction(source_id, None, details=details)
    copy.sequence, copy.how, copy.duration, copy.lane, copy.origin, copy.asserted, copy.optional = state
    return copy
