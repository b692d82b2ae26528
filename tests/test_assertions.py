"""Assertions: which interaction they mean, which fields they need, and what they say when they do not hold."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

import bigfoot
from bigfoot import (
    AssertionInsideSandboxError,
    InteractionMismatchError,
    InvalidArgumentError,
    MissingAssertionFieldsError,
    StrictVerifier,
    UnassertedInteractionsError,
)
from bigfoot.config import Config
from bigfoot.matchers import IsMapping, IsStr
from bigfoot.plugins.http import HttpPlugin

from .clock import ClockPlugin

URL = "https://api.example.com/"


def called(verifier: StrictVerifier, *calls: Any) -> Any:
    """A mocked service whose method was called once with each of the arguments."""
    service = verifier.mock("Service")
    for _ in calls:
        service.take.returns(None)
    with verifier.sandbox():
        for argument in calls:
            service.take(argument)
    return service


class TestOrder:
    def test_is_that_of_the_calls(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1, 2)
        with pytest.raises(InteractionMismatchError):
            service.take.assert_call(2)
        service.take.assert_call(1)
        service.take.assert_call(2)
        verifier.verify_all()

    def test_goes_across_plugins(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        service = verifier.mock("Service")
        service.take.returns(None).returns(None)
        http.mock_response("GET", URL)
        with verifier.sandbox():
            service.take(1)
            httpx.get(URL)
            service.take(2)
        service.take.assert_call(1)
        with pytest.raises(InteractionMismatchError, match=r"is not mock:Service\.take but http:request"):
            service.take.assert_call(2)
        http.assert_request("GET", URL)
        service.take.assert_call(2)
        verifier.verify_all()

    def test_what_failed_once_is_still_to_be_asserted(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1)
        with pytest.raises(InteractionMismatchError):
            service.take.assert_call(2)
        with pytest.raises(UnassertedInteractionsError):
            verifier.verify_all()
        service.take.assert_call(1)
        verifier.verify_all()

    def test_each_interaction_is_asserted_once(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1)
        service.take.assert_call(1)
        with pytest.raises(InteractionMismatchError, match=r"Nothing is left that .*Service\.take could"):
            service.take.assert_call(1)


class TestAnyOrder:
    def test_finds_its_own_anywhere(self, verifier: StrictVerifier) -> None:
        service = called(verifier, *range(10))
        with verifier.in_any_order():
            for number in (5, 0, 9, 1, 8, 2, 7, 3, 6, 4):
                service.take.assert_call(number)
        verifier.verify_all()

    def test_may_be_nested_and_ends(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1, 2, 3, 4)
        with verifier.in_any_order():
            with bigfoot.in_any_order():
                service.take.assert_call(4)
            service.take.assert_call(3)
        with pytest.raises(InteractionMismatchError):
            service.take.assert_call(2)
        service.take.assert_call(1)
        service.take.assert_call(2)

    def test_in_the_async_form(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1, 2)

        async def check() -> None:
            async with verifier.in_any_order():
                service.take.assert_call(2)
                service.take.assert_call(1)

        asyncio.run(check())
        verifier.verify_all()

    def test_is_each_contexts_own(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1, 2)
        refused: list[InteractionMismatchError] = []

        async def in_order() -> None:
            try:
                service.take.assert_call(2)
            except InteractionMismatchError as error:
                refused.append(error)

        async def main() -> None:
            task = asyncio.create_task(in_order())
            with verifier.in_any_order():
                await task
                service.take.assert_call(2)
                service.take.assert_call(1)

        asyncio.run(main())
        assert len(refused) == 1

    def test_is_for_all_verifiers_and_plugins(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        other = called(StrictVerifier(), 1, 2)
        http.mock_response("GET", URL, times=2)
        with verifier.sandbox():
            httpx.get(f"{URL}?a")
            httpx.get(f"{URL}?b")
        with bigfoot.in_any_order():
            other.take.assert_call(2)
            http.assert_request("GET", f"{URL}?b")
            other.take.assert_call(1)
            http.assert_request("GET", f"{URL}?a")
        verifier.verify_all()

    def test_each_interaction_is_asserted_once(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1, 1)
        with verifier.in_any_order():
            service.take.assert_call(1)
            service.take.assert_call(1)
            with pytest.raises(InteractionMismatchError) as caught:
                service.take.assert_call(1)
        assert caught.value.actual is None

    def test_none_matches(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1, 2)
        with verifier.in_any_order(), pytest.raises(InteractionMismatchError) as caught:
            service.take.assert_call(3)
        assert caught.value.actual is not None
        assert caught.value.expected == {"source_id": "mock:Service.take", "args": (3,), "kwargs": {}}

    def test_goes_on_in_order_after_what_was_picked(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1, 2, 3)
        with verifier.in_any_order():
            service.take.assert_call(2)
        service.take.assert_call(1)
        service.take.assert_call(3)
        verifier.verify_all()

    def test_past_values_that_are_no_keys(self, verifier: StrictVerifier) -> None:
        clock = ClockPlugin(verifier)
        for zone in (None, ["UTC"], "UTC"):
            clock.tick(zone)
        with verifier.in_any_order():
            for zone in ("UTC", ["UTC"], None):
                verifier.assert_interaction(clock.now, zone=zone)
        verifier.verify_all()

    def test_is_not_for_inside(self, verifier: StrictVerifier) -> None:
        with verifier.sandbox(), pytest.raises(AssertionInsideSandboxError):
            verifier.in_any_order().__enter__()

    def test_by_values_of_every_kind(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        http.mock_response("POST", URL, times=None)
        with verifier.sandbox():
            for body in (b'{"a": 1}', b"plain", b"\xff\xfe"):
                httpx.post(URL, content=body)
                httpx.post(URL.upper().replace("HTTPS", "https"), content=body)
        with verifier.in_any_order():
            for expected in ("plain", b"\xff\xfe", {"a": 1}, IsStr(regex="pl.*"), IsMapping(a=1), b"\xff\xfe"):
                http.assert_request("POST", URL, body=expected)
        verifier.verify_all()


class TestFields:
    def test_all_are_needed(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        http.mock_response("GET", URL, body="ok")
        with verifier.sandbox():
            httpx.get(URL)
        with pytest.raises(MissingAssertionFieldsError) as caught:
            verifier.assert_interaction(http.request, method="GET", url="https://other.example.com/")
        assert caught.value.missing_fields == {
            "request_headers",
            "request_body",
            "status",
            "response_headers",
            "response_body",
        }
        text = str(caught.value)
        assert text.startswith("The assertion of http:request leaves out: request_body, request_headers, response_body")
        assert "(given: method, url)" in text
        assert "The whole assertion is:" in text

    def test_none_given(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1)
        with pytest.raises(MissingAssertionFieldsError, match=r"args, kwargs \(given: none\)"):
            verifier.assert_interaction(service.take)

    def test_the_text_can_be_pasted(self) -> None:
        service = called(bigfoot.current_verifier(), {"a": [1]}, "x")
        for _ in range(2):
            with pytest.raises(MissingAssertionFieldsError) as caught:
                bigfoot.assert_interaction(service.take)
            _, _, hint = str(caught.value).partition("is:\n")
            exec("if True:\n" + hint, {"bigfoot": bigfoot})

    def test_unknown_ones_are_refused(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1)
        with pytest.raises(InvalidArgumentError) as caught:
            verifier.assert_interaction(service.take, args=(1,), kwargs={}, keywords=None)
        assert caught.value.parameter == "keywords"
        assert "mock:Service.take has no such field" in str(caught.value)
        with pytest.raises(InvalidArgumentError, match="did you mean 'kwargs'"):
            verifier.assert_interaction(service.take, args=(1,), kwarg={})
        service.take.assert_call(1)

    def test_further_ones_may_be_given(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1, 1)
        with pytest.raises(InteractionMismatchError):
            verifier.assert_interaction(service.take, args=(1,), kwargs={}, mock_name="Other", method_name="take")
        verifier.assert_interaction(service.take, args=(1,), kwargs={}, mock_name="Service", method_name="take")

    def test_relaxed_those_given_must_match(self) -> None:
        verifier = StrictVerifier(Config({"require_all_fields": False}))
        service = called(verifier, 1, 2)
        with pytest.raises(InteractionMismatchError):
            verifier.assert_interaction(service.take, args=(2,))
        with pytest.raises(InvalidArgumentError, match="did you mean 'args'"):
            verifier.assert_interaction(service.take, arg=(1,))
        verifier.assert_interaction(service.take, args=(1,))
        verifier.assert_interaction(service.take)
        verifier.verify_all()

    @pytest.mark.parametrize("source", [None, "http:request", 5, object()])
    def test_the_source_is_what_was_called(self, source: Any, verifier: StrictVerifier) -> None:
        with pytest.raises(InvalidArgumentError, match=r"source=.*such as bigfoot\.http\.request"):
            verifier.assert_interaction(source, args=())


class TestInsideTheSandbox:
    def test_of_the_same_verifier(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        service = verifier.mock("Service")
        with verifier.sandbox():
            for assertion in (
                lambda: verifier.assert_interaction(service.take, args=(), kwargs={}),
                lambda: service.take.assert_call(),
                lambda: http.assert_request("GET", URL),
                lambda: verifier.before(service.take, http.request),
                verifier.verify_all,
            ):
                with pytest.raises(AssertionInsideSandboxError):
                    assertion()

    def test_with_another_one_in_between(self, verifier: StrictVerifier) -> None:
        with verifier.sandbox(), StrictVerifier().sandbox(), pytest.raises(AssertionInsideSandboxError):
            verifier.verify_all()

    def test_of_another_verifier_is_possible(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1)
        with StrictVerifier().sandbox():
            service.take.assert_call(1)
            verifier.verify_all()


class TestTexts:
    def test_a_differing_field(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1)
        with pytest.raises(InteractionMismatchError) as caught:
            service.take.assert_call(2)
        lines = str(caught.value).splitlines()
        assert lines[0].startswith(
            "The interaction differs from the assertion: #0 Service.take(1)  (called at tests/test_assertions.py:"
        )
        assert lines[1:] == [
            "  args:",
            "    expected: (2,)",
            "    actual:   (1,)",
            "",
            "What happened would be asserted by:",
            "    bigfoot.mock('Service').take.assert_call(1)",
        ]
        assert caught.value.expected == {"source_id": "mock:Service.take", "args": (2,), "kwargs": {}}
        assert caught.value.actual is next(iter(verifier.timeline))

    def test_structures_line_by_line(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        http.mock_response("POST", URL)
        headers = {f"x-{number}": "a value that is long enough" for number in range(4)}
        with verifier.sandbox():
            httpx.post(URL, content="one\ntwo\nthree", headers=headers)
        with pytest.raises(InteractionMismatchError) as caught:
            http.assert_request("POST", URL, headers=headers | {"x-2": "another value"}, body="one\n2\nthree")
        text = str(caught.value)
        assert "    (- expected, + actual)" in text
        assert "    -  'x-2': 'another value'," in text
        assert "    +  'x-2': 'a value that is long enough'," in text
        assert "    - '2\\n'" in text
        assert "    + 'two\\n'" in text
        assert "      'three'" in text

    def test_candidates_further_down(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        service = verifier.mock("Service")
        http.mock_response("GET", URL, times=None)
        service.take.returns(None)
        with verifier.sandbox():
            service.take(1)
            for number in range(7):
                httpx.get(f"{URL}?{number}")
        with pytest.raises(InteractionMismatchError) as caught:
            http.assert_request("GET", f"{URL}?0")
        text = str(caught.value)
        assert "The next interaction is not http:request but mock:Service.take:\n  #0 Service.take(1)" in text
        assert f"Asserted was:\n  method='GET'\n  url='{URL}?0'" in text
        assert "http:request, further down:\n  #1 GET https://api.example.com/?0 -> 200" in text
        assert "... and 2 more" in text
        assert "assert inside `with bigfoot.in_any_order():`. The next one is:" in text

    def test_nearest_of_the_same_source(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1, 2, 3)
        with pytest.raises(InteractionMismatchError, match=r"Nearest others:\n  #2 Service\.take\(3\)"):
            service.take.assert_call(3)

    def test_nothing_left(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1)
        with verifier.in_any_order(), pytest.raises(InteractionMismatchError) as caught:
            service.other.assert_call("x")
        assert str(caught.value).startswith("Nothing is left that this assertion of mock:Service.other could mean.")
        assert "Not asserted so far:\n  #0 Service.take(1)" in str(caught.value)
        assert "Asserted was:\n  args=('x',)\n  kwargs={}" in str(caught.value)

    def test_values_without_end_are_cut(self, verifier: StrictVerifier) -> None:
        service = called(verifier, "x" * 10_000)
        with pytest.raises(InteractionMismatchError, match=r"\.\.\. \(10005 characters\)"):
            service.take.assert_call(1)


class Raising:
    """A matcher with a fault of its own."""

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError("in the matcher")

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "Raising()"


class Array:
    """What comparing gives has no truth, as with numpy."""

    def __eq__(self, other: object) -> Any:
        return Array()

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise ValueError("the truth of an array is ambiguous")


class Meddler:
    """A matcher, and a value, that uses bigfoot from within a comparison and a representation."""

    def __init__(self, verifier: StrictVerifier) -> None:
        self.verifier = verifier
        self.used = 0

    def meddle(self) -> None:
        self.used += 1
        if self.used < 3:
            list(self.verifier.timeline)
            with pytest.raises(UnassertedInteractionsError):
                self.verifier.verify_all()
            self.verifier.mock("Meddler").optional.required(False).returns(None)

    def __eq__(self, other: object) -> bool:
        self.meddle()
        return other == 1

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        self.meddle()
        return "Meddler()"


class TestMatchers:
    @pytest.mark.parametrize(
        ("matcher", "error"), [(Raising(), ZeroDivisionError("in the matcher")), (Array(), ValueError("ambiguous"))]
    )
    def test_that_raise(self, matcher: Any, error: Exception, verifier: StrictVerifier) -> None:
        service = called(verifier, 1)
        with pytest.raises(InteractionMismatchError) as caught:
            service.take.assert_call(matcher)
        assert type(caught.value.__cause__) is type(error)
        assert f"the comparison itself raised {type(error).__name__}: {caught.value.__cause__}" in str(caught.value)
        service.take.assert_call(1)

    def test_that_raise_in_any_order(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1, 2)
        with verifier.in_any_order(), pytest.raises(InteractionMismatchError) as caught:
            service.take.assert_call(Raising())
        assert type(caught.value.__cause__) is ZeroDivisionError

    def test_that_are_interrupted(self, verifier: StrictVerifier) -> None:
        class Interrupted:
            def __eq__(self, other: object) -> bool:
                raise KeyboardInterrupt

            __hash__ = None  # type: ignore[assignment]

        service = called(verifier, 1)
        with pytest.raises(KeyboardInterrupt):
            service.take.assert_call(Interrupted())
        service.take.assert_call(1)

    def test_that_assert_the_same_interaction(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1, 2)

        class Thief:
            def __eq__(self, other: object) -> bool:
                if other == 1:
                    service.take.assert_call(1)  # faster than the assertion that asks
                return True

            __hash__ = None  # type: ignore[assignment]

        service.take.assert_call(Thief())
        verifier.verify_all()

    def test_that_use_bigfoot(self, verifier: StrictVerifier) -> None:
        service = called(verifier, 1)
        meddler = Meddler(verifier)
        service.take.assert_call(meddler)
        assert meddler.used == 1

    def test_values_that_use_bigfoot_when_they_are_shown(self, verifier: StrictVerifier) -> None:
        meddler = Meddler(verifier)
        service = called(verifier, meddler)
        with pytest.raises(UnassertedInteractionsError, match=r"Service\.take\(Meddler\(\)\)"):
            verifier.verify_all()
        assert meddler.used > 1
        service.take.assert_call(1)

    def test_that_cannot_be_shown(self, verifier: StrictVerifier) -> None:
        class Hidden:
            def __repr__(self) -> str:
                raise RuntimeError("no")

        service = called(verifier, Hidden())
        with pytest.raises(UnassertedInteractionsError, match="<Hidden whose __repr__ raised RuntimeError: no>"):
            verifier.verify_all()
        with pytest.raises(InteractionMismatchError, match="<Hidden whose __repr__ raised RuntimeError: no>"):
            service.take.assert_call(Hidden())


class TestOptional:
    def test_are_skipped_over_in_order(self, verifier: StrictVerifier) -> None:
        clock = ClockPlugin(verifier)
        clock.tick("UTC", optional=True)
        clock.tick("CET")
        clock.tick("UTC", optional=True)
        verifier.assert_interaction(clock.now, zone="CET")
        verifier.verify_all()

    def test_may_be_asserted(self, verifier: StrictVerifier) -> None:
        clock = ClockPlugin(verifier)
        clock.tick("UTC", optional=True)
        clock.tick("CET")
        verifier.assert_interaction(clock.now, zone="UTC")
        verifier.assert_interaction(clock.now, zone="CET")
        verifier.verify_all()

    def test_are_gone_once_skipped(self, verifier: StrictVerifier) -> None:
        clock = ClockPlugin(verifier)
        clock.tick("UTC", optional=True)
        clock.tick("CET")
        verifier.assert_interaction(clock.now, zone="CET")
        with pytest.raises(InteractionMismatchError):
            verifier.assert_interaction(clock.now, zone="UTC")
        verifier.verify_all()

    def test_are_found_in_any_order(self, verifier: StrictVerifier) -> None:
        clock = ClockPlugin(verifier)
        clock.tick("UTC", optional=True)
        clock.tick("CET")
        with verifier.in_any_order():
            verifier.assert_interaction(clock.now, zone="CET")
            verifier.assert_interaction(clock.now, zone="UTC")
        verifier.verify_all()

    def test_stay_open_while_others_are_asserted(self, verifier: StrictVerifier) -> None:
        clock = ClockPlugin(verifier)
        clock.tick("UTC", optional=True)
        for zone in ("CET", "EST"):
            clock.tick(zone)
        with verifier.in_any_order():
            verifier.assert_interaction(clock.now, zone="CET")
        verifier.assert_interaction(clock.now, zone="UTC")
        verifier.assert_interaction(clock.now, zone="EST")
        verifier.verify_all()

    def test_are_passed_over_together_with_what_is_asserted(self, verifier: StrictVerifier) -> None:
        clock = ClockPlugin(verifier)
        clock.tick("UTC", optional=True)
        for zone in ("CET", "EST"):
            clock.tick(zone)
        with verifier.in_any_order():
            verifier.assert_interaction(clock.now, zone="CET")
        verifier.assert_interaction(clock.now, zone="EST")
        verifier.verify_all()

    def test_do_not_hide_a_mismatch(self, verifier: StrictVerifier) -> None:
        clock = ClockPlugin(verifier)
        clock.tick("UTC", optional=True)
        clock.tick("CET")
        with pytest.raises(InteractionMismatchError) as caught:
            verifier.assert_interaction(clock.now, zone="EST")
        assert caught.value.actual is not None
        assert caught.value.actual.details == {"zone": "CET"}


class TestBefore:
    @pytest.fixture(autouse=True)
    def _happened(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        self.verifier, self.http = verifier, http
        self.service = verifier.mock("Service")
        self.service.save.returns(None)
        http.mock_response("GET", URL, times=2)
        with verifier.sandbox():
            self.service.save(1)
            httpx.get(f"{URL}?a")
            httpx.get(f"{URL}?b")

    def test_holds(self) -> None:
        self.verifier.before(self.service.save, self.http.request)
        first, second = self.http.calls
        self.verifier.before(first, second)
        self.verifier.before(first.interaction, second)

    def test_does_not_hold(self) -> None:
        with pytest.raises(InteractionMismatchError) as caught:
            self.verifier.before(self.http.request, self.service.save)
        assert str(caught.value).startswith("http:request did not come before mock:Service.save. In order:\n  #0 Serv")
        assert caught.value.expected == {"source_id": "http:request", "before": "mock:Service.save"}

    def test_one_did_not_happen(self) -> None:
        with pytest.raises(InteractionMismatchError, match=r"mock:Service\.load did not happen, so mock:Service\.load"):
            self.verifier.before(self.service.load, self.http.request)
        with pytest.raises(InteractionMismatchError, match=r"mock:Service\.load did not happen, so http:request"):
            self.verifier.before(self.http.request, self.service.load)

    def test_claims_nothing(self) -> None:
        self.verifier.before(self.service.save, self.http.request)
        with pytest.raises(UnassertedInteractionsError):
            self.verifier.verify_all()

    @pytest.mark.parametrize("given", [None, "http:request", 5])
    def test_of_something_else(self, given: Any) -> None:
        with pytest.raises(InvalidArgumentError, match=r"first=.*give a source, such as"):
            self.verifier.before(given, self.http.request)
        with pytest.raises(InvalidArgumentError, match=r"second=.*give a source, such as"):
            self.verifier.before(self.http.request, given)


def test_of_this_test_by_the_names_of_the_module() -> None:
    service = called(bigfoot.current_verifier(), 1, 2)
    service.give.returns(None)
    with bigfoot.sandbox():
        service.give()
    bigfoot.before(service.take, service.give)
    bigfoot.assert_interaction(service.take, args=(1,), kwargs={})
    with bigfoot.in_any_order():
        bigfoot.assert_interaction(service.give, args=(), kwargs={})
        bigfoot.assert_interaction(service.take, args=(2,), kwargs={})
    bigfoot.verify_all()


def test_bodies_of_json_differ_member_by_member(verifier: StrictVerifier) -> None:
    http = HttpPlugin(verifier)
    http.mock_response("POST", "https://api.example.com/orders", status=201)
    order = {"customer": "ada", "lines": [{"article": "teapot", "amount": 2}, {"article": "cup", "amount": 6}]}
    with verifier.sandbox():
        httpx.post("https://api.example.com/orders", json=order)
    other = {"customer": "ada", "lines": [{"article": "teapot", "amount": 1}, {"article": "cup", "amount": 6}]}
    for expected in (other, json.dumps(other)):
        with pytest.raises(InteractionMismatchError) as caught:
            http.assert_request("POST", "https://api.example.com/orders", headers=None, body=expected)
        lines = str(caught.value).splitlines()
        assert [line.strip() for line in lines if line.strip().startswith(("- ", "+ "))] == [
            '-       "amount": 1',
            '+       "amount": 2',
        ]
    for text in ("not JSON", "7"):
        with pytest.raises(InteractionMismatchError, match="actual:"):
            http.assert_request("POST", "https://api.example.com/orders", headers=None, body=text)
    http.assert_request("POST", "https://api.example.com/orders", headers=None, body=order)
