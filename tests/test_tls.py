"""TLS to a peer: real, verified by the client's own context, and broken where production would break."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from collections.abc import Callable
from typing import Any

import pytest
import truststore
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from bigfoot import BigfootError, SocketPlugin, StrictVerifier, UnmockedInteractionError
from bigfoot.transports import tls_server
from bigfoot.transports.dial import Claim, Dial, Peer, Wire
from bigfoot.transports.layer import Layer

RUNS = [asyncio.run, uvloop.run]


@pytest.fixture
def sockets(verifier: StrictVerifier) -> SocketPlugin:
    return SocketPlugin(verifier)


def script(sockets: SocketPlugin, *received: bytes, host: str | None = None) -> None:
    session = sockets.new_session(host).expect("connect", returns=None)
    session.expect("sendall", returns=None, required=False).expect("send", returns=None, required=False)
    for data in received:
        session.expect("recv", returns=data)
    session.expect("close", returns=None, required=False)


def dial(
    context: ssl.SSLContext, name: str = "api.example.com", host: str = "api.example.com", port: int = 443
) -> ssl.SSLSocket:
    sock = socket.create_connection((host, port), timeout=10)
    try:
        return context.wrap_socket(sock, server_hostname=name)
    except BaseException:
        sock.close()
        raise


class TestAHandshake:
    def test_is_verified(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        script(sockets, b"answer")
        context = ssl.create_default_context()
        with verifier.sandbox(), dial(context) as sock:
            sock.sendall(b"question")
            assert sock.recv(99) == b"answer"
            assert sock.version() == "TLSv1.3"
            assert sock.getpeercert()["subjectAltName"] == (("DNS", "api.example.com"),)  # type: ignore[index]
            assert sock.getpeername() == ("api.example.com", 443)
            assert sock.gettimeout() == 10
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname is True
        sockets.assert_connect(host="api.example.com", port=443)
        sockets.assert_sendall(data=b"question")
        sockets.assert_recv(size=99, data=b"answer")
        sockets.assert_close()
        verifier.verify_all()

    def test_with_a_wrong_name_fails_as_it_does_really(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        script(sockets)
        with verifier.sandbox(), pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            dial(ssl.create_default_context(), name="other.example.com")

    @pytest.mark.parametrize("run", RUNS)
    def test_with_a_wrong_name_fails_in_a_loop(
        self, verifier: StrictVerifier, sockets: SocketPlugin, run: Callable[[Any], Any]
    ) -> None:
        script(sockets)
        options: dict[str, Any] = {"ssl": ssl.create_default_context(), "server_hostname": "other.example.com"}
        with verifier.sandbox(), pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            run(asyncio.open_connection("api.example.com", 443, **options))

    def test_to_an_address_has_the_name_that_is_asked_for(
        self, verifier: StrictVerifier, sockets: SocketPlugin
    ) -> None:
        script(sockets)
        with verifier.sandbox(), dial(ssl.create_default_context(), "db.internal", "192.0.2.7") as sock:
            names = sock.getpeercert()["subjectAltName"]  # type: ignore[index]
        assert names == (("IP Address", "192.0.2.7"), ("DNS", "db.internal"))

    def test_without_a_name(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        script(sockets)
        context = ssl.create_default_context()
        context.check_hostname = False
        with verifier.sandbox(), context.wrap_socket(socket.create_connection(("api.example.com", 443))) as sock:
            assert sock.getpeercert()

    def test_without_verification(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        script(sockets)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with verifier.sandbox(), dial(context) as sock:
            assert sock.cipher()
        assert context.cert_store_stats() == ssl.create_default_context().cert_store_stats()

    def test_of_truststore(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        script(sockets, b"answer")
        with verifier.sandbox(), dial(truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) as sock:
            assert sock.recv(99) == b"answer"

    def test_agrees_on_a_protocol(self, verifier: StrictVerifier) -> None:
        context = ssl.create_default_context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        assert _handshake(context, ("http/1.1",)).selected_alpn_protocol() == "http/1.1"

    def test_is_put_off_until_the_client_wants_it(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        script(sockets, b"answer")
        context = ssl.create_default_context()
        with verifier.sandbox(), socket.create_connection(("api.example.com", 443)) as sock:
            wrapped = context.wrap_socket(sock, server_hostname="api.example.com", do_handshake_on_connect=False)
            with wrapped:
                assert wrapped.version() is None
                wrapped.do_handshake()
                assert wrapped.recv(99) == b"answer"

    def test_that_does_not_block(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        script(sockets)
        context = ssl.create_default_context()
        with verifier.sandbox(), socket.create_connection(("api.example.com", 443)) as sock:
            sock.setblocking(False)
            with pytest.raises(ValueError, match="do_handshake_on_connect"):
                context.wrap_socket(sock, server_hostname="api.example.com")

    def test_of_a_socket_that_is_wrapped_before_it_connects(
        self, verifier: StrictVerifier, sockets: SocketPlugin
    ) -> None:
        script(sockets, b"answer")
        context = ssl.create_default_context()
        with verifier.sandbox(), context.wrap_socket(socket.socket(), server_hostname="api.example.com") as sock:
            sock.connect(("api.example.com", 443))
            assert sock.recv(99) == b"answer"

    def test_without_trustme_says_what_to_install(
        self, verifier: StrictVerifier, sockets: SocketPlugin, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script(sockets)
        monkeypatch.setitem(sys.modules, "trustme", None)
        monkeypatch.setattr(tls_server, "_authority", tls_server._authority.__wrapped__)
        with verifier.sandbox(), pytest.raises(BigfootError, match=r"pip install 'bigfoot\[tls\]'"):
            dial(ssl.create_default_context())

    def test_of_pyopenssl(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        SSL = pytest.importorskip("OpenSSL.SSL", reason="pyOpenSSL is not installed")
        session = sockets.new_session().expect("connect", returns=None).expect("send", returns=None)
        session.expect("recv", returns=b"answer").expect("close", returns=None)
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_verify(SSL.VERIFY_PEER)
        with verifier.sandbox(), socket.create_connection(("api.example.com", 443)) as sock:
            wrapped = SSL.Connection(context, sock)
            wrapped.set_tlsext_host_name(b"api.example.com")
            wrapped.set_connect_state()
            wrapped.do_handshake()
            wrapped.sendall(b"question")
            assert wrapped.recv(99) == b"answer"

    def test_to_nobody_is_refused(self, verifier: StrictVerifier) -> None:
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError):
            dial(ssl.create_default_context())


class Greeter(Peer):
    """Speaks first, and begins with TLS when it is told to."""

    alpn = ("http/1.1",)

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def connected(self, wire: Wire) -> None:
        super().connected(wire)
        wire.send(b"welcome\n")

    def received(self, data: bytes) -> None:
        self.heard.append(data)
        if data == b"STARTTLS\n":
            self.wire.send(b"go\n")
            self.wire.start_tls()
        else:
            self.wire.send(data)


@pytest.fixture
def greeter(verifier: StrictVerifier, sockets: SocketPlugin, monkeypatch: pytest.MonkeyPatch) -> Greeter:
    """A peer that speaks first, for every dial."""
    peer = Greeter()
    monkeypatch.setattr(SocketPlugin, "answer", lambda self, call: peer if isinstance(call, Dial) else None)
    monkeypatch.setattr(SocketPlugin, "claims", lambda self, call: Claim.BOUND)  # mail has well-known ports here
    return peer


class TestAGreeting:
    @pytest.mark.parametrize("port", [465, 4650])
    def test_waits_for_the_handshake(self, verifier: StrictVerifier, greeter: Greeter, port: int) -> None:
        with verifier.sandbox(), dial(ssl.create_default_context(), port=port) as sock:
            assert sock.recv(99) == b"welcome\n"
            sock.sendall(b"hello\n")
            assert sock.recv(99) == b"hello\n"

    @pytest.mark.parametrize("run", RUNS)
    @pytest.mark.parametrize("port", [465, 4650])
    def test_waits_for_the_handshake_in_a_loop(
        self, verifier: StrictVerifier, greeter: Greeter, port: int, run: Callable[[Any], Any]
    ) -> None:
        async def main() -> bytes:
            reader, writer = await asyncio.open_connection("api.example.com", port, ssl=ssl.create_default_context())
            line = await reader.readline()
            writer.close()
            await writer.wait_closed()
            return line

        if run is uvloop.run and port == 4650:
            pytest.skip("uvloop reads the greeting in C before TLS is begun; the well-known ports are held back")
        with verifier.sandbox():
            assert run(main()) == b"welcome\n"

    def test_on_the_port_of_tls_to_a_client_without(self, verifier: StrictVerifier, greeter: Greeter) -> None:
        with verifier.sandbox(), socket.create_connection(("api.example.com", 465)) as sock:
            sock.sendall(b"plain\n")
            assert sock.recv(99) == b"welcome\nplain\n"

    def test_before_starttls(self, verifier: StrictVerifier, greeter: Greeter) -> None:
        context = ssl.create_default_context()
        with verifier.sandbox(), socket.create_connection(("api.example.com", 25)) as sock:
            assert sock.recv(99) == b"welcome\n"
            sock.sendall(b"STARTTLS\n")
            assert sock.recv(99) == b"go\n"
            with context.wrap_socket(sock, server_hostname="api.example.com") as wrapped:
                wrapped.sendall(b"secret\n")
                assert wrapped.recv(99) == b"secret\n"
        assert greeter.heard == [b"STARTTLS\n", b"secret\n"]
        assert greeter.wire.tls is not None
        assert greeter.wire.tls.server_name == "api.example.com"

    def test_before_starttls_in_a_loop(self, verifier: StrictVerifier, greeter: Greeter) -> None:
        async def main() -> list[bytes]:
            reader, writer = await asyncio.open_connection("api.example.com", 25)
            lines = [await reader.readline()]
            writer.write(b"STARTTLS\n")
            lines.append(await reader.readline())
            await writer.start_tls(ssl.create_default_context(), server_hostname="api.example.com")
            writer.write(b"secret\n")
            lines.append(await reader.readline())
            writer.close()
            await writer.wait_closed()
            return lines

        with verifier.sandbox():
            assert asyncio.run(main()) == [b"welcome\n", b"go\n", b"secret\n"]

    def test_and_a_farewell(self, verifier: StrictVerifier, greeter: Greeter) -> None:
        with verifier.sandbox(), dial(ssl.create_default_context(), port=465) as sock:
            assert sock.recv(99) == b"welcome\n"
            sock.unwrap().close()  # close_notify goes both ways


def void(_: object) -> None:
    """Nothing is to be said."""


class InMemory:
    """A client's TLS in memory, and the layer that it speaks to."""

    def __init__(self, context: ssl.SSLContext, alpn: tuple[str, ...] = ()) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="api.example.com")
        self.layer = Layer(Dial("api.example.com", 443), lambda data: void(self.incoming.write(data)))
        self.alpn = alpn
        self.said = b""

    def step(self, size: int) -> None:
        data = self.outgoing.read()
        for start in range(0, len(data), size):
            self.said += self.layer.receive(data[start : start + size], self.alpn)


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    tls_server.trust(context)
    return context


def _handshake(context: ssl.SSLContext, alpn: tuple[str, ...] = (), size: int = 10_000) -> ssl.SSLObject:
    tls_server.trust(context)
    client = InMemory(context, alpn)
    for _ in range(9):
        try:
            client.tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            client.step(size)
    client.step(size)
    assert client.layer.tls is not None
    return client.tls


class TestBytes:
    @settings(max_examples=20, deadline=None)
    @given(st.integers(1, 700))
    def test_split_anywhere(self, size: int) -> None:
        assert _handshake(_trusting(), size=size).version() == "TLSv1.3"

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5))
    def test_that_are_no_handshake_are_handed_on(self, pieces: list[bytes]) -> None:
        sent: list[bytes] = []
        layer = Layer(Dial("api.example.com", 80), sent.append)
        said = b"".join(layer.receive(piece, ()) for piece in pieces) + layer.rest()
        if not tls_server.is_client_hello(b"".join(pieces)):
            assert said == b"".join(pieces)

    def test_of_garbage_break_tls_off(self) -> None:
        client = InMemory(_trusting())
        client.layer.receive(b"\x16\x03\x01\x00\x05\x01garbage-garbage", ())
        assert client.layer.server is not None
        assert client.layer.server.failed
        assert client.layer.server.close() == b""
        assert client.layer.server.encrypt(b"x") == b""
