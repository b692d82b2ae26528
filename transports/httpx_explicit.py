"""The explicit transports of httpx and httpx2: to be given to a client, with no seam installed."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from bigfoot import context
from bigfoot.errors import SandboxNotActiveError

from .http import HttpRequest
from .httpx_exchange import Ask, answer_async, answer_sync, library

if TYPE_CHECKING:
    from bigfoot.verifier import StrictVerifier


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
            self._pool = _pool(options)
            self._real: Any = None

        def handle_request(self, request: Any) -> Any:
            return answer_sync(one, _ask(self._verifier), request, Transport._pass, self)

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
            self._pool = _pool(options)
            self._real: Any = None

        async def handle_async_request(self, request: Any) -> Any:
            return await answer_async(one, _ask(self._verifier), request, AsyncTransport._pass, self)

        async def _pass(self, request: Any) -> Any:
            if self._real is None:
                self._real = module.AsyncHTTPTransport(**self._options)
            return await self._real.handle_async_request(request)

        async def aclose(self) -> None:
            if self._real is not None:
                await self._real.aclose()

    return Transport, AsyncTransport


def _pool(options: Mapping[str, Any]) -> SimpleNamespace:
    """Return what the pool of the real transport would know of its connections, before there is one."""
    proxy = options.get("proxy")
    return SimpleNamespace(_ssl_context=options.get("verify", True), _proxy_url=getattr(proxy, "url", proxy))


def _ask(verifier: StrictVerifier | None) -> Ask:
    if verifier is not None:
        return verifier.answer
    sandbox = context.active(HttpRequest)
    if sandbox is None:
        raise SandboxNotActiveError("http:request")
    answer: Ask = sandbox.answer
    return answer
