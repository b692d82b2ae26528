"""Noting a response of http.client while the application reads it.

urllib3 reads `response.fp` itself, past the methods of `HTTPResponse`; so the notes are taken at that file. What is
noted is what was read, when it was read: nothing is read ahead and nothing is held back.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, TypeVar

from .http import PassThrough, raw_headers
from .http1 import LazyHeaders, Message

T = TypeVar("T", bytes, int)

_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def note(response: Any, passed: PassThrough) -> None:
    """Note the head of an `http.client.HTTPResponse` whose body is not read yet, and from now on its body."""
    passed.respond(response.status, (response.reason or "").encode("latin-1", "replace"), ())
    passed.headers = LazyHeaders(raw_headers, tuple(response.headers.raw_items()))
    if response.fp is None:
        passed.done()
    else:
        response.fp = Tee(response.fp, passed, response.chunked)


class Tee(io.BufferedIOBase):
    """The file that a response is read from, noting what is read.

    Arguments:
        file: the file; what is left in it is the body.
        passed: is told.
        chunked: whether the body is in chunked transfer coding, which is not noted.
    """

    def __init__(self, file: Any, passed: PassThrough, chunked: bool) -> None:
        self._file = file
        self._passed = passed
        self._coding: Message | None = None
        if chunked:
            self._coding = Message(response_to="GET")
            self._coding.feed(_CHUNKED)

    def _noted(self, read: Callable[..., T], *args: Any) -> T:
        try:
            found = read(*args)
        except BaseException as error:
            self._passed.fail(error)
            raise
        data = found if isinstance(found, bytes) else memoryview(args[0]).cast("B")[:found]
        if data:
            self._passed.receive(data if self._coding is None else self._coding.feed(data))
        return found

    def read(self, size: int | None = -1, /) -> bytes:
        data: bytes = self._noted(self._file.read, size)
        return data

    def read1(self, size: int = -1, /) -> bytes:
        data: bytes = self._noted(self._file.read1, size)
        return data

    def readline(self, size: int | None = -1, /) -> bytes:
        data: bytes = self._noted(self._file.readline, size)
        return data

    def readinto(self, buffer: Any, /) -> int:
        size: int = self._noted(self._file.readinto, buffer)
        return size

    def readinto1(self, buffer: Any, /) -> int:
        size: int = self._noted(self._file.readinto1, buffer)
        return size

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        number: int = self._file.fileno()
        return number

    def close(self) -> None:
        try:
            self._file.close()
        finally:
            self._passed.done()

    @property
    def closed(self) -> bool:
        closed: bool = self._file.closed
        return closed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)  # peek, and whatever people dig for
