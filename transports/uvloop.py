"""uvloop connects and resolves in C: its loop is handed sockets that are connected already."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

from bigfoot import context
from bigfoot.seam import Seam, Target

from . import names
from .dial import THROUGH, Dial

# What only says how an address is found; a socket that is connected takes none of it.
_ADDRESSING = ("family", "proto", "flags", "local_addr", "happy_eyeballs_delay", "interleave", "all_errors")


def _targets() -> Iterator[Target]:
    import uvloop

    yield Target(uvloop.Loop, "create_connection", _create_connection)
    yield Target(uvloop.Loop, "create_unix_connection", _create_unix_connection)
    yield Target(uvloop.Loop, "getaddrinfo", _getaddrinfo)
    yield Target(uvloop.Loop, "getnameinfo", _getnameinfo)


def _dialled(family: int, address: Any) -> socket.socket | None:
    """Return a socket that is connected to a peer, or None if the address is to be reached really.

    Raises:
        UnmockedInteractionError: nobody answers it.
    """
    from .socket import attach, describe

    sandbox = context.active(Dial)
    dial = describe(family, address) if sandbox is not None else None
    if sandbox is None or dial is None:
        return None
    answer = sandbox.answer(dial)
    if answer is THROUGH:
        return None
    client = socket.socket(family)
    client.setblocking(False)
    try:
        attach(sandbox, client, dial, answer)
    except BaseException:
        client.close()
        raise
    return client


def _create_connection(original: Callable[..., Any]) -> Callable[..., Any]:
    async def create_connection(self: Any, factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        if host is None or options.get("sock") is not None or context.active(Dial) is None:
            return await original(self, factory, host, port, **options)
        name = names.named(names.text(host), port)
        client = _dialled(socket.AF_INET6 if ":" in name else socket.AF_INET, (name, port))
        if client is None:
            with context.outside():
                return await original(self, factory, name, port, **options)
        for option in _ADDRESSING:
            options.pop(option, None)
        if options.get("ssl") and options.get("server_hostname") is None:
            options["server_hostname"] = name
        return await original(self, factory, sock=client, **options)

    return create_connection


def _create_unix_connection(original: Callable[..., Any]) -> Callable[..., Any]:
    async def create_unix_connection(self: Any, factory: Any, path: Any = None, **options: Any) -> Any:
        if path is not None and options.get("sock") is None and context.active(Dial) is not None:
            client = _dialled(socket.AF_UNIX, path)
            if client is not None:
                return await original(self, factory, sock=client, **options)
        return await original(self, factory, path, **options)

    return create_unix_connection


def _getaddrinfo(original: Callable[..., Any]) -> Callable[..., Any]:
    async def getaddrinfo(self: Any, host: Any, port: Any, **options: Any) -> Any:
        if host is None or context.active(Dial) is None:
            return await original(self, host, port, **options)
        return socket.getaddrinfo(host, port, **options)  # answers at once, out of memory or /etc/hosts

    return getaddrinfo


def _getnameinfo(original: Callable[..., Any]) -> Callable[..., Any]:
    async def getnameinfo(self: Any, sockaddr: Any, flags: int = 0) -> Any:
        if context.active(Dial) is None:
            return await original(self, sockaddr, flags)
        return socket.getnameinfo(sockaddr, flags)

    return getnameinfo


SEAM = Seam("uvloop", _targets)
