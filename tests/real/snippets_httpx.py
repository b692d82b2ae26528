"""How applications use httpx and httpx2, synchronously. Each snippet gets the module that it is to use."""

from __future__ import annotations

import importlib.util
import inspect
import io
import json
import pickle
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from .corpus import Corpus, raised, shown, slices
from .server import unix_path

corpus = Corpus()


def seen(response: Any) -> dict[str, object]:
    """All that an application can see of a response that it has read."""
    return {
        "status": (response.status_code, response.reason_phrase, response.http_version),
        "kind": [
            response.is_success,
            response.is_redirect,
            response.is_client_error,
            response.is_server_error,
        ],
        "headers": shown(response.headers.multi_items()),
        "url": str(response.url),
        "encoding": (response.encoding, response.charset_encoding),
        "body": (response.content, response.text),
        "cookies": sorted((cookie.name, cookie.value, cookie.path) for cookie in response.cookies.jar),
        "elapsed": response.elapsed.total_seconds() >= 0,
        "downloaded": response.num_bytes_downloaded,
        "state": (response.is_closed, response.is_stream_consumed),
        "request": (
            response.request.method,
            str(response.request.url),
            shown(response.request.headers.items()),
        ),
        "history": [(step.status_code, str(step.url), step.headers.get("location")) for step in response.history],
    }


@corpus.add
def get_json(httpx: ModuleType, base: str) -> object:
    response = httpx.get(f"{base}/json")
    return seen(response), response.json(), response.raise_for_status() is not None


@corpus.add
def module_functions(httpx: ModuleType, base: str) -> object:
    plain = [getattr(httpx, name)(f"{base}/echo?{name}") for name in ("get", "options", "head", "delete")]
    bodies = [getattr(httpx, name)(f"{base}/echo?{name}", json={"n": 1}) for name in ("post", "put", "patch")]
    purge = httpx.request("PURGE", f"{base}/echo", headers={"X-Cache": "all"})
    with httpx.stream("GET", f"{base}/chunked") as streamed:
        streamed.read()
    return [seen(response) for response in (*plain, *bodies, purge, streamed)]


@corpus.add
def declared_charsets(httpx: ModuleType, base: str) -> object:
    charsets = ("utf-8", "iso-8859-1", "cp1252", "shift_jis", "utf-16")
    with httpx.Client() as client:
        return [seen(client.get(f"{base}/text/{charset}")) for charset in charsets]


@corpus.add
def undeclared_charsets(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as plain, httpx.Client(default_encoding="cp1252") as fixed:
        chosen = httpx.Client(default_encoding=lambda content: "latin-1")
        with chosen:
            return [seen(client.get(f"{base}/text/cp1252/undeclared")) for client in (plain, fixed, chosen)]


@corpus.add
def encoding_set_by_hand(httpx: ModuleType, base: str) -> object:
    response = httpx.get(f"{base}/text/shift_jis/undeclared")
    response.encoding = "shift_jis"
    late = raised(setattr, response, "encoding", "utf-8")
    return response.text, response.encoding, raised(lambda: response.text) or late


@corpus.add
def content_codings(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client:
        urls = [f"{base}/compressed/{coding}" for coding in ("gzip", "deflate", "deflate-raw", "br")]
        return [seen(client.get(url + how)) for url in urls for how in ("", "/chunked")]


@corpus.add
def raw_bytes_stay_compressed(httpx: ModuleType, base: str) -> object:
    with httpx.stream("GET", f"{base}/compressed/gzip") as response:
        raw = b"".join(response.iter_raw())
        consumed = raised(lambda: b"".join(response.iter_raw()))
    return raw, consumed, response.num_bytes_downloaded, response.is_stream_consumed


@corpus.add
def broken_compression(httpx: ModuleType, base: str) -> object:
    return raised(httpx.get, f"{base}/broken-gzip")


@corpus.add
def bytes_in_chunks(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client, client.stream("GET", f"{base}/bytes/100000") as response:
        before = response.is_stream_consumed, response.is_closed
        chunks = list(response.iter_bytes(chunk_size=4096))
    return before, [len(chunk) for chunk in chunks], b"".join(chunks), response.is_closed


@corpus.add
def text_in_chunks(httpx: ModuleType, base: str) -> object:
    with httpx.stream("GET", f"{base}/text/utf-8") as response:
        return list(response.iter_text(chunk_size=7)), response.encoding


@corpus.add
def records_by_line(httpx: ModuleType, base: str) -> object:
    with httpx.stream("GET", f"{base}/lines") as response:
        return [json.loads(line) for line in response.iter_lines()], response.headers["content-type"]


@corpus.add
def server_sent_events(httpx: ModuleType, base: str) -> object:
    events = []
    with (
        httpx.Client(headers={"Accept": "text/event-stream"}) as client,
        client.stream("GET", f"{base}/sse") as response,
    ):
        for line in response.iter_lines():
            if line == "data: [DONE]":
                break
            if line.startswith("data: "):
                events.append(json.loads(line[6:]))
    return events, response.is_closed


@corpus.add
def reading_before_reading(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client, client.stream("GET", f"{base}/json") as response:
        early = raised(lambda: response.text), raised(lambda: response.elapsed)
        body = response.read()
    return early, body, response.json(), response.elapsed.total_seconds() >= 0


@corpus.like(whole=False)
def stopped_midway(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client:
        with client.stream("GET", f"{base}/bytes/300000") as response:
            first = next(response.iter_bytes(1000))
        after = raised(response.read), raised(lambda: next(response.iter_raw())), response.is_closed
        return first, after, client.get(f"{base}/json").json()


@corpus.add
def upload_and_download_at_once(httpx: ModuleType, base: str) -> object:
    content = b"0123456789" * 20000
    with (
        httpx.Client() as client,
        client.stream("POST", f"{base}/mirror", content=slices(content, 8192)) as response,
    ):
        return b"".join(response.iter_bytes()) == content, response.request.headers.get("transfer-encoding")


@corpus.add
def followed_redirects(httpx: ModuleType, base: str) -> object:
    with httpx.Client(follow_redirects=True) as client:
        response = client.get(f"{base}/redirect/302/3")
        return seen(response), sorted(client.cookies.items()), [seen(step) for step in response.history]


@corpus.add
def redirect_codes_and_methods(httpx: ModuleType, base: str) -> object:
    with httpx.Client(follow_redirects=True) as client:
        return [
            seen(client.request(method, f"{base}/redirect/{code}/1", content=b"moved", headers={"X-Stays": "1"}))
            for code in (301, 302, 303, 307, 308)
            for method in ("POST", "PUT")
        ]


@corpus.add
def redirect_by_hand(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client:
        first = client.get(f"{base}/redirect/301/1")
        assert first.has_redirect_location
        return seen(first), seen(client.send(first.next_request))


@corpus.add
def too_many_redirects(httpx: ModuleType, base: str) -> object:
    with httpx.Client(max_redirects=3, follow_redirects=True) as client:
        return raised(client.get, f"{base}/loop")


@corpus.add
def relative_and_absolute_redirects(httpx: ModuleType, base: str) -> object:
    relative = httpx.get(f"{base}/relative/a/b#kept", follow_redirects=True)
    absolute = httpx.get(f"{base}/redirect/302", params={"to": f"{base}/json?x=1"}, follow_redirects=True)
    return seen(relative), seen(absolute)


@corpus.add
def redirect_strips_nothing_on_same_host(httpx: ModuleType, base: str) -> object:
    response = httpx.get(f"{base}/redirect/302/2", auth=("user", "pass"), follow_redirects=True)
    return dict(response.json()["headers"]).get("Authorization"), len(response.history)


@corpus.add
def login_with_cookies(httpx: ModuleType, base: str) -> object:
    with httpx.Client(base_url=base, follow_redirects=True) as client:
        refused = client.post("/login", data={"user": "ada", "password": "guess"})
        account = client.post("/login", data={"user": "ada", "password": "s3cret"})
        again = client.get("/account")
        return [seen(response) for response in (refused, account, again)], dict(client.cookies)


@corpus.add
def cookie_attributes(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client:
        client.get(f"{base}/cookies/fancy")
        kept = sorted(
            (cookie.name, cookie.value, cookie.domain, cookie.path, cookie.secure, cookie.expires is None)
            for cookie in client.cookies.jar
        )
        return kept, client.get(f"{base}/cookies").json(), client.get(f"{base}/echo").json()["headers"]


@corpus.add
def cookies_set_and_deleted(httpx: ModuleType, base: str) -> object:
    with httpx.Client(cookies={"mine": "1"}) as client:
        client.get(f"{base}/cookies/set", params={"a": "1", "b": "2"})
        client.get(f"{base}/cookies/delete?a=")
        client.cookies.set("host", "3", domain="127.0.0.1")
        return client.get(f"{base}/cookies").json(), sorted(client.cookies.items())


@corpus.add
def basic_auth(httpx: ModuleType, base: str) -> object:
    with httpx.Client(auth=("user", "pass")) as client:
        host = urlsplit(base).netloc
        return [
            seen(client.get(f"{base}/basic")),
            seen(client.get(f"{base}/basic", auth=("user", "wrong"))),
            seen(client.get(f"{base}/basic", auth=None)),
            seen(httpx.get(f"http://user:pass@{host}/basic")),
            seen(httpx.get(f"{base}/basic/utf8", auth=httpx.BasicAuth("user", "päss"))),
        ]


@corpus.add
def digest_auth(httpx: ModuleType, base: str) -> object:
    auth = httpx.DigestAuth("user", "pass")
    with httpx.Client(auth=auth) as client:
        first = client.get(f"{base}/digest/MD5?q=1")
        second = client.post(f"{base}/digest/MD5", content=b"with a body")
        strong = httpx.put(f"{base}/digest/SHA-256", auth=httpx.DigestAuth("user", "pass"), json={"n": 1})
        wrong = httpx.get(f"{base}/digest/MD5", auth=httpx.DigestAuth("user", "no"))
    responses = (first, second, strong, wrong)
    return [(each.status_code, each.text, [step.status_code for step in each.history]) for each in responses]


@corpus.add
def token_auth_flow(httpx: ModuleType, base: str) -> object:
    class Token(httpx.Auth):  # type: ignore[misc, name-defined]
        requires_response_body = True

        def __init__(self) -> None:
            self.token = "expired"
            self.lock = threading.Lock()

        def auth_flow(self, request: Any) -> Generator[Any, Any, None]:
            request.headers["Authorization"] = f"Bearer {self.token}"
            response = yield request
            if response.status_code == 401 and response.json()["error"] == "invalid_token":
                fresh = yield httpx.Request("POST", f"{base}/token", data={"grant_type": "client_credentials"})
                self.token = fresh.json()["access_token"]
                request.headers["Authorization"] = f"Bearer {self.token}"
                yield request

    with httpx.Client(auth=Token()) as client:
        return [client.get(f"{base}/bearer?{turn}").json() for turn in range(2)]


@corpus.add
def callable_and_netrc_auth(httpx: ModuleType, base: str) -> object:
    def sign(request: Any) -> Any:
        request.headers["X-Signature"] = f"{request.method}:{request.url.path}"
        return request

    with tempfile.TemporaryDirectory() as folder:
        netrc = Path(folder, "netrc")
        netrc.write_text("machine 127.0.0.1 login user password pass\n")
        known = httpx.get(f"{base}/basic", auth=httpx.NetRCAuth(str(netrc)))
    return httpx.post(f"{base}/echo", auth=sign, json=[1]).json(), seen(known)


@corpus.add
def event_hooks(httpx: ModuleType, base: str) -> object:
    log: list[object] = []

    def asked(request: Any) -> None:
        request.headers["X-Trace"] = str(len(log))
        log.append((request.method, request.url.path))

    def answered(response: Any) -> None:
        response.read()
        log.append((response.status_code, response.text))

    with httpx.Client(event_hooks={"request": [asked], "response": [answered]}, follow_redirects=True) as client:
        response = client.get(f"{base}/redirect/307/2")
        client.event_hooks["response"].append(lambda response: response.raise_for_status())
        failed = raised(client.get, f"{base}/status/503")
    return log, seen(response), failed


@corpus.add
def urlencoded_forms(httpx: ModuleType, base: str) -> object:
    data = {"name": "Ünï", "many": ["1", "2"], "empty": "", "amp": "a&b=c"}
    return [httpx.post(f"{base}/{path}", data=data).json() for path in ("form", "echo")]


@corpus.add
def multipart_forms(httpx: ModuleType, base: str) -> object:
    files = [
        ("plain", b"bytes"),
        ("file", ("näme.txt", io.BytesIO(b"from a file"), "text/plain")),
        ("file", ("data.json", b'{"n": 1}', "application/json", {"X-Part": "1"})),
    ]
    with tempfile.TemporaryFile() as upload:
        upload.write(b"on disk" * 1000)
        upload.seek(0)
        large = httpx.post(f"{base}/form", files={"upload": upload})
    mixed = httpx.post(f"{base}/form", data={"field": "välue", "many": ["1", "2"]}, files=files)
    return mixed.json(), [part[3] for part in large.json()]


@corpus.add
def bodies_of_all_kinds(httpx: ModuleType, base: str) -> object:
    kinds: list[Callable[[], object]] = [
        lambda: b"bytes \xff\x00",
        lambda: "text: é",
        lambda: slices(b"generated" * 100, 64),
        lambda: io.BytesIO(b"a file" * 100),
        lambda: [b"a", b"", b"list"],
    ]
    with httpx.Client() as client:
        return [
            (
                response.content,
                response.request.headers.get("transfer-encoding"),
                response.headers["content-type"],
            )
            for response in (client.post(f"{base}/mirror", content=kind()) for kind in kinds)
        ]


@corpus.add
def json_bodies(httpx: ModuleType, base: str) -> object:
    values: list[object] = [{"é": [1, None, True]}, [], "text", 0, None, {"nested": {"a": 1.5}}]
    with httpx.Client() as client:
        return [seen(client.post(f"{base}/mirror", json=value)) for value in values]


@corpus.add
def custom_json_encoder(httpx: ModuleType, base: str) -> object:
    content = json.dumps({"at": {1, 2}}, default=sorted, separators=(",", ":"))
    headers = {"Content-Type": "application/vnd.tests+json"}
    return seen(httpx.post(f"{base}/mirror", content=content, headers=headers))


@corpus.add
def query_parameters(httpx: ModuleType, base: str) -> object:
    with httpx.Client(params={"key": "api"}) as client:
        asked = [
            client.get(f"{base}/echo", params={"q": "a b&c=d/é", "many": [1, 2], "none": None, "yes": True}),
            client.get(f"{base}/echo", params=[("a", "1"), ("a", "2")]),
            client.get(f"{base}/echo?x=%2F&y=+"),
            client.get(httpx.URL(f"{base}/echo", params={"via": "URL"})),
            client.get(f"{base}/echo/päth with space/;p=1"),
        ]
    return [response.json()["target"] for response in asked], [str(response.url) for response in asked]


@corpus.add
def request_headers(httpx: ModuleType, base: str) -> object:
    with httpx.Client(headers={"User-Agent": "app/1.0", "X-Default": "d"}) as client:
        del client.headers["accept-encoding"]
        return [
            client.get(f"{base}/echo", headers={"x-default": "mine", "X-Bytes": b"a"}).json()["headers"],
            client.get(f"{base}/echo", headers=[("X-Many", "1"), ("X-Many", "2"), (b"X-Raw", b"\xff")]).json()[
                "headers"
            ],
        ]


@corpus.add
def response_headers(httpx: ModuleType, base: str) -> object:
    many, latin = httpx.get(f"{base}/repeated"), httpx.get(f"{base}/latin1-header")
    return (
        many.headers["X-Many"],
        many.headers.get_list("x-many"),
        many.headers.get_list("vary", split_commas=True),
        [pair for pair in many.headers.raw if pair[0].lower() == b"x-many"],
        latin.headers["x-name"],
        latin.headers["x-empty"],
    )


@corpus.add
def status_codes(httpx: ModuleType, base: str) -> object:
    codes = (200, 201, 202, 400, 401, 403, 404, 409, 410, 418, 422, 429, 451, 500, 502, 503, 504, 599)
    with httpx.Client() as client:
        responses = [client.get(f"{base}/status/{code}") for code in codes]
    errors = [raised(response.raise_for_status) for response in responses]
    return [seen(response) for response in responses], errors


@corpus.add
def error_message(httpx: ModuleType, base: str) -> object:
    try:
        httpx.get(f"{base}/status/404").raise_for_status()
    except httpx.HTTPStatusError as error:
        return str(error), error.response.json(), str(error.request.url)
    return None


@corpus.add
def base_url(httpx: ModuleType, base: str) -> object:
    with httpx.Client(base_url=f"{base}/echo/v1/", params={"v": "1"}) as client:
        return [client.get(path).json()["target"] for path in ("users", "/users", "users?id=1", "", f"{base}/echo")]


@corpus.add
def timeouts_and_limits(httpx: ModuleType, base: str) -> object:
    timeout = httpx.Timeout(5.0, connect=2.0, pool=None)
    limits = httpx.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=1)
    with httpx.Client(timeout=timeout, limits=limits) as client:
        response = client.get(f"{base}/json", timeout=3)
        again = client.get(f"{base}/json")
    return response.request.extensions["timeout"], again.request.extensions["timeout"], seen(response)


@corpus.add
def transport_with_options(httpx: ModuleType, base: str) -> object:
    transport = httpx.HTTPTransport(retries=2, local_address="127.0.0.1")
    with httpx.Client(transport=transport) as client:
        return seen(client.get(f"{base}/json")), seen(client.head(f"{base}/bytes/10"))


@corpus.like(whole=False)
def transport_around_a_transport(httpx: ModuleType, base: str) -> object:
    log: list[object] = []

    class Retrying(httpx.BaseTransport):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            self.inner = httpx.HTTPTransport()

        def handle_request(self, request: Any) -> Any:
            while True:
                response = self.inner.handle_request(request)
                log.append(response.status_code)
                if response.status_code != 503:
                    return response
                response.close()

        def close(self) -> None:
            self.inner.close()

    with httpx.Client(transport=Retrying()) as client:
        return seen(client.get(f"{base}/flaky/503/2")), log


@corpus.add
def transport_subclass(httpx: ModuleType, base: str) -> object:
    class Stamping(httpx.HTTPTransport):  # type: ignore[misc, name-defined]
        def handle_request(self, request: Any) -> Any:
            request.headers["X-Stamp"] = "1"
            response = super().handle_request(request)
            response.headers["X-Stamped"] = "yes"
            return response

    with httpx.Client(transport=Stamping()) as client:
        return seen(client.get(f"{base}/echo"))


@corpus.add
def mounted_transports(httpx: ModuleType, base: str) -> object:
    mock = httpx.MockTransport(lambda request: httpx.Response(200, text=f"mock {request.url.path}"))
    with httpx.Client(mounts={"http://127.0.0.1": httpx.HTTPTransport(), "all://mock.test": mock}) as client:
        return seen(client.get(f"{base}/json")), client.get("http://mock.test/in-process").text


@corpus.add
def wsgi_application_stays_itself(httpx: ModuleType, base: str) -> object:
    def application(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"wsgi {environ['PATH_INFO']}".encode()]

    with httpx.Client(transport=httpx.WSGITransport(app=application), base_url="http://app.test") as client:
        inner = client.get("/page").text
    return inner, httpx.get(f"{base}/json").json()


@corpus.add
def client_subclass(httpx: ModuleType, base: str) -> object:
    class Api(httpx.Client):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(base_url=base, headers={"X-Api-Key": "k"})

        def request(self, method: str, url: Any, **kwargs: Any) -> Any:
            response = super().request(method, url, **kwargs)
            response.raise_for_status()
            return response

        def item(self, number: int) -> Any:
            return self.get("/echo", params={"item": number}).json()["args"]

    with Api() as api:
        return api.item(5), raised(api.get, "/status/500")


@corpus.add
def built_and_sent(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client:
        request = client.build_request("POST", f"{base}/mirror", json={"n": 1})
        request.headers["X-Late"] = "1"
        response = client.send(request, stream=True)
        try:
            body = response.read()
        finally:
            response.close()
        plain = client.send(httpx.Request("GET", f"{base}/echo"))
        return body, seen(response), seen(plain)


@corpus.like(prepare=lambda httpx, base: httpx.Client(base_url=base, headers={"X-Built": "before"}))
def client_built_before(httpx: ModuleType, base: str, client: Any) -> object:
    with client:
        return [seen(client.get("/echo")), seen(client.post("/mirror", content=b"x"))]


def _warm(httpx: ModuleType, base: str) -> Any:
    client = httpx.Client(base_url=base)
    client.get("/json")
    return client


@corpus.like(prepare=_warm)
def client_with_pooled_connection(httpx: ModuleType, base: str, client: Any) -> object:
    try:
        return [seen(client.get(path)) for path in ("/json", "/chunked", "/nothing")]
    finally:
        client.close()


@corpus.like(concurrent=True)
def threads_on_one_client(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client, ThreadPoolExecutor(5) as pool:
        return [seen(response) for response in pool.map(lambda n: client.get(f"{base}/echo?n={n}"), range(10))]


@corpus.like(keeps=["content-length"])
def head_tells_the_length(httpx: ModuleType, base: str) -> object:
    response = httpx.head(f"{base}/bytes/1234")
    return seen(response), response.headers["content-length"]


@corpus.like(keeps=["content-length"])
def download_with_progress(httpx: ModuleType, base: str) -> object:
    with httpx.stream("GET", f"{base}/big") as response:
        total = int(response.headers["Content-Length"])
        received = sum(len(chunk) for chunk in response.iter_bytes())
    return total, received, response.num_bytes_downloaded


@corpus.add
def empty_responses(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client:
        return [seen(client.get(f"{base}/{path}")) for path in ("empty", "nothing", "untyped")]


@corpus.add
def conditional_requests(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client:
        first = client.get(f"{base}/etag")
        second = client.get(f"{base}/etag", headers={"If-None-Match": first.headers["etag"]})
    return seen(first), seen(second)


@corpus.add
def ranges(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client:
        spans = ("bytes=0-99", "bytes=900-", "bytes=5000-")
        return [seen(client.get(f"{base}/bytes/1000", headers={"Range": span})) for span in spans]


@corpus.add
def reason_phrases(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client:
        return [seen(client.get(f"{base}/{path}")) for path in ("reason", "no-reason", "status/599")]


@corpus.add
def json_of_all_kinds(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client:
        paths = ("null", "json-bom", "json-utf16", "json-as-text", "vendor-json")
        values = [client.get(f"{base}/{path}").json() for path in paths]
        exact = client.get(f"{base}/json").json(parse_float=str)
        return (
            values,
            exact,
            raised(client.get(f"{base}/not-json").json),
            raised(client.get(f"{base}/nothing").json),
        )


@corpus.add
def until_the_connection_closes(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client:
        return [seen(client.get(f"{base}/{path}")) for path in ("close", "chunked", "close")]


@corpus.add
def pagination_by_links(httpx: ModuleType, base: str) -> object:
    items, links, url = [], [], f"{base}/pages"
    with httpx.Client() as client:
        while url:
            response = client.get(url)
            items += response.json()["items"]
            links.append(response.links)
            url = str(response.url.join(response.links["next"]["url"])) if "next" in response.links else ""
    return items, links


@corpus.add
def retry_in_the_application(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client:
        for attempt in range(5):
            response = client.get(f"{base}/flaky/429/2")
            if response.status_code != 429:
                return attempt, seen(response)
    return None


@corpus.add
def shared_transport(httpx: ModuleType, base: str) -> object:
    transport = httpx.HTTPTransport()
    first, second = httpx.Client(transport=transport), httpx.Client(transport=transport, base_url=base)
    try:
        return seen(first.get(f"{base}/json")), seen(second.get("/empty"))
    finally:
        first.close()


@corpus.add
def html_and_binary(httpx: ModuleType, base: str) -> object:
    page, data = httpx.get(f"{base}/html"), httpx.get(f"{base}/bytes/2000")
    return seen(page), data.content, data.headers["content-disposition"]


@corpus.add
def response_extensions(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client:
        response = client.get(f"{base}/json", extensions={"trace_id": 7})
    return response.extensions["http_version"], response.extensions["reason_phrase"], repr(response)


@corpus.add
def through_a_proxy(httpx: ModuleType, base: str) -> object:
    name = "proxy" if "proxy" in inspect.signature(httpx.Client).parameters else "proxies"  # renamed in 0.26
    with httpx.Client(**{name: base}, headers={"X-Own": "1"}) as client:
        return seen(client.get("http://elsewhere.test/json")), seen(client.post("http://elsewhere.test/echo?x=1"))


def broken_body() -> Iterator[bytes]:
    """A body that ends in an error of the application."""
    yield b"some of it"
    raise KeyError("the rest")


@corpus.add
def body_that_fails(httpx: ModuleType, base: str) -> object:
    with httpx.Client() as client:
        return raised(client.post, f"{base}/mirror", content=broken_body()), seen(client.get(f"{base}/json"))


@corpus.add
def over_a_unix_socket(httpx: ModuleType, base: str) -> object:
    with httpx.Client(transport=httpx.HTTPTransport(uds=unix_path(base))) as client:
        return seen(client.get("http://localhost/json")), seen(client.post("http://docker/echo?x=1", json=[1]))


@corpus.add
def pickled(httpx: ModuleType, base: str) -> object:
    response = pickle.loads(pickle.dumps(httpx.get(f"{base}/redirect/302/1", follow_redirects=True)))
    return response.status_code, response.text, shown(response.headers.items()), str(response.request.url)


@corpus.add
def closed_client(httpx: ModuleType, base: str) -> object:
    client = httpx.Client()
    first = client.get(f"{base}/json").status_code
    client.close()
    return first, client.is_closed, raised(client.get, f"{base}/json")


if importlib.util.find_spec("h2"):

    @corpus.add
    def http2_where_the_server_can(httpx: ModuleType, base: str) -> object:
        with httpx.Client(http2=True) as client:
            return seen(client.get(f"{base}/json")), seen(client.post(f"{base}/mirror", content=b"x"))


if importlib.util.find_spec("trio"):

    @corpus.add
    def on_trio(httpx: ModuleType, base: str) -> object:
        import trio

        results: list[object] = []

        async def main() -> None:
            async with httpx.AsyncClient() as client, trio.open_nursery() as nursery:

                async def fetch(path: str) -> None:
                    results.append(seen(await client.get(f"{base}/{path}")))

                await fetch("redirect/302/1")
                nursery.start_soon(fetch, "chunked")

        trio.run(main)
        return results
