"""Everything in a checkout named "responses" or "mock" was taken for the work of that mock library."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bigfoot import StrictVerifier


@pytest.mark.parametrize(
    "file", ["/home/me/responses/app/tracing.py", "/src/mock/.venv/lib/python3.11/site-packages/httpx/_client.py"]
)
def test_it_is_no_conflict(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scope: dict[str, Any] = {}
    exec(compile("def send(*args, **kwargs): raise AssertionError", file, "exec"), scope)
    monkeypatch.setattr(httpx.Client, "send", scope["send"])
    with StrictVerifier().sandbox() as verifier:
        assert verifier.open
