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
from .http import HttpReply, HttpRequest, PassThrough, RawHeaders
from .http1 import LazyHeaders
from .http_delivery import Deferred, Delivery
from .http_facts import Facts

if TYPE_CHECKING:
    from aiohttp import BaseConnector, ClientRequest, ClientTimeout
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace
    from multidict import CIMultiDict
    from yarl import URL

    Ask = Callable[[HttpRequest], Interaction | None]
    Connect = Callable[[Any, ClientRequest, list[Trace], ClientTimeout], Awaitable[Connection]]


PIECE = 256 * 1024  # bytes, as many as asyncio reads from a socket at once
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def described(req: ClientRequest) -> HttpRequest:
    """Return what is known of a request before aiohttp writes it.

    Its body is None where there is one, or where nobody can tell yet that aiohttp will write the request at all.
    """
    global _url_before
    headers, url, before = req.headers, req.url, _url_before
    if url is not before[0]:  # yarl makes one object of the same text
        text = str(url)
        _url_before = before = url, text + "/" if text.count("/") == 2 else text  # yarl leaves out the path sent
    # Where `100 Continue` is awaited, aiohttp has a task that writes a body, even if there is none.
    if not (req.body or req.chunked or "Expect" in headers):
        added, body = defaults_without_body, b"" if headers == _sound_before or _sound(headers) else None
    else:
        added, body = defaults, None
    # What aiohttp adds when it writes the headers is missing; the connection puts in what it sees written.
    known = LazyHeaders(_encoded, headers)
    facts = Facts(None, req.ssl, req.proxy)
    facts.pooled = False  # until a connection that has served before is found for it
    return HttpRequest("aiohttp", req.method, before[1], known, body, added, caller(3), True, facts)


# Most requests have the URL and the headers of the one before.
_url_before: tuple[URL | None, str] = None, ""
_sound_before: CIMultiDict[str] | None = None


def at_once(answer: Any, method: str) -> bytes | None:
    """Return the bytes of an answer that can be given in the same breath in which the request is written, or None.

    aiohttp has said what response it expects before it writes a request, and a turn of the loop would cost more than
    all the rest. It can do without one where the reply tells its end, and comes in one piece.
    """
    if type(answer) is not HttpReply or method == "HEAD":  # other bytes of the same reply
        return None
    whole: bytes | None
    try:
        whole = answer.prepared["aiohttp"]
    except KeyError:
        whole = answer.wire(method)
        if len(whole) > PIECE or not delimited(answer) or not writes_by_itself():
            whole = None
        answer.prepared["aiohttp"] = whole
    return whole


@functools.cache
def writes_by_itself() -> bool:
    """Tell whether aiohttp writes a request without a body at one go.

    Before 3.11 it leaves the end of the request to a task, and cancels it if the answer comes first.
    """
    from aiohttp.http import StreamWriter

    return hasattr(StreamWriter, "set_eof")  # what it ends such a request with


def delimited(reply: HttpReply) -> bool:
    """Tell whether a reply tells where it ends."""
    headers = reply.headers  # a length that the mock did not give itself comes last
    declared = bool(headers and headers[-1][0] == b"Content-Length") or reply.declared_length() is not None
    return declared and reply.status >= 200


class Exchange:
    """One request whose answer needs more than its bytes.

    Arguments:
        request: what is known of the request so far.
        ask: the `answer` of a sandbox or verifier.
        connector: the connector of the user's session.
        real: reaches the real world: `connect` of the connector's class.
        req: aiohttp's request, as `connect` gets it.
        timeout: aiohttp's timeouts, as `connect` gets them.
        interaction: the interaction, if there is one before the request is written.
        error: what asking has raised already.

    Attributes:
        request: what is known of the request so far.
        bodiless: whether it is all head.
        connector: the connector of the user's session.
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
        "request",
    )

    def __init__(
        self,
        request: HttpRequest,
        ask: Ask,
        connector: BaseConnector,
        real: Connect,
        req: ClientRequest,
        timeout: ClientTimeout,
        interaction: Interaction | None,
        error: TimeoutError | None,
    ) -> None:
        self.request = request
        self.bodiless = request.defaults is defaults_without_body
        self.connector = connector
        self._ask = ask
        self._real = real
        self._req = req
        self._timeout = timeout
        self._interaction = interaction
        self._error = error
        task = None if self.bodiless else asyncio.current_task()
        self._lane = None if task is None else task.get_name()

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


def _sound(headers: CIMultiDict[str]) -> bool:
    """Tell whether aiohttp will write these headers, or raise instead of it: then nothing was asked."""
    global _sound_before
    try:
        text = "".join((*headers, *headers.values()))
    except TypeError:
        return False
    if _FORBIDDEN.search(text) is not None:
        return False
    _sound_before = headers.copy()
    return True


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
