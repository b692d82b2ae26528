"""A mail server as one connection sees it: ESMTP, and LMTP for who says LHLO."""

from __future__ import annotations

import sys

from bigfoot.errors import BigfootError, EndlessWaitError
from bigfoot.session import Session
from bigfoot.transports.dial import Call, Peer, Wire

from .smtp_conversation import Conversation
from .smtp_delivery import Delivery
from .smtp_envelope import path
from .smtp_greeting import features
from .smtp_login import Login
from .smtp_mail import Address
from .smtp_reader import LineTooLongError
from .smtp_script import NO_SYNTAX, OK, Outcome, Reply, usual


class SmtpPeer(Peer):
    """The far end of one connection of a mail client.

    Arguments:
        session: the script that it plays, its `connect` already taken.
        welcome: what that came to.
    """

    def __init__(self, session: Session, welcome: Outcome) -> None:
        self._session = session
        self._welcome = welcome
        self._unfriendly: Reply | None = None  # the reply to HELO, where EHLO was refused for good

    def connected(self, wire: Wire) -> None:
        super().connected(wire)
        self._conversation = conversation = Conversation(self._session, wire, self._command)
        self._delivery = delivery = Delivery(conversation)
        self._commands = {
            "AUTH": Login(conversation).auth,
            "BDAT": delivery.bdat,
            "DATA": delivery.data,
            "EHLO": self._ehlo,
            "EXPN": self._expn,
            "HELO": self._helo,
            "HELP": self._help,
            "LHLO": self._lhlo,
            "MAIL": delivery.mail,
            "NOOP": self._noop,
            "QUIT": self._quit,
            "RCPT": delivery.rcpt,
            "RSET": self._rset,
            "STARTTLS": self._starttls,
            "VRFY": self._vrfy,
        }
        conversation.end_in(self._welcome)

    def received(self, data: bytes) -> None:
        conversation = self._conversation
        conversation.reader.feed(data)
        going = True
        while going and not conversation.deaf:
            try:
                going = conversation.next()
            except BigfootError as error:
                conversation.refuse(error)

    def reading(self, call: Call) -> None:
        conversation = self._conversation
        scripted = conversation.silent and not self.wire.raises  # a loop without a timer: it would never end
        if self.wire.unread or not self.wire.alone or (conversation.deaf and not scripted):
            return
        why = "everything it sent was answered"
        if scripted:
            why = "the script is silent here, and the client has no timeout"
        elif self.wire.dial.port == 465 and self.wire.tls is None:
            why = "on this port the client has to begin with TLS (SMTP_SSL)"
        error = EndlessWaitError("smtp:reply", f"The client waits for a reply that no server would send: {why}.")
        conversation.silent = False
        conversation.refuse(self._session.plugin.verifier.refuse(error), 421)

    def ended(self) -> None:
        self._delivery.drop()
        super().ended()

    def closed(self) -> None:
        self._conversation.deaf = True

    def _command(self) -> bool:
        conversation = self._conversation
        try:
            line = conversation.reader.line()
        except LineTooLongError:
            conversation.say(Reply(500, b"5.5.2 Error: line too long"))
            return True
        if line is None:
            return False
        verb, _, words = line.decode("utf-8", "surrogateescape").strip().partition(" ")
        act = self._commands.get(verb.upper())
        if act is None:
            conversation.say(Reply(500, b"5.5.2 Error: command not recognized"))
        else:
            act(words.strip())
        return True

    def _ehlo(self, name: str) -> None:
        done = self._greet("ehlo", name)
        if done is None:
            return
        self._unfriendly = done.reply if done.lasting else None
        if self._conversation.greeted:
            secure = self.wire.tls is not None
            text = features(done.reply.text, self._session.remaining(), secure=secure)
            done = Outcome(Reply(done.reply.code, text))
        self._conversation.end_in(done)

    def _lhlo(self, name: str) -> None:
        self._conversation.local = True
        self._ehlo(name)

    def _helo(self, name: str) -> None:
        done = self._greet("helo", name)
        if done is not None:
            self._conversation.end_in(done)

    def _greet(self, step: str, name: str) -> Outcome | None:
        self._delivery.drop()
        if not name:
            self._conversation.say(NO_SYNTAX)
            return None
        chore = Reply(250, self.wire.dial.host.encode("utf-8", "replace"))
        if step == "helo":
            chore = self._unfriendly or chore
        done = self._conversation.take_or(step, {"name": name}, chore)
        self._conversation.greeted = done.reply.good and done.fault is None
        return done

    def _starttls(self, words: str) -> None:
        conversation = self._conversation
        if words or self.wire.tls is not None:
            conversation.say(NO_SYNTAX if words else Reply(503, b"5.5.1 Error: TLS is active already"))
            return
        done = conversation.take("starttls", {})
        conversation.end_in(done)
        if done.reply.code == 220 and done.fault is None:
            conversation.reader.clear()  # said before TLS was up: by anybody
            conversation.greeted = False
            self.wire.start_tls()

    def _rset(self, words: str) -> None:
        self._delivery.drop()
        self._conversation.end_in(self._conversation.take_or("rset", {}, OK))

    def _noop(self, words: str) -> None:
        self._conversation.end_in(self._conversation.take_or("noop", {}, OK))

    def _vrfy(self, words: str) -> None:
        address = Address(path(words, "") or words)
        self._conversation.end_in(self._conversation.take_or("vrfy", {"address": address}, usual("vrfy")))

    def _expn(self, words: str) -> None:
        self._conversation.say(Reply(502, b"EXPN not implemented"))

    def _help(self, words: str) -> None:
        self._conversation.say(Reply(214, f"Commands: {' '.join(self._commands)}".encode()))

    def _quit(self, words: str) -> None:
        conversation = self._conversation
        self._delivery.drop()
        if conversation.broken and self._session.upcoming("quit") is None:
            done = Outcome(usual("quit"))  # the client gives up after a refusal: that is known already
        else:
            in_flight = sys.exc_info()[1] is not None  # smtplib says QUIT on its way out: that hides no error
            try:
                done = conversation.take("quit", {})
            except BigfootError as error:
                if not in_flight:
                    conversation.refuse(error)
                conversation.hang_up()
                return
        conversation.end_in(done)
        if not conversation.deaf:
            conversation.hang_up()
