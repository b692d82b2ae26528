"""Where a session is bound to: what a test gives as `host=` and `port=`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bigfoot.errors import InvalidArgumentError
from bigfoot.transports.dial import Dial, normal

Place = tuple[str | None, int | None]  # host and port; None for any


def host_argument(host: Any) -> str | None:
    """Check a `host=` argument: the host as the code names it, or None for any.

    Raises:
        InvalidArgumentError: it is neither.
    """
    if host is not None and not (isinstance(host, str) and host):
        raise InvalidArgumentError("host", host, 'name the host as the code does, such as "example.com"')
    return host


def port_argument(port: Any) -> int | None:
    """Check a `port=` argument: a number, or None for any.

    Raises:
        InvalidArgumentError: it is neither.
    """
    if port is not None and not (isinstance(port, int) and not isinstance(port, bool) and 0 <= port < 65536):
        raise InvalidArgumentError("port", port, "give a number from 0 to 65535")
    return port


def place(binding: Mapping[str, Any]) -> Place:
    """Return the place of the sessions that are bound so."""
    host = binding.get("host")
    return None if host is None else normal(host), binding.get("port")


def places(dial: Dial) -> tuple[Place, ...]:
    """Return the places of the sessions that fit a dial."""
    host = normal(dial.host)
    return (host, dial.port), (host, None), (None, dial.port), (None, None)
