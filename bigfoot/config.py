"""[tool.bigfoot]: read once per session from the nearest pyproject.toml upward."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bigfoot.errors import BigfootConfigError

if TYPE_CHECKING:
    from pathlib import Path


class Config:
    """The settings of a verifier.

    Arguments:
        table: the content of `[tool.bigfoot]`; unknown keys are ignored.

    Raises:
        BigfootConfigError: a value has the wrong type; it names the key.

    Example:
        >>> Config({"require_all_fields": False}).require_all_fields
        False
    """

    def __init__(self, table: Mapping[str, Any] | None = None) -> None:
        self.table: Mapping[str, Any] = {} if table is None else table
        self.require_all_fields = self.flag("require_all_fields", True)
        self.show_secrets = self.flag("show_secrets", False)
        self.hang_timeout = self._seconds("hang_timeout", 5.0)
        self.enabled_plugins = self._names("enabled_plugins")
        self.disabled_plugins = self._names("disabled_plugins")
        if self.enabled_plugins is not None and self.disabled_plugins is not None:
            raise BigfootConfigError("[tool.bigfoot] takes enabled_plugins or disabled_plugins, not both")

    def flag(self, key: str, default: bool) -> bool:
        """Return a boolean by its dotted key, such as `"http.require_response"`."""
        value = self._value(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise BigfootConfigError(f"[tool.bigfoot] {key} = {value!r}: give true or false")
        return value

    def text(self, key: str, default: str) -> str:
        """Return a text by its dotted key, such as `"logging.level"`."""
        value = self._value(key)
        if value is None:
            return default
        if not isinstance(value, str):
            raise BigfootConfigError(f"[tool.bigfoot] {key} = {value!r}: give a text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts by its dotted key, such as `"logging.ignore"`; empty where there is none."""
        value = self._value(key)
        if value is None:
            return ()
        if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
            raise BigfootConfigError(f"[tool.bigfoot] {key} = {value!r}: give a list of texts")
        return tuple(value)

    def _seconds(self, key: str, default: float) -> float:
        value = self._value(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
            raise BigfootConfigError(f"[tool.bigfoot] {key} = {value!r}: give a number of seconds, more than 0")
        return float(value)

    def enables(self, plugin: str) -> bool:
        """Tell whether sandboxes answer the calls of this plugin."""
        if self.enabled_plugins is not None:
            return plugin in self.enabled_plugins
        return self.disabled_plugins is None or plugin not in self.disabled_plugins

    def check_names(self, known: Mapping[str, Any]) -> None:
        """Refuse a plugin name that nobody has.

        Raises:
            BigfootConfigError: it names the plugin and the known ones.
        """
        for key in ("enabled_plugins", "disabled_plugins"):
            for name in sorted((getattr(self, key) or frozenset()) - known.keys()):
                raise BigfootConfigError(
                    f"[tool.bigfoot] {key}: no plugin {name!r}; there are {', '.join(sorted(known))}"
                )

    def override(self, options: Mapping[str, Any]) -> Config:
        """Return the settings with some of them replaced, dotted keys and tables alike."""
        table = {key: dict(value) if isinstance(value, Mapping) else value for key, value in self.table.items()}
        for key, value in options.items():
            *path, last = key.split(".")
            inner: dict[str, Any] = table
            for part in path:
                if not isinstance(inner.setdefault(part, {}), dict):
                    raise BigfootConfigError(_no_table(key, inner[part]))
                inner = inner[part]
            inner[last] = value
        for one, other in (("enabled_plugins", "disabled_plugins"), ("disabled_plugins", "enabled_plugins")):
            if one in options and other not in options:
                table.pop(other, None)
        return Config(table)

    def _value(self, key: str) -> Any:
        value: Any = self.table
        for part in key.split("."):
            if not isinstance(value, Mapping):
                raise BigfootConfigError(_no_table(key, value))
            value = value.get(part)
            if value is None:
                return None
        return value

    def _names(self, key: str) -> frozenset[str] | None:
        value = self._value(key)
        if value is None:
            return None
        names = list(value) if isinstance(value, (list, tuple, set, frozenset)) else [None]
        if not all(isinstance(name, str) for name in names):
            raise BigfootConfigError(f"[tool.bigfoot] {key} = {value!r}: give a list of plugin names")
        # 0.10 named the plugins without the suffix that their proxies carry.
        return frozenset(_PROXY_NAMES.get(str(name), str(name)) for name in names)


def _no_table(key: str, value: Any) -> str:
    return f"[tool.bigfoot] {key}: {value!r} stands where a table is expected"


_PROXY_NAMES = {
    "subprocess": "subprocess_mock",
    "popen": "popen_mock",
    "smtp": "smtp_mock",
    "socket": "socket_mock",
    "database": "db_mock",
    "async_websocket": "async_websocket_mock",
    "sync_websocket": "sync_websocket_mock",
    "redis": "redis_mock",
    "psycopg2": "psycopg2_mock",
    "asyncpg": "asyncpg_mock",
    "logging": "log_mock",
    "async_subprocess": "async_subprocess_mock",
}

_session: Config | None = None


def session() -> Config:
    """Return the settings of this session; read at first use, from the working directory upward."""
    global _session
    if _session is None:
        from pathlib import Path

        _session = read(Path.cwd())
    return _session


def start_session(config: Config | None) -> None:
    """Set the settings of this session; None to read them anew at the next use."""
    global _session
    _session = config


def read(start: Path) -> Config:
    """Read `[tool.bigfoot]` from the nearest pyproject.toml in `start` or above it.

    Raises:
        tomllib.TOMLDecodeError: the file is not TOML.
        BigfootConfigError: a value has the wrong type.
    """
    import tomllib

    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            with file.open("rb") as stream:
                table = tomllib.load(stream)
            for key in ("tool", "bigfoot"):
                table = table.get(key, {})
                if not isinstance(table, dict):
                    raise BigfootConfigError(f"{key} = {table!r} in {file}: give a table")
            return Config(table)
    return Config()
