"""Where a session is bound to: what a test gives as `host=` and `port=`."""

from __future__ import annotations

from typing import Any

from bigfoot.errors import InvalidArgumentError


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
