"""The connections that are claimed, by the client's file descriptor: what a socket object hands on to another."""

from __future__ import annotations

import _socket
import functools
import os
import socket
import threading
from typing import Any
from weakref import ref

from .connection import Connection

_connections: dict[int, Connection] = {}
_watches: dict[int, ref[socket.socket]] = {}
_lock = threading.RLock()

# Both are on the way of every call: of claimed sockets, and of selectors that wait.
of = _connections.get
count = _connections.__len__


def add(client: socket.socket, connection: Connection) -> None:
    """Note that a socket is the client's end of a connection."""
    fd = _socket.socket.fileno(client)  # past the method that notes who asks
    with _lock:
        _connections[fd] = connection
        # An object that is collected without being closed closes its descriptor in C.
        _watches[fd] = ref(client, functools.partial(_collected, connection, fd))


def forget(fd: int) -> Connection | None:
    """Note that the client closes a descriptor, and return the connection that it led to."""
    with _lock:
        _watches.pop(fd, None)
        return _connections.pop(fd, None)


def _collected(connection: Connection, fd: int, _: Any) -> None:
    with _lock:
        if _connections.get(fd) is connection:
            forget(fd)
            connection.drop(fd)


def waiting_for_tls() -> bool:
    """Tell whether a connection may begin with TLS next, now that a client makes TLS in memory."""
    connections = _all()
    for connection in connections:
        connection.reclaim()
    return any(connection.awaits_tls for connection in connections)


def settle() -> None:
    """Take in what clients have written past any method of ours, or past the pump thread so far."""
    for connection in _all():
        connection.serve()


def _all() -> list[Connection]:
    with _lock:
        return list(_connections.values())


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()
    for connection in _connections.values():
        connection.lock = threading.RLock()  # another thread of the parent may have held it


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
