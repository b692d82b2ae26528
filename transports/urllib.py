"""urllib.request: the explicit Handler, and the name under which its calls are recorded.

Its traffic is met below, at the connections of http.client; that of prebuilt and installed openers, too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bigfoot import context
from bigfoot.interaction import Interaction
from bigfoot.seam import Seam, Target, original

from .http import HttpReply, HttpRequest, PassThrough, RawHeaders, raw_headers
from .http1 import LazyHeaders
from .http_callers import Caller, of_urllib
from .http_client import answerer, owned
from .http_facts import Facts
from .http_shortcut import Untouched, let_through, plain, respond

if TYPE_CHECKING:
    from ssl import SSLContext
    from urllib.request import HTTPHandler, HTTPSHandler, Request

    from bigfoot.verifier import StrictVerifier

    class Handler(HTTPSHandler, HTTPHandler):
        """A handler to build an opener with: answered by bigfoot, with no seam installed.

        It serves http and https.

        Arguments:
            verifier: who answers; None for the active sandbox.
            context: the SSL context for https calls that pass through; None for Python's default, which is made
                when one does.

        Raises:
            SandboxNotActiveError: a request came while no sandbox is active, and no verifier was given.

        Example:
            >>> opener = urllib.request.build_opener(Handler(verifier))
            >>> opener.open("https://api.example.com/")
        """

        def __init__(self, verifier: StrictVerifier | None = None, *, context: SSLContext | None = None) -> None: ...

else:

    def __getattr__(name: str) -> Any:
        if name == "Handler":
            return _handler()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@functools.cache
def _handler() -> type[HTTPSHandler]:
    """Make the class when it is asked for, so that importing this module does not import urllib.request."""
    import ssl
    from http.client import HTTPConnection, HTTPSConnection
    from urllib.request import AbstractHTTPHandler, HTTPHandler, HTTPSHandler

    from .tls import LazyContext

    class Handler(HTTPSHandler, HTTPHandler):
        def __init__(self, verifier: StrictVerifier | None = None, *, context: SSLContext | None = None) -> None:
            self._tls = context or LazyContext(ssl.create_default_context)
            super().__init__(context=self._tls)
            self._verifier = verifier
            self._plain = owned(HTTPConnection, verifier)
            self._secure = owned(HTTPSConnection, verifier)

        def http_open(self, req: Request) -> Any:
            return self._open(req, HTTPConnection, self._plain)

        def https_open(self, req: Request) -> Any:
            return self._open(req, HTTPSConnection, self._secure, context=self._tls)

        def _open(self, req: Request, kind: Any, own: Any, **options: Any) -> Any:
            do_open = functools.partial(original(AbstractHTTPHandler, "do_open"), self)
            real = functools.partial(do_open, kind, req, **options) if _ordinary(self, kind, req) else None
            call = functools.partial(do_open, own, req, **options)
            return _answered(answerer(self._verifier), self, req, call, real)

    Handler.__qualname__ = "Handler"
    return Handler


def _do_open(real: Callable[..., Any]) -> Callable[..., Any]:
    def do_open(self: Any, http_class: Any, req: Request, **options: Any) -> Any:
        sandbox = context.active(HttpRequest)
        if sandbox is None:
            return real(self, http_class, req, **options)
        call = functools.partial(real, self, http_class, req, **options)
        return _answered(sandbox, self, req, call, call if _ordinary(self, http_class, req) else None)

    return do_open


def _answered(sandbox: Any, handler: Any, req: Request, call: Callable[[], Any], real: Callable[[], Any] | None) -> Any:
    """Answer a call of `do_open`.

    Arguments:
        sandbox: who answers.
        handler: the handler.
        req: the request.
        call: makes the call, over a connection that asks the sandbox.
        real: makes an ordinary call, which need not get to a connection, for real; None if the call is none.
    """
    above = Caller("urllib")
    normal = _normalize(handler, req) if real is not None else None
    if normal is not None and real is not None:
        interaction = above.interaction = sandbox.answer(normal)
        if type(interaction.answer) is HttpReply:
            return _response(req, interaction)
        if type(interaction.answer) is PassThrough:
            return let_through(real, lambda response: response, interaction.answer)
    return above.calling(call)


_UNTOUCHED = Untouched(
    "http.client:HTTPConnection.request",
    "http.client:HTTPConnection.putrequest",
    "http.client:HTTPConnection.send",
    "http.client:HTTPConnection.getresponse",
)


def _ordinary(handler: Any, http_class: Any, req: Request) -> bool:
    """Tell whether nothing that lies between a handler and the connection has a say in this call."""
    return (
        http_class in _connections()
        and req.data is None
        and req.get_method() in ("GET", "HEAD")
        and not http_class.debuglevel
        and not getattr(handler, "_debuglevel", 0)  # the constructor's, which has no public name
        and bool(_UNTOUCHED)
    )


@functools.cache
def _connections() -> tuple[Any, ...]:
    import http.client

    return http.client.HTTPConnection, getattr(http.client, "HTTPSConnection", None)


def _normalize(handler: Any, req: Request) -> HttpRequest | None:
    """Return the request as http.client would write it; None where it had better write it itself."""
    host = req.host
    url = f"{req.type}://{host}{req.selector}"
    headers = {**req.unredirected_hdrs, **req.headers, **req.unredirected_hdrs}
    try:
        sendable = plain("".join((url, *headers, *headers.values())))
    except TypeError:  # some are no strings
        return None
    # Where the call goes through a proxy, host and selector are not those of the URL.
    if not sendable or " " in url or url != req.full_url.partition("#")[0] or host.endswith((":80", ":443")):
        return None
    facts = Facts(verify=getattr(handler, "_context", None) or True)  # the constructor's, which has no public name
    facts.pooled = False
    return HttpRequest("urllib", req.get_method(), url, LazyHeaders(_wire, headers), b"", of_urllib, facts=facts)


def _wire(headers: dict[str, str]) -> RawHeaders:
    sent = {**headers, "Connection": "close"}
    if "accept-encoding" not in {name.lower() for name in headers}:
        sent = {"Accept-Encoding": "identity", **sent}
    return raw_headers((name.title(), value.strip()) for name, value in sent.items())


def _response(req: Request, interaction: Interaction) -> Any:
    response = respond(interaction, req.get_method())
    response.url = req.full_url
    response.msg = response.reason  # as AbstractHTTPHandler.do_open does
    interaction.done()
    return response


def _targets() -> Iterator[Target]:
    from urllib.request import AbstractHTTPHandler

    yield Target(AbstractHTTPHandler, "do_open", _do_open)


SEAM = Seam("urllib.request", _targets, watch=("urllib.request:urlopen", "urllib.request:OpenerDirector.open"))
