"""urllib.request: the explicit Handler, and the name under which its calls are recorded.

Its traffic is met below, at the connections of http.client; that of prebuilt and installed openers, too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bigfoot.seam import Seam, Target

from .http_callers import caller
from .http_client import owned

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
    from urllib.request import HTTPHandler, HTTPSHandler

    from .tls import LazyContext

    class Handler(HTTPSHandler, HTTPHandler):
        def __init__(self, verifier: StrictVerifier | None = None, *, context: SSLContext | None = None) -> None:
            self._tls = context or LazyContext(ssl.create_default_context)
            super().__init__(context=self._tls)
            self._plain = owned(HTTPConnection, verifier)
            self._secure = owned(HTTPSConnection, verifier)

        def http_open(self, req: Request) -> Any:
            return self.do_open(self._plain, req)

        def https_open(self, req: Request) -> Any:
            return self.do_open(self._secure, req, context=self._tls)

        do_open = _do_open(HTTPSHandler.do_open)

    Handler.__qualname__ = "Handler"
    return Handler


def _do_open(original: Callable[..., Any]) -> Callable[..., Any]:
    def do_open(self: Any, *args: Any, **kwargs: Any) -> Any:
        token = caller.set("urllib")
        try:
            return original(self, *args, **kwargs)
        finally:
            caller.reset(token)

    return do_open


def _targets() -> Iterator[Target]:
    from urllib.request import AbstractHTTPHandler

    yield Target(AbstractHTTPHandler, "do_open", _do_open)


SEAM = Seam("urllib.request", _targets)
