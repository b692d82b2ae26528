"""Connections of asyncpg that reach a real server."""

from __future__ import annotations

from typing import Any

from bigfoot.transports.asyncpg_calls import Call, Conversation

from .postgres_through import Recording


class Through(Recording, Conversation):
    """Records what goes through a connection."""

    def end(self, call: Call, result: Any) -> None:
        extras: dict[str, Any] = {}
        if isinstance(result, str) and call.name != "fetchval":
            extras["status"] = result
        if isinstance(result, list) and call.name in ("fetch", "fetchmany"):
            extras["rows"] = len(result)
        elif call.name == "fetchrow":
            extras["rows"] = int(result is not None)
        self._open[call].answer = extras

    def prepare(self, call: Call) -> None:
        self._record(call.name, call.details, call.origin).done()
