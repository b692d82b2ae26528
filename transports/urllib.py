"""urllib.request: the explicit Handler, and the name under which its calls are recorded.

Its traffic is met below, at the connections of http.client; prebuilt and installed openers are, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bigfoot.seam import Seam, Target

from .http_callers import caller

if TYPE_CHECKING:
    pass


def _do_open(original: Callable[..., Any]) -> Callable[..., Any]:
    def do_open(self: Any, *args: Any, **kwargs: Any) -> Any:
        token = caller.set("urllib")
        try:
            return original(self, *args, **kwargs)
        finally:
            caller.reset(token)

    return do_open


def _targets() -> Iterator[Target]:
    from urllib.request import AbstractHTTPHandler

    yield Target(AbstractHTTPHandler, "do_open", _do_open)


SEAM = Seam("urllib.request", _targets)
