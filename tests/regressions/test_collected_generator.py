"""A `with bigfoot:` that ended late, in a generator that was collected, closed the sandbox of somebody else."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Generator, Iterator

import pytest

import bigfoot
from bigfoot import BigfootError
from bigfoot.turn import Turn, begin, end


@contextlib.contextmanager
def a_test() -> Iterator[Turn]:
    """One test's turn, that ends as pytest ends it."""
    turn = Turn()
    begin(turn)
    try:
        yield turn
    finally:
        end(turn)
        turn.ask().abandon()


def hold() -> Generator[None]:
    with bigfoot:  # type: ignore[attr-defined]
        yield


def test_the_sandbox_of_the_next_test_stays_open() -> None:
    with a_test():
        left = hold()
        next(left)
    with a_test():
        service = bigfoot.mock("Service")
        service.ping.returns("pong")
        with bigfoot:  # type: ignore[attr-defined]
            del left
            gc.collect()
            assert service.ping() == "pong"


async def test_of_an_async_form() -> None:
    async def hold() -> None:
        async with bigfoot:  # type: ignore[attr-defined]
            pass

    with a_test() as turn:
        async with bigfoot:  # type: ignore[attr-defined]
            await hold()
            assert turn.ask().open
        assert not turn.ask().open


def test_two_generators_leave_their_own() -> None:
    with a_test() as turn:
        first, second = hold(), hold()
        next(first)
        next(second)
        first.close()
        assert turn.ask().open
        second.close()
        assert not turn.ask().open


def test_an_exit_stack_leaves_what_it_entered() -> None:
    with a_test() as turn:
        stack = contextlib.ExitStack()
        with stack:
            stack.enter_context(bigfoot)  # type: ignore[arg-type]
            with bigfoot:  # type: ignore[attr-defined]
                pass
            assert turn.ask().open
        assert not turn.ask().open
        with pytest.raises(BigfootError, match="no open sandbox"):
            bigfoot.__exit__(None, None, None)  # type: ignore[attr-defined]
