"""Connections of sqlite3 that reach a real database: what is done with them is recorded, and must be asserted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bigfoot.interaction import Interaction
from bigfoot.origin import Origin, caller
from bigfoot.transports.sqlite_calls import Database, Engine, Statement

from . import sqlite_sql
from .sqlite_script import ENDS, details_of, is_chore

if TYPE_CHECKING:
    from .sqlite import DatabasePlugin


class RealDatabase(Database):
    """Records what goes to a real database.

    Arguments:
        plugin: whose pass-through it is.
        details: what the connection is opened with.
        origin: the calling line.
    """

    through = True

    def __init__(self, plugin: DatabasePlugin, details: dict[str, Any], origin: Origin) -> None:
        self._plugin = plugin
        self._record("connect", details, origin)

    def execute(self, call: Statement, engine: Engine) -> str:
        statement = sqlite_sql.read(call.sql)
        if call.name == "execute" and statement.first in ENDS and not statement.savepoint:
            self.finish(ENDS[statement.first], engine)
        elif call.name != "execute" or not is_chore(call.sql, statement):
            self._record(call.name, details_of(call), call.origin)
        return call.sql

    def finish(self, name: str, engine: Engine) -> None:
        if engine.in_transaction:
            self._record(name, {}, caller())

    def close(self) -> None:
        self._record("close", {}, caller())

    def _record(self, name: str, details: dict[str, Any], origin: Origin) -> None:
        plugin = self._plugin
        interaction = Interaction(f"{plugin.source}:{name}", plugin, details, how="pass-through", origin=origin)
        plugin.verifier.timeline.append(interaction)
        interaction.done()
