"""An explicit transport with a verifier whose HTTP plugin is disabled ended in a ValueError of `max`."""

from __future__ import annotations

import httpx
import pytest

from bigfoot import BigfootError, StrictVerifier, UnmockedInteractionError
from bigfoot.config import Config
from bigfoot.transports.httpx import Transport


def test_the_transport_is_answered_all_the_same() -> None:
    verifier = StrictVerifier(Config({"disabled_plugins": ["http"]}))
    with httpx.Client(transport=Transport(verifier)) as client, pytest.raises(UnmockedInteractionError):
        client.get("https://api.example.com/")


def test_a_call_of_no_known_shape_is_an_error(verifier: StrictVerifier) -> None:
    with pytest.raises(BigfootError, match="No plugin takes calls of the shape object"):
        verifier.answer(object())
