"""A read that nothing can answer ended only where no other thread was at work; beside one it hung for ever."""

from __future__ import annotations

import socket
import threading

import pytest

from bigfoot import StrictVerifier, UnmockedInteractionError
from bigfoot.config import Config
from bigfoot.plugins.socket_plugin import SocketPlugin


def test_beside_a_thread_it_ends_within_the_hang_timeout() -> None:
    verifier = StrictVerifier(Config({"hang_timeout": 0.05}))
    plugin = SocketPlugin(verifier)
    plugin.new_session().expect("connect", returns=None)
    done = threading.Event()
    busy = threading.Thread(target=done.wait)
    busy.start()
    try:
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError) as caught:
            socket.create_connection(("api.example.com", 80)).recv(9)
    finally:
        done.set()
        busy.join()
    assert caught.value.source_id == "socket:recv"
