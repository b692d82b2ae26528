"""What an SMTP client sends, taken apart: command lines, and the content of messages. No reply is made here."""

from __future__ import annotations

LONGEST = 16 * 1024  # bytes; RFC 4954 lets a response of AUTH have 12288


class LineTooLongError(Exception):
    """A line came that is longer than any command; it was dropped."""


class Reader:
    """Collects what arrives in pieces of any size; each method returns None until it has all that it needs.

    Example:
        >>> reader = Reader()
        >>> reader.feed(b"NOOP\\r\\nQU")
        >>> reader.line(), reader.line()
        (b'NOOP', None)
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._seen = 0  # how much of the buffer was searched already: a message of 50 MB comes in many pieces
        self._overlong = False

    def feed(self, data: bytes) -> None:
        """Add what has arrived."""
        self._buffer += data

    def clear(self) -> None:
        """Forget what has arrived and was not taken."""
        self._buffer.clear()
        self._seen = 0

    def line(self) -> bytes | None:
        """Return a line without its end, which may be a bare LF.

        Raises:
            LineTooLongError: it was longer than any command.
        """
        at = self._buffer.find(b"\n", self._seen)
        if at < 0:
            if len(self._buffer) > LONGEST:
                self._overlong = True
                self._buffer.clear()
            self._seen = len(self._buffer)
            return None
        line = self._take(at + 1)
        if self._overlong or len(line) > LONGEST:
            self._overlong = False
            raise LineTooLongError
        return line.rstrip(b"\r\n")

    def message(self) -> bytes | None:
        """Return the content of a message up to the line with the lone dot, the doubled dots made single again."""
        buffer = self._buffer
        if buffer[:3] == b".\r\n":
            self._take(3)
            return b""
        # Only CRLF ends a line here: who takes a bare LF for one lets mails be smuggled in.
        at = buffer.find(b"\r\n.\r\n", max(0, self._seen - 4))
        if at < 0:
            self._seen = len(buffer)
            return None
        content = self._take(at + 5)[:-3]
        return content.removeprefix(b".").replace(b"\r\n.", b"\r\n")

    def chunk(self, size: int) -> bytes | None:
        """Return this many bytes."""
        return self._take(size) if len(self._buffer) >= size else None

    def _take(self, size: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        self._seen = 0
        return taken
