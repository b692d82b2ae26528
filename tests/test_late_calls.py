"""Calls after the sandbox has ended: refused, by name of the sandbox and of the place where the work was started."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from bigfoot import SandboxNotActiveError, StrictVerifier

from .loopback import Loopback


def entered_at(error: SandboxNotActiveError) -> bool:
    return "the sandbox was entered at tests" in str(error) and "test_late_calls.py" in str(error)


async def fetch(url: str) -> None:
    async with httpx.AsyncClient() as client:
        await client.get(url)


class TestTask:
    def test_that_was_leaked_names_itself_and_its_code(self, server: Loopback) -> None:
        release = asyncio.Event()

        async def straggler() -> None:
            await release.wait()
            await fetch(server.url)

        async def main() -> None:
            async with StrictVerifier().sandbox():
                task = asyncio.create_task(straggler(), name="leaked")
                await asyncio.sleep(0)
            release.set()
            await task

        with pytest.raises(SandboxNotActiveError, match=r"GET http://127\.0\.0\.1.* after its sandbox") as caught:
            asyncio.run(main())
        assert "the task 'leaked', running TestTask.test_that_was_leaked" in str(caught.value)
        assert "straggler of tests" in str(caught.value)
        assert entered_at(caught.value)
        assert server.seen == []

    def test_that_runs_after_a_sandbox_of_plain_code(self, server: Loopback) -> None:
        loop = asyncio.new_event_loop()
        try:
            with StrictVerifier().sandbox():
                task = loop.create_task(fetch(server.url))
            with pytest.raises(SandboxNotActiveError, match="running fetch of"):
                loop.run_until_complete(task)
        finally:
            loop.close()
        assert server.seen == []

    def test_its_opener_is_not_leaked(self, server: Loopback) -> None:
        async def main() -> None:
            async with StrictVerifier().sandbox():
                pass
            await fetch(server.url)

        asyncio.run(main())
        assert server.seen == ["GET /"]

    def test_of_an_inner_sandbox_may_not_use_the_outer(self) -> None:
        outer = StrictVerifier()
        service = outer.mock("Service")
        service.ping.required(False).returns(None)

        async def ping(release: asyncio.Event) -> None:
            await release.wait()
            service.ping()

        async def main() -> None:
            release = asyncio.Event()
            with outer.sandbox():
                with StrictVerifier().sandbox():
                    task = asyncio.create_task(ping(release))
                    await asyncio.sleep(0)
                release.set()
                await task

        with pytest.raises(SandboxNotActiveError, match=r"Service\.ping was called after"):
            asyncio.run(main())


def caught_in_thread(work: Callable[[], object]) -> tuple[threading.Thread, threading.Event, list[BaseException]]:
    """A thread, not started, that does the work when the event is set, and notes what it raised."""
    release, errors = threading.Event(), list[BaseException]()

    def run() -> None:
        release.wait()
        try:
            work()
        except SandboxNotActiveError as error:
            errors.append(error)

    return threading.Thread(target=run, name="leaked"), release, errors


class TestThread:
    def test_that_was_leaked_names_itself_and_where_it_was_started(self, server: Loopback) -> None:
        thread, release, errors = caught_in_thread(lambda: httpx.get(server.url))
        with StrictVerifier().sandbox():
            thread.start()
        release.set()
        thread.join()
        [error] = errors
        assert isinstance(error, SandboxNotActiveError)
        assert "by the thread 'leaked', started at tests" in str(error)
        assert entered_at(error)
        assert server.seen == []

    def test_a_worker_of_a_pool_is_free_for_the_next_job(self, server: Loopback) -> None:
        with ThreadPoolExecutor(1) as pool:
            with StrictVerifier().sandbox():
                pool.submit(int).result()
            assert pool.submit(httpx.get, server.url).result().status_code == 200
        assert server.seen == ["GET /"]


def test_without_any_sandbox_a_mock_says_what_to_do() -> None:
    method = StrictVerifier().mock("Service").ping
    with pytest.raises(SandboxNotActiveError, match="no sandbox is active: call it inside `with bigfoot:`") as caught:
        method()
    assert caught.value.source_id == "mock:Service.ping"
