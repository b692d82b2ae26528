"""Requests that ask for another protocol on their connection: where no mock answers, sockets may."""

from __future__ import annotations

from urllib.parse import urlsplit

from bigfoot.transports.dial import Claim, Dial
from bigfoot.transports.http import HttpRequest
from bigfoot.verifier import StrictVerifier

_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}

SESSION = "or script what follows: bigfoot.async_websocket_mock.new_session().expect('connect', returns=None)..."


def upgrades(call: HttpRequest) -> bool:
    """Tell whether a request asks for a WebSocket."""
    return any(name.lower() == b"upgrade" and value.lower() == b"websocket" for name, value in call.headers)


def is_scripted(verifier: StrictVerifier, call: HttpRequest) -> bool:
    """Tell whether a connection to where the request goes would find something scripted."""
    parts = urlsplit(call.url)
    dial = Dial(parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80))
    return verifier.rank(dial) > Claim.REFUSAL
