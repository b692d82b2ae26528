"""What a seam knows of the connection of a call: kept as it came, looked into when somebody asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import ref


class Ending:
    """What stands for a response whose end is told to the facts: whether the application is through with it."""

    __slots__ = ("closed",)

    def __init__(self, closed: bool) -> None:
        self.closed = closed


OPEN, CLOSED = Ending(False), Ending(True)


class Facts:
    """The connection of one call.

    Arguments:
        pool: a weak reference to what keeps connections alive between calls (a transport, an adapter), or None.
        verify: whether, or by what, the certificate of the server is verified; None if unknown.
        proxy: where the proxy is, or None.

    Attributes:
        pooled: whether the connection had served a call before; None where only the pool can tell.
        response: what has `is_closed` or `closed` when the application is through with it, or a weak reference to
            what then is let go of; None if unknown.
    """

    __slots__ = ("pool", "pooled", "proxy", "response", "verify")

    def __init__(self, pool: ref[Any] | None = None, verify: Any = None, proxy: Any = None) -> None:
        self.pool = pool
        self.verify = verify
        self.proxy = proxy
        self.pooled: bool | None = None
        self.response: Any = None

    def __call__(self, url: str) -> Mapping[str, Any]:
        """Return the facts about a call of this URL, as they are asserted."""
        return {
            "closed": self._closed(),
            "pooled": self.pooled,
            "proxy": None if self.proxy is None else _without_user(_text(self.proxy)),
            "verify": _verifies(self.verify) if url.startswith(("https:", "wss:")) else None,
        }

    def _closed(self) -> bool | None:
        response = self.response
        if isinstance(response, ref):
            response = response()
            if response is None:  # let go of, as it is when it is released
                return True
        closed: bool | None = getattr(response, "is_closed", getattr(response, "closed", None))
        return closed


def _verifies(verify: Any) -> bool | None:
    """Tell what libraries say in several ways: a flag, the path of a bundle, a context, or an SSL constant."""
    if verify is None or isinstance(verify, bool):
        return verify
    mode: Any = getattr(verify, "verify_mode", verify)
    name = getattr(mode, "name", mode)
    return name not in ("CERT_NONE", 0)


def _text(proxy: Any) -> str:
    """Return the URL of a proxy, of a type of whatever library."""
    if isinstance(proxy, bytes):
        return proxy.decode("latin-1")
    scheme, host = getattr(proxy, "scheme", None), getattr(proxy, "host", None)
    if isinstance(scheme, bytes) and isinstance(host, bytes):  # httpcore's
        port = f":{proxy.port}" if proxy.port else ""
        return f"{scheme.decode()}://{host.decode()}{port}"
    return str(proxy)


def _without_user(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}".rstrip("/")
