"""A text made of masked texts was masked again, which garbled the digests."""

from __future__ import annotations

import pytest

from bigfoot import StrictVerifier, UnmockedInteractionError
from bigfoot.masking import masked


def test_what_is_masked_stays_so(verifier: StrictVerifier) -> None:
    service = verifier.mock("Service")
    with verifier.sandbox(), pytest.raises(UnmockedInteractionError) as caught:
        service.login(password="hunter2")
    assert "Unmocked call: Service.login(password=bigfoot.Secret('f52fbd32'))" in str(caught.value)
    once = masked("https://me:hunter2@api.example.com/?token=hunter2")
    assert masked(once) == once
