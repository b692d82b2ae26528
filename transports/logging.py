"""Where log calls become records and reach their handlers: `Logger.isEnabledFor` and `Logger.handle`.

Between the two runs logging's own code, so that records are made as always, and know the line that logged. What is
handed to `handle` directly (loguru does so) is met as well.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from bigfoot import context
from bigfoot.errors import AmbiguousSandboxError
from bigfoot.origin import Origin, caller
from bigfoot.seam import Seam, Target

# The methods that make a record of what they are given; others only ask whether it would be worth the trouble.
_LOGS = frozenset({"critical", "debug", "error", "exception", "fatal", "info", "log", "warn", "warning"})
# Keep records for the test itself: `caplog` and the report of pytest, `assertLogs` of unittest.
_KEEPERS = frozenset({("_pytest.logging", "LogCaptureHandler"), ("unittest._log", "_CapturingHandler")})
STANDARD = frozenset({*vars(logging.makeLogRecord({})), "asctime", "message", "taskName"})


class Question:
    """A call of a level that its logger drops: is it to be recorded all the same?

    Attributes:
        logger: the logger. Whoever is not interested in any of its calls puts it among the `unheard`.
        level: of the call.
    """

    __slots__ = ("level", "logger")

    source_id = "logging:log"

    def __init__(self, logger: logging.Logger, level: int) -> None:
        self.logger = logger
        self.level = level


class Logged:
    """A record that is on its way to its handlers.

    Attributes:
        record: the record, as logging made it.
        extra: what the call added to it.
        dropped: whether the logger itself would have dropped it.
        origin: the calling line.
    """

    __slots__ = ("dropped", "extra", "origin", "record")

    source_id = "logging:log"

    def __init__(self, record: logging.LogRecord, *, dropped: bool) -> None:
        self.record = record
        self.extra = {name: value for name, value in vars(record).items() if name not in STANDARD}
        self.dropped = dropped
        self.origin: Origin = caller(2)


class _Forced(threading.local):
    """The call of this thread that was let through although its logger drops it."""

    call: tuple[logging.Logger, int] | None = None


_forced = _Forced()


def _targets() -> Iterator[Target]:
    yield Target(logging.Logger, "isEnabledFor", _is_enabled_for)
    yield Target(logging.Logger, "handle", _handle)


def _is_enabled_for(original: Callable[[Any, int], bool]) -> Callable[[Any, int], bool]:
    def isEnabledFor(self: logging.Logger, level: int) -> bool:
        if original(self, level):
            return True
        # What a thread from before drops (a server, say) is nobody's business: it carries no sandbox.
        carried = context.carried()
        if carried is None or self in carried.unheard or Question not in carried.kinds:
            return False
        if not _is_a_log_call(sys._getframe(1)):
            return False
        wanted: bool = carried.answer(Question(self, level))
        if wanted:
            _forced.call = (self, level)
        return wanted

    return isEnabledFor


def _is_a_log_call(frame: FrameType | None) -> bool:
    """Tell whether the level is asked for by a method that logs, of a logger or of an adapter."""
    for _ in range(2):
        if frame is None or frame.f_globals is not vars(logging):
            return False
        if frame.f_code.co_name in _LOGS:
            return True
        frame = frame.f_back
    return False


def _handle(original: Callable[[Any, logging.LogRecord], None]) -> Callable[[Any, logging.LogRecord], None]:
    def handle(self: logging.Logger, record: logging.LogRecord) -> None:
        dropped, _forced.call = _forced.call == (self, record.levelno), None
        sandbox = _sandbox()
        if sandbox is None:
            if not dropped:
                original(self, record)
            return
        logged = Logged(record, dropped=dropped)
        kept: Any = None if self.disabled else self.filter(record)  # from Python 3.12 on, a filter may give another
        if isinstance(kept, logging.LogRecord):
            record = logged.record = kept
        logged.dropped = dropped = dropped or not kept
        swallowed = sandbox.answer(logged)
        if not dropped:
            _call_keepers(self, record) if swallowed else self.callHandlers(record)

    return handle


def _call_keepers(logger: logging.Logger, record: logging.LogRecord) -> None:
    """Hand a swallowed record to what keeps records for the test."""
    current: logging.Logger | None = logger
    while current is not None:
        for handler in current.handlers:
            if record.levelno >= handler.level and _keeps(type(handler)):
                handler.handle(record)
        current = current.parent if current.propagate else None


def _keeps(kind: type) -> bool:
    return any((base.__module__, base.__name__) in _KEEPERS for base in kind.__mro__)


def _sandbox() -> Any:
    """Return the sandbox that log calls meet here; a call that has none, or an ended one, is left alone."""
    try:
        sandbox = context.active(Logged)
    except AmbiguousSandboxError:  # a thread from before, and several tests at once: it is nobody's
        return None
    return sandbox if sandbox is not None and sandbox.live else None


SEAM = Seam("logging", _targets, watch=("logging:Logger._log",))
