"""StrictVerifier: one test's fakes, its timeline, and the verdict over both."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from bigfoot import config as settings
from bigfoot import context, report, seam, threads
from bigfoot.assertion import check_order, claim
from bigfoot.discovery import fakes
from bigfoot.errors import AssertionInsideSandboxError, BigfootError, InvalidArgumentError
from bigfoot.fake import Fake
from bigfoot.sandbox import InAnyOrderContext, SandboxContext
from bigfoot.timeline import Timeline
from bigfoot.verdict import Verdict

if TYPE_CHECKING:
    from types import CodeType

    from bigfoot.config import Config
    from bigfoot.interaction import Interaction
    from bigfoot.script import Step

F = TypeVar("F", bound=Fake)


class StrictVerifier:
    """Every call recorded, every record asserted, every promise kept.

    pytest gives each test one; make your own to use bigfoot elsewhere.

    Arguments:
        config: the settings; None for those of `[tool.bigfoot]`.

    Attributes:
        timeline: the interactions, in order.
        answers: who answers calls of which shape; filled as calls arrive.
        unheard: what no plugin wants to hear of, so that its seam need not ask; it may be emptied at any time.
        verdict: what is known against the test: its unmocked calls, and which code is its own.

    Example:
        >>> verifier = StrictVerifier()
        >>> with verifier.sandbox():
        ...     pass
        >>> verifier.verify_all()
    """

    def __init__(self, config: Config | None = None) -> None:
        self.config = settings.session() if config is None else config
        self.config.check_names(fakes())
        self.timeline = Timeline()
        self.verdict = Verdict()
        self._plugins: dict[str, Fake] = {}
        self._lock = threading.RLock()
        self.answers: dict[type, Callable[[Any], Any]] = {}
        self.unheard: set[object] = set()
        self._open: list[SandboxContext] = []

    def plugin(self, kind: str | type[F]) -> Any:
        """Return this verifier's plugin by its public name or class, made on first use."""
        name = kind if isinstance(kind, str) else kind.name
        with self._lock:  # also to look: another thread may have it half made
            found = self._plugins.get(name)
            if found is not None:
                return found
            if not isinstance(kind, str):
                return kind(self)
            if kind not in fakes():
                known = f"{report.meant(kind, fakes())}; there are {', '.join(sorted(fakes()))}"
                raise InvalidArgumentError("kind", kind, f"there is no such plugin{known}")
            return fakes()[kind](self)

    def adopt(self, plugin: Fake) -> None:
        """Take a new plugin in; called by its constructor.

        Raises:
            ValueError: there is one of this name already.
        """
        with self._lock:
            if plugin.name in self._plugins:
                raise InvalidArgumentError(
                    "verifier",
                    self,
                    f"it has a {type(plugin).__name__} already; get it with verifier.plugin({plugin.name!r})",
                )
            self._plugins[plugin.name] = plugin
            self.answers.clear()

    def prepare(self) -> frozenset[type]:
        """Put the seams on for a sandbox, and return the shapes of the calls that it answers."""
        enabled = tuple(fake for fake in fakes().values() if self._enables(fake))
        seam.install([*threads.SEAMS, *(one for fake in enabled for one in fake.seams)])
        return _shapes(enabled)

    def _enables(self, fake: type[Fake]) -> bool:
        return fake.name in self._plugins or (self.config.enables(fake.name) and fake.available())

    def answer(self, call: Any) -> Any:
        """Answer one call of a seam, in the shape that the seam expects.

        Raises:
            UnmockedInteractionError: nothing was promised for it.
        """
        answer = self.answers.get(type(call))
        if answer is None:
            answer = self.answers[type(call)] = self._answerer(type(call))
        return answer(call)

    def rank(self, call: Any) -> int:
        """Return the highest claim that any plugin makes on a call; nothing is answered and nothing is recorded."""
        return max((taker.claims(call) for taker in self.takers(type(call))), default=0)

    def takers(self, shape: type) -> list[Fake]:
        """Return the plugins that answer calls of a shape."""
        return [self.plugin(fake) for fake in fakes().values() if shape in fake.takes and self._enables(fake)]

    def _answerer(self, shape: type) -> Callable[[Any], Any]:
        known = [fake for fake in fakes().values() if shape in fake.takes]
        # An explicit transport asks for a plugin that is disabled: it is what the test wants, then.
        takers = [fake for fake in known if self._enables(fake)] or known
        if not takers:
            raise BigfootError(f"No plugin takes calls of the shape {shape.__name__}")
        if len(takers) == 1:
            only: Fake = self.plugin(takers[0])
            return only.answer

        def answer_by_claim(call: Any) -> Any:
            plugins: list[Fake] = [self.plugin(taker) for taker in takers]
            return max(plugins, key=lambda plugin: plugin.claims(call)).answer(call)

        return answer_by_claim

    def refuse(self, error: BigfootError) -> BigfootError:
        """Remember a breach and return it, to be raised: the verdict fails the test even if somebody swallows it."""
        self.verdict.breaches.append(error)
        return error

    def sandbox(self) -> SandboxContext:
        """Return a context manager, sync and async, in which external calls are answered by this verifier."""
        return SandboxContext(self)

    def in_any_order(self) -> InAnyOrderContext:
        """Return a context manager in which assertions need not follow the order of the timeline."""
        return InAnyOrderContext()

    def opened(self, sandbox: SandboxContext, by: CodeType) -> None:
        """Note that a sandbox of this verifier was opened by this code, which is the test's own."""
        self._open.append(sandbox)
        self.verdict.own.add(by)

    def settle(self) -> None:
        """Take in what is still on its way to the plugins."""
        for plugin in list(self._plugins.values()):
            plugin.settle()

    def closed(self, sandbox: SandboxContext) -> None:
        """Note that a sandbox of this verifier has ended."""
        if sandbox in self._open:
            self._open.remove(sandbox)

    @property
    def open(self) -> bool:
        """Whether a sandbox of this verifier is open, anywhere in the process."""
        return bool(self._open)

    @property
    def nested(self) -> bool:
        """Whether several of its sandboxes are open, so that one is left in the midst of another."""
        return len(self._open) > 1

    def mock(self, name: str, wraps: object = None, *, spec: object = None) -> Any:
        """Return the mock of this name, made on first use; see `bigfoot.mock`."""
        return self.plugin("mock").get_or_create_proxy(name, wraps, spec=spec)

    def spy(self, name: str, real: object) -> Any:
        """Return the mock of this name that calls through to a real object; see `bigfoot.spy`."""
        if real is None:
            raise InvalidArgumentError("real", real, "give the object to call through to")
        return self.plugin("mock").get_or_create_proxy(name, real)

    def assert_interaction(self, source: Any, **expected: Any) -> None:
        """Assert the next interaction: where it comes from, and every assertable field of it.

        Arguments:
            source: what was called, such as `bigfoot.http.request` or a method of a mock.
            expected: the fields by name; values are compared with `==`, the expected one on the left.

        Raises:
            AssertionInsideSandboxError: the sandbox is still open.
            InteractionMismatchError: the next interaction is another one, or a field differs.
            MissingAssertionFieldsError: a field was left out.
            InvalidArgumentError: there is no such field, or the source is none.

        Example:
            >>> verifier.assert_interaction(payment.charge, args=(100,), kwargs={})  # doctest: +SKIP
        """
        source_id = getattr(source, "source_id", None)
        if not isinstance(source_id, str):
            raise InvalidArgumentError("source", source, "give what was called, such as bigfoot.http.request")
        self.claim(source_id, expected)

    def before(self, first: Any, second: Any) -> None:
        """Assert that one thing happened before another, across all plugins. It claims no interaction.

        Arguments:
            first: a source, such as `bigfoot.http.request`, or one call of `bigfoot.http.calls`.
            second: likewise; every interaction meant by `first` must come before every one meant by `second`.

        Raises:
            AssertionInsideSandboxError: the sandbox is still open.
            InteractionMismatchError: one of the two did not happen, or they happened the other way round.
            InvalidArgumentError: it is neither a source nor a call.
        """
        self.refuse_inside()
        check_order(self.timeline, first, second)

    def claim(self, source_id: str, expected: Mapping[str, Any], *, owed: str | None = None) -> Interaction:
        """Find the interaction that an assertion means, compare it and mark it as asserted.

        Arguments:
            source_id: what was called.
            expected: the expected fields.
            owed: what is still owed after this assertion; fields may then be left out for now.
        """
        self.refuse_inside()
        return claim(self.timeline, source_id, expected, owed=owed, complete=self.config.require_all_fields)

    def refuse_inside(self) -> None:
        """Raise if a sandbox of this verifier is open here.

        Raises:
            AssertionInsideSandboxError: it is.
        """
        sandbox = context.here()
        while sandbox is not None:
            if sandbox.verifier is self and sandbox.live:
                raise AssertionInsideSandboxError
            sandbox = sandbox.parent

    def abandon(self) -> list[str]:
        """End every sandbox that is still open, and return where each was entered."""
        left = [sandbox for sandbox in self._open if sandbox.live]
        for sandbox in reversed(self._open.copy()):
            sandbox.__exit__(None, None, None)
        return [str(sandbox.origin) for sandbox in left]

    def verify_all(self) -> None:
        """Judge: every interaction asserted, every promise used, no unmocked call swallowed.

        Raises:
            UnassertedInteractionsError: interactions that no assertion claimed.
            UnusedMocksError: promises that nobody called.
            VerificationError: both of these, or an unmocked call that the code under test swallowed.
            AssertionInsideSandboxError: the sandbox is still open.
        """
        self.refuse_inside()
        self.verdict.all(self.timeline.unasserted(), self._unused())

    def verify_rest(self) -> None:
        """Judge as `verify_all`, open sandboxes or not, leaving out what an earlier verdict has already said."""
        __tracebackhide__ = True
        self.verdict.rest(self.timeline.unasserted(), self._unused())

    def _unused(self) -> list[Step]:
        return [step for plugin in list(self._plugins.values()) for step in plugin.unused()]


@functools.lru_cache(16)
def _shapes(enabled: tuple[type[Fake], ...]) -> frozenset[type]:
    """Return the shapes of the calls that these plugins answer."""
    return frozenset(shape for fake in enabled for shape in fake.takes)
