"""An interrupt (Ctrl-C, a timeout's signal) at any point of entering or leaving a sandbox leaves nothing behind."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

import bigfoot
from bigfoot import SandboxNotActiveError, StrictVerifier
from bigfoot.turn import Turn, begin, end

CORE = os.path.dirname(os.path.abspath(bigfoot.__file__)) + os.sep


def interrupted_at(number: int, work: Callable[[], None]) -> bool:
    """Do the work, with a KeyboardInterrupt at the given point of bigfoot's code; False if it has fewer.

    Python runs signal handlers when a function is entered and when a call of C code has returned. A profiler is
    called at the same points, and what it raises comes from there.
    """
    left = number

    def interrupt(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal left
        if event in ("call", "c_return") and frame.f_code.co_filename.startswith(CORE):
            left -= 1
            if left == 0:
                raise KeyboardInterrupt

    sys.setprofile(interrupt)
    try:
        work()
    except KeyboardInterrupt:
        return True
    finally:
        sys.setprofile(None)
    return False


def in_a_thread_of_its_own(work: Callable[[], None]) -> None:
    """Do the work where profiling disturbs nobody."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
            raise

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def nothing_is_left(probe: Callable[[], object]) -> None:
    with pytest.raises(SandboxNotActiveError, match="no sandbox is active"):
        probe()


@pytest.mark.parametrize("form", ["sandbox", "module", "async"])
def test_nothing_is_left(form: str) -> None:
    def check() -> None:
        with StrictVerifier().sandbox():  # the seams are on: what follows is every sandbox but the first
            pass
        probe = StrictVerifier().mock("Service").ping
        for number in range(1, 2000):
            turn = Turn()

            def work(turn: Turn = turn) -> None:
                if form == "sandbox":
                    with turn.ask().sandbox():
                        pass
                elif form == "module":
                    with bigfoot:  # type: ignore[attr-defined]
                        pass
                else:
                    with pytest.raises(StopIteration):  # no loop: it has interrupts of its own to cope with
                        asynchronously(turn).send(None)

            begin(turn)
            try:
                happened = interrupted_at(number, work)
            finally:
                end(turn)
            if turn.verifier is not None:
                turn.verifier.abandon()  # as the end of a test does
            nothing_is_left(probe)
            if not happened:
                assert number > 20
                return
        raise AssertionError("it never came to an end")

    async def asynchronously(turn: Turn) -> None:
        async with turn.ask().sandbox():
            pass

    in_a_thread_of_its_own(check)
