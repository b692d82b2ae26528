from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from ..answer import BODY, HEADERS
from . import EVERY_CLIENT, Contender


class Vcr(Contender):
    name = "vcrpy"
    requires = "vcr"
    clients = EVERY_CLIENT
    quick = False
    cannot = {  # noqa: RUF012
        "registration": "its mocks are a recorded cassette",
        "pass_through": "what passes is recorded, and then played back",
    }

    def __init__(self, client: str) -> None:
        super().__init__(client)
        self._vcr = importlib.import_module("vcr")
        self._request = importlib.import_module("vcr.request").Request
        self._cassette: Any = None

    def active(self) -> AbstractContextManager[object]:
        return self._active()

    @contextmanager
    def _active(self) -> Iterator[None]:
        with self._vcr.use_cassette(
            "no-such-cassette.yaml", record_mode=self._vcr.mode.NONE, allow_playback_repeats=True
        ) as self._cassette:
            yield

    def register(self, urls: Iterable[str]) -> None:
        headers = {name: [value] for name, value in HEADERS.items()}
        for url in urls:
            self._cassette.append(
                self._request("GET", url, None, {}),
                {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": {"string": BODY}},
            )
        self._cassette.dirty = False  # nothing to write when it closes
