"""Objects: mocks of the user's own services, and spies that call through to real ones."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from bigfoot import context, report
from bigfoot.errors import (
    AmbiguousSandboxError,
    InvalidArgumentError,
    SandboxNotActiveError,
    UnmockedInteractionError,
)
from bigfoot.fake import Fake
from bigfoot.interaction import Interaction
from bigfoot.origin import Origin, caller
from bigfoot.script import Queue, Step, flag_argument, is_exception
from bigfoot.verifier import StrictVerifier

_numbers = itertools.count()


class MockPlugin(Fake):
    """The mocks of one verifier, by name. Tests use `bigfoot.mock` and `bigfoot.spy`."""

    name = "mock"

    def __init__(self, verifier: StrictVerifier) -> None:
        super().__init__(verifier)
        self._proxies: dict[str, MockProxy] = {}

    def get_or_create_proxy(self, name: str, wraps: object = None, *, spec: object = None) -> MockProxy:
        """Return the mock of this name; `wraps` and `spec`, where given, replace what it had.

        Raises:
            InvalidArgumentError: the name is not a string, or empty.
        """
        if not isinstance(name, str) or not name:
            raise InvalidArgumentError("name", name, 'give the mock a name, such as "PaymentService"')
        proxy = self._proxies.get(name) or self._proxies.setdefault(name, MockProxy(name, self))
        proxy._rewrap(wraps, spec)
        return proxy

    def details(self, interaction: Interaction) -> dict[str, Any]:
        args, kwargs = interaction.call
        _, _, method = interaction.source_id.partition(":")
        mock_name, _, method_name = method.rpartition(".")
        return {"args": args, "kwargs": kwargs, "mock_name": mock_name, "method_name": method_name}

    def fields(self, interaction: Interaction) -> tuple[str, ...]:
        return ("args", "kwargs")

    def unused(self) -> Iterable[Step]:
        with self.verifier.timeline.lock:
            steps = [step for proxy in self._proxies.values() for step in proxy._wanting()]
        steps.sort(key=attrgetter("number"))
        return steps

    def summary(self, interaction: Interaction) -> str:
        args, kwargs = interaction.call
        return f"{interaction.source_id.partition(':')[2]}({_arguments(args, kwargs)})"

    def assertion(self, interaction: Interaction) -> str:
        args, kwargs = interaction.call
        details = interaction.details
        target = f"bigfoot.mock({details['mock_name']!r}).{details['method_name']}.assert_call"
        return report.statement(target, kwargs, *map(report.source, args))


class MockProxy:
    """A mock: every public attribute is a method that answers from its script.

    Example:
        >>> payment = bigfoot.mock("PaymentService")  # doctest: +SKIP
        >>> payment.charge.returns({"status": "ok"})  # doctest: +SKIP
    """

    # No others: what the test sets by mistake, or the code under test on purpose, would not be recorded.
    __slots__ = ("__weakref__", "_methods", "_name", "_plugin", "_spec", "_wraps")

    def __init__(self, name: str, plugin: MockPlugin) -> None:
        self._name = name
        self._plugin = plugin
        self._wraps: object = None
        self._spec: object = None
        self._methods: dict[str, MethodProxy] = {}

    @property
    def wraps(self) -> object:
        """The real object that answers when the script is empty, or None."""
        return self._wraps

    def _rewrap(self, wraps: object, spec: object) -> None:
        if wraps is not None:
            self._wraps = wraps
        if spec is not None:
            self._spec = spec

    def _wanting(self) -> list[Behaviour]:
        return [step for method in self._methods.copy().values() for step in method._queue.wanting()]

    def __getattr__(self, name: str) -> MethodProxy:
        if name.startswith("_"):
            raise AttributeError(f"there is no private attribute {name!r}: mocks answer public methods")
        method = self._methods.get(name)
        if method is None:
            self._check(name)
            method = self._methods.setdefault(name, MethodProxy(self, name))
        return method

    def _check(self, name: str) -> None:
        model = self._spec if self._spec is not None else self._wraps
        if model is not None and not hasattr(model, name):
            known = [known for known in dir(model) if not known.startswith("_")]
            raise AttributeError(f"{self._name} has no method {name!r}{report.meant(name, known)}")

    def __repr__(self) -> str:
        return f"<mock {self._name}>"


class Behaviour(Step):
    """One promise of what a mocked method does: `kind` is returns, raises, calls or awaits."""

    __slots__ = ("kind", "method", "number", "value")

    def __init__(self, method: MethodProxy, kind: str, value: Any, *, required: bool, number: int) -> None:
        super().__init__(required=required, origin=caller())
        self.method = method
        self.kind = kind
        self.value = value
        self.number = number

    def describe(self) -> str:
        name, method = self.method._proxy._name, self.method._method
        return f"bigfoot.mock({name!r}).{method}.{self.kind}({report.value(self.value)})"


_SCRIPTING = ("returns", "raises", "calls", "awaits", "required", "assert_call", "source_id")


class MethodProxy:
    """A method of a mock. Call it in the sandbox; script it before, assert it after.

    Attributes:
        source_id: `"mock:Name.method"`.
    """

    __slots__ = ("__weakref__", "_method", "_proxy", "_queue", "_required", "source_id")

    def __init__(self, proxy: MockProxy, method: str) -> None:
        self._proxy = proxy
        self._method = method
        self._queue: Queue[Behaviour] = Queue()
        self._required = True
        self.source_id = f"mock:{proxy._name}.{method}"

    def returns(self, value: Any) -> MethodProxy:
        """Promise that the next call returns this value; chain it for the calls after.

        Of a real method that is a coroutine function (`wraps=`, `spec=`), the call returns an awaitable of it.
        """
        return self._promise("returns", value)

    def raises(self, error: BaseException | type[BaseException]) -> MethodProxy:
        """Promise that the next call raises this exception.

        Raises:
            InvalidArgumentError: it is not an exception or a class of them.
        """
        if not is_exception(error):
            raise InvalidArgumentError("error", error, "give an exception, or a class of exceptions")
        return self._promise("raises", error)

    def calls(self, function: Callable[..., Any]) -> MethodProxy:
        """Promise that the next call is answered by this function, sync or async, called with its arguments.

        Raises:
            InvalidArgumentError: it cannot be called.
        """
        if not callable(function):
            raise InvalidArgumentError("function", function, "give something that can be called")
        return self._promise("calls", function)

    def awaits(self, value: Any) -> MethodProxy:
        """Promise that the next call returns an awaitable of this value."""
        return self._promise("awaits", value)

    def required(self, flag: bool = True) -> MethodProxy:
        """Say whether the verdict misses the promises that follow when nobody calls.

        Raises:
            InvalidArgumentError: it is neither True nor False.
        """
        self._required = flag_argument("flag", flag)
        return self

    def _promise(self, kind: str, value: Any) -> MethodProxy:
        timeline = self._proxy._plugin.verifier.timeline
        with timeline.lock:
            number = next(_numbers)
            self._queue.push(Behaviour(self, kind, value, required=self._required, number=number))
        return self

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        plugin = self._proxy._plugin
        self._check_sandbox()
        interaction = Interaction(self.source_id, plugin, (args, kwargs), origin=caller())
        timeline = plugin.verifier.timeline
        with timeline.lock:
            step = self._queue.take()
            if step is not None or self._proxy._wraps is not None:
                timeline.add(interaction)
        if step is None and self._proxy._wraps is None:
            raise plugin.verifier.refuse(self._unmocked(args, kwargs, interaction.origin))
        try:
            return self._act(step, args, kwargs)
        except BaseException:
            interaction.how = "error"
            raise
        finally:
            interaction.done()

    def _check_sandbox(self) -> None:
        try:
            sandbox = context.anywhere()
        except AmbiguousSandboxError:
            return  # several are open, and that is all that matters: a mock knows its own verifier
        if sandbox is None or not sandbox.live:
            hint = "" if sandbox is None else report.call_after_sandbox(sandbox, self, self.source_id)
            raise SandboxNotActiveError(self.source_id, hint)

    def _act(self, step: Behaviour | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if step is None:
            return getattr(self._proxy._wraps, self._method)(*args, **kwargs)
        if step.kind == "calls":
            return step.value(*args, **kwargs)
        if step.kind == "awaits" or self._is_async():
            return _later(step)
        if step.kind == "raises":
            raise step.value
        return step.value

    def _is_async(self) -> bool:
        model = self._proxy._spec if self._proxy._spec is not None else self._proxy._wraps
        return model is not None and inspect.iscoroutinefunction(getattr(model, self._method, None))

    def _unmocked(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], origin: Origin | None
    ) -> UnmockedInteractionError:
        name = self._proxy._name
        what = f"{name}.{self._method}({_arguments(args, kwargs)})"
        target = f"bigfoot.mock({name!r}).{self._method}"
        fix = (
            f"{target}.returns(...)\n\n# or, where the call may or may not come:\n{target}.required(False).returns(...)"
        )
        spent = self._queue.spent
        notes = [f"{len(spent)} promised calls of it were answered before"] if spent else []
        hint = report.unmocked(what, origin=origin, fix=fix, notes=notes)
        return UnmockedInteractionError(self.source_id, args, kwargs, hint)

    def assert_call(self, /, *args: Any, **kwargs: Any) -> None:
        """Assert that the next interaction is a call of this method with these arguments.

        Raises:
            InteractionMismatchError: it is not.

        Example:
            >>> payment.charge.assert_call(order_id=42)  # doctest: +SKIP
        """
        self._proxy._plugin.verifier.assert_interaction(self, args=args, kwargs=kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # asked by Python itself, perhaps before there is anything to tell
            raise AttributeError(name)
        known = ", ".join(_SCRIPTING)
        raise AttributeError(
            f"{self._proxy._name}.{self._method} has no {name!r}{report.meant(name, _SCRIPTING)}; it has {known}"
        )

    def __repr__(self) -> str:
        return f"<mock {self._proxy._name}.{self._method}>"


async def _later(step: Behaviour) -> Any:
    if step.kind == "raises":
        raise step.value
    return step.value


def _arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    return ", ".join(
        [*map(report.value, args), *(f"{name}={report.value(given, name)}" for name, given in kwargs.items())]
    )
