"""The bodies of httpx and httpx2: real ones that are noted on the way, and scripted ones that take their time."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, NamedTuple

from .http import PassThrough
from .http_delivery import Delivery
from .http_facts import CLOSED, OPEN, Facts
from .http_script import GARBAGE, Delay, Fault, Item, sleep


class Streams(NamedTuple):
    """Our streams over the public stream types of one module: (sync, async) of each."""

    tee: tuple[Any, Any]
    scripted: tuple[Any, Any]
    whole: Any


def streams(module: Any) -> Streams:
    """Return the stream classes for one of the two modules."""
    return Streams(_tees(module.SyncByteStream, module.AsyncByteStream), _scripted(module), _whole(module))


def _whole(module: Any) -> Any:
    sync_stream, async_stream = module.SyncByteStream, module.AsyncByteStream

    class Whole(sync_stream, async_stream):  # type: ignore[misc, valid-type]
        """A body that is there at once; its end is noted, so that no record needs to keep the response."""

        def __init__(self, body: bytes, facts: Facts) -> None:
            self._body = body
            self._facts = facts
            facts.response = OPEN

        def __iter__(self) -> Iterator[bytes]:
            yield self._body

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield self._body

        def close(self) -> None:
            self._facts.response = CLOSED

        async def aclose(self) -> None:
            self._facts.response = CLOSED

    return Whole


def _tees(sync_stream: Any, async_stream: Any) -> tuple[Any, Any]:
    class Tee:
        """A stream that passes through, noted piece by piece.

        Arguments:
            stream: the real one.
            note: is told of each piece.
            passed: is told of the end.
            around: makes the context in which the stream is advanced.
        """

        def __init__(self, stream: Any, note: Callable[[bytes], None], passed: PassThrough, around: Any) -> None:
            self._stream, self._note, self._passed, self._around = stream, note, passed, around

    class SyncTee(Tee, sync_stream):  # type: ignore[misc]
        def __iter__(self) -> Iterator[bytes]:
            pieces = iter(self._stream)
            while True:
                try:
                    with self._around():
                        piece = next(pieces)
                except StopIteration:
                    return
                except BaseException as error:
                    self._passed.fail(error)
                    raise
                self._note(piece)
                yield piece

        def close(self) -> None:
            try:
                self._stream.close()
            finally:
                self._passed.done()

    class AsyncTee(Tee, async_stream):  # type: ignore[misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            pieces = aiter(self._stream)
            while True:
                try:
                    with self._around():
                        piece = await anext(pieces)
                except StopAsyncIteration:
                    return
                except BaseException as error:
                    self._passed.fail(error)
                    raise
                self._note(piece)
                yield piece

        async def aclose(self) -> None:
            try:
                await self._stream.aclose()
            finally:
                self._passed.done()

    return SyncTee, AsyncTee


def _scripted(module: Any) -> tuple[Any, Any]:
    sync_stream, async_stream = module.SyncByteStream, module.AsyncByteStream

    class Scripted:
        """A body that comes as its script says, in the client's own time."""

        def __init__(self, delivery: Delivery, request: Any) -> None:
            self._delivery, self._request = delivery, request

    class SyncScripted(Scripted, sync_stream):  # type: ignore[misc, valid-type]
        def __iter__(self) -> Iterator[bytes]:
            delivery = self._delivery
            try:
                for item in delivery.body(self._request.method):
                    if isinstance(item, bytes):
                        delivery.take(item)
                        yield item
                        continue
                    seconds, error = settle(module, delivery, item, self._request)
                    if seconds:
                        time.sleep(seconds)
                    if error is not None:
                        raise error
            except (Exception, KeyboardInterrupt) as error:  # not that the application closes or cancels
                delivery.fail(error)
                raise
            delivery.finished = True

        def close(self) -> None:
            self._delivery.done()

    class AsyncScripted(Scripted, async_stream):  # type: ignore[misc, valid-type]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            delivery = self._delivery
            try:
                async for item in delivery.body_async(self._request.method):
                    if isinstance(item, bytes):
                        delivery.take(item)
                        yield item
                        continue
                    seconds, error = settle(module, delivery, item, self._request)
                    if seconds:
                        await sleep(seconds)
                    if error is not None:
                        raise error
            except (Exception, KeyboardInterrupt) as error:  # not that the application closes or cancels
                delivery.fail(error)
                raise
            delivery.finished = True

        async def aclose(self) -> None:
            self._delivery.done()

    return SyncScripted, AsyncScripted


def settle(module: Any, delivery: Delivery, item: Item, request: Any) -> tuple[float, BaseException | None]:
    """Return what a pause, fault or exception in a script comes to: seconds to sleep, then an exception to raise."""
    limits: Mapping[str, float | None] = request.extensions.get("timeout", {})
    if isinstance(item, Delay):
        seconds, gives_up = delivery.elapse(item, limits.get("read"))
        late = module.ReadTimeout("The read operation timed out", request=request) if gives_up else None
        return seconds, late
    if isinstance(item, Fault):
        return 0.0, _error(module, delivery, item, request, limits)
    assert isinstance(item, BaseException)
    return 0.0, item


def _error(
    module: Any, delivery: Delivery, fault: Fault, request: Any, limits: Mapping[str, float | None]
) -> BaseException:
    """Return the exception that the real transport raises for a fault, in its own words."""
    kind, message = _ERRORS[fault.kind]
    if fault.kind == "timeout" and fault.phase == "connect":
        delivery.stall(limits.get("connect"))
        kind, message = "ConnectTimeout", "timed out"
    elif fault.kind in ("timeout", "stall"):
        delivery.stall(limits.get("read"))
    elif fault.kind == "tls" and fault.phase == "host":
        message = message.replace("unable to get local issuer certificate", _mismatch(request.url.host))
    elif fault.kind == "truncated":
        message = _cut_short(delivery)
    error: BaseException = getattr(module, kind)(message, request=request)
    return error


_ERRORS = {
    "refused": ("ConnectError", "[Errno 111] Connection refused"),
    "dns": ("ConnectError", "[Errno -2] Name or service not known"),
    "tls": (
        "ConnectError",
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate",
    ),
    "timeout": ("ReadTimeout", "The read operation timed out"),
    "stall": ("ReadTimeout", "The read operation timed out"),
    "reset": ("ReadError", "[Errno 104] Connection reset by peer"),
    "empty": ("RemoteProtocolError", "Server disconnected without sending a response."),
    "truncated": ("RemoteProtocolError", ""),
    "garbage": ("RemoteProtocolError", f"illegal status line: {bytearray(GARBAGE.rstrip())!r}"),
}


def _mismatch(host: str) -> str:
    return f"Hostname mismatch, certificate is not valid for '{host}'."


def _cut_short(delivery: Delivery) -> str:
    declared = delivery.reply.declared_length()
    if declared is None:
        return "peer closed connection without sending complete message body (incomplete chunked read)"
    received = delivery.received.size
    return (
        f"peer closed connection without sending complete message body (received {received} bytes, expected {declared})"
    )
