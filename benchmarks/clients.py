"""How the code under test calls: one class per client library, the same three ways to use each.

A `Batch` performs the calls one after the other and returns the last body. Libraries are imported on use,
so a worker has loaded only what its measure needs.
"""

from __future__ import annotations

import asyncio
import importlib
import urllib.request
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar

Batch = Callable[[Iterable[str]], bytes]
Door = Callable[[], Any]  # makes the transport, adapter, handler or connector of an explicit contender


class Client:
    """One client library. `door` is None when the contender intercepts the client's own transports."""

    name: ClassVar[str]
    requires: ClassVar[str]

    def reused(self, door: Door | None) -> AbstractContextManager[Batch]:
        """One prebuilt client, session or opener for all calls."""
        raise NotImplementedError

    def fresh(self, door: Door | None) -> AbstractContextManager[Batch]:
        """The module function, or the shortest thing that does the same with `door` in it."""
        raise NotImplementedError


def each(get: Callable[[str], bytes]) -> Batch:
    def batch(urls: Iterable[str]) -> bytes:
        body = b""
        for url in urls:
            body = get(url)
        return body

    return batch


def each_awaited(runner: asyncio.Runner, get: Callable[[str], Awaitable[bytes]]) -> Batch:
    async def batch(urls: Iterable[str]) -> bytes:
        body = b""
        for url in urls:
            body = await get(url)
        return body

    return lambda urls: runner.run(batch(urls))


class Httpx(Client):
    name = requires = "httpx"

    @contextmanager
    def reused(self, door: Door | None) -> Iterator[Batch]:
        httpx = importlib.import_module(self.requires)
        with httpx.Client(transport=door and door()) as client:
            yield each(lambda url: bytes(client.get(url).content))

    @contextmanager
    def fresh(self, door: Door | None) -> Iterator[Batch]:
        httpx = importlib.import_module(self.requires)

        def with_door(url: str) -> bytes:
            assert door is not None
            with httpx.Client(transport=door()) as client:
                return bytes(client.get(url).content)

        yield each(with_door if door else lambda url: bytes(httpx.get(url).content))


class Httpx2(Httpx):
    name = requires = "httpx2"


class AsyncHttpx(Client):
    name, requires = "httpx_async", "httpx"

    @contextmanager
    def reused(self, door: Door | None) -> Iterator[Batch]:
        import httpx

        with asyncio.Runner() as runner:
            client = httpx.AsyncClient(transport=door and door())

            async def get(url: str) -> bytes:
                return (await client.get(url)).content

            yield each_awaited(runner, get)
            runner.run(client.aclose())

    @contextmanager
    def fresh(self, door: Door | None) -> Iterator[Batch]:
        import httpx

        async def get(url: str) -> bytes:
            async with httpx.AsyncClient(transport=door and door()) as client:
                return (await client.get(url)).content

        with asyncio.Runner() as runner:
            yield each_awaited(runner, get)


class Requests(Client):
    name = requires = "requests"
    trust_env = True

    @contextmanager
    def reused(self, door: Door | None) -> Iterator[Batch]:
        import requests

        with requests.Session() as session:
            session.trust_env = self.trust_env
            if door:
                session.mount("http://", door())
            yield each(lambda url: session.get(url).content)

    @contextmanager
    def fresh(self, door: Door | None) -> Iterator[Batch]:
        import requests

        def with_door(url: str) -> bytes:
            assert door is not None
            with requests.Session() as session:
                session.mount("http://", door())
                return session.get(url).content

        yield each(with_door if door else lambda url: requests.get(url).content)


class RequestsWithoutEnvironment(Requests):
    """Half of a requests call is a walk over os.environ for proxies; this shows the other half."""

    name, trust_env = "requests_no_env", False


class Urllib(Client):
    name, requires = "urllib", "urllib.request"

    @contextmanager
    def reused(self, door: Door | None) -> Iterator[Batch]:
        # An opener asks the environment for proxies when it is built, not per call.
        opener = urllib.request.build_opener(*([door()] if door else []))

        def get(url: str) -> bytes:
            with opener.open(url) as response:
                return bytes(response.read())

        yield each(get)


class Aiohttp(Client):
    name = requires = "aiohttp"

    @contextmanager
    def reused(self, door: Door | None) -> Iterator[Batch]:
        import aiohttp

        async def session_in_loop() -> aiohttp.ClientSession:  # a connector wants to be born in its loop
            return aiohttp.ClientSession(connector=door and door())

        with asyncio.Runner() as runner:
            session = runner.run(session_in_loop())

            async def get(url: str) -> bytes:
                async with session.get(url) as response:
                    return await response.read()

            yield each_awaited(runner, get)
            runner.run(session.close())

    @contextmanager
    def fresh(self, door: Door | None) -> Iterator[Batch]:
        import aiohttp

        async def get(url: str) -> bytes:
            async with (
                aiohttp.ClientSession(connector=door and door()) as session,
                session.get(url) as response,
            ):
                return await response.read()

        with asyncio.Runner() as runner:
            yield each_awaited(runner, get)


CLIENTS: tuple[Client, ...] = (
    Httpx(),
    AsyncHttpx(),
    Httpx2(),
    Requests(),
    RequestsWithoutEnvironment(),
    Urllib(),
    Aiohttp(),
)
