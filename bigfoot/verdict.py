"""The verdict over a test: what was not asserted, what was not called, and what was swallowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import CodeType
from typing import TYPE_CHECKING, TypeVar

from bigfoot import report
from bigfoot.errors import (
    BigfootError,
    UnassertedInteractionsError,
    UnusedMocksError,
    VerificationError,
    place_of,
)

if TYPE_CHECKING:
    from bigfoot.interaction import Interaction
    from bigfoot.script import Step

T = TypeVar("T")


class Verdict:
    """What is known against a test, and what of it was said already.

    Attributes:
        breaches: the unmocked calls so far; each is an error that was raised in the code under test.
        own: the code of the test itself: where it entered a sandbox, and its functions that expect errors.
    """

    def __init__(self) -> None:
        self.breaches: list[BigfootError] = []
        self.own: set[CodeType] = set()
        self._said: set[int] = set()

    def all(self, left: Sequence[Interaction], unused: Sequence[Step]) -> None:
        """Raise what there is to say.

        Arguments:
            left: interactions that nobody asserted.
            unused: steps that nobody called.

        Raises:
            UnassertedInteractionsError: there are only such.
            UnusedMocksError: there are only such.
            VerificationError: there are several kinds of findings, or an unmocked call that was swallowed.
        """
        __tracebackhide__ = True
        self._raise(left, unused, self._swallowed())

    def rest(self, left: Sequence[Interaction], unused: Sequence[Step]) -> None:
        """Raise what there is to say and was not said before; see `all`."""
        __tracebackhide__ = True
        said = self._said
        self._raise(_news(left, said), _news(unused, said), _news(self._swallowed(), said))

    def shown(self, errors: Iterable[BigfootError]) -> None:
        """Note errors that the test has failed with: they need not be said again, nor were they swallowed."""
        self._said.update(map(id, errors))

    def _raise(self, left: Sequence[Interaction], unused: Sequence[Step], swallowed: Sequence[BigfootError]) -> None:
        __tracebackhide__ = True
        self._said.update(id(finding) for finding in (*left, *unused, *swallowed))
        unasserted_error = UnassertedInteractionsError(left, report.unasserted(left)) if left else None
        unused_error = UnusedMocksError(unused, report.unused(unused)) if unused else None
        if swallowed or (unasserted_error and unused_error):
            cause = swallowed[0] if swallowed else None
            raise VerificationError(unasserted_error, unused_error, tuple(swallowed)) from cause
        if unasserted_error is not None:
            raise unasserted_error
        if unused_error is not None:
            raise unused_error

    def _swallowed(self) -> list[BigfootError]:
        """Return the breaches that never reached the test's own frame: somebody below it caught them."""
        own = {place_of(code) for code in self.own}
        return [breach for breach in self.breaches if own.isdisjoint(breach.places())]


def _news(findings: Iterable[T], said: set[int]) -> list[T]:
    return [finding for finding in findings if id(finding) not in said]
