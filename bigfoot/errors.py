"""Every error that bigfoot raises.

    BigfootError
    ├── UnmockedInteractionError      a call arrived that nothing was promised for
    ├── InteractionMismatchError      the asserted interaction is not the one that happened
    ├── MissingAssertionFieldsError   an assertion left assertable fields out
    ├── UnassertedInteractionsError   verdict: interactions that nobody asserted
    ├── UnusedMocksError              verdict: promises that nobody claimed
    ├── VerificationError             verdict: several of these, or an unmocked call that was swallowed
    ├── AssertionInsideSandboxError   an assertion while its sandbox is still open
    ├── SandboxNotActiveError         a call whose sandbox is not open, or not any more
    ├── AmbiguousSandboxError         a call that belongs to one of several open sandboxes, and cannot tell which
    ├── NoActiveVerifierError         a module-level name was used outside a test
    ├── ConflictError                 another mock library holds the same ground
    ├── EndlessWaitError              a call that would wait for ever: the script is silent, the client has no timeout
    ├── InvalidStateError             a session was used in an order that its protocol forbids
    ├── InvalidArgumentError          a value that cannot be meant, refused where it was given
    ├── BigfootConfigError            a wrong value in [tool.bigfoot]
    └── AutoAssertError               a plugin asserted an interaction while recording it

All of them can be pickled; arguments of the constructor are the attributes of the same name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType, TracebackType
    from typing import Self

    from bigfoot.interaction import Interaction


Place = tuple[str, int, str]  # a function: its file, the line where it begins, its name


class BigfootError(Exception):
    """The base of every bigfoot error."""

    _stripped: frozenset[Place] = frozenset()

    def with_traceback(self, trace: TracebackType | None, /) -> Self:
        """Replace the traceback, as every exception can."""
        if trace is None:  # `TestCase.assertRaises` does so to what it catches; the verdict asks who caught it
            self._stripped = self.places()
        return super().with_traceback(trace)

    def places(self) -> frozenset[Place]:
        """Return the functions that the error has come through so far."""
        found = set(self._stripped)
        trace = self.__traceback__
        while trace is not None:
            found.add(place_of(trace.tb_frame.f_code))
            trace = trace.tb_next
        return frozenset(found)

    def __reduce__(self) -> tuple[Any, ...]:
        from bigfoot.rendering import portable

        made = super().__reduce__()
        assert isinstance(made, tuple)  # of the class, its arguments and its attributes
        return (made[0], *map(portable, made[1:]))

    def __repr__(self) -> str:
        # Not the arguments, as exceptions do: asyncio logs this text, and only the hints have their secrets masked.
        return f"{type(self).__name__}({str(self)!r})"


def place_of(code: CodeType) -> Place:
    """Return what tells a function from others, and can cross a process border."""
    return code.co_filename, code.co_firstlineno, code.co_qualname


class BigfootWarning(UserWarning):
    """Something that bigfoot can live with, but that the user should know."""


class UnmockedInteractionError(BigfootError):
    """A call was intercepted that nothing was promised for.

    Attributes:
        source_id: what was called.
        args_tuple: the positional arguments of the call.
        kwargs: its keyword arguments.
        hint: what happened and how to mock it, ready to paste.
    """

    def __init__(self, source_id: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], hint: str) -> None:
        super().__init__(source_id, args, kwargs, hint)
        self.source_id = source_id
        self.args_tuple = args
        self.kwargs = kwargs
        self.hint = hint

    def __str__(self) -> str:
        return self.hint


class UnassertedInteractionsError(BigfootError):
    """Interactions happened that no assertion claimed.

    Attributes:
        interactions: the interactions, in order.
        hint: the assertions that would claim them, ready to paste.
    """

    def __init__(self, interactions: Sequence[Interaction], hint: str) -> None:
        super().__init__(interactions, hint)
        self.interactions = interactions
        self.hint = hint

    def __str__(self) -> str:
        return self.hint


class UnusedMocksError(BigfootError):
    """Something was promised that nobody called.

    Attributes:
        mocks: the unused steps.
        hint: where they were promised, and how to make them optional.
    """

    def __init__(self, mocks: Sequence[Any], hint: str) -> None:
        super().__init__(mocks, hint)
        self.mocks = mocks
        self.hint = hint

    def __str__(self) -> str:
        return self.hint


class VerificationError(BigfootError):
    """The verdict found more than one kind of fault, or an unmocked call that the code under test swallowed.

    Attributes:
        unasserted: the `UnassertedInteractionsError`, or None.
        unused: the `UnusedMocksError`, or None.
        unmocked: the swallowed `UnmockedInteractionError`s.
    """

    def __init__(
        self,
        unasserted: UnassertedInteractionsError | None,
        unused: UnusedMocksError | None,
        unmocked: Sequence[BigfootError] = (),
    ) -> None:
        super().__init__(unasserted, unused, unmocked)
        self.unasserted = unasserted
        self.unused = unused
        self.unmocked = unmocked

    def __str__(self) -> str:
        swallowed = [f"The code under test swallowed this error:\n{error}" for error in self.unmocked]
        return "\n\n".join([*swallowed, *(str(part) for part in (self.unasserted, self.unused) if part is not None)])


class InteractionMismatchError(BigfootError):
    """The next interaction is not the asserted one.

    Attributes:
        expected: `{"source_id": ..., **fields}` as asserted.
        actual: the interaction that was compared, or None when there is none.
        hint: which field differs and how, and the nearest candidates.
    """

    def __init__(self, expected: Mapping[str, Any], actual: Interaction | None, hint: str) -> None:
        super().__init__(expected, actual, hint)
        self.expected = expected
        self.actual = actual
        self.hint = hint

    def __str__(self) -> str:
        return self.hint


class MissingAssertionFieldsError(BigfootError):
    """An assertion left assertable fields out.

    Attributes:
        missing_fields: the names of the fields.
        hint: the complete assertion, ready to paste.
    """

    def __init__(self, missing_fields: frozenset[str], hint: str = "") -> None:
        super().__init__(missing_fields, hint)
        self.missing_fields = missing_fields
        self.hint = hint

    def __str__(self) -> str:
        return self.hint or f"The assertion leaves out: {', '.join(sorted(self.missing_fields))}"


class SandboxNotActiveError(BigfootError):
    """A call was made whose sandbox is not open, or not any more.

    Attributes:
        source_id: what was called.
        hint: which sandbox, and where the task or thread came from.
    """

    def __init__(self, source_id: str, hint: str = "") -> None:
        super().__init__(source_id, hint)
        self.source_id = source_id
        self.hint = hint

    def __str__(self) -> str:
        return self.hint or f"{self.source_id} was called, but no sandbox is active: call it inside `with bigfoot:`."


class AmbiguousSandboxError(BigfootError):
    """A call came from a thread that belongs to none of the several open sandboxes.

    Attributes:
        sandboxes: where each open sandbox was entered, as `file:line`.
    """

    def __init__(self, sandboxes: Sequence[str]) -> None:
        super().__init__(sandboxes)
        self.sandboxes = sandboxes

    def __str__(self) -> str:
        places = "\n".join(f"  {place}" for place in self.sandboxes)
        return (
            "A call came from a thread that was started outside every sandbox, while several are open:\n"
            f"{places}\n"
            "Start the thread inside the sandbox that it belongs to, or open one sandbox at a time."
        )


class ConflictError(BigfootError):
    """Another mock library has taken the ground that bigfoot intercepts.

    Attributes:
        target: the attribute that it replaced.
        patcher: the name of the library.
    """

    def __init__(self, target: str, patcher: str) -> None:
        super().__init__(target, patcher)
        self.target = target
        self.patcher = patcher

    def __str__(self) -> str:
        return (
            f"{self.target} has been replaced by {self.patcher}: one of the two would silently win. "
            f"Stop {self.patcher} before the sandbox is entered, or do without one of them in this test."
        )


class EndlessWaitError(BigfootError):
    """A call would wait for ever: the script is silent from here on, and the client has set no timeout.

    Attributes:
        source_id: what was called.
        hint: what was waited for.
    """

    def __init__(self, source_id: str, hint: str = "") -> None:
        super().__init__(source_id, hint)
        self.source_id = source_id
        self.hint = hint

    def __str__(self) -> str:
        return self.hint or (
            f"{self.source_id}: the script is silent from here on and the client has no timeout, "
            "so the code would wait for ever in production too. Give the client a timeout, or the script an end."
        )


class InvalidStateError(BigfootError):
    """A session was used in an order that its protocol forbids.

    Attributes:
        source_id: the session.
        method: what was called.
        current_state: the state that the session is in.
        valid_states: the states in which the call is possible.
    """

    def __init__(self, source_id: str, method: str, current_state: str, valid_states: frozenset[str]) -> None:
        super().__init__(source_id, method, current_state, valid_states)
        self.source_id = source_id
        self.method = method
        self.current_state = current_state
        self.valid_states = valid_states

    def __str__(self) -> str:
        states = " or ".join(sorted(self.valid_states))
        return (
            f"{self.source_id}: {self.method}() is possible in state {states}, but the state is {self.current_state}."
        )


class InvalidArgumentError(BigfootError, ValueError, TypeError):
    """A value was given that cannot be meant. It is a `ValueError` and a `TypeError`, whichever is looked for.

    Attributes:
        parameter: the name of the parameter.
        value: what was given, as text.
        remedy: what would be right.
    """

    def __init__(self, parameter: str, value: object, remedy: str) -> None:
        shown = Shown.of(value, parameter)
        super().__init__(parameter, shown, remedy)
        self.parameter = parameter
        self.value = str(shown)
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.parameter}={self.value}: {self.remedy}"


class Shown(str):
    """The text of a value, cut to a readable length and its secrets masked, that stays itself when shown again."""

    __slots__ = ()

    @classmethod
    def of(cls, value: object, name: str) -> Shown:
        """Return the text of the value of this parameter."""
        if isinstance(value, Shown):
            return value
        from bigfoot.rendering import value as rendered

        text = rendered(value, name)
        return cls(text if len(text) <= 200 else f"{text[:200]}...")


class AssertionInsideSandboxError(BigfootError):
    """An assertion or verdict was asked for while the sandbox of the verifier is still open."""

    def __str__(self) -> str:
        return "Assert after the sandbox: move this line out of the `with bigfoot:` block."


class NoActiveVerifierError(BigfootError):
    """A module-level bigfoot name was used outside a test."""

    def __str__(self) -> str:
        return super().__str__() or (
            "No test is running, so there is no verifier: use bigfoot inside a test that pytest runs, "
            "or make your own with `verifier = bigfoot.StrictVerifier()`."
        )


class BigfootConfigError(BigfootError):
    """A value in `[tool.bigfoot]`, a marker or an option is not what it must be."""


class AutoAssertError(BigfootError):
    """A plugin marked an interaction as asserted while recording it: assertions belong to the test."""
