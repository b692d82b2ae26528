"""bigfoot: every external call of a test recorded, every record asserted, with the real client library.

Example:
    >>> import bigfoot
    >>> verifier = bigfoot.StrictVerifier()  # pytest gives each test one of its own
    >>> service = verifier.mock("Service")
    >>> _ = service.ping.returns("pong")
    >>> with verifier.sandbox():
    ...     service.ping()
    'pong'
    >>> verifier.assert_interaction(service.ping, args=(), kwargs={})
    >>> verifier.verify_all()
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any

from bigfoot import postgres as postgres
from bigfoot.errors import (
    AmbiguousSandboxError,
    AssertionInsideSandboxError,
    AutoAssertError,
    BigfootConfigError,
    BigfootError,
    BigfootWarning,
    ConflictError,
    EndlessWaitError,
    InteractionMismatchError,
    InvalidArgumentError,
    InvalidStateError,
    MissingAssertionFieldsError,
    NoActiveVerifierError,
    SandboxNotActiveError,
    UnassertedInteractionsError,
    UnmockedInteractionError,
    UnusedMocksError,
    VerificationError,
)
from bigfoot.interaction import Interaction
from bigfoot.proxy import PluginProxy, opened
from bigfoot.sandbox import InAnyOrderContext, SandboxContext
from bigfoot.seam import uninstall
from bigfoot.turn import current_verifier
from bigfoot.values import Body, Headers, Secret
from bigfoot.verifier import StrictVerifier

if TYPE_CHECKING:
    from bigfoot import matchers as matchers  # imported when it is asked for

    # The typed face of __getattr__: every plugin's proxy, and every plugin class.
    from bigfoot.fakes.asyncpg import AsyncpgPlugin as AsyncpgPlugin
    from bigfoot.fakes.http import HttpPlugin as HttpPlugin
    from bigfoot.fakes.logging import LoggingPlugin as LoggingPlugin
    from bigfoot.fakes.objects import MockPlugin as MockPlugin
    from bigfoot.fakes.objects import MockProxy
    from bigfoot.fakes.process import SubprocessPlugin as SubprocessPlugin
    from bigfoot.fakes.process_sessions import AsyncSubprocessPlugin as AsyncSubprocessPlugin
    from bigfoot.fakes.process_sessions import PopenPlugin as PopenPlugin
    from bigfoot.fakes.psycopg import PsycopgPlugin as PsycopgPlugin
    from bigfoot.fakes.psycopg2 import Psycopg2Plugin as Psycopg2Plugin
    from bigfoot.fakes.redis import RedisPlugin as RedisPlugin
    from bigfoot.fakes.smtp import SmtpPlugin as SmtpPlugin
    from bigfoot.fakes.socket import SocketPlugin as SocketPlugin
    from bigfoot.fakes.sqlite import DatabasePlugin as DatabasePlugin
    from bigfoot.fakes.websocket import AsyncWebSocketPlugin as AsyncWebSocketPlugin
    from bigfoot.fakes.websocket import SyncWebSocketPlugin as SyncWebSocketPlugin

    async_subprocess_mock: AsyncSubprocessPlugin
    async_websocket_mock: AsyncWebSocketPlugin
    asyncpg_mock: AsyncpgPlugin
    db_mock: DatabasePlugin
    http: HttpPlugin
    log_mock: LoggingPlugin
    popen_mock: PopenPlugin
    psycopg2_mock: Psycopg2Plugin
    psycopg_mock: PsycopgPlugin
    redis_mock: RedisPlugin
    smtp_mock: SmtpPlugin
    socket_mock: SocketPlugin
    subprocess_mock: SubprocessPlugin
    sync_websocket_mock: SyncWebSocketPlugin

__version__ = "0.1.0"


def mock(name: str, wraps: object = None, *, spec: object = None) -> MockProxy:
    """Return this test's mock of this name, made on first use.

    Arguments:
        name: how it is called in assertions and messages, such as `"PaymentService"`.
        wraps: a real object that answers the calls for which nothing is promised.
        spec: a class or object that the mock must resemble: names it does not have are refused, its coroutine
            functions give awaitables.

    Raises:
        NoActiveVerifierError: no test is running.

    Example:
        >>> payment = bigfoot.mock("PaymentService")  # doctest: +SKIP
        >>> payment.charge.returns({"status": "ok"})  # doctest: +SKIP
    """
    proxy: MockProxy = current_verifier().mock(name, wraps, spec=spec)
    return proxy


def spy(name: str, real: object) -> MockProxy:
    """Return this test's mock of this name, calling through to a real object where nothing is promised.

    Raises:
        InvalidArgumentError: there is no real object.
        NoActiveVerifierError: no test is running.

    Example:
        >>> payment = bigfoot.spy("PaymentService", PaymentService())  # doctest: +SKIP
    """
    proxy: MockProxy = current_verifier().spy(name, real)
    return proxy


def sandbox() -> SandboxContext:
    """Return a context manager, sync and async, in which this test's external calls are answered by its script.

    `with bigfoot:` is short for `with bigfoot.sandbox():`.

    Raises:
        NoActiveVerifierError: no test is running.
    """
    return current_verifier().sandbox()


def assert_interaction(source: Any, **expected: Any) -> None:
    """Assert this test's next interaction; see `StrictVerifier.assert_interaction`.

    Example:
        >>> bigfoot.assert_interaction(payment.charge, args=(100,), kwargs={})  # doctest: +SKIP
    """
    current_verifier().assert_interaction(source, **expected)


def before(first: Any, second: Any) -> None:
    """Assert that one thing happened before another, across all plugins; see `StrictVerifier.before`.

    Example:
        >>> bigfoot.before(bigfoot.db_mock.commit, bigfoot.http.request)  # doctest: +SKIP
    """
    current_verifier().before(first, second)


def in_any_order() -> InAnyOrderContext:
    """Return a context manager, sync and async, in which assertions need not follow the order of the timeline."""
    return InAnyOrderContext()


def verify_all() -> None:
    """Judge this test now; pytest does so by itself at its end. See `StrictVerifier.verify_all`."""
    current_verifier().verify_all()


class _Module(ModuleType):
    """What makes `with bigfoot:` and `async with bigfoot:` work: the sandbox of the running test."""

    def __enter__(self) -> StrictVerifier:
        return opened.open(current_verifier(), sys._getframe(1))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        opened.close(sys._getframe(1))

    async def __aenter__(self) -> StrictVerifier:
        return opened.open(current_verifier(), sys._getframe(1))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        opened.close(sys._getframe(1))


sys.modules[__name__].__class__ = _Module


if not TYPE_CHECKING:  # pragma: no branch  (a checker must know a typing mistake from a plugin)

    def __getattr__(name: str) -> Any:
        """Find a plugin's proxy (`http`) or a plugin's class (`HttpPlugin`) when it is first asked for."""
        if name == "matchers":  # needs dirty-equals, so it is imported by those alone who ask for it
            return importlib.import_module("bigfoot.matchers")
        if not name.startswith("_"):
            from bigfoot.discovery import fakes

            found = fakes()
            if name in found:
                return globals().setdefault(name, PluginProxy(found[name]))
            for fake in found.values():
                if fake.__name__ == name:
                    return globals().setdefault(name, fake)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "AmbiguousSandboxError",
    "AssertionInsideSandboxError",
    "AsyncSubprocessPlugin",
    "AsyncWebSocketPlugin",
    "AsyncpgPlugin",
    "AutoAssertError",
    "BigfootConfigError",
    "BigfootError",
    "BigfootWarning",
    "Body",
    "ConflictError",
    "DatabasePlugin",
    "EndlessWaitError",
    "Headers",
    "HttpPlugin",
    "InAnyOrderContext",
    "Interaction",
    "InteractionMismatchError",
    "InvalidArgumentError",
    "InvalidStateError",
    "LoggingPlugin",
    "MissingAssertionFieldsError",
    "MockPlugin",
    "NoActiveVerifierError",
    "PopenPlugin",
    "Psycopg2Plugin",
    "PsycopgPlugin",
    "RedisPlugin",
    "SandboxContext",
    "SandboxNotActiveError",
    "Secret",
    "SmtpPlugin",
    "SocketPlugin",
    "StrictVerifier",
    "SubprocessPlugin",
    "SyncWebSocketPlugin",
    "UnassertedInteractionsError",
    "UnmockedInteractionError",
    "UnusedMocksError",
    "VerificationError",
    "assert_interaction",
    "async_subprocess_mock",
    "async_websocket_mock",
    "asyncpg_mock",
    "before",
    "current_verifier",
    "db_mock",
    "http",
    "in_any_order",
    "log_mock",
    "mock",
    "popen_mock",
    "postgres",
    "psycopg2_mock",
    "psycopg_mock",
    "redis_mock",
    "sandbox",
    "smtp_mock",
    "socket_mock",
    "spy",
    "subprocess_mock",
    "sync_websocket_mock",
    "uninstall",
    "verify_all",
]
