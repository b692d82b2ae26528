"""What a test promised of redis: replies to commands, and messages of channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bigfoot import report
from bigfoot.errors import InvalidArgumentError
from bigfoot.script import Step, is_exception
from bigfoot.values import Body

from .redis_argument import Argument
from .redis_chores import OWN_REPLY
from .redis_commands import Shape, shape
from .redis_errors import Raised, raised
from .redis_values import Callbacks, UnproducibleError, all_options, options, reply
from .redis_wire import encode

# Given a protocol, and whether modules' commands are meant: what turns parsed replies into what callers get.
Views = Callable[[int, bool], tuple[Callbacks, ...]]
_PROTOCOLS = (3, 2)


class Reply(Step):
    """A promised reply to a command.

    Arguments:
        command: its name.
        returns: what the caller of redis-py is to get.
        raises: the exception that the caller is to get instead, or None.
        args: the arguments that the call must have, or None for any.
        views: what redis-py makes of replies.

    Attributes:
        raised: what happens on the wire for the exception, or None.

    Raises:
        InvalidArgumentError: no reply of a server becomes this value, or exception.
    """

    __slots__ = ("_said", "_views", "_wire", "args", "command", "raised", "raises", "returns")

    def __init__(
        self,
        command: str,
        returns: Any,
        raises: BaseException | type[BaseException] | None,
        args: tuple[Any, ...] | None,
        views: Views,
        *,
        required: bool,
        times: int | None,
    ) -> None:
        if raises is not None and not is_exception(raises):
            raise InvalidArgumentError("raises", raises, "give an exception, or a class of exceptions")
        super().__init__(required=required, times=times)
        self.command = command
        self.returns = returns
        self.raises = raises
        self.args = args
        self.raised: Raised | None = None if raises is None else raised(command, raises)
        self._views = views
        self._wire: dict[int | tuple[int, str], bytes] = {}  # by protocol, and what is said of the call if anything
        self._said = shape(command) in (Shape.ANY, Shape.STATUS)
        if raises is None and command not in OWN_REPLY:
            self._check()

    def _check(self) -> None:
        """Refuse a value that the command never gives: in no protocol, however it is called."""
        first: UnproducibleError | None = None
        for protocol in _PROTOCOLS:
            for said in all_options(self.command) if self._said else ({},):
                try:
                    self._wire[protocol if not said else (protocol, str(said))] = self._encoded(protocol, said)
                    return
                except UnproducibleError as error:
                    first = first or error
        raise InvalidArgumentError("returns", self.returns, str(first)) from first

    def encoded(self, protocol: int, words: list[bytes]) -> bytes:
        """Return the reply to a call with these arguments as it stands on the wire.

        Raises:
            UnproducibleError: the call, made so and over this protocol, never gives the promised value.
        """
        said = options(self.command, words) if self._said else None
        key = protocol if not said else (protocol, str(said))
        found = self._wire.get(key)
        if found is None:
            found = self._wire[key] = self._encoded(protocol, said or {})
        return found

    def _encoded(self, protocol: int, said: Mapping[str, Any]) -> bytes:
        views = self._views(protocol, "." in self.command)
        try:
            return encode(reply(self.command, self.returns, protocol, said, views), protocol)
        except TypeError as error:
            raise UnproducibleError(str(error)) from error

    def answers(self, given: tuple[Body, ...]) -> bool:
        """Tell whether it is meant for a call with these arguments. Runs user code: matchers."""
        return self.args is None or bool(self.args == given)

    def describe(self) -> str:
        promised: dict[str, Any] = {"returns": self.returns} if self.raises is None else {"raises": self.raises}
        if self.args is not None:
            promised["args"] = self.args
        return report.call("bigfoot.redis_mock.mock_command", promised, repr(self.command))


class Message(Step):
    """A promised message of a channel.

    Arguments:
        channel: the channel.
        data: what the message says.
        pattern: the pattern that it reaches subscribers by, or None for those of the channel itself.

    Attributes:
        given: the connections that have got it.
    """

    __slots__ = ("channel", "data", "given", "pattern")

    def __init__(
        self, channel: bytes, data: bytes, pattern: bytes | None, *, required: bool, times: int | None
    ) -> None:
        super().__init__(required=required, times=times)
        self.channel = channel
        self.data = data
        self.pattern = pattern
        self.given: list[object] = []

    def describe(self) -> str:
        pattern = {} if self.pattern is None else {"pattern": Argument(self.pattern)}
        shown = {"channel": Argument(self.channel), "data": Argument(self.data), **pattern}
        return report.call("bigfoot.redis_mock.mock_message", shown)


def as_bytes(parameter: str, value: Any) -> bytes:
    """Return text, bytes or a number as redis-py sends it.

    Raises:
        InvalidArgumentError: it is none of these.
    """
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return repr(value).encode()
    raise InvalidArgumentError(parameter, value, "give text, bytes or a number")
