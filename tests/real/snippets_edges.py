"""What careless servers answer and careless programs ask, with every client alike."""

from __future__ import annotations

import functools
import http.client
import inspect
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from .corpus import Snippet, shown
from .routes_edges import EDGES

GET = ("GET", None, None)
# What is asked: a path or what else may follow the host, a method, headers, a body.
Ask = tuple[str, str, dict[str, Any] | None, Any]

ANSWERS: dict[str, Ask] = {
    **{name: (f"/edge/{name}", *GET) for name in EDGES},
    **{f"spelled-{name}": (f"/spelled/{name}", *GET) for name in ("relative", "upper", "dots")},
    "head-of-gzip": ("/compressed/gzip", "HEAD", None, None),
    "head-of-chunked": ("/chunked", "HEAD", None, None),
    "head-of-redirect": ("/redirect/302/1", "HEAD", None, None),
    "options": ("/asked", "OPTIONS", None, None),
}
QUESTIONS: dict[str, Ask] = {
    "no-path": ("", *GET),
    "only-query": ("?a=1", *GET),
    "empty-query": ("/asked?", *GET),
    "fragment": ("/asked?q#part?no", *GET),
    "dots": ("/a/./b/../../asked", *GET),
    "double-slash": ("//asked//twice", *GET),
    "trailing-slash": ("/asked/", *GET),
    "space": ("/asked/a b?c d", *GET),
    "unicode": ("/asked/é/日本?ü=ö", *GET),
    "escapes": ("/asked/%7euser/%2F/%zz?%7e=%e9&q=%20+", *GET),
    "reserved": ('/asked/a;b=c,d/(e)!$&\'@:?x=[1]&y=a|b^c&z="q"', *GET),
    "query-odd": ("/asked?a&b=&=c&&d==e?f/g", *GET),
    "lower-case-method": ("/asked", "patch", None, b"x"),
    "own-method": ("/asked", "M-SEARCH", None, None),
    "get-with-body": ("/asked", "GET", None, b"unusual"),
    "delete-with-body": ("/asked", "DELETE", None, b"unusual"),
    "post-without-body": ("/asked", "POST", None, None),
    "put-empty-body": ("/asked", "PUT", None, b""),
    "big-body": ("/asked", "POST", None, b"0123456789" * 150_000),
    "own-length": ("/asked", "POST", {"Content-Length": "4"}, b"four"),
    "own-host": ("/asked", "GET", {"Host": "other.test"}, None),
    "own-agent": ("/asked", "GET", {"user-agent": "", "X-Case": "MiXed"}, None),
    "own-connection": ("/asked", "GET", {"Connection": "close"}, None),
    "own-coding": ("/compressed/gzip", "GET", {"Accept-Encoding": "identity"}, None),
    "header-long": ("/asked", "GET", {"X-Long": "l" * 30_000}, None),
    "header-padded": ("/asked", "GET", {"X-Pad": "  x "}, None),
    "header-latin1": ("/asked", "GET", {"X-Name": "Renée"}, None),
    "header-broken-name": ("/asked", "GET", {"X Name": "1"}, None),
    "header-broken-value": ("/asked", "GET", {"X-Name": "a\r\nX-More: b"}, None),
    "header-number": ("/asked", "GET", {"X-Number": 5}, None),
    "expect-continue": ("/asked", "POST", {"Expect": "100-continue"}, b"wait for it"),
}


def _with_httpx(httpx: ModuleType, base: str, ask: Ask) -> object:
    path, method, headers, content = ask
    with httpx.Client(follow_redirects=True) as client:
        response = client.request(method, base + path, headers=headers, content=content)
        jar = sorted((cookie.name, cookie.value, cookie.path) for cookie in client.cookies.jar)
        return (
            response.status_code,
            response.reason_phrase,
            shown(response.headers.multi_items()),
            (response.content, response.text, response.encoding),
            (str(response.url), [str(step.url) for step in response.history]),
            jar,
        )


async def _with_httpx_async(httpx: ModuleType, base: str, ask: Ask) -> object:
    path, method, headers, content = ask
    async with httpx.AsyncClient(follow_redirects=True) as client:
        response = await client.request(method, base + path, headers=headers, content=content)
        jar = sorted((cookie.name, cookie.value, cookie.path) for cookie in client.cookies.jar)
        return response.status_code, shown(response.headers.multi_items()), response.text, str(response.url), jar


def _with_requests(base: str, ask: Ask) -> object:
    import requests

    path, method, headers, content = ask
    with requests.Session() as session:
        response = session.request(method, base + path, headers=headers, data=content)
        return (
            (response.status_code, response.reason, shown(response.raw.headers.items())),
            (response.content, response.text, response.encoding),
            (response.url, [step.url for step in response.history]),
            sorted((cookie.name, cookie.value, cookie.path) for cookie in session.cookies),
        )


def _with_urllib3(base: str, ask: Ask) -> object:
    import urllib3

    path, method, headers, content = ask
    with urllib3.PoolManager() as manager:
        response = manager.request(method, base + path, headers=headers, body=content, retries=5)
        return response.status, response.reason, shown(response.headers.items()), response.data, response.geturl()


def _with_urllib(base: str, ask: Ask) -> object:
    path, method, headers, content = ask
    request = urllib.request.Request(base + path, data=content, headers=headers or {}, method=method)
    try:
        response = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return response.status, response.reason, shown(response.headers.items()), response.read(), response.geturl()


def _with_http_client(base: str, ask: Ask) -> object:
    path, method, headers, content = ask
    with closing(http.client.HTTPConnection(urlsplit(base).netloc)) as connection:
        connection.request(method, path if path.startswith("/") else f"/{path}", content, headers or {})
        response = connection.getresponse()
        return response.status, response.reason, shown(response.getheaders()), response.read()


def _with_httplib2(base: str, ask: Ask) -> object:
    import httplib2  # type: ignore[import-untyped]

    path, method, headers, content = ask
    with closing(httplib2.Http()) as client:
        response, body = client.request(base + path, method, content, headers)
        return response.status, response.reason, shown(response.items()), body, bool(response.previous)


async def _with_aiohttp(base: str, ask: Ask) -> object:
    import aiohttp

    path, method, headers, content = ask
    jar = aiohttp.CookieJar(unsafe=True)
    async with (
        aiohttp.ClientSession(cookie_jar=jar) as session,
        session.request(method, base + path, headers=headers, data=content) as response,
    ):
        body = await response.read()
        return (
            (response.status, response.reason, shown(response.headers.items())),
            (body, response.content_type, response.charset),
            await response.text(errors="replace"),
            (str(response.url), [str(step.url) for step in response.history]),
            sorted((morsel.key, morsel.value, morsel["path"]) for morsel in jar),
        )


# Heads that http.client refuses to read to their end.
UNREADABLE = frozenset({"too-many-headers", "endless-header"})

FETCHERS: dict[str, Callable[..., Any]] = {
    "httpx": _with_httpx,
    "httpx-async": _with_httpx_async,
    "httpx2": _with_httpx,
    "httpx2-async": _with_httpx_async,
    "requests": _with_requests,
    "urllib3": _with_urllib3,
    "urllib": _with_urllib,
    "http.client": _with_http_client,
    "httplib2": _with_httplib2,
    "aiohttp": _with_aiohttp,
}


def _outcome(fetch: Callable[..., object], ask: Ask, *arguments: Any) -> object:
    try:
        return fetch(*arguments, ask)
    except Exception as error:  # whichever it is, it is what the application sees
        return type(error).__name__, str(error)


async def _outcome_async(fetch: Callable[..., Any], ask: Ask, *arguments: Any) -> object:
    try:
        return await fetch(*arguments, ask)
    except Exception as error:
        return type(error).__name__, str(error)


def snippets(label: str) -> Iterator[Snippet]:
    """Every answer and every question, for one client."""
    fetch = FETCHERS.get(label)
    if fetch is None:
        return
    outcome = _outcome_async if inspect.iscoroutinefunction(fetch) else _outcome
    for name, ask in {**ANSWERS, **QUESTIONS}.items():
        if (label, name) == ("urllib", "location-other-scheme"):
            continue  # it goes on by FTP: a dial for which a script is missing, and no HTTP any more
        keeps = frozenset({"content-length"} if name == "cut-short" else ())
        whole = name not in UNREADABLE
        yield Snippet(f"edge-{name}", functools.partial(outcome, fetch, ask), keeps=keeps, whole=whole)
