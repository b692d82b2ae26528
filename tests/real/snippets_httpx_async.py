"""How applications use httpx and httpx2 with asyncio. Each snippet gets the module that it is to use."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from types import ModuleType
from typing import Any

from .corpus import Corpus, raised, raised_async, slices
from .server import unix_path
from .snippets_httpx import seen

corpus = Corpus()


async def aslices(content: bytes, size: int) -> AsyncIterator[bytes]:
    """The pieces of the content, each after a turn of the event loop."""
    for piece in slices(content, size):
        await asyncio.sleep(0)
        yield piece


@corpus.add
async def get_json(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client:
        response = await client.get(f"{base}/json")
    return seen(response), response.json()


@corpus.add
async def every_method(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient(base_url=base) as client:
        plain = [await getattr(client, name)(f"/echo?{name}") for name in ("get", "options", "head", "delete")]
        bodies = [await getattr(client, name)("/echo", json={"n": 1}) for name in ("post", "put", "patch")]
        return [seen(response) for response in (*plain, *bodies, await client.request("REPORT", "/echo"))]


@corpus.add
async def declared_charsets(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client:
        charsets = ("utf-8", "iso-8859-1", "cp1252", "euc-jp", "utf-16")
        return [seen(await client.get(f"{base}/text/{charset}")) for charset in charsets]


@corpus.add
async def undeclared_charset(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient(default_encoding="cp1252") as client:
        response = await client.get(f"{base}/text/cp1252/undeclared")
        return seen(response)


@corpus.add
async def content_codings(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client:
        urls = [f"{base}/compressed/{coding}" for coding in ("gzip", "deflate", "deflate-raw", "br")]
        return [seen(await client.get(url + how)) for url in urls for how in ("", "/chunked")]


@corpus.add
async def broken_compression(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client:
        return await raised_async(client.get(f"{base}/broken-gzip"))


@corpus.add
async def raw_bytes_stay_compressed(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client, client.stream("GET", f"{base}/compressed/br") as response:
        raw = b"".join([chunk async for chunk in response.aiter_raw(64)])
        return raw, response.num_bytes_downloaded, response.is_stream_consumed


@corpus.add
async def bytes_in_chunks(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client, client.stream("GET", f"{base}/bytes/100000") as response:
        chunks = [chunk async for chunk in response.aiter_bytes(chunk_size=9999)]
    return [len(chunk) for chunk in chunks], b"".join(chunks), response.is_closed


@corpus.add
async def text_in_chunks(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client, client.stream("GET", f"{base}/text/utf-8") as response:
        return [chunk async for chunk in response.aiter_text(chunk_size=5)]


@corpus.add
async def records_by_line(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client, client.stream("GET", f"{base}/lines") as response:
        return [json.loads(line) async for line in response.aiter_lines()]


@corpus.add
async def server_sent_events(httpx: ModuleType, base: str) -> object:
    events = []
    async with (
        httpx.AsyncClient() as client,
        client.stream("POST", f"{base}/sse", json={"stream": True}) as response,
    ):
        async for line in response.aiter_lines():
            if line.startswith("data: ") and line != "data: [DONE]":
                events.append(json.loads(line[6:]))
    return events, response.headers["content-type"]


@corpus.add
async def reading_before_reading(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client, client.stream("GET", f"{base}/json") as response:
        early = raised(lambda: response.content), raised(lambda: response.elapsed), raised(response.read)
        body = await response.aread()
    return early, body, response.elapsed.total_seconds() >= 0


@corpus.like(whole=False)
async def stopped_midway(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client:
        async with client.stream("GET", f"{base}/bytes/300000") as response:
            first = await anext(response.aiter_bytes(1000))
        after = await raised_async(response.aread()), response.is_closed
        return first, after, (await client.get(f"{base}/json")).json()


@corpus.add
async def upload_and_download_at_once(httpx: ModuleType, base: str) -> object:
    content = b"0123456789" * 20000
    async with httpx.AsyncClient() as client:
        upload = client.stream("POST", f"{base}/mirror", content=aslices(content, 8192))
        async with upload as response:
            returned = b"".join([chunk async for chunk in response.aiter_bytes()])
    return returned == content, response.request.headers.get("transfer-encoding")


@corpus.add
async def followed_redirects(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient(follow_redirects=True) as client:
        response = await client.get(f"{base}/redirect/302/3")
        return seen(response), sorted(client.cookies.items()), [seen(step) for step in response.history]


@corpus.add
async def redirect_codes_and_methods(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient(follow_redirects=True) as client:
        return [
            seen(await client.post(f"{base}/redirect/{code}/1", json={"moved": code}))
            for code in (301, 302, 303, 307, 308)
        ]


@corpus.add
async def redirect_by_hand(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client:
        first = await client.get(f"{base}/redirect/301/1")
        return seen(first), seen(await client.send(first.next_request))


@corpus.add
async def redirected_stream_cannot_be_sent_twice(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient(follow_redirects=True) as client:
        return await raised_async(client.post(f"{base}/redirect/307/1", content=aslices(b"once", 2)))


@corpus.add
async def too_many_redirects(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient(max_redirects=2, follow_redirects=True) as client:
        return await raised_async(client.get(f"{base}/loop"))


@corpus.add
async def login_with_cookies(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient(base_url=base, follow_redirects=True) as client:
        account = await client.post("/login", data={"user": "ada", "password": "s3cret"})
        return seen(account), seen(await client.get("/account")), dict(client.cookies)


@corpus.add
async def cookie_attributes(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient(cookies=[("mine", "1")]) as client:
        await client.get(f"{base}/cookies/fancy")
        await client.get(f"{base}/cookies/delete?flags=")
        kept = sorted((cookie.name, cookie.value, cookie.domain, cookie.path) for cookie in client.cookies.jar)
        return kept, (await client.get(f"{base}/cookies")).json()


@corpus.add
async def basic_auth(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient(auth=("user", "pass")) as client:
        asked = await client.get(f"{base}/basic"), await client.get(f"{base}/basic", auth=None)
        return [seen(response) for response in asked]


@corpus.add
async def digest_auth(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient(auth=httpx.DigestAuth("user", "pass")) as client:
        asked = [
            await client.get(f"{base}/digest/MD5?q=1"),
            await client.post(f"{base}/digest/SHA-256", content=b"with a body"),
        ]
    return [(each.status_code, each.text, [step.status_code for step in each.history]) for each in asked]


@corpus.add
async def token_auth_flow(httpx: ModuleType, base: str) -> object:
    class Token(httpx.Auth):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            self.token = ""
            self.lock = asyncio.Lock()

        async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
            async with self.lock:
                if not self.token:
                    fresh = yield httpx.Request("POST", f"{base}/token", data={"grant_type": "refresh_token"})
                    await fresh.aread()
                    self.token = fresh.json()["access_token"]
            request.headers["Authorization"] = f"Bearer {self.token}"
            yield request

    async with httpx.AsyncClient(auth=Token()) as client:
        return [(await client.get(f"{base}/bearer?{turn}")).json() for turn in range(2)]


@corpus.add
async def event_hooks(httpx: ModuleType, base: str) -> object:
    log: list[object] = []

    async def asked(request: Any) -> None:
        request.headers["X-Trace"] = str(len(log))
        log.append((request.method, request.url.path))

    async def answered(response: Any) -> None:
        await response.aread()
        log.append((response.status_code, response.text))

    async def strict(response: Any) -> None:
        response.raise_for_status()

    hooks = {"request": [asked], "response": [answered, strict]}
    async with httpx.AsyncClient(event_hooks=hooks) as client:
        response = await client.get(f"{base}/echo")
        return seen(response), await raised_async(client.get(f"{base}/status/502")), log


@corpus.add
async def forms_and_multipart(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient(base_url=base) as client:
        plain = await client.post("/form", data={"name": "Ünï", "many": ["1", "2"]})
        files = {"upload": ("näme.txt", io.BytesIO(b"from a file" * 500), "text/plain")}
        mixed = await client.post("/form", data={"field": "välue"}, files=files)
    return plain.json(), mixed.json()


@corpus.add
async def bodies_of_all_kinds(httpx: ModuleType, base: str) -> object:
    kinds: list[Callable[[], object]] = [
        lambda: b"bytes \xff\x00",
        lambda: "text: é",
        lambda: aslices(b"generated" * 100, 64),
    ]
    async with httpx.AsyncClient() as client:
        responses = [await client.post(f"{base}/mirror", content=kind()) for kind in kinds]
        values: list[object] = [{"é": None}, [], "s"]
        responses += [await client.put(f"{base}/mirror", json=value) for value in values]
    return [seen(response) for response in responses]


@corpus.add
async def query_and_headers(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient(params={"key": "api"}, headers={"X-Default": "d", "User-Agent": "app/2"}) as client:
        asked = [
            await client.get(f"{base}/echo", params={"q": "a b&c=d/é", "many": [1, 2]}),
            await client.get(f"{base}/echo?x=%2F#fragment", headers=[("X-Many", "1"), ("X-Many", "2")]),
        ]
        return [response.json() for response in asked]


@corpus.add
async def response_headers(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client:
        return [seen(await client.get(f"{base}/{path}")) for path in ("repeated", "latin1-header", "reason")]


@corpus.add
async def status_codes(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client:
        responses = [await client.get(f"{base}/status/{code}") for code in (201, 400, 404, 422, 429, 500, 504)]
    return [(seen(response), raised(response.raise_for_status)) for response in responses]


@corpus.add
async def timeouts_and_limits(httpx: ModuleType, base: str) -> object:
    timeout = httpx.Timeout(5.0, connect=2.0)
    async with httpx.AsyncClient(timeout=timeout, limits=httpx.Limits(max_connections=1)) as client:
        async with asyncio.timeout(5):
            response = await client.get(f"{base}/json", timeout=httpx.Timeout(None))
        waited = await asyncio.wait_for(client.get(f"{base}/json"), 5)
    return response.request.extensions["timeout"], waited.request.extensions["timeout"]


@corpus.like(whole=False)
async def transport_around_a_transport(httpx: ModuleType, base: str) -> object:
    log: list[object] = []

    class Retrying(httpx.AsyncBaseTransport):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            self.inner = httpx.AsyncHTTPTransport(retries=1)

        async def handle_async_request(self, request: Any) -> Any:
            while True:
                response = await self.inner.handle_async_request(request)
                log.append(response.status_code)
                if response.status_code != 503:
                    return response
                await response.aclose()

        async def aclose(self) -> None:
            await self.inner.aclose()

    async with httpx.AsyncClient(transport=Retrying()) as client:
        return seen(await client.get(f"{base}/flaky/503/2")), log


@corpus.add
async def transport_subclass(httpx: ModuleType, base: str) -> object:
    class Stamping(httpx.AsyncHTTPTransport):  # type: ignore[misc, name-defined]
        async def handle_async_request(self, request: Any) -> Any:
            request.headers["X-Stamp"] = "1"
            return await super().handle_async_request(request)

    async with httpx.AsyncClient(transport=Stamping()) as client:
        return seen(await client.get(f"{base}/echo"))


@corpus.add
async def mounted_transports(httpx: ModuleType, base: str) -> object:
    async def answer(request: Any) -> Any:
        return httpx.Response(200, json={"path": request.url.path})

    mounts = {"all://127.0.0.1": httpx.AsyncHTTPTransport(), "all://mock.test": httpx.MockTransport(answer)}
    async with httpx.AsyncClient(mounts=mounts) as client:
        return seen(await client.get(f"{base}/json")), (await client.get("http://mock.test/in-process")).json()


@corpus.add
async def asgi_application_stays_itself(httpx: ModuleType, base: str) -> object:
    async def application(scope: Any, receive: Callable[..., Any], send: Callable[..., Awaitable[None]]) -> None:
        async with httpx.AsyncClient() as upstream:
            fetched = await upstream.get(f"{base}/json")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": f"{scope['path']} {fetched.status_code}".encode()})

    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as client:
        return (await client.get("/page")).text


@corpus.add
async def client_subclass(httpx: ModuleType, base: str) -> object:
    class Api(httpx.AsyncClient):  # type: ignore[misc, name-defined]
        async def request(self, method: str, url: Any, **kwargs: Any) -> Any:
            response = await super().request(method, url, **kwargs)
            response.raise_for_status()
            return response

    async with Api(base_url=base, headers={"X-Api-Key": "k"}) as api:
        return seen(await api.get("/echo", params={"item": 5})), await raised_async(api.get("/status/500"))


@corpus.add
async def built_and_sent(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client:
        request = client.build_request("POST", f"{base}/mirror", json={"n": 1})
        response = await client.send(request, stream=True)
        try:
            body = b"".join([chunk async for chunk in response.aiter_bytes()])
        finally:
            await response.aclose()
        return body, response.is_closed, response.headers["content-type"]


async def _built(httpx: ModuleType, base: str) -> Any:
    return httpx.AsyncClient(base_url=base, headers={"X-Built": "before"})


@corpus.like(prepare=_built)
async def client_built_before(httpx: ModuleType, base: str, client: Any) -> object:
    async with client:
        return [seen(await client.get("/echo")), seen(await client.post("/mirror", content=b"x"))]


async def _warm(httpx: ModuleType, base: str) -> Any:
    client = httpx.AsyncClient(base_url=base)
    await client.get("/json")
    return client


@corpus.like(prepare=_warm)
async def client_with_pooled_connection(httpx: ModuleType, base: str, client: Any) -> object:
    try:
        return [seen(await client.get(path)) for path in ("/json", "/chunked", "/nothing")]
    finally:
        await client.aclose()


@corpus.like(concurrent=True)
async def gathered(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient(base_url=base) as client:
        return [seen(each) for each in await asyncio.gather(*(client.get(f"/echo?n={n}") for n in range(10)))]


@corpus.like(concurrent=True)
async def task_group_with_a_semaphore(httpx: ModuleType, base: str) -> object:
    results: dict[int, object] = {}
    gate = asyncio.Semaphore(3)

    async def fetch(client: Any, number: int) -> None:
        async with gate:
            response = await client.post(f"{base}/mirror?n={number}", json={"n": number})
            results[number] = response.json()

    async with httpx.AsyncClient() as client, asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(fetch(client, number))
    return sorted(results.items())


@corpus.like(concurrent=True)
async def blocking_client_in_threads(httpx: ModuleType, base: str) -> object:
    loop = asyncio.get_running_loop()
    with httpx.Client() as client:
        first = [asyncio.to_thread(client.get, f"{base}/echo?thread={n}") for n in range(3)]
        second = [loop.run_in_executor(None, client.get, f"{base}/echo?executor={n}") for n in range(3)]
        return [seen(response) for response in await asyncio.gather(*first, *second)]


@corpus.like(keeps=["content-length"])
async def download_with_progress(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client, client.stream("GET", f"{base}/big") as response:
        received = 0
        async for chunk in response.aiter_bytes():
            received += len(chunk)
    return response.headers["content-length"], received


@corpus.add
async def empty_conditional_and_partial(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client:
        asked = [await client.get(f"{base}/{path}") for path in ("empty", "nothing", "untyped", "close", "etag")]
        asked.append(await client.get(f"{base}/etag", headers={"If-None-Match": '"v1"'}))
        asked.append(await client.get(f"{base}/bytes/1000", headers={"Range": "bytes=10-19"}))
        return [seen(response) for response in asked]


@corpus.add
async def json_of_all_kinds(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client:
        paths = ("null", "json-bom", "json-utf16", "json-as-text", "vendor-json")
        values = [(await client.get(f"{base}/{path}")).json() for path in paths]
        return values, raised((await client.get(f"{base}/not-json")).json)


@corpus.add
async def pagination_as_an_async_generator(httpx: ModuleType, base: str) -> object:
    async def items(client: Any) -> AsyncIterator[int]:
        url = f"{base}/pages"
        while url:
            response = await client.get(url)
            for item in response.json()["items"]:
                yield item
            following = response.links.get("next")
            url = str(response.url.join(following["url"])) if following else ""

    async with httpx.AsyncClient() as client:
        return [item async for item in items(client)]


@corpus.add
async def retry_with_backoff(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient() as client:
        for attempt in range(5):
            try:
                response = await client.get(f"{base}/flaky/503/2")
                response.raise_for_status()
                return attempt, seen(response)
            except httpx.HTTPStatusError as error:
                await asyncio.sleep(float(error.response.headers["retry-after"]))
    return None


@corpus.add
async def body_that_fails(httpx: ModuleType, base: str) -> object:
    async def body() -> AsyncIterator[bytes]:
        yield b"some of it"
        raise KeyError("the rest")

    async with httpx.AsyncClient() as client:
        failed = await raised_async(client.post(f"{base}/mirror", content=body()))
        return failed, seen(await client.get(f"{base}/json"))


@corpus.add
async def over_a_unix_socket(httpx: ModuleType, base: str) -> object:
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=unix_path(base))) as client:
        first = await client.get("http://localhost/json")
        return seen(first), seen(await client.post("http://docker/echo?x=1", json=[1]))


@corpus.add
async def closed_client(httpx: ModuleType, base: str) -> object:
    client = httpx.AsyncClient()
    first = (await client.get(f"{base}/json")).status_code
    await client.aclose()
    return first, client.is_closed, await raised_async(client.get(f"{base}/json"))


if importlib.util.find_spec("uvloop"):

    @corpus.add
    def on_uvloop(httpx: ModuleType, base: str) -> object:
        import uvloop

        async def main() -> object:
            async with httpx.AsyncClient() as client:
                content = aslices(b"0123456789" * 5000, 4096)
                uploaded = await client.post(f"{base}/mirror", content=content)
                return seen(uploaded), seen(await client.get(f"{base}/compressed/gzip/chunked"))

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(main())
