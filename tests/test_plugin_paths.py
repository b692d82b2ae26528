"""The import paths of bigfoot 0.10, and the names of its plugins."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import bigfoot
from bigfoot.discovery import fakes

PATHS = {
    "asyncpg_plugin": ["AsyncpgPlugin"],
    "database_plugin": ["DatabasePlugin"],
    "http": ["HttpPlugin"],
    "logging_plugin": ["LoggingPlugin"],
    "redis_plugin": ["RedisPlugin"],
    "smtp_plugin": ["SmtpPlugin"],
    "socket_plugin": ["SocketPlugin"],
    "websocket_plugin": ["AsyncWebSocketPlugin", "SyncWebSocketPlugin"],
}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_leads_to_the_plugin(path: str) -> None:
    module = importlib.import_module(f"bigfoot.plugins.{path}")
    for name in PATHS[path]:
        plugin = getattr(module, name)
        assert plugin is getattr(bigfoot, name)
        assert fakes()[plugin.name] is plugin


def test_every_path_is_known() -> None:
    folder = Path(bigfoot.__file__).with_name("plugins")
    found = {file.stem for file in folder.glob("*.py")} - {"__init__"}
    assert found >= PATHS.keys()
