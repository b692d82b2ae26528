from __future__ import annotations

import importlib
from collections.abc import Iterable
from contextlib import AbstractContextManager

from ..answer import BODY, HEADERS
from . import REQUESTS, Contender


class RequestsMock(Contender):
    name = "requests-mock"
    requires = "requests_mock"
    clients = REQUESTS

    def __init__(self, client: str) -> None:
        super().__init__(client)
        self._mock = importlib.import_module("requests_mock").Mocker()

    def active(self) -> AbstractContextManager[object]:
        mock: AbstractContextManager[object] = self._mock
        return mock

    def register(self, urls: Iterable[str]) -> None:
        for url in urls:
            self._mock.get(url, content=BODY, headers=HEADERS)

    def pass_through(self, url: str) -> None:
        self._mock.get(url, real_http=True)
