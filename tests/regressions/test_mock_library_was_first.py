"""What a mock library had put in place before the first sandbox was wrapped as if it were the client's own."""

from __future__ import annotations

from typing import Any
from unittest import mock

import httpx
import pytest

import bigfoot
from bigfoot import ConflictError, StrictVerifier, UnmockedInteractionError


@pytest.mark.parametrize("autospec", [False, True])
def test_it_is_a_conflict_and_no_hole_afterwards(autospec: bool) -> None:
    bigfoot.uninstall()
    patch: Any = mock.patch.object(httpx.HTTPTransport, "handle_request", autospec=autospec)
    with patch, pytest.raises(ConflictError, match=r"unittest\.mock"):
        StrictVerifier().sandbox().__enter__()
    with StrictVerifier().sandbox(), pytest.raises(UnmockedInteractionError):
        httpx.get("https://api.example.com/")
