"""logging: what the program logs is swallowed and recorded, and must be asserted where it would have been emitted."""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from bigfoot import report
from bigfoot.errors import BigfootConfigError, InvalidArgumentError
from bigfoot.fake import Fake, Source
from bigfoot.interaction import Interaction
from bigfoot.script import Step, flag_argument
from bigfoot.transports import logging as transport
from bigfoot.transports.logging import Logged, Question
from bigfoot.verifier import StrictVerifier

from .logging_chatter import Ignored

_STANDARD: Final = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
_NOTHING: Final = object()


class LoggingPlugin(Fake):
    """`bigfoot.log_mock`: the log calls of the program, and what structlog and loguru hand on to `logging`.

    Attributes:
        log: the source of every log call.

    Example:
        >>> bigfoot.log_mock.assert_info("User alice logged in", "myapp.auth")  # doctest: +SKIP
    """

    name = "log_mock"
    seams = (transport.SEAM,)
    takes = (Question, Logged)

    def __init__(self, verifier: StrictVerifier) -> None:
        super().__init__(verifier)
        self.log = Source("logging:log")
        self._level = _configured(verifier.config.text("logging.level", "INFO"))
        self._ignored = Ignored(verifier.config.texts("logging.ignore"))
        self._promises: list[Message] = []
        self._chatter: deque[Logged] = deque(maxlen=10_000)
        self._waiting: deque[Interaction] = deque()

    def mock_log(
        self,
        level: str | int,
        message: Any,
        logger_name: Any = None,
        *,
        required: bool = True,
    ) -> None:
        """Promise a message: the verdict misses it when it is never logged. It is asserted like every other.

        Arguments:
            level: the name of the level, such as `"INFO"`.
            message: the message, formatted.
            logger_name: the name of the logger; None for any.
            required: whether the verdict misses the message when it never comes.

        Raises:
            InvalidArgumentError: there is no such level.

        Example:
            >>> bigfoot.log_mock.mock_log("WARNING", "Rate limit approaching")  # doctest: +SKIP
        """
        step = Message(_level_argument(level), message, logger_name, required=flag_argument("required", required))
        with self.verifier.timeline.lock:
            self._promises.append(step)
        self.verifier.unheard.clear()

    def answer(self, call: Question | Logged) -> bool:
        """Tell whether a dropped call is to be recorded; record a log call, and tell whether it is swallowed."""
        if isinstance(call, Question):
            return self._wants(call.logger, call.level)
        record, level = call.record, _level_name(call.record.levelno)
        chatter = record.name in self._ignored
        promised = [step for step in list(self._promises) if step.left and step.could_be(level, record.name)]
        if chatter and not promised:
            self._chatter.append(call)
            return False
        step = next((step for step in promised if step.fits(record.getMessage())), None)
        if chatter and step is None:
            self._chatter.append(call)
            return False
        if step is not None:
            step.used, step.left = step.used + 1, 0
        self._waiting.append(self._interaction(call, optional=call.dropped))
        self.settle()
        return True

    def _wants(self, logger: logging.Logger, number: int) -> bool:
        ignored = logger.name in self._ignored
        if number >= self._level and not ignored:
            return True
        if self._promises:
            level = _level_name(number)
            return any(step.left and step.could_be(level, logger.name) for step in list(self._promises))
        if ignored:
            self.verifier.unheard.add(logger)
            if self._promises:  # since a moment ago
                self.verifier.unheard.discard(logger)
        return False

    def _interaction(self, call: Logged, *, optional: bool) -> Interaction:
        record = call.record
        fields = {"level": _level_name(record.levelno), "message": record.getMessage(), "logger_name": record.name}
        interaction = Interaction("logging:log", self, call, origin=call.origin, optional=optional, details=fields)
        interaction.done()
        return interaction

    def settle(self) -> None:
        lock = self.verifier.timeline.lock
        # A finalizer may log in the middle of anything, also while its own thread holds the lock: it gives up then,
        # and the next to come puts its record on the timeline.
        if not self._waiting or not lock.acquire(timeout=1):
            return
        try:
            while self._waiting:
                self.verifier.timeline.add(self._waiting.popleft())
        finally:
            lock.release()

    def extras(self, interaction: Interaction) -> dict[str, Any]:
        logged: Logged = interaction.call
        error = logged.record.exc_info
        return {"exc_info": error[1] if error else None, "extra": logged.extra}

    def unused(self) -> Iterable[Step]:
        return [step for step in self._promises if step.wanting]

    def summary(self, interaction: Interaction) -> str:
        level, message, logger_name = interaction.details.values()
        return f"{level} {report.value(message)} of {logger_name}"

    def assertion(self, interaction: Interaction) -> str:
        level, message, logger_name = interaction.details.values()
        given = [report.value(message), report.value(logger_name)]
        if level in _STANDARD.values():
            return report.call(f"bigfoot.log_mock.assert_{level.lower()}", {}, *given)
        return report.call("bigfoot.log_mock.assert_log", {}, repr(level), *given)

    def assert_log(
        self, level: Any, message: Any, logger_name: Any, *, exc_info: Any = _NOTHING, extra: Any = _NOTHING
    ) -> None:
        """Assert the next interaction: this message was logged.

        Messages that the level of their logger would have dropped need not be asserted, but may be. So may those of
        client libraries, in any order.

        Arguments:
            level: the name of the level, such as `"INFO"`.
            message: the message, formatted.
            logger_name: the name of the logger; None for any.
            exc_info: the exception that was logged along with it, or None; not compared where it is left out.
            extra: the dict of `extra=`; not compared where it is left out.

        Raises:
            InteractionMismatchError: the next interaction is another one.
            InvalidArgumentError: there is no such level.

        Example:
            >>> bigfoot.log_mock.assert_log("INFO", "User alice logged in", "myapp.auth")  # doctest: +SKIP
        """
        self.settle()
        expected = {
            "level": _level_argument(level) if isinstance(level, (str, int)) else level,
            "message": message,
            "logger_name": _ANY if logger_name is None else logger_name,
        }
        optional = {"exc_info": exc_info, "extra": extra}
        expected |= {name: value for name, value in optional.items() if value is not _NOTHING}
        if self._chatter and logger_name in self._ignored:
            while self._chatter:
                self.verifier.timeline.append(self._interaction(self._chatter.popleft(), optional=True))
            with self.verifier.in_any_order():
                self.verifier.assert_interaction(self.log, **expected)
            return
        self.verifier.assert_interaction(self.log, **expected)

    def assert_debug(self, message: Any, logger_name: Any, *, exc_info: Any = _NOTHING, extra: Any = _NOTHING) -> None:
        """Assert the next interaction: this was logged at DEBUG; see `assert_log`."""
        self.assert_log("DEBUG", message, logger_name, exc_info=exc_info, extra=extra)

    def assert_info(self, message: Any, logger_name: Any, *, exc_info: Any = _NOTHING, extra: Any = _NOTHING) -> None:
        """Assert the next interaction: this was logged at INFO; see `assert_log`."""
        self.assert_log("INFO", message, logger_name, exc_info=exc_info, extra=extra)

    def assert_warning(
        self, message: Any, logger_name: Any, *, exc_info: Any = _NOTHING, extra: Any = _NOTHING
    ) -> None:
        """Assert the next interaction: this was logged at WARNING; see `assert_log`."""
        self.assert_log("WARNING", message, logger_name, exc_info=exc_info, extra=extra)

    def assert_error(self, message: Any, logger_name: Any, *, exc_info: Any = _NOTHING, extra: Any = _NOTHING) -> None:
        """Assert the next interaction: this was logged at ERROR; see `assert_log`."""
        self.assert_log("ERROR", message, logger_name, exc_info=exc_info, extra=extra)

    def assert_critical(
        self, message: Any, logger_name: Any, *, exc_info: Any = _NOTHING, extra: Any = _NOTHING
    ) -> None:
        """Assert the next interaction: this was logged at CRITICAL; see `assert_log`."""
        self.assert_log("CRITICAL", message, logger_name, exc_info=exc_info, extra=extra)


class Message(Step):
    """A message that was promised."""

    __slots__ = ("_level", "_logger_name", "_message")

    def __init__(self, level: str, message: Any, logger_name: Any, *, required: bool) -> None:
        super().__init__(required=required)
        self._level = level
        self._message = message
        self._logger_name = logger_name

    def could_be(self, level: str, logger_name: str) -> bool:
        """Tell whether a message of this level and logger may be the promised one."""
        return self._level == level and (self._logger_name is None or bool(self._logger_name == logger_name))

    def fits(self, message: str) -> bool:
        """Tell whether this is the promised message."""
        return bool(self._message == message)

    def describe(self) -> str:
        name = "" if self._logger_name is None else f", {report.value(self._logger_name)}"
        return f"bigfoot.log_mock.mock_log({self._level!r}, {report.value(self._message)}{name})"


class _Any:
    """Equals every name of a logger."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "None"


_ANY: Final = _Any()


def _level_name(level: int) -> str:
    if level in _STANDARD:
        return _STANDARD[level]  # whatever a program has renamed them to
    name: str = logging.getLevelName(level)
    return f"LEVEL_{level}" if name == f"Level {level}" else name


def _level_argument(level: Any) -> str:
    if isinstance(level, int) and not isinstance(level, bool):
        return _level_name(level)
    meant = ""
    if isinstance(level, str):
        name = {"WARN": "WARNING", "FATAL": "CRITICAL"}.get(level.upper(), level.upper())
        known = {*_STANDARD.values(), *logging.getLevelNamesMapping()}
        if name in known or re.fullmatch(r"LEVEL_\d+", name):
            return name
        if level in known:
            return level
        meant = report.meant(name, _STANDARD.values())
    raise InvalidArgumentError("level", level, f"there is no such level{meant}; give a name such as 'INFO'")


def _configured(name: str) -> int:
    level = logging.getLevelNamesMapping().get(name.upper())
    if level is None:
        raise BigfootConfigError(f"[tool.bigfoot] logging.level = {name!r}: give a level, such as 'INFO'")
    return level
