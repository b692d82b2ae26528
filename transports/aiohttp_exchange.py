"""One request of aiohttp on its way to an answer: what is known of it, who answers it, and the way out."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bigfoot import context
from bigfoot.interaction import Interaction
from bigfoot.origin import caller

from .aiohttp_delivery import Player
from .http import HttpRequest, PassThrough, RawHeaders
from .http1 import LazyHeaders
from .http_delivery import Deferred, Delivery
from .http_facts import Facts

if TYPE_CHECKING:
    from aiohttp import BaseConnector, ClientRequest, ClientTimeout
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

    Ask = Callable[[HttpRequest], Interaction | None]
    Connect = Callable[[Any, ClientRequest, list[Trace], ClientTimeout], Awaitable[Connection]]


_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Exchange:
    """One request and its answer. Make it in `connect`, whose caller's caller is taken for the calling line.

    Arguments:
        ask: the `answer` of a sandbox or verifier.
        connector: the connector of the user's session.
        real: reaches the real world: `connect` of the connector's class.
        req: aiohttp's request, as `connect` gets it.
        timeout: aiohttp's timeouts, as `connect` gets them.

    Attributes:
        request: what is known of the request so far.
        bodiless: whether it is all head.
        connector: the connector of the user's session.
        facts: what is known of the connection.
    """

    __slots__ = (
        "_ask",
        "_error",
        "_interaction",
        "_lane",
        "_real",
        "_req",
        "_timeout",
        "bodiless",
        "connector",
        "facts",
        "request",
    )

    def __init__(
        self, ask: Ask, connector: BaseConnector, real: Connect, req: ClientRequest, timeout: ClientTimeout
    ) -> None:
        # Where `100 Continue` is awaited, aiohttp has a task that writes a body, even if there is none.
        bodiless = self.bodiless = not (req.body or req.chunked or "Expect" in req.headers)
        added = defaults_without_body if bodiless else defaults
        url = str(req.url)
        if url.count("/") == 2:  # yarl leaves out the path that is sent
            url += "/"
        # What aiohttp adds when it writes the headers is missing; the connection puts in what it sees written.
        headers = LazyHeaders(_encoded, req.headers)
        facts = self.facts = Facts(None, req.ssl, req.proxy)
        self.request = HttpRequest("aiohttp", req.method, url, headers, None, added, caller(3), True, facts=facts)
        self.connector = connector
        self._ask = ask
        self._real = real
        self._req = req
        self._timeout = timeout
        self._interaction: Interaction | None = None
        self._error: TimeoutError | None = None
        self._lane: str | None = None

    def early(self) -> Any:
        """Ask as early as possible: before there is a connection, in the user's own chain of calls.

        Returns:
            The answer; None if there is none before the request is written.
        """
        request = self.request
        if self.bodiless and _sound(self._req.headers):
            request.body = b""
        elif not self.bodiless:
            task = asyncio.current_task()
            self._lane = None if task is None else task.get_name()
        try:
            interaction = self._interaction = self._ask(request)
        except TimeoutError as error:
            self._error = error  # raised from here, aiohttp would call it a timeout of its own connecting
            return None
        return None if interaction is None else interaction.answer

    async def prepare(self) -> Any:
        """Await an early answer that is not ready, and raise what it raises instead of a connection."""
        interaction = self._interaction
        assert interaction is not None
        try:
            if isinstance(interaction.answer, Deferred):
                await interaction.answer.settle()
            if isinstance(interaction.answer, Delivery):
                await self.player(interaction.answer).refuse()
        except TimeoutError as error:
            self._error = error
        return interaction.answer

    def decide(self, headers: RawHeaders, body: bytes) -> Interaction:
        """Return the interaction with the answer, now that the request is written completely.

        Raises:
            Exception: what the mock is scripted to raise, or the error for a request without a mock.
        """
        if self._error is not None:
            raise self._error
        self.request.headers = headers
        interaction = self._interaction
        if interaction is None:
            self.request.body = body
            interaction = self._ask(self.request)
            assert interaction is not None
            if self._lane is not None:  # aiohttp writes bodies in a task of its own; the call was made by another
                interaction.lane = self._lane
        return interaction

    def player(self, delivery: Delivery) -> Player:
        """Return who plays a reply that comes with pauses, in pieces or with faults."""
        return Player(delivery, self._req, self._timeout)

    async def dial(self, traces: list[Trace]) -> Connection:
        """Return a connection of aiohttp's own, whose socket the sandbox answers."""
        return await self._real(self.connector, self._req, traces, self._timeout)

    async def reach(self, answer: PassThrough, traces: list[Trace]) -> Connection:
        """Return a connection to the real world."""
        try:
            with context.outside():
                return await self._real(self.connector, self._req, traces, self._timeout)
        except BaseException as error:
            answer.fail(error)
            raise


def _sound(headers: Mapping[str, str]) -> bool:
    """Tell whether aiohttp will write these headers, or raise instead of it: then nothing was asked."""
    try:
        text = "".join((*headers, *headers.values()))
    except TypeError:
        return False
    return text.isprintable() or _FORBIDDEN.search(text) is None  # the first is far cheaper, and says enough


def _encoded(headers: Mapping[str, str]) -> RawHeaders:
    return tuple((name.encode(), value.encode()) for name, value in headers.items())


@functools.cache
def defaults() -> Mapping[str, Sequence[str]]:
    """Return the headers that aiohttp adds by itself."""
    import aiohttp
    from aiohttp.http import SERVER_SOFTWARE

    added = {name.lower(): (str(value),) for name, value in aiohttp.ClientRequest.DEFAULT_HEADERS.items()}
    return {**added, "user-agent": (SERVER_SOFTWARE,), "connection": ("close", "keep-alive")}


@functools.cache
def defaults_without_body() -> Mapping[str, Sequence[str]]:
    """Return the same for requests without a body: aiohttp gives a POST a content type even then."""
    return {**defaults(), "content-type": ("application/octet-stream",)}
