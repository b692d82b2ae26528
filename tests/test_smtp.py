"""`bigfoot.smtp_mock` with smtplib and aiosmtplib: what a test promises, what its client gets, what is recorded."""

from __future__ import annotations

import asyncio
import base64
import pickle
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

import pytest

import bigfoot
from bigfoot import (
    EndlessWaitError,
    InteractionMismatchError,
    InvalidArgumentError,
    InvalidStateError,
    StrictVerifier,
    UnmockedInteractionError,
    UnusedMocksError,
    VerificationError,
)
from bigfoot.fakes.smtp_mail import Address, Mail, Recipients
from bigfoot.plugins.smtp_plugin import SmtpPlugin
from bigfoot.plugins.socket_plugin import SocketPlugin
from bigfoot.session import Session

from .loops import LOOPS, runner

aiosmtplib: Any = pytest.importorskip("aiosmtplib", reason="aiosmtplib is not installed")

HOST = "mail.example.com"
ME, ADA, BOB, EVE = "me@example.com", "ada@example.com", "bob@example.com", "eve@example.com"
TEXT = "Subject: Alert\n\nBody"
CHALLENGED = (250, b"mail.example.com\nAUTH CRAM-MD5")


@pytest.fixture
def mock(verifier: StrictVerifier) -> SmtpPlugin:
    """The SMTP plugin of `verifier`."""
    return SmtpPlugin(verifier)


def script(mock: SmtpPlugin, *steps: tuple[str, Any], required: bool = True) -> Session:
    """A session that connects, does these steps, and may quit."""
    session = mock.new_session().expect("connect", returns=None)
    for name, given in steps:
        raised = isinstance(given, BaseException) or (isinstance(given, type) and issubclass(given, BaseException))
        said = {"raises": given} if raised else {"returns": given}
        session.expect(name, **said, required=required)
    return session.expect("quit", returns=None, required=False)


def client() -> smtplib.SMTP:
    return smtplib.SMTP(HOST, 587, local_hostname="me.example.com")


def read(mock: SmtpPlugin) -> list[tuple[str, dict[str, Any]]]:
    """Everything recorded, in short."""
    return [(i.source_id.partition(":")[2], dict(i.details)) for i in mock.verifier.timeline]


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Bcc"] = f"Me <{ME}>", ADA, BOB
    message["Subject"] = "Grüße"
    message.set_content("Straße\n")
    message.add_attachment(b"\0\xff", maintype="application", subtype="pdf", filename="Übersicht.pdf")
    return message


def test_send_notification() -> None:
    bigfoot.smtp_mock.new_session().expect("connect", returns=(220, b"OK")).expect("ehlo", returns=(250, b"OK")).expect(
        "login", returns=(235, b"Authentication successful")
    ).expect("sendmail", returns={}).expect("quit", returns=(221, b"Bye"))

    with bigfoot.sandbox():
        smtp = smtplib.SMTP("mail.example.com", 587)
        smtp.ehlo("myapp.example.com")
        smtp.login("user@example.com", "secret")
        smtp.sendmail("user@example.com", ["admin@example.com"], "Subject: Alert\n\nBody")
        smtp.quit()

    bigfoot.smtp_mock.assert_connect(host="mail.example.com", port=587)
    bigfoot.smtp_mock.assert_ehlo(name="myapp.example.com")
    bigfoot.smtp_mock.assert_login(user="user@example.com", password="secret")
    bigfoot.smtp_mock.assert_sendmail(
        from_addr="user@example.com",
        to_addrs=["admin@example.com"],
        msg="Subject: Alert\n\nBody",
    )
    bigfoot.smtp_mock.assert_quit()


class TestWhatIsOffered:
    @pytest.mark.parametrize(
        ("steps", "text", "offered"),
        [
            ([], b"OK", b"OK"),
            ([("login", None)], b"OK", b"OK\nAUTH PLAIN LOGIN XOAUTH2"),
            ([("starttls", None)], b"OK", b"OK\nSTARTTLS"),
            ([("sendmail", {})], b"OK", b"OK\nSIZE 36700160\n8BITMIME\nSMTPUTF8\nPIPELINING\nCHUNKING"),
            ([("login", None), ("sendmail", {})], b"OK\nSIZE 10\nAUTH CRAM-MD5", b"OK\nSIZE 10\nAUTH CRAM-MD5"),
            ([("starttls", None), ("login", None)], b"OK\n8BITMIME\nAUTH=LOGIN", b"OK\n8BITMIME\nAUTH=LOGIN\nSTARTTLS"),
        ],
    )
    def test_is_what_later_steps_need(
        self, mock: SmtpPlugin, verifier: StrictVerifier, steps: list[tuple[str, Any]], text: bytes, offered: bytes
    ) -> None:
        script(mock, ("ehlo", (250, text)), *steps, required=False)
        with verifier.sandbox(), client() as smtp:
            assert smtp.ehlo() == (250, offered)

    def test_is_nothing_by_helo(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("helo", (250, b"hi")), ("sendmail", {}))
        with verifier.sandbox(), client() as smtp:
            assert smtp.helo("me") == (250, b"hi")
            smtp.sendmail(ME, ADA, TEXT)
        mock.assert_connect(host=HOST, port=587)
        mock.assert_helo(name="me")

    def test_has_no_starttls_once_tls_is_up(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("starttls", None), ("starttls", None), ("sendmail", {}), required=False)
        with verifier.sandbox(), client() as smtp:
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
            assert smtp.has_extn("size") and not smtp.has_extn("starttls")
            assert smtp.docmd("STARTTLS")[0] == 503

    def test_hello_is_a_chore_unless_it_is_scripted(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("sendmail", {}), ("ehlo", None), ("sendmail", {}))
        with verifier.sandbox(), client() as smtp:
            smtp.sendmail(ME, ADA, TEXT)
            smtp.ehlo("again")
            smtp.sendmail(ME, ADA, TEXT)
        assert [name for name, _ in read(mock)] == ["connect", "sendmail", "ehlo", "sendmail", "quit"]

    def test_helo_follows_a_refused_ehlo(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("ehlo", (502, b"what?")), ("sendmail", {}))
        with verifier.sandbox(), client() as smtp:
            assert smtp.sendmail(ME, ADA, TEXT) == {}
            assert not smtp.does_esmtp

    def test_hello_may_be_refused_for_good(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("ehlo", smtplib.SMTPHeloError(550, b"go away")))
        with verifier.sandbox(), client() as smtp, pytest.raises(smtplib.SMTPHeloError, match="go away"):
            smtp.sendmail(ME, ADA, TEXT)


class TestLogin:
    @pytest.mark.parametrize("way", ["plain", "login"])
    @pytest.mark.parametrize("at_once", [True, False])
    def test_tells_user_and_password(self, mock: SmtpPlugin, verifier: StrictVerifier, way: str, at_once: bool) -> None:
        script(mock, ("ehlo", (250, b"hi\nAUTH " + way.upper().encode())), ("login", None))
        with verifier.sandbox(), client() as smtp:
            assert smtp.login(ME, "hunter2", initial_response_ok=at_once)[0] == 235
        mock.assert_connect(host=HOST, port=587)
        mock.assert_ehlo(name="me.example.com")
        mock.assert_login(user=ME, password="hunter2")

    def test_by_cram_md5_lets_the_password_be_checked_and_not_be_read(
        self, mock: SmtpPlugin, verifier: StrictVerifier
    ) -> None:
        script(mock, ("ehlo", CHALLENGED), ("login", None))
        with verifier.sandbox(), client() as smtp:
            smtp.login(ME, "hunter2")
        password = verifier.timeline.next("smtp:connect", {})
        assert password is not None
        login = read(mock)[2][1]
        assert (login["password"] == "hunter2", login["password"] == b"hunter2") == (True, True)
        assert (login["password"] == "hunter3", login["password"] == 2) == (False, False)
        assert login["password"] == pickle.loads(pickle.dumps(login["password"]))
        assert "hunter2" not in repr(login)
        mock.assert_connect(host=HOST, port=587)
        mock.assert_ehlo(name="me.example.com")
        with pytest.raises(InteractionMismatchError):
            mock.assert_login(user=ME, password="hunter3")
        mock.assert_login(user=ME, password="hunter2")

    def test_by_xoauth2_tells_the_token(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("login", None))

        token = base64.b64encode(f"user={ME}\1auth=Bearer ya29.token\1\1".encode()).decode()
        with verifier.sandbox(), client() as smtp:
            smtp.ehlo()
            assert smtp.docmd("AUTH", f"XOAUTH2 {token}")[0] == 235
        assert read(mock)[1] == ("login", {"user": ME, "password": "ya29.token"})

    def test_has_its_password_masked_in_texts(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("login", None))
        with verifier.sandbox(), client() as smtp:
            smtp.login(ME, "hunter2")
        with pytest.raises(Exception, match="smtp:login") as caught:
            verifier.verify_all()
        assert "hunter2" not in str(caught.value)
        assert "bigfoot.Secret('f52fbd32'" in str(caught.value)

    def test_that_is_denied_is_one_step_for_all_mechanisms(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("login", smtplib.SMTPAuthenticationError(535, b"no")), ("login", None))
        with verifier.sandbox(), client() as smtp:
            with pytest.raises(smtplib.SMTPAuthenticationError, match="no"):
                smtp.login(ME, "wrong")
            assert smtp.login(ME, "right")[0] == 235
            assert smtp.docmd("AUTH", "PLAIN")[0] == 503
        assert [details["password"] for name, details in read(mock) if name == "login"] == ["wrong", "right"]

    def test_may_be_called_off(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("login", None), required=False)
        with verifier.sandbox(), client() as smtp:
            assert smtp.docmd("AUTH", "PLAIN")[0] == 503
            smtp.ehlo()
            assert smtp.docmd("AUTH", "LOGIN")[0] == 334
            assert smtp.docmd("*")[0] == 501
            assert smtp.docmd("AUTH", "XOAUTH2 eA==")[0] == 501
            assert smtp.docmd("AUTH", "CRAM-MD5")[0] == 334
            assert smtp.docmd("x" * 20_000)[0] == 501


class TestMail:
    def test_is_compared_by_content(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("send_message", {}))
        with verifier.sandbox(), client() as smtp:
            smtp.send_message(letter())
        mock.assert_connect(host=HOST, port=587)
        other = letter()
        other.replace_header("Subject", "Grüsse")
        with pytest.raises(InteractionMismatchError, match="Grüsse"):
            mock.assert_send_message(msg=other)
        verifier.assert_interaction(mock.send_message, msg=letter(), to_addrs=[ADA, BOB], from_addr=ME)
        mock.assert_quit()
        verifier.verify_all()

    @pytest.mark.parametrize(
        "change",
        [
            lambda message: message.add_header("X-More", "1"),
            lambda message: message.add_attachment("text"),
            lambda message: message.get_payload()[0].set_content("Strasse\n"),
            lambda message: message.get_payload()[1].replace_header("Content-Disposition", "attachment"),
            lambda message: message.get_payload()[1].set_payload("AAA="),
            lambda message: message.get_payload()[1].set_type("application/zip"),
        ],
    )
    def test_differs_if_anything_in_it_differs(self, change: Callable[[Any], None]) -> None:
        changed = letter()
        change(changed)
        assert Mail.of(letter()) == letter()
        assert Mail.of(letter()) != changed

    def test_does_not_care_how_it_is_written(self) -> None:
        older = MIMEMultipart()
        older["Subject"], older["From"] = "Grüße aus dem Süden, wo die Zeilen lang und die Tage kurz sind, wenn", ME
        older.attach(MIMEText("Straße\n", _charset="utf-8"))
        newer = EmailMessage()
        newer["From"], newer["Subject"] = ME, str(older["Subject"])
        newer.set_content("Straße\n", cte="8bit")
        newer.make_mixed()
        assert Mail.of(older) == newer
        assert Mail(older.as_bytes()) == older.as_string()
        assert Mail(older.as_bytes()) != newer.as_bytes().replace(b"Stra", b"Gas")

    def test_equals_its_text_and_its_bytes(self) -> None:
        mail = Mail(b"Subject: x\r\n\r\ny\r\n")
        assert mail == "Subject: x\n\ny" and mail == b"Subject: x\n\ny\n" and mail == bytearray(mail.bytes)
        assert mail != "Subject: x\n\nz" and mail != 5 and mail != Message()
        assert pickle.loads(pickle.dumps(mail)) == mail
        assert Mail(b"Subject: =?x-unknown?q?=E4?=\r\n\r\n") == "Subject: =?x-unknown?q?=E4?=\n\n"

    def test_addresses_are_compared_as_they_are_sent(self) -> None:
        assert Address(ADA) == ADA and Address(ADA) == f"Ada <{ADA}>" and Address(ADA) != BOB and Address(ADA) != 5
        both = Recipients([Address(ADA), Address(BOB)])
        assert both == [ADA, BOB] and both == (f"Ada <{ADA}>", BOB) and both == {BOB, ADA}
        assert both != [BOB, ADA] and both != ADA and both != 5 and both != [ADA]
        assert Recipients([Address(ADA)]) == ADA and Recipients() != ADA

    def test_leaks_no_bcc_unnoticed(self) -> None:
        assert Mail(letter().as_bytes()) != letter()

    def test_may_be_pipelined(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("sendmail", {BOB: (550, b"no")}))
        with verifier.sandbox(), client() as smtp:
            smtp.ehlo()
            smtp.send(f"MAIL FROM:<{ME}>\r\nRCPT TO:<{ADA}>\r\nRCPT TO:<{BOB}>\r\nDATA\r\n")
            assert [smtp.getreply()[0] for _ in range(4)] == [250, 250, 550, 354]
            smtp.send("Subject: x\r\n\r\n..y\r\n.\r\nNOOP\r\n")
            assert [smtp.getreply()[0] for _ in range(2)] == [250, 250]
        assert read(mock)[1] == ("sendmail", {"from_addr": ME, "to_addrs": [ADA, BOB], "msg": "Subject: x\n\n.y\n"})

    def test_may_come_in_chunks(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("sendmail", {}))
        with verifier.sandbox(), client() as smtp:
            smtp.ehlo()
            smtp.send("BDAT 2\r\nab")
            assert smtp.getreply()[0] == 503
            smtp.mail(ME)
            smtp.send("BDAT 2\r\nab")
            assert smtp.getreply()[0] == 554
            smtp.rcpt(ADA)
            assert [smtp.docmd("BDAT", words)[0] for words in ("x", "-1", "5 FIRST")] == [501, 501, 501]
            smtp.send("BDAT 4\r\n.\r\n.BDAT 3 LAST\r\nxyz")
            assert [smtp.getreply()[0] for _ in range(2)] == [250, 250]
        assert read(mock)[1][1]["msg"].bytes == b".\r\n.xyz"

    def test_by_lmtp_has_a_reply_for_each_recipient(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        session = mock.new_session("/run/lmtp.sock").expect("connect", returns=None).expect("ehlo", returns=None)
        session.expect("sendmail", returns={}, reply=(250, b"delivered"))
        with verifier.sandbox():
            lmtp = smtplib.LMTP("/run/lmtp.sock", local_hostname="me")
            assert lmtp.sendmail(ME, [ADA, BOB], TEXT) == {}
            assert lmtp.getreply() == (250, b"delivered")
            lmtp.close()
        mock.assert_connect(host="/run/lmtp.sock", port=0)
        mock.assert_ehlo(name="me")
        mock.assert_sendmail(from_addr=ME, to_addrs={ADA, BOB}, msg=TEXT)
        verifier.verify_all()

    def test_chores_are_recorded_where_they_are_scripted(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("noop", (250, b"yes")), ("rset", None), ("vrfy", (550, b"unknown")))
        with verifier.sandbox(), client() as smtp:
            assert smtp.noop() == (250, b"yes")
            assert smtp.rset() == (250, b"OK")
            assert smtp.verify(f"Ada <{ADA}>") == (550, b"unknown")
            assert (smtp.noop()[0], smtp.verify(ADA)[0], smtp.expn("all")[0]) == (250, 252, 502)
            assert b"VRFY" in smtp.help()
        mock.assert_connect(host=HOST, port=587)
        mock.assert_noop()
        mock.assert_rset()
        mock.assert_vrfy(address=ADA)
        mock.assert_quit()
        verifier.verify_all()


REFUSED = aiosmtplib.SMTPRecipientRefused(550, "no", ADA)
ERRORS: list[tuple[str, Any, Any, int]] = [
    ("sendmail", smtplib.SMTPSenderRefused(451, b"4.7.1 Greylisted", ME), smtplib.SMTPSenderRefused, 451),
    ("sendmail", smtplib.SMTPSenderRefused, smtplib.SMTPSenderRefused, 550),
    ("sendmail", smtplib.SMTPDataError(421, b"closing"), smtplib.SMTPDataError, 421),
    ("sendmail", smtplib.SMTPDataError, smtplib.SMTPDataError, 554),
    ("sendmail", smtplib.SMTPResponseException(452, b"full"), smtplib.SMTPDataError, 452),
    ("sendmail", smtplib.SMTPRecipientsRefused, smtplib.SMTPRecipientsRefused, 0),
    ("sendmail", smtplib.SMTPRecipientsRefused({ADA: (450, b"later")}), smtplib.SMTPRecipientsRefused, 0),
    ("sendmail", smtplib.SMTPServerDisconnected("gone"), smtplib.SMTPServerDisconnected, 0),
    ("sendmail", ConnectionResetError, smtplib.SMTPServerDisconnected, 0),
    ("sendmail", TimeoutError("timed out"), smtplib.SMTPServerDisconnected, 0),
    ("sendmail", REFUSED, smtplib.SMTPRecipientsRefused, 0),
    (
        "sendmail",
        aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(550, "no", ADA)]),
        smtplib.SMTPRecipientsRefused,
        0,
    ),
    ("sendmail", aiosmtplib.SMTPTimeoutError("slow"), smtplib.SMTPServerDisconnected, 0),
]


class TestErrors:
    @pytest.mark.parametrize(("step", "raises", "kind", "code"), ERRORS)
    def test_of_a_mail(
        self, mock: SmtpPlugin, verifier: StrictVerifier, step: str, raises: Any, kind: Any, code: int
    ) -> None:
        script(mock, (step, raises))
        with verifier.sandbox(), client() as smtp:
            with pytest.raises(kind) as caught:
                smtp.sendmail(ME, [ADA], TEXT)
            assert getattr(caught.value, "smtp_code", 0) == code
        assert [name for name, _ in read(mock)][:2] == ["connect", "sendmail"]
        assert read(mock)[1][1]["from_addr"] == ME

    @pytest.mark.parametrize("others", [{}, {EVE: (550, b"no")}])
    @pytest.mark.parametrize(
        ("given", "welcome"),
        [(lambda refused: refused, [ADA]), (smtplib.SMTPRecipientsRefused, [])],
    )
    def test_that_hang_up_at_a_recipient_end_the_mail(
        self,
        mock: SmtpPlugin,
        verifier: StrictVerifier,
        given: Callable[[Any], Any],
        welcome: list[str],
        others: dict[str, Any],
    ) -> None:
        script(mock, ("sendmail", given({BOB: (421, b"closing"), **others})))
        with verifier.sandbox(), client() as smtp, pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
            smtp.sendmail(ME, [*welcome, BOB, EVE], TEXT)
        assert caught.value.recipients == {BOB: (421, b"closing")}
        mock.assert_connect(host=HOST, port=587)
        mock.assert_sendmail(from_addr=ME, to_addrs=[*welcome, BOB], msg="")
        verifier.verify_all()

    @pytest.mark.parametrize("loop", LOOPS)
    @pytest.mark.parametrize(
        ("raises", "kind"),
        [
            (aiosmtplib.SMTPSenderRefused(550, "no", ME), aiosmtplib.SMTPSenderRefused),
            (aiosmtplib.SMTPDataError(554, "no"), aiosmtplib.SMTPDataError),
            (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPRecipientsRefused),
            (aiosmtplib.SMTPServerDisconnected("gone"), aiosmtplib.SMTPServerDisconnected),
            (smtplib.SMTPDataError(421, b"closing"), aiosmtplib.SMTPDataError),
            (TimeoutError(), aiosmtplib.SMTPTimeoutError),
        ],
    )
    def test_of_a_mail_by_a_loop(
        self, mock: SmtpPlugin, verifier: StrictVerifier, raises: Any, kind: Any, loop: str
    ) -> None:
        script(mock, ("sendmail", raises))

        async def send() -> None:
            smtp = aiosmtplib.SMTP(hostname=HOST, port=587, timeout=0.3)
            await smtp.connect()
            protocol = smtp.protocol
            with pytest.raises(kind):
                await smtp.sendmail(ME, [ADA], TEXT)
            smtp.close()
            while protocol.transport is not None:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.01)

        with verifier.sandbox():
            runner(loop)(send())
        assert [name for name, _ in read(mock)][:2] == ["connect", "sendmail"]

    @pytest.mark.parametrize(
        ("raises", "kind"),
        [
            (smtplib.SMTPConnectError(554, b"no"), smtplib.SMTPConnectError),
            (smtplib.SMTPConnectError, smtplib.SMTPConnectError),
            (smtplib.SMTPServerDisconnected("gone"), smtplib.SMTPServerDisconnected),
            (ConnectionRefusedError, ConnectionRefusedError),
            (TimeoutError("slow"), TimeoutError),
            (aiosmtplib.SMTPConnectError("refused"), ConnectionRefusedError),
        ],
    )
    def test_of_the_connection(self, mock: SmtpPlugin, verifier: StrictVerifier, raises: Any, kind: Any) -> None:
        mock.new_session().expect("connect", raises=raises)
        with verifier.sandbox(), pytest.raises(kind):
            client()
        mock.assert_connect(host=HOST, port=587)
        verifier.verify_all()

    def test_of_quit(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        mock.new_session().expect("connect", returns=None).expect("quit", raises=smtplib.SMTPServerDisconnected)
        with verifier.sandbox(), pytest.raises(smtplib.SMTPServerDisconnected):
            client().quit()

    def test_of_starttls_leave_the_line_as_it_is(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("starttls", (454, b"not now")), ("sendmail", {}))
        with verifier.sandbox(), client() as smtp:
            with pytest.raises(smtplib.SMTPResponseException, match="not now"):
                smtp.starttls()
            smtp.sendmail(ME, ADA, TEXT)

    @pytest.mark.parametrize(
        ("step", "raises", "remedy"),
        [
            ("login", smtplib.SMTPDataError, "no client raises it at 'login', but at sendmail, send_message"),
            ("login", smtplib.SMTPNotSupportedError, "no reply of a server makes a client raise it"),
            ("login", ValueError("x"), "smtplib and aiosmtplib have SMTPConnectError"),
            ("login", smtplib.SMTPAuthenticationError(235, b"fine"), "the code 235 is no error"),
            ("sendmail", smtplib.SMTPDataError(1, "y"), "give the code and the text"),
            ("sendmail", smtplib.SMTPRecipientsRefused({ADA: (1, b"")}), "give the code and the text"),
        ],
    )
    def test_that_no_server_can_cause_are_refused(self, mock: SmtpPlugin, step: str, raises: Any, remedy: str) -> None:
        session = mock.new_session().expect("connect", returns=None)
        with pytest.raises(InvalidArgumentError, match=remedy):
            session.expect(step, raises=raises)

    @pytest.mark.parametrize(
        ("step", "returns", "remedy"),
        [
            ("ehlo", 250, "give the code and the text of a reply"),
            ("ehlo", (True, b""), "give the code and the text"),
            ("ehlo", (99, b""), "give the code and the text"),
            ("sendmail", (250, b"OK"), "give the refused recipients"),
            ("sendmail", {ADA: (250, b"OK")}, "the code 250 refuses nobody"),
            ("sendmail", {5: (550, b"OK")}, "5 is no address"),
        ],
    )
    def test_values_that_cannot_be_meant(self, mock: SmtpPlugin, step: str, returns: Any, remedy: str) -> None:
        session = mock.new_session().expect("connect", returns=None)
        with pytest.raises(InvalidArgumentError, match=remedy):
            session.expect(step, returns=returns)

    def test_options_and_orders_that_cannot_be_meant(self, mock: SmtpPlugin) -> None:
        session = mock.new_session()
        with pytest.raises(InvalidStateError):
            session.expect("login", returns=None)
        with pytest.raises(InvalidArgumentError, match="takes returns, raises, required"):
            session.expect("connect", returns=None, reply=(220, b"hi"))
        with pytest.raises(InvalidArgumentError, match="did you mean 'sendmail'"):
            session.expect("send_mail", returns={})


class TestWhatIsRefused:
    @pytest.mark.parametrize("port", [25, 465, 587, 2525])
    def test_a_connection_that_nobody_answers(self, verifier: StrictVerifier, port: int) -> None:
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError) as caught:
            smtplib.SMTP(HOST, port)
        assert caught.value.source_id == "smtp:connect"
        assert "bigfoot.smtp_mock.new_session()" in caught.value.hint

    def test_a_mail_that_is_not_promised(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock)
        with (
            verifier.sandbox(),
            pytest.raises(UnmockedInteractionError, match="smtp:sendmail") as caught,
            client() as s,
        ):
            s.sendmail(ME, ADA, TEXT)
        assert '.expect("sendmail", returns=...)' in caught.value.hint
        assert "test_smtp.py:" in caught.value.hint

    def test_a_login_instead_of_a_mail(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("sendmail", {}))
        with verifier.sandbox(), client() as smtp:
            smtp.ehlo()
            with pytest.raises(UnmockedInteractionError, match=r"promises .expect\('sendmail'") as caught:
                smtp.auth("PLAIN", lambda challenge=None: "\0me\0hunter2")
        assert "hunter2" not in str(caught.value)

    def test_hides_no_error_of_the_codes_own(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("sendmail", {}))
        with verifier.sandbox(), pytest.raises(KeyError), client():
            raise KeyError("the body's own")
        with pytest.raises(VerificationError, match="smtp:quit"):
            verifier.verify_all()

    def test_hides_no_refusal_either(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("login", None))
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match="smtp:sendmail"), client() as smtp:
            smtp.sendmail(ME, ADA, TEXT)
        assert len(verifier.verdict.breaches) == 1

    def test_quit_without_a_step(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        mock.new_session().expect("connect", returns=None)
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match="smtp:quit"), client():
            pass

    def test_a_refusal_of_somebody_it_is_not_sent_to(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("sendmail", {"Bob@Example.com": (550, b"no")}))
        with (
            verifier.sandbox(),
            pytest.raises(UnmockedInteractionError, match=r"bob@example\.com, to whom"),
            client() as s,
        ):
            s.sendmail(ME, ADA, TEXT)

    def test_steps_that_do_not_come(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("sendmail", {}))
        with verifier.sandbox(), client() as smtp:
            smtp.ehlo()
            smtp.mail(ME)
            smtp.rset()
            smtp.close()
        mock.assert_connect(host=HOST, port=587)
        with pytest.raises(UnusedMocksError, match="sendmail"):
            verifier.verify_all()

    def test_waiting_for_a_reply_to_nothing(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock)
        with (
            verifier.sandbox(),
            pytest.raises(EndlessWaitError, match="everything it sent was answered"),
            client() as s,
        ):
            s.getreply()

    def test_no_tls_where_tls_comes_first(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock)
        with verifier.sandbox(), pytest.raises(EndlessWaitError, match="SMTP_SSL"):
            smtplib.SMTP(HOST, 465)

    @pytest.mark.parametrize("loop", LOOPS)
    def test_in_protocol_by_a_loop(self, mock: SmtpPlugin, verifier: StrictVerifier, loop: str) -> None:
        script(mock)

        async def send() -> None:
            async with aiosmtplib.SMTP(hostname=HOST, port=587) as smtp:
                protocol = smtp.protocol
                with pytest.raises(aiosmtplib.SMTPSenderRefused, match="bigfoot: Unmocked call: smtp:sendmail"):
                    await smtp.sendmail(ME, [ADA], TEXT)
            while protocol.transport is not None:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.01)

        with verifier.sandbox():
            runner(loop)(send())
        with pytest.raises(VerificationError, match="smtp:sendmail"):
            verifier.verify_all()
        assert len(verifier.verdict.breaches) == 1


class TestWhoAnswers:
    def test_a_session_is_bound_to_a_host(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        mock.new_session().expect("connect", returns=(220, b"any"))
        mock.new_session("b.example.com", 1025).expect("connect", returns=(220, b"bound"))
        with verifier.sandbox():
            smtp = smtplib.SMTP()
            assert smtp.connect("b.example.com", 1025) == (220, b"bound")
            smtp.close()
            assert smtp.connect("b.example.com", 1025) == (220, b"any")
            smtp.close()

    def test_others_come_first_on_ports_of_nobody(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        redis: Any = pytest.importorskip("redis", reason="redis is not installed")
        script(mock)
        verifier.plugin("redis_mock").mock_command("GET", returns="v")
        with verifier.sandbox():
            assert redis.Redis(HOST, 7000).get("k") == b"v"
            with smtplib.SMTP(HOST, 7000) as smtp:
                assert smtp.noop()[0] == 250

    def test_raw_sessions_come_first_for_who_dials_himself(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        import socket

        script(mock)
        sockets = SocketPlugin(verifier)
        sockets.new_session().expect("connect", returns=None).expect("close", returns=None)
        with verifier.sandbox():
            socket.create_connection((HOST, 7000)).close()
            socket.create_connection((HOST, 7000)).close()
        assert [i.source_id for i in verifier.timeline] == ["socket:connect", "socket:close", "smtp:connect"]

    def test_tls_is_verified(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        for _ in range(2):
            script(mock)
        with verifier.sandbox():
            with smtplib.SMTP_SSL(HOST, context=ssl.create_default_context()) as smtp:
                assert smtp.sock is not None and smtp.noop()[0] == 250
            with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
                smtp = smtplib.SMTP_SSL(context=ssl.create_default_context())
                smtp._host = "other.example.com"  # type: ignore[attr-defined] # the name that it verifies
                smtp.connect(HOST, 465)


class TestALoopThatWaits:
    """For a reply that will not come, without a timer: it would wait for ever."""

    def test_after_everything_was_answered(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock)

        async def wait() -> bytes:
            reader, writer = await asyncio.open_connection(HOST, 587)
            assert (await reader.readline()).startswith(b"220 ")
            said = await reader.read()
            writer.close()
            await writer.wait_closed()
            return said

        with verifier.sandbox():
            assert asyncio.run(wait()).startswith(b"421 5.5.1 bigfoot: The client waits for a reply")
        with pytest.raises(VerificationError, match="everything it sent was answered"):
            verifier.verify_all()
        assert len(verifier.verdict.breaches) == 1

    def test_while_the_script_is_silent(self, mock: SmtpPlugin, verifier: StrictVerifier) -> None:
        script(mock, ("noop", TimeoutError))

        async def wait() -> bytes:
            reader, writer = await asyncio.open_connection(HOST, 587)
            await reader.readline()
            writer.write(b"NOOP\r\n")
            said = await reader.read()
            writer.close()
            await writer.wait_closed()
            return said

        with verifier.sandbox():
            assert asyncio.run(wait()).startswith(b"421 5.5.1 bigfoot: The client waits for a reply")
        with pytest.raises(VerificationError, match="the script is silent here"):
            verifier.verify_all()
