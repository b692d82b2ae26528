"""What the clients of http.client raise when they get no connection."""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, Any

from .http_callers import urllib3_of
from .http_delivery import Delivery
from .http_script import Delay, Fault

if TYPE_CHECKING:
    from http.client import HTTPConnection


def refuse(delivery: Delivery, connection: HTTPConnection, limit: float | None) -> None:
    """Raise what connecting raises where the reply of a mock is that there is no connection; else do nothing.

    Arguments:
        delivery: the call's way through the reply.
        connection: the connection that asks for one.
        limit: its connect timeout in seconds; None for none.
    """
    fault = delivery.reply.fault
    if fault is None or not fault.before_connection:
        return
    try:
        for item in delivery.head():
            if isinstance(item, Delay):
                seconds, gives_up = delivery.elapse(item, limit)
                time.sleep(seconds)
                if not gives_up:
                    continue
                item = Fault("timeout", "connect")
            elif item.kind == "timeout":
                delivery.stall(limit)
            raise _in_words_of(connection, _error(item, connection))
    except BaseException as error:
        delivery.fail(error)
        raise


def _error(fault: Fault, connection: HTTPConnection) -> OSError:
    """Return what the socket raises."""
    import socket
    import ssl

    match fault:
        case Fault("refused"):
            return ConnectionRefusedError(111, "Connection refused")
        case Fault("dns"):
            return socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        case Fault("tls", phase):
            host = f"Hostname mismatch, certificate is not valid for '{connection.host}'."
            reason = host if phase == "host" else "unable to get local issuer certificate"
            message = f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {reason}"
            return ssl.SSLCertVerificationError(1, message)
    return TimeoutError("timed out")


def _in_words_of(connection: Any, error: OSError) -> BaseException:
    """Return what the connection class makes of an error of its socket."""
    library = urllib3_of(connection)
    if library is None or type(error).__name__ == "SSLCertVerificationError":
        return error
    exceptions: Any = importlib.import_module(f"{library}.exceptions")
    message = f"Failed to establish a new connection: {error}"
    made: BaseException
    if isinstance(error, TimeoutError):
        words = f"Connection to {connection.host} timed out. (connect timeout={connection.timeout})"
        made = exceptions.ConnectTimeoutError(connection, words)
    elif hasattr(exceptions, "NameResolutionError") and "Name or service" in message:  # urllib3 2
        made = exceptions.NameResolutionError(connection.host, connection, error)
    else:
        made = exceptions.NewConnectionError(connection, message)
    made.__cause__ = error
    return made
