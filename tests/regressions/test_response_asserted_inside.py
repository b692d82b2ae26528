"""A response could be asserted while a sandbox was open, and hid the fault of a matcher."""

from __future__ import annotations

import httpx
import pytest

from bigfoot import AssertionInsideSandboxError, InteractionMismatchError, StrictVerifier
from bigfoot.plugins.http import HttpPlugin

URL = "https://api.example.com/"


class Raising:
    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    __hash__ = None  # type: ignore[assignment]


def test_it_is_refused(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", URL)
    with verifier.sandbox():
        httpx.get(URL)
    request = http.assert_request("GET", URL)
    with verifier.sandbox(), pytest.raises(AssertionInsideSandboxError):
        request.assert_response(200)
    with pytest.raises(InteractionMismatchError) as caught:
        request.assert_response(Raising())
    assert type(caught.value.__cause__) is ZeroDivisionError
    request.assert_response(200)
    verifier.verify_all()
