"""Everything that a test promised of redis, and how a call finds its own promise."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bigfoot import report
from bigfoot.errors import InvalidArgumentError, UnmockedInteractionError
from bigfoot.fake import Fake
from bigfoot.interaction import Interaction
from bigfoot.origin import Origin
from bigfoot.script import Queue, Step

from . import redis_commands
from .redis_argument import Argument, arguments
from .redis_chores import Conversation
from .redis_script import Message, Reply
from .redis_values import UnproducibleError
from .redis_wire import Push

MESSAGE = "redis:message"
_LONGEST = 200  # characters of a value in a line


@functools.lru_cache(maxsize=1024)
def source_of(command: str) -> str:
    """Return the source id of a command."""
    return f"redis:{command.lower()}"


def called(name: str, values: Iterable[Any]) -> str:
    """Return a command or message in one line."""
    shown = (text if len(text := repr(value)) <= _LONGEST else f"{text[:_LONGEST]}..." for value in values)
    return " ".join(["redis", name, *shown])


class Promises:
    """The promised replies, a queue for each command, and the promised messages.

    Arguments:
        plugin: whose they are; its interactions are left on its verifier's timeline.
    """

    def __init__(self, plugin: Fake) -> None:
        self._plugin = plugin
        self._verifier = plugin.verifier
        self._replies: dict[str, Queue[Reply]] = {}
        self._all: list[Step] = []
        self._messages: list[Message] = []

    def __bool__(self) -> bool:
        return bool(self._all)

    def add(self, step: Reply | Message) -> None:
        """Add a promise, behind the others."""
        with self._verifier.timeline.lock:
            self._all.append(step)
            if isinstance(step, Reply):
                self._replies.setdefault(step.command, Queue()).push(step)
            else:
                self._messages.append(step)

    def unused(self) -> list[Step]:
        """Return the promises that the verdict misses calls of."""
        return [step for step in self._all if step.wanting]

    def has(self, command: str) -> bool:
        """Tell whether a promise is left for a command."""
        return any(True for queue in self._queues(command) if len(queue))

    def take(
        self, command: str, words: list[bytes], protocol: int, origin: Callable[[], Origin]
    ) -> tuple[Reply, bytes] | None:
        """Use the next promise that is meant for a call, and leave an interaction; None if there is none.

        Returns:
            tuple: the promise, and the reply as bytes (empty where the promise is an exception).

        Raises:
            InvalidArgumentError: the call, made so, never gives the promised value.
        """
        queue = self._replies.get(command)
        first = None if queue is None else queue.peek()
        if queue is not None and first is not None and first.args is None:
            taken = self._use(queue, first, command, words, protocol, origin)
            if taken is not None:
                return taken
        for queue in self._queues(command):
            for step in self._meant(queue, command, words):
                taken = self._use(queue, step, command, words, protocol, origin)
                if taken is not None:
                    return taken
        return None

    def _use(
        self,
        queue: Queue[Reply],
        step: Reply,
        command: str,
        words: list[bytes],
        protocol: int,
        origin: Callable[[], Origin],
    ) -> tuple[Reply, bytes] | None:
        """Use a promise for a call, and leave an interaction; None if another thread was faster."""
        reply = b""
        if step.raised is None:
            try:
                reply = step.encoded(protocol, words)
            except UnproducibleError as error:
                told = f"{error} (RESP{protocol}; promised at {step.origin})"
                raise self._verifier.refuse(InvalidArgumentError("returns", step.returns, told)) from error
        interaction = Interaction(source_of(command), self._plugin, (command, words), step, origin=origin())
        if step.raised is not None:
            interaction.how = "error"
        timeline = self._verifier.timeline
        with timeline.lock:
            if step.left == 0:
                return None
            queue.use(step)
            timeline.add(interaction)
        interaction.done()
        return step, reply

    def _meant(self, queue: Queue[Reply], command: str, words: list[bytes]) -> Iterator[Reply]:
        """Yield the promises of a queue that are meant for a call. Runs user code: matchers."""
        with self._verifier.timeline.lock:
            steps = list(queue)
        args = arguments(command, words)
        yield from (step for step in steps if step.answers(args))

    def _queues(self, command: str) -> Iterator[Queue[Reply]]:
        if command in self._replies:
            yield self._replies[command]
        head, _, second = command.partition(" ")
        if second and head in self._replies:
            yield self._replies[head]

    def record(self, command: str, words: list[bytes], origin: Origin) -> None:
        """Leave an interaction for a command that no promise has answered."""
        interaction = Interaction(source_of(command), self._plugin, (command, words), origin=origin)
        self._verifier.timeline.append(interaction)
        interaction.done()

    def messages(self, peer: object, conversation: Conversation, origin: Origin) -> list[Push]:
        """Return the promised messages that a connection gets now, and leave their interactions."""
        sent: list[Push] = []
        timeline = self._verifier.timeline
        for step in self._messages:
            if step.left == 0 or peer in step.given:
                continue
            pushed = conversation.hears(step.channel, step.pattern)
            if pushed is None:
                continue
            call = (
                Argument(step.channel),
                Argument(step.data),
                None if step.pattern is None else Argument(step.pattern),
            )
            interaction = Interaction(MESSAGE, self._plugin, call, step, origin=origin)
            with timeline.lock:
                if step.left == 0:
                    continue
                step.used += 1
                step.left = None if step.left is None else step.left - 1
                step.given.append(peer)
                timeline.add(interaction)
            interaction.done()
            by = () if step.pattern is None else (step.pattern,)
            sent.append(Push((pushed, *by, step.channel, step.data)))
        return sent

    def unmocked(self, command: str, words: list[bytes], origin: Origin) -> UnmockedInteractionError:
        """Return the error for a command that nothing is promised for, remembered for the verdict."""
        args = arguments(command, words)
        fix = report.call("bigfoot.redis_mock.mock_command", {"returns": report.Raw("...")}, repr(command))
        notes: list[str] = []
        for queue in self._queues(command):
            notes += [f"promised for other arguments: {step.describe()}, at {step.origin}" for step in queue]
            if queue.spent:
                notes.append(f"{len(queue.spent)} promised before, and answered")
            if any(isinstance(step.raised, BaseException) for step in queue.spent):
                notes.append(
                    "redis-py tries again after a failed connection: promise it times=..., or Redis(retry=None)"
                )
        method = redis_commands.METHODS.get(command, "")
        if method in self._replies:
            notes.append(f"{method} is promised, but redis-py sends {method.lower()}() as {command}")
        hint = report.unmocked(called(command, args), origin=origin, fix=fix, notes=notes)
        error = UnmockedInteractionError(source_of(command), args, {}, hint)
        self._verifier.refuse(error)
        return error
