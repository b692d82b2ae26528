"""What a server offers in its reply to EHLO: what the rest of the script needs, or what the test says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bigfoot.session import SessionStep

from .smtp_auth import OFFERED
from .smtp_script import MAIL

# What any server offers to who has mail to send.
_FOR_MAIL: Final = (b"SIZE 36700160", b"8BITMIME", b"SMTPUTF8", b"PIPELINING", b"CHUNKING")


def features(text: bytes, steps: Iterable[SessionStep], *, secure: bool) -> bytes:
    """Return the lines of the reply: the given ones, and those without which a later step could not happen.

    Arguments:
        text: what the test says; if it has more than one line, the test names the extensions itself.
        steps: the steps that are still to come.
        secure: whether TLS is up.

    Example:
        >>> features(b"mail.example.com", [], secure=False)
        b'mail.example.com'
    """
    lines = text.split(b"\n")
    named = {line.replace(b"=", b" ").split(b" ")[0].strip().upper() for line in lines[1:]}
    names = {step.name for step in steps}
    offered: list[bytes] = list(_FOR_MAIL) if len(lines) == 1 and not names.isdisjoint(MAIL) else []
    if "starttls" in names and not secure:
        offered.append(b"STARTTLS")
    if "login" in names:
        offered.append(b"AUTH " + OFFERED.encode())
    return b"\n".join([*lines, *(line for line in offered if line.split(b" ")[0] not in named)])
