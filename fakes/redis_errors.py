"""The exceptions of redis-py, and what a server does for a client to raise them."""

from __future__ import annotations

import re
from typing import Final

from bigfoot import report
from bigfoot.errors import InvalidArgumentError

from .redis_wire import Failure

# By the name of the class: the code of the error reply, and what the server says when the test does not.
_REPLIES: Final[dict[str, tuple[str, str]]] = {
    "AskError": ("ASK", "0 127.0.0.1:6379"),
    "AuthenticationError": ("NOAUTH", "Authentication required."),
    "BusyLoadingError": ("LOADING", "Redis is loading the dataset in memory"),
    "ClusterCrossSlotError": ("CROSSSLOT", "Keys in request don't hash to the same slot"),
    "ClusterDownError": ("CLUSTERDOWN", "The cluster is down"),
    "ExecAbortError": ("EXECABORT", "Transaction discarded because of previous errors."),
    "MasterDownError": ("MASTERDOWN", "Link with MASTER is down and replica-serve-stale-data is set to 'no'."),
    "ModuleError": ("ERR", "Error loading the extension. Please check the server logs."),
    "MovedError": ("MOVED", "0 127.0.0.1:6379"),
    "NoPermissionError": ("NOPERM", "this user has no permissions to run this command"),
    "NoScriptError": ("NOSCRIPT", "No matching script. Please use EVAL."),
    "NoSuchFieldsetError": ("ERR", "no such fieldset"),
    "OutOfMemoryError": ("OOM", "command not allowed when used memory > 'maxmemory'."),
    "ReadOnlyError": ("READONLY", "You can't write against a read only replica."),
    "ResponseError": ("ERR", "unknown error"),
    "TryAgainError": ("TRYAGAIN", "Multiple keys request during rehashing of slot"),
}
# redis-py raises them when the connection ends or stays silent, whatever the server would have said.
_OF_THE_WIRE = frozenset({"ConnectionError", "AuthorizationError", "MaxConnectionsError"})
_CODE = re.compile(r"[A-Z][A-Z0-9]+(?= |$)")


class Nil:
    """Stands for the reply that redis-py raises WatchError at: EXEC gives nothing."""

    __slots__ = ()


NIL: Final = Nil()
Raised = Failure | Nil | BaseException


def raised(command: str, error: BaseException | type[BaseException]) -> Raised:
    """Return what has to happen on the wire for the client to raise an exception: a reply, or the wire's own failure.

    Raises:
        InvalidArgumentError: no server can bring it about.
    """
    kind = error if isinstance(error, type) else type(error)
    for ancestor in kind.__mro__:
        name = ancestor.__name__
        if not ancestor.__module__.startswith("redis."):
            continue
        if name == "WatchError":
            if command != "EXEC":
                raise InvalidArgumentError("raises", error, 'the client raises it at EXEC: mock_command("EXEC", ...)')
            return NIL
        if name in _REPLIES:
            return _failure(name, error)
        if name == "TimeoutError":
            return TimeoutError(*getattr(error, "args", ())[:1])  # what a socket raises; redis-py makes its own of it
        if name in _OF_THE_WIRE:
            return error() if isinstance(error, type) else error
    if issubclass(kind, (OSError, EOFError)):
        return error() if isinstance(error, type) else error
    known = ", ".join(sorted(_REPLIES))
    meant = report.meant(kind.__name__, _REPLIES)
    raise InvalidArgumentError(
        "raises",
        error,
        f"no reply of redis makes the client raise it{meant}; redis.exceptions has {known}, ConnectionError and "
        "TimeoutError, and the wire has the exceptions of the operating system",
    )


def _failure(name: str, error: BaseException | type[BaseException]) -> Failure:
    code, usual = _REPLIES[name]
    said = str(error) if isinstance(error, BaseException) else ""
    if name in ("AskError", "MovedError") and not re.fullmatch(r"\d+ \S*:\d+", said or usual):
        raise InvalidArgumentError("raises", error, 'its text is a slot and a node, such as "3999 127.0.0.1:6381"')
    found = _CODE.match(said)
    if said and found is not None and (code == "ERR" or found[0] == code):
        return Failure(said)
    return Failure(f"{code} {said or usual}")


def failure(error: BaseException) -> Failure:
    """Return the error reply that redis-py made an exception of."""
    result = raised("EXEC", error)
    return result if isinstance(result, Failure) else Failure(f"ERR {error}")
