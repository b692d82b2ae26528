from __future__ import annotations

import importlib
from collections.abc import Iterable
from contextlib import AbstractContextManager

from ..answer import BODY, HEADERS
from . import EVERY_CLIENT, Contender


class Pook(Contender):
    name = "pook"
    requires = "pook"
    clients = EVERY_CLIENT - {"httpx2"}
    quick = False

    def __init__(self, client: str) -> None:
        super().__init__(client)
        self._pook = importlib.import_module("pook")

    def active(self) -> AbstractContextManager[object]:
        engine: AbstractContextManager[object] = self._pook.use()
        return engine

    def register(self, urls: Iterable[str]) -> None:
        for url in urls:
            self._pook.get(url).persist().reply(200).headers(HEADERS).body(BODY)

    def pass_through(self, url: str) -> None:
        self._pook.enable_network()
