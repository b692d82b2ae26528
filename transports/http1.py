"""Reading one HTTP/1 message from bytes as they come: the head, then the body without its transfer coding.

Bytes in, bytes out; no socket and no client library. It reads what a client writes, or notes what a server sends
while the client library itself reads it: so it never complains. Where a message makes no sense it stops reading.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .http import RawHeaders, bodiless

_END_OF_HEAD = re.compile(rb"\n\r?\n")  # clients accept servers that end their lines with a bare LF

_CHUNKED = -1
_UNTIL_EOF = -2


class Message:
    """One message: feed it bytes until it is complete.

    Attributes:
        start: the first line, without its end; empty while the head is not complete.
        headers: (name, value) pairs in wire order and case; a lone interim response (1xx) is skipped.
        complete: whether the body is complete.
        expects: whether the request waits for `100 Continue` before it sends its body.

    Example:
        >>> message = Message()
        >>> message.feed(b"PUT / HTTP/1.1\\r\\nContent-Length: 4\\r\\n\\r\\nbo")
        b'bo'
        >>> message.feed(b"dy"), message.complete, message.headers
        (b'dy', True, ((b'Content-Length', b'4'),))
    """

    __slots__ = ("_left", "_method", "_read", "_unread", "complete", "expects", "headers", "start")

    def __init__(self, response_to: str | None = None) -> None:
        """Make one for a request, or for the response to a request of this method."""
        self.start = b""
        self.headers: RawHeaders = ()
        self.complete = False
        self.expects = False
        self._method = response_to
        self._unread = bytearray()
        self._left = 0
        self._read: Callable[[Message, bytearray], bool] = Message._read_head  # unbound: no cycle to collect

    @property
    def status(self) -> int:
        """The status code of a response; 0 while its head is not complete."""
        return _status(self.start)

    @property
    def reason(self) -> bytes:
        """The reason phrase of a response."""
        return self.start.split(b" ", 2)[2] if self.start.count(b" ") > 1 else b""

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
        start, *lines = bytes(self._unread[: found.start()]).splitlines()
        del self._unread[: found.end()]
        if self._method is not None and 100 <= _status(start) < 200 and _status(start) != 101:
            return True  # interim: the response proper follows
        self.start = start
        self.headers = _pairs(lines)
        self._left = self._body_length()
        self.complete = self._left == 0
        self._read = _BODIES.get(self._left, Message._read_length)
        return True

    def _body_length(self) -> int:
        length = _UNTIL_EOF if self._method is not None else 0
        chunked = False
        for name, value in self.headers:
            match name.lower():
                case b"content-length" if value.isdigit():
                    length = int(value)
                case b"transfer-encoding":
                    chunked = value.lower().endswith(b"chunked")
                case b"expect":
                    self.expects = value.lower() == b"100-continue"
        if self._method is not None and (self.status == 101 or bodiless(self._method, self.status)):
            return 0
        return _CHUNKED if chunked else length

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


def _status(start: bytes) -> int:
    code = start.split(b" ", 2)[1:2]
    return int(code[0]) if code and code[0].isdigit() else 0


def _pairs(lines: list[bytes]) -> RawHeaders:
    pairs: list[tuple[bytes, bytes]] = []
    for line in lines:
        if line[:1] in b" \t" and pairs:  # a folded line, obsolete but seen
            name, value = pairs[-1]
            pairs[-1] = name, value + b" " + line.strip()
        else:
            name, _, value = line.partition(b":")
            pairs.append((name, value.strip()))
    return tuple(pairs)
