from __future__ import annotations

import importlib
from collections.abc import Iterable
from contextlib import AbstractContextManager

from ..answer import BODY, HEADERS
from . import EVERY_CLIENT, Contender


class Mocket(Contender):
    name = "mocket"
    requires = "mocket"
    clients = EVERY_CLIENT
    quick = False

    def __init__(self, client: str) -> None:
        super().__init__(client)
        self._mocket = importlib.import_module("mocket")
        self._entry = importlib.import_module("mocket.mocks.mockhttp").Entry

    def active(self) -> AbstractContextManager[object]:
        mocketizer: AbstractContextManager[object] = self._mocket.Mocketizer()
        return mocketizer

    def register(self, urls: Iterable[str]) -> None:
        for url in urls:
            self._entry.single_register(self._entry.GET, url, body=BODY, headers=HEADERS)

    def pass_through(self, url: str) -> None:
        """What has no entry goes to the real socket."""
