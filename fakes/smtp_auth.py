"""AUTH: what a client proves who it is with, and how much of it a server gets to know."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from bigfoot.values import Body

# What the server asks for, in order; the client may answer the first question unasked.
_QUESTIONS: Final[dict[str, tuple[bytes, ...]]] = {
    "PLAIN": (b"",),
    "LOGIN": (b"Username:", b"Password:"),
    "CRAM-MD5": (b"<1.1@bigfoot>",),  # always the same: a test is to be the same in every run
    "XOAUTH2": (b"",),
}
# CRAM-MD5 is left to scripts that name it: clients prefer it, and it tells the server no password.
OFFERED: Final = "PLAIN LOGIN XOAUTH2"
_XOAUTH2 = re.compile(rb"user=([^\x01]*)\x01auth=Bearer ([^\x01]*)\x01\x01", re.IGNORECASE)


class Digested:
    """A password that was sent as a digest (CRAM-MD5): equal to every text that has this digest.

    Arguments:
        question: what the server sent for the client to digest with the password.
        digest: what came back, in hexadecimal digits.
    """

    __slots__ = ("_digest", "_question")

    def __init__(self, question: bytes, digest: str) -> None:
        self._question = question
        self._digest = digest

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Digested):
            return (self._question, self._digest) == (other._question, other._digest)
        if isinstance(other, str):
            other = other.encode("utf-8", "surrogatepass")
        if not isinstance(other, bytes):
            return NotImplemented
        import hmac

        return hmac.compare_digest(hmac.new(other, self._question, "md5").hexdigest(), self._digest)

    def __hash__(self) -> int:
        return hash(self._digest)

    def __repr__(self) -> str:
        return "'<the password, which CRAM-MD5 does not tell>'"

    def __reduce__(self) -> tuple[Any, ...]:
        return Digested, (self._question, self._digest)


class Exchange:
    """One AUTH command, and the answers that belong to it.

    Arguments:
        mechanism: its name in upper case.

    Raises:
        KeyError: there is no such mechanism.
    """

    def __init__(self, mechanism: str) -> None:
        self.mechanism = mechanism
        self._questions = _QUESTIONS[mechanism]
        self._answers: list[bytes] = []

    @property
    def question(self) -> bytes | None:
        """What to ask next, in base64; None when everything is answered."""
        at = len(self._answers)
        return base64.b64encode(self._questions[at]) if at < len(self._questions) else None

    @property
    def may_begin(self) -> bool:
        """Whether the client may answer the first question together with the command."""
        return self.mechanism != "CRAM-MD5"

    def answer(self, line: bytes) -> None:
        """Take an answer.

        Raises:
            ValueError: it is not base64.
        """
        try:
            self._answers.append(base64.b64decode(line, validate=True))
        except binascii.Error as error:
            raise ValueError("not base64") from error

    def credentials(self) -> tuple[Body, Body | Digested]:
        """Return the user and the password.

        Raises:
            ValueError: the answers do not contain them.
        """
        first = self._answers[0]
        match self.mechanism:
            case "PLAIN":
                _, user, password = first.split(b"\0")
            case "LOGIN":
                user, password = self._answers
            case "XOAUTH2":
                found = _XOAUTH2.fullmatch(first)
                if found is None:
                    raise ValueError("no bearer token")
                user, password = found.groups()
            case _:
                user, _, digest = first.rpartition(b" ")
                return Body(user), Digested(self._questions[0], digest.decode("ascii"))
        return Body(user), Body(password)
