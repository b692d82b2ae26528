"""The fields of mail as they are recorded: on the wire, addresses are bare, and messages are bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeGuard

from bigfoot.values import Body

if TYPE_CHECKING:
    from email.message import Message

_LINE_END = re.compile(rb"\r\n|\r|\n")


class Address(str):
    """An address as it stands on the wire; equal to itself with a name around it.

    Example:
        >>> Address("bob@example.com") == "Bob <bob@example.com>"
        True
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str):
            return NotImplemented
        return str.__eq__(self, other) or ("@" in other and str.__eq__(self, _bare(other)))

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        return str.__hash__(self)


def _bare(address: str) -> str:
    from email.utils import parseaddr

    return parseaddr(address)[1]


class Recipients(list[Any]):
    """The recipients in their order on the wire; equal to any collection of them, and one of them to its own text.

    Example:
        >>> Recipients([Address("bob@example.com")]) == "bob@example.com"
        True
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return len(self) == 1 and bool(self[0] == other)
        if isinstance(other, (set, frozenset)):
            return {str(address) for address in self} == {_bare(str(address)) for address in other}
        if isinstance(other, (list, tuple)):
            return len(self) == len(other) and all(
                bool(expected == address) for expected, address in zip(other, self, strict=True)
            )
        return NotImplemented

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    __hash__ = None


class Mail(Body):
    """A message: text that also knows its bytes, and equals the `Message` object that it was made of.

    Line ends do not count, nor does one at the very end: clients make them CRLF, and add the last one. A `Message`
    object, and any MIME message, is compared by content: headers by their decoded values, parts by theirs; what the
    serialization chooses (folding, boundaries, transfer encodings) does not count. Of a `Message` object, Bcc is
    left out, as clients do.

    Example:
        >>> Mail(b"Subject: Alert\\r\\n\\r\\nBody\\r\\n") == "Subject: Alert\\n\\nBody"
        True
    """

    _composed = False  # made of a Message: nothing but its content was decided

    @classmethod
    def of(cls, message: Message) -> Mail:
        """Return the text that a `Message` object is sent as."""
        from copy import copy
        from email.generator import BytesGenerator
        from io import BytesIO

        message = copy(message)
        del message["bcc"], message["resent-bcc"]
        policy: Any = message.policy.clone(linesep="\r\n")
        if hasattr(policy, "utf8"):
            policy = policy.clone(utf8=True)  # addresses need not be ASCII
        out = BytesIO()
        BytesGenerator(out, mangle_from_=False, policy=policy).flatten(message)
        mail = cls(out.getvalue())
        mail._composed = True
        return mail

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Body):
            return self._same(other.bytes, composed=isinstance(other, Mail) and other._composed)
        if isinstance(other, str):
            return self._same(other.encode("utf-8", "surrogateescape"))
        if isinstance(other, (bytes, bytearray, memoryview)):
            return self._same(bytes(other))
        if _is_message(other):
            return self == Mail.of(other)
        return super().__eq__(other)

    def _same(self, other: bytes, *, composed: bool = False) -> bool:
        if _lines(self.bytes) == _lines(other):
            return True
        by_content = composed or self._composed or (_is_mime(self.bytes) and _is_mime(other))
        return by_content and _content(self.bytes) == _content(other)

    __hash__ = Body.__hash__

    def __reduce__(self) -> tuple[Any, ...]:
        return Mail, (self.bytes,)


def _is_message(value: object) -> TypeGuard[Message]:
    from email.message import Message

    return isinstance(value, Message)


def expected(message: Any) -> Any:
    """Return what an assertion gives, a `Message` object as a text that can be shown."""
    return Mail.of(message) if _is_message(message) else message


def _is_mime(content: bytes) -> bool:
    return re.match(rb"(?i)(?:[^\r\n]+\r?\n)*?mime-version:", content) is not None


def _lines(content: bytes) -> bytes:
    content = _LINE_END.sub(b"\r\n", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def _content(content: bytes) -> list[Any]:
    from email import message_from_bytes

    return _tree(message_from_bytes(content))


def _tree(message: Message) -> list[Any]:
    """Return what a message says: its headers, and its payload or its parts."""
    parts: Any = message.get_payload()
    headers = sorted(_headers(message))
    if isinstance(parts, list):
        return [headers, *map(_tree, parts)]
    payload: Any = message.get_payload(decode=True)
    text = message.get_content_maintype() == "text"
    return [headers, _lines(payload) if text else payload]


def _headers(message: Message) -> Iterable[tuple[str, str]]:
    for name, value in message.raw_items():
        key = name.lower()
        text = " ".join(str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace").split())
        if key in ("content-type", "content-disposition"):
            yield key, repr(_parameters(text))
        elif key not in ("content-transfer-encoding", "mime-version"):
            yield key, _decoded(text)


def _parameters(value: str) -> list[tuple[str, str]]:
    """Return the value of a header and its parameters, in whichever way they are written."""
    from email.message import Message
    from email.utils import collapse_rfc2231_value

    header = Message()
    header["x"] = value
    given = [(name.lower(), _decoded(collapse_rfc2231_value(text))) for name, text in header.get_params([], "x")]
    usual = [("boundary", None), ("charset", "us-ascii"), ("charset", "utf-8")]  # as chosen by the serialization
    return sorted(
        (name, text) for name, text in given if not any(name == one and plain in (None, text) for one, plain in usual)
    )


def _decoded(text: str) -> str:
    """Return the value of a header as text, if RFC 2047 encodes it."""
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    try:
        return " ".join(str(make_header(decode_header(text))).split())
    except (HeaderParseError, LookupError, UnicodeError):
        return text
