"""aiohttp: the public method in which every connector gives a request its connection.

The seam is `BaseConnector.connect`. It meets `TCPConnector`, `UnixConnector`, connectors of other packages and
sessions built before the sandbox, and it stands above their pools: a connection kept alive is neither used for a
mocked request nor lost. All of `ClientSession` runs for real: middlewares, redirects, cookies, traces, timeouts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from bigfoot import context
from bigfoot.seam import Seam, Target

from .doors import doors
from .http import HttpRequest

if TYPE_CHECKING:
    from aiohttp import BaseConnector, ClientRequest, ClientTimeout
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

    from .aiohttp_connector import Connector as Connector
    from .aiohttp_connector import Shadow
    from .aiohttp_exchange import Connect

# Each sandbox sees its own connections in memory: one that a test leaves open takes no place in the next test.
_shadows: WeakKeyDictionary[BaseConnector, tuple[ref[Any], Shadow]] = WeakKeyDictionary()


def _connect(original: Connect) -> Callable[..., Awaitable[Connection]]:
    def connect(
        self: BaseConnector, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout
    ) -> Awaitable[Connection]:
        sandbox = context.active(HttpRequest)
        if sandbox is None:
            return original(self, req, traces, timeout)
        found = _shadows.get(self)
        shadow = found[1] if found is not None and found[0]() is sandbox else _shade(sandbox, self)
        return shadow.exchange(sandbox.answer, self, original, original, req, traces, timeout)

    return connect


def _shade(sandbox: Any, connector: BaseConnector) -> Shadow:
    """Make the connector in memory that stands behind a real one while the sandbox is active."""
    from .aiohttp_connector import Shadow, complete

    made: Shadow = complete(Shadow)(
        limit=connector.limit, limit_per_host=connector.limit_per_host, force_close=connector.force_close
    )
    _shadows[connector] = ref(sandbox), made
    return made


def _targets() -> Iterator[Target]:
    import aiohttp

    from .aiohttp_connector import Shadow, complete

    complete(Shadow)  # fails here, and not in the first request, if this aiohttp cannot be intercepted
    yield Target(aiohttp.BaseConnector, "connect", _connect)


SEAM = Seam(
    "aiohttp",
    _targets,
    watch=(
        "aiohttp:ClientSession._request",
        "aiohttp:TCPConnector._create_connection",
        *doors("aiohttp", ("ClientSession",), ("request",)),
    ),
    packages=("aiohttp_retry", "aiohttp_client_cache", "async_timeout", "httpx_aiohttp"),
)


def __getattr__(name: str) -> Any:
    """Make `Connector` when it is first asked for: its base class is aiohttp's own."""
    if name == "Connector":
        from . import aiohttp_connector

        made = globals()[name] = aiohttp_connector.complete(aiohttp_connector.Connector)
        return made
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
