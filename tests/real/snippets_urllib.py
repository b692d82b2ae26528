"""How applications use urllib.request: module functions, openers of their own, handlers, cookie jars, auth."""

from __future__ import annotations

import io
import json
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import urllib.response
import urllib.robotparser
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPResponse
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.request import OpenerDirector, Request, build_opener, urlopen

from .corpus import Corpus, raised, shown, slices

corpus = Corpus()


def seen(response: Any) -> dict[str, object]:
    """All that an application can see of a response (or of an HTTPError, which is one)."""
    with response:
        return {
            "status": (
                response.status,
                response.code,
                response.reason,
                response.msg,
                getattr(response, "version", 0),
            ),
            "headers": shown(response.headers.items()),
            "info": (response.info().get_content_type(), response.info().get_content_charset()),
            "url": (response.geturl(), response.url),
            "body": response.read(),
            "after": response.read(),
        }


def fetched(opener: OpenerDirector, target: str | Request, data: bytes | None = None) -> dict[str, object]:
    """The response or, as urllib raises them, the error."""
    try:
        return seen(opener.open(target, data, timeout=5))
    except urllib.error.HTTPError as error:
        return {"raised": str(error)} | seen(error)


@contextmanager
def installed(opener: OpenerDirector) -> Iterator[None]:
    """Install an opener for the module function, and put the previous one back."""
    before = getattr(urllib.request, "_opener")  # noqa: B009 - there is no public way to ask which one is installed
    urllib.request.install_opener(opener)
    try:
        yield
    finally:
        urllib.request.install_opener(before)


@corpus.add
def get_json(base: str) -> object:
    with urlopen(f"{base}/json", timeout=5) as response:
        return json.load(response), response.status


@corpus.add
def get_and_look_at_everything(base: str) -> object:
    return [seen(urlopen(f"{base}/{path}")) for path in ("json", "chunked", "close", "empty", "nothing", "untyped")]


@corpus.add
def every_method(base: str) -> object:
    plain = [Request(f"{base}/echo", method=method) for method in ("GET", "HEAD", "OPTIONS", "DELETE", "PURGE")]
    bodies = [Request(f"{base}/echo", data=b"raw", method=method) for method in ("POST", "PUT", "PATCH")]
    return [seen(urlopen(request)) for request in (*plain, *bodies)]


@corpus.add
def post_json(base: str) -> object:
    content = json.dumps({"é": [1, None]}).encode()
    request = Request(f"{base}/echo", data=content, headers={"Content-Type": "application/json"})
    return request.get_method(), seen(urlopen(request))


@corpus.add
def post_form(base: str) -> object:
    data = urllib.parse.urlencode({"name": "Ünï", "many": ["1", "2"]}, doseq=True).encode("ascii")
    return seen(urlopen(f"{base}/form", data)), seen(urlopen(f"{base}/echo", data))


@corpus.add
def headers_sent(base: str) -> object:
    request = Request(f"{base}/echo", headers={"User-agent": "app/1.0", "X-Own": "1"})
    request.add_header("x-late", "2")
    request.add_unredirected_header("X-Once", "3")
    return seen(urlopen(request)), request.header_items(), request.has_header("X-own")


@corpus.like(whole=False)
def headers_received(base: str) -> object:
    with urlopen(f"{base}/repeated") as many, urlopen(f"{base}/latin1-header") as latin:
        return (
            many.headers.get_all("X-Many"),
            many.getheader("x-many"),
            [pair for pair in many.getheaders() if pair[0].lower() == "vary"],
            latin.headers["X-Name"],
            latin.getheader("X-Missing", "default"),
        )


@corpus.add
def bodies_of_all_kinds(base: str) -> object:
    with tempfile.TemporaryFile() as upload:
        upload.write(b"on disk" * 100)
        upload.seek(0)
        kinds: list[Any] = [
            b"bytes \xff",
            slices(b"generated" * 100, 64),
            io.BytesIO(b"a file" * 100),
            upload,
        ]
        return [seen(urlopen(Request(f"{base}/mirror", data=kind, method="PUT"))) for kind in kinds]


@corpus.add
def text_in_charsets(base: str) -> object:
    texts = []
    for charset in ("utf-8", "iso-8859-1", "shift_jis"):
        with urlopen(f"{base}/text/{charset}") as response:
            texts.append(response.read().decode(response.headers.get_content_charset()))
    return texts


@corpus.add
def compressed_stays_compressed(base: str) -> object:
    request = Request(f"{base}/compressed/gzip", headers={"Accept-Encoding": "gzip"})
    return seen(urlopen(request)), seen(urlopen(f"{base}/compressed/deflate/chunked"))


@corpus.like(keeps=["content-length"])
def read_in_pieces(base: str) -> object:
    with urlopen(f"{base}/bytes/5000") as response:
        length = response.length, response.headers["Content-Length"]
        pieces = [
            response.read(10),
            response.read1(90),
            response.peek(1)[:1],
            response.read(),
            response.read(5),
        ]
        return length, pieces, response.closed, response.isclosed()


@corpus.add
def read_into_a_buffer(base: str) -> object:
    with urlopen(f"{base}/bytes/100") as response:
        buffer = bytearray(64)
        return response.readinto(buffer), bytes(buffer), response.readinto(buffer), response.readable()


@corpus.add
def records_by_line(base: str) -> object:
    with urlopen(f"{base}/lines") as response:
        return response.readline(), response.readlines(1), [json.loads(line) for line in response]


@corpus.add
def server_sent_events(base: str) -> object:
    with urlopen(f"{base}/sse") as response:
        return [line for line in io.TextIOWrapper(response, encoding="utf-8") if line.startswith("data:")]


@corpus.like(whole=False)
def stopped_midway(base: str) -> object:
    with urlopen(f"{base}/bytes/300000") as response:
        first = response.read(100)
    return first, response.closed, response.read(), seen(urlopen(f"{base}/json"))


@corpus.add
def http_errors(base: str) -> object:
    found = []
    for code in (400, 401, 404, 418, 429, 500, 503, 599):
        try:
            urlopen(f"{base}/status/{code}")
        except urllib.error.HTTPError as error:
            found.append((str(error), error.code, error.reason, error.url, error.filename, seen(error)))
    return found


@corpus.add
def success_codes(base: str) -> object:
    return [seen(urlopen(f"{base}/status/{code}")) for code in (200, 201, 202, 203, 299)]


@corpus.add
def redirects(base: str) -> object:
    opener = build_opener()
    targets = [f"{base}/redirect/{code}/2" for code in (301, 302, 303, 307)]
    return [fetched(opener, target) for target in (*targets, f"{base}/relative/a/b#kept")]


@corpus.add
def redirects_of_a_post(base: str) -> object:
    opener = build_opener()
    return [fetched(opener, f"{base}/redirect/{code}/1", b"moved") for code in (301, 302, 303, 307)]


@corpus.add
def too_many_redirects(base: str) -> object:
    return fetched(build_opener(), f"{base}/loop")


@corpus.add
def redirects_refused(base: str) -> object:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args: Any, **kwargs: Any) -> None:
            return None

    return fetched(build_opener(Stay), f"{base}/redirect/302/1")


@corpus.add
def redirects_counted(base: str) -> object:
    log: list[object] = []

    class Counting(urllib.request.HTTPRedirectHandler):
        def redirect_request(
            self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
        ) -> Request | None:
            log.append((code, msg, newurl))
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    return fetched(build_opener(Counting()), f"{base}/redirect/303/3"), log


def _cookies(jar: CookieJar) -> list[tuple[object, ...]]:
    return sorted((cookie.name, cookie.value, cookie.path, cookie.domain, cookie.secure) for cookie in jar)


@corpus.add
def login_with_a_cookie_jar(base: str) -> object:
    jar = CookieJar()
    opener = build_opener(urllib.request.HTTPCookieProcessor(jar))
    form = urllib.parse.urlencode({"user": "ada", "password": "s3cret"}).encode()
    return fetched(opener, f"{base}/login", form), fetched(opener, f"{base}/account"), _cookies(jar)


@corpus.add
def cookie_attributes(base: str) -> object:
    jar = CookieJar(DefaultCookiePolicy(rfc2965=True))
    opener = build_opener(urllib.request.HTTPCookieProcessor(jar))
    for path in ("cookies/fancy", "cookies/set?a=1&b=2", "cookies/delete?a="):
        fetched(opener, f"{base}/{path}")
    httponly = [cookie.name for cookie in jar if cookie.has_nonstandard_attr("HttpOnly")]
    return _cookies(jar), httponly, fetched(opener, f"{base}/cookies"), fetched(opener, f"{base}/echo")


@corpus.like(whole=False)
def basic_auth(base: str) -> object:
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, base, "user", "pass")
    opener = build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
    wrong = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    wrong.add_password(None, base, "user", "no")
    return fetched(opener, f"{base}/basic"), fetched(
        build_opener(urllib.request.HTTPBasicAuthHandler(wrong)), f"{base}/basic"
    )


@corpus.add
def basic_auth_ahead(base: str) -> object:
    passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
    passwords.add_password("tests", base, "user", "pass", is_authenticated=True)
    opener = build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
    return fetched(opener, f"{base}/basic")


@corpus.like(whole=False)
def digest_auth(base: str) -> object:
    handler: Any = urllib.request.HTTPDigestAuthHandler()
    handler.add_password("tests", base, "user", "pass")
    opener = build_opener(handler)
    asked = fetched(opener, f"{base}/digest/MD5?q=1"), fetched(opener, f"{base}/digest/MD5", b"with a body")
    return [(each["status"], each["body"]) for each in asked]


@corpus.add
def opener_with_headers(base: str) -> object:
    opener = build_opener()
    opener.addheaders = [("User-Agent", "app/2"), ("X-Default", "d")]
    return fetched(opener, f"{base}/echo")


@corpus.like(prepare=lambda base: build_opener(urllib.request.HTTPCookieProcessor()))
def opener_built_before(base: str, opener: OpenerDirector) -> object:
    return fetched(opener, f"{base}/cookies/set?a=1"), fetched(opener, f"{base}/cookies")


@corpus.add
def opener_installed_inside(base: str) -> object:
    opener = build_opener()
    opener.addheaders = [("User-Agent", "installed/1")]
    with installed(opener):
        return seen(urlopen(f"{base}/echo"))


@corpus.add
def handlers_that_see_every_request(base: str) -> object:
    log: list[object] = []

    class Noting(urllib.request.BaseHandler):
        handler_order = 100

        def http_request(self, request: Request) -> Request:
            request.add_header("X-Noted", str(len(log)))
            log.append((request.get_method(), request.full_url))
            return request

        def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:
            log.append((response.status, response.headers.get_content_type()))
            return response

    return fetched(build_opener(Noting()), f"{base}/redirect/302/1"), log


@corpus.add
def errors_taken_as_responses(base: str) -> object:
    class Lenient(urllib.request.HTTPErrorProcessor):
        def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:
            return response

    opener = build_opener(Lenient)
    return [fetched(opener, f"{base}/{path}") for path in ("status/404", "redirect/302/1", "status/503")]


@corpus.add
def own_http_handler(base: str) -> object:
    class Stamping(urllib.request.HTTPHandler):
        def http_open(self, req: Request) -> HTTPResponse:
            req.add_header("X-Stamp", "1")
            return super().http_open(req)

    return fetched(build_opener(Stamping(debuglevel=0)), f"{base}/echo")


@corpus.add
def own_scheme_beside_http(base: str) -> object:
    class Greeting(urllib.request.BaseHandler):
        def hello_open(self, request: Request) -> Any:
            return urllib.response.addinfourl(
                io.BytesIO(b"hi"), urlopen(f"{base}/empty").headers, request.full_url, 200
            )

    with build_opener(Greeting).open("hello://there") as response:
        return response.read(), response.geturl(), fetched(build_opener(Greeting), f"{base}/json")


@corpus.add
def conditional_and_partial(base: str) -> object:
    opener = build_opener()
    asked = [Request(f"{base}/etag"), Request(f"{base}/etag", headers={"If-None-Match": '"v1"'})]
    asked += [Request(f"{base}/bytes/1000", headers={"Range": f"bytes={span}"}) for span in ("9-19", "5000-")]
    return [fetched(opener, request) for request in asked]


@corpus.add
def retrieved_to_a_file(base: str) -> object:
    reports: list[tuple[int, int]] = []
    with tempfile.TemporaryDirectory() as folder:
        name, headers = urllib.request.urlretrieve(
            f"{base}/chunked", Path(folder, "got"), lambda count, size, total: reports.append((count, size))
        )
        return Path(name).read_bytes(), headers.get_content_type(), reports


@corpus.add
def robots(base: str) -> object:
    parser = urllib.robotparser.RobotFileParser(f"{base}/robots.txt")
    parser.read()
    return parser.can_fetch("bot", f"{base}/private"), parser.crawl_delay("bot"), parser.site_maps()


@corpus.add
def reason_phrases(base: str) -> object:
    return [seen(urlopen(f"{base}/{path}")) for path in ("reason", "no-reason")]


@corpus.add
def urls_with_everything(base: str) -> object:
    query = urllib.parse.urlencode({"q": "a b&c=d/é", "n": 1})
    path = urllib.parse.quote("/echo/päth with space")
    return seen(urlopen(f"{base}{path}?{query}#fragment")), raised(urlopen, f"{base}/sp ace")


@corpus.like(concurrent=True)
def threads(base: str) -> object:
    with ThreadPoolExecutor(5) as pool:
        return list(pool.map(lambda number: seen(urlopen(f"{base}/echo?n={number}")), range(10)))


@corpus.like(keeps=["content-length"])
def big_download(base: str) -> object:
    with urlopen(f"{base}/big") as response, tempfile.TemporaryFile() as file:
        total = int(response.headers["Content-Length"])
        while block := response.read(65536):
            file.write(block)
        return total, file.tell(), seen(urlopen(Request(f"{base}/bytes/9", method="HEAD")))["headers"]


@corpus.like(whole=False)
def retry_in_the_application(base: str) -> object:
    for attempt in range(5):
        try:
            return attempt, seen(urlopen(f"{base}/flaky/503/2"))
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 503:
                raise
    return None


@corpus.add
def through_a_proxy(base: str) -> object:
    opener = build_opener(urllib.request.ProxyHandler({"http": base}))
    return fetched(opener, "http://elsewhere.test/json"), fetched(opener, "http://elsewhere.test/echo?x=1", b"x")
