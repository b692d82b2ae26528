from __future__ import annotations

import importlib
from collections.abc import Iterable
from contextlib import AbstractContextManager

from ..answer import BODY, HEADERS
from . import REQUESTS, Contender


class Responses(Contender):
    name = "responses"
    requires = "responses"
    clients = REQUESTS

    def __init__(self, client: str) -> None:
        super().__init__(client)
        self._mock = importlib.import_module("responses").RequestsMock(assert_all_requests_are_fired=False)

    def active(self) -> AbstractContextManager[object]:
        mock: AbstractContextManager[object] = self._mock
        return mock

    def register(self, urls: Iterable[str]) -> None:
        for url in urls:
            self._mock.get(url, body=BODY, status=200, content_type=HEADERS["content-type"])

    def pass_through(self, url: str) -> None:
        self._mock.add_passthru(url)
