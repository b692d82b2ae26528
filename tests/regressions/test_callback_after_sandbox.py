"""A callback scheduled inside a sandbox of plain code, and run after it, reached the real world."""

from __future__ import annotations

import asyncio
import contextvars

import httpx
import pytest

from bigfoot import SandboxNotActiveError, StrictVerifier

from ..loopback import Loopback


def test_a_callback_of_the_loop(server: Loopback) -> None:
    errors: list[Exception] = []

    def call() -> None:
        try:
            httpx.get(server.url)
        except SandboxNotActiveError as error:
            errors.append(error)

    loop = asyncio.new_event_loop()
    try:
        with StrictVerifier().sandbox():
            loop.call_soon(call)
        loop.call_soon(loop.stop)
        loop.run_forever()
    finally:
        loop.close()
    assert len(errors) == 1
    assert server.seen == []


def test_a_copied_context(server: Loopback) -> None:
    with StrictVerifier().sandbox():
        copied = contextvars.copy_context()
    with pytest.raises(SandboxNotActiveError):
        copied.run(httpx.get, server.url)
    assert server.seen == []
