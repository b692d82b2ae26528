from __future__ import annotations

import importlib
from collections.abc import Iterable
from contextlib import AbstractContextManager

from ..answer import BODY, HEADERS
from . import Contender


class Aioresponses(Contender):
    name = "aioresponses"
    requires = "aioresponses"
    clients = frozenset({"aiohttp"})

    def __init__(self, client: str) -> None:
        super().__init__(client)
        module = importlib.import_module("aioresponses")
        self._mock = module.aioresponses(passthrough=["http://127.0.0.1"])

    def active(self) -> AbstractContextManager[object]:
        mock: AbstractContextManager[object] = self._mock
        return mock

    def register(self, urls: Iterable[str]) -> None:
        for url in urls:
            self._mock.get(url, body=BODY, headers=HEADERS, repeat=True)

    def pass_through(self, url: str) -> None:
        """Said when the mock was made; there is no other time to say it."""
