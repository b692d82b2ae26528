from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import SimpleNamespace
from typing import Any

from ..answer import BODY, HEADERS
from . import Contender


class PytestHttpx(Contender):
    """The body of its fixture, run without pytest around it."""

    name = "pytest-httpx"
    requires = "pytest_httpx"
    clients = frozenset({"httpx", "httpx_async"})
    pytest_plugin = "pytest_httpx"

    def __init__(self, client: str) -> None:
        super().__init__(client)
        pytest = importlib.import_module("pytest")
        self._real: set[str] = set()
        mark = pytest.mark.httpx_mock(
            assert_all_responses_were_requested=False, should_mock=lambda r: str(r.url) not in self._real
        ).mark
        self._request = SimpleNamespace(node=SimpleNamespace(iter_markers=lambda name: [mark]))
        self._monkeypatch = pytest.MonkeyPatch
        self._fixture = importlib.import_module("pytest_httpx").httpx_mock.__wrapped__
        self._mock: Any = None

    def active(self) -> AbstractContextManager[object]:
        return self._active()

    @contextmanager
    def _active(self) -> Iterator[None]:
        with (
            self._monkeypatch.context() as monkeypatch,
            contextmanager(self._fixture)(monkeypatch, self._request) as self._mock,
        ):
            yield

    def register(self, urls: Iterable[str]) -> None:
        for url in urls:
            self._mock.add_response(
                url=url, method="GET", headers=HEADERS, content=BODY, is_reusable=True, is_optional=True
            )

    def pass_through(self, url: str) -> None:
        self._real.add(url)
