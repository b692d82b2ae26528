"""Connections that reach a real server: every call is recorded, and must be asserted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bigfoot.interaction import Interaction
from bigfoot.origin import Origin
from bigfoot.transports.asyncpg_calls import Call, Conversation

if TYPE_CHECKING:
    from .asyncpg import AsyncpgPlugin


class Through(Conversation):
    """Records what goes through a connection.

    Arguments:
        plugin: whose pass-through it is.
        details: what the connection was opened with.
        origin: the calling line.
    """

    through = True

    def __init__(self, plugin: AsyncpgPlugin, details: dict[str, Any], origin: Origin) -> None:
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

    def end(self, call: Call, result: Any) -> None:
        interaction = self._open[call]
        extras: dict[str, Any] = {}
        if isinstance(result, str) and call.name != "fetchval":
            extras["status"] = result
        if isinstance(result, list) and call.name in ("fetch", "fetchmany"):
            extras["rows"] = len(result)
        elif call.name == "fetchrow":
            extras["rows"] = int(result is not None)
        interaction.answer = extras

    def drop(self, call: Call) -> None:
        self._open.pop(call).done()

    def prepare(self, call: Call) -> None:
        self._record(call.name, call.details, call.origin).done()

    def closing(self, call: Call) -> None:
        self._record("close", {}, call.origin).done()
