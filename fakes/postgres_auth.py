"""How a server asks who connects: trust, a password in the clear, md5, or SCRAM-SHA-256."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import Final

from .postgres_errors import WRONG_PASSWORD, Failure
from .postgres_messages import Reader, authentication

METHODS: Final = ("trust", "password", "md5", "scram-sha-256")
_ROUNDS: Final = 4096  # what a server uses if nobody says otherwise


class Login:
    """Asks a client for its password.

    Arguments:
        method: one of `METHODS`.
        user: who connects.
        password: what the password must be.

    Attributes:
        done: whether the client has proved that it knows the password.
    """

    def __init__(self, method: str, user: str, password: str) -> None:
        self.done = method == "trust"
        self._method = method
        self._user = user
        self._password = password
        self._salt = os.urandom(16 if method == "scram-sha-256" else 4)
        self._first = self._nonce = ""

    def challenge(self) -> bytes:
        """Return what to ask the client."""
        if self._method == "password":
            return authentication(3)
        if self._method == "md5":
            return authentication(5, self._salt)
        return authentication(10, b"SCRAM-SHA-256\0\0")

    def respond(self, body: bytes) -> bytes:
        """Take an answer of the client, and return what to say to it; see `done` then.

        Raises:
            Failure: the password is wrong.
        """
        if self._method == "scram-sha-256":
            return self._scram(body)
        given = Reader(body).text()
        self._judge(hmac.compare_digest(given.encode(), self._expected().encode()))
        return b""

    def _expected(self) -> str:
        if self._method == "password":
            return self._password
        inner = hashlib.md5((self._password + self._user).encode(), usedforsecurity=False).hexdigest()
        return "md5" + hashlib.md5(inner.encode() + self._salt, usedforsecurity=False).hexdigest()

    def _judge(self, right: bool) -> None:
        if not right:
            text = f'password authentication failed for user "{self._user}"'
            raise Failure(WRONG_PASSWORD, text, severity="FATAL")
        self.done = True

    def _scram(self, body: bytes) -> bytes:
        if not self._first:
            reader = Reader(body)
            reader.text()
            said = reader.raw(reader.number()).decode("ascii", "replace")
            self._first = said.split(",", 2)[-1]
            own = base64.b64encode(os.urandom(18)).decode()
            self._nonce = _attributes(self._first).get("r", "") + own
            return authentication(11, self._offer().encode())
        final = body.decode("ascii", "replace")
        without, _, proof = final.rpartition(",p=")
        salted = hashlib.pbkdf2_hmac("sha256", self._password.encode(), self._salt, _ROUNDS)
        key = _sign(salted, b"Client Key")
        told = ",".join((self._first, self._offer(), without)).encode()
        try:
            given = base64.b64decode(proof)
        except ValueError:
            given = b""
        expected = bytes(a ^ b for a, b in zip(key, _sign(hashlib.sha256(key).digest(), told), strict=True))
        self._judge(hmac.compare_digest(given, expected) and _attributes(without).get("r") == self._nonce)
        verifier = base64.b64encode(_sign(_sign(salted, b"Server Key"), told))
        return authentication(12, b"v=" + verifier)

    def _offer(self) -> str:
        return f"r={self._nonce},s={base64.b64encode(self._salt).decode()},i={_ROUNDS}"


def _sign(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


def _attributes(text: str) -> dict[str, str]:
    return {part[:1]: part[2:] for part in text.split(",")}
