"""How applications use requests."""

from __future__ import annotations

import io
import json
import pickle
import socket
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from requests.cookies import RequestsCookieJar
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.util.retry import Retry

from .corpus import Corpus, raised, shown, slices
from .server import unix_path

corpus = Corpus()


def seen(response: requests.Response) -> dict[str, object]:
    """All that an application can see of a response."""
    body = response.request.body
    return {
        "status": (
            response.status_code,
            response.reason,
            response.ok,
            response.raw.status,
            response.raw.version,
        ),
        "kind": (response.is_redirect, response.is_permanent_redirect),
        "headers": shown(response.headers.items()),
        "raw headers": shown(response.raw.headers.items()),
        "url": response.url,
        "encoding": (response.encoding, response.apparent_encoding),
        "body": (response.content, response.text),
        "cookies": sorted((cookie.name, cookie.value, cookie.path) for cookie in response.cookies),
        "elapsed": response.elapsed.total_seconds() >= 0,
        "links": response.links,
        "request": (response.request.method, response.request.url, shown(response.request.headers.items())),
        "sent": body if isinstance(body, (str, bytes, type(None))) else type(body).__name__,
        "history": [(step.status_code, step.url, step.headers.get("location")) for step in response.history],
        "next": response.next.url if response.next else None,
    }


@corpus.add
def get_json(base: str) -> object:
    response = requests.get(f"{base}/json", timeout=5)
    response.raise_for_status()
    return seen(response), response.json()


@corpus.add
def module_functions(base: str) -> object:
    asked = [
        requests.get(f"{base}/echo", params={"q": "1"}),
        requests.options(f"{base}/echo"),
        requests.head(f"{base}/echo"),
        requests.delete(f"{base}/echo", data="gone"),
        requests.post(f"{base}/echo", json={"n": 1}),
        requests.put(f"{base}/echo", data={"n": 1}),
        requests.patch(f"{base}/echo", data=b"raw"),
        requests.request("PURGE", f"{base}/echo"),
    ]
    return [seen(response) for response in asked]


@corpus.add
def charsets(base: str) -> object:
    with requests.Session() as session:
        paths = (
            "utf-8",
            "iso-8859-1",
            "cp1252",
            "shift_jis",
            "utf-16",
            "cp1252/undeclared",
            "utf-8/undeclared",
        )
        return [seen(session.get(f"{base}/text/{path}")) for path in paths]


@corpus.add
def encoding_set_by_hand(base: str) -> object:
    response = requests.get(f"{base}/text/shift_jis/undeclared")
    before = response.text
    response.encoding = "shift_jis"
    return before, response.text, requests.get(f"{base}/html").text


@corpus.add
def content_codings(base: str) -> object:
    with requests.Session() as session:
        urls = [f"{base}/compressed/{coding}" for coding in ("gzip", "deflate", "deflate-raw", "br")]
        return [seen(session.get(url + how)) for url in urls for how in ("", "/chunked")]


@corpus.add
def broken_compression(base: str) -> object:
    return raised(requests.get, f"{base}/broken-gzip")


@corpus.add
def streamed_in_chunks(base: str) -> object:
    with requests.get(f"{base}/bytes/100000", stream=True) as response:
        chunks = list(response.iter_content(chunk_size=8192))
    return [len(chunk) for chunk in chunks], b"".join(chunks), response.raw.closed


@corpus.add
def streamed_text(base: str) -> object:
    with requests.get(f"{base}/text/utf-8", stream=True) as response:
        return list(response.iter_content(chunk_size=5, decode_unicode=True))


@corpus.like(keeps=["transfer-encoding"])
def streamed_as_it_comes(base: str) -> object:
    with requests.get(f"{base}/chunked", stream=True) as response:
        return b"".join(response.iter_content(chunk_size=None)), response.raw.chunked


@corpus.add
def records_by_line(base: str) -> object:
    with requests.get(f"{base}/lines", stream=True) as response:
        return [json.loads(line) for line in response.iter_lines(chunk_size=16) if line]


@corpus.add
def server_sent_events(base: str) -> object:
    with requests.get(f"{base}/sse", stream=True, headers={"Accept": "text/event-stream"}) as response:
        response.encoding = "utf-8"
        return [line for line in response.iter_lines(decode_unicode=True) if line.startswith("data:")]


@corpus.like(keeps=["content-length"])
def raw_reads(base: str) -> object:
    with requests.get(f"{base}/bytes/5000", stream=True) as response:
        raw = response.raw
        first = raw.read(10), raw.tell(), raw.read(90)
        return first, raw.read(), raw.read(5), raw.headers["Content-Length"], raw.status, raw.reason


@corpus.add
def raw_stays_compressed(base: str) -> object:
    with requests.get(f"{base}/compressed/gzip", stream=True) as response:
        raw = response.raw.read(decode_content=False)
    with requests.get(f"{base}/compressed/gzip", stream=True) as response:
        response.raw.decode_content = True
        return raw, json.load(io.BytesIO(response.raw.read()))


@corpus.add
def raw_as_a_file(base: str) -> object:
    with requests.get(f"{base}/lines", stream=True) as response:
        response.raw.decode_content = True
        lines = io.TextIOWrapper(io.BufferedReader(response.raw), encoding="utf-8").read()
    with requests.get(f"{base}/bytes/3000", stream=True) as response:
        return lines, b"".join(response.raw.stream(700, decode_content=True))


@corpus.like(whole=False)
def stopped_midway(base: str) -> object:
    with requests.Session() as session:
        with session.get(f"{base}/bytes/300000", stream=True) as response:
            first = next(response.iter_content(1000))
        other = session.get(f"{base}/bytes/300000", stream=True)
        other.close()
        return first, raised(lambda: response.content), session.get(f"{base}/json").json()


@corpus.add
def followed_redirects(base: str) -> object:
    with requests.Session() as session:
        response = session.get(f"{base}/redirect/302/3")
        return seen(response), session.cookies.get_dict(), [seen(step) for step in response.history]


@corpus.add
def redirect_codes_and_methods(base: str) -> object:
    with requests.Session() as session:
        return [
            seen(session.request(method, f"{base}/redirect/{code}/1", data=b"moved", headers={"X-Stays": "1"}))
            for code in (301, 302, 303, 307, 308)
            for method in ("POST", "PUT")
        ]


@corpus.add
def redirect_by_hand(base: str) -> object:
    with requests.Session() as session:
        first = session.get(f"{base}/redirect/301/2", allow_redirects=False)
        assert first.next is not None
        second = session.send(first.next, allow_redirects=False)
        rest = [seen(step) for step in session.resolve_redirects(second, second.request)]
        return seen(first), seen(second), rest


@corpus.add
def too_many_redirects(base: str) -> object:
    with requests.Session() as session:
        session.max_redirects = 3
        return raised(session.get, f"{base}/loop")


@corpus.add
def relative_and_absolute_redirects(base: str) -> object:
    relative = requests.get(f"{base}/relative/a/b#kept")
    absolute = requests.get(f"{base}/redirect/302", params={"to": f"{base}/json?x=1"})
    head = (
        requests.head(f"{base}/redirect/302/1"),
        requests.head(f"{base}/redirect/302/1", allow_redirects=True),
    )
    return seen(relative), seen(absolute), [seen(response) for response in head]


@corpus.add
def login_with_cookies(base: str) -> object:
    with requests.Session() as session:
        refused = session.post(f"{base}/login", data={"user": "ada", "password": "guess"})
        account = session.post(f"{base}/login", data={"user": "ada", "password": "s3cret"})
        again = session.get(f"{base}/account")
        return [seen(response) for response in (refused, account, again)], session.cookies.get_dict()


@corpus.add
def cookie_attributes(base: str) -> object:
    with requests.Session() as session:
        response = session.get(f"{base}/cookies/fancy")
        kept = sorted(
            (
                cookie.name,
                cookie.value,
                cookie.domain,
                cookie.path,
                cookie.secure,
                cookie.has_nonstandard_attr("HttpOnly"),
            )
            for cookie in session.cookies
        )
        return kept, seen(response), session.get(f"{base}/cookies").json(), session.get(f"{base}/echo").json()


@corpus.add
def cookies_set_and_deleted(base: str) -> object:
    jar = RequestsCookieJar()
    jar.set("scoped", "yes", domain="127.0.0.1", path="/cookies")
    with requests.Session() as session:
        session.cookies.set("mine", "1")
        session.get(f"{base}/cookies/set", params={"a": "1", "b": "2"})
        session.get(f"{base}/cookies/delete?a=")
        once = session.get(f"{base}/cookies", cookies={"once": "3"}).json()
        return (
            once,
            session.get(f"{base}/cookies").json(),
            requests.get(f"{base}/cookies", cookies=jar).json(),
        )


@corpus.add
def basic_auth(base: str) -> object:
    with requests.Session() as session:
        session.auth = ("user", "pass")
        return [
            seen(session.get(f"{base}/basic")),
            seen(session.get(f"{base}/basic", auth=HTTPBasicAuth("user", "wrong"))),
            seen(requests.get(f"{base}/basic".replace("://", "://user:pass@"))),
            seen(requests.get(f"{base}/basic/utf8", auth=("user", "päss".encode()))),  # type: ignore[arg-type]
        ]


@corpus.add
def digest_auth(base: str) -> object:
    with requests.Session() as session:
        session.auth = HTTPDigestAuth("user", "pass")
        asked = [
            session.get(f"{base}/digest/MD5?q=1"),
            session.post(f"{base}/digest/MD5", data=b"with a body"),
            requests.put(f"{base}/digest/SHA-256", auth=HTTPDigestAuth("user", "pass"), json={"n": 1}),
            requests.get(f"{base}/digest/MD5", auth=HTTPDigestAuth("user", "no")),
        ]
    return [(each.status_code, each.text, [step.status_code for step in each.history]) for each in asked]


@corpus.add
def custom_auth(base: str) -> object:
    class Token(AuthBase):
        token = "expired"

        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = f"Bearer {self.token}"
            request.register_hook("response", self.refresh)  # type: ignore[no-untyped-call]
            return request

        def refresh(self, response: requests.Response, **kwargs: Any) -> requests.Response:
            if response.status_code != 401:
                return response
            assert response.content  # read to its end, so that the connection can be used again
            self.token = requests.post(f"{base}/token", data={"grant_type": "refresh"}).json()["access_token"]
            again = response.request.copy()
            again.headers["Authorization"] = f"Bearer {self.token}"
            sent: requests.Response = response.connection.send(again, **kwargs)
            sent.history.append(response)
            return sent

    response = requests.get(f"{base}/bearer", auth=Token())
    return seen(response)


@corpus.like(whole=False)
def response_hooks(base: str) -> object:
    log: list[object] = []

    def note(response: requests.Response, *_: object, **__: object) -> None:
        log.append((response.status_code, response.url, response.elapsed.total_seconds() >= 0))

    def strict(response: requests.Response, *_: object, **__: object) -> None:
        response.raise_for_status()

    with requests.Session() as session:
        session.hooks["response"] = [note, strict]
        session.get(f"{base}/redirect/302/2")
        return raised(session.get, f"{base}/status/503"), log


@corpus.add
def forms(base: str) -> object:
    data = {"name": "Ünï", "many": ["1", "2"], "empty": "", "amp": "a&b=c"}
    pairs = [("a", "1"), ("a", "2")]
    return [requests.post(f"{base}/form", data=fields).json() for fields in (data, pairs, "raw=1&x=é".encode())]


@corpus.add
def multipart(base: str) -> object:
    with tempfile.TemporaryFile() as upload:
        upload.write(b"on disk" * 1000)
        upload.seek(0)
        large = requests.post(f"{base}/form", files={"upload": upload})
    files: Any = [
        ("file", ("näme.txt", io.BytesIO(b"from a file"), "text/plain")),
        ("file", ("data.json", '{"n": 1}', "application/json", {"X-Part": "1"})),
    ]
    mixed = requests.post(f"{base}/form", data={"field": "välue"}, files=files)
    return mixed.json(), [part[3] for part in large.json()]


@corpus.add
def bodies_of_all_kinds(base: str) -> object:
    with tempfile.TemporaryFile() as upload, requests.Session() as session:
        upload.write(b"skipped, sent")
        upload.seek(9)
        kinds: list[Any] = [
            b"bytes \xff\x00",
            "text",
            slices(b"generated" * 100, 64),
            io.BytesIO(b"a file" * 100),
        ]
        kinds += [upload, io.StringIO("characters"), b"", None]
        return [seen(session.post(f"{base}/mirror", data=kind)) for kind in kinds]


@corpus.add
def upload_and_download_at_once(base: str) -> object:
    content = b"0123456789" * 20000
    with requests.post(f"{base}/mirror", data=slices(content, 8192), stream=True) as response:
        return b"".join(response.iter_content(4096)) == content, response.request.headers


@corpus.add
def json_bodies(base: str) -> object:
    values: list[object] = [{"é": [1, None, True]}, [], "text", {"nested": {"a": 1.5}}]
    with requests.Session() as session:
        plain = [seen(session.post(f"{base}/mirror", json=value)) for value in values]
        content = json.dumps({"at": {1, 2}}, default=sorted, separators=(",", ":"))
        custom = session.post(f"{base}/mirror", data=content, headers={"Content-Type": "application/vnd.tests+json"})
        return plain, seen(custom)


@corpus.add
def query_parameters(base: str) -> object:
    with requests.Session() as session:
        session.params = {"key": "api"}
        asked = [
            session.get(f"{base}/echo", params={"q": "a b&c=d/é", "many": [1, 2], "none": None, "key": "own"}),
            session.get(f"{base}/echo", params=[("a", "1"), ("a", "2")]),
            session.get(f"{base}/echo?x=%2F&y=+#frag", params="raw=1"),
            requests.get(f"{base}/echo/päth with space/%7Euser"),
        ]
    return [(response.json()["target"], response.url) for response in asked]


@corpus.add
def request_headers(base: str) -> object:
    with requests.Session() as session:
        session.headers.update({"User-Agent": "app/1.0", "X-Default": "d", "X-Bytes": b"b"})
        headers = {"x-default": "mine", "Accept-Encoding": None}
        own = session.get(f"{base}/echo", headers=headers).json()["headers"]
        session.headers.clear()
        return own, session.get(f"{base}/echo", headers={"Host": "virtual.test"}).json()["headers"]


@corpus.add
def response_headers(base: str) -> object:
    many, latin = requests.get(f"{base}/repeated"), requests.get(f"{base}/latin1-header")
    return (
        many.headers["X-MANY"],
        many.raw.headers.getlist("x-many"),
        latin.headers["x-name"],
        seen(many),
        seen(latin),
    )


@corpus.add
def status_codes(base: str) -> object:
    codes = (200, 201, 202, 400, 401, 403, 404, 409, 418, 422, 429, 451, 500, 502, 503, 504, 599)
    with requests.Session() as session:
        responses = [session.get(f"{base}/status/{code}") for code in codes]
    return [(seen(response), bool(response), raised(response.raise_for_status)) for response in responses]


@corpus.add
def error_message(base: str) -> object:
    try:
        requests.get(f"{base}/status/404").raise_for_status()
    except requests.HTTPError as error:
        return str(error), error.response.json(), error.request.url if error.request else None
    return None


@corpus.add
def adapter_with_retries(base: str) -> object:
    retry = Retry(total=3, backoff_factor=0, status_forcelist=[429, 503], allowed_methods=["GET", "POST"])
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=retry, pool_maxsize=1))
        response = session.get(f"{base}/flaky/503/2")
        posted = session.post(f"{base}/flaky/429/1", json={"n": 1})
        retries: Any = response.raw.retries
        tries = [attempt.status for attempt in retries.history]
    return seen(response), seen(posted), tries


@corpus.add
def retries_that_run_out(base: str) -> object:
    with requests.Session() as session:
        strict = Retry(total=2, backoff_factor=0, status_forcelist=[503])
        session.mount(f"{base}/flaky", HTTPAdapter(max_retries=strict))
        loud = raised(session.get, f"{base}/flaky/503/9")
        lenient = Retry(total=1, backoff_factor=0, status_forcelist=[500], raise_on_status=False)
        session.mount(base, HTTPAdapter(max_retries=lenient))
        return loud, seen(session.get(f"{base}/status/500"))


@corpus.add
def adapter_subclass(base: str) -> object:
    class Defaults(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
            kwargs["timeout"] = kwargs.get("timeout") or (1, 5)
            request.headers["X-Adapted"] = "1"
            response = super().send(request, *args, **kwargs)
            response.headers["X-Noted"] = "yes"
            return response

    with requests.Session() as session:
        session.mount(base, Defaults())
        return seen(session.get(f"{base}/echo"))


@corpus.add
def session_subclass(base: str) -> object:
    class Api(requests.Session):
        def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
            response = super().request(method, f"{base}{url}", *args, **kwargs)
            response.raise_for_status()
            return response

    with Api() as api:
        api.headers["X-Api-Key"] = "k"
        return seen(api.get("/echo", params={"item": 5})), raised(api.get, "/status/500")


@corpus.add
def prepared_requests(base: str) -> object:
    with requests.Session() as session:
        session.cookies.set("in", "jar")
        prepared = session.prepare_request(requests.Request("POST", f"{base}/echo", json={"n": 1}, params={"a": 1}))
        prepared.headers["X-Late"] = "1"
        settings = session.merge_environment_settings(prepared.url, {}, None, None, None)
        bare = requests.Request("GET", f"{base}/echo").prepare()
        return seen(session.send(prepared, **settings)), seen(session.send(bare))


def _built(base: str) -> requests.Session:
    session = requests.Session()
    session.headers["X-Built"] = "before"
    return session


@corpus.like(prepare=_built)
def session_built_before(base: str, session: requests.Session) -> object:
    with session:
        return seen(session.get(f"{base}/echo")), seen(session.post(f"{base}/mirror", data=b"x"))


def _warm(base: str) -> requests.Session:
    session = requests.Session()
    session.get(f"{base}/json")
    return session


@corpus.like(prepare=_warm)
def session_with_pooled_connection(base: str, session: requests.Session) -> object:
    with session:
        return [seen(session.get(f"{base}/{path}")) for path in ("json", "chunked", "nothing")]


@corpus.like(concurrent=True)
def threads_on_one_session(base: str) -> object:
    with requests.Session() as session, ThreadPoolExecutor(5) as pool:
        return [seen(response) for response in pool.map(lambda n: session.get(f"{base}/echo?n={n}"), range(10))]


@corpus.like(concurrent=True)
def a_session_per_thread(base: str) -> object:
    results: dict[int, object] = {}

    def work(number: int) -> None:
        with requests.Session() as session:
            results[number] = seen(session.put(f"{base}/mirror?n={number}", json={"n": number}))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results.items())


@corpus.like(keeps=["content-length"])
def download_with_progress(base: str) -> object:
    with requests.get(f"{base}/big", stream=True) as response:
        total = int(response.headers["Content-Length"])
        received = sum(len(chunk) for chunk in response.iter_content(65536))
    return total, received, requests.head(f"{base}/bytes/1234").headers["content-length"]


@corpus.add
def empty_conditional_and_partial(base: str) -> object:
    with requests.Session() as session:
        asked = [session.get(f"{base}/{path}") for path in ("empty", "nothing", "untyped", "close", "etag")]
        asked.append(session.get(f"{base}/etag", headers={"If-None-Match": '"v1"'}))
        asked += [session.get(f"{base}/bytes/1000", headers={"Range": f"bytes={span}"}) for span in ("9-19", "5000-")]
        return [seen(response) for response in asked]


@corpus.add
def reason_phrases(base: str) -> object:
    return [seen(requests.get(f"{base}/{path}")) for path in ("reason", "no-reason", "status/599")]


@corpus.add
def json_of_all_kinds(base: str) -> object:
    paths = ("null", "json-bom", "json-utf16", "json-as-text", "vendor-json")
    values = [raised(requests.get(f"{base}/{path}").json) or requests.get(f"{base}/{path}").json() for path in paths]
    exact = requests.get(f"{base}/json").json(parse_float=str)
    return (
        values,
        exact,
        raised(requests.get(f"{base}/not-json").json),
        raised(requests.get(f"{base}/nothing").json),
    )


@corpus.add
def pagination_by_links(base: str) -> object:
    items, links, url = [], [], f"{base}/pages"
    with requests.Session() as session:
        while url:
            response = session.get(url)
            items += response.json()["items"]
            links.append(response.links)
            url = urljoin(url, response.links["next"]["url"]) if "next" in response.links else ""
    return items, links


@corpus.add
def timeouts_and_environment(base: str) -> object:
    with requests.Session() as session:
        session.trust_env = False
        asked = [session.get(f"{base}/json", timeout=timeout) for timeout in (5, (1.5, 5), None)]
        asked.append(session.get(f"{base}/json", verify=False, cert=None, proxies={"https": "http://proxy.test"}))
        return [seen(response) for response in asked]


@corpus.add
def through_a_proxy(base: str) -> object:
    with requests.Session() as session:
        session.proxies = {"http": base}
        return seen(session.get("http://elsewhere.test/json")), seen(session.post("http://elsewhere.test/echo?x=1"))


def broken_body() -> Iterator[bytes]:
    """A body that ends in an error of the application."""
    yield b"some of it"
    raise KeyError("the rest")


@corpus.add
def body_that_fails(base: str) -> object:
    with requests.Session() as session:
        return raised(session.post, f"{base}/mirror", data=broken_body()), seen(session.get(f"{base}/json"))


@corpus.add
def pickled(base: str) -> object:
    with requests.Session() as session:
        response = pickle.loads(pickle.dumps(session.get(f"{base}/redirect/302/1")))
        copy = pickle.loads(pickle.dumps(session))
        with copy:
            again = copy.get(f"{base}/cookies")
        return response.status_code, response.text, response.url, len(response.history), seen(again)


@corpus.add
def adapter_with_socket_options(base: str) -> object:
    class KeepAlive(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            nagle: Any = HTTPConnection.default_socket_options
            options = [*nagle, (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
            super().init_poolmanager(*args, **kwargs, socket_options=options, source_address=("127.0.0.1", 0))

    with requests.Session() as session:
        session.mount("http://", KeepAlive(pool_block=True))
        return seen(session.get(f"{base}/json")), seen(session.post(f"{base}/echo", json=[1]))


@corpus.add
def over_a_unix_socket(base: str) -> object:
    """As the SDK of docker does it: connections, pools and an adapter of its own, under a scheme of its own."""

    class Connection(HTTPConnection):
        def connect(self) -> None:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(5)
            self.sock.connect(unix_path(base))

    class Pool(HTTPConnectionPool):
        def _new_conn(self) -> Any:
            return Connection("localhost")

    class Adapter(HTTPAdapter):
        pool = Pool("localhost")

        def get_connection(self, url: Any, proxies: Any = None) -> Any:
            return self.pool

        def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
            return self.pool

        def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
            return request.path_url

        def close(self) -> None:
            self.pool.close()
            super().close()

    with requests.Session() as session:
        session.mount("http+unix://", Adapter())
        return seen(session.get("http+unix://socket/json")), seen(session.post("http+unix://socket/echo?x=1", json=[1]))


@corpus.add
def iterated_response(base: str) -> object:
    def lines() -> Iterator[bytes]:
        with requests.get(f"{base}/bytes/1000", stream=True) as response:
            yield from response

    return b"".join(lines()), repr(requests.get(f"{base}/status/404"))


@corpus.add
def read_twice(base: str) -> object:
    with requests.get(f"{base}/json", stream=True) as response:
        drained = b"".join(response.iter_content(3))
        return drained, raised(lambda: response.content), list(requests.get(f"{base}/json").iter_content(4))
