"""One connection's conversation: what the script says comes to words on the wire, refusals included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bigfoot.errors import BigfootError
from bigfoot.origin import Origin
from bigfoot.session import Session
from bigfoot.transports.dial import Wire

from .smtp_reader import Reader
from .smtp_script import Outcome, Reply, outcome


class Conversation:
    """What the parts of a mail server have in common.

    Arguments:
        session: the script.
        wire: the server's end of the connection.
        begin: takes a command; False if none is there yet.

    Attributes:
        session: the script.
        wire: the server's end of the connection.
        reader: what the client has said.
        next: takes what the client is to say next: a command, unless a command has asked for something else.
        greeted: whether the client has said hello.
        local: whether it speaks LMTP, where each recipient has a reply of its own.
        deaf: whether nothing is answered any more.
        silent: whether that is what the script wants.
        broken: whether something was refused that the script does not know of.
    """

    def __init__(self, session: Session, wire: Wire, begin: Callable[[], bool]) -> None:
        self.session = session
        self.wire = wire
        self.reader = Reader()
        self.greeted = False
        self.local = False
        self.deaf = False
        self.silent = False
        self.broken = False
        self.next = self._begin = begin

    @property
    def origin(self) -> Origin | None:
        """The calling line, for `Session.take`."""
        return self.wire.origin

    def await_command(self) -> None:
        """Take what the client says next for a command again."""
        self.next = self._begin

    def say(self, *replies: Reply) -> None:
        """Send replies."""
        self.wire.send(b"".join(reply.encode() for reply in replies))
        if any(reply.code == 421 for reply in replies):  # said by servers that close the connection
            self.hang_up()

    def hang_up(self) -> None:
        """Close the connection."""
        self.deaf = True
        self.wire.close()

    def refuse(self, error: BigfootError, code: int = 554) -> None:
        """Tell the client of a breach, which the verdict knows: at its own line where possible, else in protocol.

        Arguments:
            error: the breach.
            code: the code of the reply.

        Raises:
            BigfootError: it reaches the client's own line.
        """
        self.broken = True
        if self.wire.raises:
            # smtplib says QUIT on its way out of a `with` block: a line that is cut hides the error behind no other.
            self.hang_up()
            raise error
        first = str(error).partition("\n")[0]
        self.say(Reply(code, f"5.5.1 bigfoot: {first}".encode()))

    def take(self, name: str, details: dict[str, Any]) -> Outcome:
        """Use the next step, which must be this one, and return what it comes to."""
        return outcome(self.session.take(name, details, origin=self.origin))

    def take_or(self, name: str, details: dict[str, Any], chore: Reply) -> Outcome:
        """Use the step if the script has it next; else do it unasked and unrecorded."""
        return self.take(name, details) if self.session.upcoming(name) else Outcome(chore)

    def end_in(self, done: Outcome, replies: int = 1) -> None:
        """Let a step come to what the script says.

        Arguments:
            done: what that is.
            replies: how often the reply is given.
        """
        if done.fault is None:
            self.say(*[done.reply] * replies)
        elif isinstance(done.fault, EOFError):
            self.hang_up()
        else:
            self.deaf = True
            self.silent = isinstance(done.fault, TimeoutError)
            self.wire.fail(done.fault)
