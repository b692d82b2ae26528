"""`repr()` of an error, which asyncio logs for a task that nobody awaited, showed its arguments with their secrets."""

from __future__ import annotations

import httpx
import pytest

import bigfoot
from bigfoot import UnmockedInteractionError


def test_it_is_the_text_for_the_reader() -> None:
    with bigfoot.sandbox(), pytest.raises(UnmockedInteractionError) as caught:
        httpx.get("https://api.example.com/?token=hunter2")
    assert "hunter2" not in repr(caught.value)
    assert repr(caught.value) == f"UnmockedInteractionError({str(caught.value)!r})"
