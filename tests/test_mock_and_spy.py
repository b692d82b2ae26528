"""Mocks of the application's own objects, and spies that call through to real ones."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import threading
from typing import Any

import pytest

import bigfoot
from bigfoot import (
    InteractionMismatchError,
    InvalidArgumentError,
    MockPlugin,
    SandboxNotActiveError,
    StrictVerifier,
    UnassertedInteractionsError,
    UnmockedInteractionError,
    UnusedMocksError,
)


class Accounts:
    """The real thing."""

    limit = 3

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def find(self, key: int) -> str:
        self.seen.append(key)
        return f"account {key}"

    def fail(self) -> None:
        raise LookupError("no such account")

    async def load(self, key: int) -> str:
        await asyncio.sleep(0)
        return f"loaded {key}"

    def _private(self) -> None: ...


class TestScript:
    def test_returns_first_in_first_out(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.returns(1).returns(2)
        service.take.returns(3)
        with verifier.sandbox():
            assert [service.take("a"), service.take(b="c"), service.take()] == [1, 2, 3]
        service.take.assert_call("a")
        service.take.assert_call(b="c")
        service.take.assert_call()
        verifier.verify_all()

    @pytest.mark.parametrize("value", [None, 0, "", [], ValueError("a value"), ValueError, lambda: 5, object()])
    def test_returns_any_value_as_it_is(self, value: Any, verifier: StrictVerifier) -> None:
        verifier.mock("Service").take.returns(value)
        with verifier.sandbox():
            assert verifier.mock("Service").take() is value

    @pytest.mark.parametrize("error", [OSError("down"), OSError, KeyboardInterrupt("stop")])
    def test_raises_an_exception_or_a_class(self, error: Any, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.raises(error)
        with verifier.sandbox(), pytest.raises((OSError, KeyboardInterrupt)) as caught:
            service.take(1)
        assert caught.value is error or type(caught.value) is error
        [interaction] = verifier.timeline
        assert (interaction.how, interaction.duration is not None) == ("error", True)
        service.take.assert_call(1)

    def test_calls_a_function_with_the_arguments(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.calls(lambda *args, **kwargs: (args, kwargs)).calls(str.upper)
        with verifier.sandbox():
            assert service.take(1, b=2) == ((1,), {"b": 2})
            assert service.take("x") == "X"

    def test_a_function_that_raises_is_an_error_on_the_record(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.calls(int)
        with verifier.sandbox(), pytest.raises(ValueError, match="invalid literal"):
            service.take("x")
        assert [interaction.how for interaction in verifier.timeline] == ["error"]
        service.take.assert_call("x")

    def test_a_function_may_script_and_call_more(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")

        def again(number: int) -> int:
            if number == 3:
                return number
            service.take.calls(again)
            result: int = service.take(number + 1)
            return result

        service.take.calls(again)
        with verifier.sandbox():
            assert service.take(0) == 3
        for number in range(4):
            service.take.assert_call(number)
        verifier.verify_all()

    def test_required_holds_for_what_follows(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.required(False).returns(1).required().returns(2).required(False).returns(3)
        with pytest.raises(UnusedMocksError) as caught:
            verifier.verify_all()
        assert [step.describe() for step in caught.value.mocks] == ["bigfoot.mock('Service').take.returns(2)"]

    def test_unused_are_listed_in_the_order_of_the_promises(self, verifier: StrictVerifier) -> None:
        one, other = verifier.mock("One"), verifier.mock("Other")
        one.a.returns(1)
        other.b.raises(OSError("x"))
        one.a.calls(str.upper)
        other.c.awaits(2)
        with pytest.raises(UnusedMocksError) as caught:
            verifier.verify_all()
        assert [step.describe() for step in caught.value.mocks] == [
            "bigfoot.mock('One').a.returns(1)",
            "bigfoot.mock('Other').b.raises(OSError('x'))",
            "bigfoot.mock('One').a.calls(<method 'upper' of 'str' objects>)",
            "bigfoot.mock('Other').c.awaits(2)",
        ]


class TestUnmocked:
    def test_names_the_call_its_place_and_the_fix(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Payment.Service")
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError) as caught:
            service.charge("order_42", amount=5)
        error = caught.value
        assert error.source_id == "mock:Payment.Service.charge"
        assert (error.args_tuple, error.kwargs) == (("order_42",), {"amount": 5})
        lines = str(error).splitlines()
        assert lines[0] == "Unmocked call: Payment.Service.charge('order_42', amount=5)"
        assert lines[1].startswith("  called at tests/test_mock_and_spy.py:")
        assert lines[3:] == [
            "To mock it, add before the sandbox:",
            "    bigfoot.mock('Payment.Service').charge.returns(...)",
            "",
            "    # or, where the call may or may not come:",
            "    bigfoot.mock('Payment.Service').charge.required(False).returns(...)",
        ]

    def test_after_the_last_promise(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.returns(1).returns(2)
        with verifier.sandbox():
            service.take()
            service.take()
            with pytest.raises(UnmockedInteractionError, match="2 promised calls of it were answered before"):
                service.take()

    def test_the_fix_can_be_pasted(self) -> None:
        service = bigfoot.mock("Service")
        with bigfoot.sandbox(), pytest.raises(UnmockedInteractionError) as caught:
            service.take()
        _, _, hint = str(caught.value).partition("sandbox:\n")
        exec("if True:\n" + hint, {"bigfoot": bigfoot})
        with bigfoot.sandbox():
            assert service.take() is ...
        service.take.assert_call()


class TestNames:
    def test_the_same_name_is_the_same_mock(self, verifier: StrictVerifier) -> None:
        assert verifier.mock("Service") is verifier.mock("Service")
        assert verifier.mock("Service") is not verifier.mock("Other")
        assert verifier.mock("Service").take is verifier.mock("Service").take
        assert StrictVerifier().mock("Service") is not verifier.mock("Service")
        assert verifier.plugin("mock").get_or_create_proxy("Service") is verifier.mock("Service")
        assert bigfoot.mock("Service") is bigfoot.current_verifier().mock("Service")

    def test_what_they_are_called(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        assert repr(service) == "<mock Service>"
        assert repr(service.take) == "<mock Service.take>"
        assert service.take.source_id == "mock:Service.take"

    @pytest.mark.parametrize("name", [None, "", 5, b"Service", ["Service"]])
    def test_are_texts(self, name: Any, verifier: StrictVerifier) -> None:
        with pytest.raises(InvalidArgumentError, match=r"name=.*give the mock a name"):
            verifier.mock(name)

    @pytest.mark.parametrize("name", ["_take", "__take", "__len__", "__fspath__"])
    def test_that_are_private_are_no_methods(self, name: str, verifier: StrictVerifier) -> None:
        with pytest.raises(AttributeError, match="mocks answer public methods"):
            getattr(verifier.mock("Service"), name)

    @pytest.mark.parametrize(
        ("typo", "meant"),
        [("retruns", "returns"), ("return_value", ""), ("raise_", "raises"), ("assert_called", "assert_call")],
    )
    def test_of_a_script_that_are_misspelled(self, typo: str, meant: str, verifier: StrictVerifier) -> None:
        with pytest.raises(AttributeError, match=rf"Service\.take has no '{typo}'.*it has returns, raises") as caught:
            getattr(verifier.mock("Service").take, typo)
        assert (f"did you mean '{meant}'" in str(caught.value)) is bool(meant)

    def test_of_a_script_cannot_be_set_by_mistake(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        for target, name in ((service.take, "return_value"), (service.take, "side_effect"), (service, "take")):
            with pytest.raises(AttributeError, match=f"{name}"):
                setattr(target, name, 5)

    def test_do_not_answer_what_python_asks_of_objects(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        assert not inspect.isawaitable(service)
        assert not hasattr(service, "__iter__")
        with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
            pickle.dumps(service)
        with pytest.raises(TypeError):
            len(service)
        with pytest.raises(TypeError):
            service()

    def test_are_the_plugins_own(self, verifier: StrictVerifier) -> None:
        plugin = MockPlugin(verifier)
        assert verifier.plugin("mock") is plugin
        assert verifier.mock("Service") is plugin.get_or_create_proxy("Service")


class TestBadInput:
    @pytest.mark.parametrize("error", [None, "boom", 5, str, object()])
    def test_raises(self, error: Any, verifier: StrictVerifier) -> None:
        with pytest.raises(InvalidArgumentError, match=r"error=.*give an exception, or a class of exceptions"):
            verifier.mock("Service").take.raises(error)

    @pytest.mark.parametrize("function", [None, 5, "upper"])
    def test_calls(self, function: Any, verifier: StrictVerifier) -> None:
        with pytest.raises(InvalidArgumentError, match=r"function=.*give something that can be called"):
            verifier.mock("Service").take.calls(function)

    @pytest.mark.parametrize("flag", [None, 1, "no", []])
    def test_required(self, flag: Any, verifier: StrictVerifier) -> None:
        with pytest.raises(InvalidArgumentError, match=r"flag=.*give True or False"):
            verifier.mock("Service").take.required(flag)

    def test_leaves_nothing_behind(self, verifier: StrictVerifier) -> None:
        take: Any = verifier.mock("Service").take
        for refuse in (take.raises, take.calls):
            with pytest.raises(InvalidArgumentError):
                refuse(5)
        verifier.verify_all()


class TestSandbox:
    def test_is_needed(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.returns(1)
        with pytest.raises(SandboxNotActiveError, match=r"mock:Service\.take was called, but no sandbox is active"):
            service.take()
        with verifier.sandbox():
            assert service.take() == 1  # nothing was used up

    def test_may_be_that_of_another_verifier(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.returns(1)
        other = StrictVerifier()
        with other.sandbox():
            assert service.take() == 1
        assert (len(verifier.timeline), len(other.timeline)) == (1, 0)

    def test_may_be_any_of_several_in_a_thread_from_before(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.take.returns(1)
        go, results = threading.Event(), list[Any]()

        def work() -> None:
            go.wait(10)
            results.append(service.take())

        worker = threading.Thread(target=work)
        worker.start()
        other = StrictVerifier().sandbox()
        opener = threading.Thread(target=lambda: other.__enter__())
        opener.start()
        opener.join()
        with verifier.sandbox():
            go.set()
            worker.join()
        other.__exit__(None, None, None)
        assert results == [1]

    def test_scripting_inside(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        with verifier.sandbox():
            service.take.returns(1)
            assert service.take() == 1
        service.take.assert_call()


class TestAsync:
    def test_awaits(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.load.awaits(1).awaits(None)

        async def main() -> list[Any]:
            async with verifier.sandbox():
                return [await service.load(7), await service.load(8)]

        assert asyncio.run(main()) == [1, None]
        service.load.assert_call(7)
        service.load.assert_call(8)

    def test_a_coroutine_function(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")

        async def load(key: int) -> int:
            return key * 2

        service.load.calls(load)

        async def main() -> Any:
            async with verifier.sandbox():
                return await service.load(7)

        assert asyncio.run(main()) == 14

    @pytest.mark.parametrize("how", ["spec-class", "spec-object", "wraps"])
    def test_methods_that_are_coroutine_functions_in_the_model(self, how: str, verifier: StrictVerifier) -> None:
        models: dict[str, dict[str, Any]] = {
            "spec-class": {"spec": Accounts},
            "spec-object": {"spec": Accounts()},
            "wraps": {"wraps": Accounts()},
        }
        service = verifier.mock("Accounts", **models[how])
        service.load.returns("promised").raises(LookupError("gone"))
        service.find.returns("sync")

        async def main() -> str:
            async with verifier.sandbox():
                assert service.find(1) == "sync"
                promised = service.load(1)
                assert inspect.isawaitable(promised)
                failing = service.load(2)
                with pytest.raises(LookupError, match="gone"):
                    await failing
                result: str = await promised
                return result

        assert asyncio.run(main()) == "promised"
        service.find.assert_call(1)
        service.load.assert_call(1)
        service.load.assert_call(2)

    def test_of_the_real_object(self, verifier: StrictVerifier) -> None:
        service = verifier.spy("Accounts", Accounts())

        async def main() -> Any:
            async with verifier.sandbox():
                return await service.load(7)

        assert asyncio.run(main()) == "loaded 7"
        service.load.assert_call(7)


class TestModel:
    @pytest.mark.parametrize("model", [Accounts, Accounts()])
    def test_names_that_it_does_not_have_are_refused(self, model: Any, verifier: StrictVerifier) -> None:
        service = verifier.mock("Accounts", spec=model)
        with pytest.raises(AttributeError, match=r"Accounts has no method 'fnd' \(did you mean 'find'\?\)"):
            service.fnd.returns(1)
        service.find.required(False).returns(1)

    def test_of_a_spy_is_the_real_object(self, verifier: StrictVerifier) -> None:
        service = verifier.spy("Accounts", Accounts())
        with pytest.raises(AttributeError, match=r"Accounts has no method 'close'$"):
            service.close.returns(1)

    def test_may_come_later(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Accounts")
        verifier.mock("Accounts", spec=Accounts)
        with pytest.raises(AttributeError, match="no method 'fnd'"):
            service.fnd.returns(1)

    def test_calls_nothing_of_the_model(self, verifier: StrictVerifier) -> None:
        real = Accounts()
        service = verifier.mock("Accounts", spec=real)
        service.find.returns("promised")
        with verifier.sandbox():
            service.find(1)
            with pytest.raises(UnmockedInteractionError):
                service.find(2)
        assert real.seen == []


class TestSpy:
    @pytest.mark.parametrize("form", ["spy", "wraps", "module-spy", "module-wraps"])
    def test_uses_the_queue_then_the_real_object(self, form: str, verifier: StrictVerifier) -> None:
        real = Accounts()
        owner: Any = bigfoot if form.startswith("module") else verifier
        service = owner.spy("Accounts", real) if form.endswith("spy") else owner.mock("Accounts", wraps=real)
        service.find.returns("promised")
        with bigfoot.sandbox(), verifier.sandbox():
            assert [service.find(1), service.find(key=2)] == ["promised", "account 2"]
        assert real.seen == [2]
        assert service.wraps is real
        service.find.assert_call(1)
        service.find.assert_call(key=2)

    def test_records_what_the_real_object_raises(self, verifier: StrictVerifier) -> None:
        service = verifier.spy("Accounts", Accounts())
        with verifier.sandbox(), pytest.raises(LookupError, match="no such account"):
            service.fail()
        assert [interaction.how for interaction in verifier.timeline] == ["error"]
        with pytest.raises(UnassertedInteractionsError):
            verifier.verify_all()
        service.fail.assert_call()
        verifier.verify_all()

    def test_may_take_over_a_mock(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Accounts")
        assert service.wraps is None
        service.find.returns("promised")
        assert verifier.spy("Accounts", Accounts()) is service
        with verifier.sandbox():
            assert [service.find(1), service.find(2)] == ["promised", "account 2"]

    def test_of_nothing_is_refused(self, verifier: StrictVerifier) -> None:
        with pytest.raises(InvalidArgumentError, match="real=None"):
            verifier.spy("Accounts", None)


class TestAssertCall:
    @pytest.fixture(autouse=True)
    def _called(self, verifier: StrictVerifier) -> None:
        self.service = verifier.mock("Service")
        self.service.take.returns(None)
        with verifier.sandbox():
            self.service.take(1, two={"three": [4]})

    @pytest.mark.parametrize(
        "call", [((1,), {}), ((), {"two": {"three": [4]}}), ((1, {"three": [4]}), {}), ((1,), {"two": {"three": [5]}})]
    )
    def test_other_arguments(self, call: tuple[tuple[Any, ...], dict[str, Any]]) -> None:
        args, kwargs = call
        with pytest.raises(InteractionMismatchError):
            self.service.take.assert_call(*args, **kwargs)
        self.service.take.assert_call(1, two={"three": [4]})

    def test_of_another_method(self) -> None:
        with pytest.raises(InteractionMismatchError, match=r"is not mock:Service\.other but mock"):
            self.service.other.assert_call(1)
        self.service.take.assert_call(1, two={"three": [4]})


def test_a_copy_of_a_mock_leaves_the_mock_alone(verifier: StrictVerifier) -> None:
    service = verifier.mock("Service")
    service.take.returns(1)
    assert repr(copy.copy(service)) == "<mock Service>"
    assert repr(copy.copy(service.take)) == "<mock Service.take>"
    with verifier.sandbox():
        assert service.take() == 1
