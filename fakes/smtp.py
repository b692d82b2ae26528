"""SMTP: sessions of connect, hello, login, mails and quit, as a mail server would see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from bigfoot.errors import InvalidArgumentError
from bigfoot.fake import Source
from bigfoot.interaction import Interaction
from bigfoot.session import Kind, Session, SessionFake, SessionStep
from bigfoot.transports import socket as transport
from bigfoot.transports.dial import Claim, Dial, claim

from .address import host_argument, place, places, port_argument
from .smtp_mail import expected
from .smtp_peer import SmtpPeer
from .smtp_script import MAIL, outcome

_PORTS: Final = frozenset({25, 465, 587, 2525})
_HELLOS: Final = (b"EHLO ", b"HELO ", b"LHLO ")
_OPEN: Final = ("connected", "greeted", "authenticated", "sending")
_REPLY: Final = 'a reply, such as (250, b"OK"), or None for the usual one'
_REFUSED: Final = 'the refused recipients, such as {"bob@example.com": (550, b"no")}, or {}'


class SmtpPlugin(SessionFake[Session]):
    """`bigfoot.smtp_mock`: answers smtplib (`SMTP`, `SMTP_SSL`, `LMTP`) and aiosmtplib, in the clear and by TLS.

    Example:
        >>> session = bigfoot.smtp_mock.new_session()  # doctest: +SKIP
        >>> session.expect("connect", returns=(220, b"OK")).expect("sendmail", returns={})  # doctest: +SKIP
    """

    name = "smtp_mock"
    seams = transport.SEAMS
    takes = (Dial,)
    source = "smtp"
    initial = "disconnected"
    place = staticmethod(place)
    # A client says hello by itself, so that a script may leave it out; and it may say it again (after STARTTLS).
    table: ClassVar[tuple[Kind, ...]] = (
        Kind("connect", ("host", "port"), ("disconnected",), "connected", _REPLY),
        Kind("ehlo", ("name",), _OPEN, "greeted", _REPLY),
        Kind("helo", ("name",), _OPEN, "greeted", _REPLY),
        Kind("starttls", (), ("connected", "greeted"), "greeted", _REPLY),
        Kind("login", ("user", "password"), ("connected", "greeted", "authenticated"), "authenticated", _REPLY),
        Kind("sendmail", ("from_addr", "to_addrs", "msg"), _OPEN, "sending", _REFUSED),
        Kind("send_message", ("msg",), _OPEN, "sending", _REFUSED),
        Kind("noop", (), _OPEN, "", _REPLY),
        Kind("rset", (), _OPEN, "", _REPLY),
        Kind("vrfy", ("address",), _OPEN, "", _REPLY),
        Kind("quit", (), _OPEN, "closed", _REPLY),
    )

    connect: Source
    ehlo: Source
    helo: Source
    starttls: Source
    login: Source
    sendmail: Source
    send_message: Source
    noop: Source
    rset: Source
    vrfy: Source
    quit: Source

    def new_session(self, host: str | None = None, port: int | None = None) -> Session:
        """Begin the script of one connection; connections take sessions in the order in which they were made.

        Arguments:
            host: the host that it answers, as the code names it, or the path of a unix socket; None for any host.
            port: the port that it answers; None for any.

        Raises:
            InvalidArgumentError: a value cannot be meant.

        Example:
            >>> bigfoot.smtp_mock.new_session().expect("connect", returns=(220, b"OK"))  # doctest: +SKIP
        """
        return self._add_session(host=host_argument(host), port=port_argument(port))

    def claims(self, call: Dial) -> int:
        if call.kind == "datagram":
            return Claim.NONE
        queued = self.first(_connects, places(call))
        bound = queued is not None and bool(queued.binding)
        if call.kind == "unix":
            return Claim.BOUND if bound else Claim.NONE
        scripted, known = queued is not None, call.port in _PORTS
        if call.first is not None:  # the server speaks first: a mail client has waited for that
            speaks = call.first == b"" or call.first[:5].upper() in _HELLOS
            return claim(call, bound=bound, scripted=scripted, ports=_PORTS, speaks=speaks and (scripted or known))
        if bound or known:
            return claim(call, bound=bound, scripted=scripted, ports=_PORTS, speaks=None if scripted else True)
        # A greeting cannot be held back until the client shows what it speaks, as it says nothing before: others first.
        return Claim.NONE if not scripted else Claim.FIRST_BYTES if call.by_user else Claim.RAW

    def answer(self, call: Dial) -> SmtpPeer:
        """Return the peer of a connection.

        Raises:
            UnmockedInteractionError: no session is left for it.
        """
        details = {"host": call.host, "port": call.port}
        session = self.begin(_connects, places(call))
        if session is None:
            raise self.refusal("connect", details, origin=call.origin)
        welcome = outcome(session.take("connect", details, origin=call.origin))
        if welcome.fault is not None and not isinstance(welcome.fault, EOFError):
            raise welcome.fault
        return SmtpPeer(session, welcome)

    def check(self, step: SessionStep) -> None:
        for option, given in step.options.items():
            if option != "reply" or step.name not in MAIL:
                also = " and reply" if step.name in MAIL else ""
                raise InvalidArgumentError(option, given, f"{step.name!r} takes returns, raises, required{also}")
        outcome(step)

    def details(self, interaction: Interaction) -> dict[str, Any]:
        return {name: interaction.call[name] for name in self.fields(interaction)}

    def extras(self, interaction: Interaction) -> Mapping[str, Any]:
        call: Mapping[str, Any] = interaction.call
        return call

    def assert_connect(self, *, host: Any, port: Any) -> None:
        """Assert the next connection: host (text, as the code names it) and port (a number)."""
        self.verifier.assert_interaction(self.connect, host=host, port=port)

    def assert_ehlo(self, *, name: Any) -> None:
        """Assert the next EHLO (by LMTP, LHLO): the name that the client gave itself."""
        self.verifier.assert_interaction(self.ehlo, name=name)

    def assert_helo(self, *, name: Any) -> None:
        """Assert the next HELO: the name that the client gave itself."""
        self.verifier.assert_interaction(self.helo, name=name)

    def assert_starttls(self) -> None:
        """Assert the next STARTTLS."""
        self.verifier.assert_interaction(self.starttls)

    def assert_login(self, *, user: Any, password: Any) -> None:
        """Assert the next login: the user and the password, as text or bytes."""
        self.verifier.assert_interaction(self.login, user=user, password=password)

    def assert_sendmail(self, *, from_addr: Any, to_addrs: Any, msg: Any) -> None:
        """Assert the next mail: its sender, its recipients and the message (text, bytes or a `Message` object)."""
        self.verifier.assert_interaction(self.sendmail, from_addr=from_addr, to_addrs=to_addrs, msg=expected(msg))

    def assert_send_message(self, *, msg: Any) -> None:
        """Assert the next mail: its message, by content (a `Message` object, text or bytes)."""
        self.verifier.assert_interaction(self.send_message, msg=expected(msg))

    def assert_noop(self) -> None:
        """Assert the next NOOP, where the script has it."""
        self.verifier.assert_interaction(self.noop)

    def assert_rset(self) -> None:
        """Assert the next RSET, where the script has it."""
        self.verifier.assert_interaction(self.rset)

    def assert_vrfy(self, *, address: Any) -> None:
        """Assert the next VRFY, where the script has it: the address that was asked for."""
        self.verifier.assert_interaction(self.vrfy, address=address)

    def assert_quit(self) -> None:
        """Assert the next QUIT."""
        self.verifier.assert_interaction(self.quit)


def _connects(session: Session) -> bool:
    return session.upcoming("connect") is not None
