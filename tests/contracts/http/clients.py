"""The clients with one face: what a test says once, each says in its own words, with its own real code."""

from __future__ import annotations

import asyncio
import functools
import http.client
import importlib
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple

import aiohttp
import requests
import urllib3
from requests.adapters import HTTPAdapter

from bigfoot.transports.aiohttp import Connector
from bigfoot.transports.requests import Adapter
from bigfoot.transports.urllib import Handler


class Call(NamedTuple):
    """One request, and how its response is to be read.

    Attributes:
        method: of the request.
        url: of the request.
        headers: that the code sets.
        params: for the query.
        cookies: to send.
        json: a structure to send.
        form: fields to send URL-encoded.
        files: to send as multipart: field name to (file name, content, type).
        content: bytes to send, or pieces of them.
        timeout: in seconds of silence; None for none.
        connect: the same for connecting; `timeout` if not given.
        total: in seconds for all of it, where the client knows such a thing.
        chunks: whether to read piece by piece, or by how many pieces before closing.
        context: the TLS context; None for the client's own.
        take: gets each piece that is read, instead of the answer.
    """

    method: str
    url: str
    headers: Mapping[str, str] = {}
    params: Mapping[str, Any] | None = None
    cookies: Mapping[str, str] | None = None
    json: Any = None
    form: Mapping[str, str] | None = None
    files: Mapping[str, tuple[str, bytes, str]] | None = None
    content: bytes | Iterable[bytes] | None = None
    timeout: float | None = None
    connect: float | None = None
    total: float | None = None
    chunks: bool | int = False
    context: ssl.SSLContext | None = None
    take: Callable[[bytes], None] | None = None

    def gathered(self, pieces: Iterable[bytes]) -> list[bytes]:
        """Return the pieces that are wanted."""
        found: list[bytes] = []
        for piece in islice(pieces, self.limit):
            (self.take or found.append)(piece)
        return found

    async def gathered_async(self, pieces: AsyncIterable[bytes]) -> list[bytes]:
        """Return the pieces that are wanted."""
        found: list[bytes] = []
        number = 0
        async for piece in pieces:
            (self.take or found.append)(piece)
            number += 1
            if number == self.limit:
                break
        return found

    @property
    def limit(self) -> int | None:
        """How many pieces to read; None for all."""
        return None if isinstance(self.chunks, bool) else self.chunks

    @property
    def connecting(self) -> float | None:
        """The connect timeout."""
        return self.timeout if self.connect is None else self.connect

    def written(self) -> tuple[str, dict[str, str], bytes | Iterable[bytes] | None]:
        """Return URL, headers and body for the clients that have no words for structures."""
        headers, body = dict(self.headers), self.content
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.json is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(self.json).encode()
        if self.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urllib.parse.urlencode(self.form).encode()
        if self.files is not None:
            body, headers["Content-Type"] = urllib3.encode_multipart_formdata(dict(self.files))
        url = self.url
        if self.params:
            url += ("&" if "?" in url else "?") + urllib.parse.urlencode(self.params, doseq=True)
        return url, headers, body


class Answer(NamedTuple):
    """A response.

    Attributes:
        status: the status code.
        reason: the reason phrase.
        headers: (name, value) pairs, names in lower case.
        body: what was read.
        chunks: the pieces in which it came, where they were asked for.
    """

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes
    chunks: list[bytes]

    def header(self, name: str) -> str | None:
        """Return the first value of a header."""
        return next((value for each, value in self.headers if each == name), None)

    def values(self, name: str) -> list[str]:
        """Return all values of a header."""
        return [value for each, value in self.headers if each == name]


def answer(status: int, reason: str, headers: Iterable[tuple[Any, Any]], read: bytes | list[bytes]) -> Answer:
    """Return an answer, of a body or of its pieces."""
    pieces = read if isinstance(read, list) else []
    body = b"".join(read) if isinstance(read, list) else read
    return Answer(status, reason, [(str(name).lower(), str(value)) for name, value in headers], body, pieces)


class Client(NamedTuple):
    """A client library behind the face.

    Attributes:
        id: its name in the tests and in the table of faults.
        library: its name on the record.
        several: makes calls one after the other, with one session; what the session has comes from the first.
        awaits: whether its code is async.
        beside: the same client without an explicit transport of bigfoot's, if it has one: it can be called for real.
    """

    id: str
    library: str
    several: Callable[[list[Call]], list[Answer]]
    awaits: bool = False
    beside: Client | None = None

    @property
    def real(self) -> Client:
        """The client as it is in production."""
        return self.beside or self

    def through(self, name: str, transport: Any) -> Client:
        """Return the client with an explicit transport."""
        make: Callable[..., list[Answer]] = self.several
        several = functools.partial(make, explicit=transport)
        return self._replace(id=f"{self.library} {name}", several=several, beside=self)

    def __call__(self, method: str, url: str, **options: Any) -> Answer:
        """Make a call with a session of its own."""
        return self.several([Call(method, url, **options)])[0]


async def _awaited(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def _awaitable(content: bytes | Iterable[bytes] | None) -> bytes | AsyncIterator[bytes] | None:
    return content if content is None or isinstance(content, bytes) else _awaited(content)


def _httpx_options(call: Call, content: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"headers": dict(call.headers), "content": content}
    if call.params is not None:
        options["params"] = call.params
    if call.json is not None:
        options["json"] = call.json
    if call.form is not None:
        options["data"] = dict(call.form)
    if call.files is not None:
        options["files"] = dict(call.files)
    return options


def _httpx_client(module: Any, kind: str, call: Call, explicit: Any = None) -> Any:
    timeout = module.Timeout(call.timeout, connect=call.connecting)
    verify = True if call.context is None else call.context
    options = {"verify": verify} if explicit is None else {"transport": explicit(verify=verify, trust_env=False)}
    return getattr(module, kind)(timeout=timeout, trust_env=False, cookies=call.cookies, **options)


def _of_httpx(response: Any, read: bytes | list[bytes]) -> Answer:
    return answer(response.status_code, response.reason_phrase, response.headers.multi_items(), read)


def _httpx_send(client: Any, call: Call) -> Answer:
    if not call.chunks:
        response = client.request(call.method, call.url, **_httpx_options(call, call.content))
        return _of_httpx(response, response.content)
    with client.stream(call.method, call.url, **_httpx_options(call, call.content)) as response:
        return _of_httpx(response, call.gathered(response.iter_bytes()))


async def _httpx_send_async(client: Any, call: Call) -> Answer:
    if not call.chunks:
        response = await client.request(call.method, call.url, **_httpx_options(call, _awaitable(call.content)))
        return _of_httpx(response, response.content)
    async with client.stream(call.method, call.url, **_httpx_options(call, _awaitable(call.content))) as response:
        return _of_httpx(response, await call.gathered_async(response.aiter_bytes()))


def _httpx(module: Any, calls: list[Call], *, explicit: Any = None) -> list[Answer]:
    with _httpx_client(module, "Client", calls[0], explicit) as client:
        return [_httpx_send(client, call) for call in calls]


def _httpx_async(module: Any, calls: list[Call], *, explicit: Any = None) -> list[Answer]:
    async def main() -> list[Answer]:
        async with _httpx_client(module, "AsyncClient", calls[0], explicit) as client:
            return [await _httpx_send_async(client, call) for call in calls]

    return asyncio.run(main())


def _requests(calls: list[Call], *, ordinary: bool = True, explicit: Any = None) -> list[Answer]:
    with requests.Session() as session:
        session.trust_env = False
        if explicit is not None:
            session.mount("https://", explicit())
            session.mount("http://", explicit())
            return [_requests_send(session, call) for call in calls]
        if not ordinary:
            retries = urllib3.Retry(0, read=False, status_forcelist=(599,))
            session.mount("https://", HTTPAdapter(max_retries=retries))
            session.mount("http://", HTTPAdapter(max_retries=retries))
        if calls[0].context is not None:
            session.mount("https://", _Adapter(calls[0].context))
        return [_requests_send(session, call) for call in calls]


class _Adapter(HTTPAdapter):
    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **options)


def _pieces(content: bytes | Iterable[bytes] | None) -> Any:
    return content if content is None or isinstance(content, bytes) else iter(content)  # a list would be a form


def _requests_send(session: requests.Session, call: Call) -> Answer:
    response = session.request(
        call.method,
        call.url,
        headers=dict(call.headers),
        params=call.params,
        cookies=None if call.cookies is None else dict(call.cookies),
        json=call.json,
        data=_pieces(call.content) if call.form is None else dict(call.form),
        files=None if call.files is None else dict(call.files),
        timeout=(call.connecting, call.timeout) if call.connect is not None else call.timeout,
        stream=bool(call.chunks),
    )
    with response:
        read = call.gathered(response.iter_content(None)) if call.chunks else response.content
        return answer(response.status_code, response.reason, response.raw.headers.items(), read)


def _urllib3(calls: list[Call]) -> list[Answer]:
    with urllib3.PoolManager(retries=False, ssl_context=calls[0].context) as manager:
        return [_urllib3_send(manager, call) for call in calls]


def _urllib3_send(manager: urllib3.PoolManager, call: Call) -> Answer:
    url, headers, body = call.written()
    timeout = urllib3.Timeout(connect=call.connecting, read=call.timeout, total=call.total)
    response = manager.request(
        call.method, url, body=body, headers=headers, timeout=timeout, preload_content=False, redirect=False
    )
    try:
        pieces = response.stream(None) if call.chunks else iter([response.read()])
        read = call.gathered(pieces)
        return answer(
            response.status, response.reason or "", response.headers.items(), read if call.chunks else b"".join(read)
        )
    finally:
        response.close()


def _urllib(calls: list[Call], *, explicit: Any = None) -> list[Answer]:
    handlers: list[Any] = [urllib.request.ProxyHandler({})]
    if explicit is not None:
        handlers.append(explicit(context=calls[0].context))
    elif calls[0].context is not None:
        handlers.append(urllib.request.HTTPSHandler(context=calls[0].context))
    opener = urllib.request.build_opener(*handlers)
    return [_urllib_send(opener, call) for call in calls]


def _urllib_send(opener: urllib.request.OpenerDirector, call: Call) -> Answer:
    url, headers, body = call.written()
    request = urllib.request.Request(url, data=body, headers=headers, method=call.method)
    try:
        response: Any = opener.open(request, timeout=call.timeout) if call.timeout else opener.open(request)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return answer(response.status, response.reason, response.headers.items(), _read_http_client(response, call))


def _read_http_client(response: Any, call: Call) -> bytes | list[bytes]:
    if not call.chunks:
        read: bytes = response.read()
        return read
    return call.gathered(iter(response.read1, b""))


def _http_client(calls: list[Call]) -> list[Answer]:
    parts = urllib.parse.urlsplit(calls[0].url)
    options: dict[str, Any] = {} if calls[0].timeout is None else {"timeout": calls[0].timeout}
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    if calls[0].context is not None:
        options["context"] = calls[0].context
    connection = kind(parts.netloc, **options)
    try:
        return [_http_client_send(connection, call) for call in calls]
    finally:
        connection.close()


def _http_client_send(connection: http.client.HTTPConnection, call: Call) -> Answer:
    url, headers, body = call.written()
    parts = urllib.parse.urlsplit(url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    connection.request(call.method, target, body=body, headers=headers)
    with connection.getresponse() as response:
        read = _read_http_client(response, call)
        return answer(response.status, response.reason, response.getheaders(), read)


def _aiohttp(calls: list[Call], *, explicit: Any = None) -> list[Answer]:
    async def main() -> list[Answer]:
        first = calls[0]
        timeout = aiohttp.ClientTimeout(total=first.total, sock_connect=first.connecting, sock_read=first.timeout)
        connector = None if explicit is None else explicit()
        async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookies=first.cookies) as session:
            return [await _aiohttp_send(session, call) for call in calls]

    return asyncio.run(main())


async def _aiohttp_send(session: aiohttp.ClientSession, call: Call) -> Answer:
    async with session.request(
        call.method,
        call.url,
        headers=dict(call.headers),
        params=call.params,
        json=call.json,
        data=_aiohttp_body(call),
        allow_redirects=False,
        ssl=True if call.context is None else call.context,
    ) as response:
        if not call.chunks:
            return answer(response.status, response.reason or "", response.headers.items(), await response.read())
        chunks = await call.gathered_async(response.content.iter_any())
        return answer(response.status, response.reason or "", response.headers.items(), chunks)


def _aiohttp_body(call: Call) -> Any:
    if call.form is not None:
        return dict(call.form)
    if call.files is not None:
        form = aiohttp.FormData()
        for name, (filename, content, kind) in call.files.items():
            form.add_field(name, content, filename=filename, content_type=kind)
        return form
    return _awaitable(call.content)


def _of(name: str) -> tuple[Client, ...]:
    module: Any = importlib.import_module(name)
    ours: Any = importlib.import_module(f"bigfoot.transports.{name}")
    sync = Client(name, name, functools.partial(_httpx, module))
    several = Client(f"{name} async", name, functools.partial(_httpx_async, module), awaits=True)
    explicit = sync.through("Transport", ours.Transport), several.through("AsyncTransport", ours.AsyncTransport)
    return sync, several, *explicit


_ordinary = Client("requests", "requests", _requests)
_opener = Client("urllib", "urllib", _urllib)
_session = Client("aiohttp", "aiohttp", _aiohttp, awaits=True)

CLIENTS: tuple[Client, ...] = (
    *_of("httpx"),
    *_of("httpx2"),
    _ordinary,
    # Calls that are not the ordinary ones are answered at the connection, not at the adapter.
    Client("requests with Retry", "requests", functools.partial(_requests, ordinary=False)),
    _ordinary.through("Adapter", Adapter),
    Client("urllib3", "urllib3", _urllib3),
    _opener,
    _opener.through("Handler", Handler),
    Client("http.client", "http.client", _http_client),
    _session,
    _session.through("Connector", Connector),
)
