"""Names without DNS: inside a sandbox a host name is given an address of its own, and the address leads back to it.

The addresses are of 198.18.0.0/15, which no network routes (RFC 2544). A name that nobody has scripted anything for
gets one too where a client library asks: it is refused when it connects, and then it is known what for.
"""

from __future__ import annotations

import ipaddress
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from bigfoot import context
from bigfoot.origin import caller
from bigfoot.seam import Target, original

from .dial import Dial, Lookup

if TYPE_CHECKING:
    import socket

_FIRST = int(ipaddress.IPv4Address("198.18.0.1"))
_MOST = 2**17 - 2
_lock = threading.Lock()
_addresses: dict[str, str] = {}
_names: dict[str, str] = {}
_local: dict[tuple[str, int], str] = {}  # by which name this machine's own address was asked for last


def is_address(host: str) -> bool:
    """Tell whether a host is an IP address, and not a name."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def is_local(host: str) -> bool:
    """Tell whether a host is this machine, so that no DNS is asked for it."""
    if host in ("", "localhost", "0.0.0.0", "::", "<broadcast>") or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def address_of(name: str) -> str:
    """Return the address that stands for a name; the same one for the whole process."""
    with _lock:
        address = _addresses.get(name)
        if address is None:
            address = str(ipaddress.IPv4Address(_FIRST + len(_addresses) % _MOST))
            _addresses[name] = address
            _names[address] = name
        return address


def named(host: str, port: int = 0) -> str:
    """Return the name that an address was given out for, or the host itself."""
    plain = host.removeprefix("::ffff:")
    return _names.get(plain) or _local.get((host, port), host)


def stands_for_name(host: str) -> bool:
    """Tell whether a host is an address that was given out for a name."""
    return host.removeprefix("::ffff:") in _names


def shown(dial: Dial, fd: int) -> tuple[Any, Any]:
    """Return what `getpeername` and `getsockname` show of a claimed connection: the host as it was dialled."""
    if dial.kind == "unix":
        return dial.host, ""
    ipv6 = (0, 0) if ":" in dial.host else ()
    own = "::1" if ipv6 else "127.0.0.1"
    return (dial.host, dial.port, *ipv6), (own, 49152 + fd % 16384, *ipv6)  # of the ports that clients get


def text(host: Any) -> str:
    """Return a host as text: trio and anyio give names as bytes."""
    return bytes(host).decode("ascii") if isinstance(host, (bytes, bytearray)) else str(host)


def real(address: Any, client: socket.socket) -> Any:
    """Return an address that a client can connect to: one that stands for a name is resolved now, really."""
    if not (_names and isinstance(address, tuple) and stands_for_name(text(address[0]))):
        return address
    import _socket

    resolve = original(_socket, "getaddrinfo")
    found = resolve(named(text(address[0])), address[1], client.family)
    return found[0][4]


def targets() -> Iterator[Target]:
    """Yield the functions that resolve names."""
    import _socket
    import socket

    # socket.getaddrinfo calls this one, so that whoever imported that function earlier is covered too.
    yield Target(_socket, "getaddrinfo", _getaddrinfo)
    yield Target(socket, "gethostbyname", _gethostbyname)
    yield Target(socket, "gethostbyname_ex", _gethostbyname_ex)
    yield Target(socket, "gethostbyaddr", _gethostbyaddr)
    yield Target(socket, "getnameinfo", _getnameinfo)


def _foreign(host: Any, port: Any = None) -> str | None:
    """Return the name if it would take DNS to resolve it and a sandbox is active; refuse it if nobody knows it."""
    if host is None or context.active(Dial) is None:
        return None
    name = text(host)
    if is_address(name) or is_local(name):
        return None
    _refuse_unknown(name, port if isinstance(port, int) else 0)
    return name


def _refuse_unknown(name: str, port: int) -> None:
    """Ask whether anybody answers the name, if it is the user's own code that looks it up."""
    sandbox = context.active(Dial)
    assert sandbox is not None
    frame: FrameType | None = sys._getframe(3)
    while frame is not None and frame.f_globals.get("__name__") in ("socket", __name__):
        if frame.f_code.co_name == "create_connection":
            return  # the dial that follows says more
        frame = frame.f_back
    origin = caller(3)
    if frame is not None and frame.f_code is origin.code:
        sandbox.answer(Lookup(name, port, origin))


def _getaddrinfo(original: Callable[..., Any]) -> Callable[..., Any]:
    import socket

    def getaddrinfo(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        if context.active(Dial) is None:
            return original(host, port, family, type, proto, flags)
        name = _foreign(host, port)
        if name is None:
            found = original(host, port, family, type, proto, flags)
            if host is not None:
                _remember(text(host), found)
            return found
        if isinstance(port, (str, bytes)):
            number = int(port) if text(port).isdigit() else socket.getservbyname(text(port))
        else:
            number = port or 0
        address = address_of(name)
        kinds: list[tuple[int, int]] = [
            (socket.SOCK_STREAM, socket.IPPROTO_TCP),
            (socket.SOCK_DGRAM, socket.IPPROTO_UDP),
        ]
        chosen = [(kind, protocol) for kind, protocol in kinds if type in (0, kind) and proto in (0, protocol)]
        canonical = name if flags & socket.AI_CANONNAME else ""
        if family == socket.AF_INET6:
            where: tuple[Any, ...] = (f"::ffff:{address}", number, 0, 0)
        else:
            where, family = (address, number), socket.AF_INET
        return [(family, kind, protocol, canonical, where) for kind, protocol in chosen or [(type, proto)]]

    return getaddrinfo


def _remember(name: str, found: list[Any]) -> None:
    """Note under which name this machine's own addresses were looked up, as they lead back to several."""
    for *_, where in found:
        key = (where[0], where[1])
        if name == where[0]:
            _local.pop(key, None)
        else:
            _local[key] = name


def _gethostbyname(original: Callable[[str], str]) -> Callable[[str], str]:
    def gethostbyname(hostname: str, /) -> str:
        name = _foreign(hostname)
        return original(hostname) if name is None else address_of(name)

    return gethostbyname


def _gethostbyname_ex(original: Callable[[str], Any]) -> Callable[[str], Any]:
    def gethostbyname_ex(hostname: str, /) -> Any:
        name = _foreign(hostname)
        return original(hostname) if name is None else (name, [], [address_of(name)])

    return gethostbyname_ex


def _gethostbyaddr(original: Callable[[str], Any]) -> Callable[[str], Any]:
    import socket

    def gethostbyaddr(ip_address: str, /) -> Any:
        if context.active(Dial) is None or is_local(ip_address) or ip_address == socket.gethostname():
            return original(ip_address)
        if stands_for_name(ip_address):
            return named(ip_address), [], [ip_address]
        if not is_address(ip_address):
            return ip_address, [], [address_of(ip_address)]
        raise socket.herror(1, "Unknown host")  # as where no name server knows the address

    return gethostbyaddr


def _getnameinfo(original: Callable[..., Any]) -> Callable[..., Any]:
    import socket

    def getnameinfo(sockaddr: Any, flags: int, /) -> Any:
        host = sockaddr[0]
        if context.active(Dial) is None or flags & socket.NI_NUMERICHOST or is_local(host):
            return original(sockaddr, flags)
        _, service = original((host, *sockaddr[1:]), flags | socket.NI_NUMERICHOST)
        return (named(host) if stands_for_name(host) else host), service

    return getnameinfo
