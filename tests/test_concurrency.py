"""Threads, pools and tasks: every call answered once, recorded once, and by the sandbox that it belongs to."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import anyio
import anyio.to_thread
import httpx
import pytest
import trio

from bigfoot import AmbiguousSandboxError, SandboxNotActiveError, StrictVerifier, UnmockedInteractionError, context
from bigfoot.plugins.http import HttpPlugin

from .loopback import Loopback

URL = "https://api.example.com/"


@pytest.fixture(scope="module")
def client() -> httpx.Client:
    return httpx.Client()


def fetch(url: str = URL) -> str:
    return httpx.get(url).text


def in_a_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


class Waiting:
    """A thread that was started before any sandbox, and does what it is given."""

    def __init__(self) -> None:
        self._jobs: list[Callable[[], object]] = []
        self._go, self._done = threading.Event(), threading.Event()
        self.results: list[object] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self._go.wait()
        for job in self._jobs:
            try:
                self.results.append(job())
            except AmbiguousSandboxError as error:
                self.results.append(error)

    def do(self, *jobs: Callable[[], object]) -> list[object]:
        self._jobs.extend(jobs)
        self._go.set()
        self._thread.join()
        return self.results


class TestEachWayToStartWork:
    """All of it is answered by the sandbox around it, with another one open elsewhere in the process."""

    @pytest.fixture(autouse=True)
    def _one_more_sandbox(self) -> object:
        other = StrictVerifier().sandbox()
        in_a_thread(other.__enter__)
        yield
        other.__exit__(None, None, None)

    @pytest.fixture
    def answering(self, http: HttpPlugin) -> HttpPlugin:
        http.mock_response("GET", URL, body="ok", times=None)
        return http

    def test_thread(self, verifier: StrictVerifier, answering: HttpPlugin) -> None:
        texts: list[str] = []
        with verifier.sandbox():
            in_a_thread(lambda: texts.append(fetch()))
        assert texts == ["ok"]
        assert len(answering.calls) == 1

    def test_thread_of_a_thread(self, verifier: StrictVerifier, answering: HttpPlugin) -> None:
        with verifier.sandbox():
            in_a_thread(lambda: in_a_thread(fetch))
        assert len(answering.calls) == 1

    def test_timer(self, verifier: StrictVerifier, answering: HttpPlugin) -> None:
        with verifier.sandbox():
            timer = threading.Timer(0, fetch)
            timer.start()
            timer.join()
        assert len(answering.calls) == 1

    def test_pool(self, verifier: StrictVerifier, answering: HttpPlugin) -> None:
        with ThreadPoolExecutor(1) as before:
            before.submit(int).result()  # its worker is older than the sandbox
            with verifier.sandbox(), ThreadPoolExecutor(2) as pool:
                assert before.submit(fetch).result() == "ok"
                assert list(pool.map(fetch, [URL] * 4)) == ["ok"] * 4
        assert len(answering.calls) == 5

    def test_pool_job_that_submits_another(self, verifier: StrictVerifier, answering: HttpPlugin) -> None:
        with ThreadPoolExecutor(2) as pool, verifier.sandbox():
            assert pool.submit(lambda: pool.submit(fetch).result()).result() == "ok"
        assert len(answering.calls) == 1

    def test_run_in_executor(self, verifier: StrictVerifier, answering: HttpPlugin) -> None:
        async def main() -> list[str]:
            loop = asyncio.get_running_loop()
            with ThreadPoolExecutor(1) as pool:
                async with verifier.sandbox():
                    return [await loop.run_in_executor(None, fetch), await loop.run_in_executor(pool, fetch, URL)]

        assert asyncio.run(main()) == ["ok", "ok"]
        assert len(answering.calls) == 2

    def test_asyncio_to_thread(self, verifier: StrictVerifier, answering: HttpPlugin) -> None:
        async def main() -> str:
            async with verifier.sandbox():
                return await asyncio.to_thread(fetch)

        assert asyncio.run(main()) == "ok"
        assert len(answering.calls) == 1

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_anyio_to_thread(self, backend: str, verifier: StrictVerifier, answering: HttpPlugin) -> None:
        async def main() -> str:
            async with verifier.sandbox():
                return await anyio.to_thread.run_sync(fetch)

        assert anyio.run(main, backend=backend) == "ok"
        assert len(answering.calls) == 1

    def test_trio(self, verifier: StrictVerifier, answering: HttpPlugin) -> None:
        async def get(client: httpx.AsyncClient) -> None:
            assert (await client.get(URL)).text == "ok"

        async def main() -> None:
            async with verifier.sandbox(), httpx.AsyncClient() as client, trio.open_nursery() as nursery:
                for _ in range(3):
                    nursery.start_soon(get, client)
                assert await trio.to_thread.run_sync(fetch) == "ok"

        trio.run(main)
        assert len(answering.calls) == 4

    def test_a_loop_inside_the_sandbox(self, verifier: StrictVerifier, answering: HttpPlugin) -> None:
        async def main() -> str:
            async with httpx.AsyncClient() as client:
                return (await client.get(URL)).text

        with verifier.sandbox():
            assert asyncio.run(main()) == "ok"
            in_a_thread(lambda: asyncio.run(main()))
        assert len(answering.calls) == 2

    def test_task_group_and_call_soon(self, verifier: StrictVerifier, answering: HttpPlugin) -> None:
        async def main() -> None:
            async with verifier.sandbox():
                async with asyncio.TaskGroup() as group, httpx.AsyncClient() as client:
                    await asyncio.gather(*(group.create_task(client.get(URL)) for _ in range(3)))
                done = asyncio.get_running_loop().create_future()
                asyncio.get_running_loop().call_soon(lambda: done.set_result(fetch()))
                assert await done == "ok"

        asyncio.run(main())
        assert len(answering.calls) == 4


class TestThreadsFromBefore:
    """A thread that no sandbox started has the only sandbox that is open, if there is only one."""

    @pytest.fixture
    def answering(self, http: HttpPlugin) -> HttpPlugin:
        http.mock_response("GET", URL, body="ok", times=None)
        return http

    def test_have_the_only_sandbox(self, verifier: StrictVerifier, answering: HttpPlugin) -> None:
        waiting = Waiting()
        with verifier.sandbox():
            assert waiting.do(fetch) == ["ok"]
        assert len(answering.calls) == 1

    def test_have_the_innermost_of_a_nest(self, verifier: StrictVerifier, answering: HttpPlugin) -> None:
        waiting = Waiting()
        with StrictVerifier().sandbox(), verifier.sandbox():
            assert waiting.do(fetch) == ["ok"]
        assert len(answering.calls) == 1

    def test_have_the_root_of_two_branches(self, verifier: StrictVerifier, answering: HttpPlugin) -> None:
        waiting, barrier, release = Waiting(), threading.Barrier(3), threading.Event()

        def branch() -> None:
            with StrictVerifier().sandbox():
                barrier.wait()
                release.wait()

        with verifier.sandbox():
            branches = [threading.Thread(target=branch) for _ in range(2)]
            for each in branches:
                each.start()
            barrier.wait()
            results = waiting.do(fetch)
            release.set()
            for each in branches:
                each.join()
        assert results == ["ok"]
        assert len(answering.calls) == 1

    def test_have_none_of_several(self, verifier: StrictVerifier, answering: HttpPlugin) -> None:
        waiting = Waiting()
        other = StrictVerifier().sandbox()
        in_a_thread(lambda: other.__enter__())
        with verifier.sandbox():
            [error] = waiting.do(fetch)
        other.__exit__(None, None, None)
        assert isinstance(error, AmbiguousSandboxError)
        assert len(error.sandboxes) == 2
        assert all("test_concurrency.py:" in place for place in error.sandboxes)
        assert "started outside every sandbox, while several are open" in str(error)
        assert not answering.calls

    def test_reach_the_world_when_none_is_open(self, verifier: StrictVerifier) -> None:
        waiting = Waiting()
        ran: list[str] = []
        with verifier.sandbox():
            pass
        method = verifier.mock("Service").ping.required(False).calls(lambda: ran.append("ran"))

        def call() -> str:
            try:
                method()
            except SandboxNotActiveError as error:
                return str(error)
            return "answered"

        [text] = waiting.do(call)
        assert "no sandbox is active" in str(text)
        assert ran == []


class TestOutside:
    """What a pass-through does is none of the sandbox's business, in whatever thread it does it."""

    def test_threads_and_jobs_go_along(self, verifier: StrictVerifier, server: Loopback) -> None:
        def get(path: str) -> int:
            with httpx.Client() as client:
                return client.get(f"{server.url}/{path}").status_code

        with ThreadPoolExecutor(1) as pool, verifier.sandbox():
            with context.outside():
                assert pool.submit(get, "pool").result() == 200
                in_a_thread(lambda: pool.submit(get, "thread-and-pool").result())
                in_a_thread(lambda: get("thread"))
            with pytest.raises(UnmockedInteractionError):
                pool.submit(get, "inside").result()
        assert server.seen == ["GET /pool", "GET /thread-and-pool", "GET /thread"]
        assert len(verifier.timeline) == 0


class TestExactlyOnce:
    def test_eight_threads_of_a_thousand_requests(
        self, verifier: StrictVerifier, http: HttpPlugin, client: httpx.Client
    ) -> None:
        threads, each = 8, 1000
        for number in range(threads * each):
            http.mock_response("GET", f"https://api.example.com/{number % each}", body=str(number))
        got: Counter[str] = Counter()
        lock = threading.Lock()

        def work() -> None:
            own = [client.get(f"https://api.example.com/{number}").text for number in range(each)]
            with lock:
                got.update(own)

        with verifier.sandbox():
            workers = [threading.Thread(target=work) for _ in range(threads)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        assert got == Counter(str(number) for number in range(threads * each))
        assert [interaction.sequence for interaction in verifier.timeline] == list(range(threads * each))
        assert Counter(call.details["response_body"] for call in http.calls) == got
        with verifier.in_any_order():
            for number in range(each):
                for _ in range(threads):
                    http.assert_request("GET", f"https://api.example.com/{number}")
        verifier.verify_all()

    def test_a_thousand_gathered_tasks(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        count = 1000
        for number in range(count):
            http.mock_response("GET", f"https://api.example.com/{number}", body=str(number))

        async def main() -> list[str]:
            async with verifier.sandbox(), httpx.AsyncClient() as client:
                answers = await asyncio.gather(
                    *(client.get(f"https://api.example.com/{number}") for number in range(count))
                )
            return [answer.text for answer in answers]

        assert asyncio.run(main()) == [str(number) for number in range(count)]
        assert len(http.calls) == count
        with verifier.in_any_order():
            for number in reversed(range(count)):
                http.assert_request("GET", f"https://api.example.com/{number}")
        verifier.verify_all()

    def test_mocks_from_many_threads(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        for number in range(2000):
            service.take.returns(number)
        got: list[int] = []
        with verifier.sandbox(), ThreadPoolExecutor(8) as pool:
            got = list(pool.map(lambda _: service.take(), range(2000)))
        assert sorted(got) == list(range(2000))
        for _ in range(2000):
            service.take.assert_call()
        verifier.verify_all()

    def test_assertions_from_many_threads(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.calls(lambda number: None)
        for _ in range(999):
            service.take.calls(lambda number: None)
        with verifier.sandbox():
            for number in range(1000):
                service.take(number)

        def claim(number: int) -> None:
            with verifier.in_any_order():
                service.take.assert_call(number)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(claim, range(1000)))
        verifier.verify_all()

    def test_first_calls_of_a_verifier_from_many_threads(self) -> None:
        for _ in range(20):
            verifier = StrictVerifier()
            barrier = threading.Barrier(8)

            def call(verifier: StrictVerifier = verifier, barrier: threading.Barrier = barrier) -> str:
                barrier.wait()
                return type(verifier.plugin("http")).__name__ + str(id(verifier.mock("Service")))

            with ThreadPoolExecutor(8) as pool:
                found = {future.result() for future in [pool.submit(call) for _ in range(8)]}
            assert len(found) == 1
