"""One request of httpx or httpx2 on its way to an answer; sync and async go through the same steps."""

from __future__ import annotations

import functools
import importlib
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from weakref import ref

from bigfoot import context
from bigfoot.interaction import Interaction

from .http import BELOW, HttpReply, HttpRequest, PassThrough, RawHeaders
from .http_delivery import Deferred, Delivery
from .http_facts import Facts
from .http_script import sleep
from .httpx_streams import Streams, settle, streams

Ask = Callable[[HttpRequest], Interaction | None]
SYNC, ASYNC = 0, 1

# httpcore refuses other schemes, before it opens anything; no other layer of httpx does.
_SCHEMES = frozenset({"http", "https", "ws", "wss"})
# What h11 refuses to write; likewise, it is the first to look. It knows blanks by the same classes.
_NAME = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(rb"(?:[^\x00\s]+(?:[ \t]+[^\x00\s]+)*)?")


class Library(NamedTuple):
    """One of the two modules, and what goes with it; `sound` holds the headers that were last found sound."""

    module: Any
    name: str
    defaults: Callable[[], Mapping[str, Sequence[str]]]
    streams: Streams
    response: Any
    sound: list[RawHeaders]


@functools.cache
def library(name: str) -> Library:
    """Return the module of this name and what goes with it.

    `httpx2.alias_httpx()` makes one module out of the two; the record then names the real one.
    """
    module: Any = importlib.import_module(name)
    own = str(module.Client.__module__).partition(".")[0]
    defaults = functools.partial(_defaults, name)
    return Library(module, own, defaults, streams(module), module.Response, [()])


@functools.cache
def _defaults(name: str) -> Mapping[str, Sequence[str]]:
    module: Any = importlib.import_module(name)
    # A client on a mock transport opens nothing and builds no SSL context, but has the default headers.
    with module.Client(transport=module.MockTransport(lambda request: None), trust_env=False) as client:
        return {name.lower(): (value,) for name, value in client.headers.items()}


def _check(module: Any, headers: RawHeaders) -> None:
    """Raise what the client raises where a header would break the message; such a request is never sent."""
    for name, value in headers:
        if not _NAME.fullmatch(name):
            raise module.LocalProtocolError(f"Illegal header name {name!r}")
        if not _VALUE.fullmatch(value):
            raise module.LocalProtocolError(f"Illegal header value {value!r}")


def normalize(library: Library, request: Any, door: int, via: Any) -> HttpRequest:
    """Return a request in the shape of all HTTP seams; its body is None while it is a stream."""
    url = str(request.url)
    if "#" in url:
        url = url.partition("#")[0]
    try:
        body = request.content
    except library.module.RequestNotRead:
        body = None
    headers = request.headers.raw
    if headers == library.sound[0]:  # most requests of a client have the same ones, and their records share them
        headers = library.sound[0]
    else:
        _check(library.module, headers)
        library.sound[0] = headers
    # Only the pool knows these two, and it has no public name; an explicit transport has something like it.
    pool: Any = getattr(via, "_pool", None)
    facts = Facts(ref(via), getattr(pool, "_ssl_context", None), getattr(pool, "_proxy_url", None))
    awaits = door == ASYNC
    return HttpRequest(library.name, request.method, url, headers, body, library.defaults, None, awaits, facts)


def plain(library: Library, normal: HttpRequest, interaction: Interaction) -> Any:
    """Return the library's own response for a reply that comes at once and whole; its body is not read yet."""
    reply: HttpReply = interaction.answer
    prepared = reply.prepared.get(library.name)
    if prepared is None:
        # A response copies a Headers object without looking at the fields again.
        extensions = {"http_version": b"HTTP/1.1", "reason_phrase": reply.reason}
        prepared = reply.prepared[library.name] = library.module.Headers(_fields(reply)), extensions
    response = library.response(
        reply.status,
        headers=prepared[0],
        stream=library.streams.whole(reply.body_for(normal.method), normal.facts),
        extensions={**prepared[1]},  # httpx 0.25 does not copy it
    )
    interaction.done()
    return response


def _fields(reply: HttpReply) -> list[tuple[bytes, bytes]]:
    """Return the header fields as h11 would read them: without the blanks around a value."""
    return [(name, value.strip(b" \t")) for name, value in reply.headers]


class Exchange:
    """One request and its answer, where it is more than a plain reply.

    Arguments:
        library: whose request it is.
        ask: the `answer` of a sandbox or verifier.
        request: the library's own request.
        door: `SYNC` or `ASYNC`.
        normal: the request in the shape of all HTTP seams.
        interaction: what was answered to it; None where the body is wanted first.
    """

    __slots__ = ("_ask", "_door", "_interaction", "_library", "_normal", "_request")

    def __init__(
        self,
        library: Library,
        ask: Ask,
        request: Any,
        door: int,
        normal: HttpRequest,
        interaction: Interaction | None,
    ) -> None:
        self._library = library
        self._ask = ask
        self._request = request
        self._door = door
        self._normal = normal
        self._interaction = interaction

    @property
    def wants_body(self) -> bool:
        """Whether the body of the request must be read for an answer."""
        return self._interaction is None

    def read(self, body: bytes) -> None:
        """Ask again, with the body."""
        self._normal.body = body
        self._interaction = self._ask(self._normal)

    @property
    def answer(self) -> Any:
        """The answer; there is one once the body is read, or not wanted."""
        assert self._interaction is not None
        return self._interaction.answer

    def response(self) -> Any:
        """Return the library's own response, made from a mock's reply; its body is not read yet."""
        answer = self.answer
        if not isinstance(answer, Delivery):
            assert self._interaction is not None
            return plain(self._library, self._normal, self._interaction)
        reply = answer.reply
        return self._library.response(
            reply.status,
            headers=_fields(reply),
            stream=self._library.streams.scripted[self._door](answer, self._request),
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": reply.reason},
        )

    def pauses(self) -> Iterator[float]:
        """Yield the seconds to sleep before the reply.

        Raises:
            Exception: the client's own exception, where its timeout ends or a fault comes instead of the reply.
        """
        answer = self.answer
        if not isinstance(answer, Delivery):
            return
        for item in answer.head():
            seconds, error = settle(self._library.module, answer, item, self._request)
            if seconds:
                yield seconds
            if error is not None:
                answer.fail(error)
                raise error

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Surround the real call: it is no business of any sandbox, but a streamed request body is the user's."""
        passed: PassThrough = self.answer
        request, stream = self._request, self._request.stream
        if self._normal.body is None:
            around = functools.partial(context.inside, context.anywhere())
            request.stream = self._library.streams.tee[self._door](stream, passed.send, passed, around)
        try:
            with context.outside():
                yield
        except BaseException as error:
            passed.fail(error)
            raise
        finally:
            request.stream = stream

    def noted(self, response: Any) -> Any:
        """Return the real response, with its body noted as the application reads it."""
        passed: PassThrough = self.answer
        reason = response.reason_phrase.encode("latin-1", "replace")
        passed.respond(response.status_code, reason, response.headers.raw, response.http_version)
        tee = self._library.streams.tee[self._door]
        response.stream = tee(response.stream, passed.receive, passed, context.outside)
        return response


def answer_sync(library: Library, ask: Ask, request: Any, real: Callable[[Any, Any], Any], via: Any) -> Any:
    """Answer a request of a sync client: with a real response out of the mock's reply, or by the real transport.

    Arguments:
        library: whose request it is.
        ask: the `answer` of a sandbox or verifier.
        request: the library's own request.
        real: makes the real call; takes the transport and the request.
        via: the transport.
    """
    if request.url.scheme not in _SCHEMES:
        return real(via, request)
    normal = normalize(library, request, SYNC, via)
    interaction = ask(normal)
    if interaction is not None and type(interaction.answer) is HttpReply:
        return plain(library, normal, interaction)
    if interaction is not None and interaction.answer is BELOW:
        return real(via, request)
    exchange = Exchange(library, ask, request, SYNC, normal, interaction)
    if exchange.wants_body:
        exchange.read(b"".join(request.stream))
    if type(exchange.answer) is not PassThrough:
        for seconds in exchange.pauses():
            time.sleep(seconds)
        return exchange.response()
    with exchange.passing():
        response = real(via, request)
    return exchange.noted(response)


async def answer_async(
    library: Library, ask: Ask, request: Any, real: Callable[[Any, Any], Awaitable[Any]], via: Any
) -> Any:
    """Answer a request of an async client; see `answer_sync`."""
    if request.url.scheme not in _SCHEMES:
        return await real(via, request)
    normal = normalize(library, request, ASYNC, via)
    interaction = ask(normal)
    if interaction is not None and type(interaction.answer) is HttpReply:
        return plain(library, normal, interaction)
    if interaction is not None and interaction.answer is BELOW:
        return await real(via, request)
    exchange = Exchange(library, ask, request, ASYNC, normal, interaction)
    if exchange.wants_body:
        exchange.read(b"".join([piece async for piece in request.stream]))
    if type(exchange.answer) is Deferred:
        await exchange.answer.settle()
    if type(exchange.answer) is not PassThrough:
        for seconds in exchange.pauses():
            await sleep(seconds)
        return exchange.response()
    with exchange.passing():
        response = await real(via, request)
    return exchange.noted(response)
