"""The ordinary call of requests, answered at the adapter.

Ordinary is a call by whose options, adapter and surroundings nothing that lies between the adapter and the connection
has anything to say: no proxy, no retries, no odd certificates, a body of known length.
"""

from __future__ import annotations

import functools
import importlib
import os
from typing import TYPE_CHECKING, Any
from weakref import ref

from bigfoot.interaction import Interaction

from .http import HttpRequest, RawHeaders
from .http1 import LazyHeaders
from .http_callers import of_requests
from .http_facts import Facts
from .http_shortcut import Untouched, plain, respond

if TYPE_CHECKING:
    from requests.models import PreparedRequest, Response

_UNTOUCHED = Untouched(
    "urllib3.connectionpool:HTTPConnectionPool.urlopen",
    "urllib3.connection:HTTPConnection.request",
    "http.client:HTTPConnection.putrequest",
    "http.client:HTTPConnection.send",
    "http.client:HTTPConnection.getresponse",
)
_LEFT_OUT = (
    "add_headers",
    "cert_verify",
    "get_connection",
    "get_connection_with_tls_context",
    "init_poolmanager",
    "request_url",
)
_OWN = __name__.removesuffix("_shortcut")
_DEBUG = 10
_DEFAULTS = functools.partial(of_requests, "requests")


def ordinary(adapter: Any, options: dict[str, Any]) -> bool:
    """Tell whether a call is ordinary by its options, its adapter and its surroundings."""
    kind: Any = type(adapter)
    timeout = options.get("timeout")
    retries = adapter.max_retries
    return (
        _ordinary_class(kind)
        and (timeout is None or (type(timeout) in (int, float) and timeout > 0))
        and _sound(options.get("verify", True))
        and not options.get("cert")
        and not options.get("proxies")
        and retries.total == 0
        and not retries.status_forcelist
        and bool(_UNTOUCHED)
        and not _log().isEnabledFor(_DEBUG)  # somebody may read how urllib3 connects
    )


@functools.cache
def _log() -> Any:
    import logging

    return logging.getLogger("urllib3.connectionpool")


def _sound(verify: Any) -> bool:
    """Tell whether the adapter accepts a verify option; `REQUESTS_CA_BUNDLE` makes a path of it."""
    return verify is True or verify is False or (isinstance(verify, str) and os.path.exists(verify))


@functools.cache
def _ordinary_class(kind: Any) -> bool:
    from requests.adapters import HTTPAdapter

    foreign = [one for one in kind.__mro__ if one.__module__ != _OWN]
    deciding = [next((one for one in foreign if name in vars(one)), HTTPAdapter) for name in _LEFT_OUT]
    return all(one is HTTPAdapter for one in deciding)


def normalize(adapter: Any, request: PreparedRequest, verify: Any) -> HttpRequest | None:
    """Return the request as urllib3 would write it; None where urllib3 had better write it itself."""
    url: Any = request.url
    method: Any = request.method
    body: Any = request.body
    pairs: tuple[tuple[Any, Any], ...] = tuple(request.headers.items())
    names = {name.lower(): value for name, value in pairs}
    if body is None:
        body = b""
    elif isinstance(body, str) and body.isascii():
        body = body.encode()
    elif not isinstance(body, bytes):
        return None
    # urllib3 adds to a request what it finds missing, and http.client refuses what would break one.
    if "user-agent" not in names or "accept-encoding" not in names or "host" in names or "transfer-encoding" in names:
        return None
    if names.get("content-length", "0" if method in ("GET", "HEAD") else None) != str(len(body)):
        return None
    authority = url.partition("://")[2].partition("/")[0]
    try:
        ascii_only = plain("".join((method, url, *names, *names.values())))
    except TypeError:  # some are bytes
        return None
    if not ascii_only or " " in url or "@" in authority or authority.endswith((":80", ":443")):
        return None
    if "#" in url:
        url = url.partition("#")[0]
    headers = LazyHeaders(_wire, (authority, pairs))
    return HttpRequest("requests", method, url, headers, body, _DEFAULTS, facts=Facts(ref(adapter), verify))


def _wire(source: tuple[str, tuple[tuple[str, str], ...]]) -> RawHeaders:
    authority, pairs = source
    sent = ((name.encode("latin-1"), value.strip().encode("latin-1")) for name, value in pairs)
    return ((b"Host", authority.encode()), *sent)


def response(adapter: Any, request: PreparedRequest, interaction: Interaction) -> Response:
    """Return what the adapter builds from the response that urllib3 would give it."""
    kind: Any = importlib.import_module("urllib3").HTTPResponse
    method: Any = request.method
    low = respond(interaction, method)
    options = {"preload_content": False, "decode_content": False, "retries": adapter.max_retries}
    if hasattr(kind, "from_httplib"):  # urllib3 1.26
        raw: Any = kind.from_httplib(low, request_method=method, **options)
    else:
        raw = kind(
            low,
            low.msg.items(),
            low.status,
            version=low.version,
            reason=low.reason,
            original_response=low,
            request_method=method,
            request_url=request.path_url,
            **options,
        )
        if hasattr(raw, "version_string"):
            raw.version_string = "HTTP/1.1"
    interaction.done()
    built: Response = adapter.build_response(request, raw)
    return built
