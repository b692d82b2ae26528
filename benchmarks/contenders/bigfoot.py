from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext

from ..answer import BODY, HEADERS, PAYLOAD
from . import EVERY_CLIENT, REQUESTS, Contender


class Bigfoot(Contender):
    """The sandbox meets whatever client the code under test makes."""

    name = "bigfoot"
    requires = "bigfoot"
    clients = EVERY_CLIENT
    judged = True
    many = 10_000
    pytest_plugin = "bigfoot"

    def __init__(self, client: str) -> None:
        super().__init__(client)
        self._verifier = importlib.import_module("bigfoot").StrictVerifier()
        self._http = self._verifier.plugin("http")

    def active(self) -> AbstractContextManager[object]:
        sandbox: AbstractContextManager[object] = self._verifier.sandbox()
        return sandbox

    def register(self, urls: Iterable[str]) -> None:
        for url in urls:
            self._http.mock_response("GET", url, json=PAYLOAD, times=None)

    def register_patterns(self, count: int) -> None:
        for number in range(count):
            self._http.mock_response("GET", f"{self.base}/v2/*/items/{number}/{{id}}", json=PAYLOAD, required=False)

    def script(self, urls: Iterable[str]) -> None:
        for url in urls:
            self._http.mock_response("GET", url, json=PAYLOAD)

    def pass_through(self, url: str) -> None:
        self._http.pass_through("GET", url)

    def assert_all(self, urls: Sequence[str], *, any_order: bool = False) -> None:
        body = BODY.decode()
        with self._verifier.in_any_order() if any_order else nullcontext():
            for url in urls:
                self._verifier.assert_interaction(
                    self._http.request,
                    method="GET",
                    url=url,
                    request_headers={},
                    request_body="",
                    status=200,
                    response_headers=HEADERS,
                    response_body=body,
                )


class BigfootExplicit(Bigfoot):
    """The test hands the client its transport: no sandbox, no seam."""

    name = "bigfoot (explicit)"
    second_way = True
    pytest_plugin = ""
    cannot = {"sandbox": "has none", "idle": "installs nothing"}  # noqa: RUF012

    def __init__(self, client: str) -> None:
        super().__init__(client)
        module, door = {
            "httpx": ("httpx", "Transport"),
            "httpx_async": ("httpx", "AsyncTransport"),
            "httpx2": ("httpx2", "Transport"),
            **dict.fromkeys(REQUESTS, ("requests", "Adapter")),
            "urllib": ("urllib", "Handler"),
            "aiohttp": ("aiohttp", "Connector"),
        }[client]
        make = getattr(importlib.import_module(f"bigfoot.transports.{module}"), door)
        self.door = lambda: make(verifier=self._verifier)

    def active(self) -> AbstractContextManager[object]:
        return nullcontext()
