"""Real TLS as the server speaks it, in memory: certificates of an authority that lives as long as this process.

The client verifies them as it verifies any other; it trusts the authority for the connections that were claimed.
"""

from __future__ import annotations

import contextlib
import functools
import ssl
import threading
from typing import Any
from weakref import WeakSet

from bigfoot.errors import BigfootError

from .names import is_address

_lock = threading.Lock()
_trusting: WeakSet[ssl.SSLContext] = WeakSet()


def is_client_hello(data: bytes) -> bool:
    """Tell whether these bytes begin a TLS handshake."""
    return len(data) > 5 and data[0] == 0x16 and data[1] == 3 and data[5] == 1


def may_be_client_hello(data: bytes) -> bool:
    """Tell whether these few bytes may become the beginning of a TLS handshake."""
    return len(data) <= 5 and data[:2] == b"\x16\x03"[: len(data)]


@functools.cache
def _authority() -> Any:
    try:
        import trustme
    except ImportError:
        raise BigfootError(
            "The client speaks TLS to a scripted peer, which takes trustme: pip install 'bigfoot[tls]'"
        ) from None
    return trustme.CA(organization_name="bigfoot")


def _server_side() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Tickets arrive after the handshake: a client that reads in a thread takes them in while its other thread writes,
    # and before Python 3.13 that can spoil both (docs/discoveries/websockets.md). None is ever resumed here.
    context.num_tickets = 0
    return context


@functools.cache
def _context(names: tuple[str, ...], alpn: tuple[str, ...]) -> ssl.SSLContext:
    context = _server_side()
    authority = _authority()
    authority.issue_cert(*names).configure_cert(context)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def authority_certificate() -> str:
    """Return the certificate of the authority, as PEM."""
    with _lock:
        pem: bytes = _authority().cert_pem.bytes()
    return pem.decode()


def trust(context: ssl.SSLContext) -> None:
    """Let a client's context trust the authority. Verification itself, and host names, stay its own business."""
    if context.verify_mode != ssl.CERT_NONE and context not in _trusting:
        context.load_verify_locations(cadata=authority_certificate())
        _trusting.add(context)


class ServerTls:
    """The server's side of one TLS connection.

    Arguments:
        host: the host that the client dialled: the one name in the certificate. Where it is an address, the
            name that the client asks for is added, as no other can be known.
        alpn: the protocols to agree on, the preferred first.

    Attributes:
        up: whether the handshake is done.
        ended: whether the client has sent close_notify.
        failed: whether one side has broken TLS off.
        server_name: the host name that the client asked for.
    """

    def __init__(self, host: str, alpn: tuple[str, ...]) -> None:
        self.up = self.ended = self.failed = False
        self.server_name: str | None = None
        self._host = host
        self._alpn = alpn
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        with _lock:
            context = _context((host,), alpn)
        # A context of its own, where the callback is set: the one with the certificate is shared.
        asking = _server_side()
        asking.sni_callback = self._choose
        self._shared = context
        self._tls = asking.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def _choose(self, tls: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        self.server_name = name
        if name is not None and is_address(self._host):
            with _lock:
                self._shared = _context((self._host, name), self._alpn)
        tls.context = self._shared

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the client, and return what they say in the clear."""
        self._incoming.write(data)
        plain = []
        try:
            if not self.up:
                self._tls.do_handshake()
                self.up = True
            while piece := self._tls.read(256 * 1024):
                plain.append(piece)
            self.ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.ended = True
        except ssl.SSLError:  # the client does not trust us, or does not speak TLS: its own error is the one to see
            self.failed = True
        return b"".join(plain)

    def encrypt(self, data: bytes) -> bytes:
        """Return what to send to the client, to say this."""
        if self.up and not self.failed:
            self._tls.write(data)
        return self._outgoing.read()

    def close(self) -> bytes:
        """Return what to send to the client, to say that nothing follows."""
        if self.up and not self.failed:
            with contextlib.suppress(ssl.SSLError):  # the client has not answered yet, and need not
                self._tls.unwrap()
        return self._outgoing.read()

    def outgoing(self) -> bytes:
        """Return what TLS itself has to send to the client."""
        return self._outgoing.read()

    @property
    def alpn(self) -> str | None:
        """The protocol that was agreed."""
        return self._tls.selected_alpn_protocol()

    @property
    def version(self) -> str | None:
        """The version of TLS that was agreed."""
        return self._tls.version()
