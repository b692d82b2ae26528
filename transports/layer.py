"""What lies between the wire and the peer: nothing, or TLS as soon as the client begins with it."""

from __future__ import annotations

from collections.abc import Callable

from .dial import Dial, Tls
from .tls_server import ServerTls, is_client_hello, may_be_client_hello

# Here the client begins with TLS and the server then speaks first: a greeting has to wait for the handshake.
_IMPLICIT_TLS = frozenset({465, 563, 636, 853, 989, 990, 993, 995, 6697})


class Layer:
    """Takes what the client sends and what the peer sends, in the clear on the peer's side.

    Arguments:
        dial: the attempt that the connection came from.
        put: sends bytes to the client, as they are.

    Attributes:
        clear: whether what either side says goes to the other as it is.
        expecting: whether the next that the client says is TLS (STARTTLS).
        heard: whether the client has said anything.
        server: the server's side of TLS, once the client has begun with it.
        tls: what was agreed, once the handshake is done.
    """

    def __init__(self, dial: Dial, put: Callable[[bytes], None]) -> None:
        self.clear = False
        self.expecting = False
        self.heard = False
        self.server: ServerTls | None = None
        self.tls: Tls | None = None
        self._dial = dial
        self._put = put
        self._greeting = b""  # sent before the client said anything
        self._held = dial.port in _IMPLICIT_TLS
        self._head = b""  # may become a ClientHello

    @property
    def awaits_tls(self) -> bool:
        """Whether the next that the client says may be a ClientHello."""
        return self.server is None and (self.expecting or not self.heard) and self._dial.kind != "datagram"

    @property
    def greeting(self) -> int:
        """How many bytes of a greeting were sent to a client that has said nothing yet."""
        return 0 if self.heard or self._held or self.server is not None else len(self._greeting)

    def expect(self) -> None:
        """Take the next that the client says for the beginning of TLS."""
        self.expecting = True
        self.clear = False

    def take_back(self) -> None:
        """Hold the greeting: the client begins with TLS, and has not read it."""
        self._held = True

    def send(self, data: bytes) -> None:
        """Send what the peer says."""
        if self.server is not None:
            self._put(self.server.encrypt(data))
            return
        if not self.heard:
            self._greeting += data
            if self._held:
                return
        self._put(data)

    def receive(self, data: bytes, alpn: tuple[str, ...], *, whole: bool = False) -> bytes:
        """Return what bytes of the client say to the peer.

        Arguments:
            data: the bytes.
            alpn: the protocols to agree on, if they begin a TLS handshake.
            whole: whether they are all that is said for now: if they begin TLS, that can be seen.
        """
        if self.awaits_tls:
            data = self._head + data
            if not (self.expecting or whole) and may_be_client_hello(data):
                self._head = data
                return b""
            self._head = b""
            if self.expecting or is_client_hello(data):
                self.expecting = False
                self.server = ServerTls(self._dial.host, alpn)
            elif self._held:
                self._held = False
                self._put(self._greeting)
        self.heard = True
        self.clear = self.server is None
        return data if self.server is None else self._decrypt(self.server, data)

    def _decrypt(self, server: ServerTls, data: bytes) -> bytes:
        plain = server.receive(data)
        self._put(server.outgoing())
        if self.tls is None and server.up:
            self.tls = Tls(server.server_name, server.alpn, server.version)
            if self._held:
                self._held = False
                self._put(server.encrypt(self._greeting))
        return plain

    def rest(self) -> bytes:
        """Return what was kept as it might have become TLS, now that nothing follows."""
        rest, self._head = self._head, b""
        self.heard = self.heard or bool(rest)
        self.clear = self.clear or bool(rest)
        return rest

    def close(self) -> None:
        """Say that nothing follows, where TLS has a word for it."""
        if self.server is not None:
            self._put(self.server.close())
