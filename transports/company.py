"""Who else may use a connection: a read that nobody can answer waits for ever only if its thread is alone."""

from __future__ import annotations

import sys
import threading
import time
from types import FrameType

from bigfoot import context

_POOL = "concurrent.futures.thread"
# A thread whose innermost frame is of these waits for something to come from outside.
_WAITING = frozenset({"queue", "selectors", "socket", "socketserver", "threading"})


class Company:
    """The threads that have used one connection.

    Attributes:
        threads: their numbers.
        given_up: whether the others were waited for in vain.
    """

    def __init__(self) -> None:
        self.given_up = False
        self.threads = {threading.get_ident()}

    def note(self) -> None:
        """Note that the running thread uses it."""
        self.threads.add(threading.get_ident())

    @property
    def absent(self) -> bool:
        """Whether no other thread can do anything about it."""
        me = threading.current_thread()
        frames = sys._current_frames()
        return self.given_up or not any(
            thread is not me and self._may_act(thread, frames.get(thread.ident or 0))
            for thread in threading.enumerate()
        )

    def _may_act(self, thread: threading.Thread, frame: FrameType | None) -> bool:
        if frame is None:
            return False
        if _is_worker(thread):  # asyncio resolves names in one, which then stays
            return _module(frame) != _POOL or _is_given_job(thread, frame)
        known = thread.ident in self.threads or context.owns(thread) or thread is threading.main_thread()
        # Those from before the sandbox never saw the connection: servers of fixtures, timers of plugins.
        return known or not (thread.daemon or _module(frame) in _WAITING)


def _module(frame: FrameType) -> str | None:
    """Return the module of the innermost frame of a thread; None where the thread has just moved on."""
    names: object = frame.f_globals  # CPython 3.13.0 was seen to give something else for a call that has ended
    return names.get("__name__") if isinstance(names, dict) else None


def _is_worker(thread: threading.Thread) -> bool:
    """Tell whether a thread is a pool's worker.

    The stack would tell it too, but that of a thread that runs is not to be walked: see `_module`.
    """
    target = getattr(thread, "_target", None)  # private; without it, a worker is taken for a thread of the program's
    return getattr(target, "__module__", None) == _POOL


def _is_given_job(thread: threading.Thread, frame: FrameType) -> bool:
    """Tell whether a pool's worker has a job that it has not begun with."""
    for _ in range(2):
        seen = frame.f_locals  # private names; where there are others, nothing is known
        if seen.get("work_item") is not None or ("work_queue" in seen and not seen["work_queue"].empty()):
            return True
        time.sleep(0.001)  # one that was taken from the queue a moment ago has got its name by now
    return sys._current_frames().get(thread.ident or 0) is not frame
