"""Real aiosmtpd servers of our own: in the clear with STARTTLS, over TLS, and LMTP, each in a thread of its own."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = "user@example.com", "pässword"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The ports by the way that leads there, what arrived, and a context that trusts the certificate."""

    ports: dict[str, int]
    mails: list[tuple[str, list[str], bytes]]
    context: ssl.SSLContext


@dataclass
class Handler:
    """Takes mails, and refuses whom it knows by the address: `refused-550@...`; `dropped-554@...` after the content."""

    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if code := refused(address):
            return f"{code} Sender refused"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if code := refused(address):
            return f"{code} Recipient refused"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        dropped = [address for address in envelope.rcpt_tos if address.startswith("dropped-")]
        return f"{dropped[0][8:11]} Content refused" if dropped else "250 OK"


def refused(address: str) -> str:
    return address[8:11] if address.startswith("refused-") else ""


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
    known = (data.login, data.password) == (USER.encode(), PASSWORD.encode()) or data.password == b"secret"
    return AuthResult(success=known, handled=known)


class LocalController(Controller):
    """Runs a server of LMTP."""

    def factory(self) -> LMTP:
        return LMTP(self.handler, hostname="localhost")


@contextmanager
def smtp_servers() -> Iterator[SmtpServer]:
    """Run them until the end of the block."""
    import trustme

    issuer = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert("localhost", "127.0.0.1").configure_cert(tls)
    trusting = ssl.create_default_context()
    issuer.configure_trust(trusting)
    handler = Handler()
    options: dict[str, Any] = {
        "hostname": "127.0.0.1",
        "port": 0,
        "server_hostname": "localhost",
        "enable_SMTPUTF8": True,
        "auth_require_tls": False,
        "authenticator": authenticate,
    }
    controllers = {
        "plain": Controller(handler, **options),
        "starttls": Controller(handler, tls_context=tls, **options),
        "ssl": Controller(handler, ssl_context=tls, **options),
        "lmtp": LocalController(handler, hostname="127.0.0.1", port=0),
    }
    with ExitStack() as running:
        ports = {}
        for ride, controller in controllers.items():
            _start(controller)
            running.callback(controller.stop)
            ports[ride] = controller.port
        yield SmtpServer(ports, handler.mails, trusting)


def _start(controller: Controller) -> None:
    with socket.socket() as probe:  # it tries its server out at the port that it is given: that cannot be 0
        probe.bind(("127.0.0.1", 0))
        controller.port = probe.getsockname()[1]
    controller.start()
