"""What a test promised, and where it promised it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from bigfoot.errors import InvalidArgumentError
from bigfoot.origin import Origin, caller

S = TypeVar("S", bound="Step")


class Step:
    """One promise of an answer.

    Attributes:
        required: whether the verdict misses it when nobody calls.
        left: how many more calls it answers; None for any number.
        used: how many calls it has answered.
        origin: the line that promised it.
    """

    __slots__ = ("left", "origin", "required", "used")

    def __init__(self, *, required: bool = True, times: int | None = 1, origin: Origin | None = None) -> None:
        self.required = required
        self.left = times
        self.used = 0
        self.origin = caller(2) if origin is None else origin

    @property
    def wanting(self) -> bool:
        """Whether the verdict misses calls: a required step that was not used, or not as often as promised."""
        return self.required and (self.used == 0 if self.left is None else self.left > 0)

    def describe(self) -> str:
        """Return the promise in one line, as the test wrote it."""
        return repr(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _revive, (self.describe(), self.required, self.left, self.used, self.origin)


class Told(Step):
    """A step that crossed a process border: what it was promised for stays behind, its text travels."""

    __slots__ = ("text",)

    def __init__(self, text: str, *, required: bool, origin: Origin) -> None:
        super().__init__(required=required, origin=origin)
        self.text = text

    def describe(self) -> str:
        return self.text


def _revive(text: str, required: bool, left: int | None, used: int, origin: Origin) -> Told:
    told = Told(text, required=required, origin=origin)
    told.left, told.used = left, used
    return told


class Queue(Generic[S]):
    """Steps that are consumed first in, first out. Not thread-safe: its plugin holds the timeline's lock.

    Attributes:
        steps: those that are left.
    """

    __slots__ = ("_spent", "steps")

    def __init__(self) -> None:
        self.steps: deque[S] = deque()
        self._spent: list[S] = []

    def push(self, step: S) -> None:
        """Put a step at the end."""
        self.steps.append(step)

    def peek(self) -> S | None:
        """Return the next step, or None when there is none left."""
        return self.steps[0] if self.steps else None

    def take(self) -> S | None:
        """Use the next step once and return it, or None when there is none left."""
        if not self.steps:
            return None
        step = self.steps[0]
        self.use(step)
        return step

    def use(self, step: S) -> None:
        """Use this step once; a step that has answered all its calls is spent."""
        step.used += 1
        if step.left is not None:
            step.left -= 1
            if step.left == 0:
                self._spent.append(step)
                if self.steps[0] is step:
                    self.steps.popleft()
                else:
                    self.steps.remove(step)

    def __iter__(self) -> Iterator[S]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def spent(self) -> list[S]:
        """The steps that have answered all their calls."""
        return self._spent

    def wanting(self) -> list[S]:
        """Return the steps that the verdict misses calls of."""
        return [step for step in self.steps if step.wanting]


def times_argument(times: Any) -> int | None:
    """Check a `times=` argument: a positive number of calls, or None for any number.

    Raises:
        InvalidArgumentError: it is neither.
    """
    if times is None or (isinstance(times, int) and not isinstance(times, bool) and times > 0):
        return times
    raise InvalidArgumentError("times", times, "give a positive number of calls, or None for any number")


def flag_argument(name: str, flag: Any) -> bool:
    """Check an argument that is True or False.

    Raises:
        InvalidArgumentError: it is neither.
    """
    if isinstance(flag, bool):
        return flag
    raise InvalidArgumentError(name, flag, "give True or False")


def is_exception(value: Any) -> bool:
    """Tell whether a value can be raised: an exception, or a class of exceptions."""
    return isinstance(value, BaseException) or (isinstance(value, type) and issubclass(value, BaseException))
