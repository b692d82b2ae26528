"""How applications use httplib2."""

from __future__ import annotations

import json
import tempfile
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

import httplib2  # type: ignore[import-untyped]

from .corpus import Corpus, raised, shown

corpus = Corpus()


def seen(answer: tuple[Any, bytes]) -> dict[str, object]:
    """All that an application can see of a response and its content."""
    response, content = answer
    return {
        "status": (response.status, response.reason, response.version, response.fromcache),
        "headers": shown(response.items()),
        "content": content,
        "previous": response.previous and (response.previous.status, response.previous.get("location")),
    }


def opened(*args: Any, **kwargs: Any) -> closing[Any]:
    return closing(httplib2.Http(*args, **kwargs))


@corpus.add
def get_json(base: str) -> object:
    with opened() as http:
        response, content = http.request(f"{base}/json")
        return response.status, json.loads(content), seen((response, content))


@corpus.add
def every_method(base: str) -> object:
    with opened(timeout=5) as http:
        plain = [http.request(f"{base}/echo", method) for method in ("GET", "HEAD", "DELETE", "OPTIONS")]
        bodies = [http.request(f"{base}/mirror", method, body=b"raw") for method in ("POST", "PUT", "PATCH")]
        return [seen(answer) for answer in (*plain, *bodies)]


@corpus.add
def form(base: str) -> object:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Own": "1"}
    with opened() as http:
        return seen(http.request(f"{base}/form", "POST", urlencode({"name": "Ünï"}), headers))


@corpus.add
def redirects(base: str) -> object:
    with opened() as http:
        followed = [http.request(f"{base}/redirect/{code}/2") for code in (301, 302, 303, 307)]
        posted = http.request(f"{base}/redirect/303/1", "POST", "moved")
        http.follow_redirects = False
        return [seen(answer) for answer in (*followed, posted, http.request(f"{base}/redirect/302/1"))]


@corpus.add
def too_many_redirects(base: str) -> object:
    with opened() as http:
        return raised(http.request, f"{base}/loop", redirections=2)


@corpus.add
def content_codings(base: str) -> object:
    with opened() as http:
        codings = ("gzip", "deflate", "gzip/chunked")
        return [seen(http.request(f"{base}/compressed/{coding}")) for coding in codings]


@corpus.add
def credentials(base: str) -> object:
    with opened() as http:
        http.add_credentials("user", "pass")
        return seen(http.request(f"{base}/basic")), http.request(f"{base}/digest/MD5")[1]


@corpus.add
def cached(base: str) -> object:
    with tempfile.TemporaryDirectory() as folder, opened(folder) as http:
        first = http.request(f"{base}/etag")
        again = http.request(f"{base}/etag", headers={"cache-control": "max-age=0"})
        return seen(first), again[0].status, again[0].fromcache, again[1]


@corpus.add
def statuses(base: str) -> object:
    with opened() as http:
        paths = ("status/404", "status/503", "nothing", "close", "reason")
        return [seen(http.request(f"{base}/{path}")) for path in paths]


@corpus.like(prepare=lambda base: httplib2.Http())
def client_built_before(base: str, http: Any) -> object:
    with closing(http):
        return [seen(http.request(f"{base}/{path}")) for path in ("json", "chunked", "json")]
