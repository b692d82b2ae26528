"""Promises below one URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bigfoot.errors import InvalidArgumentError

if TYPE_CHECKING:
    from .http import HttpPlugin


class HttpBase:
    """Promises below one URL; made by `bigfoot.http.base(url)`."""

    def __init__(self, plugin: HttpPlugin, url: str) -> None:
        self._plugin = plugin
        self._url = url

    def _under(self, path: str) -> str:
        if not isinstance(path, str) or not path.startswith("/"):
            raise InvalidArgumentError("path", path, 'give a path that begins with "/"')
        return self._url + path

    def mock_response(self, method: str, path: str, **arguments: Any) -> None:
        """Promise a response to a path; the arguments are those of `bigfoot.http.mock_response`."""
        self._plugin.mock_response(method, self._under(path), **arguments)

    def mock_error(self, method: str, path: str, **arguments: Any) -> None:
        """Promise that a path fails; the arguments are those of `bigfoot.http.mock_error`."""
        self._plugin.mock_error(method, self._under(path), **arguments)

    def pass_through(self, method: str, path: str) -> None:
        """Let a path reach the real server; see `bigfoot.http.pass_through`."""
        self._plugin.pass_through(method, self._under(path))
