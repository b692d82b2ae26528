"""The connectors of aiohttp whose connections live in memory: one behind a user's own, and the explicit one.

aiohttp is not imported with this file; `complete` puts its `BaseConnector` under these classes.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast
from weakref import WeakSet, ref

from bigfoot import context
from bigfoot.errors import SandboxNotActiveError
from bigfoot.seam import original

from .aiohttp_exchange import Exchange, at_once, described
from .aiohttp_tap import Through
from .aiohttp_wire import Wire
from .http import BELOW, HttpReply, HttpRequest, PassThrough

if TYPE_CHECKING:
    from aiohttp import BaseConnector, ClientRequest, ClientTimeout, TCPConnector
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

    from bigfoot.verifier import StrictVerifier

    from .aiohttp_exchange import Ask, Connect
else:
    BaseConnector = object

M = TypeVar("M", bound="Memory")


class Memory(BaseConnector):
    """A connector whose connections live in memory.

    aiohttp's own `connect` runs: it keeps connections alive, waits for a place under `limit` and `limit_per_host`,
    and calls the traces.
    """

    base: ClassVar[type[BaseConnector]]
    handler: ClassVar[type[ResponseHandler]]

    async def exchange(
        self,
        ask: Ask,
        connector: BaseConnector,
        real: Connect,
        connect: Connect,
        req: ClientRequest,
        traces: list[Trace],
        timeout: ClientTimeout,
    ) -> Connection:
        """Return the connection on which the request gets its answer: one in memory, or a real one with a tap.

        Arguments:
            ask: the `answer` of a sandbox or verifier.
            connector: the connector of the user's session.
            real: reaches the real world: `connect` of the connector's class.
            connect: aiohttp's own `BaseConnector.connect`.
            req: as `connect` gets it; so the rest.
        """
        # Asked as early as possible: before there is a connection, in the user's own chain of calls.
        request, late = described(req), None
        try:
            interaction = ask(request)
        except TimeoutError as error:  # raised from here, aiohttp would call it a timeout of its own connecting
            interaction, late = None, error
        exchange = None
        if interaction is None or at_once(interaction.answer, request.method) is None:
            exchange = Exchange(request, ask, connector, real, req, timeout, interaction, late)
            if interaction is not None and type(interaction.answer) is not HttpReply:
                answer = await exchange.prepare()
                if type(answer) is PassThrough:
                    return await _through(exchange, answer, traces)
                if answer is BELOW:
                    return await exchange.dial(traces)
        if req.proxy is not None:
            _authorize_at_proxy(req)
        connection = await connect(self, req, traces, timeout)
        wire: Any = connection.transport
        facts: Any = request.facts
        facts.pooled, facts.response = wire.used, ref(connection)
        wire.used = True
        if exchange is not None:
            wire.begin(exchange)
        elif connector.closed:  # while there was no place for one more connection
            wire.close()
        else:
            wire.promised = interaction
        return connection

    # Private by its name, but what every connector has to have: Unix, named pipes, those of other packages.
    async def _create_connection(
        self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout
    ) -> ResponseHandler:
        protocol = self.handler(asyncio.get_running_loop())
        protocol.connection_made(Wire(protocol, (req.host, req.port)))
        return protocol


class Shadow(Memory):
    """What stands behind a user's own connector while a sandbox is active."""

    def __del__(self, _warnings: Any = None) -> None:
        """Nobody closes it, and there is nothing to close; aiohttp would warn of the connections kept alive."""


class Connector(Memory):
    """A connector to give to `ClientSession(connector=...)`: answered by bigfoot, with no seam installed.

    Arguments:
        verifier: who answers; None for the active sandbox.
        connector_args: arguments of the real `TCPConnector`, which is built when a request passes through.

    Raises:
        SandboxNotActiveError: a request came while no sandbox is active, and no verifier was given.
        TypeError: `TCPConnector` has no such argument.

    Example:
        >>> session = aiohttp.ClientSession(connector=Connector(verifier))  # doctest: +SKIP
    """

    def __init__(self, verifier: StrictVerifier | None = None, **connector_args: Any) -> None:
        from aiohttp import TCPConnector

        inspect.signature(TCPConnector).bind(**connector_args)
        own = inspect.signature(self.base).parameters
        super().__init__(**{name: value for name, value in connector_args.items() if name in own})
        self._verifier = verifier
        self._connector_args = connector_args
        self._real: TCPConnector | None = None

    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:
        answering = self._verifier or context.active(HttpRequest)
        if answering is None:
            raise SandboxNotActiveError("http:request")
        plain = original(self.base, "connect")
        return await self.exchange(answering.answer, self, type(self)._reach, plain, req, traces, timeout)

    async def _reach(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:
        if self._real is None:
            from aiohttp import TCPConnector

            self._real = TCPConnector(**self._connector_args)
        return await self._real.connect(req, traces, timeout)

    async def close(self, **options: Any) -> None:
        """Close all connections, the real ones too."""
        await super().close(**options)
        if self._real is not None:
            await self._real.close(**options)


def complete(kind: type[M]) -> type[M]:
    """Return the class with aiohttp's `BaseConnector` under it.

    Raises:
        ImportError: this version of aiohttp has no place where a connector makes its connections.
    """
    made: type[M] = _complete(cast("Any", kind))
    return made


@functools.cache
def _complete(kind: Any) -> Any:
    import aiohttp
    from aiohttp.client_proto import ResponseHandler

    if not hasattr(aiohttp.BaseConnector, "_create_connection"):
        raise ImportError(
            f"aiohttp {aiohttp.__version__} has no BaseConnector._create_connection: bigfoot cannot intercept it",
            name="aiohttp",
        )
    body = {
        "__doc__": kind.__doc__,
        "__module__": "bigfoot.transports.aiohttp",
        "base": aiohttp.BaseConnector,
        "handler": ResponseHandler,
    }
    return type(kind.__name__, (kind, aiohttp.BaseConnector), body)


_served: WeakSet[ResponseHandler] = WeakSet()  # the ends of real connections that have been handed out


async def _through(exchange: Exchange, passed: PassThrough, traces: list[Trace]) -> Connection:
    """Return a real connection with a tap on it."""
    connection = await exchange.reach(passed, traces)
    facts: Any = exchange.request.facts
    facts.pooled, facts.response = connection.protocol in _served, ref(connection)
    if connection.protocol is not None:
        _served.add(connection.protocol)
    if connection.transport is None:  # lost already: aiohttp finds out as soon as it writes
        connection.add_callback(passed.done)
    else:
        Through(connection, exchange.request, passed)
    return connection


def _authorize_at_proxy(req: ClientRequest) -> None:
    """Log in at a proxy for plain HTTP, as `TCPConnector` does when it connects: the header goes with the request."""
    if req.proxy is None or req.is_ssl():
        return
    from aiohttp import BasicAuth

    auth = req.proxy_auth or BasicAuth.from_url(req.proxy)
    if auth is not None:
        req.headers["Proxy-Authorization"] = auth.encode()
