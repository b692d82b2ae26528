"""Connections of libpq's clients that reach a real server: every call is recorded, and must be asserted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bigfoot.interaction import Interaction
from bigfoot.origin import Origin
from bigfoot.transports.libpq_calls import Call, Conversation

if TYPE_CHECKING:
    from .libpq import LibpqPlugin


class Through(Conversation):
    """Records what goes through a connection.

    Arguments:
        plugin: whose pass-through it is.
        details: what the connection was opened with.
        origin: the calling line.
    """

    through = True

    def __init__(self, plugin: LibpqPlugin, details: dict[str, Any], origin: Origin) -> None:
        self._plugin = plugin
        self._open: dict[Call, Interaction] = {}
        self._record("connect", details, origin).done()

    def _record(self, name: str, details: dict[str, Any], origin: Origin) -> Interaction:
        plugin = self._plugin
        interaction = Interaction(f"{plugin.source}:{name}", plugin, details, how="pass-through", origin=origin)
        plugin.verifier.timeline.append(interaction)
        return interaction

    def begin(self, call: Call) -> None:
        self._open[call] = self._record(call.name, call.details, call.origin)

    def end(self, call: Call, rows: int | None, status: str | None) -> None:
        told = {"rows": rows, "status": status}
        self._open[call].answer = {name: value for name, value in told.items() if value is not None}

    def drop(self, call: Call) -> None:
        self._open.pop(call).done()

    def closing(self, call: Call) -> None:
        self._record("close", {}, call.origin).done()
