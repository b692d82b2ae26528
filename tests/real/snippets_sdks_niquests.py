"""How applications use niquests, sync and async."""

from __future__ import annotations

import io
import tempfile
from types import ModuleType
from typing import Any

from .corpus import Corpus, raised, raised_async, shown, slices

corpus = Corpus()


def seen(response: Any) -> dict[str, object]:
    """All that an application can see of a response."""
    return {
        "status": (response.status_code, response.reason, response.ok),
        "headers": shown(response.headers.items()),
        "content": response.content,
        "text": response.text,
        "history": [(hop.status_code, hop.headers["location"]) for hop in response.history],
        "cookies": sorted(response.cookies.items()),
    }


@corpus.add
def module_functions(niquests: ModuleType, base: str) -> object:
    asked = [getattr(niquests, name)(f"{base}/echo") for name in ("get", "delete", "options")]
    sent = [getattr(niquests, name)(f"{base}/mirror", data=b"raw") for name in ("post", "put", "patch")]
    return [seen(response) for response in (*asked, *sent)], niquests.head(f"{base}/json").content


@corpus.add
def json_forms_and_files(niquests: ModuleType, base: str) -> object:
    with niquests.Session() as session:
        answers = [
            session.post(f"{base}/mirror", json={"name": "Ünï"}),
            session.post(f"{base}/form", data={"name": "Ünï", "n": 1}),
            session.post(f"{base}/form", files={"file": ("a.txt", b"content", "text/plain")}),
            session.get(f"{base}/echo", params={"q": "ü", "n": 5}, headers={"X-Own": "1"}),
        ]
        return [response.json() for response in answers]


@corpus.add
def redirects_and_cookies(niquests: ModuleType, base: str) -> object:
    with niquests.Session() as session:
        logged_in = session.post(f"{base}/login", data={"user": "ü", "password": "s3cret"})
        moved = session.get(f"{base}/redirect/302/2")
        return seen(logged_in), seen(moved), sorted(session.cookies.keys()), raised(session.get, f"{base}/loop")


@corpus.add
def streamed(niquests: ModuleType, base: str) -> object:
    with niquests.Session() as session:
        with session.get(f"{base}/bytes/100000", stream=True) as response:
            sizes = sum(len(chunk) for chunk in response.iter_content(8192))
        with session.get(f"{base}/lines", stream=True) as response:
            lines = list(response.iter_lines())
        return sizes, lines, session.post(f"{base}/mirror", data=slices(b"in pieces", 3)).content


@corpus.add
def statuses_and_codings(niquests: ModuleType, base: str) -> object:
    with niquests.Session() as session:
        paths = ("status/404", "status/503", "nothing", "empty", "compressed/gzip", "text/latin-1", "close")
        answers = [session.get(f"{base}/{path}") for path in paths]
        return [seen(response) for response in answers], raised(answers[0].raise_for_status)


@corpus.like(prepare=lambda niquests, base: niquests.Session())
def session_built_before(niquests: ModuleType, base: str, session: Any) -> object:
    with session:
        return [seen(session.get(f"{base}/{path}")) for path in ("json", "chunked", "json")]


@corpus.add
async def async_session(niquests: ModuleType, base: str) -> object:
    async with niquests.AsyncSession() as session:
        answers = [
            await session.get(f"{base}/json"),
            await session.post(f"{base}/mirror", json={"a": 1}),
            await session.get(f"{base}/redirect/302/1"),
            await session.get(f"{base}/status/404"),
        ]
        return [seen(response) for response in answers], await raised_async(session.get(f"{base}/loop"))


@corpus.add
async def async_stream(niquests: ModuleType, base: str) -> object:
    async with niquests.AsyncSession() as session:
        response = await session.get(f"{base}/bytes/50000", stream=True)
        return sum([len(chunk) async for chunk in await response.iter_content(4096)])


@corpus.add
def uploads(niquests: ModuleType, base: str) -> object:
    with niquests.Session() as session, tempfile.TemporaryFile() as file:
        file.write(b"from a file" * 1000)
        file.seek(0)
        bodies = (file, io.BytesIO(b"from memory"), slices(b"in pieces", 3))
        return [len(session.post(f"{base}/mirror", data=body).content) for body in bodies]
