"""Sessions: scripts of named steps, one per connection or process, and the state machine that both sides keep.

A protocol declares its steps in one table (name, fields, from which states, to which). From the table come the
checks of `expect`, the checks of the calls, the assertable fields, and the guide's diagram.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from bigfoot import report
from bigfoot.errors import InvalidArgumentError, InvalidStateError, UnmockedInteractionError
from bigfoot.fake import Fake, Source
from bigfoot.interaction import Interaction
from bigfoot.origin import Origin, caller
from bigfoot.queued import Queued, whichever
from bigfoot.script import Step, is_exception
from bigfoot.steps import Kind, SessionStep, diagram, kind_of

if TYPE_CHECKING:
    from bigfoot.verifier import StrictVerifier

__all__ = ["Kind", "Session", "SessionFake", "SessionStep"]
_NOTHING = object()


class Session:
    """The script of one connection or process; made by `new_session()` of its plugin.

    Attributes:
        plugin: the plugin whose connection it scripts.
        binding: what the connection must be for this session to answer it (`host`, `port`, ...); empty for any.
        state: where the state machine is.
        origin: the line that made it.
    """

    def __init__(self, plugin: SessionFake[Any], binding: Mapping[str, Any]) -> None:
        self.plugin = plugin
        self.binding = binding
        self.origin = caller()
        self.state = plugin.initial
        self._scripted = {plugin.initial}
        self._steps: deque[SessionStep] = deque()

    def expect(
        self,
        method: str,
        *,
        returns: Any = _NOTHING,
        raises: BaseException | type[BaseException] | None = None,
        required: bool = True,
        **options: Any,
    ) -> Self:
        """Promise the next step, and return the session, so that steps can be chained.

        Arguments:
            method: the name of the step; the guide of the protocol lists them.
            returns: what the step gives; may be left out with `raises`.
            raises: an exception that the step ends in instead.
            required: whether the verdict misses the step when it never comes.
            options: what else the protocol lets a step do.

        Raises:
            InvalidArgumentError: there is no such step, or a value cannot be meant.
            InvalidStateError: the step cannot follow the ones before it.
        """
        kind = self.plugin.kind(method)
        if returns is _NOTHING and raises is None:
            raise InvalidArgumentError("returns", "...", f"say what {method!r} gives: {kind.returns}")
        if raises is not None and not is_exception(raises):
            raise InvalidArgumentError("raises", raises, "give an exception, or a class of exceptions")
        possible = self._scripted.intersection(kind.states)
        if not possible:
            state = " or ".join(sorted(self._scripted))
            raise InvalidStateError(f"{self.plugin.source}:session", method, state, frozenset(kind.states))
        step = SessionStep(method, None if returns is _NOTHING else returns, raises, options, required=required)
        self.plugin.check(step)
        # A step that is optional, or done by itself in production, may be left out: both states stay possible.
        after = {kind.to} if kind.to else possible
        self._scripted = after | (self._scripted if not required else set())
        with self.plugin.verifier.timeline.lock:
            self._steps.append(step)
        return self

    def peek(self) -> SessionStep | None:
        """Return the next step, or None when the script is at its end."""
        try:
            return self._steps[0]
        except IndexError:
            return None

    def next_is(self, *names: str) -> bool:
        """Tell whether the next step is one of these."""
        return (step := self.peek()) is not None and step.name in names

    def upcoming(self, *names: str) -> SessionStep | None:
        """Return the next step of one of these names if only optional ones come before it."""
        for step in self.remaining():
            if step.name in names or step.required:
                return step if step.name in names else None
        return None

    def remaining(self) -> list[SessionStep]:
        """Return the steps that are still to come."""
        return list(self._steps)

    def take(
        self,
        name: str,
        details: Mapping[str, Any],
        *,
        origin: Origin | None = None,
        settle: Callable[[SessionStep], Any] | None = None,
    ) -> SessionStep:
        """Use the next step, which must be of this name, and leave an interaction: one atomic step.

        Arguments:
            name: what the client does.
            details: the assertable fields.
            origin: the calling line, where the seam knows better than the stack.
            settle: called with the step under the lock, to change state of the peer along with it; no user code.

        Raises:
            InvalidStateError: the connection is not in a state for it.
            UnmockedInteractionError: the script promises something else, or nothing more.
        """
        plugin = self.plugin
        kind, source_id = plugin.rows[name]
        interaction = Interaction(source_id, plugin, dict(details), origin=origin or caller())
        timeline = plugin.verifier.timeline
        with timeline.lock:
            step = self._steps[0] if self._steps else None
            if self.state in kind.states and step is not None:
                while step.name != name and not step.required and len(self._steps) > 1:
                    self._steps.popleft()  # an optional step that did not come
                    step = self._steps[0]
                if step.name == name:
                    self._steps.popleft()
                    step.used += 1
                    step.left = 0
                    self.state = kind.to or self.state
                    step.interaction = interaction
                    interaction.answer = step
                    interaction.how = "error" if step.raises is not None else "mock"
                    timeline.add(interaction)
                    if settle is not None:
                        settle(step)
                    interaction.done()
                    return step
        if self.state not in kind.states:
            raise plugin.verifier.refuse(InvalidStateError(source_id, name, self.state, frozenset(kind.states)))
        raise plugin.refusal(name, details, origin=interaction.origin, session=self, step=step)

    def leave(
        self,
        name: str,
        details: Mapping[str, Any],
        *,
        origin: Origin | None = None,
        step: SessionStep | None = None,
        optional: bool = False,
    ) -> Interaction:
        """Leave an interaction that takes no step: the rest of one that was used already, or a chore.

        Arguments:
            name: what the client does.
            details: the assertable fields.
            origin: the calling line, where the seam knows better than the stack.
            step: the step that it is the rest of.
            optional: whether the verdict does without an assertion of it.
        """
        source_id, where = f"{self.plugin.source}:{name}", origin or caller()
        interaction = Interaction(source_id, self.plugin, dict(details), step, origin=where, optional=optional)
        interaction.done()
        self.plugin.verifier.timeline.append(interaction)
        return interaction

    def wanting(self) -> list[SessionStep]:
        """Return the required steps that were not used."""
        return [step for step in self.remaining() if step.required]


S = TypeVar("S", bound=Session)


class SessionFake(Fake, Generic[S]):
    """The base of protocols whose script is sessions.

    Attributes:
        table: the kinds of steps.
        source: the head of its source ids, such as `"socket"` in `"socket:connect"`.
        initial: the state in which a session begins.
        session: the class of its sessions.
        rows: the kinds by name, with their source ids.
    """

    table: ClassVar[tuple[Kind, ...]]
    source: ClassVar[str]
    initial: ClassVar[str]
    session: ClassVar[type[Any]] = Session

    def __init__(self, verifier: StrictVerifier) -> None:
        super().__init__(verifier)
        self._sessions: Queued[S] = Queued(self.place, verifier.timeline.lock)
        self.rows = {kind.name: (kind, f"{self.source}:{kind.name}") for kind in self.table}
        for name, (_, source_id) in self.rows.items():
            setattr(self, name, Source(source_id))

    @classmethod
    def kind(cls, name: Any) -> Kind:
        """Return the row of the table for a step.

        Raises:
            InvalidArgumentError: there is no such step; it says which one may be meant.
        """
        return kind_of(cls.table, name)

    def check(self, step: SessionStep) -> None:
        """Refuse a step whose values cannot be meant; by default only options.

        Raises:
            InvalidArgumentError: it names the option or value.
        """
        for option, given in step.options.items():
            raise InvalidArgumentError(option, given, f"{step.name!r} takes returns, raises and required")

    def _add_session(self, **binding: Any) -> S:
        """Make a session for connections that are as the binding says; None in it stands for any."""
        bound = {name: value for name, value in binding.items() if value is not None}
        session: S = self.session(self, bound)
        self._sessions.add(session)
        return session

    @staticmethod
    def place(binding: Mapping[str, Any]) -> Hashable:
        """Return where the sessions of a binding are looked for, where not everywhere."""
        return None

    def first(self, matches: Callable[[S], bool] = whichever, places: Iterable[Hashable] | None = None) -> S | None:
        """Return the session that `begin` would take."""
        return self._sessions.first(matches, places, take=False)

    def begin(self, matches: Callable[[S], bool] = whichever, places: Iterable[Hashable] | None = None) -> S | None:
        """Take the first queued session that matches, bound ones before free ones; None if there is none."""
        return self._sessions.first(matches, places, take=True)

    def queued(self) -> list[S]:
        """Return the sessions that no connection has taken yet."""
        return self._sessions.queued()

    def refusal(
        self,
        name: str,
        details: Mapping[str, Any],
        *,
        origin: Origin | None = None,
        session: S | None = None,
        step: SessionStep | None = None,
        notes: Sequence[str] = (),
    ) -> UnmockedInteractionError:
        """Return the error for a call that no step was promised for, remembered for the verdict.

        Arguments:
            name: what the client does.
            details: the assertable fields.
            origin: the calling line.
            session: the session of the connection; None where no session was left to answer it.
            step: the step that the session promises instead; None at the end of its script.
            notes: what else is known of the call, a line each.
        """
        where = origin or caller()
        hint = report.unscripted(self, name, details, origin=where, session=session, step=step, notes=notes)
        error = UnmockedInteractionError(f"{self.source}:{name}", (), dict(details), hint)
        self.verifier.refuse(error)
        return error

    def details(self, interaction: Interaction) -> dict[str, Any]:
        call: dict[str, Any] = interaction.call
        return call

    def fields(self, interaction: Interaction) -> tuple[str, ...]:
        return self.kind(interaction.source_id.rpartition(":")[2]).fields

    def unused(self) -> Iterable[Step]:
        return [step for session in [*self._sessions.begun, *self.queued()] for step in session.wanting()]

    def summary(self, interaction: Interaction) -> str:
        given = ", ".join(f"{name}={report.value(value, name)}" for name, value in interaction.details.items())
        return f"{interaction.source_id}({given})"

    def assertion(self, interaction: Interaction) -> str:
        method = interaction.source_id.rpartition(":")[2]
        return report.statement(f"bigfoot.{self.name}.assert_{method}", interaction.details)

    @classmethod
    def diagram(cls) -> str:
        """Return the state machine as a Mermaid state diagram, for the guide."""
        return diagram(cls.table, cls.initial)
