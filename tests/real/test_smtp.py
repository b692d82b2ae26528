"""The same snippet against a real aiosmtpd and under bigfoot must give the same result, and deliver the same mails."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from bigfoot import StrictVerifier

pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed")
pytest.importorskip("aiosmtplib", reason="aiosmtplib is not installed")

import aiosmtplib

from ..loops import LOOPS, runner
from .smtp_server import SmtpServer, smtp_servers
from .snippets_smtp import SNIPPETS, Snippet, fate

EVERY_SNIPPET = pytest.mark.parametrize("snippet", [pytest.param(one, id=one.name) for one in SNIPPETS])
EVERY_RIDE = pytest.mark.parametrize("ride", ["plain", "starttls", "ssl"])


@pytest.fixture(scope="module")
def server() -> Iterator[SmtpServer]:
    with smtp_servers() as running:
        yield running


class Smtplib:
    """smtplib, with the same names for what the other client calls otherwise."""

    def __init__(self, client: smtplib.SMTP) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def command(self, *words: str) -> Any:
        return self.client.docmd(" ".join(words))

    def plain(self, user: str, password: str) -> Any:
        self.client.ehlo()
        self.client.user, self.client.password = user, password
        return self.client.auth("PLAIN", self.client.auth_plain, initial_response_ok=False)

    def by_login(self, user: str, password: str) -> Any:
        self.client.ehlo()
        self.client.user, self.client.password = user, password
        return self.client.auth("LOGIN", self.client.auth_login)

    def sender(self, address: str) -> str:
        return address

    def recipients(self, addresses: list[str]) -> list[str]:
        return addresses

    def has(self, extension: str) -> bool:
        return self.client.has_extn(extension)


class Aiosmtplib:
    """aiosmtplib, likewise."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    async def command(self, *words: str) -> Any:
        return await self.client.execute_command(*(word.encode() for word in words))

    async def ehlo(self, name: str | None = None) -> Any:
        return await self.client.ehlo(hostname=name)

    async def helo(self, name: str | None = None) -> Any:
        return await self.client.helo(hostname=name)

    async def plain(self, user: str, password: str) -> Any:
        await self.client.ehlo()
        return await self.client.auth_plain(user, password)

    async def by_login(self, user: str, password: str) -> Any:
        await self.client.ehlo()
        return await self.client.auth_login(user, password)

    async def send_message(self, message: Any, sender: Any = None, recipients: Any = None) -> Any:
        return await self.client.send_message(message, sender=sender, recipients=recipients)

    def sender(self, address: str) -> str:
        return address

    def recipients(self, addresses: list[str]) -> list[str]:
        return addresses

    def has(self, extension: str) -> bool:
        return bool(self.client.supports_extension(extension))


@contextmanager
def connected(server: SmtpServer, ride: str) -> Iterator[Smtplib]:
    where: dict[str, Any] = {"host": "localhost", "port": server.ports[ride], "timeout": 30}
    client = smtplib.SMTP_SSL(**where, context=server.context) if ride == "ssl" else smtplib.SMTP(**where)
    with client:
        if ride == "starttls":
            client.starttls(context=server.context)
        yield Smtplib(client)


@asynccontextmanager
async def aconnected(server: SmtpServer, ride: str) -> AsyncIterator[Aiosmtplib]:
    client = aiosmtplib.SMTP(
        hostname="localhost",
        port=server.ports[ride],
        use_tls=ride == "ssl",
        start_tls=ride == "starttls",
        tls_context=server.context,
        timeout=30,
    )
    async with client:
        protocol: Any = client.protocol
        yield Aiosmtplib(client)
    while protocol.transport is not None:  # it closes without waiting, and a loop that ends meanwhile complains
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.01)


def finished(coroutine: Any) -> Any:
    """Run a coroutine that never has to wait, without a loop."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")


def promise(verifier: StrictVerifier, server: SmtpServer, snippet: Snippet, ride: str) -> Any:
    plugin = verifier.plugin("smtp_mock")
    session = plugin.new_session("localhost", server.ports[ride]).expect("connect", returns=None)
    if ride == "starttls":
        session.expect("starttls", returns=None)
    for name, given in snippet.steps:
        returns = given["returns"]
        match name:
            case "sender":
                session.expect("sendmail", raises=smtplib.SMTPSenderRefused(returns[0], returns[1], "somebody"))
            case "content":
                session.expect("sendmail", raises=smtplib.SMTPDataError(*returns))
            case "denied":
                session.expect("login", raises=smtplib.SMTPAuthenticationError(*returns))
            case _:
                session.expect(name, returns=returns)
    session.expect("quit", returns=None)
    return plugin


def delivered(verifier: StrictVerifier) -> list[tuple[str, list[str], bytes]]:
    """The mails whose content arrived, as recorded."""
    calls = [i.call for i in verifier.timeline if i.source_id in ("smtp:sendmail", "smtp:send_message")]
    mails = [(str(call["from_addr"]), list(map(str, call["to_addrs"])), call["msg"].bytes) for call in calls]
    return [mail for mail in mails if mail[2] or not any("refused-" in one for one in (mail[0], *mail[1]))]


def accepted(mails: list[tuple[str, list[str], bytes]]) -> list[tuple[str, list[str], bytes]]:
    """Without the recipients that were refused: a server does not remember them."""
    return [(sender, [one for one in to if not one.startswith("refused-")], content) for sender, to, content in mails]


def assert_all(verifier: StrictVerifier, plugin: Any) -> None:
    """Assert what was recorded, as the hints say; that nothing is left is the verdict's to say."""
    import bigfoot

    for interaction in list(verifier.timeline):
        code = plugin.assertion(interaction).replace("bigfoot.smtp_mock", "plugin")
        if len(code) < 4000:  # longer values are cut short
            exec(code, {"plugin": plugin, "bigfoot": bigfoot})
        else:
            verifier.assert_interaction(_Source(interaction.source_id), **interaction.details)
    verifier.verify_all()


class _Source:
    def __init__(self, source_id: str) -> None:
        self.source_id = source_id


@EVERY_RIDE
@EVERY_SNIPPET
def test_smtplib(server: SmtpServer, verifier: StrictVerifier, snippet: Snippet, ride: str) -> None:
    server.mails.clear()
    with connected(server, ride) as client:
        real = finished(snippet.run(client))
    plugin = promise(verifier, server, snippet, ride)
    with verifier.sandbox(), connected(server, ride) as client:
        fake = finished(snippet.run(client))
    assert fake == real
    assert accepted(delivered(verifier)) == server.mails
    assert_all(verifier, plugin)


@pytest.mark.parametrize("loop", LOOPS)
@EVERY_RIDE
@EVERY_SNIPPET
def test_aiosmtplib(server: SmtpServer, verifier: StrictVerifier, snippet: Snippet, ride: str, loop: str) -> None:
    async def play() -> Any:
        async with aconnected(server, ride) as client:
            return await snippet.run(client)

    server.mails.clear()
    real = runner(loop)(play())
    plugin = promise(verifier, server, snippet, ride)
    with verifier.sandbox():
        fake = runner(loop)(play())
    assert fake == real
    assert accepted(delivered(verifier)) == server.mails
    assert_all(verifier, plugin)


def test_lmtp(server: SmtpServer, verifier: StrictVerifier) -> None:
    def play() -> Any:
        with smtplib.LMTP("localhost", server.ports["lmtp"], timeout=30) as client:
            return finished(fate(lambda: client.sendmail("me@example.com", ["ada@example.com"], "Subject: x\n\ny")))

    server.mails.clear()
    real = play()
    plugin = verifier.plugin("smtp_mock")
    session = plugin.new_session("localhost", server.ports["lmtp"]).expect("connect", returns=None)
    session.expect("sendmail", returns={}).expect("quit", returns=None)
    with verifier.sandbox():
        fake = play()
    assert fake == real
    assert delivered(verifier) == server.mails
    assert_all(verifier, plugin)


@pytest.mark.parametrize("ride", ["starttls", "ssl"])
def test_a_wrong_host_name_fails_with_the_clients_own_error(
    server: SmtpServer, verifier: StrictVerifier, ride: str
) -> None:
    plugin = verifier.plugin("smtp_mock")
    session = plugin.new_session("mail.example.com", 465).expect("connect", returns=None)
    session.expect("starttls", returns=None, required=False)
    with verifier.sandbox(), pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        context = ssl.create_default_context()
        client = smtplib.SMTP_SSL(context=context)
        client._host = "other.example.com"  # type: ignore[attr-defined] # what it takes for the name on the certificate
        client.connect("mail.example.com", 465)
    plugin.assert_connect(host="mail.example.com", port=465)
    verifier.verify_all()
