"""The files that mocked responses are read from, by http.client's own parser."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .http import HttpReply, bodiless
from .http_delivery import Delivery
from .http_script import GARBAGE, Delay, Fault, Item

if TYPE_CHECKING:
    from http.client import HTTPMessage

_LIMIT = 32 * 1024  # bytes; http.client refuses lines of more than 64 KiB, and is to do so here too
_NESTED = (b"multipart/", b"message/")


class ReplyFile(io.BufferedReader):
    """A reply that comes at once and whole."""

    def __init__(self, reply: HttpReply, method: str) -> None:
        self._reply = reply
        self._wire = reply.wire(method)
        super().__init__(io.BytesIO(self._wire))

    def message(self) -> HTTPMessage | None:
        """Return the header fields, and skip them in the file; None if http.client had better parse them.

        They are known, and the parser of the email package would take as long as all the rest of a response.
        """
        from http.client import HTTPMessage

        end = self._wire.index(b"\r\n\r\n") + 4
        headers = self._reply.headers
        if end > _LIMIT or len(headers) > 50:
            return None
        message = HTTPMessage()
        for name, value in headers:
            if value.startswith(_NESTED):
                return None
            message[name.decode("latin-1")] = value.decode("latin-1").lstrip(" \t")
        message.set_payload("")
        self.seek(end)
        return message


class ScriptedFile(io.RawIOBase):
    """A reply that comes with pauses, in pieces or with faults.

    Arguments:
        delivery: the call's way through the reply.
        method: the method of the request.
        limit: the read timeout in seconds; None for none.
        late: the words in which a read timeout is reported.
    """

    def __init__(self, delivery: Delivery, method: str, limit: float | None, late: str) -> None:
        self._delivery = delivery
        self._limit = limit
        self._late = late
        self._items = _wire(delivery, method)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            while not self._rest:
                item = next(self._items, None)
                if item is None or (isinstance(item, Fault) and item.kind in ("empty", "truncated")):
                    self._items = iter(())
                    return 0
                self._rest = memoryview(item if isinstance(item, bytes) else self._settle(item))
        except BaseException as error:
            self._delivery.fail(error)
            raise
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def _settle(self, item: Item) -> bytes:
        """Let a pause pass, or raise what the real socket would."""
        delivery = self._delivery
        match item:
            case Delay():
                seconds, gives_up = delivery.elapse(item, self._limit)
                time.sleep(seconds)
                if gives_up:
                    raise TimeoutError(self._late)
            case Fault("garbage"):
                self._items = iter(())
                return GARBAGE
            case Fault("reset"):
                raise ConnectionResetError(104, "Connection reset by peer")
            case Fault():
                delivery.stall(self._limit)
                raise TimeoutError(self._late)
            case BaseException():
                raise item
        return b""

    def close(self) -> None:
        self._delivery.done()
        super().close()


def _wire(delivery: Delivery, method: str) -> Iterator[Item]:
    """Yield a reply in bytes, noting the pieces of its body as they are read; the end is the connection's end."""
    reply = delivery.reply
    chunked = reply.chunked()
    yield from delivery.head()
    delivery.begin(method)
    yield reply.head(method)
    try:
        for piece in delivery.body(method):
            if not isinstance(piece, bytes):
                yield from _failing(piece, chunked) if isinstance(piece, Exception) else (piece,)
            elif piece:
                delivery.take(piece)
                yield b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece
    except Exception as error:
        yield from _failing(error, chunked)
        raise
    delivery.finished = True
    if chunked and not bodiless(method, reply.status):
        yield reply.last_chunk()


def _failing(error: Exception, chunked: bool) -> Iterator[Item]:
    # Where the size of a chunk is expected, http.client takes any ValueError for a size that is no number.
    if chunked:
        yield b"1\r\n"
    yield error
