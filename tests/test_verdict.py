"""The verdict: everything asserted, everything promised called, nothing swallowed; and what to do where it is not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import bigfoot
from bigfoot import (
    InteractionMismatchError,
    StrictVerifier,
    UnassertedInteractionsError,
    UnmockedInteractionError,
    UnusedMocksError,
    VerificationError,
)
from bigfoot.plugins.http import HttpPlugin

from .clock import ClockPlugin

URL = "https://api.example.com/"


class TestUnasserted:
    def test_lists_each_with_the_line_that_asserts_it(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        service = verifier.mock("Service")
        service.take.returns(None)
        http.mock_response("GET", URL, body="ok")
        with verifier.sandbox():
            service.take(1, b=2)
            httpx.get(URL)
        with pytest.raises(UnassertedInteractionsError) as caught:
            verifier.verify_all()
        first, second = caught.value.interactions
        lines = str(caught.value).splitlines()
        assert lines[0] == "2 interactions were not asserted:"
        assert lines[1] == f"  #0 Service.take(1, b=2)  (called at {first.origin})"
        assert lines[2] == f"  #1 GET {URL} -> 200  (called at {second.origin})"
        assert lines[4:6] == [
            "To assert them, add after the sandbox:",
            "    bigfoot.mock('Service').take.assert_call(1, b=2)",
        ]
        assert "".join(line.strip() for line in lines[6:]).startswith(f"bigfoot.http.assert_request('GET', '{URL}'")

    def test_lists_so_many_and_counts_the_rest(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        for _ in range(30):
            service.take.returns(None)
        with verifier.sandbox():
            for number in range(30):
                service.take(number)
        with pytest.raises(UnassertedInteractionsError, match=r"30 interactions were.*\n(.*\n)*  \.\.\. and 5 more"):
            verifier.verify_all()

    def test_says_it_again_until_it_is_done(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.returns(None)
        with verifier.sandbox():
            service.take()
        for _ in range(2):
            with pytest.raises(UnassertedInteractionsError, match="1 interaction was not asserted"):
                verifier.verify_all()
        service.take.assert_call()
        verifier.verify_all()
        verifier.verify_all()

    @pytest.mark.parametrize(
        "call",
        [
            lambda: httpx.get(URL),
            lambda: httpx.post(URL, json={"a": [1, {"b": None}]}, headers={"X-Id": "7", "Authorization": "Bearer x"}),
            lambda: httpx.put(f"{URL}?q=a b&token=abc", content=b"\xff\x00", headers=[("X-A", "1"), ("X-A", "2")]),
            lambda: httpx.post(URL, data={"password": "hunter2", "x": "it's"}),
            lambda: httpx.post(URL, content="multi\nline 'text' \"quoted\""),
            lambda: bigfoot.mock("Service").take(1, "x", [None], key={"a": b"c"}),
            lambda: bigfoot.mock("Service").take(password="hunter2"),
        ],
        ids=["get", "json", "binary", "form", "text", "method", "method-secret"],
    )
    def test_its_lines_can_be_pasted(self, call: Callable[[], object]) -> None:
        for method in ("GET", "POST", "PUT"):
            bigfoot.http.mock_response(
                method, URL, json={"token": "abc"}, headers={"Set-Cookie": "a=b"}, required=False, times=None
            )
        bigfoot.mock("Service").take.required(False).returns(None)
        with bigfoot.sandbox():
            call()
        with pytest.raises(UnassertedInteractionsError) as caught:
            bigfoot.verify_all()
        _, _, lines = str(caught.value).partition("add after the sandbox:\n")
        exec("if True:\n" + lines, {"bigfoot": bigfoot})
        bigfoot.verify_all()

    def test_of_a_plugin_with_no_texts_of_its_own(self, verifier: StrictVerifier) -> None:
        clock = ClockPlugin(verifier)
        clock.tick("CET")
        with pytest.raises(UnassertedInteractionsError) as caught:
            verifier.verify_all()
        assert "#0 clock:now" in str(caught.value)
        assert "bigfoot.assert_interaction(bigfoot.clock.now, zone='CET')" in str(caught.value)


class TestPluginsWithoutTexts:
    def test_unused(self, verifier: StrictVerifier) -> None:
        clock = ClockPlugin(verifier)
        clock.promise()
        with pytest.raises(UnusedMocksError, match=r"<bigfoot\.script\.Step .*>\n    promised at .*clock\.py"):
            verifier.verify_all()

    def test_unmocked(self, verifier: StrictVerifier) -> None:
        with pytest.raises(UnmockedInteractionError) as caught:
            ClockPlugin(verifier).look()
        assert str(caught.value).splitlines()[:2] == ["Unmocked call: a look at the clock", ""]


class TestUnused:
    def test_lists_each_with_the_line_that_promised_it(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        verifier.mock("Service").take.returns([1])
        http.mock_response("GET", URL, params={"page": 2})
        with pytest.raises(UnusedMocksError) as caught:
            verifier.verify_all()
        steps = caught.value.mocks
        assert str(caught.value).splitlines() == [
            "2 mocks were never called, or not as often as promised:",
            f"  {steps[0].describe()}",
            f"    promised at {steps[0].origin}",
            f"  {steps[1].describe()}",
            f"    promised at {steps[1].origin}",
            "",
            "Remove what the code does not call, or promise it with required=False.",
        ]
        assert {step.describe() for step in steps} == {
            "bigfoot.mock('Service').take.returns([1])",
            f"bigfoot.http.mock_response('GET', '{URL}', params={{'page': '2'}})",
        }
        assert all("test_verdict.py:" in str(step.origin) for step in steps)

    def test_says_how_often_it_was_called(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        http.mock_response("GET", URL, times=3)
        with verifier.sandbox():
            httpx.get(URL)
        http.assert_request("GET", URL)
        with pytest.raises(UnusedMocksError, match=r"\(called 1 of 3 times\)"):
            verifier.verify_all()

    def test_any_number_is_at_least_one(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        http.mock_response("GET", URL, times=None)
        with pytest.raises(UnusedMocksError):
            verifier.verify_all()
        with verifier.sandbox():
            httpx.get(URL)
        http.assert_request("GET", URL)
        verifier.verify_all()

    def test_lists_so_many_and_counts_the_rest(self, verifier: StrictVerifier) -> None:
        for _ in range(30):
            verifier.mock("Service").take.returns(None)
        with pytest.raises(UnusedMocksError, match=r"30 mocks were.*\n(.*\n)*  \.\.\. and 5 more"):
            verifier.verify_all()

    def test_what_is_not_required_is_not_missed(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        verifier.mock("Service").take.required(False).returns(None)
        http.mock_response("GET", URL, required=False)
        http.pass_through("GET", f"{URL}live")
        verifier.verify_all()


class TestBoth:
    def test_are_told_together(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.returns(None).returns(None)
        with verifier.sandbox():
            service.take()
        with pytest.raises(VerificationError) as caught:
            verifier.verify_all()
        assert isinstance(caught.value.unasserted, UnassertedInteractionsError)
        assert isinstance(caught.value.unused, UnusedMocksError)
        assert caught.value.unmocked == ()
        assert str(caught.value) == f"{caught.value.unasserted}\n\n{caught.value.unused}"


def code_under_test(call: Callable[[], object]) -> None:
    """Code that catches whatever its client raises."""
    with contextlib.suppress(Exception):
        call()


class TestSwallowed:
    def test_by_the_code_under_test_fails(self, verifier: StrictVerifier) -> None:
        with verifier.sandbox():
            code_under_test(lambda: None)
            code_under_test(httpx_get)
        with pytest.raises(VerificationError) as caught:
            verifier.verify_all()
        [breach] = caught.value.unmocked
        assert isinstance(breach, UnmockedInteractionError)
        assert breach.args_tuple == ("GET", URL)
        assert caught.value.__cause__ is breach
        assert str(caught.value).startswith("The code under test swallowed this error:\nUnmocked call: GET https://api")
        assert (caught.value.unasserted, caught.value.unused) == (None, None)

    def test_of_a_mocked_method(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        with verifier.sandbox():
            code_under_test(service.take)
        with pytest.raises(VerificationError, match=r"Unmocked call: Service\.take\(\)"):
            verifier.verify_all()

    def test_with_the_rest(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.returns(None)
        service.other.returns(None)
        with verifier.sandbox():
            service.take()
            code_under_test(httpx_get)
        with pytest.raises(VerificationError) as caught:
            verifier.verify_all()
        assert len(caught.value.unmocked) == 1
        assert caught.value.unasserted is not None
        assert caught.value.unused is not None

    def test_by_an_async_client(self, verifier: StrictVerifier) -> None:
        async def client() -> str:
            async with httpx.AsyncClient() as client:
                for _ in range(2):
                    try:
                        await client.get(URL)
                    except Exception:
                        await asyncio.sleep(0)
            return "gave up"

        async def main() -> str:
            async with verifier.sandbox():
                return await asyncio.create_task(client())

        assert asyncio.run(main()) == "gave up"
        with pytest.raises(VerificationError) as caught:
            verifier.verify_all()
        assert len(caught.value.unmocked) == 2

    def test_in_a_task_whose_result_nobody_asked_for(self, verifier: StrictVerifier) -> None:
        async def main() -> None:
            async with verifier.sandbox():
                task = asyncio.create_task(asyncio.to_thread(httpx_get))
                await asyncio.wait([task])
                task.exception()

        asyncio.run(main())
        with pytest.raises(VerificationError, match="swallowed"):
            verifier.verify_all()

    def test_what_the_test_itself_catches_does_not(self, verifier: StrictVerifier) -> None:
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError):
            httpx_get()
        verifier.verify_all()

    def test_nor_what_reaches_the_test_from_a_task(self, verifier: StrictVerifier) -> None:
        async def main() -> None:
            async with verifier.sandbox():
                with pytest.raises(UnmockedInteractionError):
                    await asyncio.create_task(asyncio.to_thread(httpx_get))

        asyncio.run(main())
        verifier.verify_all()

    def test_nor_what_is_caught_around_the_sandbox(self, verifier: StrictVerifier) -> None:
        with pytest.raises(UnmockedInteractionError), verifier.sandbox():
            httpx_get()
        verifier.verify_all()

    def test_nor_a_call_that_was_answered_with_an_error(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.raises(OSError())
        with verifier.sandbox():
            code_under_test(service.take)
        service.take.assert_call()
        verifier.verify_all()


def httpx_get() -> None:
    httpx.get(URL)


class TestHalfAsserted:
    @pytest.fixture(autouse=True)
    def _answered(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        self.verifier, self.http = verifier, http
        http.mock_response("GET", URL, body="ok")
        with verifier.sandbox():
            httpx.get(URL)

    def half(self) -> Any:
        return self.http.assert_request("GET", URL, require_response=True)

    def test_misses_the_response(self) -> None:
        self.half()
        with pytest.raises(UnassertedInteractionsError, match="-> 200, its response is not asserted"):
            self.verifier.verify_all()

    def test_is_whole_with_it(self) -> None:
        self.half().assert_response(200, {}, "ok")
        self.verifier.verify_all()

    @pytest.mark.parametrize("require", [True, False])
    def test_stays_half_when_it_is_another(self, require: bool) -> None:
        request = self.http.assert_request("GET", URL, require_response=require)
        with pytest.raises(InteractionMismatchError, match="status"):
            request.assert_response(201, {}, "ok")
        with pytest.raises(UnassertedInteractionsError, match="its response is not asserted"):
            self.verifier.verify_all()

    def test_is_whole_where_nobody_asks(self) -> None:
        self.http.assert_request("GET", URL)
        self.verifier.verify_all()

    def test_is_listed_in_order_with_the_rest(self) -> None:
        self.half()
        service = self.verifier.mock("Service")
        service.take.returns(None)
        with self.verifier.sandbox():
            service.take()
        with pytest.raises(UnassertedInteractionsError) as caught:
            self.verifier.verify_all()
        assert [found.sequence for found in caught.value.interactions] == [0, 1]
