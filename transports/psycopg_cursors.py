"""What stands before the methods of psycopg's cursors: each notes its call, sync or async alike."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from .libpq_calls import OBJECT, PING, TOOLS, Call, Conversation, called_by, noted
from .psycopg_methods import POOLS, conversation_of, doors


def _before(cursor: Any, name: str, query: Any, params: Any) -> tuple[Conversation | None, Call]:
    connection = cursor.connection
    conversation = conversation_of(connection)
    if conversation is None:
        return None, Call(name)
    if hasattr(query, "as_string"):
        query = query.as_string(connection)
    text = query.decode() if isinstance(query, bytes) else query
    call = Call(name, {"query": text, "params": params}, text)
    call.tool = called_by(*TOOLS)
    call.chore = (text == PING and called_by(*POOLS)) or (name == "execute" and called_by("psycopg._typeinfo"))
    if name == "execute":
        call.later = bool(connection.pgconn.pipeline_status)
    if not conversation.through:
        _take_objects(cursor.adapters)
    return conversation, call


def _told(conversation: Conversation, call: Call, cursor: Any) -> None:
    conversation.end(call, cursor.rowcount, cursor.statusmessage)


def _take_objects(adapters: Any) -> None:
    for kind in _loaders():
        if adapters.get_loader(OBJECT, kind.format) is None:
            adapters.register_loader(OBJECT, kind)


@functools.cache
def _loaders() -> tuple[Any, ...]:
    plain: Any = importlib.import_module("psycopg.adapt").Loader
    formats: Any = importlib.import_module("psycopg.pq").Format

    class Text(plain):  # type: ignore[misc]
        """Gives the very object that a token stands for."""

        format = formats.TEXT

        def load(self, data: Any) -> Any:
            return self.connection._bigfoot.hand_over(bytes(data).decode())

    class Binary(Text):
        format = formats.BINARY

    return Text, Binary


def statement(original: Any) -> Any:
    """Note `execute`."""

    def before(cursor: Any, query: Any, params: Any = None, **options: Any) -> tuple[Conversation | None, Call]:
        return _before(cursor, "execute", query, params)

    return doors(original, before, _told)


def executemany(original: Any) -> Any:
    """Note `executemany`, with its parameters as a list."""

    def before(cursor: Any, query: Any, params_seq: Any, **options: Any) -> tuple[Conversation | None, Call]:
        return _before(cursor, "executemany", query, params_seq)

    inner = doors(original, before, _told)

    def method(self: Any, query: Any, params_seq: Any, **options: Any) -> Any:
        return inner(self, query, list(params_seq), **options)

    return method


def stream(original: Any) -> Any:
    """Note `stream`."""
    if inspect.isasyncgenfunction(original):

        async def asynchronous(self: Any, query: Any, params: Any = None, **options: Any) -> AsyncIterator[Any]:
            conversation, call = _before(self, "stream", query, params)
            if conversation is None:
                async for row in original(self, query, params, **options):
                    yield row
                return
            with noted(conversation, call):
                async for row in original(self, query, params, **options):
                    yield row

        return asynchronous

    def synchronous(self: Any, query: Any, params: Any = None, **options: Any) -> Iterator[Any]:
        conversation, call = _before(self, "stream", query, params)
        if conversation is None:
            yield from original(self, query, params, **options)
            return
        with noted(conversation, call):
            yield from original(self, query, params, **options)

    return synchronous


def copy(original: Any) -> Any:
    """Note `copy`, from its beginning to its end."""

    if inspect.isasyncgenfunction(getattr(original, "__wrapped__", None)):

        @asynccontextmanager
        async def asynchronous(self: Any, statement: Any, params: Any = None, **options: Any) -> AsyncIterator[Any]:
            conversation, call = _before(self, "copy", statement, params)
            if conversation is None:
                async with original(self, statement, params, **options) as copied:
                    yield copied
                return
            with noted(conversation, call):
                async with original(self, statement, params, **options) as copied:
                    yield copied
                _told(conversation, call, self)

        return asynchronous

    @contextmanager
    def synchronous(self: Any, statement: Any, params: Any = None, **options: Any) -> Iterator[Any]:
        conversation, call = _before(self, "copy", statement, params)
        if conversation is None:
            with original(self, statement, params, **options) as copied:
                yield copied
            return
        with noted(conversation, call):
            with original(self, statement, params, **options) as copied:
                yield copied
            _told(conversation, call, self)

    return synchronous
