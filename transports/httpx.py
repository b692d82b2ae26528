"""httpx and httpx2: the transport below every Client and AsyncClient. One implementation, two modules.

The seam is `HTTPTransport.handle_request` and its async twin: ASGITransport, WSGITransport and MockTransport stay
untouched, while subclasses, wrapping transports, mounts, proxies and clients built before the sandbox are all met.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

from bigfoot import context
from bigfoot.seam import Seam, Target

from .doors import VERBS, doors
from .http import HttpRequest
from .httpx_exchange import Library, answer_async, answer_sync, library
from .tls import LazyContext

if TYPE_CHECKING:
    import httpx

    from bigfoot.verifier import StrictVerifier


def _handle_sync(library: Library, original: Callable[..., Any]) -> Callable[..., Any]:
    def handle_request(self: Any, request: Any) -> Any:
        sandbox = context.active(HttpRequest)
        if sandbox is None:
            return original(self, request)
        return answer_sync(library, sandbox.answer, request, original, self)

    return handle_request


def _handle_async(library: Library, original: Callable[..., Any]) -> Callable[..., Any]:
    def handle_async_request(self: Any, request: Any) -> Awaitable[Any]:
        sandbox = context.active(HttpRequest)
        if sandbox is None:
            passed: Awaitable[Any] = original(self, request)
            return passed
        return answer_async(library, sandbox.answer, request, original, self)

    return handle_async_request


def _init(library: Library, original: Callable[..., Any]) -> Callable[..., Any]:
    """Spare a transport made inside a sandbox its SSL context (15 ms) until a pass-through needs one."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        # Only where the client would build its default context; what the user chose is used, and checked, at once.
        chosen = args or kwargs.get("verify", True) is not True or kwargs.get("cert") is not None
        if not chosen and context.active(HttpRequest) is not None:
            kwargs["verify"] = _lazy_context(
                library.module, kwargs.get("trust_env", True), *map(os.environ.get, _TRUST)
            )
        original(self, *args, **kwargs)

    return __init__


# Where httpx, and below it OpenSSL, are told which authorities to trust; tests change it.
_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@functools.lru_cache(16)
def _lazy_context(module: Any, trust_env: bool, *trusted: str | None) -> LazyContext:
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
        *doors(name, ("Client", "AsyncClient"), (*VERBS, "stream")),
    )
    return Seam(name, targets, watch=watch, packages=(core, "anyio", "h11", "h2", "httpx_sse", "sniffio", "trio"))


SEAM = seam("httpx", "httpcore")


if TYPE_CHECKING:

    class Transport(httpx.BaseTransport):
        def __init__(self, verifier: StrictVerifier | None = None, **options: Any) -> None: ...

    class AsyncTransport(httpx.AsyncBaseTransport):
        def __init__(self, verifier: StrictVerifier | None = None, **options: Any) -> None: ...


def __getattr__(name: str) -> Any:
    """Build the explicit classes when they are first asked for: their base classes are the library's own."""
    if name in ("Transport", "AsyncTransport"):
        from .httpx_explicit import explicit

        classes = explicit("httpx")
        globals().update(Transport=classes[0], AsyncTransport=classes[1])
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
