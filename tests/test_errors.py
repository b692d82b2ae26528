"""Every error: its constructor, its attributes, its text, and the way through a pickle (xdist, process pools)."""

from __future__ import annotations

import contextlib
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import bigfoot
from bigfoot import (
    AmbiguousSandboxError,
    AssertionInsideSandboxError,
    AutoAssertError,
    BigfootConfigError,
    BigfootError,
    BigfootWarning,
    ConflictError,
    EndlessWaitError,
    Interaction,
    InteractionMismatchError,
    InvalidArgumentError,
    InvalidStateError,
    MissingAssertionFieldsError,
    NoActiveVerifierError,
    SandboxNotActiveError,
    StrictVerifier,
    UnassertedInteractionsError,
    UnmockedInteractionError,
    UnusedMocksError,
    VerificationError,
    errors,
    report,
)
from bigfoot.plugins.http import HttpPlugin

URL = "https://api.example.com/"

LEFT = UnassertedInteractionsError([], "left")
UNUSED = UnusedMocksError([], "unused")
UNMOCKED = UnmockedInteractionError("http:request", ("GET", URL), {}, "unmocked")

# (the error, its attributes, its text)
MADE: list[tuple[BigfootError, dict[str, Any], str]] = [
    (
        UnmockedInteractionError("mock:A.b", (1,), {"c": 2}, "how to mock it"),
        {"source_id": "mock:A.b", "args_tuple": (1,), "kwargs": {"c": 2}, "hint": "how to mock it"},
        "how to mock it",
    ),
    (
        UnmockedInteractionError(source_id="mock:A.b", args=(), kwargs={}, hint="h"),
        {"source_id": "mock:A.b", "args_tuple": (), "kwargs": {}, "hint": "h"},
        "h",
    ),
    (UnassertedInteractionsError([], "left"), {"interactions": [], "hint": "left"}, "left"),
    (UnassertedInteractionsError(interactions=[], hint="left"), {"interactions": [], "hint": "left"}, "left"),
    (UnusedMocksError([], "unused"), {"mocks": [], "hint": "unused"}, "unused"),
    (UnusedMocksError(mocks=[], hint="unused"), {"mocks": [], "hint": "unused"}, "unused"),
    (VerificationError(LEFT, UNUSED), {"unasserted": LEFT, "unused": UNUSED, "unmocked": ()}, "left\n\nunused"),
    (VerificationError(unasserted=None, unused=UNUSED), {"unasserted": None, "unused": UNUSED}, "unused"),
    (
        VerificationError(LEFT, None, (UNMOCKED,)),
        {"unasserted": LEFT, "unused": None, "unmocked": (UNMOCKED,)},
        "The code under test swallowed this error:\nunmocked\n\nleft",
    ),
    (
        InteractionMismatchError({"source_id": "a"}, None, "why"),
        {"expected": {"source_id": "a"}, "actual": None, "hint": "why"},
        "why",
    ),
    (
        InteractionMismatchError(expected={"source_id": "a"}, actual=None, hint="why"),
        {"expected": {"source_id": "a"}, "actual": None, "hint": "why"},
        "why",
    ),
    (
        MissingAssertionFieldsError(frozenset({"b", "a"})),
        {"missing_fields": frozenset({"a", "b"}), "hint": ""},
        "The assertion leaves out: a, b",
    ),
    (MissingAssertionFieldsError(frozenset({"a"}), "all of it"), {"hint": "all of it"}, "all of it"),
    (
        SandboxNotActiveError("mock:A.b"),
        {"source_id": "mock:A.b", "hint": ""},
        "mock:A.b was called, but no sandbox is active: call it inside `with bigfoot:`.",
    ),
    (SandboxNotActiveError("mock:A.b", "ended"), {"hint": "ended"}, "ended"),
    (
        AmbiguousSandboxError(["a.py:1", "b.py:2"]),
        {"sandboxes": ["a.py:1", "b.py:2"]},
        "A call came from a thread that was started outside every sandbox, while several are open:\n"
        "  a.py:1\n  b.py:2\n"
        "Start the thread inside the sandbox that it belongs to, or open one sandbox at a time.",
    ),
    (
        ConflictError("httpx.Client.send", "respx"),
        {"target": "httpx.Client.send", "patcher": "respx"},
        "httpx.Client.send has been replaced by respx: one of the two would silently win. "
        "Stop respx before the sandbox is entered, or do without one of them in this test.",
    ),
    (ConflictError(target="t", patcher="p"), {"target": "t", "patcher": "p"}, str(ConflictError("t", "p"))),
    (
        EndlessWaitError("http:request"),
        {"source_id": "http:request", "hint": ""},
        "http:request: the script is silent from here on and the client has no timeout, "
        "so the code would wait for ever in production too. Give the client a timeout, or the script an end.",
    ),
    (EndlessWaitError("http:request", "waited"), {"hint": "waited"}, "waited"),
    (
        InvalidStateError("db:session", "execute", "closed", frozenset({"open", "connected"})),
        {
            "source_id": "db:session",
            "method": "execute",
            "current_state": "closed",
            "valid_states": frozenset({"open", "connected"}),
        },
        "db:session: execute() is possible in state connected or open, but the state is closed.",
    ),
    (
        InvalidArgumentError("status", 99, "give a status code from 100 to 599"),
        {"parameter": "status", "value": "99", "remedy": "give a status code from 100 to 599"},
        "status=99: give a status code from 100 to 599",
    ),
    (
        InvalidArgumentError("url", "x" * 500, "shorter"),
        {"value": "'" + "x" * 199 + "..."},
        f"url='{'x' * 199}...: shorter",
    ),
    (BigfootConfigError("[tool.bigfoot] x = 1"), {}, "[tool.bigfoot] x = 1"),
    (AutoAssertError("recorded as asserted"), {}, "recorded as asserted"),
    (
        AssertionInsideSandboxError(),
        {},
        "Assert after the sandbox: move this line out of the `with bigfoot:` block.",
    ),
    (
        NoActiveVerifierError(),
        {},
        "No test is running, so there is no verifier: use bigfoot inside a test that pytest runs, "
        "or make your own with `verifier = bigfoot.StrictVerifier()`.",
    ),
    (NoActiveVerifierError("another text"), {}, "another text"),
    (BigfootError("text"), {}, "text"),
]


@pytest.mark.parametrize(("error", "attributes", "text"), MADE, ids=lambda given: type(given).__name__)
class TestEach:
    def test_has_its_attributes_and_its_text(self, error: BigfootError, attributes: dict[str, Any], text: str) -> None:
        assert {name: getattr(error, name) for name in attributes} == attributes
        assert str(error) == text

    def test_is_itself_after_a_pickle(self, error: BigfootError, attributes: dict[str, Any], text: str) -> None:
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is type(error)
        assert str(copy) == text
        for name, value in attributes.items():
            given = getattr(copy, name)
            assert given == value or str(given) == str(value)  # errors inside are other objects of the same text
        again = pickle.loads(pickle.dumps(copy))
        assert str(again) == text


def test_no_class_is_forgotten() -> None:
    classes = {one for one in vars(errors).values() if inspect.isclass(one) and issubclass(one, BigfootError)}
    assert classes == {type(error) for error, _, _ in MADE}
    assert {one.__name__ for one in classes} <= set(bigfoot.__all__)


def test_all_are_exceptions_and_the_warning_is_none() -> None:
    assert issubclass(BigfootError, Exception)
    assert issubclass(BigfootWarning, UserWarning)
    assert not issubclass(BigfootWarning, BigfootError)


def test_a_bad_argument_is_whatever_is_looked_for() -> None:
    for kind in (ValueError, TypeError, BigfootError):
        with pytest.raises(kind):
            raise InvalidArgumentError("status", 99, "less")


class Hostile:
    """A value whose representation raises."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __repr__(self) -> str:
        raise self.error


def test_a_value_that_cannot_be_shown_is_named_by_its_type() -> None:
    for fault in (ValueError("boom"), RecursionError("too deep")):
        error = InvalidArgumentError("url", Hostile(fault), "give a string")
        assert str(error) == f"url=<Hostile whose __repr__ raised {type(fault).__name__}: {fault}>: give a string"


def caught(work: Callable[[], object], kind: type[BigfootError]) -> BigfootError:
    with pytest.raises(kind) as found:
        work()
    return found.value


class TestThatHappened:
    """The errors of real tests, with everything that hangs on them, go through a pickle as well."""

    @pytest.fixture(autouse=True)
    def _happened(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        self.verifier, self.http = verifier, http
        self.service = verifier.mock("Service")

    def unmocked(self) -> UnmockedInteractionError:
        with self.verifier.sandbox():
            error = caught(lambda: httpx.post(URL, json={"a": 1}, headers={"x": "1"}), UnmockedInteractionError)
        assert isinstance(error, UnmockedInteractionError)
        return error

    def test_unmocked(self) -> None:
        error = self.unmocked()
        copy = pickle.loads(pickle.dumps(error))
        assert str(copy) == str(error)
        assert (copy.source_id, copy.args_tuple) == ("http:request", ("POST", URL))

    def test_unasserted(self) -> None:
        self.http.mock_response("POST", URL, json={"b": 2}, headers={"x-reply": "yes"})
        self.service.call.returns(1)
        with self.verifier.sandbox():
            httpx.post(URL, json={"a": 1}, headers={"x-id": "1"})
            self.service.call(2, three=4)
        error = caught(self.verifier.verify_all, UnassertedInteractionsError)
        copy = pickle.loads(pickle.dumps(error))
        assert str(copy) == str(error)
        first, second = copy.interactions
        assert (first.source_id, first.sequence, first.how) == ("http:request", 0, "mock")
        assert first.details == copy.interactions[0].details
        assert first.details["request_headers"] == {"content-type": "application/json", "x-id": "1"}
        assert first.details["response_body"] == {"b": 2}
        assert str(first.origin).endswith(f"test_errors.py:{first.origin.line}")
        assert second.details["kwargs"] == {"three": 4}
        assert (second.plugin, second.client) == (None, None)
        assert repr(second) == "<Interaction #1 mock:Service.call mock>"
        assert "  #1 mock:Service.call  (called at" in report.unasserted(copy.interactions)
        assert "# mock:Service.call(args=(2,), kwargs={'three': 4}" in report.unasserted(copy.interactions)

    def test_unused(self) -> None:
        self.http.mock_response("GET", f"{URL}users", json=[], params={"page": 2})
        self.service.call.required().returns(object())
        error = caught(self.verifier.verify_all, UnusedMocksError)
        assert isinstance(error, UnusedMocksError)
        copy = pickle.loads(pickle.dumps(error))
        assert str(copy) == str(error)
        assert [step.describe() for step in copy.mocks] == [step.describe() for step in error.mocks]
        assert [str(step.origin) for step in copy.mocks] == [str(step.origin) for step in error.mocks]
        assert [(step.required, step.used, step.left, step.wanting) for step in copy.mocks] == [(True, 0, 1, True)] * 2

    def test_everything_at_once(self) -> None:
        self.http.mock_response("GET", f"{URL}used", times=2)
        with self.verifier.sandbox():
            httpx.get(f"{URL}used")
        self.swallow()
        error = caught(self.verifier.verify_all, VerificationError)
        assert isinstance(error, VerificationError)
        assert error.__cause__ is error.unmocked[0]
        copy = pickle.loads(pickle.dumps(error))
        assert str(copy) == str(error)
        assert [type(part) for part in (copy.unasserted, copy.unused, *copy.unmocked)] == [
            UnassertedInteractionsError,
            UnusedMocksError,
            UnmockedInteractionError,
        ]

    def swallow(self) -> None:
        sandbox = self.verifier.sandbox()
        entered_by_somebody_else = compile("sandbox.__enter__()", "elsewhere.py", "exec")
        exec(entered_by_somebody_else, {"sandbox": sandbox})
        with contextlib.suppress(UnmockedInteractionError):
            httpx.get(f"{URL}swallowed")
        sandbox.__exit__(None, None, None)

    def test_mismatch(self) -> None:
        self.http.mock_response("GET", URL)
        with self.verifier.sandbox():
            httpx.get(URL)
        error = caught(lambda: self.http.assert_request("GET", f"{URL}other"), InteractionMismatchError)
        assert isinstance(error, InteractionMismatchError)
        copy = pickle.loads(pickle.dumps(error))
        assert str(copy) == str(error)
        assert copy.expected["source_id"] == "http:request"
        assert isinstance(copy.actual, Interaction)
        assert copy.actual.details["url"] == URL
        assert error.actual is not None
        assert error.actual.client == f"httpx {httpx.__version__}"

    def test_missing_fields(self) -> None:
        self.service.call.returns(None)
        with self.verifier.sandbox():
            self.service.call()
        error = caught(
            lambda: self.verifier.assert_interaction(self.service.call, args=()), MissingAssertionFieldsError
        )
        assert str(pickle.loads(pickle.dumps(error))) == str(error)
