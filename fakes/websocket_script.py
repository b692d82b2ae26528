"""What the steps of a WebSocket session say: values become what is sent, exceptions the event on the wire behind them.

Exceptions are known by their names and attributes, so that no client library has to be loaded to read them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bigfoot.errors import InvalidArgumentError
from bigfoot.session import SessionStep
from bigfoot.transports.http import HttpReply

from .http_fields import header_pairs
from .http_reply import build
from .socket_peer import raised
from .websocket_wire import ABNORMAL, NO_STATUS, fits


class Acceptance(NamedTuple):
    """A handshake that is accepted."""

    subprotocol: str | None
    headers: Sequence[tuple[str, str]]


class Shut(NamedTuple):
    """A close frame; without a code, an empty one."""

    code: int | None
    reason: str


class Lost(NamedTuple):
    """The stream ends without a close frame."""


class Silence(NamedTuple):
    """Nothing comes until the client has had enough."""


class Failure(NamedTuple):
    """The connection breaks. A blocking call that is seen raises the exception itself."""

    error: BaseException


Event = HttpReply | Shut | Lost | Silence | Failure

_CONNECT = frozenset({"subprotocol", "headers"})
_REJECTION = frozenset({"status", "headers", "reason", "body", "json", "text", "html", "cookies"})
_CLOSE = frozenset({"code", "reason"})
# Clients call it so when the stream ends where a frame, or the answer to the handshake, was to come.
_ENDS = frozenset({"EOFError", "InvalidMessage", "WebSocketConnectionClosedException", "WebSocketNetworkError"})


def check(step: SessionStep) -> None:
    """Refuse a step whose values cannot be meant.

    Raises:
        InvalidArgumentError: it names the value, and what would be right.
    """
    if step.raises is not None:
        if isinstance(event(step.raises), HttpReply) and step.name != "connect":
            raise InvalidArgumentError("raises", step.raises, "only 'connect' is answered with a status")
    elif step.name == "connect":
        acceptance(step)
    elif step.name == "recv":
        fragments(step)
    elif step.name == "ping":
        ping(step)
    elif step.name == "close":
        shut(step)
    elif step.returns is not None:
        raise InvalidArgumentError("returns", step.returns, f"{step.name!r} gives None")


def acceptance(step: SessionStep) -> Acceptance | HttpReply:
    """Return how a handshake is answered."""
    given = _options(step, _CONNECT | _REJECTION, 'None, {"subprotocol": ..., "headers": ...} or {"status": 403, ...}')
    if given.get("status", 101) != 101:
        rejection = _options(step, _REJECTION, "status, headers and a body: a connection that is rejected has no more")
        return build(rejection)
    _options(step, _CONNECT | {"status"}, "subprotocol and headers; what else there is goes with a status of rejection")
    subprotocol = given.get("subprotocol")
    if subprotocol is not None and not (isinstance(subprotocol, str) and subprotocol):
        raise InvalidArgumentError("subprotocol", subprotocol, "give the name of the subprotocol that the server picks")
    pairs = header_pairs(given.get("headers"))
    return Acceptance(subprotocol, [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs])


def fragments(step: SessionStep) -> tuple[list[bytes], bool]:
    """Return the fragments of a message, and whether it is binary."""
    given = step.returns
    if type(given) is str:
        return [given.encode()], False
    pieces = list(given) if isinstance(given, (list, tuple)) else [given]
    if pieces and all(isinstance(piece, str) for piece in pieces):
        return [piece.encode() for piece in pieces], False
    if pieces and all(isinstance(piece, (bytes, bytearray, memoryview)) for piece in pieces):
        return [bytes(piece) for piece in pieces], True
    raise InvalidArgumentError("returns", given, "'recv' gives str or bytes, or a list of the fragments of either")


def ping(step: SessionStep) -> bytes | None:
    """Return what the server pings with; None where the client pings."""
    given = step.returns
    data = given.encode() if isinstance(given, str) else given
    if data is not None and not (isinstance(data, (bytes, bytearray, memoryview)) and len(bytes(data)) <= 125):
        raise InvalidArgumentError("returns", given, "give None where the client pings, else at most 125 bytes")
    return None if data is None else bytes(data)


def shut(step: SessionStep) -> Shut | None:
    """Return how the server closes; None where the client does."""
    if step.returns is None:
        return None
    remedy = 'None where the client closes, or {"code": ..., "reason": ...} where the server does'
    given = _options(step, _CLOSE, remedy)
    return _shut(given.get("code"), given.get("reason", ""))


def event(promised: BaseException | type[BaseException]) -> Event:
    """Return what happens on the wire when a client raises this exception.

    Raises:
        InvalidArgumentError: the exception does not say enough of it.
    """
    kinds = {kind.__name__ for kind in (promised if isinstance(promised, type) else type(promised)).__mro__}
    if "ConnectionClosed" in kinds or "WebSocketDisconnect" in kinds:
        return _closed(promised, kinds)
    if "TimeoutError" in kinds or any(name.endswith(("Timeout", "TimeoutException")) for name in kinds):
        return Silence()
    if kinds & _ENDS:
        return Lost()
    return _rejected(promised) or Failure(raised(promised))


def _closed(promised: Any, kinds: set[str]) -> Event:
    if isinstance(promised, type):
        return Shut(1000, "") if kinds & {"ConnectionClosedOK", "WebSocketDisconnect"} else Lost()
    received = promised.rcvd if "ConnectionClosed" in kinds else promised
    if received is None or received.code == ABNORMAL:
        return Lost()
    return _shut(None if received.code == NO_STATUS else int(received.code), received.reason or "")


def _rejected(promised: Any) -> Event | None:
    """Return the answer to the handshake that an exception tells of; each client's tells it by other names."""
    response = getattr(promised, "response", promised)
    status = _first(response, "status_code", "status")
    if isinstance(promised, type):
        if status is not None or promised.__name__ in ("InvalidStatus", "WSServerHandshakeError"):
            remedy = 'give an exception with a status, or returns={"status": 403}'
            raise InvalidArgumentError("raises", promised, remedy)
        return None
    if not isinstance(status, int):
        return None
    headers = _first(response, "headers", "resp_headers") or {}
    raw = getattr(headers, "raw_items", headers.items)()
    kept = [(name, value) for name, value in raw if name.lower() not in ("content-length", "transfer-encoding")]
    body = _first(response, "body", "content", "resp_body")
    return build({"status": int(status), "headers": kept, "body": body or b""})


def _first(holder: Any, *names: str) -> Any:
    return next((value for name in names if (value := getattr(holder, name, None)) is not None), None)


def _shut(code: Any, reason: Any) -> Shut:
    sent = isinstance(code, int) and (code in range(3000, 5000) or code in range(1000, 1015))
    if code is not None and (not sent or code in (1004, NO_STATUS, ABNORMAL)):
        raise InvalidArgumentError("code", code, "give a code that a close frame can carry: 1000 to 1014, 3000 to 4999")
    if not (isinstance(reason, str) and fits(reason)):
        raise InvalidArgumentError("reason", reason, "give a string of at most 123 bytes")
    if code is None and reason:
        raise InvalidArgumentError("code", code, "give a code: a close frame has no reason without one")
    return Shut(code, reason)


def _options(step: SessionStep, known: frozenset[str], remedy: str) -> Mapping[str, Any]:
    given = {} if step.returns is None else step.returns
    if not isinstance(given, Mapping) or not given.keys() <= known:
        raise InvalidArgumentError("returns", step.returns, f"give {remedy}")
    return given
