"""niquests, and requests where urllib3-future has taken urllib3's place: met at their adapters.

Installing niquests installs urllib3-future, which by default overwrites the package urllib3 with one whose connections
are no connections of http.client, so they are not met there. What does not come through an adapter is refused.
"""

from __future__ import annotations

import functools
import importlib
import io
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bigfoot import context
from bigfoot.errors import BigfootError, BigfootWarning
from bigfoot.interaction import Interaction
from bigfoot.seam import Seam, Target

from .http import HttpReply, HttpRequest, PassThrough, RawHeaders, raw_headers
from .http1 import LazyHeaders
from .http_callers import of_requests
from .http_reply_file import ReplyFile, ScriptedFile
from .http_shortcut import begun

_PIECE = 16 * 1024  # bytes


def replaced() -> bool:
    """Tell whether the package urllib3 is urllib3-future."""
    from http.client import HTTPConnection

    connection: Any = importlib.import_module("urllib3.connection")
    return HTTPConnection not in connection.HTTPConnection.__mro__


def targets(library: str) -> Iterator[Target]:
    """Yield what meets a library over urllib3-future: `"requests"` or `"niquests"`."""
    adapters: Any = importlib.import_module(f"{library}.adapters")
    urllib3: Any = importlib.import_module(adapters.PoolManager.__module__.partition(".")[0])
    yield Target(adapters.HTTPAdapter, "send", functools.partial(_send, library, urllib3))
    yield Target(urllib3.HTTPConnectionPool, "urlopen", _refuse)
    if hasattr(adapters, "AsyncHTTPAdapter"):
        yield Target(adapters.AsyncHTTPAdapter, "send", functools.partial(_send_async, library, urllib3))
        yield Target(urllib3.AsyncHTTPConnectionPool, "urlopen", _refuse)
    if urllib3.__name__ == "urllib3":
        _warn()


@functools.cache  # once
def _warn() -> None:
    warnings.warn(
        "The package urllib3 is urllib3-future here, as niquests wants it. requests and niquests are answered at their "
        "adapters, so urllib3's retries do not run; other users of urllib3 are refused inside a sandbox.",
        BigfootWarning,
        stacklevel=2,
    )


def _refuse(original: Callable[..., Any]) -> Callable[..., Any]:
    def urlopen(self: Any, *args: Any, **kwargs: Any) -> Any:
        if context.active(HttpRequest) is not None:
            raise BigfootError(
                "urllib3-future was called directly, where its calls cannot be answered; call it through requests or "
                "niquests, or install it beside urllib3 with URLLIB3_NO_OVERRIDE=1"
            )
        return original(self, *args, **kwargs)

    return urlopen


class _Exchange:
    """One request at an adapter, and its answer."""

    def __init__(self, library: str, urllib3: Any, sandbox: Any, adapter: Any, request: Any, options: Any) -> None:
        self._library = library
        self._urllib3 = urllib3
        self._adapter = adapter
        self._request = request
        self._timeout = options.get("timeout")
        call = _normalize(library, request)
        interaction = sandbox.answer(call)
        if interaction is None:
            # The request's own body is used up by reading it; what was read is sent if the call passes through.
            request.body = call.body = _read(request.body)
            interaction = sandbox.answer(call)
        self._interaction: Interaction = interaction

    @property
    def passes(self) -> bool:
        """Whether the call goes to the real server."""
        return type(self._interaction.answer) is PassThrough

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Surround the real call; a body that is not read yet is noted while it is sent."""
        passed: PassThrough = self._interaction.answer
        body = self._request.body
        if self._interaction.call.body is None:
            self._request.body = _sent(body, passed, context.anywhere())
        try:
            with context.outside():
                yield
        except BaseException as error:
            passed.fail(error)
            raise
        finally:
            self._request.body = body

    def noted(self, response: Any) -> Any:
        """Return the real response, noted while it is read."""
        passed: PassThrough = self._interaction.answer
        raw = response.raw
        if raw is None:  # multiplexed: it is not there yet, and comes past this adapter
            passed.done()
            return response
        passed.respond(raw.status, (raw.reason or "").encode("latin-1", "replace"), raw_headers(raw.headers.items()))
        low = raw._original_response  # the reader of the body; requests itself finds the cookies by this name
        low.read = functools.partial(_noted, low.read, low, passed)
        low.read1 = functools.partial(_noted, low.read1, low, passed)
        return response

    def response(self, kind: str) -> Any:
        """Return what the adapter builds from a scripted reply."""
        method = self._request.method
        answer = self._interaction.answer
        if type(answer) is HttpReply:
            low = begun(ReplyFile(answer, method), method)
            self._interaction.done()
        else:
            try:
                late = "The read operation timed out"
                low = begun(io.BufferedReader(ScriptedFile(answer, method, _read_timeout(self._timeout), late)), method)
            except Exception as error:
                raise self._in_words_of_library(error) from error
        raw = getattr(self._urllib3, kind)(
            low,
            low.msg.items(),
            low.status,
            version=low.version,
            reason=low.reason,
            preload_content=False,
            decode_content=False,
            original_response=low,
            request_method=method,
            request_url=self._request.path_url,
        )
        return self._adapter.build_response(self._request, raw)

    def _in_words_of_library(self, error: Exception) -> Exception:
        exceptions: Any = importlib.import_module(f"{self._library}.exceptions")
        made: Exception = error
        if isinstance(error, TimeoutError):
            made = exceptions.ReadTimeout(error, request=self._request)
        elif isinstance(error, (OSError, importlib.import_module("http.client").HTTPException)):
            made = exceptions.ConnectionError(error, request=self._request)
        return made


def _normalize(library: str, request: Any) -> HttpRequest:
    body = request.body
    known = body is None or isinstance(body, (bytes, str))
    url = request.url.partition("#")[0]
    authority = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    headers = LazyHeaders(_wire, (authority, tuple(request.headers.items())))
    defaults = functools.partial(of_requests, library)
    return HttpRequest(library, request.method, url, headers, _read(body) if known else None, defaults)


def _wire(source: tuple[str, tuple[tuple[str, str], ...]]) -> RawHeaders:
    authority, pairs = source
    given = any(name.lower() == "host" for name, _ in pairs)
    return raw_headers(pairs if given else (("Host", authority), *pairs))


def _read(body: Any) -> bytes:
    """Return a body of any kind that requests takes."""
    if body is None:
        return b""
    content = body.read() if hasattr(body, "read") else body
    if isinstance(content, (bytes, str)):
        return content.encode() if isinstance(content, str) else content
    return b"".join(piece.encode() if isinstance(piece, str) else piece for piece in content)


def _sent(body: Any, passed: PassThrough, sandbox: Any) -> Iterator[bytes]:
    """Yield the pieces of a body, noting them; the application's own code does not run outside its sandbox."""
    pieces = iter(lambda: body.read(_PIECE) or None, None) if hasattr(body, "read") else iter(body)
    while True:
        with context.inside(sandbox):
            piece = next(pieces, None)
        if piece is None:
            return
        data = piece.encode() if isinstance(piece, str) else piece
        passed.send(data)
        yield data


def _read_timeout(timeout: Any) -> float | None:
    """Return the read timeout of an adapter's `timeout` option."""
    if isinstance(timeout, tuple):
        timeout = timeout[1]
    seconds: float | None = getattr(timeout, "read_timeout", timeout)
    return seconds if seconds is None or isinstance(seconds, (int, float)) else None


def _noted(read: Callable[..., Any], low: Any, passed: PassThrough, *args: Any) -> Any:
    """Read, sync or async as the reader is, and note what was read."""
    data = read(*args)
    if isinstance(data, Awaitable):
        return _noted_later(data, low, passed)
    _note(data, low, passed)
    return data


async def _noted_later(reading: Awaitable[bytes], low: Any, passed: PassThrough) -> bytes:
    data = await reading
    _note(data, low, passed)
    return data


def _note(data: bytes, low: Any, passed: PassThrough) -> None:
    passed.receive(data)
    if not data or low.closed:
        passed.done()


def explicit(send: Callable[..., Any], find: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return the `send` of an adapter of requests that asks whom `find(adapter)` returns.

    Arguments:
        send: the `send` of the class that it is made from.
        find: returns who answers.
    """
    return _send("requests", importlib.import_module("urllib3"), send, lambda adapter, request: find(adapter))


def _sandbox(adapter: Any, request: Any) -> Any:
    # niquests speaks other protocols through the same adapter (ws, sse): those are no HTTP requests to be answered.
    return context.active(HttpRequest) if request.url.startswith(("http://", "https://")) else None


def _send(
    library: str, urllib3: Any, original: Callable[..., Any], find: Callable[[Any, Any], Any] = _sandbox
) -> Callable[..., Any]:
    def send(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        sandbox = find(self, request)
        if sandbox is None:
            return original(self, request, *args, **options)
        exchange = _Exchange(library, urllib3, sandbox, self, request, options)
        if not exchange.passes:
            return exchange.response("HTTPResponse")
        with exchange.passing():
            response = original(self, request, *args, **options)
        return exchange.noted(response)

    return send


def _send_async(library: str, urllib3: Any, original: Callable[..., Any]) -> Callable[..., Any]:
    async def send(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        sandbox = _sandbox(self, request)
        if sandbox is None:
            return await original(self, request, *args, **options)
        if hasattr(request.body, "__aiter__"):
            request.body = b"".join([piece async for piece in request.body])
        exchange = _Exchange(library, urllib3, sandbox, self, request, options)
        if not exchange.passes:
            return exchange.response("AsyncHTTPResponse")
        with exchange.passing():
            response = await original(self, request, *args, **options)
        return exchange.noted(response)

    return send


SEAM = Seam("niquests", functools.partial(targets, "niquests"), packages=("urllib3", "urllib3_future"))
