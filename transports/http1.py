"""Reading one HTTP/1 message from bytes as they come: the head, then the body without its transfer coding.

Bytes in, bytes out; no socket and no client library. It reads what a client writes, or notes what a server sends
while the client library itself reads it: so it never complains. Where a message makes no sense it stops reading.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

from .http import RawHeaders, bodiless

# Clients accept servers that end their lines with a bare LF; so does this.
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_LENGTH = re.compile(rb"\ncontent-length:[ \t]*(\d+)[ \t]*\r?(?:\n|$)", re.IGNORECASE)
_CHUNKS = re.compile(rb"\ntransfer-encoding:[^\n]*chunked[ \t]*\r?(?:\n|$)", re.IGNORECASE)

_EXPECT = re.compile(rb"\nexpect:[ \t]*100-continue", re.IGNORECASE)

_CHUNKED = -1
_UNTIL_EOF = -2


class LazyHeaders(Sequence[tuple[bytes, bytes]]):
    """Header fields that are taken apart when somebody looks at them; most recorded requests are never looked at.

    Attributes:
        read: returns the (name, value) pairs of the source.
        source: what they are in; both may be set anew where somebody comes to know better.
    """

    __slots__ = ("read", "source")

    def __init__(self, read: Callable[[Any], RawHeaders], source: Any) -> None:
        self.read = read
        self.source = source

    @overload
    def __getitem__(self, index: int) -> tuple[bytes, bytes]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[tuple[bytes, bytes]]: ...
    def __getitem__(self, index: int | slice) -> tuple[bytes, bytes] | Sequence[tuple[bytes, bytes]]:
        return self.read(self.source)[index]

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self.read(self.source))

    def __len__(self) -> int:
        return len(self.read(self.source))

    def __repr__(self) -> str:
        return repr(self.read(self.source))


def fields(head: bytes) -> RawHeaders:
    """Return the (name, value) pairs below the first line of a head, in wire order and case."""
    pairs: list[tuple[bytes, bytes]] = []
    for line in head.splitlines()[1:]:
        if line[:1] in (b" ", b"\t") and pairs:  # a folded line: obsolete, but seen
            name, value = pairs[-1]
            pairs[-1] = name, value + b" " + line.strip()
        elif line:
            name, _, value = line.partition(b":")
            pairs.append((name, value.strip()))
    return tuple(pairs)


class Message:
    """One message: feed it bytes until it is complete.

    Attributes:
        head: the first line and the header fields; empty until it is complete. Of a response's heads the last one:
            interim responses (1xx) are skipped.
        status: the status code of a response; 0 while its head is not complete.
        complete: whether the body is complete.

    Example:
        >>> message = Message()
        >>> message.feed(b"PUT / HTTP/1.1\\r\\nContent-Length: 4\\r\\n\\r\\nbo")
        b'bo'
        >>> message.feed(b"dy"), message.complete, message.headers
        (b'dy', True, ((b'Content-Length', b'4'),))
    """

    __slots__ = ("_left", "_method", "_read", "_unread", "complete", "head", "status")

    def __init__(self, response_to: str | None = None) -> None:
        """Make one for a request, or for the response to a request of this method."""
        self.head = b""
        self.status = 0
        self.complete = False
        self._method = response_to
        self._unread = b""
        self._left = 0
        self._read: _Read = Message._read_head  # unbound: no cycle to collect

    @property
    def headers(self) -> RawHeaders:
        """The (name, value) pairs of the head."""
        return LazyHeaders(fields, self.head)

    @property
    def reason(self) -> bytes:
        """The reason phrase of a response."""
        words = self.head.partition(b"\n")[0].rstrip(b"\r").split(b" ", 2)
        return words[2] if len(words) > 2 else b""

    @property
    def expects(self) -> bool:
        """Whether the request waits for `100 Continue` before it sends its body."""
        return _EXPECT.search(self.head) is not None

    def feed(self, data: bytes | bytearray | memoryview) -> bytes:
        """Take bytes off the wire, and return the piece of the body that they bring, possibly empty."""
        if self.complete:
            return b""
        data = self._unread + data if self._unread else bytes(data)
        self._unread = b""
        body: list[bytes] = []
        at = 0
        while at < len(data) and not self.complete:
            after = self._read(self, data, at, body)
            if after < 0:
                self._unread = data[at:]
                break
            at = after
        return body[0] if len(body) == 1 else b"".join(body)

    def end(self) -> None:
        """Note that the connection is closed: this ends a body that nothing else delimits."""
        if self._left == _UNTIL_EOF:
            self.complete = True

    # Each reader takes what it can from a position on, and returns the position after it; -1 to wait for more.

    def _read_head(self, data: bytes, at: int, body: list[bytes]) -> int:
        found = _END_OF_HEAD.search(data, at)
        if found is None:
            return -1
        head = data[at : found.start() + 1]
        if self._method is not None:
            status = _status(head)
            if 100 <= status < 200 and status != 101:
                return found.end()  # interim: the response proper follows
            self.status = status
        self.head = head
        self._left = self._body_length()
        self.complete = self._left == 0
        self._read = _BODIES.get(self._left, Message._read_length)
        return found.end()

    def _body_length(self) -> int:
        if self._method is not None and (self.status == 101 or bodiless(self._method, self.status)):
            return 0
        if _CHUNKS.search(self.head) is not None:
            return _CHUNKED
        length = _LENGTH.search(self.head)
        if length is not None:
            return int(length[1])
        return 0 if self._method is None else _UNTIL_EOF

    def _read_length(self, data: bytes, at: int, body: list[bytes]) -> int:
        piece = data[at : at + self._left]
        body.append(piece)
        self._left -= len(piece)
        self.complete = self._left == 0
        return at + len(piece)

    def _read_all(self, data: bytes, at: int, body: list[bytes]) -> int:
        body.append(data[at:])
        return len(data)

    def _read_size(self, data: bytes, at: int, body: list[bytes]) -> int:
        end = data.find(b"\n", at)
        if end >= 0:
            try:
                self._left = int(data[at:end].partition(b";")[0], 16)
            except ValueError:
                self.complete = True  # the client library will complain
            self._read = Message._read_chunk if self._left else Message._read_trailer
        return end + 1 or -1

    def _read_chunk(self, data: bytes, at: int, body: list[bytes]) -> int:
        after = self._read_length(data, at, body)
        if self.complete:
            self.complete = False
            self._read = Message._read_chunk_end
        return after

    def _read_chunk_end(self, data: bytes, at: int, body: list[bytes]) -> int:
        end = data.find(b"\n", at)
        if end >= 0:
            self._read = Message._read_size
        return end + 1 or -1

    def _read_trailer(self, data: bytes, at: int, body: list[bytes]) -> int:
        end = data.find(b"\n", at)
        self.complete = end >= 0 and data[at:end] in (b"", b"\r")
        return end + 1 or -1


_Read = Callable[[Message, bytes, int, list[bytes]], int]
_BODIES: dict[int, _Read] = {_CHUNKED: Message._read_size, _UNTIL_EOF: Message._read_all}


def _status(head: bytes) -> int:
    code = head[:16].split(b" ", 2)[1:2]
    return int(code[0][:3]) if code and code[0][:3].isdigit() else 0
