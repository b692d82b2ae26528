"""A sandbox entered by a thread that runs no Python but this ended in "call stack is not deep enough"."""

from __future__ import annotations

import threading

from bigfoot import StrictVerifier
from bigfoot.origin import caller

from ..script import call_from_c


def test_it_opens_at_an_unknown_place(verifier: StrictVerifier) -> None:
    sandbox = verifier.sandbox()
    call_from_c(sandbox.__enter__)
    waiting = threading.Event()
    for _ in range(1000):
        if verifier.open:
            break
        waiting.wait(0.01)
    assert str(sandbox.origin) == "<unknown>:0"
    assert verifier.abandon() == ["<unknown>:0"]


def test_a_stack_that_is_not_as_deep_as_that() -> None:
    assert str(caller(100_000)) == "<unknown>:0"
