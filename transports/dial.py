"""A connection attempt, and the far end that answers it: what every protocol on sockets is written against.

A plugin lists `Dial` in `takes`, says in `claims(dial)` how sure it is, and answers with a `Peer`. The peer is told
what the client does and acts on its `Wire`; it does no I/O and knows no client library, so bytes alone can test it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, ClassVar, Final, Literal

from bigfoot.origin import Origin


class Claim(IntEnum):
    """How sure a plugin is that a dial is its own: what `claims(dial)` returns."""

    NONE = 0
    REFUSAL = 1  # nobody's; the socket plugin refuses it
    FIRST_BYTES = 2  # the protocol is recognized, but nothing is scripted: it refuses in the protocol's own words
    RAW = 3  # a raw session is queued, for any connection
    SCRIPTED = 4  # something is scripted that may be meant for it
    RECOGNIZED = 5  # something is scripted, and the first bytes are the protocol's
    PORT = 6  # something is scripted, and the port is the protocol's own
    OWN = 7  # this process listens there, or the test lets it pass
    BOUND = 8  # a session is bound to this very host and port


Kind = Literal["stream", "datagram", "unix"]


class Dial:
    """One attempt to connect, or the first datagram to an address.

    Attributes:
        host: the host as the user named it, not the address it was resolved to; the path of a unix socket.
        port: the port; 0 for a unix socket.
        address: what `connect` or `sendto` was given.
        kind: `"stream"`, `"datagram"` or `"unix"`.
        method: `"connect"`; `"sendto"` where a datagram is sent without.
        first: None when the client has said nothing yet; on a second asking its first bytes (out of TLS, if it
            speaks TLS), or `b""` if it waits for the far end to speak first.
        secure: whether the first bytes came by TLS.
        origin: the calling line.
        by_user: whether the user's own code dials, and not a client library on its behalf.
        own: whether this process itself listens at the address.
    """

    __slots__ = ("address", "by_user", "first", "host", "kind", "method", "origin", "own", "port", "secure")

    source_id: ClassVar[str] = "socket:connect"

    def __init__(
        self,
        host: str,
        port: int,
        *,
        address: Any = None,
        kind: Kind = "stream",
        origin: Origin | None = None,
        by_user: bool = False,
        own: bool = False,
    ) -> None:
        self.host = host
        self.port = port
        self.address = (host, port) if address is None else address
        self.kind: Kind = kind
        self.method: Literal["connect", "sendto"] = "connect"
        self.first: bytes | None = None
        self.secure = False
        self.origin = origin
        self.by_user = by_user
        self.own = own

    @property
    def url(self) -> str:
        """The address for messages, such as `"example.com:6379"`."""
        return self.host if self.kind == "unix" else f"{self.host}:{self.port}"

    def fits(self, binding: Mapping[str, Any]) -> bool:
        """Tell whether a session that is bound to `host` and `port`, to one of them, or to none may answer it."""
        host, port = binding.get("host"), binding.get("port")
        return (host is None or normal(host) == normal(self.host)) and (port is None or port == self.port)


class Lookup:
    """A host name that the user's own code looks up, to be refused if nobody answers dials to it.

    Attributes:
        host: the name.
        port: the port, or 0 where none was given.
        origin: the calling line.
    """

    __slots__ = ("host", "origin", "port")

    source_id: ClassVar[str] = "socket:getaddrinfo"

    def __init__(self, host: str, port: int, origin: Origin | None) -> None:
        self.host = host
        self.port = port
        self.origin = origin


def normal(host: str) -> str:
    """Return a host name, or the path of a unix socket, as it is compared."""
    return host.rstrip(".").lower() if "/" not in host else host


def claim(
    dial: Dial,
    *,
    bound: bool,
    scripted: bool,
    ports: frozenset[int] = frozenset(),
    speaks: bool | None = None,
) -> Claim:
    """Return the rank that a protocol's plugin has for a dial.

    A plugin whose best rank is `Claim.SCRIPTED` and whose clients speak first should answer None to the first
    asking (`dial.first is None`): it is asked again when the first bytes are there.

    Arguments:
        dial: the connection attempt.
        bound: whether a session is bound to this host and port.
        scripted: whether something is scripted, for any connection or for this one.
        ports: the protocol's well-known ports.
        speaks: whether the first bytes are the protocol's; None while that cannot be told.

    Example:
        >>> claim(Dial("localhost", 6379), bound=False, scripted=True, ports=frozenset({6379})).name
        'PORT'
    """
    if bound:
        return Claim.BOUND
    if speaks is False:
        return Claim.NONE
    if not scripted:
        return Claim.FIRST_BYTES if speaks else Claim.NONE
    if dial.port in ports:
        return Claim.PORT
    return Claim.RECOGNIZED if speaks else Claim.SCRIPTED


class Through:
    """The answer to a dial that is to reach the real world."""

    __slots__ = ()


THROUGH: Final = Through()


class Call:
    """The client's call that is under way, where it can be seen.

    Attributes:
        name: `"send"`, `"sendall"`, `"sendto"`, `"recv"`, `"recvfrom"`, ...
        size: how many bytes a read asked for.
        stream: whether a library made it out of a stream (asyncio, `makefile`): then neither the number of writes
            nor the size of a read is the user's own choice.
        result: what a `send` returns to the client instead of the number of bytes that were written, or None.
    """

    __slots__ = ("name", "result", "size", "stream")

    def __init__(self, name: str, size: int = 0, stream: bool = False) -> None:
        self.name = name
        self.size = size
        self.stream = stream
        self.result: int | None = None


class Tls:
    """What was agreed in a TLS handshake.

    Attributes:
        server_name: the host name that the client asked for, or None.
        alpn: the protocol that was agreed by ALPN, or None.
        version: such as `"TLSv1.3"`.
    """

    __slots__ = ("alpn", "server_name", "version")

    def __init__(self, server_name: str | None, alpn: str | None, version: str | None) -> None:
        self.server_name = server_name
        self.alpn = alpn
        self.version = version


class Wire:
    """A peer's end of a connection. Its methods may be called from the peer's own events only.

    Attributes:
        dial: the attempt that it came from.
        tls: what was agreed, once TLS is up; else None. TLS from the first byte needs nothing of the peer.
        raises: whether an exception that a peer's event raises reaches the client at its own line (blocking calls).
            Elsewhere (event loops) answer in protocol and remember the breach.
        seen: whether the client's calls are seen one by one: `calling`, `Peer.reading` and `Peer.delivered` work.
            Never while the client does TLS in memory (asyncio), nor where it is written in C (uvloop, trio).
        calling: the client's call that is under way, or None.
        alone: whether nobody but the running thread can use the connection: a blocking read that nothing is on the
            way for would then wait for ever.
        unread: how many bytes were sent that the client has not taken yet.
        origin: the calling line, for `Session.take`: None where the stack tells it by itself.
    """

    dial: Dial
    tls: Tls | None = None
    raises: bool = True
    seen: bool = True
    calling: Call | None = None

    @property
    def alone(self) -> bool:
        raise NotImplementedError

    @property
    def unread(self) -> int:
        raise NotImplementedError

    @property
    def origin(self) -> Origin | None:
        raise NotImplementedError

    def send(self, data: bytes) -> None:
        """Send bytes to the client; it need not be reading. On a datagram socket, one datagram."""
        raise NotImplementedError

    def close(self) -> None:
        """End the stream to the client, after what was sent (with close_notify, by TLS); it may send on."""
        raise NotImplementedError

    def fail(self, error: BaseException) -> None:
        """Cause the event on the wire that makes a client raise this exception, after what was sent.

        A reset for connection errors and unknown exceptions, the end of the stream for `EOFError`, silence for
        `TimeoutError`. A blocking call that is seen raises the exception itself, and at once.
        """
        raise NotImplementedError

    def reset(self) -> None:
        """Break the connection, as a far end that crashed."""
        self.fail(ConnectionResetError(104, "Connection reset by peer"))

    def start_tls(self) -> None:
        """Take what the client sends from here on for a TLS handshake (STARTTLS)."""
        raise NotImplementedError


class Peer:
    """The far end of one connection. Its events never run concurrently.

    An exception that an event raises reaches the client at its own line where `wire.raises`; elsewhere the
    connection is reset.

    Attributes:
        alpn: the protocols that it accepts by ALPN, the preferred first.
        wire: its end of the connection.

    Example:
        >>> class Echo(Peer):
        ...     def received(self, data: bytes) -> None:
        ...         self.wire.send(data)
    """

    alpn: tuple[str, ...] = ()
    wire: Wire

    def connected(self, wire: Wire) -> None:
        """Begin: the client is connected. A greeting is sent here; it waits for TLS where the client starts with it."""
        self.wire = wire

    def received(self, data: bytes) -> None:
        """Take bytes of the client, in pieces of any size; a datagram as a whole."""

    def ended(self) -> None:
        """Note that the client will send nothing more; it may still read."""
        self.wire.close()

    def closed(self) -> None:
        """Note that the client has closed the connection, after `ended`."""

    def reading(self, call: Call) -> None:
        """Note that the client is about to read (only where `wire.seen`).

        Raise if nothing is on the way and no later event can send anything: the client would wait for ever.
        """

    def delivered(self, call: Call, data: bytes) -> None:
        """Note that a read has given these bytes to the client (only where `wire.seen`)."""

    def drained(self) -> None:
        """Note that the client has taken everything that was sent."""
