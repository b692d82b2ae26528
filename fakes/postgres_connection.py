"""How a server takes its client in, reads its messages one by one, and reports what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, Protocol

from . import postgres_messages as messages
from .postgres_auth import Login
from .postgres_errors import CANCELED, PROTOCOL_VIOLATION, Failure
from .postgres_messages import Column, Message, MessageReader, ProtocolError, Reader
from .postgres_result import Result

_SETTINGS: Final = {
    "server_version": "17.0",
    "server_encoding": "UTF8",
    "client_encoding": "UTF8",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "integer_datetimes": "on",
    "standard_conforming_strings": "on",
    "is_superuser": "off",
    "in_hot_standby": "off",
    "default_transaction_read_only": "off",
}


class Script(Protocol):
    """What a server asks: who may connect, and what statements give."""

    def started(self, parameters: Mapping[str, str]) -> Login | None:
        """Let a client in; return what asks it for a password, or None for nothing. May raise `Failure`."""
        raise NotImplementedError

    def cancel(self, pid: int, secret: int) -> None:
        """Take a request to cancel what another connection is doing."""
        raise NotImplementedError

    def parameters(self, sql: str) -> list[int]:
        """Return the types of a statement's parameters."""
        raise NotImplementedError

    def columns(self, sql: str) -> Sequence[Column] | None:
        """Return the columns that a statement will give; None if nothing is promised for it."""
        raise NotImplementedError

    def run(self, sql: str, values: Sequence[bytes | None]) -> Result | None:
        """Return what a statement gives; None if nothing is promised for it by name. May raise `Failure`."""
        raise NotImplementedError

    def refused(self, sql: str) -> Failure:
        """Return the error for a statement that nothing is promised for."""
        raise NotImplementedError

    def keep(self, value: Any) -> bytes:
        """Keep an object for the client, and return the token for it."""
        raise NotImplementedError


class Connection:
    """One connection, up to what its client may ask of a database.

    Arguments:
        script: who knows what statements give.
        pid: the number of the process that the server says it is.
        secret: what the client must know to cancel.
        tls: whether to accept a request for TLS.

    Attributes:
        status: `b"I"` idle, `b"T"` in a transaction, `b"E"` in one that has failed.
        over: whether the connection is to be closed.
        cut: what breaks the connection, or None.
        upgrading: whether TLS comes next.
        table: the method that a message calls, in each state of the connection; "" for none at all.
    """

    table: ClassVar[Mapping[str, Mapping[bytes, str]]] = {
        "opening": {b"": "open"},
        "asking": {b"p": "password", b"X": "terminate"},
    }

    def __init__(self, script: Script, pid: int, secret: int, *, tls: bool = False) -> None:
        self.status = b"I"
        self.over = self.upgrading = False
        self.cut: BaseException | None = None
        self._script = script
        self._pid, self._secret, self._tls = pid, secret, tls
        self._reader = MessageReader()
        self._output: list[bytes] = []
        self._login: Login | None = None
        self._settings: dict[str, str] = {}
        self._simple = False  # whether the statement under way came as a Query
        self._state = "opening"

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the client, and return what to say to it."""
        self._reader.feed(data)
        return self._work()

    def cancel(self) -> bytes:
        """Stop the statement that hangs, if one does, and return what to say to the client."""
        if self._state != "hanging":
            return b""
        self._state = "ready"
        self._fail(Failure(CANCELED))
        return self._work()

    def say(self, data: bytes) -> None:
        """Say this next."""
        self._output.append(data)

    def _work(self) -> bytes:
        try:
            # What comes while a statement hangs waits, as a busy server does not read.
            while not self.over and self._state != "hanging" and (message := self._reader.next()) is not None:
                self._handle(message)
        except ProtocolError as error:
            self._die(Failure(PROTOCOL_VIOLATION, str(error), severity="FATAL"))
        output, self._output = b"".join(self._output), []
        return output

    def _handle(self, message: Message) -> None:
        method = self.table[self._state].get(message.kind)
        if method is None:
            raise ProtocolError(f"a message of type {message.kind!r} is not possible here")
        try:
            if method:
                getattr(self, f"_{method}")(message.body)
        except Failure as failure:
            self._fail(failure)

    def _fail(self, failure: Failure) -> None:
        if failure.severity == "FATAL" or self._state in ("opening", "asking"):
            self._die(failure)
            return
        self.say(messages.response(b"E", failure.fields))
        if self.status == b"T":
            self.status = b"E"
        if self._simple:
            self._state = "ready"
            self._ready()
        else:
            self._state = "skipping"

    def _die(self, failure: Failure) -> None:
        self.say(messages.response(b"E", failure.fields))
        self.over = True

    def _open(self, body: bytes) -> None:
        reader = Reader(body)
        code = reader.number()
        if code in (messages.SSL_REQUEST, messages.GSS_REQUEST):
            self.upgrading = code == messages.SSL_REQUEST and self._tls
            self.say(b"S" if self.upgrading else b"N")
            return
        if code == messages.CANCEL_REQUEST:
            self.over = True
            self._script.cancel(reader.number(), reader.number())
            return
        if code >> 16 != 3:
            raise ProtocolError(f"unsupported frontend protocol {code >> 16}.{code & 0xFFFF}")
        parameters: dict[str, str] = {}
        while name := reader.text():
            parameters[name] = reader.text()
        self._login = self._script.started(parameters)
        self._reader.opened = True
        self._settings = {
            **_SETTINGS,
            "session_authorization": parameters.get("user", ""),
            "application_name": parameters.get("application_name", ""),
        }
        if self._login is not None and not self._login.done:
            self._state = "asking"
            self.say(self._login.challenge())
        else:
            self._welcome()

    def _password(self, body: bytes) -> None:
        assert self._login is not None
        self.say(self._login.respond(body))
        if self._login.done:
            self._welcome()

    def _welcome(self) -> None:
        self._state = "ready"
        self.say(messages.authentication(0))
        for name, value in self._settings.items():
            self.say(messages.parameter_status(name, value))
        self.say(messages.key_data(self._pid, self._secret))
        self._ready()

    def _ready(self) -> None:
        self._simple = False
        self.say(messages.ready(self.status))

    def _terminate(self, body: bytes) -> None:
        self.over = True
