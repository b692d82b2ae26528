"""A value that contains itself, as JSON or as an argument, ended in a RecursionError."""

from __future__ import annotations

from typing import Any

import pytest

from bigfoot import InteractionMismatchError, InvalidArgumentError, StrictVerifier, UnassertedInteractionsError
from bigfoot.plugins.http import HttpPlugin


def circular() -> dict[str, Any]:
    value: dict[str, Any] = {"password": "hunter2"}
    value["self"] = value
    return value


def test_as_json(http: HttpPlugin) -> None:
    with pytest.raises(InvalidArgumentError, match="cannot be written as JSON"):
        http.mock_response("GET", "https://api.example.com/", json=circular())


def test_as_an_argument(verifier: StrictVerifier) -> None:
    service = verifier.mock("Service")
    service.take.returns(None)
    with verifier.sandbox():
        service.take(circular())
    with pytest.raises(UnassertedInteractionsError) as unasserted:
        verifier.verify_all()
    with pytest.raises(InteractionMismatchError) as mismatch:
        service.take.assert_call({})
    for error in (unasserted.value, mismatch.value):
        assert "'self': {...}" in str(error)
        assert "hunter2" not in str(error)
