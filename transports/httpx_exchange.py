"""One request of httpx or httpx2 on its way to an answer; sync and async go through the same steps."""

from __future__ import annotations

import functools
import importlib
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from bigfoot import context
from bigfoot.interaction import Interaction

from .http import HttpReply, HttpRequest, PassThrough, RawHeaders
from .http_delivery import Deferred, Delivery, sleep
from .httpx_streams import Streams, settle, streams

Ask = Callable[[HttpRequest], Interaction | None]
SYNC, ASYNC = 0, 1

# httpcore refuses other schemes, before it opens anything; no other layer of httpx does.
_SCHEMES = frozenset({"http", "https", "ws", "wss"})
# What h11 refuses to write; likewise, it is the first to look. It knows blanks by the same classes.
_NAME = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(rb"(?:[^\x00\s]+(?:[ \t]+[^\x00\s]+)*)?")


class Library(NamedTuple):
    """One of the two modules, and what goes with it."""

    module: Any
    name: str
    defaults: Callable[[], Mapping[str, Sequence[str]]]
    streams: Streams


@functools.cache
def library(name: str) -> Library:
    """Return the module of this name and what goes with it.

    `httpx2.alias_httpx()` makes one module out of the two; the record then names the real one.
    """
    module: Any = importlib.import_module(name)
    own = str(module.Client.__module__).partition(".")[0]
    return Library(module, own, functools.partial(_defaults, name), streams(module))


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


class Exchange:
    """One request and its answer.

    Arguments:
        library: whose request it is.
        ask: the `answer` of a sandbox or verifier.
        request: the library's own request.
        door: `SYNC` or `ASYNC`.
    """

    __slots__ = ("_ask", "_door", "_interaction", "_library", "_normal", "_request")

    def __init__(self, library: Library, ask: Ask, request: Any, door: int) -> None:
        self._library = library
        self._ask = ask
        self._request = request
        self._door = door
        url = str(request.url)
        if "#" in url:
            url = url.partition("#")[0]
        try:
            body = request.content
        except library.module.RequestNotRead:
            body = None
        headers = request.headers.raw
        _check(library.module, headers)
        self._normal = HttpRequest(
            library.name, request.method, url, headers, body, library.defaults, awaits=door == ASYNC
        )
        self._interaction = ask(self._normal)

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
        answer: HttpReply | Delivery = self.answer
        if type(answer) is HttpReply:
            reply = answer
            body = self._library.module.ByteStream(reply.body_for(self._normal.method))
        else:
            assert isinstance(answer, Delivery)
            reply = answer.reply
            body = self._library.streams.scripted[self._door](answer, self._request)
        response = self._library.module.Response(
            reply.status,
            headers=[(name, value.strip(b" \t")) for name, value in reply.headers],  # as h11 would read them
            stream=body,
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": reply.reason},
        )
        if answer is reply and self._interaction is not None:
            self._interaction.done()
        return response

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
        passed.respond(response.status_code, reason, response.headers.raw)
        tee = self._library.streams.tee[self._door]
        response.stream = tee(response.stream, passed.receive, passed, context.outside)
        return response


def answer_sync(library: Library, ask: Ask, request: Any, real: Callable[[Any], Any]) -> Any:
    """Answer a request of a sync client: with a real response out of the mock's reply, or by the real transport."""
    if request.url.scheme not in _SCHEMES:
        return real(request)
    exchange = Exchange(library, ask, request, SYNC)
    if exchange.wants_body:
        exchange.read(b"".join(request.stream))
    if type(exchange.answer) is not PassThrough:
        for seconds in exchange.pauses():
            time.sleep(seconds)
        return exchange.response()
    with exchange.passing():
        response = real(request)
    return exchange.noted(response)


async def answer_async(library: Library, ask: Ask, request: Any, real: Callable[[Any], Awaitable[Any]]) -> Any:
    """Answer a request of an async client; see `answer_sync`."""
    if request.url.scheme not in _SCHEMES:
        return await real(request)
    exchange = Exchange(library, ask, request, ASYNC)
    if exchange.wants_body:
        exchange.read(b"".join([piece async for piece in request.stream]))
    if type(exchange.answer) is Deferred:
        await exchange.answer.settle()
    if type(exchange.answer) is not PassThrough:
        for seconds in exchange.pauses():
            await sleep(seconds)
        return exchange.response()
    with exchange.passing():
        response = await real(request)
    return exchange.noted(response)
