"""A call after its sandbox was reported under the name of a class of bigfoot instead of its own."""

from __future__ import annotations

import contextvars

import httpx
import pytest

from bigfoot import SandboxNotActiveError, StrictVerifier


def test_of_http() -> None:
    with StrictVerifier().sandbox():
        copied = contextvars.copy_context()
    with pytest.raises(SandboxNotActiveError, match=r"^GET https://api\.example\.com was called after") as caught:
        copied.run(httpx.get, "https://api.example.com")
    assert caught.value.source_id == "http:request"


def test_of_a_mock() -> None:
    method = StrictVerifier().mock("Service").ping
    with StrictVerifier().sandbox():
        copied = contextvars.copy_context()
    with pytest.raises(SandboxNotActiveError, match=r"^Service\.ping was called after") as caught:
        copied.run(method)
    assert caught.value.source_id == "mock:Service.ping"
