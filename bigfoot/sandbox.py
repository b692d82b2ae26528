"""The two contexts of a test: the sandbox that answers its calls, and the block whose assertions have no order."""

from __future__ import annotations

from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any

from bigfoot import context
from bigfoot.errors import (
    AmbiguousSandboxError,
    AssertionInsideSandboxError,
    BigfootError,
    SandboxNotActiveError,
)
from bigfoot.origin import Origin, caller

if TYPE_CHECKING:
    from bigfoot.verifier import StrictVerifier


class SandboxContext:
    """While it is open, every external call is answered from what the test promised.

    Works with `with` and `async with` alike; both give the verifier. It can be entered once.

    Example:
        >>> with bigfoot.sandbox() as verifier:  # doctest: +SKIP
        ...     client.get("https://api.example.com/")
    """

    # What bigfoot.context asks of a sandbox, besides `ambiguity`:
    live: bool
    parent: SandboxContext | None
    flow: tuple[int, object] | None
    kinds: frozenset[type]

    def __init__(self, verifier: StrictVerifier) -> None:
        self.verifier = verifier
        self._answers = verifier.answers
        self.unheard = verifier.unheard
        self.live = False
        self.parent = None
        self.flow = None
        self.kinds = frozenset()
        self.origin: Origin | None = None

    def answer(self, call: Any) -> Any:
        """Answer a call of a seam; see `StrictVerifier.answer`.

        Raises:
            SandboxNotActiveError: the sandbox has ended; a task or thread that it started is still at work.
        """
        if not self.live:
            raise self._ended(call)
        answer = self._answers.get(type(call))
        return self.verifier.answer(call) if answer is None else answer(call)

    def _enter(self, depth: int) -> StrictVerifier:
        if self.origin is not None:
            raise BigfootError(
                f"This sandbox was entered before, at {self.origin}; make another with bigfoot.sandbox()"
            )
        self.kinds = self.verifier.prepare()
        self.origin = caller(depth)
        self.verifier.opened(self, self.origin.code)
        self.live = True
        try:
            context.enter(self)
        except BaseException:  # an interrupt: no `with` will leave what was not entered
            self._exit()
            raise
        return self.verifier

    def _exit(self) -> None:
        # May come a second time: an interrupt cut the first one short, or the verdict had abandoned the sandbox.
        try:
            if self.live:
                self.verifier.settle()
        finally:
            self.live = False
            context.leave(self)
            self.verifier.closed(self)

    def __enter__(self) -> StrictVerifier:
        return self._enter(3)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit()

    async def __aenter__(self) -> StrictVerifier:
        return self._enter(3)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit()

    def ambiguity(self, roots: list[SandboxContext]) -> AmbiguousSandboxError:
        """Return the error for a call that belongs to one of several open sandboxes, and cannot tell which."""
        return AmbiguousSandboxError([str(sandbox.origin) for sandbox in roots])

    def _ended(self, call: Any) -> SandboxNotActiveError:
        from bigfoot import report

        source = getattr(call, "source_id", type(call).__name__)
        return SandboxNotActiveError(source, report.call_after_sandbox(self, call, source))


_unordered: ContextVar[int] = ContextVar("bigfoot_unordered", default=0)


def in_order() -> bool:
    """Tell whether assertions must follow the order of the timeline here."""
    return _unordered.get() == 0


class InAnyOrderContext:
    """Inside it, each assertion finds its interaction anywhere on the timeline. Works with `with` and `async with`.

    Raises:
        AssertionInsideSandboxError: a sandbox is open here.
    """

    def __enter__(self) -> None:
        if context.here() is not None:
            raise AssertionInsideSandboxError
        _unordered.set(_unordered.get() + 1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _unordered.set(max(0, _unordered.get() - 1))

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)
