"""How applications use aiohttp's client."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import json
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp import ClientSession, ClientTimeout, CookieJar, FormData, TCPConnector
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from .corpus import Corpus, raised, raised_async, shown, slices
from .server import unix_path

corpus = Corpus()


async def seen(response: aiohttp.ClientResponse) -> dict[str, object]:
    """All that an application can see of a response; reads it and gives its connection back."""
    body = await response.read()
    disposition = response.content_disposition
    return {
        "status": (response.status, response.reason, response.ok, response.version),
        "headers": shown(response.headers.items()),
        "raw headers": shown((name.decode(), value.decode("latin-1")) for name, value in response.raw_headers),
        "type": (response.content_type, response.charset, response.get_encoding() if body else None),
        "disposition": disposition and (disposition.type, disposition.filename),
        "url": (str(response.url), str(response.real_url), response.method, response.host),
        "body": body,
        "cookies": sorted((morsel.key, morsel.value, morsel["path"]) for morsel in response.cookies.values()),
        "links": [(rel, str(link["url"])) for rel, link in response.links.items()],
        "request": (response.request_info.method, str(response.request_info.real_url)),
        "sent": shown(response.request_info.headers.items()),
        "history": [(step.status, str(step.url), step.headers.get("Location")) for step in response.history],
        "state": (response.closed, response.content.at_eof()),
    }


async def got(session: ClientSession, url: str, **options: Any) -> dict[str, object]:
    async with session.get(url, **options) as response:
        return await seen(response)


async def posted(session: ClientSession, url: str, **options: Any) -> dict[str, object]:
    async with session.post(url, **options) as response:
        return await seen(response)


async def aslices(content: bytes, size: int) -> AsyncIterator[bytes]:
    """The pieces of the content, each after a turn of the event loop."""
    for piece in slices(content, size):
        await asyncio.sleep(0)
        yield piece


@corpus.add
async def get_json(base: str) -> object:
    async with ClientSession() as session, session.get(f"{base}/json") as response:
        response.raise_for_status()
        return await response.json(), response.status, await seen(response)


@corpus.add
async def module_function(base: str) -> object:
    async with aiohttp.request("POST", f"{base}/echo", json={"n": 1}, headers={"X-A": "1"}) as response:
        return await seen(response)


@corpus.add
async def every_method(base: str) -> object:
    async with ClientSession() as session:
        plain = [getattr(session, name)(f"{base}/echo?{name}") for name in ("get", "options", "head", "delete")]
        bodies = [getattr(session, name)(f"{base}/echo", data=b"raw") for name in ("post", "put", "patch")]
        return [await seen(await asked) for asked in (*plain, *bodies, session.request("PURGE", f"{base}/echo"))]


@corpus.add
async def without_a_context(base: str) -> object:
    session = ClientSession()
    try:
        response = await session.get(f"{base}/json")
        text = await response.text()
        response.release()
        return text, response.closed
    finally:
        await session.close()


@corpus.add
async def charsets(base: str) -> object:
    async with ClientSession() as session:
        texts = []
        for path in ("utf-8", "iso-8859-1", "cp1252", "shift_jis", "utf-16", "utf-8/undeclared"):
            async with session.get(f"{base}/text/{path}") as response:
                texts.append((await response.text(), await seen(response)))
        async with session.get(f"{base}/text/shift_jis/undeclared") as response:
            return texts, await response.text(encoding="shift_jis"), await response.text(errors="replace")


@corpus.add
async def fallback_charset(base: str) -> object:
    def resolve(response: aiohttp.ClientResponse, body: bytes) -> str:
        return "cp1252"

    url = f"{base}/text/cp1252/undeclared"
    async with ClientSession(fallback_charset_resolver=resolve) as session, session.get(url) as response:
        return await response.text(), response.get_encoding()


@corpus.add
async def content_codings(base: str) -> object:
    async with ClientSession() as session:
        urls = [f"{base}/compressed/{coding}" for coding in ("gzip", "deflate", "deflate-raw", "br")]
        return [await got(session, url + how) for url in urls for how in ("", "/chunked")]


@corpus.add
async def content_codings_left_alone(base: str) -> object:
    async with ClientSession(auto_decompress=False) as session:
        return await got(session, f"{base}/compressed/gzip"), await got(session, f"{base}/compressed/br/chunked")


@corpus.add
async def broken_compression(base: str) -> object:
    async with ClientSession() as session, session.get(f"{base}/broken-gzip") as response:
        return (await raised_async(response.read()))[0]


@corpus.add
async def read_in_pieces(base: str) -> object:
    async with ClientSession() as session, session.get(f"{base}/bytes/5000") as response:
        content = response.content
        pieces = [await content.readexactly(10), await content.readexactly(90)]
        rest = await content.read()
        return pieces, rest, await content.read(), content.at_eof(), content.total_bytes


@corpus.add
async def read_at_most(base: str) -> object:
    async with ClientSession() as session, session.get(f"{base}/bytes/5000") as response:
        joined = b""
        while piece := await response.content.read(512):
            assert len(piece) <= 512
            joined += piece
        return joined, await response.content.readany()


@corpus.add
async def iterated_in_chunks(base: str) -> object:
    async with ClientSession() as session:
        async with session.get(f"{base}/bytes/100000") as response:
            chunked = b"".join([chunk async for chunk in response.content.iter_chunked(1024)])
        async with session.get(f"{base}/chunked") as response:
            anything = b"".join([chunk async for chunk in response.content.iter_any()])
        async with session.get(f"{base}/bytes/3000") as response:
            pairs = b"".join([data async for data, _ in response.content.iter_chunks()])
        return chunked, anything, pairs


@corpus.add
async def read_too_much(base: str) -> object:
    async with ClientSession() as session, session.get(f"{base}/bytes/10") as response:
        try:
            await response.content.readexactly(11)
        except asyncio.IncompleteReadError as error:
            return error.partial, error.expected
    return None


@corpus.add
async def records_by_line(base: str) -> object:
    async with ClientSession() as session, session.get(f"{base}/lines") as response:
        first = json.loads(await response.content.readline())
        return first, [json.loads(line) async for line in response.content]


@corpus.add
async def read_until_a_separator(base: str) -> object:
    async with ClientSession() as session, session.get(f"{base}/chunked") as response:
        return await response.content.readuntil(b";"), await response.content.readuntil(b"chunk 3;")


@corpus.add
async def server_sent_events(base: str) -> object:
    events = []
    async with ClientSession(read_bufsize=2**10) as session:
        response = await session.post(f"{base}/sse", json={"stream": True}, headers={"Accept": "text/event-stream"})
        async with response:
            async for line in response.content:
                if line.startswith(b"data: {"):
                    events.append(json.loads(line[6:]))
    return events


@corpus.like(whole=False)
async def stopped_midway(base: str) -> object:
    async with ClientSession() as session:
        async with session.get(f"{base}/bytes/300000") as response:
            first = await response.content.readexactly(100)
        closed = await session.get(f"{base}/bytes/300000")
        closed.close()
        after = await raised_async(response.read()), response.closed, closed.closed
        return first, after, await got(session, f"{base}/json")


@corpus.add
async def upload_and_download_at_once(base: str) -> object:
    content = b"0123456789" * 20000
    async with ClientSession() as session:
        async with session.post(f"{base}/mirror", data=aslices(content, 8192)) as response:
            returned = b"".join([chunk async for chunk in response.content.iter_any()])
        return returned == content, response.request_info.headers.get("Transfer-Encoding")


@corpus.add
async def redirects(base: str) -> object:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        followed = await got(session, f"{base}/redirect/302/3")
        kept = await got(session, f"{base}/redirect/302/3", allow_redirects=False)
        jar = sorted((morsel.key, morsel.value) for morsel in session.cookie_jar)
        return followed, kept, jar


@corpus.add
async def redirect_codes_and_methods(base: str) -> object:
    async with ClientSession() as session:
        return [
            await posted(session, f"{base}/redirect/{code}/1", data=b"moved", headers={"X-Stays": "1"})
            for code in (301, 302, 303, 307, 308)
        ]


@corpus.add
async def relative_and_absolute_redirects(base: str) -> object:
    async with ClientSession() as session:
        relative = await got(session, f"{base}/relative/a/b#kept")
        return relative, await got(session, f"{base}/redirect/302", params={"to": f"{base}/json?x=1"})


@corpus.add
async def too_many_redirects(base: str) -> object:
    async with ClientSession() as session:
        try:
            await session.get(f"{base}/loop", max_redirects=3)
        except aiohttp.TooManyRedirects as error:
            return [str(step.url) for step in error.history], error.status
    return None


@corpus.add
async def login_with_cookies(base: str) -> object:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        refused = await posted(session, f"{base}/login", data={"user": "ada", "password": "guess"})
        account = await posted(session, f"{base}/login", data={"user": "ada", "password": "s3cret"})
        return refused, account, await got(session, f"{base}/account")


@corpus.add
async def cookie_attributes(base: str) -> object:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session, ClientSession() as careful:
        fancy = await got(session, f"{base}/cookies/fancy")
        await got(session, f"{base}/cookies/set?a=1&b=2")
        await got(session, f"{base}/cookies/delete?a=")
        await got(careful, f"{base}/cookies/fancy")
        jar = sorted((morsel.key, morsel.value, morsel["domain"], morsel["path"]) for morsel in session.cookie_jar)
        return fancy, jar, await got(session, f"{base}/cookies"), await got(careful, f"{base}/cookies")


@corpus.add
async def cookies_sent(base: str) -> object:
    plain = CookieJar(unsafe=True, quote_cookie=False)
    async with ClientSession(cookies={"mine": "a b", "n": "1"}) as session, ClientSession(cookie_jar=plain) as unquoted:
        unquoted.cookie_jar.update_cookies({"q": "x,y z"}, URL(base))
        filtered = session.cookie_jar.filter_cookies(URL(base))
        asked = [await got(session, f"{base}/cookies", cookies={"once": '"2"'}), await got(unquoted, f"{base}/cookies")]
        return asked, {name: morsel.value for name, morsel in filtered.items()}


@corpus.add
async def dummy_cookie_jar(base: str) -> object:
    async with ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        await got(session, f"{base}/cookies/set?a=1")
        return await got(session, f"{base}/cookies")


def _basic(user: str, password: str, encoding: str = "latin1") -> dict[str, Any]:
    """Options for HTTP basic authentication; `BasicAuth` gave way to `encode_basic_auth` in 3.14."""
    if hasattr(aiohttp, "encode_basic_auth"):
        return {"headers": {"Authorization": aiohttp.encode_basic_auth(user, password, encoding)}}
    return {"auth": aiohttp.BasicAuth(user, password, encoding)}


@corpus.add
async def basic_auth(base: str) -> object:
    async with ClientSession(**_basic("user", "pass")) as session, ClientSession() as plain:
        return [
            await got(session, f"{base}/basic"),
            await got(session, f"{base}/redirect/302", params={"to": "/basic"}),
            await got(plain, f"{base}/basic"),
            await got(plain, f"{base}/basic", **_basic("user", "wrong")),
            await got(plain, f"{base}/basic".replace("://", "://user:pass@")),
            await got(plain, f"{base}/basic/utf8", **_basic("user", "päss", "utf-8")),
        ]


@corpus.add
async def raise_for_status_of_a_session(base: str) -> object:
    async with ClientSession(raise_for_status=True) as session:
        try:
            await session.get(f"{base}/status/404")
        except aiohttp.ClientResponseError as error:
            lenient = await got(session, f"{base}/status/500", raise_for_status=False)
            headers = shown((error.headers or {}).items())
            return error.status, error.message, str(error.request_info.real_url), headers, lenient
    return None


@corpus.add
async def raise_for_status_by_a_function(base: str) -> object:
    async def check(response: aiohttp.ClientResponse) -> None:
        if response.status >= 500:
            raise RuntimeError(f"{response.status} {await response.text()}")

    async with ClientSession(raise_for_status=check) as session:
        return await got(session, f"{base}/status/404"), await raised_async(session.get(f"{base}/status/500"))


@corpus.add
async def status_codes(base: str) -> object:
    async with ClientSession() as session:
        answers = []
        for code in (200, 201, 400, 401, 403, 404, 418, 429, 500, 503, 599):
            async with session.get(f"{base}/status/{code}") as response:
                answers.append((await seen(response), raised(response.raise_for_status)))
        return answers


@corpus.add
async def base_url(base: str) -> object:
    async with ClientSession(base_url=base, headers={"X-Default": "d"}) as session:
        return await got(session, "/echo?x=1"), await posted(session, "/mirror", json=[1])


@corpus.add
async def query_parameters(base: str) -> object:
    async with ClientSession() as session:
        url = f"{base}/echo"
        return [
            await got(session, url, params={"q": "a b&c=d/é", "n": 1}),
            await got(session, url, params=[("a", "1"), ("a", "2")]),
            await got(session, f"{url}?x=%2F&y=+#frag"),
            await got(session, f"{url}/päth with space"),
            await got(session, URL(f"{url}?raw=%C3%A9%2f", encoded=True)),  # type: ignore[arg-type]
        ]


@corpus.add
async def request_headers(base: str) -> object:
    headers = CIMultiDict([("X-Many", "1"), ("x-many", "2"), ("User-Agent", "app/1.0")])
    async with ClientSession(headers=headers, skip_auto_headers={"Accept-Encoding"}) as session:
        own = await got(session, f"{base}/echo", headers={"X-Own": "é", "Accept": "text/x"})
        return own, await posted(session, f"{base}/echo", data=b"", skip_auto_headers=["Content-Type"])


@corpus.add
async def response_headers(base: str) -> object:
    async with ClientSession() as session:
        many, latin = await session.get(f"{base}/repeated"), await session.get(f"{base}/latin1-header")
        names = latin.headers["X-Name"].encode("utf-8", "surrogateescape")
        return many.headers.getall("X-Many"), many.headers.get("vary"), names, await seen(many), await seen(latin)


@corpus.add
async def bodies_of_all_kinds(base: str) -> object:
    with tempfile.TemporaryFile() as upload:
        upload.write(b"on disk" * 100)
        upload.seek(0)
        kinds: list[Any] = [b"bytes \xff", "text: é", io.BytesIO(b"a file" * 100), bytearray(b"array")]
        kinds += [io.StringIO("characters: é"), aslices(b"generated" * 100, 64), upload, None, b""]
        async with ClientSession() as session:
            return [await posted(session, f"{base}/mirror", data=kind) for kind in kinds]


@corpus.add
async def json_bodies(base: str) -> object:
    def serialize(value: Any) -> str:
        return json.dumps(value, default=sorted, separators=(",", ":"), ensure_ascii=False)

    async with ClientSession() as session, ClientSession(json_serialize=serialize) as own:
        values: list[object] = [{"é": [1, None]}, [], "s", 0]
        plain = [await posted(session, f"{base}/mirror", json=value) for value in values]
        vendor = {"Content-Type": "application/vnd.tests+json"}
        return plain, await posted(own, f"{base}/mirror", json={"at": {1, 2}, "é": 1}, headers=vendor)


@corpus.add
async def forms(base: str) -> object:
    form = FormData({"name": "Ünï"})
    form.add_field("amp", "a&b=c")
    async with ClientSession() as session:
        return [
            await posted(session, f"{base}/form", data={"name": "Ünï", "empty": ""}),
            await posted(session, f"{base}/form", data=[("a", "1"), ("a", "2")]),
            await posted(session, f"{base}/echo", data=form),
        ]


@corpus.add
async def multipart_forms(base: str) -> object:
    form = FormData()
    form.add_field("field", "välue")
    form.add_field("file", b"from bytes", filename="näme.txt", content_type="text/plain")
    form.add_field("file", io.BytesIO(b'{"n": 1}'), filename="data.json", content_type="application/json")
    with tempfile.TemporaryFile() as upload:
        upload.write(b"on disk" * 1000)
        upload.seek(0)
        async with ClientSession() as session:
            async with session.post(f"{base}/form", data=form) as mixed:
                fields = await mixed.json()
            async with session.post(f"{base}/form", data={"upload": upload}) as large:
                return fields, [part[3] for part in await large.json()]


@corpus.add
async def multipart_written_by_hand(base: str) -> object:
    with aiohttp.MultipartWriter("mixed", boundary="fixed") as writer:
        writer.append("text")
        writer.append_json({"n": 1})
        writer.append(b"bytes", CIMultiDict({"X-Part": "1"}))
    async with ClientSession() as session:
        return await posted(session, f"{base}/mirror", data=writer)


@corpus.add
async def multipart_read(base: str) -> object:
    body = b'--cut\r\nContent-Type: application/json\r\n\r\n{"n": 1}\r\n--cut\r\n\r\nplain\r\n--cut--\r\n'
    headers = {"Content-Type": "multipart/mixed; boundary=cut"}
    async with ClientSession() as session, session.post(f"{base}/mirror", data=body, headers=headers) as response:
        reader = aiohttp.MultipartReader.from_response(response)
        parts = []
        while (part := await reader.next()) is not None:
            assert isinstance(part, aiohttp.BodyPartReader)
            parts.append((dict(part.headers), await part.text()))
        return parts


@corpus.add
async def compressed_and_chunked_uploads(base: str) -> object:
    async with ClientSession() as session:
        return [
            await posted(session, f"{base}/mirror", data=b"deflate me " * 100, compress=True),
            await posted(session, f"{base}/mirror", data=b"chunk me " * 100, chunked=True),
        ]


@corpus.add
async def expecting_to_continue(base: str) -> object:
    async with ClientSession() as session:
        return await posted(session, f"{base}/mirror", data=b"wait for it", expect100=True)


@corpus.add
async def json_of_all_kinds(base: str) -> object:
    async with ClientSession() as session:

        async def parsed(path: str, **options: Any) -> object:
            async with session.get(f"{base}/{path}") as response:
                return await response.json(**options)

        lenient = [await parsed(path, content_type=None) for path in ("null", "json-as-text", "vendor-json", "empty")]
        strict = [await raised_async(parsed(path)) for path in ("json-as-text", "not-json", "json-bom", "untyped")]
        own = await parsed("json", loads=lambda text: json.loads(text, parse_float=str))
        return lenient, strict, own, await parsed("json-utf16", encoding="utf-16")


def _tracing(log: list[object]) -> aiohttp.TraceConfig:
    def context(trace_request_ctx: Any) -> Any:
        return trace_request_ctx

    config = aiohttp.TraceConfig(trace_config_ctx_factory=context)  # type: ignore[arg-type]

    def noting(name: str, *facts: str) -> Callable[..., Any]:
        async def note(session: ClientSession, context: Any, params: Any) -> None:
            log.append((name, context, *(str(getattr(params, fact)) for fact in facts)))

        return note

    config.on_request_start.append(noting("start", "method", "url"))
    config.on_request_headers_sent.append(noting("headers", "method", "url"))
    config.on_request_redirect.append(noting("redirect", "url"))
    config.on_request_end.append(noting("end", "url"))
    config.on_request_exception.append(noting("exception", "url"))
    return config


@corpus.add
async def traced_requests(base: str) -> object:
    log: list[object] = []
    async with ClientSession(trace_configs=[_tracing(log)]) as session:
        await got(session, f"{base}/redirect/302/2", trace_request_ctx=1)
        await posted(session, f"{base}/mirror", data=b"x", trace_request_ctx="two")
        await raised_async(session.get(f"{base}/status/500", raise_for_status=True, trace_request_ctx=3))
    return log


@corpus.add
async def traced_bytes_and_connections(base: str) -> object:
    log: list[str] = []
    chunks: dict[str, bytes] = {"sent": b"", "received": b""}
    config = aiohttp.TraceConfig()

    async def sent(session: ClientSession, context: SimpleNamespace, params: Any) -> None:
        chunks["sent"] += params.chunk

    async def received(session: ClientSession, context: SimpleNamespace, params: Any) -> None:
        chunks["received"] += params.chunk

    async def creating(session: ClientSession, context: SimpleNamespace, params: Any) -> None:
        log.append(type(params).__name__)

    config.on_request_chunk_sent.append(sent)
    config.on_response_chunk_received.append(received)
    config.on_connection_create_start.append(creating)
    config.on_connection_create_end.append(creating)
    async with ClientSession(trace_configs=[config]) as session:
        await posted(session, f"{base}/mirror", data=b"x" * 1000)
    return log, chunks


@corpus.add
async def response_subclass(base: str) -> object:
    class Page(aiohttp.ClientResponse):
        async def items(self) -> Any:
            return (await self.json())["items"]

    async with ClientSession(response_class=Page) as session, session.get(f"{base}/pages?page=2") as response:
        assert isinstance(response, Page)
        return await response.items(), {rel: str(link["url"]) for rel, link in response.links.items()}


@corpus.add
async def wrapped_session(base: str) -> object:
    class Api:
        def __init__(self) -> None:
            self.session = ClientSession(base, timeout=ClientTimeout(total=5))

        async def call(self, method: str, path: str, **options: Any) -> Any:
            for _ in range(5):
                async with self.session.request(method, path, **options) as response:
                    if response.status in (429, 503):
                        await asyncio.sleep(float(response.headers["Retry-After"]))
                        continue
                    response.raise_for_status()
                    return await response.json()

    api = Api()
    try:
        flaky = await api.call("GET", "/flaky/503/2"), await api.call("POST", "/flaky/429/1", json={"n": 1})
        return flaky, await raised_async(api.call("GET", "/status/500"))
    finally:
        await api.session.close()


@corpus.add
async def timeouts(base: str) -> object:
    patient = ClientTimeout(total=5, connect=2, sock_connect=2, sock_read=5)
    async with ClientSession(timeout=patient) as session:
        first = await got(session, f"{base}/json", timeout=ClientTimeout(total=None))
        async with asyncio.timeout(5):
            second = await got(session, f"{base}/json")
        return first, second, await asyncio.wait_for(got(session, f"{base}/json"), 5)


@corpus.add
async def connector_options(base: str) -> object:
    async with ClientSession(connector=TCPConnector(limit=1, force_close=True, ssl=False)) as session:
        first = await got(session, f"{base}/echo"), await got(session, f"{base}/close")
    connector = TCPConnector(limit_per_host=2, ttl_dns_cache=300)
    async with ClientSession(connector=connector, connector_owner=False) as session:
        second = await got(session, f"{base}/json")
    open_still = connector.closed
    await connector.close()
    return first, second, open_still


async def _built(base: str) -> ClientSession:
    return ClientSession(headers={"X-Built": "before"})


@corpus.like(prepare=_built)
async def session_built_before(base: str, session: ClientSession) -> object:
    async with session:
        return await got(session, f"{base}/echo"), await posted(session, f"{base}/mirror", data=b"x")


async def _warm(base: str) -> ClientSession:
    session = ClientSession()
    await got(session, f"{base}/json")
    return session


@corpus.like(prepare=_warm)
async def session_with_pooled_connection(base: str, session: ClientSession) -> object:
    async with session:
        return [await got(session, f"{base}/{path}") for path in ("json", "chunked", "nothing", "json")]


@corpus.like(concurrent=True)
async def gathered(base: str) -> object:
    async with ClientSession() as session:
        return await asyncio.gather(*(got(session, f"{base}/echo?n={number}") for number in range(10)))


@corpus.like(concurrent=True)
async def task_group_on_few_connections(base: str) -> object:
    results: dict[int, object] = {}

    async def fetch(session: ClientSession, number: int) -> None:
        results[number] = await posted(session, f"{base}/mirror?n={number}", json={"n": number})

    async with ClientSession(connector=TCPConnector(limit=2)) as session, asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(fetch(session, number))
    return sorted(results.items())


@corpus.add
def a_loop_of_its_own(base: str) -> object:
    async def main() -> object:
        async with ClientSession() as session:
            return await got(session, f"{base}/json")

    return asyncio.run(main()), asyncio.run(main())


@corpus.add
def a_loop_in_a_thread(base: str) -> object:
    results: list[object] = []

    async def main() -> None:
        async with ClientSession() as session:
            results.append(await got(session, f"{base}/json"))

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    thread.join()
    return results


@corpus.like(keeps=["content-length"])
async def lengths(base: str) -> object:
    async with ClientSession() as session:
        head, big = await session.head(f"{base}/bytes/1234"), await session.get(f"{base}/big")
        async with head, big:
            received = 0
            async for chunk in big.content.iter_chunked(2**16):
                received += len(chunk)
            return head.headers["Content-Length"], head.content_length, big.content_length, received


@corpus.add
async def empty_conditional_and_partial(base: str) -> object:
    async with ClientSession() as session:
        asked = [await got(session, f"{base}/{path}") for path in ("empty", "nothing", "untyped", "close", "etag")]
        asked.append(await got(session, f"{base}/etag", headers={"If-None-Match": '"v1"'}))
        for span in ("9-19", "5000-"):
            asked.append(await got(session, f"{base}/bytes/1000", headers={"Range": f"bytes={span}"}))
        return asked


@corpus.add
async def reason_phrases(base: str) -> object:
    async with ClientSession() as session:
        return [await got(session, f"{base}/{path}") for path in ("reason", "no-reason")]


@corpus.add
async def older_protocol(base: str) -> object:
    async with ClientSession(version=aiohttp.HttpVersion10) as session:
        return await got(session, f"{base}/json"), await posted(session, f"{base}/mirror", data=b"x")


@corpus.add
async def pagination_by_links(base: str) -> object:
    items: list[int] = []
    async with ClientSession() as session:
        url: Any = URL(f"{base}/pages")
        while url:
            async with session.get(url) as response:
                items += (await response.json())["items"]
                url = response.links["next"]["url"] if "next" in response.links else None
    return items


@corpus.add
async def through_a_proxy(base: str) -> object:
    async with ClientSession(headers={"X-Own": "1"}) as session:
        first = await got(session, "http://elsewhere.test/json", proxy=base)
        return first, await posted(session, "http://elsewhere.test/echo?x=1", data=b"x", proxy=URL(base))


@corpus.add
async def body_that_fails(base: str) -> object:
    async def body() -> AsyncIterator[bytes]:
        yield b"some of it"
        raise KeyError("the rest")

    async with ClientSession() as session:
        failed = await raised_async(session.post(f"{base}/mirror", data=body()))
        return failed[:1], await got(session, f"{base}/json")


@corpus.add
async def own_resolver(base: str) -> object:
    class Resolver(AbstractResolver):
        async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> Any:
            facts = {"hostname": host, "host": "127.0.0.1", "port": port, "family": family, "proto": 0, "flags": 0}
            return [facts]

        async def close(self) -> None:
            pass

    url = f"{base}/json".replace("127.0.0.1", "localhost")
    connector = TCPConnector(resolver=Resolver(), family=socket.AF_INET, local_addr=("127.0.0.1", 0))
    async with ClientSession(connector=connector) as session:
        return (await got(session, url))["body"]


@corpus.add
async def over_a_unix_socket(base: str) -> object:
    async with ClientSession(connector=aiohttp.UnixConnector(unix_path(base))) as session:
        first = await got(session, "http://localhost/json")
        return first, await posted(session, "http://docker/echo?x=1", json=[1])


@corpus.add
async def closed_session(base: str) -> object:
    session = ClientSession()
    first = await got(session, f"{base}/json")
    await session.close()
    return first, session.closed, await raised_async(session.get(f"{base}/json"))


if hasattr(aiohttp, "ClientMiddlewareType"):  # 3.12

    @corpus.add
    async def middlewares(base: str) -> object:
        log: list[object] = []

        async def retrying(request: Any, handler: Any) -> Any:
            while True:
                response = await handler(request)
                log.append(response.status)
                if response.status != 503:
                    return response
                await response.read()

        async def stamping(request: Any, handler: Any) -> Any:
            request.headers["X-Stamp"] = str(len(log))
            return await handler(request)

        async with ClientSession(middlewares=(retrying, stamping)) as session:
            return await got(session, f"{base}/flaky/503/2"), await got(session, f"{base}/echo"), log

    @corpus.add
    async def digest_auth(base: str) -> object:
        digest = aiohttp.DigestAuthMiddleware("user", "pass")
        async with ClientSession(middlewares=(digest,)) as session:
            answers = []
            for algorithm in ("MD5", "SHA-256"):
                async with session.post(f"{base}/digest/{algorithm}?q=1", data=b"body") as response:
                    answers.append((response.status, await response.text()))
            return answers


if importlib.util.find_spec("uvloop"):

    @corpus.add
    def on_uvloop(base: str) -> object:
        import uvloop

        async def main() -> object:
            async with ClientSession() as session:
                uploaded = await posted(session, f"{base}/mirror", data=aslices(b"0123456789" * 5000, 4096))
                return (
                    uploaded,
                    await got(session, f"{base}/compressed/gzip/chunked"),
                    await got(session, f"{base}/close"),
                )

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(main())
