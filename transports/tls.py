"""TLS that is only paid for when it is needed.

Loading the certificate authorities takes about 15 ms, and clients do it for every new client, opener or
connection, although a mocked call never gets as far as a handshake.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterable
from typing import Any

_making = threading.RLock()


class LazyContext(ssl.SSLContext):
    """Stands in for a verifying context, and makes the real one when a connection or a setting needs it.

    Clients ask whether it verifies and set the protocols to offer; that much is answered and remembered
    without the real one. Everything else, first of all `wrap_socket` and `wrap_bio`, goes to the real one.

    Arguments:
        factory: returns the real context. It must verify certificates and host names, as
            `ssl.create_default_context` does: that is what this object says of itself until then.

    Example:
        >>> context = LazyContext(ssl.create_default_context)
        >>> context.made, context.check_hostname
        (False, True)
        >>> tls_socket = context.wrap_socket(tcp_socket, server_hostname="example.com")  # doctest: +SKIP
    """

    made: bool

    def __new__(cls, factory: Callable[[], ssl.SSLContext]) -> LazyContext:
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, factory: Callable[[], ssl.SSLContext]) -> None:
        state = object.__getattribute__(self, "__dict__")
        state["_factory"] = factory
        state["_remembered"] = {}
        state["_real"] = None

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """Set the protocols to offer in the handshake; remembered if the real context is not made yet."""
        state = object.__getattribute__(self, "__dict__")
        with _making:
            if state["_real"] is None:
                state["_remembered"]["set_alpn_protocols"] = list(alpn_protocols)
                return
        state["_real"].set_alpn_protocols(alpn_protocols)

    def __getattribute__(self, name: str) -> Any:
        get = object.__getattribute__
        if name in _OWN:
            return get(self, name)
        state = get(self, "__dict__")
        if name == "made":
            return state["_real"] is not None
        if state["_real"] is None and name in _PRESUMED:
            return state["_remembered"].get(name, _PRESUMED[name])
        return getattr(_real(state), name)

    def __setattr__(self, name: str, value: Any) -> None:
        state = object.__getattribute__(self, "__dict__")
        with _making:
            if state["_real"] is None:
                if name == "post_handshake_auth":
                    state["_remembered"][name] = value
                    return
                if name in _PRESUMED and value == _PRESUMED[name]:
                    return
        setattr(_real(state), name, value)


_OWN = frozenset({"__class__", "__dict__", "__doc__", "set_alpn_protocols"})
_PRESUMED = {
    "check_hostname": True,
    "post_handshake_auth": False,
    "protocol": ssl.PROTOCOL_TLS_CLIENT,
    "verify_mode": ssl.CERT_REQUIRED,
}


def _real(state: dict[str, Any]) -> ssl.SSLContext:
    """Return the real context; the first time, make it and pass on to it what was remembered."""
    with _making:
        if state["_real"] is None:
            context: ssl.SSLContext = state["_factory"]()
            for name, value in state["_remembered"].items():
                if name == "set_alpn_protocols":
                    context.set_alpn_protocols(value)
                else:
                    setattr(context, name, value)
            state["_real"] = context
        real: ssl.SSLContext = state["_real"]
        return real
