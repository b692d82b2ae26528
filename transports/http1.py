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

    Arguments:
        read: returns the (name, value) pairs of the source.
        source: what they are in.
    """

    __slots__ = ("_read", "_source")

    def __init__(self, read: Callable[[Any], RawHeaders], source: Any) -> None:
        self._read = read
        self._source = source

    @overload
    def __getitem__(self, index: int) -> tuple[bytes, bytes]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[tuple[bytes, bytes]]: ...
    def __getitem__(self, index: int | slice) -> tuple[bytes, bytes] | Sequence[tuple[bytes, bytes]]:
        return self._read(self._source)[index]

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self._read(self._source))

    def __len__(self) -> int:
        return len(self._read(self._source))

    def __repr__(self) -> str:
        return repr(self._read(self._source))


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
        complete: whether the body is complete.

    Example:
        >>> message = Message()
        >>> message.feed(b"PUT / HTTP/1.1\\r\\nContent-Length: 4\\r\\n\\r\\nbo")
        b'bo'
        >>> message.feed(b"dy"), message.complete, message.headers
        (b'dy', True, ((b'Content-Length', b'4'),))
    """

    __slots__ = ("_left", "_method", "_read", "_unread", "complete", "head")

    def __init__(self, response_to: str | None = None) -> None:
        """Make one for a request, or for the response to a request of this method."""
        self.head = b""
        self.complete = False
        self._method = response_to
        self._unread = bytearray()
        self._left = 0
        self._read: Callable[[Message, bytearray], bool] = Message._read_head  # unbound: no cycle to collect

    @property
    def headers(self) -> RawHeaders:
        """The (name, value) pairs of the head."""
        return LazyHeaders(fields, self.head)

    @property
    def status(self) -> int:
        """The status code of a response; 0 while its head is not complete."""
        return _status(self.head)

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
        self._unread += data
        body = bytearray()
        while not self.complete and self._read(self, body):
            pass
        return bytes(body)

    def end(self) -> None:
        """Note that the connection is closed: this ends a body that nothing else delimits."""
        if self._left == _UNTIL_EOF:
            self.complete = True

    def _read_head(self, body: bytearray) -> bool:
        found = _END_OF_HEAD.search(self._unread)
        if found is None:
            return False
        head = bytes(self._unread[: found.start() + 1])
        del self._unread[: found.end()]
        if self._method is not None and 100 <= _status(head) < 200 and _status(head) != 101:
            return True  # interim: the response proper follows
        self.head = head
        self._left = self._body_length()
        self.complete = self._left == 0
        self._read = _BODIES.get(self._left, Message._read_length)
        return True

    def _body_length(self) -> int:
        if self._method is not None and (self.status == 101 or bodiless(self._method, self.status)):
            return 0
        if _CHUNKS.search(self.head) is not None:
            return _CHUNKED
        length = _LENGTH.search(self.head)
        if length is not None:
            return int(length[1])
        return 0 if self._method is None else _UNTIL_EOF

    def _read_length(self, body: bytearray) -> bool:
        piece = self._unread[: self._left]
        del self._unread[: len(piece)]
        body += piece
        self._left -= len(piece)
        self.complete = self._left == 0
        return False

    def _read_all(self, body: bytearray) -> bool:
        body += self._unread
        self._unread.clear()
        return False

    def _read_size(self, body: bytearray) -> bool:
        line = self._line()
        if line is None:
            return False
        try:
            self._left = int(line.partition(b";")[0], 16)
        except ValueError:
            self.complete = True  # the client library will complain
            return False
        self._read = Message._read_chunk if self._left else Message._read_trailer
        return True

    def _read_chunk(self, body: bytearray) -> bool:
        self._read_length(body)
        if not self.complete:
            return False
        self.complete = False
        self._read = Message._read_chunk_end
        return True

    def _read_chunk_end(self, body: bytearray) -> bool:
        if self._line() is None:
            return False
        self._read = Message._read_size
        return True

    def _read_trailer(self, body: bytearray) -> bool:
        line = self._line()
        self.complete = line == b""
        return line is not None

    def _line(self) -> bytes | None:
        end = self._unread.find(b"\n")
        if end < 0:
            return None
        line = bytes(self._unread[:end]).rstrip(b"\r")
        del self._unread[: end + 1]
        return line


_BODIES = {_CHUNKED: Message._read_size, _UNTIL_EOF: Message._read_all}


def _status(head: bytes) -> int:
    code = head[:16].split(b" ", 2)[1:2]
    return int(code[0][:3]) if code and code[0][:3].isdigit() else 0
