"""One mail on its way: from MAIL to the end of its content, with what the script says of it."""

from __future__ import annotations

import re
from typing import Any

from bigfoot.errors import UnmockedInteractionError
from bigfoot.origin import Origin
from bigfoot.session import Session

from .smtp_mail import Address, Mail, Recipients
from .smtp_script import MAIL, OK, Outcome, Reply, outcome

# A path in angle brackets, which many clients and servers do without; quoted local parts may contain anything.
_PATH = re.compile(r'\s*(?:<((?:"(?:\\.|[^"\\])*"|[^<>"])*)>|([^\s<>]+))\s*(.*)')


def path(words: str, keyword: str) -> str | None:
    """Return the address of `FROM:<a@example.com> SIZE=1`, or None if that is not what was said.

    Example:
        >>> path("from:<a@example.com> SIZE=1", "FROM:")
        'a@example.com'
    """
    if not words.upper().startswith(keyword):
        return None
    found = _PATH.fullmatch(words[len(keyword) :])
    if found is None:
        return None
    address = found[1] if found[1] is not None else found[2]
    return str(address[address.rindex(":") + 1 :] if address.startswith("@") and ":" in address else address)


class Envelope:
    """The sender, the recipients and the content of a mail; the step is used up when its fate is known.

    Arguments:
        session: whose script it is; the next that it promises is a mail.
        sender: the address that MAIL gave.

    Attributes:
        outcome: what the script says of it.
        accepted: how many recipients were welcome.
        cut: whether the server hung up at a recipient, so that the client never comes to the others.
        chunks: the content so far, where it comes by BDAT.
    """

    def __init__(self, session: Session, sender: str) -> None:
        step = session.upcoming(*MAIL)
        assert step is not None
        self._session = session
        self._name = step.name
        self._sender = Address(sender)
        self._recipients: list[str] = []
        self.outcome: Outcome = outcome(step)
        self.accepted = 0
        self.cut = False
        self.chunks: list[bytes] = []

    def add(self, recipient: str) -> Reply:
        """Return the reply to RCPT."""
        self._recipients.append(Address(recipient))
        refusal = self.outcome.refusal(recipient)
        if refusal is None:
            self.accepted += 1
            return OK
        self.cut = refusal.code == 421
        return refusal

    @property
    def refused(self) -> bool:
        """Whether nobody is left to send it to: the client gives up after the last recipient, without a word."""
        return bool(self._recipients) and not self.accepted

    def take(self, content: bytes, origin: Origin | None) -> None:
        """Use the step and leave the interaction.

        Raises:
            UnmockedInteractionError: the script refuses somebody to whom it was not sent.
        """
        details = self.details(content)
        asked = {address.lower() for address in self._recipients}
        missing = [address for address in self.outcome.refused if address not in asked]
        if missing and self.outcome.sender is None and not self.cut:
            raise self._refusal(details, missing, origin)
        self._session.take(self._name, details, origin=origin)

    def details(self, content: bytes) -> dict[str, Any]:
        """Return what is recorded; what the client did not come to say is empty."""
        return {"from_addr": self._sender, "to_addrs": Recipients(self._recipients), "msg": Mail(content)}

    def _refusal(self, details: dict[str, Any], missing: list[str], origin: Origin | None) -> UnmockedInteractionError:
        session = self._session
        note = f"the script refuses {', '.join(missing)}, to whom it is not sent"
        error: UnmockedInteractionError = session.plugin.refusal(
            self._name, details, origin=origin, session=session, step=session.upcoming(*MAIL), notes=[note]
        )
        return error
