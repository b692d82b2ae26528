"""GET of redis, one connection for all of them: on the script, and against a real redis-server of our own.

What is counted is CPU time of this process and of the server, so that the server is paid for as the script is.
"""

from __future__ import annotations

import functools
import importlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import repeat
from typing import Any, NamedTuple

from .contenders import Contender
from .measures import cpu_ns

KEY, VALUE = "k", b"v"
WARM = 5  # calls


class Played(NamedTuple):
    """A client, and how much CPU time its far end has used elsewhere so far, in nanoseconds."""

    client: Any
    elsewhere: Callable[[], int] = int  # none


def get(contender: type[Contender], _: int, count: int) -> float:
    """One GET of a small value."""
    with WAYS[contender.name]() as played:
        command = played.client.get
        for _call in repeat(None, WARM):
            if command(KEY) != VALUE:
                raise AssertionError("wrong answer")
        before = played.elsewhere()
        spent = cpu_ns(lambda: [None for _call in repeat(None, count) if command(KEY) is None])
        return (spent + played.elsewhere() - before) / count


@contextmanager
def _scripted() -> Iterator[Played]:
    verifier = importlib.import_module("bigfoot").StrictVerifier()
    verifier.plugin("redis_mock").mock_command("GET", returns=VALUE, times=None)
    with verifier.sandbox(), _client() as client:
        yield Played(client)


@contextmanager
def _served() -> Iterator[Played]:
    with _client(port=_server()) as client, _client(port=_server()) as observer:
        client.set(KEY, VALUE)

        def elsewhere() -> int:
            used: dict[str, float] = observer.info("cpu")
            return int((used["used_cpu_sys"] + used["used_cpu_user"]) * 1e9)

        yield Played(client, elsewhere)


@contextmanager
def _in_memory() -> Iterator[Played]:
    with importlib.import_module("fakeredis").FakeRedis() as client:
        client.set(KEY, VALUE)
        yield Played(client)


@contextmanager
def _mocketized() -> Iterator[Played]:
    mocket, entries = importlib.import_module("mocket"), importlib.import_module("mocket.mocks.mockredis")
    with mocket.Mocketizer(strict_mode=True):
        entries.Entry.register_response(f"GET {KEY}", VALUE)
        with _client(protocol=2, driver_info=None) as client:  # it knows no greetings
            yield Played(client)


def _client(**options: Any) -> AbstractContextManager[Any]:
    client: AbstractContextManager[Any] = importlib.import_module("redis").Redis(**options)
    return client


WAYS: dict[str, Callable[[], AbstractContextManager[Played]]] = {
    "bigfoot": _scripted,
    "no library": _served,
    "fakeredis": _in_memory,
    "mocket": _mocketized,
}


@functools.cache
def _server() -> int:
    """Start redis-server once per worker; return its port. It ends with the worker, whose pipe it reads."""
    binary = shutil.which("redis-server")
    if binary is None:
        raise RuntimeError("redis-server is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    folder = tempfile.mkdtemp()
    # A shell that outlives neither: it waits for our end of the pipe, which the kernel closes if nobody else does.
    script = '"$0" --port "$1" --bind 127.0.0.1 --save "" --dir "$2" >/dev/null & cat >/dev/null; kill $!; rm -r "$2"'
    _alive.append(subprocess.Popen(["sh", "-c", script, binary, str(port), folder], stdin=subprocess.PIPE))
    for _ in range(100):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return port
        time.sleep(0.05)
    raise RuntimeError("redis-server does not answer")


_alive: list[subprocess.Popen[bytes]] = []  # keeps the pipe open for as long as the worker lives
