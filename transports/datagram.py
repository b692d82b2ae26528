"""Datagrams, to be done next."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any


def sendto(original: Callable[..., int]) -> Callable[..., int]:
    return lambda self, *args: original(self, *args)


def sendmsg(original: Callable[..., int]) -> Callable[..., int]:
    return lambda self, *args: original(self, *args)


def connects(sandbox: Any, client: socket.socket, address: Any) -> bool:
    return False
