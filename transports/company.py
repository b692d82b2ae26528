"""Who else may use a connection: a read that nobody can answer waits for ever only if its thread is alone."""

from __future__ import annotations

import sys
import threading

from bigfoot import context


class Company:
    """The threads that have used one connection.

    Attributes:
        given_up: whether the others were waited for in vain.
    """

    def __init__(self) -> None:
        self.given_up = False
        self._threads = {threading.get_ident()}

    def note(self) -> None:
        """Note that the running thread uses it."""
        self._threads.add(threading.get_ident())

    @property
    def absent(self) -> bool:
        """Whether no other thread can do anything about it."""
        # Any other thread that is at work may hold the socket; daemons from before the sandbox never saw it.
        me = threading.current_thread()
        return self.given_up or not any(
            thread is not me
            and (not thread.daemon or thread.ident in self._threads or context.owns(thread))
            and not _idles(thread)
            for thread in threading.enumerate()
        )


def _idles(thread: threading.Thread) -> bool:
    """Tell whether it is a worker of a pool that waits for a job: asyncio resolves host names in one."""
    frame = sys._current_frames().get(thread.ident or 0)
    return (
        frame is not None
        and frame.f_code.co_name == "_worker"
        and frame.f_globals.get("__name__") == "concurrent.futures.thread"
    )
