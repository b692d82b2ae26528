"""requests: the explicit Adapter, and the name under which its calls are recorded.

Its traffic is met below, at the connections of http.client, so urllib3's own retries, pools and decoding run.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bigfoot import context
from bigfoot.seam import Seam, Target, original

from . import niquests
from .doors import doors
from .http import HttpReply, HttpRequest, PassThrough
from .http_callers import Caller
from .http_client import answerer, owned
from .http_shortcut import let_through
from .requests_shortcut import normalize, ordinary, response

if TYPE_CHECKING:
    from requests.adapters import HTTPAdapter
    from requests.models import PreparedRequest, Response
    from urllib3 import PoolManager

    from bigfoot.verifier import StrictVerifier

    class Adapter(HTTPAdapter):
        """An adapter to mount on a `requests.Session`: answered by bigfoot, with no seam installed.

        Arguments:
            verifier: who answers; None for the active sandbox.
            options: arguments of `requests.adapters.HTTPAdapter`, such as `max_retries`.

        Raises:
            SandboxNotActiveError: a request came while no sandbox is active, and no verifier was given.

        Example:
            >>> session = requests.Session()
            >>> session.mount("https://", Adapter(verifier))
        """

        def __init__(self, verifier: StrictVerifier | None = None, **options: Any) -> None: ...

else:

    def __getattr__(name: str) -> Any:
        if name == "Adapter":
            return _adapter()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@functools.cache
def _adapter() -> type[HTTPAdapter]:
    """Make the class when it is asked for: it is made from one of requests."""
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        _verifier: StrictVerifier | None = None

        def __init__(self, verifier: StrictVerifier | None = None, **options: Any) -> None:
            self._verifier = verifier
            super().__init__(**options)

    class ConnectionAdapter(Adapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            _own_pools(self.poolmanager, self._verifier)

        def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(proxy, **kwargs)
            _own_pools(manager, self._verifier)
            return manager

        def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
            call = functools.partial(original(HTTPAdapter, "send"), self, request, *args, **options)
            found = answerer(self._verifier)
            return _answered(found, self, request, call, None if args else options, real=None)

    class SendingAdapter(Adapter):
        send = niquests.explicit(HTTPAdapter.send, lambda adapter: answerer(adapter._verifier))

    made = SendingAdapter if niquests.replaced() else ConnectionAdapter
    made.__name__ = made.__qualname__ = "Adapter"
    return made


def _own_pools(manager: PoolManager, verifier: StrictVerifier | None) -> None:
    """Make a pool manager open connections that ask the verifier."""
    classes: dict[str, Any] = dict(manager.pool_classes_by_scheme)
    for scheme, pool in classes.items():
        if pool.__module__ != __name__:  # requests asks for the manager of a proxy for each call
            own = {"ConnectionCls": owned(pool.ConnectionCls, verifier), "__module__": __name__}
            classes[scheme] = type(pool.__name__, (pool,), own)
    manager.pool_classes_by_scheme = classes


def _send(real: Callable[..., Response]) -> Callable[..., Response]:
    def send(self: Any, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        sandbox = context.active(HttpRequest)
        if sandbox is None:
            return real(self, request, *args, **options)
        call = functools.partial(real, self, request, *args, **options)
        return _answered(sandbox, self, request, call, None if args else options, real=call)

    return send


def _answered(
    sandbox: Any,
    adapter: Any,
    request: PreparedRequest,
    call: Callable[[], Response],
    options: dict[str, Any] | None,
    *,
    real: Callable[[], Response] | None,
) -> Response:
    """Answer a call of an adapter's `send`.

    Arguments:
        sandbox: who answers.
        adapter: the adapter.
        request: the request.
        call: makes the call, over a connection that asks the sandbox.
        options: the options of the call; None if they were not given by name.
        real: makes the call for real; None if only `call` can.
    """
    above = Caller("requests")
    normal = None
    if options is not None and ordinary(adapter, options):
        normal = normalize(adapter, request, options.get("verify", True))
    if normal is not None:
        interaction = above.interaction = sandbox.answer(normal)
        if type(interaction.answer) is HttpReply:
            return response(adapter, request, interaction)
        if type(interaction.answer) is PassThrough and real is not None:
            # requests itself finds the response of http.client by this name, for its cookies.
            return let_through(real, lambda made: made.raw._original_response, interaction.answer)
    return above.calling(call)


def _targets() -> Iterator[Target]:
    from requests.adapters import HTTPAdapter

    if niquests.replaced():
        yield from niquests.targets("requests")
        return
    yield Target(HTTPAdapter, "send", _send)


SEAM = Seam(
    "requests",
    _targets,
    watch=("requests.sessions:Session.send", *doors("requests", ("Session",))),
    packages=("urllib3",),
)
