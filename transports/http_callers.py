"""Who calls through http.client, where to, and what it adds to a request by itself."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from bigfoot.interaction import Interaction

from .http import HttpRequest
from .http1 import LazyHeaders, fields
from .http_facts import Facts

if TYPE_CHECKING:
    from http.client import HTTPConnection

R = TypeVar("R")
Defaults = Callable[[], Mapping[str, Sequence[str]]]

_CALLS = {"requests": "urllib3", "urllib": "http.client"}


class Caller:
    """A call of a library that makes it through another: requests through urllib3, urllib through http.client.

    Attributes:
        name: the import name of the library.
        interaction: the answer, where it is known before the call gets to a connection.
        error: the exception that was the answer at a connection.
    """

    __slots__ = ("error", "interaction", "name")

    def __init__(self, name: str, interaction: Interaction | None = None) -> None:
        self.name = name
        self.interaction = interaction
        self.error: BaseException | None = None

    def calling(self, call: Callable[[], R]) -> R:
        """Make a call of the library below.

        Raises:
            BaseException: the one that was the answer, as it is: the library below may have put it into its own.
        """
        token = caller.set(self)
        try:
            return call()
        except BaseException as error:
            if self.error is not None and self.error is not error:
                raise self.error from None
            raise
        finally:
            caller.reset(token)


caller: ContextVar[Caller | None] = ContextVar("bigfoot_http_caller", default=None)


def answered() -> Interaction | None:
    """Return the answer to the call that is being made, where it is known already; each only once."""
    above = caller.get()
    if above is None:
        return None
    interaction, above.interaction = above.interaction, None
    return interaction


def refused(error: BaseException) -> None:
    """Tell the library above that this exception is the answer."""
    above = caller.get()
    if above is not None:
        above.error = error


def client_of(connection: HTTPConnection) -> str:
    """Return the import name of the library that the code called to get to this connection."""
    kind: Any = type(connection)
    below = _below(kind)
    above = caller.get()
    return above.name if above is not None and _CALLS[above.name] == below else below


@functools.cache
def _below(kind: type) -> str:
    """Return the library whose connection class this is, or is made from."""
    for one in kind.__mro__:
        library = one.__module__.partition(".")[0]
        if library in _DEFAULTS:
            return library
    return "http.client"


def urllib3_of(connection: HTTPConnection) -> str | None:
    """Return the name of the urllib3, possibly one packed into another library, that a connection is made from."""
    for one in type(connection).__mro__:
        package, _, module = one.__module__.rpartition(".")
        if module == "connection" and package.rpartition(".")[2] == "urllib3":
            return package
    return None


def normalize(connection: HTTPConnection, head: bytes) -> HttpRequest:
    """Return the request whose head was written to a connection, without its body."""
    method, target, _ = head[: head.index(b"\n")].decode("latin-1").split(" ", 2)
    client = client_of(connection)
    headers = LazyHeaders(fields, head)
    # http.client and urllib send a method as it was given; requests and the others in upper case, as mocks are kept.
    facts = Facts(verify=_verification(connection), proxy=_proxy(connection, target))
    url = _url(connection, target)
    return HttpRequest(client, method.upper(), url, headers, None, _DEFAULTS[client], facts=facts)


def _verification(connection: Any) -> Any:
    """Return what says whether the server's certificate is verified: urllib3's setting, or the context."""
    required = getattr(connection, "cert_reqs", None)
    if required is not None:
        return required
    own = getattr(connection, "ssl_context", None) or getattr(connection, "_context", None)  # http.client's is private
    return True if own is None else own


def _proxy(connection: Any, target: str) -> str | None:
    if target.startswith(("http://", "https://")) or getattr(connection, "_tunnel_host", None):
        return f"http://{connection.host}:{connection.port}"
    return None


def _url(connection: HTTPConnection, target: str) -> str:
    if "#" in target:
        target = target.partition("#")[0]
    if not target.startswith("/"):
        if target.startswith(("http://", "https://")):  # the form that a proxy is asked in
            return target
        target = f"/{target}"
    return _origin(connection) + target


def _origin(connection: HTTPConnection) -> str:
    # Where the request goes through a tunnel, only these private names tell where to.
    tunnel: Any = getattr(connection, "_tunnel_host", None)
    host, port = (tunnel, connection._tunnel_port) if tunnel else (connection.host, connection.port)  # type: ignore[attr-defined]
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    secure = connection.default_port == 443
    scheme = "https" if secure else "http"
    if port is None or port == (443 if secure else 80):
        return f"{scheme}://{host}"
    return f"{scheme}://{host}:{port}"


def _of_http_client() -> Mapping[str, Sequence[str]]:
    return {"accept-encoding": ("identity",)}


@functools.cache
def of_urllib() -> Mapping[str, Sequence[str]]:
    from urllib.request import OpenerDirector

    added = {name.lower(): (value,) for name, value in OpenerDirector().addheaders}
    # For a body without a type it sets the type of a form.
    form = ("application/x-www-form-urlencoded",)
    return {**_of_http_client(), **added, "connection": ("close",), "content-type": form}


@functools.cache
def _of_urllib3() -> Mapping[str, Sequence[str]]:
    version = importlib.import_module("urllib3").__version__
    return {**_of_http_client(), "user-agent": (f"python-urllib3/{version}",)}


@functools.cache
def of_requests(library: str) -> Mapping[str, Sequence[str]]:
    added: Mapping[str, str] = importlib.import_module(library).utils.default_headers()
    below = _of_urllib3()  # shows where a session's own defaults were taken out
    return {**below, **{name.lower(): (value, *below.get(name.lower(), ())) for name, value in added.items()}}


@functools.cache
def _of_httplib2() -> Mapping[str, Sequence[str]]:
    version = importlib.import_module("httplib2").__version__
    return {"user-agent": (f"Python-httplib2/{version} (gzip)",), "accept-encoding": ("gzip, deflate", "identity")}


_DEFAULTS: dict[str, Defaults] = {
    "botocore": _of_http_client,
    "http.client": _of_http_client,
    "httplib2": _of_httplib2,
    "requests": functools.partial(of_requests, "requests"),
    "urllib": of_urllib,
    "urllib3": _of_urllib3,
}
