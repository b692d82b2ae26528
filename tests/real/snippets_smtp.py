"""What programs do with smtplib and aiosmtplib, and what a test promises for it.

A snippet is written once and run with both clients: what a client returns goes through `done`, which awaits it where
it can be awaited, and what differs between the two by design is levelled by `Client`.
"""

from __future__ import annotations

import base64
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from functools import partial
from typing import Any

from .smtp_server import PASSWORD, USER

Run = Callable[[Any], Awaitable[Any]]
ME, ADA, BOB = "me@example.com", "ada@example.com", "bob@example.com"
REFUSED, BUSY, DROPPED = "refused-550@example.com", "refused-450@example.com", "dropped-554@example.com"
NO, LATER, DROP = (550, b"Recipient refused"), (450, b"Recipient refused"), (554, b"Content refused")
TEXT = "Subject: Alert\n\nBody"


@dataclass(frozen=True, slots=True)
class Snippet:
    """`steps` are the calls of `expect` between the connection and its end; `only` the client that can do it."""

    name: str
    run: Run
    steps: tuple[tuple[str, dict[str, Any]], ...]
    only: str = ""


SNIPPETS: list[Snippet] = []


def snippet(*steps: tuple[str, Any], only: str = "") -> Callable[[Run], Run]:
    def add(run: Run) -> Run:
        promised = tuple((name, given if name == "raises" else {"returns": given}) for name, given in steps)
        SNIPPETS.append(Snippet(getattr(run, "__name__", ""), run, promised, only))
        return run

    return add


async def done(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


def code(reply: Any) -> int:
    return int(reply[0])


async def fate(call: Callable[[], Any]) -> Any:
    """What a mail comes to: the recipients that were refused, or the exception by name with what it tells."""
    try:
        result = await done(call())
    except OSError as error:
        return failure(error)
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "aiosmtplib":
            raise
        return failure(error)
    refused = result[0] if isinstance(result, tuple) else result
    return {address: (reply[0], _text(reply[1])) for address, reply in refused.items()}


def failure(error: BaseException) -> Any:
    """The exception by name, and what it tells."""
    told = [_told(given) for given in error.args if not isinstance(given, BaseException)]
    return type(error).__name__, told


def _told(given: Any) -> Any:
    if isinstance(given, dict):
        return {address: (reply[0], _text(reply[1])) for address, reply in given.items()}
    if isinstance(given, list):
        return [_told(one.args) for one in given]
    if isinstance(given, tuple):
        return [_told(one) for one in given]
    return _text(given)


def _text(given: Any) -> Any:
    return given.decode() if isinstance(given, bytes) else given


def letter(subject: str = "Alert", *to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"Me <{ME}>"
    message["To"] = ", ".join(to or (ADA,))
    message["Subject"] = subject
    message.set_content("Body\n.\n..dots\n")
    return message


@snippet(("sendmail", {}))
async def sendmail(client: Any) -> Any:
    return await fate(lambda: client.sendmail(ME, [ADA], TEXT))


@snippet(("sendmail", {}))
async def sendmail_to_one(client: Any) -> Any:
    return await fate(lambda: client.sendmail(ME, ADA, TEXT))


@snippet(("sendmail", {}))
async def sendmail_of_bytes(client: Any) -> Any:
    return await fate(lambda: client.sendmail(ME, [ADA, BOB], b"Subject: x\r\n\r\n\xc3\xa4\r\n"))


@snippet(("sendmail", {}))
async def dots(client: Any) -> Any:
    return await fate(lambda: client.sendmail(ME, [ADA], "Subject: x\n\n.\n..\n.a\nb\n."))


@snippet(("sendmail", {}))
async def empty_message(client: Any) -> Any:
    return await fate(lambda: client.sendmail(ME, [ADA], ""))


@snippet(("sendmail", {}))
async def a_message_of_one_dot(client: Any) -> Any:
    return await fate(lambda: client.sendmail(ME, [ADA], "."))


@snippet(("sendmail", {}))
async def large_message(client: Any) -> Any:
    return await fate(lambda: client.sendmail(ME, [ADA], "Subject: x\n\n" + ("." * 70 + "\n") * 40_000))


@snippet(("sendmail", {}))
async def names_around_addresses(client: Any) -> Any:
    return await fate(lambda: client.sendmail(f"Me <{ME}>", [f"Ada <{ADA}>"], TEXT))


@snippet(("sendmail", {REFUSED: NO}))
async def one_recipient_refused(client: Any) -> Any:
    return await fate(lambda: client.sendmail(ME, [ADA, REFUSED], TEXT))


@snippet(("sendmail", {BUSY: LATER}), ("sendmail", {}))
async def greylisted_then_sent(client: Any) -> Any:
    first = await fate(lambda: client.sendmail(ME, [BUSY, ADA], TEXT))
    return first, await fate(lambda: client.sendmail(ME, [BOB], TEXT))


@snippet(("sendmail", {REFUSED: NO, BUSY: LATER}))
async def every_recipient_refused(client: Any) -> Any:
    return await fate(lambda: client.sendmail(ME, [REFUSED, BUSY], TEXT))


@snippet(("sendmail", {REFUSED: NO}), ("sendmail", {}))
async def another_mail_after_refusals(client: Any) -> Any:
    first = await fate(lambda: client.sendmail(ME, [REFUSED], TEXT))
    return first, await fate(lambda: client.sendmail(ME, [ADA], TEXT))


@snippet(("sender", (550, b"Sender refused")))
async def sender_refused(client: Any) -> Any:
    return await fate(lambda: client.sendmail(REFUSED, [ADA], TEXT))


@snippet(("content", DROP), ("sendmail", {}))
async def content_refused(client: Any) -> Any:
    first = await fate(lambda: client.sendmail(ME, [DROPPED], TEXT))
    return first, await fate(lambda: client.sendmail(ME, [ADA], TEXT))


@snippet(("send_message", {}))
async def send_message(client: Any) -> Any:
    return await fate(lambda: client.send_message(letter()))


@snippet(("send_message", {}))
async def send_message_to_others(client: Any) -> Any:
    message = letter("Alert", ADA, BOB)
    message["Bcc"] = "secret@example.com"
    message["Cc"] = "Carol <carol@example.com>"
    return await fate(lambda: client.send_message(message))


@snippet(("send_message", {BUSY: LATER}))
async def send_message_refused_in_part(client: Any) -> Any:
    return await fate(lambda: client.send_message(letter("Alert", ADA, BUSY)))


@snippet(("send_message", {}))
async def send_message_with_unicode(client: Any) -> Any:
    message = letter("Grüße an alle, die diese lange Zeile lesen, bis sie endlich doch noch umgebrochen wird")
    message.set_content("Straße\n")
    return await fate(lambda: client.send_message(message))


@snippet(("send_message", {}))
async def send_message_with_attachments(client: Any) -> Any:
    message = letter()
    message.add_attachment(bytes(range(256)), maintype="application", subtype="pdf", filename="Übersicht.pdf")
    message.add_alternative("<p>Body</p>", subtype="html") if not message.is_multipart() else None
    message.set_boundary("fixed")  # a boundary is random, and the two runs are compared byte by byte
    return await fate(lambda: client.send_message(message))


@snippet(("send_message", {}))
async def send_message_of_the_older_kind(client: Any) -> Any:
    message = MIMEMultipart(boundary="fixed")
    message["From"], message["To"], message["Subject"] = ME, ADA, "Alert"
    message.attach(MIMEText("Body\n"))
    message.attach(MIMEApplication(b"\0\xff", Name="a.bin"))
    return await fate(lambda: client.send_message(message))


@snippet(("send_message", {}))
async def send_message_to_an_international_address(client: Any) -> Any:
    return await fate(lambda: client.send_message(letter("Alert", "jürgen@example.com")))


@snippet(("send_message", {}))
async def send_message_with_its_own_envelope(client: Any) -> Any:
    return await fate(lambda: client.send_message(letter(), client.sender(ME), client.recipients([BOB])))


@snippet(("login", (235, b"2.7.0 Authentication successful")), ("sendmail", {}))
async def login(client: Any) -> Any:
    reply = await done(client.login(USER, "secret"))
    return code(reply), _text(reply[1]), await fate(lambda: client.sendmail(ME, [ADA], TEXT))


@snippet(("denied", (535, b"5.7.8 Authentication credentials invalid")), ("login", (235, b"2.7.0 ok")))
async def login_denied_then_accepted(client: Any) -> Any:
    first = await fate(lambda: client.login(USER, "wrong"))
    return first, code(await done(client.login(USER, "secret")))


@snippet(("login", None))
async def login_by_auth_plain(client: Any) -> Any:
    return code(await done(client.plain(USER, "secret")))


@snippet(("login", None))
async def login_by_auth_login(client: Any) -> Any:
    return code(await done(client.by_login(USER, "secret")))


@snippet(("login", None))
async def login_by_hand(client: Any) -> Any:
    await done(client.ehlo())
    first = await done(client.command("AUTH", "LOGIN"))
    second = await done(client.command(base64.b64encode(USER.encode()).decode()))
    return code(first), code(second), code(await done(client.command(base64.b64encode(PASSWORD.encode()).decode())))


@snippet()
async def credentials_that_cannot_be_read(client: Any) -> Any:
    await done(client.ehlo())
    broken = [("AUTH", "PLAIN", "%%%"), ("AUTH", "PLAIN", base64.b64encode(b"x").decode()), ("AUTH", "NTLM")]
    codes = [code(await done(client.command(*words))) for words in broken]
    await done(client.command("AUTH", "LOGIN"))
    return codes, code(await done(client.command("*")))


@snippet()
async def chores(client: Any) -> Any:
    replies = [await done(client.ehlo()), await done(client.noop()), await done(client.rset())]
    return [code(reply) for reply in replies], _text(replies[1][1]), code(await done(client.vrfy(ADA)))


@snippet(("noop", None), ("rset", None), ("vrfy", None))
async def chores_that_are_scripted(client: Any) -> Any:
    await done(client.ehlo())
    return [code(await done(call)) for call in (client.noop(), client.rset(), client.vrfy(ADA))]


@snippet()
async def expn_is_not_implemented(client: Any) -> Any:
    await done(client.ehlo())
    return code(await done(client.command("EXPN", "staff")))


@snippet()
async def commands_out_of_order(client: Any) -> Any:
    before = code(await done(client.command("MAIL", f"FROM:<{ME}>")))
    await done(client.ehlo())
    words = [("RCPT", f"TO:<{ADA}>"), ("DATA",), ("MAIL",), ("MAIL", "TO:<x>"), ("VRFY",), ("EHLO",), ("NONSENSE",)]
    return before, [code(await done(client.command(*one))) for one in words if one != ("VRFY",)]


@snippet(("sendmail", {}))
async def nested_mail(client: Any) -> Any:
    await done(client.ehlo())
    codes = [code(await done(client.command("MAIL", f"FROM:<{ME}>"))) for _ in range(2)]
    await done(client.rset())
    return codes, await fate(lambda: client.sendmail(ME, [ADA], TEXT))


@snippet(("sendmail", {}))
async def the_steps_of_a_mail_by_hand(client: Any) -> Any:
    await done(client.ehlo())
    replies = [await done(client.mail(ME)), await done(client.rcpt(ADA)), await done(client.data("Subject: x\n\ny\n"))]
    return [(code(reply), _text(reply[1])) for reply in replies]


@snippet(("helo", None), ("sendmail", {}))
async def helo(client: Any) -> Any:
    reply = await done(client.helo("me.example.com"))
    return code(reply), await fate(lambda: client.sendmail(ME, [ADA], TEXT))


@snippet(("ehlo", None), ("sendmail", {}))
async def several_mails(client: Any) -> Any:
    first = code(await done(client.ehlo("me.example.com")))
    sent = [await fate(lambda: client.sendmail(ME, [ADA], TEXT)) for _ in range(1)]
    return first, sent


@snippet(*[("send_message", {})] * 3)
async def three_mails(client: Any) -> Any:
    return [await fate(partial(client.send_message, letter("Alert", to))) for to in (ADA, BOB, ADA)]


@snippet()
async def nothing_but_quit(client: Any) -> Any:
    return await done(client.ehlo()) is not None


@snippet()
async def extensions(client: Any) -> Any:
    await done(client.ehlo())
    return [client.has("8bitmime"), client.has("dsn")] if client.has("8bitmime") else [True, False]
