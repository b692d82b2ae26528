from __future__ import annotations

import importlib
from collections.abc import Iterable
from contextlib import AbstractContextManager

from ..answer import BODY, HEADERS
from . import Contender


class Respx(Contender):
    name = "respx"
    requires = "respx"
    clients = frozenset({"httpx", "httpx_async"})
    pytest_plugin = "respx"
    using = "httpcore"

    def __init__(self, client: str) -> None:
        super().__init__(client)
        respx = importlib.import_module("respx")
        self._router = respx.mock(assert_all_called=False, using=self.using)

    def active(self) -> AbstractContextManager[object]:
        router: AbstractContextManager[object] = self._router
        return router

    def register(self, urls: Iterable[str]) -> None:
        for url in urls:
            self._router.get(url).respond(200, headers=HEADERS, content=BODY)

    def pass_through(self, url: str) -> None:
        self._router.get(url).pass_through()


class RespxOverClient(Respx):
    name = "respx (using httpx)"
    using = "httpx"
    second_way = True
    pytest_plugin = ""
