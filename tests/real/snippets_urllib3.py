"""How applications use urllib3, 1.26 and 2.x."""

from __future__ import annotations

import inspect
import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.filepost import encode_multipart_formdata
from urllib3.util import Timeout, make_headers
from urllib3.util.retry import Retry

from .corpus import Corpus, raised, shown, slices

corpus = Corpus()
NO_RETRY = Retry(0, redirect=False, read=False, raise_on_status=False)


def seen(response: Any) -> dict[str, object]:
    """All that an application can see of a response whose content was loaded."""
    retries = response.retries
    return {
        "status": (response.status, response.reason, response.version),
        "headers": shown(response.headers.items()),
        "data": response.data,
        "url": response.geturl(),
        "tell": response.tell(),
        "closed": response.closed,
        "redirect": response.get_redirect_location(),
        "retries": retries and [(attempt.method, attempt.url, attempt.status) for attempt in retries.history],
        "left": retries and (retries.total, retries.redirect),
    }


def host_of(base: str) -> tuple[str, int]:
    parts = urlsplit(base)
    assert parts.hostname and parts.port
    return parts.hostname, parts.port


@corpus.add
def get_json(base: str) -> object:
    with urllib3.PoolManager() as http:
        response = http.request("GET", f"{base}/json")
        return seen(response), json.loads(response.data.decode("utf-8"))


@corpus.add
def every_method(base: str) -> object:
    with urllib3.PoolManager() as http:
        plain = [http.request(method, f"{base}/echo") for method in ("GET", "HEAD", "OPTIONS", "DELETE", "PURGE")]
        bodies = [http.request(method, f"{base}/echo", body=b"raw") for method in ("POST", "PUT", "PATCH")]
        return [seen(response) for response in (*plain, *bodies)]


@corpus.add
def newer_conveniences(base: str) -> object:
    """`urllib3.request`, `json=` and `.json()` came with 2.0."""
    if "json" not in inspect.signature(urllib3.PoolManager.request).parameters:
        with urllib3.PoolManager() as http:
            return seen(http.request("POST", f"{base}/echo", body=json.dumps({"é": [1, None]})))
    response = urllib3.request("POST", f"{base}/echo", json={"é": [1, None]}, timeout=5)
    return seen(response), response.json()


@corpus.add
def fields_in_the_query(base: str) -> object:
    with urllib3.PoolManager() as http:
        response = http.request("GET", f"{base}/echo?a=1", fields={"q": "a b&c=d/é"})
        unicode = http.request("GET", f"{base}/echo/päth with space")
        return seen(unicode), seen(response)


@corpus.add
def urlencoded_form(base: str) -> object:
    with urllib3.PoolManager() as http:
        fields = {"name": "Ünï", "amp": "a&b=c"}
        encoded = http.request("POST", f"{base}/form", fields=fields, encode_multipart=False)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return seen(encoded), seen(http.request("PUT", f"{base}/form", body=urlencode(fields), headers=headers))


@corpus.add
def multipart(base: str) -> object:
    with urllib3.PoolManager() as http:
        fields: list[Any] = [
            ("field", "välue"),
            ("file", ("näme.txt", b"from a file", "text/plain")),
            ("file", ("data.json", '{"n": 1}', "application/json")),
        ]
        made, kind = encode_multipart_formdata(fields, boundary="fixed-boundary")
        by_hand = http.request("POST", f"{base}/form", body=made, headers={"Content-Type": kind})
        return seen(http.request("POST", f"{base}/form", fields=fields)), seen(by_hand)


@corpus.add
def bodies_of_all_kinds(base: str) -> object:
    kinds: list[Any] = [b"bytes \xff", "text", io.BytesIO(b"a file" * 100), None]
    with urllib3.PoolManager() as http:
        whole = [seen(http.request("POST", f"{base}/mirror", body=kind)) for kind in kinds]
        pieces = list(slices(b"generated" * 100, 64))
        chunked = http.urlopen("PUT", f"{base}/mirror", body=iter(pieces), chunked=True)
        return whole, seen(chunked)


@corpus.add
def headers_sent(base: str) -> object:
    with urllib3.PoolManager(headers={"X-Default": "d"}) as http:
        made = make_headers(keep_alive=True, accept_encoding="gzip", user_agent="app/1", basic_auth="user:pass")
        return [
            seen(http.request("GET", f"{base}/echo")),
            seen(http.request("GET", f"{base}/basic", headers=made)),
            seen(http.request("GET", f"{base}/echo", headers={"Host": "virtual.test", "X-Own": "1"})),
        ]


@corpus.add
def headers_received(base: str) -> object:
    with urllib3.PoolManager() as http:
        many, latin = http.request("GET", f"{base}/repeated"), http.request("GET", f"{base}/latin1-header")
        cookies = http.request("GET", f"{base}/cookies/fancy").headers.getlist("set-cookie")
        return many.headers["X-MANY"], many.headers.getlist("x-many"), latin.headers["X-Name"], cookies


@corpus.add
def content_codings(base: str) -> object:
    with urllib3.PoolManager() as http:
        urls = [f"{base}/compressed/{coding}" for coding in ("gzip", "deflate", "deflate-raw", "br")]
        return [seen(http.request("GET", url + how)) for url in urls for how in ("", "/chunked")]


@corpus.add
def undecoded_content(base: str) -> object:
    with urllib3.PoolManager() as http:
        raw = http.request("GET", f"{base}/compressed/gzip", decode_content=False)
        kept = http.request("GET", f"{base}/compressed/gzip", preload_content=False, decode_content=False)
        stayed = kept.read(), kept.read(decode_content=True)
        kept.release_conn()
        return raw.data, stayed


@corpus.add
def broken_compression(base: str) -> object:
    with urllib3.PoolManager() as http:
        return raised(http.request, "GET", f"{base}/broken-gzip", retries=False)


@corpus.add
def streamed(base: str) -> object:
    with urllib3.PoolManager() as http:
        response = http.request("GET", f"{base}/bytes/100000", preload_content=False)
        chunks = list(response.stream(8192))
        response.release_conn()
        return [len(chunk) for chunk in chunks], b"".join(chunks), response.closed, response.tell()


@corpus.add
def streamed_chunks(base: str) -> object:
    with urllib3.PoolManager() as http:
        response: Any = http.request("GET", f"{base}/chunked", preload_content=False)
        chunked = response.chunked, response.supports_chunked_reads()
        joined = b"".join(response.read_chunked(decode_content=True)) if response.chunked else response.read()
        response.release_conn()
        return joined, chunked[1]


@corpus.add
def read_in_pieces(base: str) -> object:
    with urllib3.PoolManager() as http:
        response = http.request("GET", f"{base}/bytes/5000", preload_content=False)
        pieces = [response.read(10), response.read(0), response.read(90), response.read(), response.read(5)]
        response.release_conn()
        return pieces, response.tell()


@corpus.add
def as_a_file(base: str) -> object:
    with urllib3.PoolManager() as http:
        response: Any = http.request("GET", f"{base}/lines", preload_content=False)
        response.auto_close = False
        with io.TextIOWrapper(io.BufferedReader(response), encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
        other = http.request("GET", f"{base}/bytes/300", preload_content=False)
        buffer = bytearray(200)
        filled = other.readinto(buffer)
        other.drain_conn()
        return records, filled, bytes(buffer)


@corpus.add
def iterated(base: str) -> object:
    with urllib3.PoolManager() as http:
        response = http.request("GET", f"{base}/lines", preload_content=False)
        lines = [json.loads(line) for line in response]
        response.release_conn()
        return lines


@corpus.like(whole=False)
def stopped_midway(base: str) -> object:
    with urllib3.PoolManager() as http:
        response = http.request("GET", f"{base}/bytes/300000", preload_content=False)
        first = response.read(100)
        response.close()
        return first, response.closed, seen(http.request("GET", f"{base}/json"))


@corpus.add
def redirects(base: str) -> object:
    with urllib3.PoolManager() as http:
        followed = http.request("GET", f"{base}/redirect/302/3")
        kept = http.request("GET", f"{base}/redirect/302/3", redirect=False)
        posted = [http.request("POST", f"{base}/redirect/{code}/1", body=b"x") for code in (301, 303, 307, 308)]
        return [seen(response) for response in (followed, kept, *posted)]


@corpus.add
def relative_redirects(base: str) -> object:
    with urllib3.PoolManager() as http:
        absolute = http.request("GET", f"{base}/redirect/302", fields={"to": f"{base}/json?x=1"})
        return seen(http.request("GET", f"{base}/relative/a/b")), seen(absolute)


@corpus.add
def too_many_redirects(base: str) -> object:
    with urllib3.PoolManager() as http:
        loud = raised(http.request, "GET", f"{base}/loop", retries=Retry(redirect=2))
        quiet = http.request("GET", f"{base}/loop", retries=Retry(redirect=2, raise_on_redirect=False))
        return loud, seen(quiet)


@corpus.add
def retried_statuses(base: str) -> object:
    retry = Retry(5, backoff_factor=0, status_forcelist=[503], respect_retry_after_header=True)
    with urllib3.PoolManager(retries=retry) as http:
        return seen(http.request("GET", f"{base}/flaky/503/2")), seen(http.request("GET", f"{base}/flaky/429/1"))


@corpus.add
def retries_that_run_out(base: str) -> object:
    strict = Retry(2, backoff_factor=0, status_forcelist=[503])
    with urllib3.PoolManager() as http:
        loud = raised(http.request, "GET", f"{base}/flaky/503/9", retries=strict)
        lenient = strict.new(raise_on_status=False)
        return loud, seen(http.request("GET", f"{base}/status/503", retries=lenient))


@corpus.add
def post_is_not_retried(base: str) -> object:
    retry = Retry(2, backoff_factor=0, status_forcelist=[500])
    with urllib3.PoolManager(retries=retry) as http:
        return seen(http.request("POST", f"{base}/status/500")), seen(
            http.request("POST", f"{base}/flaky/500/1", retries=retry.new(allowed_methods=None))
        )


@corpus.add
def retry_subclass(base: str) -> object:
    log: list[object] = []

    class Noted(Retry):
        def increment(self, method: Any = None, url: Any = None, *args: Any, **kwargs: Any) -> Any:
            log.append((method, url, kwargs["response"].status))
            return super().increment(method, url, *args, **kwargs)

    with urllib3.PoolManager() as http:
        return seen(http.request("GET", f"{base}/flaky/503/2", retries=Noted(4, status_forcelist=[503]))), log


@corpus.add
def no_retries_at_all(base: str) -> object:
    with urllib3.PoolManager() as http:
        off = http.request("GET", f"{base}/redirect/302/1", retries=False)
        return seen(off), seen(http.request("GET", f"{base}/status/503", retries=NO_RETRY))


@corpus.add
def status_codes(base: str) -> object:
    with urllib3.PoolManager() as http:
        codes = (200, 201, 400, 401, 403, 404, 418, 429, 500, 502, 599)
        return [seen(http.request("GET", f"{base}/status/{code}")) for code in codes]


@corpus.add
def connection_pool(base: str) -> object:
    host, port = host_of(base)
    with urllib3.HTTPConnectionPool(host, port, maxsize=2, headers={"X-Pool": "1"}) as pool:
        asked = [
            pool.request("GET", "/echo"),
            pool.urlopen("POST", "/mirror", body="text", headers={"X-A": "1"}),
        ]
        return [seen(response) for response in asked], raised(pool.request, "GET", "http://elsewhere.test/")


@corpus.add
def pool_from_url(base: str) -> object:
    with urllib3.connection_from_url(f"{base}/ignored", timeout=Timeout(2, 5)) as pool:
        first, second = pool.request("GET", "/json"), pool.request("GET", "/echo?x=1")
        return seen(first), seen(second), pool.num_requests


@corpus.add
def pools_of_a_manager(base: str) -> object:
    host, port = host_of(base)
    with urllib3.PoolManager(num_pools=2, maxsize=1, block=True) as http:
        pool = http.connection_from_host(host, port, scheme="http")
        same = pool is http.connection_from_url(base)
        return same, [seen(pool.request("GET", f"/{path}")) for path in ("json", "chunked", "close", "nothing")]


@corpus.add
def bare_connection(base: str) -> object:
    connection = HTTPConnection(*host_of(base))
    try:
        connection.request("POST", "/mirror", body=b"by hand", headers={"Content-Type": "text/x"})
        response = connection.getresponse()
        return response.status, shown(response.headers.items()), response.read()
    finally:
        connection.close()


@corpus.add
def pool_subclass(base: str) -> object:
    log: list[object] = []

    class Pool(urllib3.HTTPConnectionPool):
        def urlopen(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
            log.append((method, url))
            return super().urlopen(method, url, *args, **kwargs)

    http = urllib3.PoolManager()
    http.pool_classes_by_scheme = {"http": Pool, "https": urllib3.HTTPSConnectionPool}
    with http:
        return seen(http.request("GET", f"{base}/redirect/302/1")), log


@corpus.like(prepare=lambda base: urllib3.PoolManager(headers={"X-Built": "before"}))
def manager_built_before(base: str, http: urllib3.PoolManager) -> object:
    with http:
        return seen(http.request("GET", f"{base}/echo")), seen(http.request("POST", f"{base}/mirror", body=b"x"))


def _warm(base: str) -> urllib3.PoolManager:
    http = urllib3.PoolManager()
    http.request("GET", f"{base}/json")
    return http


@corpus.like(prepare=_warm)
def manager_with_pooled_connection(base: str, http: urllib3.PoolManager) -> object:
    with http:
        return [seen(http.request("GET", f"{base}/{path}")) for path in ("json", "chunked", "nothing", "json")]


@corpus.like(concurrent=True)
def threads_on_one_manager(base: str) -> object:
    with urllib3.PoolManager(maxsize=3, block=True) as http, ThreadPoolExecutor(5) as pool:
        asked = pool.map(lambda number: http.request("GET", f"{base}/echo?n={number}"), range(10))
        return [seen(response) for response in asked]


@corpus.like(keeps=["content-length"])
def lengths(base: str) -> object:
    with urllib3.PoolManager() as http:
        head = http.request("HEAD", f"{base}/bytes/1234")
        big = http.request("GET", f"{base}/big", preload_content=False)
        remaining = big.length_remaining
        received = sum(len(chunk) for chunk in big.stream(65536))
        big.release_conn()
        return head.headers["Content-Length"], remaining, received, big.length_remaining


@corpus.add
def empty_conditional_and_partial(base: str) -> object:
    with urllib3.PoolManager() as http:
        asked = [http.request("GET", f"{base}/{path}") for path in ("empty", "nothing", "untyped", "close", "etag")]
        asked.append(http.request("GET", f"{base}/etag", headers={"If-None-Match": '"v1"'}))
        asked.append(http.request("GET", f"{base}/bytes/1000", headers={"Range": "bytes=10-19"}))
        return [seen(response) for response in asked]


@corpus.add
def reason_phrases(base: str) -> object:
    with urllib3.PoolManager() as http:
        return [seen(http.request("GET", f"{base}/{path}")) for path in ("reason", "no-reason")]


@corpus.add
def timeouts(base: str) -> object:
    with urllib3.PoolManager(timeout=Timeout(connect=2, read=5)) as http:
        return [seen(http.request("GET", f"{base}/json", timeout=timeout)) for timeout in (5, Timeout(3), 2.5)]


@corpus.add
def upload_and_download_at_once(base: str) -> object:
    content = b"0123456789" * 20000
    with urllib3.PoolManager() as http:
        response = http.request(
            "POST", f"{base}/mirror", body=slices(content, 8192), preload_content=False, chunked=True
        )
        returned = b"".join(response.stream(4096))
        response.release_conn()
        return returned == content


@corpus.add
def through_a_proxy(base: str) -> object:
    with urllib3.ProxyManager(base) as http:
        first = http.request("GET", "http://elsewhere.test/json")
        return seen(first), seen(http.request("POST", "http://elsewhere.test/echo?x=1", body=b"x"))
