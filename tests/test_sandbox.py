"""The sandbox: what is answered while it is open, how it nests, and what is left behind when it has ended."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

import bigfoot
from bigfoot import BigfootError, SandboxNotActiveError, StrictVerifier, turn
from bigfoot.plugins.http import HttpPlugin

from .loopback import Loopback

URL = "https://api.example.com/"


def answering(text: str) -> StrictVerifier:
    """A verifier that answers GET requests to `URL` with a text, as often as they come."""
    verifier = StrictVerifier()
    HttpPlugin(verifier).mock_response("GET", URL, body=text, times=None, required=False)
    return verifier


def refused() -> bool:
    """Whether a mocked method finds no sandbox here."""
    method = StrictVerifier().mock("Service").ping
    try:
        method.required(False).returns(None)()
    except SandboxNotActiveError:
        return True
    return False


def test_calls_are_answered_inside_and_go_straight_through_outside(server: Loopback) -> None:
    verifier = StrictVerifier()
    http = HttpPlugin(verifier)
    http.mock_response("GET", f"{server.url}/", body="mocked")
    with httpx.Client() as client:
        assert client.get(f"{server.url}/").json() == {"path": "/"}
        with verifier.sandbox():
            assert client.get(f"{server.url}/").text == "mocked"
        assert client.get(f"{server.url}/").json() == {"path": "/"}
    assert server.seen == ["GET /", "GET /"]
    assert len(verifier.timeline) == 1


def test_both_doors_give_the_verifier() -> None:
    verifier = StrictVerifier()

    async def asynchronously() -> StrictVerifier:
        async with verifier.sandbox() as given:
            return given

    with verifier.sandbox() as given:
        assert given is verifier
    assert asyncio.run(asynchronously()) is verifier


def test_the_module_is_the_sandbox_of_the_running_test() -> None:
    async def asynchronously() -> StrictVerifier:
        async with bigfoot as given:  # type: ignore[attr-defined]
            assert not refused()
            return given  # type: ignore[no-any-return]

    with bigfoot as given:  # type: ignore[attr-defined]
        assert given is bigfoot.current_verifier()
        assert not refused()
        with bigfoot:  # type: ignore[attr-defined]
            assert not refused()
        assert not refused()
    assert refused()
    assert asyncio.run(asynchronously()) is bigfoot.current_verifier()
    assert refused()


def test_leaving_what_is_not_open_says_so() -> None:
    with pytest.raises(BigfootError, match="no open sandbox"):
        bigfoot.__exit__(None, None, None)  # type: ignore[attr-defined]


def test_two_threads_ask_for_the_verifier_of_a_test_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = turn.Turn()
    faster = StrictVerifier()

    class Lock:
        """Makes the other thread the faster one."""

        def __enter__(self) -> None:
            mine.verifier = faster

        def __exit__(self, *error: object) -> None: ...

    monkeypatch.setattr(turn, "_turns_lock", Lock())
    turn.begin(mine)
    assert bigfoot.current_verifier() is faster
    for _ in range(2):  # whose turn is over stays so
        turn.end(mine)
        assert bigfoot.current_verifier() is not faster


def test_an_exception_of_the_body_goes_up_unchanged() -> None:
    boom = ValueError("boom")
    with pytest.raises(ValueError) as caught, StrictVerifier().sandbox():
        raise boom
    assert caught.value is boom
    assert refused()


class TestNesting:
    def test_of_the_same_verifier(self) -> None:
        verifier = answering("outer")
        with verifier.sandbox():
            with verifier.sandbox():
                assert httpx.get(URL).text == "outer"
            assert httpx.get(URL).text == "outer"
        assert len(verifier.timeline) == 2

    def test_of_another_verifier_the_innermost_answers(self) -> None:
        outer, inner = answering("outer"), answering("inner")
        with outer.sandbox():
            with inner.sandbox():
                assert httpx.get(URL).text == "inner"
            assert httpx.get(URL).text == "outer"
        assert (len(outer.timeline), len(inner.timeline)) == (1, 1)

    def test_a_mock_is_recorded_where_it_was_made(self) -> None:
        outer, inner = StrictVerifier(), StrictVerifier()
        outer.mock("Service").ping.returns(1)
        with outer.sandbox(), inner.sandbox():
            assert outer.mock("Service").ping() == 1
        assert (len(outer.timeline), len(inner.timeline)) == (1, 0)

    def test_left_in_the_wrong_order(self) -> None:
        outer, inner = answering("outer"), answering("inner")
        first, second = outer.sandbox(), inner.sandbox()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert httpx.get(URL).text == "inner"
        second.__exit__(None, None, None)
        assert refused()

    def test_in_both_forms(self) -> None:
        outer, inner = answering("outer"), answering("inner")

        async def main() -> list[str]:
            async with outer.sandbox(), httpx.AsyncClient() as client:
                with inner.sandbox():
                    first = await client.get(URL)
                second = await client.get(URL)
            return [first.text, second.text]

        assert asyncio.run(main()) == ["inner", "outer"]


def test_two_tasks_enter_and_leave_interleaved() -> None:
    async def use(verifier: StrictVerifier, entered: asyncio.Event, leave: asyncio.Event) -> str:
        async with httpx.AsyncClient() as client, verifier.sandbox():
            entered.set()
            await leave.wait()
            return (await client.get(URL)).text

    async def main() -> list[str]:
        entered = [asyncio.Event(), asyncio.Event()]
        leave = [asyncio.Event(), asyncio.Event()]
        first = asyncio.create_task(use(answering("first"), entered[0], leave[0]))
        await entered[0].wait()
        second = asyncio.create_task(use(answering("second"), entered[1], leave[1]))
        await entered[1].wait()
        leave[0].set()  # the first entered is the first to leave
        texts = [await first]
        leave[1].set()
        return [*texts, await second]

    assert asyncio.run(main()) == ["first", "second"]
    assert refused()


class TestEnteringTwice:
    def test_is_refused_with_the_place_of_the_first_time(self) -> None:
        sandbox = StrictVerifier().sandbox()
        with sandbox, pytest.raises(BigfootError, match=r"entered before, at .*test_sandbox\.py:\d+"):
            sandbox.__enter__()
        with pytest.raises(BigfootError, match="entered before"), sandbox:
            pass
        assert refused()

    def test_leaving_twice_is_harmless(self) -> None:
        sandbox = StrictVerifier().sandbox()
        with sandbox:
            sandbox.__exit__(None, None, None)
            assert refused()
        assert refused()


class TestLeftFromElsewhere:
    """A sandbox may be left in another thread, task or context than it was entered in; its opener is free again."""

    def test_from_another_thread(self, server: Loopback) -> None:
        sandbox = answering("mocked").sandbox()
        sandbox.__enter__()
        thread = threading.Thread(target=sandbox.__exit__, args=(None, None, None))
        thread.start()
        thread.join()
        assert httpx.get(f"{server.url}/").json() == {"path": "/"}
        assert refused()

    def test_from_another_thread_with_one_around_it(self) -> None:
        with answering("outer").sandbox():
            sandbox = answering("inner").sandbox()
            sandbox.__enter__()
            assert httpx.get(URL).text == "inner"
            thread = threading.Thread(target=sandbox.__exit__, args=(None, None, None))
            thread.start()
            thread.join()
            assert httpx.get(URL).text == "outer"

    def test_from_another_task(self) -> None:
        async def main() -> bool:
            sandbox = StrictVerifier().sandbox()
            await sandbox.__aenter__()
            await asyncio.create_task(sandbox.__aexit__(None, None, None))
            return refused()

        assert asyncio.run(main())

    def test_by_a_generator_that_is_closed(self) -> None:
        def hold() -> Iterator[None]:
            with StrictVerifier().sandbox():
                yield

        held = hold()
        next(held)
        assert not refused()
        del held
        gc.collect()
        assert refused()

    def test_by_a_generator_that_is_collected_while_another_sandbox_is_open(self) -> None:
        def hold() -> Iterator[None]:
            with bigfoot:  # type: ignore[attr-defined]
                yield

        held = hold()
        next(held)
        verifier = answering("mocked")
        with verifier.sandbox():
            del held
            gc.collect()
            assert httpx.get(URL).text == "mocked"
        assert refused()

    def test_by_an_async_generator_that_is_closed_in_another_task(self) -> None:
        async def hold() -> AsyncIterator[None]:
            async with StrictVerifier().sandbox():
                yield

        async def main() -> list[bool]:
            held = hold()
            await anext(held)
            inside = refused()
            await asyncio.create_task(held.aclose())  # type: ignore[attr-defined]
            return [inside, refused()]

        assert asyncio.run(main()) == [False, True]

    def test_through_an_exit_stack(self) -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(bigfoot)  # type: ignore[arg-type]
            assert not refused()
        assert refused()
