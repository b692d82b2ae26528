"""`service.method.return_value = 5`, as unittest.mock has it, was accepted and did nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bigfoot import StrictVerifier


def test_they_are_refused(verifier: StrictVerifier) -> None:
    service: Any = verifier.mock("Service")
    with pytest.raises(AttributeError, match="return_value"):
        service.take.return_value = 5
    with pytest.raises(AttributeError, match="take"):
        service.take = lambda: 5


def test_copies_are_made_without_recursion(verifier: StrictVerifier) -> None:
    service = verifier.mock("Service")
    assert repr(copy.copy(service.take)) == "<mock Service.take>"
