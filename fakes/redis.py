"""Redis: one script for `redis.Redis`, `redis.asyncio.Redis`, their pools, pipelines and subscriptions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from bigfoot import report
from bigfoot.errors import InvalidArgumentError
from bigfoot.fake import Fake, Source
from bigfoot.interaction import Interaction
from bigfoot.script import Step, times_argument
from bigfoot.transports import redis as client_library
from bigfoot.transports import socket
from bigfoot.transports.dial import Claim, Dial, claim
from bigfoot.verifier import StrictVerifier

from . import redis_commands
from .redis_argument import arguments
from .redis_peer import RedisPeer
from .redis_promises import MESSAGE, Promises, called, source_of
from .redis_script import Message, Reply, as_bytes
from .redis_stateful import Store

_PORTS: Final = frozenset({6379, 6380, 26379})
_NOTHING: Final = object()


class RedisPlugin(Fake):
    """`bigfoot.redis_mock`: answers redis-py, sync and async, over TCP, TLS and unix sockets.

    Every command has a source of its own for `assert_interaction`: `bigfoot.redis_mock.get`, `.config_get`, ...

    Attributes:
        message: the source of messages of channels.
        promises: what the test promised.
        store: what answers the commands that nothing is promised for; None unless `use_fakeredis` was called.

    Example:
        >>> bigfoot.redis_mock.mock_command("GET", returns=b"cached")  # doctest: +SKIP
        >>> bigfoot.redis_mock.assert_command("GET", args=("session:abc123",))  # doctest: +SKIP
    """

    name = "redis_mock"
    seams = socket.SEAMS
    takes = (Dial,)
    requires = "redis"

    def __init__(self, verifier: StrictVerifier) -> None:
        super().__init__(verifier)
        self.promises = Promises(self)
        self.store: Store | None = None
        self.message = Source(MESSAGE)

    def mock_command(
        self,
        command: str,
        *,
        returns: Any = _NOTHING,
        raises: BaseException | type[BaseException] | None = None,
        required: bool = True,
        times: int | None = 1,
        args: tuple[Any, ...] | list[Any] | None = None,
    ) -> None:
        """Promise the reply to a command; those to the same command are given in the order of their promises.

        Arguments:
            command: its name on the wire, in any case, such as `"GET"` or `"CONFIG GET"`.
            returns: what the caller of redis-py is to get; may be left out with `raises`. Text reaches a client
                without `decode_responses` as bytes.
            raises: an exception of redis-py or of the operating system that the caller is to get instead.
            required: whether the verdict misses the command when it never comes.
            times: how many calls it answers; None for any number.
            args: the arguments that the call must have, compared by value; None for any.

        Raises:
            InvalidArgumentError: redis has no such command, or no server can bring the value or exception about.

        Example:
            >>> bigfoot.redis_mock.mock_command("HGETALL", returns={"name": "Ada"})  # doctest: +SKIP
        """
        name = redis_commands.named(command)
        if returns is _NOTHING and raises is None:
            raise InvalidArgumentError("returns", "...", f"say what {name} returns, or raises")
        if args is not None and not isinstance(args, (tuple, list)):
            raise InvalidArgumentError("args", args, "give a tuple of the arguments after the command's name")
        step = Reply(
            name,
            None if returns is _NOTHING else returns,
            raises,
            None if args is None else tuple(args),
            client_library.callbacks,
            required=bool(required),
            times=times_argument(times),
        )
        self.promises.add(step)

    def mock_message(
        self,
        channel: str | bytes,
        data: Any,
        pattern: str | bytes | None = None,
        *,
        required: bool = True,
        times: int | None = 1,
    ) -> None:
        """Promise a message, sent to the first connection that subscribes to its channel, and recorded then.

        Arguments:
            channel: the channel that it was published to.
            data: what was published: text, bytes or a number.
            pattern: the pattern that the client subscribes to (`psubscribe`), or None for the channel itself.
            required: whether the verdict misses the subscription when it never comes.
            times: how many subscribers get it; None for every one.

        Raises:
            InvalidArgumentError: an argument cannot be meant.

        Example:
            >>> bigfoot.redis_mock.mock_message("news", "hello")  # doctest: +SKIP
        """
        step = Message(
            as_bytes("channel", channel),
            as_bytes("data", data),
            None if pattern is None else as_bytes("pattern", pattern),
            required=bool(required),
            times=times_argument(times),
        )
        self.promises.add(step)

    def use_fakeredis(self) -> None:
        """Let a redis in memory (fakeredis) answer the commands that nothing is promised for. They are recorded.

        Connections that are there already are not answered by it. Blocking commands wait for nothing, and messages
        come from `mock_message` alone: a subscriber does not get what the program itself publishes.

        Raises:
            InvalidArgumentError: fakeredis is not installed.

        Example:
            >>> bigfoot.redis_mock.use_fakeredis()  # doctest: +SKIP
        """
        if self.store is None:
            self.store = client_library.Store()

    def assert_command(self, command: str, args: Any = (), kwargs: Any = None) -> None:
        """Assert the next interaction: this command, with these arguments.

        Arguments:
            command: its name, in any case.
            args: the arguments after the name, compared by value: `"k"` is `b"k"`, and 5 is `b"5"`.
            kwargs: always `{}`; on the wire there are none.

        Raises:
            InteractionMismatchError: the next interaction is another one.
            InvalidArgumentError: redis has no such command.

        Example:
            >>> bigfoot.redis_mock.assert_command("SET", args=("session:abc123", b"new"))  # doctest: +SKIP
        """
        if isinstance(args, (str, bytes)):
            raise InvalidArgumentError("args", args, "give a tuple of the arguments after the command's name")
        name = redis_commands.named(command)
        name, given = redis_commands.whole(name, tuple(args) if isinstance(args, list) else args)
        self.verifier.assert_interaction(
            Source(source_of(name)), command=name, args=given, kwargs={} if kwargs is None else kwargs
        )

    def assert_message(self, channel: Any, data: Any, pattern: Any = None) -> None:
        """Assert the next interaction: this message has reached a subscriber.

        Arguments:
            channel: the channel.
            data: what the message says, compared by value.
            pattern: the pattern that it came by, or None.

        Raises:
            InteractionMismatchError: the next interaction is another one.

        Example:
            >>> bigfoot.redis_mock.assert_message("news", "hello")  # doctest: +SKIP
        """
        self.verifier.assert_interaction(self.message, channel=channel, data=data, pattern=pattern)

    def __getattr__(self, name: str) -> Source:
        command = redis_commands.attributes().get(name)
        if command is None:
            raise AttributeError(f"{type(self).__name__} has no {name!r}")
        return Source(source_of(command))

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *redis_commands.attributes()]

    def claims(self, call: Dial) -> int:
        scripted = bool(self.promises) or self.store is not None
        if call.kind == "datagram":
            return Claim.NONE
        # A redis client speaks first, and in arrays.
        speaks = None if call.first is None else call.first.startswith(b"*")
        return claim(call, bound=False, scripted=scripted, ports=_PORTS, speaks=speaks)

    def answer(self, call: Dial) -> RedisPeer | None:
        """Return the peer of a connection; None to be asked again when the client has said something."""
        if call.first is None and call.port not in _PORTS:
            return None
        return RedisPeer(self, call)

    def details(self, interaction: Interaction) -> dict[str, Any]:
        if interaction.source_id == MESSAGE:
            channel, data, pattern = interaction.call
            return {"channel": channel, "data": data, "pattern": pattern}
        command, words = interaction.call
        return {"command": command, "args": arguments(command, words), "kwargs": {}}

    def client(self, interaction: Interaction) -> str | None:
        return client_library.installed()

    def unused(self) -> Iterable[Step]:
        return self.promises.unused()

    def summary(self, interaction: Interaction) -> str:
        details = interaction.details
        if interaction.source_id == MESSAGE:
            return called("message", [value for value in details.values() if value is not None])
        return called(details["command"], details["args"])

    def assertion(self, interaction: Interaction) -> str:
        details = interaction.details
        if interaction.source_id == MESSAGE:
            given = {name: value for name, value in details.items() if value is not None}
            return report.statement("bigfoot.redis_mock.assert_message", given)
        given = {"args": details["args"]} if details["args"] else {}
        return report.statement("bigfoot.redis_mock.assert_command", given, repr(details["command"]))
