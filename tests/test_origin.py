"""Where a call came from, where there is nobody to have called."""

from __future__ import annotations

import _thread
import threading

import pytest

from bigfoot.origin import Origin, caller


@pytest.mark.parametrize("depth", [0, 1])
def test_without_a_line_of_the_user_it_is_unknown(depth: int) -> None:
    found: list[Origin] = []
    done = threading.Event()

    class Told(list[int]):
        """Says when it was walked to its end."""

        def __del__(self) -> None:
            done.set()

    # Everything above `caller` is written in C: the thread, the list that is extended, the map.
    _thread.start_new_thread(found.extend, (map(caller, Told([depth])),))
    assert done.wait(10)
    assert [str(origin) for origin in found] == ["<unknown>:0"]
