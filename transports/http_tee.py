"""Noting a response of http.client while the application reads it.

urllib3 reads `response.fp` itself, past the methods of `HTTPResponse`; so the notes are taken at the file that the
socket makes. What is noted is what was read, when it was read: nothing is read ahead and nothing is held back.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from .http import PassThrough
from .http1 import Message


class Watch:
    """Takes the bytes of one response, as they are read, apart into what a pass-through notes.

    Arguments:
        passed: what is told.
        method: the method of the request, which decides whether the response has a body.
    """

    __slots__ = ("_message", "_passed")

    def __init__(self, passed: PassThrough, method: str) -> None:
        self._passed = passed
        self._message = Message(response_to=method)

    def note(self, data: bytes | memoryview) -> None:
        """Note bytes that were read; none when the connection has ended."""
        message, passed = self._message, self._passed
        if not data:
            return
        body = message.feed(data)
        if passed.status is None and message.head:
            passed.respond(message.status, message.reason, message.headers)
        if body:
            passed.receive(body)
        if message.complete:
            passed.done()

    def fail(self, error: BaseException) -> None:
        """Note that reading raised an exception."""
        self._passed.fail(error)

    def end(self) -> None:
        """Note that nothing more will be read."""
        self._passed.done()


def _noting(read: Callable[..., bytes]) -> Callable[..., bytes]:
    def noted(self: Tee, *args: Any) -> bytes:
        try:
            data = read(self, *args)
        except BaseException as error:
            self.watch.fail(error)
            raise
        self.watch.note(data)
        return data

    return noted


def _noting_into(readinto: Callable[..., int | None]) -> Callable[..., int | None]:
    def noted(self: Tee | RawTee, buffer: Any) -> int | None:
        try:
            size = readinto(self, buffer)
        except BaseException as error:
            self.watch.fail(error)
            raise
        if size:
            self.watch.note(memoryview(buffer).cast("B")[:size])
        return size

    return noted


class Tee(io.BufferedReader):
    """The buffered reader that http.client expects, noting what is read from it."""

    def __init__(self, raw: io.RawIOBase, watch: Watch) -> None:
        super().__init__(raw)
        self.watch = watch

    read = _noting(io.BufferedReader.read)
    read1 = _noting(io.BufferedReader.read1)
    readline = _noting(io.BufferedReader.readline)
    readinto = _noting_into(io.BufferedReader.readinto)  # type: ignore[assignment]
    readinto1 = _noting_into(io.BufferedReader.readinto1)  # type: ignore[assignment]

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.watch.end()


class RawTee(io.RawIOBase):
    """The same without a buffer; botocore reads the answer to `Expect: 100-continue` from one."""

    def __init__(self, raw: Any, watch: Watch) -> None:
        self._raw = raw
        self.watch = watch

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        number: int = self._raw.fileno()
        return number

    readinto = _noting_into(lambda self, buffer: self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()  # not the end of the response: botocore goes on with another file
        super().close()
