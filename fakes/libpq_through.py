"""Connections of libpq's clients that reach a real server."""

from __future__ import annotations

from bigfoot.transports.libpq_calls import Call, Conversation

from .postgres_through import Recording


class Through(Recording, Conversation):
    """Records what goes through a connection."""

    def end(self, call: Call, rows: int | None, status: str | None) -> None:
        told = {"rows": rows, "status": status}
        self._open[call].answer = {name: value for name, value in told.items() if value is not None}
