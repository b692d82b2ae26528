"""gevent and its likes put another class in the place of `socket.socket`: refused, and never met half."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from .script import run

# As gevent's: it has a socket of the kernel, and is none.
IMITATION = """
    import socket, sys, types
    import bigfoot

    class Socket:
        def __init__(self, family=socket.AF_INET, type=socket.SOCK_STREAM, proto=0, fileno=None):
            self._sock = KERNEL(family, type, proto)

        def __getattr__(self, name):
            return getattr(self._sock, name)

        def connect(self, address):
            print("escaped")

        def connect_ex(self, address):
            return 111

        def sendto(self, *args):
            print("escaped")

        def sendmsg(self, *args):
            print("escaped")

    def refused(verifier, call):
        verifier.plugin("redis_mock").mock_command("GET", returns=b"v", required=False)
        try:
            with verifier.sandbox():
                call()
        except bigfoot.ConflictError as error:
            return error.target, error.patcher

    KERNEL = socket.socket
    Socket.__module__, Socket.__qualname__ = "cooperative.sockets", "socket"
"""


def test_a_class_that_was_replaced_before_the_first_sandbox_is_refused_when_it_connects(tmp_path: Path) -> None:
    script = f"""{IMITATION}
    sys.modules["cooperative.sockets"] = types.SimpleNamespace(socket=Socket)
    socket.socket = Socket
    verifier = bigfoot.StrictVerifier()
    print(refused(verifier, lambda: Socket().connect(("127.0.0.1", 6379))))
    print(type(verifier.verdict.breaches[0]).__name__)
    """
    assert run(script, tmp_path) == "('socket.socket', 'cooperative')\nConflictError\n"


def test_a_class_that_is_replaced_later_is_refused_by_the_next_sandbox(tmp_path: Path) -> None:
    script = f"""{IMITATION}
    with bigfoot.StrictVerifier().sandbox():
        pass
    socket.socket = Socket
    print(refused(bigfoot.StrictVerifier(), lambda: print("entered")))
    socket.socket = KERNEL
    print(refused(bigfoot.StrictVerifier(), lambda: print("entered")))
    """
    assert run(script, tmp_path) == "('socket.socket', 'cooperative')\nentered\nNone\n"


def test_a_subclass_in_its_place_is_none_of_that(tmp_path: Path) -> None:
    script = """
        import socket
        import bigfoot
        verifier = bigfoot.StrictVerifier()
        with verifier.sandbox():
            pass
        class Guarded(socket.socket):
            pass
        socket.socket = Guarded
        session = verifier.plugin("socket_mock").new_session().expect("connect", returns=None)
        session.expect("recv", returns=b"hello")
        with verifier.sandbox():
            client = socket.create_connection(("127.0.0.1", 7))
            print(type(client).__name__, client.recv(9))
    """
    assert run(script, tmp_path) == "Guarded b'hello'\n"


@pytest.mark.skipif(importlib.util.find_spec("gevent") is None, reason="gevent is not installed")
@pytest.mark.parametrize("first", ["monkey.patch_all()", "import bigfoot.fakes.redis; monkey.patch_all()"])
def test_with_gevent(first: str, tmp_path: Path) -> None:
    script = f"""
        from gevent import monkey
        {first}
        import bigfoot, redis
        verifier = bigfoot.StrictVerifier()
        verifier.plugin("redis_mock").mock_command("GET", returns=b"v")
        try:
            with verifier.sandbox():
                redis.Redis().get("k")
        except bigfoot.ConflictError as error:
            print(error.target, error.patcher)
    """
    assert run(script, tmp_path) == "socket.socket gevent\n"
