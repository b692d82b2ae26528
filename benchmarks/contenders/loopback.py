"""No library at all: the real client against the real server."""

from __future__ import annotations

from ..server import base_url
from . import EVERY_CLIENT, Contender


class Loopback(Contender):
    name = "no library"
    clients = EVERY_CLIENT
    cannot = dict.fromkeys(("mocks", "registration", "sandbox"), "has nothing to register or to enter")

    def __init__(self, client: str) -> None:
        super().__init__(client)
        self.base = base_url()

    def pass_through(self, url: str) -> None:
        """All of it does."""
