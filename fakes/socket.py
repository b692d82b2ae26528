"""Raw sockets: sessions of connect, send, recv and close, step by step as the client calls them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from bigfoot import report
from bigfoot.errors import InvalidArgumentError, UnmockedInteractionError
from bigfoot.fake import Source
from bigfoot.interaction import Interaction
from bigfoot.origin import caller
from bigfoot.session import Kind, Session, SessionFake, SessionStep
from bigfoot.transports import registry
from bigfoot.transports import socket as transport
from bigfoot.transports.dial import THROUGH, Claim, Dial, Lookup, Peer, Through, normal
from bigfoot.verifier import StrictVerifier

from .address import host_argument, place, places, port_argument
from .first_bytes import described
from .socket_peer import SocketPeer, raised

_BYTES = {"recv", "recvfrom"}
_NOTHING = {"connect", "sendall", "close"}


class SocketPlugin(SessionFake[Session]):
    """`bigfoot.socket_mock`: plain sockets, asyncio streams and protocols, TCP and UDP.

    Example:
        >>> session = bigfoot.socket_mock.new_session("example.com", 7)  # doctest: +SKIP
        >>> session.expect("connect", returns=None).expect("recv", returns=b"hello")  # doctest: +SKIP
    """

    name = "socket_mock"
    seams = transport.SEAMS
    takes = (Dial, Lookup)
    source = "socket"
    initial = "disconnected"
    place = staticmethod(place)
    table: ClassVar[tuple[Kind, ...]] = (
        Kind("connect", ("host", "port"), ("disconnected",), "connected"),
        Kind("send", ("data",), ("connected",), returns="the number of bytes sent"),
        Kind("sendall", ("data",), ("connected",)),
        Kind("recv", ("size", "data"), ("connected",), returns='bytes, b"" for the end of the stream'),
        Kind(
            "sendto",
            ("data", "host", "port"),
            ("disconnected", "unconnected"),
            "unconnected",
            "the number of bytes sent",
        ),
        Kind("recvfrom", ("size", "data"), ("unconnected",), returns="bytes"),
        Kind("close", (), ("connected", "unconnected"), "closed"),
    )

    connect: Source
    send: Source
    sendall: Source
    recv: Source
    sendto: Source
    recvfrom: Source
    close: Source

    def __init__(self, verifier: StrictVerifier) -> None:
        super().__init__(verifier)
        self._through: list[Mapping[str, Any]] = []

    def new_session(self, host: str | None = None, port: int | None = None) -> Session:
        """Begin the script of one connection; connections take sessions in the order in which they were made.

        Arguments:
            host: the host that it answers, as the code names it; None for any.
            port: the port that it answers; None for any.

        Raises:
            InvalidArgumentError: a value cannot be meant.

        Example:
            >>> bigfoot.socket_mock.new_session().expect("connect", returns=None)  # doctest: +SKIP
        """
        return self._add_session(host=host_argument(host), port=port_argument(port))

    def pass_through(self, host: str, port: int | None = None) -> None:
        """Let connections to a host reach it really; they are recorded, and need not be asserted.

        What this process itself listens on needs no permission.

        Arguments:
            host: the host, as the code names it.
            port: the port; None for any.

        Raises:
            InvalidArgumentError: a value cannot be meant.

        Example:
            >>> bigfoot.socket_mock.pass_through("localhost", 5432)  # doctest: +SKIP
        """
        if host is None:
            raise InvalidArgumentError("host", host, 'name the host, such as "localhost"')
        self._through.append({"host": host_argument(host), "port": port_argument(port)})

    def claims(self, call: Any) -> int:
        if not isinstance(call, Dial):
            return Claim.REFUSAL
        queued = self.first(lambda session: session.next_is(call.method), places(call))
        if queued is not None and queued.binding:
            return Claim.BOUND
        if call.own or self._passes(call):
            return Claim.OWN
        return Claim.RAW if queued is not None and call.kind != "unix" else Claim.REFUSAL

    def _passes(self, dial: Dial) -> bool:
        return any(dial.fits(rule) for rule in self._through)

    def answer(self, call: Any) -> Peer | Through | None:
        if isinstance(call, Lookup):
            self._look_up(call)
            return None
        dial: Dial = call
        claim = self.claims(dial)
        if claim == Claim.OWN:
            if not dial.own:
                self._note_pass(dial)
            return THROUGH
        if claim > Claim.REFUSAL:
            session = self.begin(lambda session: session.next_is(dial.method), places(dial))
            if session is not None:
                return self._connect(session, dial)
        if dial.kind == "unix":
            return THROUGH  # tools of this machine; a session that is bound to the path is the way to mock one
        if dial.first is None and (dial.kind == "datagram" or not dial.by_user):
            return None  # a client library, or nothing is sent yet: what it says first tells what it wanted
        raise self._refusal(dial)

    def settle(self) -> None:
        registry.settle()

    def _connect(self, session: Session, dial: Dial) -> Peer:
        if dial.method == "connect":
            step = session.take("connect", _address(dial), origin=dial.origin)
            if step.raises is not None:
                raise raised(step.raises)
        return SocketPeer(self, session)

    def _look_up(self, lookup: Lookup) -> None:
        # A look-up without a port may be for any that something is bound to.
        for port in [lookup.port] if lookup.port else [0, *self._bound(lookup.host)]:
            dial = Dial(lookup.host, port)
            if self._passes(dial) or self.verifier.rank(dial) > Claim.REFUSAL:
                return
        fix = report.call(f"bigfoot.{self.name}.new_session", {"host": lookup.host}) + "..."
        hint = report.unmocked(f"a look-up of the host {lookup.host}", origin=lookup.origin, fix=fix)
        error = UnmockedInteractionError(lookup.source_id, (lookup.host,), {}, hint)
        raise self.verifier.refuse(error)

    def _bound(self, host: str) -> set[int]:
        """Return the ports of a host that sessions, of whatever protocol, and permissions are bound to."""
        bindings = list(self._through)
        for plugin in self.verifier.takers(Dial):
            if isinstance(plugin, SessionFake):
                bindings += [session.binding for session in plugin.queued()]
        return {
            binding["port"]
            for binding in bindings
            if "host" in binding and normal(binding["host"]) == normal(host) and binding.get("port") is not None
        }

    def _note_pass(self, dial: Dial) -> None:
        # What goes through a socket has no meaning here, and a pool decides how often it connects: not owed.
        interaction = Interaction(
            "socket:connect", self, _address(dial), how="pass-through", origin=dial.origin or caller(), optional=True
        )
        interaction.done()
        self.verifier.timeline.append(interaction)

    def _refusal(self, dial: Dial) -> UnmockedInteractionError:
        notes = []
        if dial.first is not None and dial.kind == "stream":
            tls = "by TLS, " if dial.secure else ""
            said = described(dial.first)
            notes.append(f"{tls}{said}")
        details = _address(dial) if dial.method == "connect" else {"data": dial.first, **_address(dial)}
        return self.refusal(dial.method, details, origin=dial.origin, notes=notes)

    def check(self, step: SessionStep) -> None:
        super().check(step)
        if step.raises is not None:
            return
        if step.name in _BYTES and not isinstance(step.returns, (bytes, bytearray, memoryview)):
            raise InvalidArgumentError("returns", step.returns, f"{step.name!r} gives bytes")
        if step.name in _NOTHING and step.returns is not None:
            raise InvalidArgumentError("returns", step.returns, f"{step.name!r} gives None")
        if step.name in ("send", "sendto") and not (step.returns is None or isinstance(step.returns, int)):
            raise InvalidArgumentError("returns", step.returns, f"{step.name!r} gives the number of bytes sent")

    def details(self, interaction: Interaction) -> dict[str, Any]:
        details = super().details(interaction)
        data = details.get("data")
        return {**details, "data": b"".join(data)} if isinstance(data, list) else details

    def assert_connect(self, *, host: Any, port: Any) -> None:
        """Assert the next connection: host (text, as the code names it) and port (a number)."""
        self.verifier.assert_interaction(self.connect, host=host, port=port)

    def assert_send(self, *, data: Any) -> None:
        """Assert the next `send`; of a stream (asyncio, `makefile`), all that was written up to the next step."""
        self.verifier.assert_interaction(self.send, data=data)

    def assert_sendall(self, *, data: Any) -> None:
        """Assert the next `sendall`: the bytes."""
        self.verifier.assert_interaction(self.sendall, data=data)

    def assert_recv(self, *, size: Any, data: Any) -> None:
        """Assert the next `recv`: the most bytes that it asked for, and those that it got.

        Where a library asks (asyncio, `makefile`, TLS in memory), any size fits that is large enough.
        """
        self.verifier.assert_interaction(self.recv, size=size, data=data)

    def assert_sendto(self, *, data: Any, host: Any, port: Any) -> None:
        """Assert the next `sendto`: the datagram, and where it went."""
        self.verifier.assert_interaction(self.sendto, data=data, host=host, port=port)

    def assert_recvfrom(self, *, size: Any, data: Any) -> None:
        """Assert the next `recvfrom`: the most bytes that it asked for, and the datagram."""
        self.verifier.assert_interaction(self.recvfrom, size=size, data=data)

    def assert_close(self) -> None:
        """Assert the next `close`."""
        self.verifier.assert_interaction(self.close)


def _address(dial: Dial) -> dict[str, Any]:
    return {"host": dial.host, "port": dial.port}
