"""The async clients on the event loops that they may run on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from .corpus import Corpus, raised_async

httpx_loops = Corpus()
aiohttp_loops = Corpus()

LOOPS: dict[str, tuple[str, dict[str, Any]]] = {
    "asyncio": ("asyncio", {}),
    "uvloop": ("asyncio", {"use_uvloop": True}),
    "trio": ("trio", {}),
}


async def _asked(anyio: ModuleType, httpx: ModuleType, base: str) -> object:
    """Requests from the tasks of a group, a stream, a deadline, an error."""
    found: dict[int, object] = {}
    async with httpx.AsyncClient() as client:

        async def get(number: int) -> None:
            found[number] = (await client.get(f"{base}/echo?n={number}")).json()["args"]

        async with anyio.create_task_group() as group:
            for number in range(4):
                group.start_soon(get, number)
        async with client.stream("GET", f"{base}/lines") as response:
            lines = [line async for line in response.aiter_lines()]
        with anyio.fail_after(30):
            posted = await client.post(f"{base}/mirror", content=b"raw")
        wrong = (await client.get(f"{base}/status/404")).raise_for_status
        return sorted(found.items()), lines, posted.content, await raised_async(_called(wrong))


async def _called(function: Callable[[], object]) -> object:
    return function()


def _on(loop: str) -> Callable[..., object]:
    backend, options = LOOPS[loop]

    def run(anyio: ModuleType, httpx: ModuleType, base: str) -> object:
        return anyio.run(_asked, anyio, httpx, base, backend=backend, backend_options=options)

    run.__name__ = f"anyio_on_{loop}"
    return run


for each in LOOPS:
    httpx_loops.like(concurrent=True)(_on(each))


async def _with_aiohttp(aiohttp: ModuleType, base: str) -> object:
    async with aiohttp.ClientSession(base) as session:
        async with session.get("/lines") as response:
            lines = [line async for line in response.content]
        async with session.post("/mirror", data=b"raw") as response:
            posted = await response.read()
        return lines, posted, await raised_async(_raising(session.get("/status/503", raise_for_status=True)))


async def _raising(request: Awaitable[Any]) -> None:
    (await request).release()


@aiohttp_loops.add
def anyio_with_aiohttp(anyio: ModuleType, aiohttp: ModuleType, base: str) -> object:
    return anyio.run(_with_aiohttp, aiohttp, base)


@aiohttp_loops.add
def anyio_with_aiohttp_on_uvloop(anyio: ModuleType, aiohttp: ModuleType, base: str) -> object:
    return anyio.run(_with_aiohttp, aiohttp, base, backend_options={"use_uvloop": True})
