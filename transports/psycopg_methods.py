"""What stands before the methods of psycopg's connections: each notes its call, sync or async alike."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from . import libpq
from .libpq_calls import Call, Conversation, called_by, noted

POOLS = ("psycopg_pool", "sqlalchemy.pool")


def conversation_of(connection: Any) -> Conversation | None:
    """Return who answers a connection; None for one that was opened outside."""
    found: Conversation | None = getattr(connection, "_bigfoot", None)
    return found


def doors(original: Any, before: Callable[..., tuple[Conversation | None, Call]], after: Any = None) -> Any:
    """Return a method, sync or async as the original is, whose calls are noted.

    Arguments:
        original: the method.
        before: returns the conversation (None to let the call pass) and the call.
        after: called with the conversation, the call, and the object that the method is of.
    """
    if inspect.iscoroutinefunction(original):

        async def asynchronous(self: Any, *args: Any, **options: Any) -> Any:
            conversation, call = before(self, *args, **options)
            if conversation is None:
                return await original(self, *args, **options)
            with noted(conversation, call):
                result = await original(self, *args, **options)
                if after is not None:
                    after(conversation, call, self)
            return result

        return asynchronous

    def synchronous(self: Any, *args: Any, **options: Any) -> Any:
        conversation, call = before(self, *args, **options)
        if conversation is None:
            return original(self, *args, **options)
        with noted(conversation, call):
            result = original(self, *args, **options)
            if after is not None:
                after(conversation, call, self)
        return result

    return synchronous


def end(name: str, original: Any) -> Any:
    """Note `commit` and `rollback`."""

    def before(connection: Any) -> tuple[Conversation | None, Call]:
        conversation = conversation_of(connection)
        if conversation is None:
            return None, Call(name)
        if name == "rollback" and called_by(*POOLS):
            conversation.returning()
        idle = connection.closed or connection.info.transaction_status == 0
        return None if conversation.through and idle else conversation, Call(name)

    return doors(original, before)


def close(original: Any) -> Any:
    """Note `close`."""

    def before(connection: Any) -> Call | None:
        conversation = conversation_of(connection)
        if conversation is None or connection.closed:
            return None
        call = Call("close")
        conversation.closing(call)
        return call

    if inspect.iscoroutinefunction(original):

        async def asynchronous(self: Any) -> None:
            call = None
            try:
                call = before(self)
            finally:
                await original(self)
                _settle(self)
            if call is not None and call.fault is not None:
                raise call.fault

        return asynchronous

    def synchronous(self: Any) -> None:
        call = None
        try:
            call = before(self)
        finally:
            original(self)
            _settle(self)
        if call is not None and call.fault is not None:
            raise call.fault

    return synchronous


def _settle(connection: Any) -> None:
    """Wait until the server has taken it in: whoever has returned from `close` leaves nothing behind."""
    if conversation_of(connection) is not None:
        libpq.settle()


def cancel(original: Any) -> Any:
    """Cancel without the wire: some versions wait for the answer and keep the thread waiting that would give it."""

    def ours(connection: Any) -> Conversation | None:
        conversation = conversation_of(connection)
        return None if conversation is None or conversation.through or connection.closed else conversation

    if inspect.iscoroutinefunction(original):

        async def asynchronous(self: Any, **options: Any) -> None:
            conversation = ours(self)
            if conversation is None:
                await original(self, **options)
            else:
                conversation.cancel()

        return asynchronous

    def synchronous(self: Any, **options: Any) -> None:
        conversation = ours(self)
        if conversation is None:
            original(self, **options)
        else:
            conversation.cancel()

    return synchronous


def info(original: Any) -> Any:
    """Let a connection say what the program asked for, not where it was sent."""

    def shown(self: Any) -> Any:
        conversation = conversation_of(self)
        if conversation is None or conversation.through:
            return original.fget(self)
        found = _info()(self.pgconn)
        found.given = self._bigfoot_given
        return found

    return property(shown, doc=original.__doc__)


_MOVED = (
    "hostaddr",
    "sslmode",
    "gssencmode",
    "target_session_attrs",
    "channel_binding",
    "connect_timeout",
    "options",
    "sslcertmode",
)


@functools.cache
def _info() -> Any:
    plain: Any = importlib.import_module("psycopg").ConnectionInfo

    class ConnectionInfo(plain):  # type: ignore[misc]
        given: Mapping[str, Any]

        @property
        def host(self) -> str:
            return str(self.given.get("host") or "/var/run/postgresql")

        @property
        def hostaddr(self) -> str:
            return str(self.given.get("hostaddr") or "")

        @property
        def port(self) -> int:
            return int(self.given.get("port") or 5432)

        @property
        def options(self) -> str:
            return str(self.given.get("options") or "")

        def get_parameters(self) -> dict[str, str]:
            found = {name: value for name, value in super().get_parameters().items() if name not in (*_MOVED, "host")}
            given = {name: str(value) for name, value in self.given.items() if name != "password" and value is not None}
            return found | given

    return ConnectionInfo
