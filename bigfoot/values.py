"""Values whose equality makes it practical to assert every field."""

from __future__ import annotations

import builtins
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

# What frames a message or stamps it; equality with a plain mapping never asks for them.
_FRAMING = frozenset({"content-length", "transfer-encoding", "date"})


class Headers(dict[str, str]):
    """Header fields: case-insensitive, in wire order, several values under one name.

    It is a dict from lower-case name to value (several values joined by `", "`). Equality with a plain mapping
    compares names without case and ignores what the client or the framing added by itself, unless the mapping
    names it: so `headers == {}` says "the code set none", whatever the client.

    Arguments:
        pairs: the (name, value) pairs in bytes, as on the wire.
        added: returns what the client adds by itself: lower-case name to the values that it may have.

    Example:
        >>> Headers([(b"X-Id", b"7"), (b"Content-Length", b"2")]) == {"x-id": "7"}
        True
    """

    __slots__ = ("_added", "raw")

    def __init__(
        self,
        pairs: Iterable[tuple[bytes, bytes]] = (),
        added: Callable[[], Mapping[str, Sequence[str]]] | None = None,
    ) -> None:
        super().__init__()
        self.raw = tuple(pairs)
        self._added = added
        for name, value in self.raw:
            key, text = _text(name).lower(), _text(value)
            super().__setitem__(key, f"{super().__getitem__(key)}, {text}" if key in self.keys() else text)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of the field, or the default."""
        return super().get(name.lower(), default)

    def get_list(self, name: str) -> list[str]:
        """Return every value that the field was given, in order."""
        return [_text(value) for key, value in self.raw if _text(key).lower() == name.lower()]

    def multi_items(self) -> list[tuple[str, str]]:
        """Return every (name, value) as on the wire, names in their own case."""
        return [(_text(name), _text(value)) for name, value in self.raw]

    def own(self) -> dict[str, str]:
        """Return the fields that neither the client nor the framing added by itself."""
        added = self._added() if self._added is not None else {}
        return {
            name: value
            for name, value in self.items()
            if name not in _FRAMING and not any(value == other for other in added.get(name, ()))
        }

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Headers):
            return _grouped(self.raw) == _grouped(other.raw)
        if not isinstance(other, Mapping):
            return NotImplemented
        own = self.own()
        expected = {}
        for name, value in other.items():
            if not isinstance(name, str):
                return False
            key = name.lower()
            if key in expected:
                return False
            expected[key] = value
            if key in self:
                own[key] = self[key]
        return expected.keys() == own.keys() and all(self._matches(key, value) for key, value in expected.items())

    def _matches(self, name: str, expected: Any) -> bool:
        if isinstance(expected, (list, tuple)):
            return list(expected) == self.get_list(name)
        return bool(expected == self[name])

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    __hash__ = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _revive, (self.raw, dict(self._added()) if self._added is not None else {})


def _revive(raw: tuple[tuple[bytes, bytes], ...], added: dict[str, Sequence[str]]) -> Headers:
    """Rebuild headers in another process, where the client that added some is not at hand."""
    return Headers(raw, lambda: added)


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _grouped(raw: Iterable[tuple[bytes, bytes]]) -> dict[bytes, list[bytes]]:
    groups: dict[bytes, list[bytes]] = {}
    for name, value in raw:
        groups.setdefault(name.lower(), []).append(value)
    return groups


class Body(str):
    """A message body: text that also knows its bytes.

    It is equal to the text, to the exact bytes, and to the parsed JSON; for a compressed body, to those of the
    decompressed one as well.

    Arguments:
        content: the bytes as on the wire, without transfer coding.
        charset: the charset that the message declares, if any.
        encoding: the content coding that the message declares, such as `"gzip"`.

    Attributes:
        bytes: the bytes.

    Example:
        >>> Body(b'{"amount": 5000}') == {"amount": 5000}
        True
    """

    bytes: builtins.bytes
    _charset: str | None
    _encoding: str

    def __new__(cls, content: builtins.bytes = b"", charset: str | None = None, encoding: str = "") -> Body:
        self = super().__new__(cls, _decode(content, charset))
        self.bytes = content
        self._charset = charset
        self._encoding = encoding
        return self

    @property
    def decoded(self) -> Body:
        """The body without its content coding (gzip and deflate); itself where there is none."""
        if self._encoding in ("gzip", "x-gzip", "deflate"):
            for window in (
                47,
                -15,
            ):  # gzip or zlib by their head, then the raw deflate that some servers send
                try:
                    return Body(zlib.decompress(self.bytes, window))
                except zlib.error:
                    continue
        return self

    def json(self) -> Any:
        """Return the parsed JSON.

        Raises:
            ValueError: the body is not JSON.
        """
        return json.loads(self.decoded.bytes)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            if isinstance(other, Body):
                return self.bytes == other.bytes
            return str.__eq__(self, other) or (bool(self._encoding) and str.__eq__(self.decoded, other))
        if isinstance(other, (bytes, bytearray, memoryview)):
            return self.bytes == other or (bool(self._encoding) and self.decoded.bytes == other)
        if other is None or isinstance(other, (dict, list, int, float)):
            try:
                parsed = self.json()
            except ValueError:
                return False
            return bool(other == parsed) and isinstance(other, bool) == isinstance(parsed, bool)
        return NotImplemented

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        return str.__hash__(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Body, (self.bytes, self._charset, self._encoding)


def _decode(content: bytes, charset: str | None) -> str:
    if charset:
        try:
            return content.decode(charset)
        except (LookupError, UnicodeDecodeError):
            pass
    return content.decode("utf-8", "replace")


class Secret:
    """Stands for a value that must not be written down: equal to every text with the same digest.

    Hints contain it in the place of passwords, tokens and cookies, so that they can be pasted and still be kept
    in a repository; and in the place of what is too long to be pasted.

    Arguments:
        digest: the first eight hexadecimal digits of the SHA-256 of the text.
        shown: the text with its secret parts masked, for the reader.

    Example:
        >>> Secret.of("hunter2") == "hunter2"
        True
    """

    __slots__ = ("digest", "shown")

    def __init__(self, digest: str, shown: str = "") -> None:
        self.digest = digest
        self.shown = shown

    @classmethod
    def of(cls, text: str, shown: str = "") -> Secret:
        """Return the secret that stands for this text."""
        return cls(digest(text), shown)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Secret):
            return self.digest == other.digest
        if isinstance(other, Body):
            other = other.bytes
        if isinstance(other, (bytes, bytearray)):
            return self.digest == digest(bytes(other))
        if isinstance(other, str):
            return self.digest == digest(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"bigfoot.Secret({self.digest!r}{f', {self.shown!r}' if self.shown else ''})"


def digest(value: str | bytes) -> str:
    """Return the short digest under which a secret is shown."""
    import hashlib  # only to write a secret down

    data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()[:8]
