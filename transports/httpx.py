"""httpx and httpx2: the transport below every Client and AsyncClient. One implementation, two modules.

The seam is `HTTPTransport.handle_request` and its async twin: ASGITransport, WSGITransport and MockTransport stay
untouched, while subclasses, wrapping transports, mounts, proxies and clients built before the sandbox are all met.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from bigfoot import context
from bigfoot.errors import SandboxNotActiveError
from bigfoot.interaction import Interaction
from bigfoot.seam import Seam, Target

from .http import HttpReply, HttpRequest, PassThrough
from .tls import LazyContext

if TYPE_CHECKING:
    import httpx

    from bigfoot.verifier import StrictVerifier

Ask = Callable[[HttpRequest], Interaction | None]


class Library(NamedTuple):
    """One of the two modules, and our streams over its public stream types."""

    module: Any
    name: str
    defaults: Callable[[], Mapping[str, Sequence[str]]]
    sync_tee: Any
    async_tee: Any


@functools.cache
def library(name: str) -> Library:
    """Return the module of this name and what goes with it.

    `httpx2.alias_httpx()` makes one module out of the two; the record then names the real one.
    """
    module: Any = importlib.import_module(name)
    own = str(module.Client.__module__).partition(".")[0]
    return Library(module, own, functools.partial(_defaults, name), *_tees(module))


@functools.cache
def _defaults(name: str) -> Mapping[str, Sequence[str]]:
    module: Any = importlib.import_module(name)
    # A client on a mock transport opens nothing and builds no SSL context, but has the default headers.
    with module.Client(transport=module.MockTransport(lambda request: None), trust_env=False) as client:
        return {name.lower(): (value,) for name, value in client.headers.items()}


def _tees(module: Any) -> tuple[Any, Any]:
    class SyncTee(module.SyncByteStream):  # type: ignore[misc]
        """A stream that passes through, noted piece by piece."""

        def __init__(self, stream: Any, note: Callable[[bytes], None], passed: PassThrough, around: Any) -> None:
            self._stream, self._note, self._passed, self._around = stream, note, passed, around

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

    class AsyncTee(module.AsyncByteStream):  # type: ignore[misc]
        """The same, awaited."""

        def __init__(self, stream: Any, note: Callable[[bytes], None], passed: PassThrough, around: Any) -> None:
            self._stream, self._note, self._passed, self._around = stream, note, passed, around

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


def normalize(library: Library, request: Any) -> HttpRequest:
    """Return the request in the shape of all HTTP seams; its body is None while it is a stream."""
    url = str(request.url)
    if "#" in url:
        url = url.partition("#")[0]
    try:
        body = request.content
    except library.module.RequestNotRead:
        body = None
    return HttpRequest(library.name, request.method, url, request.headers.raw, body, library.defaults)


def _response(library: Library, request: HttpRequest, interaction: Interaction) -> Any:
    reply: HttpReply = interaction.answer
    response = library.module.Response(
        reply.status,
        headers=reply.headers,
        stream=library.module.ByteStream(reply.body_for(request.method)),
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": reply.reason},
    )
    interaction.done()
    return response


def answer_sync(library: Library, ask: Ask, request: Any, real: Callable[[Any], Any]) -> Any:
    """Answer a request of a sync client: with a real Response out of the mock's reply, or by the real transport."""
    normal = normalize(library, request)
    interaction = ask(normal)
    if interaction is None:
        normal.body = b"".join(request.stream)
        interaction = ask(normal)
    assert interaction is not None
    if type(interaction.answer) is HttpReply:
        return _response(library, normal, interaction)
    passed: PassThrough = interaction.answer
    stream = request.stream
    if normal.body is None:
        request.stream = library.sync_tee(stream, passed.send, passed, _back_inside())
    try:
        with context.outside():
            response = real(request)
    except BaseException as error:
        passed.fail(error)
        raise
    finally:
        request.stream = stream
    _note_head(passed, response)
    response.stream = library.sync_tee(response.stream, passed.receive, passed, context.outside)
    return response


async def answer_async(library: Library, ask: Ask, request: Any, real: Callable[[Any], Any]) -> Any:
    """Answer a request of an async client; see `answer_sync`."""
    normal = normalize(library, request)
    interaction = ask(normal)
    if interaction is None:
        normal.body = b"".join([piece async for piece in request.stream])
        interaction = ask(normal)
    assert interaction is not None
    if type(interaction.answer) is HttpReply:
        return _response(library, normal, interaction)
    passed: PassThrough = interaction.answer
    stream = request.stream
    if normal.body is None:
        request.stream = library.async_tee(stream, passed.send, passed, _back_inside())
    try:
        with context.outside():
            response = await real(request)
    except BaseException as error:
        passed.fail(error)
        raise
    finally:
        request.stream = stream
    _note_head(passed, response)
    response.stream = library.async_tee(response.stream, passed.receive, passed, context.outside)
    return response


def _back_inside() -> Callable[[], Any]:
    """Return what surrounds each step of the application's own request stream during the real call."""
    return functools.partial(context.inside, context.anywhere())


def _note_head(passed: PassThrough, response: Any) -> None:
    passed.respond(response.status_code, response.reason_phrase.encode("latin-1", "replace"), response.headers.raw)


def _handle_sync(library: Library, original: Callable[..., Any]) -> Callable[..., Any]:
    def handle_request(self: Any, request: Any) -> Any:
        sandbox = context.active(HttpRequest)
        if sandbox is None:
            return original(self, request)
        return answer_sync(library, sandbox.answer, request, functools.partial(original, self))

    return handle_request


def _handle_async(library: Library, original: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_async_request(self: Any, request: Any) -> Any:
        sandbox = context.active(HttpRequest)
        if sandbox is None:
            return await original(self, request)
        return await answer_async(library, sandbox.answer, request, functools.partial(original, self))

    return handle_async_request


def _init(library: Library, original: Callable[..., Any]) -> Callable[..., Any]:
    """Spare a transport made inside a sandbox its SSL context (15 ms) until a pass-through needs one."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        # Only where the client would build its default context; what the user chose is used, and checked, at once.
        chosen = args or kwargs.get("verify", True) is not True or kwargs.get("cert") is not None
        if not chosen and context.active(HttpRequest) is not None:
            kwargs["verify"] = _lazy_context(library.module, kwargs.get("trust_env", True))
        original(self, *args, **kwargs)

    return __init__


@functools.cache
def _lazy_context(module: Any, trust_env: bool) -> LazyContext:
    return LazyContext(functools.partial(module.create_ssl_context, trust_env=trust_env))


def seam(name: str, core: str) -> Seam:
    """Return the seam of one of the two modules."""

    def targets() -> Iterator[Target]:
        one = library(name)
        module = one.module
        yield Target(module.HTTPTransport, "handle_request", functools.partial(_handle_sync, one))
        yield Target(module.AsyncHTTPTransport, "handle_async_request", functools.partial(_handle_async, one))
        yield Target(module.HTTPTransport, "__init__", functools.partial(_init, one))
        yield Target(module.AsyncHTTPTransport, "__init__", functools.partial(_init, one))

    watch = (
        f"{core}:ConnectionPool.handle_request",
        f"{core}:AsyncConnectionPool.handle_async_request",
        f"{name}:Client._transport_for_url",
        f"{name}:AsyncClient._transport_for_url",
        f"{name}:Client.send",
        f"{name}:AsyncClient.send",
    )
    return Seam(name, targets, watch=watch, packages=(core, "anyio", "h11", "h2", "httpx_sse", "sniffio", "trio"))


SEAM = seam("httpx", "httpcore")


def explicit(name: str) -> tuple[Any, Any]:
    """Return the explicit transport classes over one of the two modules."""
    one = library(name)
    module = one.module
    base, async_base = module.BaseTransport, module.AsyncBaseTransport

    class Transport(base):  # type: ignore[misc, valid-type]
        """A transport to give to `Client(transport=...)`: answered by bigfoot, with no seam installed.

        Arguments:
            verifier: who answers; None for the active sandbox.
            options: arguments of the real `HTTPTransport`, which is built when a call passes through.

        Raises:
            SandboxNotActiveError: a request came while no sandbox is active, and no verifier was given.

        Example:
            >>> client = httpx.Client(transport=Transport(verifier))  # doctest: +SKIP
        """

        def __init__(self, verifier: StrictVerifier | None = None, **options: Any) -> None:
            self._verifier = verifier
            self._options = options
            self._real: Any = None

        def handle_request(self, request: Any) -> Any:
            return answer_sync(one, _ask(self._verifier), request, self._pass)

        def _pass(self, request: Any) -> Any:
            if self._real is None:
                self._real = module.HTTPTransport(**self._options)
            return self._real.handle_request(request)

        def close(self) -> None:
            if self._real is not None:
                self._real.close()

    class AsyncTransport(async_base):  # type: ignore[misc, valid-type]
        """A transport to give to `AsyncClient(transport=...)`; see `Transport`."""

        def __init__(self, verifier: StrictVerifier | None = None, **options: Any) -> None:
            self._verifier = verifier
            self._options = options
            self._real: Any = None

        async def handle_async_request(self, request: Any) -> Any:
            return await answer_async(one, _ask(self._verifier), request, self._pass)

        async def _pass(self, request: Any) -> Any:
            if self._real is None:
                self._real = module.AsyncHTTPTransport(**self._options)
            return await self._real.handle_async_request(request)

        async def aclose(self) -> None:
            if self._real is not None:
                await self._real.aclose()

    return Transport, AsyncTransport


def _ask(verifier: StrictVerifier | None) -> Ask:
    if verifier is not None:
        return verifier.answer
    sandbox = context.active(HttpRequest)
    if sandbox is None:
        raise SandboxNotActiveError("http:request")
    answer: Ask = sandbox.answer
    return answer


if TYPE_CHECKING:

    class Transport(httpx.BaseTransport):
        def __init__(self, verifier: StrictVerifier | None = None, **options: Any) -> None: ...

    class AsyncTransport(httpx.AsyncBaseTransport):
        def __init__(self, verifier: StrictVerifier | None = None, **options: Any) -> None: ...


def __getattr__(name: str) -> Any:
    """Build the explicit classes when they are first asked for: their base classes are the library's own."""
    if name in ("Transport", "AsyncTransport"):
        classes = explicit("httpx")
        globals().update(Transport=classes[0], AsyncTransport=classes[1])
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
