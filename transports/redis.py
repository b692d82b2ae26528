"""What only redis-py knows: what it makes of a server's replies, and the stateful server that fakeredis is.

Nothing of it is replaced. Its connections are met at the socket, as everybody's.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bigfoot.errors import InvalidArgumentError
from bigfoot.origin import plumbing

plumbing("redis", "hiredis", "fakeredis")

Callbacks = Mapping[str, Callable[..., Any]]
# Accessors of modules, which add their callbacks to a client when they are made. `ft` takes the name of an index.
_MODULES = ("json", "ts", "bf", "cf", "cms", "topk", "tdigest")


@functools.cache
def callbacks(protocol: int, modules: bool = False) -> tuple[Callbacks, ...]:
    """Return what turns the parsed replies of a protocol into what the callers of redis-py get, command by command.

    A protocol has several of them: redis-py 8 speaks RESP3 by default and gives RESP2's shapes all the same, but the
    shapes of RESP3 to who asked for that protocol, and others again where `legacy_responses` is off.

    Arguments:
        protocol: the one on the wire, 2 or 3.
        modules: whether to include the commands of RedisJSON and its likes.
    """
    import redis

    make: Any = redis.Redis  # a client that is never used does not connect
    clients = [make(protocol=protocol)]
    if _default_protocol() == protocol:
        clients.insert(0, make())
    with contextlib.suppress(TypeError):  # redis-py before 8 knows one set of shapes
        clients.append(make(protocol=protocol, legacy_responses=False))
    if modules:
        for client in clients:
            for module in _MODULES:
                getattr(client, module)()
    return tuple(client.response_callbacks for client in clients)


@functools.cache
def _default_protocol() -> int:
    import redis

    make: Any = redis.Connection
    return int(getattr(make(), "protocol", 2) or 2)


def installed() -> str:
    """Return the name and version of the client library."""
    import redis

    return f"redis-py {redis.__version__}"


class Store:
    """A stateful redis in memory, by fakeredis.

    Raises:
        InvalidArgumentError: fakeredis is not installed.
    """

    def __init__(self) -> None:
        try:
            import fakeredis
        except ModuleNotFoundError as error:
            remedy = "it is not installed: pip install 'bigfoot[fakeredis]'"
            raise InvalidArgumentError("fakeredis", None, remedy) from error
        self._server = fakeredis.FakeServer()

    def connect(self, protocol: int) -> Connection:
        """Return a connection of its own: its transactions, watches and database are not anybody else's."""
        return Connection(self._server, protocol)


class Connection:
    """A client's connection to a `Store`."""

    def __init__(self, server: Any, protocol: int) -> None:
        import fakeredis

        client: Any = fakeredis.FakeRedis(server=server, single_connection_client=True, protocol=protocol)
        client.response_callbacks.clear()  # replies as they are on the wire
        self._client = client

    def run(self, words: Sequence[bytes]) -> Any:
        """Return the parsed reply to a command, or the exception of redis-py that stands for an error reply."""
        from redis.exceptions import RedisError

        try:
            return self._client.execute_command(*words)
        except RedisError as error:
            return error

    def close(self) -> None:
        """Let go of it."""
        self._client.close()
