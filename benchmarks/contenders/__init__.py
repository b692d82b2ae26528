"""One file per contender: how a test would use that library. A new contender is a new file, nothing else.

Libraries are imported inside the methods through importlib: neither finding the contenders nor checking
their types needs any of them installed.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

EVERY_CLIENT = frozenset({"httpx", "httpx_async", "httpx2", "requests", "requests_no_env", "urllib", "aiohttp"})
REQUESTS = frozenset({"requests", "requests_no_env"})


class Contender:
    """One library in one test: made, activated, told what to answer, called, thrown away."""

    name: ClassVar[str]
    requires: ClassVar[str] = ""
    clients: ClassVar[frozenset[str]]
    judged: ClassVar[bool] = False  # whether the budgets are about this one
    many: ClassVar[int] = 100  # mocks in the "many" measure; peers that search linearly get fewer
    quick: ClassVar[bool] = True  # the slow peers are left to the full run
    second_way: ClassVar[bool] = False  # another use of a library that has its own row already
    pytest_plugin: ClassVar[str] = ""  # entry point name
    cannot: ClassVar[dict[str, str]] = {}  # measure (or its family) -> why this contender sits it out
    base = "http://api.test"
    door: Callable[[], Any] | None = None  # makes what an explicit contender passes to the client

    def __init__(self, client: str) -> None:
        self.client = client

    def active(self) -> AbstractContextManager[object]:
        """Interception, from on to off."""
        return nullcontext()

    def register(self, urls: Iterable[str]) -> None:
        """Inside `active()`: answer GET of each url with the one answer, any number of times."""

    def register_patterns(self, count: int) -> None:
        """Inside `active()`: promise so many answers to other URLs by pattern; peers are spared it."""

    def pass_through(self, url: str) -> None:
        """Inside `active()`: let GET of this url reach its real server."""
        raise NotImplementedError

    def script(self, urls: Iterable[str]) -> None:
        """As `register`, but each answer is good for one call."""
        raise NotImplementedError

    def assert_all(self, urls: Sequence[str], *, any_order: bool = False) -> None:
        """After `active()`: assert that each url was called, every field of it."""
        raise NotImplementedError


@functools.cache
def find() -> dict[str, type[Contender]]:
    """Every contender by name: the limit first, the others as their files sort."""
    found: dict[str, type[Contender]] = {}
    for module in pkgutil.iter_modules(__path__):
        for value in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Contender) and hasattr(value, "name"):
                found[value.name] = value
    return dict(sorted(found.items(), key=lambda item: item[0] != "limit"))
