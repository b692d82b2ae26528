"""AUTH, from the command to what the script says of the login."""

from __future__ import annotations

from typing import Any, Final

from .smtp_auth import Exchange
from .smtp_conversation import Conversation
from .smtp_reader import LineTooLongError
from .smtp_script import HELLO_FIRST, Outcome, Reply

_ALREADY: Final = Reply(503, b"5.5.1 Error: already authenticated")
_UNKNOWN: Final = Reply(504, b"5.5.4 Unrecognized authentication type")
_UNREADABLE: Final = Reply(501, b"5.5.2 Cannot decode the credentials")
_ABORTED: Final = Reply(501, b"5.7.0 Authentication aborted")


class Login:
    """The logins of one connection.

    Arguments:
        conversation: the conversation that they are part of.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._done = False
        self._denied: Outcome | None = None  # what the last login came to
        self._tried: set[str] = set()  # the mechanisms by which it was tried

    def auth(self, words: str) -> None:
        """Answer AUTH."""
        mechanism, _, first = words.partition(" ")
        if not self._conversation.greeted or self._done:
            self._conversation.say(_ALREADY if self._done else HELLO_FIRST)
            return
        try:
            exchange = Exchange(mechanism.upper())
        except KeyError:
            self._conversation.say(_UNKNOWN)
            return
        self._proceed(exchange, first if exchange.may_begin else "")

    def _proceed(self, exchange: Exchange, answer: str) -> None:
        """Take an answer if there is one, then ask for what is missing."""
        conversation = self._conversation
        conversation.await_command()
        try:
            if answer:
                exchange.answer(b"" if answer == "=" else answer.encode("ascii"))
            question = exchange.question
            if question is not None:
                conversation.next = lambda: self._answered(exchange)
                conversation.say(Reply(334, question))
                return
            user, password = exchange.credentials()
        except ValueError:
            conversation.say(_UNREADABLE)
            return
        self._log_in(exchange.mechanism, {"user": user, "password": password})

    def _answered(self, exchange: Exchange) -> bool:
        conversation = self._conversation
        try:
            line = conversation.reader.line()
        except LineTooLongError:
            line = b"*"
        if line is None:
            return False
        if line == b"*":
            conversation.await_command()
            conversation.say(_ABORTED)
        else:
            self._proceed(exchange, line.decode("ascii", "replace") or "=")
        return True

    def _log_in(self, mechanism: str, details: dict[str, Any]) -> None:
        denied = self._denied
        if denied is None or mechanism in self._tried:
            done = self._conversation.take("login", details)
            self._tried = set()
        else:  # the same login of the client's: it goes through the mechanisms until one is accepted
            done = denied
        self._tried.add(mechanism)
        self._done = done.reply.code == 235 and done.fault is None
        self._denied = None if self._done else done
        self._conversation.end_in(done)
