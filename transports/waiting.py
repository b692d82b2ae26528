"""A loop that is about to wait for ever: for bytes that no peer will send, and with nobody else to do anything.

Only then a peer is told that its client reads, as a read that blocks would tell it. What was written past the
methods of a socket (os.sendfile, of loop.sendfile) is taken in at the same time.
"""

from __future__ import annotations

import selectors
from collections.abc import Callable, Iterator
from typing import Any

from bigfoot.seam import Seam, Target

from . import kernel, registry
from .company import Company


def _targets() -> Iterator[Target]:
    for name in ("EpollSelector", "KqueueSelector", "PollSelector", "SelectSelector"):
        owner = getattr(selectors, name, None)
        if owner is not None:
            yield Target(owner, "select", _select)


def _select(original: Callable[..., Any]) -> Callable[..., Any]:
    def select(self: Any, timeout: float | None = None) -> Any:
        if timeout != 0 and registry.count():
            ready = original(self, 0)
            if ready:
                return ready
            _before(self, for_ever=timeout is None)
        return original(self, timeout)

    return select


def _before(selector: selectors.BaseSelector, *, for_ever: bool) -> None:
    keys = list(selector.get_map().values())
    found = [(key, registry.of(key.fd)) for key in keys]
    ours = [connection for _, connection in found if connection is not None and connection.inline]
    for connection in ours:
        connection.serve()
    others = [key for key, connection in found if connection is None]
    # First the threads, then what the last of them may have left.
    if for_ever and ours and Company().absent and all(map(_is_silent, others)):
        for connection in ours:
            connection.starve()


def _is_silent(key: selectors.SelectorKey) -> bool:
    """Tell whether this is the pair by which threads wake an asyncio loop, and no thread has done so."""
    callback = getattr(key.data[0], "_callback", None) if isinstance(key.data, tuple) else None
    if getattr(callback, "__name__", "") != "_read_from_self":  # private; if it is called otherwise, we wait
        return False
    return not kernel.waiting((key.fd,))


SEAM = Seam("selectors", _targets)
