"""MAIL, RCPT, DATA and BDAT: how mails come in, one after the other."""

from __future__ import annotations

from typing import Final

from .smtp_conversation import Conversation
from .smtp_envelope import Envelope, path
from .smtp_mail import Address
from .smtp_script import HELLO_FIRST, MAIL, NO_SYNTAX, OK, Reply

_NESTED: Final = Reply(503, b"5.5.1 Error: nested MAIL command")
_MAIL_FIRST: Final = Reply(503, b"5.5.1 Error: need MAIL command")
_NOBODY: Final = Reply(554, b"5.5.1 Error: no valid recipients")
_GO_AHEAD: Final = Reply(354, b"End data with <CR><LF>.<CR><LF>")


class Delivery:
    """The mails of one connection.

    Arguments:
        conversation: the conversation that they are part of.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._mail: Envelope | None = None

    def mail(self, words: str) -> None:
        """Answer MAIL."""
        conversation = self._conversation
        sender = path(words, "FROM:")
        if not conversation.greeted:
            conversation.say(HELLO_FIRST)
        elif self._mail is not None:
            conversation.say(_NESTED)
        elif sender is None:
            conversation.say(NO_SYNTAX)
        elif conversation.session.upcoming(*MAIL) is None:
            conversation.take("sendmail", {"from_addr": Address(sender)})  # refuses: the script has no mail here
        else:
            mail = Envelope(conversation.session, sender)
            refusal = mail.outcome.sender
            if refusal is None:
                self._mail = mail
            else:
                mail.take(b"", conversation.origin)
            conversation.say(refusal or OK)

    def rcpt(self, words: str) -> None:
        """Answer RCPT."""
        recipient = path(words, "TO:")
        mail = self._mail
        if mail is None or not recipient:
            self._conversation.say(_MAIL_FIRST if mail is None else NO_SYNTAX)
            return
        reply = mail.add(recipient)
        if reply.code == 421:  # the connection ends here, and with it the mail, whoever was welcome before
            self._mail = None
            mail.take(b"", self._conversation.origin)
        self._conversation.say(reply)

    def data(self, words: str) -> None:
        """Answer DATA."""
        if words or not self._expected():
            self._conversation.say(NO_SYNTAX if words else self._unexpected)
            return
        self._conversation.next = self._content
        self._conversation.say(_GO_AHEAD)

    def bdat(self, words: str) -> None:
        """Answer BDAT."""
        size, _, last = words.partition(" ")
        if not (size.isascii() and size.isdigit() and len(size) < 16) or last.upper() not in ("", "LAST"):
            self._conversation.say(NO_SYNTAX)
        else:
            self._conversation.next = lambda: self._chunk(int(size), last=bool(last))

    def drop(self) -> None:
        """Forget the mail that was begun; if all its recipients were refused, that was its end."""
        mail, self._mail = self._mail, None
        if mail is not None and mail.refused:
            mail.take(b"", self._conversation.origin)

    def _expected(self) -> bool:
        return self._mail is not None and self._mail.accepted > 0

    @property
    def _unexpected(self) -> Reply:
        return _MAIL_FIRST if self._mail is None else _NOBODY

    def _content(self) -> bool:
        content = self._conversation.reader.message()
        if content is None:
            return False
        self._conversation.await_command()
        self._deliver(content)
        return True

    def _chunk(self, size: int, *, last: bool) -> bool:
        chunk = self._conversation.reader.chunk(size)
        if chunk is None:
            return False
        self._conversation.await_command()
        if self._mail is None or not self._expected():
            self._conversation.say(self._unexpected)  # the chunk came all the same
            return True
        self._mail.chunks.append(chunk)
        if last:
            self._deliver(b"".join(self._mail.chunks))
        else:
            self._conversation.say(OK)
        return True

    def _deliver(self, content: bytes) -> None:
        mail, self._mail = self._mail, None
        assert mail is not None
        mail.take(content, self._conversation.origin)
        self._conversation.end_in(mail.outcome, mail.accepted if self._conversation.local else 1)
