"""http.client: the connection below requests, urllib3, botocore, urllib, httplib2, xmlrpc and their like.

The seam is the connection itself: `connect`, `send` and `getresponse` of `HTTPConnection`, and the own `connect` of
each class made from it. So it sees each request exactly as it would go on the wire, and answers in bytes, which the
client's own code reads.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from bigfoot import context
from bigfoot.errors import SandboxNotActiveError
from bigfoot.seam import Seam, Target, place

from .http import HttpRequest
from .http_exchange import MemorySocket
from .http_reply_file import ReplyFile

if TYPE_CHECKING:
    from http.client import HTTPConnection

    from bigfoot.verifier import StrictVerifier

    C = TypeVar("C", bound=HTTPConnection)


def _connect(original: Callable[[HTTPConnection], None]) -> Callable[[HTTPConnection], None]:
    def connect(self: HTTPConnection) -> None:
        if context.active(HttpRequest) is None:
            original(self)
        else:
            occupy(self, MemorySocket)

    return connect


def _send(original: Callable[[HTTPConnection, Any], None]) -> Callable[[HTTPConnection, Any], None]:
    def send(self: HTTPConnection, data: Any) -> None:
        ready = isinstance(self.sock, MemorySocket) or not (self.sock or self.auto_open)
        if not ready and context.active(HttpRequest) is not None:
            # Not connected yet, or a connection from before the sandbox, whose socket is not to be used inside.
            occupy(self, MemorySocket)
        original(self, data)
        _check(self.sock)

    return send


def _check(sock: Any) -> None:
    if isinstance(sock, MemorySocket) and sock.raised is not None:
        sock.check()


def _getresponse(original: Callable[..., Any]) -> Callable[..., Any]:
    def getresponse(self: HTTPConnection, *args: Any, **kwargs: Any) -> Any:
        return _fetch(self, functools.partial(original, self), *args, **kwargs)

    return getresponse


def _fetch(connection: HTTPConnection, getresponse: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    sock: Any = connection.sock
    # urllib3 1.26 tries getresponse(buffering=True) first, and takes the TypeError for a no.
    if args or kwargs or not isinstance(sock, MemorySocket) or not sock.pending:
        return getresponse(*args, **kwargs)
    return sock.fetch(getresponse)


def occupy(connection: Any, kind: type[MemorySocket]) -> None:
    """Give a connection a socket that leads to the sandbox; one that it has is kept for afterwards."""
    sock = connection.sock
    connection.sock = kind(connection, None if isinstance(sock, MemorySocket) else sock)
    if hasattr(connection, "is_verified"):
        # urllib3 warns before each https request on a connection that has not said that it is verified.
        connection.is_verified = True
    if hasattr(connection, "_has_connected_to_proxy"):
        # urllib3 blames the proxy for errors of a connection that did not get past it; it has no public way to say.
        connection._has_connected_to_proxy = bool(connection.proxy)


def _init_subclass(original: Any) -> classmethod[Any, Any, None]:
    """Meet the classes that are yet to be made from `HTTPConnection`."""
    from http.client import HTTPConnection

    def __init_subclass__(cls: Any, /, **options: Any) -> None:
        if isinstance(original, classmethod):
            original.__get__(None, cls)(**options)
        else:
            super(HTTPConnection, cls).__init_subclass__(**options)
        _place_connect(cls)

    return classmethod(__init_subclass__)


def _place_connect(kind: type[HTTPConnection]) -> None:
    if callable(vars(kind).get("connect")) and kind.__module__ != __name__:
        place(kind, "connect", _connect)


def answerer(verifier: StrictVerifier | None) -> Any:
    """Return who answers an explicit adapter or handler: its verifier, or else the active sandbox.

    Raises:
        SandboxNotActiveError: there is neither.
    """
    sandbox = context.active(HttpRequest) if verifier is None else verifier
    if sandbox is None:
        raise SandboxNotActiveError("http:request")
    return sandbox


def owned(kind: type[C], verifier: StrictVerifier | None) -> type[C]:
    """Return a connection class like this one that asks a verifier, or else the active sandbox, by itself.

    Arguments:
        kind: the client's own connection class; it connects where a call passes through.
        verifier: who answers; None for the active sandbox.
    """
    from http.client import HTTPConnection

    class Socket(MemorySocket):
        def find(self) -> Any:
            return answerer(verifier)

        def dial(self, connection: Any) -> None:
            connection.dialing = True
            try:
                kind.connect(connection)
            finally:
                connection.dialing = False

    # Below the client's class and above http.client's, so that the client's own overrides come first and call these.
    class Answered(HTTPConnection):
        dialing = False

        def send(self, data: Any) -> None:
            if not self.dialing and not isinstance(self.sock, MemorySocket):
                occupy(self, Socket)
            super().send(data)
            _check(self.sock)

        def getresponse(self, *args: Any, **kwargs: Any) -> Any:
            return _fetch(self, super().getresponse, *args, **kwargs)

    def connect(self: Any) -> None:
        occupy(self, Socket)

    make: Any = type
    bases = (Answered,) if kind is HTTPConnection else (kind, Answered)
    made: type[C] = make(kind.__name__, bases, {"connect": connect, "__module__": __name__})
    return made


def _parse_headers(original: Callable[..., Any]) -> Callable[..., Any]:
    def parse_headers(fp: Any, *args: Any, **kwargs: Any) -> Any:
        message = fp.message() if type(fp) is ReplyFile and not args and not kwargs else None
        return original(fp, *args, **kwargs) if message is None else message

    return parse_headers


def _default_context(original: Callable[..., Any]) -> Callable[..., Any]:
    """Spare `HTTPSConnection` its own SSL context until a call passes through."""

    def _create_default_https_context(*args: Any, **kwargs: Any) -> Any:
        import ssl

        # Who has put another function here, as PEP 476 allows, gets what that one makes.
        plain = original is ssl.create_default_context and not args and not kwargs
        if not plain or context.active(HttpRequest) is None:
            return original(*args, **kwargs)
        from .tls import LazyContext

        return LazyContext(original)

    return _create_default_https_context


def _targets() -> Iterator[Target]:
    import http.client

    connection = http.client.HTTPConnection
    yield Target(connection, "__init_subclass__", _init_subclass)
    yield Target(connection, "send", _send)
    yield Target(connection, "getresponse", _getresponse)
    yield Target(http.client, "parse_headers", _parse_headers)
    if hasattr(http.client, "HTTPSConnection"):  # this Python can do TLS
        import ssl

        yield Target(ssl, "_create_default_https_context", _default_context)
    _place_connect(connection)
    for kind in _subclasses(connection):
        _place_connect(kind)


def _subclasses(kind: type[HTTPConnection]) -> Iterator[type[HTTPConnection]]:
    for below in kind.__subclasses__():
        yield below
        yield from _subclasses(below)


SEAM = Seam(
    "http.client",
    _targets,
    watch=(
        "http.client:HTTPConnection",
        "http.client:HTTPConnection.request",
        "urllib3.connectionpool:HTTPConnectionPool.ConnectionCls",
        "urllib3.connectionpool:HTTPConnectionPool.urlopen",
    ),
    packages=("botocore", "httplib2", "pip", "requests", "urllib", "urllib3", "xmlrpc"),
)
