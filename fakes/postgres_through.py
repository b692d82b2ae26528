"""Connections to PostgreSQL that reach a real server: every call is recorded, and must be asserted."""

from __future__ import annotations

from typing import Any, Protocol

from bigfoot.interaction import Interaction
from bigfoot.origin import Origin

from .postgres_fake import PostgresFake


class _Call(Protocol):
    name: str
    details: dict[str, Any]
    origin: Origin


class Recording:
    """Records what goes through a connection.

    Arguments:
        plugin: whose pass-through it is.
        details: what the connection was opened with.
        origin: the calling line.
    """

    through = True

    def __init__(self, plugin: PostgresFake[Any], details: dict[str, Any], origin: Origin) -> None:
        self._plugin = plugin
        self._open: dict[Any, Interaction] = {}  # by the call that is under way
        self._record("connect", details, origin).done()

    def _record(self, name: str, details: dict[str, Any], origin: Origin) -> Interaction:
        plugin = self._plugin
        interaction = Interaction(f"{plugin.source}:{name}", plugin, details, how="pass-through", origin=origin)
        plugin.verifier.timeline.append(interaction)
        return interaction

    def begin(self, call: _Call) -> None:
        """Note that a call is under way."""
        self._open[call] = self._record(call.name, call.details, call.origin)

    def drop(self, call: _Call) -> None:
        """Note that a call is over, whatever came of it."""
        self._open.pop(call).done()

    def closing(self, call: _Call) -> None:
        """Note that the program closes the connection."""
        self._record("close", {}, call.origin).done()
