"""What the two WebSocket plugins share: sessions, who answers a connection, and the assertions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from bigfoot import report
from bigfoot.errors import InvalidArgumentError, UnmockedInteractionError
from bigfoot.fake import Source
from bigfoot.interaction import Interaction
from bigfoot.session import Kind, Session, SessionFake, SessionStep
from bigfoot.transports import socket as transport
from bigfoot.transports.dial import Claim, Dial, claim
from bigfoot.transports.http import HttpReply
from bigfoot.urls import Url
from bigfoot.values import Body

from . import websocket_script as script
from .address import place, places
from .socket_peer import raised
from .websocket_peer import Unsent, WebSocketPeer

_UPGRADE = re.compile(rb"\r\nupgrade:[ \t]*websocket", re.IGNORECASE)
_PORTS = {"ws": 80, "wss": 443}


class WebSocketSessions(SessionFake[Session]):
    """Sessions of connect, send, recv, ping and close over one RFC 6455 peer.

    Attributes:
        own: what begins the handshakes of the plugin's own library; they are its own if sessions of both are queued.
    """

    seams = transport.SEAMS
    takes = (Dial,)
    initial = "connecting"
    place = staticmethod(place)
    table: ClassVar[tuple[Kind, ...]] = (
        Kind(
            "connect",
            ("uri",),
            ("connecting",),
            "open",
            'None, {"subprotocol": ..., "headers": ...}, or {"status": 403, ...} for a rejection',
        ),
        Kind("send", ("message",), ("open",)),
        Kind("recv", ("message",), ("open",), returns="str or bytes, or a list of the fragments of either"),
        Kind("ping", ("data",), ("open",), returns="None where the client pings; the bytes of the server's ping"),
        Kind("close", (), ("open",), "closed", 'None where the client closes; {"code": ..., "reason": ...}'),
    )
    own: ClassVar[re.Pattern[bytes]]

    connect: Source
    send: Source
    recv: Source
    ping: Source
    close: Source

    def new_session(self, host: str | None = None, port: int | None = None, *, uri: str | None = None) -> Session:
        """Begin the script of one connection; connections take sessions in the order in which they were made.

        Arguments:
            host: the host that it answers, as the code names it, or the path of a unix socket; None for any.
            port: the port that it answers; None for any.
            uri: the URI that it answers, instead of host and port; None for any.

        Raises:
            InvalidArgumentError: a value cannot be meant.

        Example:
            >>> session = bigfoot.async_websocket_mock.new_session()  # doctest: +SKIP
            >>> session.expect("connect", returns=None).expect("recv", returns="hello")  # doctest: +SKIP
        """
        if host is not None and not (isinstance(host, str) and host):
            raise InvalidArgumentError("host", host, 'name the host as the code does, such as "example.com"')
        if port is not None and not (isinstance(port, int) and not isinstance(port, bool) and 0 <= port < 65536):
            raise InvalidArgumentError("port", port, "give a number from 0 to 65535")
        if uri is None:
            return self._add_session(host=host, port=port)
        if host is not None or port is not None:
            raise InvalidArgumentError("uri", uri, "give the URI, or host and port, not both")
        return self._add_session(**_bound(uri))

    def found(self, dial: Dial, uri: Url) -> Session | None:
        """Take the session that answers a connection; None if there is none."""
        return self.begin(lambda session: session.binding.get("uri", uri) == uri, places(dial))

    def claims(self, call: Dial) -> int:
        speaks = None if call.first is None else _speaks(call.first)
        fitting = self.first(places=places(call))
        bound = fitting is not None and bool(fitting.binding)
        if call.kind == "datagram" or speaks is False or (call.kind == "unix" and not bound):
            return Claim.NONE
        rank = claim(call, bound=bound, scripted=fitting is not None, speaks=speaks)
        if call.first is None or self.own.match(call.first):
            return rank
        return {Claim.RECOGNIZED: Claim.SCRIPTED, Claim.FIRST_BYTES: Claim.NONE}.get(rank, rank)

    def answer(self, call: Dial) -> WebSocketPeer | None:
        """Return the peer of a connection; None to be asked again when the client has said something."""
        if call.first is not None:
            return WebSocketPeer(self)
        self._refuse(call)
        return None

    def _refuse(self, dial: Dial) -> None:
        """Let a connection attempt fail, if the session that it would take says so."""
        session = self.first(places=places(dial))
        if session is None:
            return
        step = session.peek()
        if step is None or step.name != "connect" or step.raises is None:
            return
        if isinstance(script.event(step.raises), (HttpReply, script.Lost)):
            return  # a server does answer, and says so
        if self.begin(lambda one: one is session, places(dial)) is session:
            uri = session.binding.get("uri") or Undisclosed.of(dial)
            session.take("connect", {"uri": Url(uri) if type(uri) is str else uri}, origin=dial.origin)
            raise raised(step.raises)

    def check(self, step: SessionStep) -> None:
        super().check(step)
        script.check(step)

    def refusal(self, name: str, details: Mapping[str, Any], **known: Any) -> UnmockedInteractionError:
        fields = {field: _read(details[field]) for field in self.kind(name).fields if field in details}
        return super().refusal(name, fields, **known)

    def details(self, interaction: Interaction) -> dict[str, Any]:
        return {name: _read(interaction.call[name]) for name in self.fields(interaction)}

    def extras(self, interaction: Interaction) -> Mapping[str, Any]:
        fields = self.fields(interaction)
        return {name: value for name, value in interaction.call.items() if name not in fields}

    def assertion(self, interaction: Interaction) -> str:
        if isinstance(interaction.details.get("message"), Unsent):
            given = {"message": report.Raw("bigfoot.matchers.AnyThing()")}
            return report.statement(f"bigfoot.{self.name}.assert_send", given)
        return super().assertion(interaction)

    def assert_connect(self, *, uri: Any, **facts: Any) -> None:
        """Assert the next connection: the URI as the code names it.

        Arguments:
            uri: such as `"wss://feed.example.com/prices"`.
            facts: `headers` of the handshake, and the `subprotocols` that the client offers.
        """
        self.verifier.assert_interaction(self.connect, uri=uri, **facts)

    def assert_send(self, *, message: Any, **facts: Any) -> None:
        """Assert the next message that the client has sent.

        Arguments:
            message: its text, its bytes, or the structure that its JSON stands for.
            facts: `binary`, whether it was binary and not text.
        """
        self.verifier.assert_interaction(self.send, message=message, **facts)

    def assert_recv(self, *, message: Any, **facts: Any) -> None:
        """Assert the next message that the client was sent.

        Arguments:
            message: its text, its bytes, or the structure that its JSON stands for; None where `raises` stood for it.
            facts: `binary`, whether it was binary and not text.
        """
        self.verifier.assert_interaction(self.recv, message=message, **facts)

    def assert_ping(self, *, data: Any) -> None:
        """Assert the next ping that was scripted: its bytes."""
        self.verifier.assert_interaction(self.ping, data=data)

    def assert_close(self, **facts: Any) -> None:
        """Assert that the connection was closed.

        Arguments:
            facts: `code` and `reason` of the close frame that came first; 1006 where the client left without one.
        """
        self.verifier.assert_interaction(self.close, **facts)


def _read(value: Any) -> Any:
    """Return a recorded value as it is compared: messages are recorded as they come."""
    return Body(value) if type(value) is bytes else value


class Undisclosed(Url):
    """The URI of a connection that was never made: a client says the path only when it is connected."""

    __slots__ = ()

    @classmethod
    def of(cls, dial: Dial) -> Undisclosed:
        """Return the URI as far as a dial tells it."""
        host = f"[{dial.host}]" if ":" in dial.host else dial.host
        return cls(f"{'wss' if dial.port == 443 else 'ws'}://{host}:{dial.port}/")

    def __eq__(self, other: object) -> bool:
        return _address(str(self)) == _address(other) if isinstance(other, str) else NotImplemented

    __hash__ = Url.__hash__


def _address(uri: str) -> tuple[str | None, int | None]:
    parts = urlsplit(uri)
    return parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _bound(uri: Any) -> dict[str, Any]:
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port or _PORTS[parts.scheme]
    except (ValueError, TypeError, AttributeError, KeyError):
        host, port = None, 0
    if not host:
        raise InvalidArgumentError("uri", uri, 'give an absolute URI, such as "wss://feed.example.com/prices"')
    return {"host": host, "port": port, "uri": Url(uri)}


def _speaks(first: bytes) -> bool | None:
    """Tell whether these bytes begin a handshake; None if there are too few of them."""
    if not first or not (first.startswith(b"GET ") or b"GET ".startswith(first)):
        return False
    head, complete, _ = first.partition(b"\r\n\r\n")
    if _UPGRADE.search(head):
        return True
    return False if complete else None
