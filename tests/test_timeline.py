"""The timeline: what is recorded of every call, in the order of the calls, and at what price."""

from __future__ import annotations

import asyncio
import gc
import pickle
import sys
import threading
import tracemalloc
import weakref
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import httpx
import pytest
import trio

from bigfoot import AutoAssertError, Interaction, SandboxNotActiveError, StrictVerifier, UnmockedInteractionError
from bigfoot.plugins.http import HttpPlugin

from .clock import ClockPlugin
from .loopback import Loopback
from .script import call_from_c

URL = "https://api.example.com/"


def line_of(interaction: Interaction) -> str:
    return str(interaction.origin)


class TestRecord:
    def test_of_a_request(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        http.mock_response("POST", URL, json={"id": 7}, status=201, headers={"X-Reply": "yes"})
        with verifier.sandbox(), httpx.Client(headers={"X-Client": "all"}) as client:
            client.post(f"{URL}?page=2", json={"name": "Ada"}, headers={"X-Request": "one"})
        [interaction] = verifier.timeline
        assert (interaction.source_id, interaction.sequence, interaction.how) == ("http:request", 0, "mock")
        assert interaction.plugin is http
        assert interaction.client == f"httpx {httpx.__version__}"
        assert interaction.lane == "MainThread"
        assert interaction.started > 0
        assert interaction.duration is not None
        assert interaction.duration >= 0
        assert (interaction.asserted, interaction.optional, interaction.owed) == (False, False, None)
        assert line_of(interaction).startswith("tests/test_timeline.py:")
        assert interaction.details == {
            "method": "POST",
            "url": f"{URL}?page=2",
            "request_headers": {"content-type": "application/json", "x-client": "all", "x-request": "one"},
            "request_body": {"name": "Ada"},
            "status": 201,
            "response_headers": {"content-type": "application/json", "x-reply": "yes"},
            "response_body": {"id": 7},
        }
        assert interaction.details is interaction.details  # normalized once
        assert repr(interaction) == "<Interaction #0 http:request mock>"

    def test_of_a_method(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Shop.Service")
        service.take.returns(1).raises(OSError())
        with verifier.sandbox():
            service.take(1, two=2)
            with pytest.raises(OSError):
                service.take()
        first, second = verifier.timeline
        assert first.details == {"args": (1,), "kwargs": {"two": 2}, "mock_name": "Shop.Service", "method_name": "take"}
        assert (first.source_id, first.client, first.how) == ("mock:Shop.Service.take", None, "mock")
        assert (second.sequence, second.how) == (1, "error")

    def test_of_what_passes_through(self, verifier: StrictVerifier, http: HttpPlugin, server: Loopback) -> None:
        http.pass_through("GET", f"{server.url}/live")
        with verifier.sandbox(), httpx.Client() as client:
            with client.stream("GET", f"{server.url}/live") as response:
                [interaction] = verifier.timeline
                assert interaction.duration is None  # under way: read anew until it is done
                assert interaction.details["status"] == 200
                assert interaction.details["response_body"] == ""
                response.read()
            assert interaction.duration is not None
        assert interaction.how == "pass-through"
        assert interaction.details["response_body"] == {"path": "/live"}

    def test_of_nothing_that_was_refused(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        with verifier.sandbox():
            with pytest.raises(UnmockedInteractionError):
                httpx.get(URL)
            with pytest.raises(UnmockedInteractionError):
                verifier.mock("Service").take()
        assert list(verifier.timeline) == []
        assert len(verifier.timeline) == 0

    def test_is_done_once(self, verifier: StrictVerifier) -> None:
        interaction = ClockPlugin(verifier).tick()
        assert interaction.duration is None
        interaction.done()
        first = interaction.duration
        interaction.done()
        assert interaction.duration is first is not None

    def test_of_a_plugin_may_not_be_asserted_already(self, verifier: StrictVerifier) -> None:
        clock = ClockPlugin(verifier)
        interaction = Interaction("clock:now", clock, details={})
        interaction.asserted = True
        with pytest.raises(AutoAssertError, match="clock:now was recorded as asserted"):
            verifier.timeline.append(interaction)


class TestLane:
    def test_is_the_thread(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.returns(None)
        with verifier.sandbox():
            thread = threading.Thread(target=service.take, name="worker-7")
            thread.start()
            thread.join()
        assert [interaction.lane for interaction in verifier.timeline] == ["worker-7"]

    def test_is_the_asyncio_task(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.returns(None)

        async def work() -> None:
            service.take()

        async def main() -> None:
            async with verifier.sandbox():
                await asyncio.create_task(work(), name="task-7")

        asyncio.run(main())
        assert [interaction.lane for interaction in verifier.timeline] == ["task-7"]

    def test_is_the_thread_while_asyncio_and_trio_are_half_imported(
        self, verifier: StrictVerifier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service = verifier.mock("Service")
        service.take.returns(None).returns(None)
        with verifier.sandbox(), monkeypatch.context() as patch:
            patch.setitem(sys.modules, "asyncio", ModuleType("asyncio"))
            service.take()
            patch.setitem(sys.modules, "trio", ModuleType("trio"))
            service.take()
        assert [interaction.lane for interaction in verifier.timeline] == ["MainThread"] * 2

    def test_without_asyncio_and_trio(self, verifier: StrictVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
        service = verifier.mock("Service")
        service.take.returns(None)
        with verifier.sandbox(), monkeypatch.context() as patch:
            patch.delitem(sys.modules, "asyncio")
            patch.delitem(sys.modules, "trio")
            service.take()
        assert [interaction.lane for interaction in verifier.timeline] == ["MainThread"]

    def test_is_the_trio_task(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.returns(None)

        async def work() -> None:
            service.take()

        async def main() -> None:
            async with verifier.sandbox(), trio.open_nursery() as nursery:
                nursery.start_soon(work, name="task-7")

        trio.run(main)
        assert [interaction.lane for interaction in verifier.timeline] == ["task-7"]


class TestOrigin:
    def test_is_the_users_line_below_the_client(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        http.mock_response("GET", URL)
        with verifier.sandbox():
            line = sys._getframe().f_lineno + 1
            httpx.get(URL)
        [interaction] = verifier.timeline
        assert line_of(interaction) == f"tests/test_timeline.py:{line}"
        assert repr(interaction.origin) == f"Origin('tests/test_timeline.py:{line}')"

    def test_is_the_callers_in_a_library_where_there_is_no_user(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.returns(None)
        with verifier.sandbox():
            thread = threading.Thread(target=service.take)
            thread.start()
            thread.join()
        [interaction] = verifier.timeline
        assert "threading.py" in line_of(interaction)

    def test_of_a_thread_that_has_no_line_of_python(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.returns(None)
        with verifier.sandbox():
            call_from_c(service.take)
            waiting = threading.Event()
            for _ in range(1000):
                if len(verifier.timeline):
                    break
                waiting.wait(0.01)
        [interaction] = verifier.timeline
        assert line_of(interaction) == line_of(pickle.loads(pickle.dumps(interaction))) == "<unknown>:0"

    def test_on_another_drive(self, verifier: StrictVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
        service = verifier.mock("Service")
        service.take.returns(None)
        with verifier.sandbox():
            service.take()
        [interaction] = verifier.timeline

        def relpath(path: str) -> str:
            raise ValueError("path is on mount 'C:', start on mount 'D:'")

        monkeypatch.setattr("os.path.relpath", relpath)
        assert line_of(interaction).startswith(f"{__file__}:")

    def test_of_code_without_a_file(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.returns(None)
        with verifier.sandbox():
            exec(compile("service.take()", "/elsewhere/script.py", "exec"), {"service": service})
        [interaction] = verifier.timeline
        assert line_of(interaction) == "/elsewhere/script.py:1"


class TestPrice:
    def test_in_memory(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        count = 500
        http.mock_response("GET", URL, body="ok", times=None)
        with verifier.sandbox(), httpx.Client(headers={"X-One": "1"}) as client:
            client.get(URL)
            gc.collect()
            tracemalloc.start()
            before, _ = tracemalloc.get_traced_memory()
            for _ in range(count):
                client.get(URL)
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        assert len(http.calls) == count + 1
        assert (after - before) / count <= 1200

    def test_assertions_in_order_do_not_walk_over_what_is_asserted(self) -> None:
        def comparisons(count: int) -> int:
            verifier = StrictVerifier()
            service = verifier.mock("Service")
            for _ in range(count):
                service.take.returns(None)
            with verifier.sandbox():
                for number in range(count):
                    service.take(Counted(number))
            Counted.compared = 0
            for number in range(count):
                service.take.assert_call(number)
            return Counted.compared

        assert comparisons(2000) == 2000

    def test_assertions_in_any_order_find_theirs_by_an_index(self, http: HttpPlugin, verifier: StrictVerifier) -> None:
        count = 400
        http.mock_response("GET", "https://api.example.com/{number}", times=None)
        with verifier.sandbox(), httpx.Client() as client:
            for number in range(count):
                client.get(f"https://api.example.com/{number}")
        seen: list[Any] = []

        class Noted:
            def __eq__(self, other: object) -> bool:
                seen.append(other)
                return True

            __hash__ = None  # type: ignore[assignment]

        with verifier.in_any_order():
            for number in reversed(range(count)):
                http.assert_request("GET", f"https://api.example.com/{number}", headers=Noted())
        assert len(seen) == count
        verifier.verify_all()


class Counted(int):
    compared = 0

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return int(self) == other

    __hash__ = int.__hash__


class TestEnd:
    """When the last name of a verifier is gone, so is everything that it has seen."""

    def in_tasks(self, verifier: StrictVerifier) -> None:
        async def main() -> None:
            async with verifier.sandbox(), httpx.AsyncClient() as client:
                await asyncio.gather(*(client.get(URL) for _ in range(3)))

        asyncio.run(main())

    def in_threads(self, verifier: StrictVerifier) -> None:
        with verifier.sandbox(), ThreadPoolExecutor(2) as pool:
            list(pool.map(httpx.get, [URL] * 3))
            thread = threading.Thread(target=httpx.get, args=(URL,))
            thread.start()
            thread.join()

    def refused(self, verifier: StrictVerifier) -> None:
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError):
            httpx.get("https://other.example.com/")

    def left_in_another_thread(self, verifier: StrictVerifier) -> None:
        sandbox = verifier.sandbox()
        sandbox.__enter__()
        thread = threading.Thread(target=sandbox.__exit__, args=(None, None, None))
        thread.start()
        thread.join()
        with pytest.raises(SandboxNotActiveError):
            verifier.mock("Service").take()  # whoever comes by takes the ended one out of the context

    @pytest.mark.parametrize("how", ["in_tasks", "in_threads", "refused", "left_in_another_thread"])
    def test_nothing_is_kept(self, how: str) -> None:
        def use() -> weakref.ref[StrictVerifier]:
            verifier = StrictVerifier()
            HttpPlugin(verifier).mock_response("GET", URL, times=None, required=False)
            getattr(self, how)(verifier)
            return weakref.ref(verifier)

        left = use()
        gc.collect()
        assert left() is None
