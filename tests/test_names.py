"""Host names inside a sandbox: known ones have an address of their own, unknown ones never reach DNS."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from typing import Any

import pytest
import uvloop

from bigfoot import SocketPlugin, StrictVerifier, UnmockedInteractionError, context
from bigfoot.transports import names
from bigfoot.transports.dial import Dial

RESERVED = ipaddress.ip_network("198.18.0.0/15")


@pytest.fixture
def sockets(verifier: StrictVerifier) -> SocketPlugin:
    plugin = SocketPlugin(verifier)
    plugin.new_session("known.example")
    plugin.new_session("known.example").expect("connect", returns=None, required=False)
    return plugin


def lookups() -> list[Callable[[str], Any]]:
    return [
        lambda name: socket.getaddrinfo(name, 80)[0][4][0],
        lambda name: socket.gethostbyname(name),
        lambda name: socket.gethostbyname_ex(name)[2][0],
    ]


@pytest.mark.parametrize("lookup", lookups())
class TestALookup:
    def test_of_a_known_name_gives_an_address_of_no_network(
        self, verifier: StrictVerifier, sockets: SocketPlugin, lookup: Callable[[str], Any]
    ) -> None:
        with verifier.sandbox():
            address = lookup("known.example")
            assert lookup("known.example") == address
            assert socket.gethostbyaddr(address)[0] == "known.example"
            assert socket.getnameinfo((address, 80), socket.NI_NUMERICSERV) == ("known.example", "80")
        assert ipaddress.ip_address(address) in RESERVED

    def test_of_an_unknown_name_is_refused(
        self, verifier: StrictVerifier, sockets: SocketPlugin, lookup: Callable[[str], Any]
    ) -> None:
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match=r"unknown\.example") as caught:
            lookup("unknown.example")
        assert caught.value.source_id == "socket:getaddrinfo"

    def test_of_this_machine_is_its_own(
        self, verifier: StrictVerifier, sockets: SocketPlugin, lookup: Callable[[str], Any]
    ) -> None:
        with verifier.sandbox():
            assert lookup("127.0.0.1") == "127.0.0.1"
            assert lookup("localhost") in ("127.0.0.1", "::1")


class TestALookupWithoutAPort:
    @pytest.mark.parametrize(
        "lookup",
        [
            lambda name: socket.getaddrinfo(name, None)[0][4][0],
            lambda name: socket.getaddrinfo(name, "smtp")[0][4][0],
            *lookups()[1:],
        ],
    )
    @pytest.mark.parametrize("claim", ["socket_mock", "smtp_mock", "async_websocket_mock", "pass_through"])
    def test_knows_what_is_bound_to_a_port(
        self, verifier: StrictVerifier, lookup: Callable[[str], Any], claim: str
    ) -> None:
        if claim == "pass_through":
            verifier.plugin("socket_mock").pass_through("Bound.example", 2525)
        else:
            session = verifier.plugin(claim).new_session("Bound.example", 2525)
            session.expect("connect", returns=None, required=False)
        with verifier.sandbox():
            assert ipaddress.ip_address(lookup("bound.example")) in RESERVED
            with pytest.raises(UnmockedInteractionError):
                lookup("unbound.example")
            if claim != "pass_through":
                with pytest.raises(UnmockedInteractionError):
                    socket.getaddrinfo("bound.example", 99)


class TestAddresses:
    def test_are_of_the_family_and_kind_that_is_asked_for(
        self, verifier: StrictVerifier, sockets: SocketPlugin
    ) -> None:
        with verifier.sandbox():
            six = socket.getaddrinfo("known.example", "443", socket.AF_INET6, socket.SOCK_STREAM)
            both = socket.getaddrinfo("known.example", "https")
            named = socket.getaddrinfo("known.example", None, flags=socket.AI_CANONNAME, type=socket.SOCK_RAW)
        assert [(family, str(where[0])[:7], where[1]) for family, _, _, _, where in six] == [
            (socket.AF_INET6, "::ffff:", 443)
        ]
        assert [(kind, where[1]) for _, kind, _, _, where in both] == [
            (socket.SOCK_STREAM, 443),
            (socket.SOCK_DGRAM, 443),
        ]
        assert [(kind, name) for _, kind, _, name, _ in named] == [(socket.SOCK_RAW, "known.example")]

    def test_of_others_have_no_name(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        with verifier.sandbox():
            assert socket.getnameinfo(("192.0.2.1", 80), socket.NI_NUMERICSERV) == ("192.0.2.1", "80")
            with pytest.raises(socket.herror):
                socket.gethostbyaddr("192.0.2.1")
            assert socket.gethostbyaddr("any.example")[0] == "any.example"
            assert socket.getfqdn() == socket.getfqdn(socket.gethostname())

    def test_lead_back_to_the_name(self, verifier: StrictVerifier, sockets: SocketPlugin) -> None:
        with verifier.sandbox():
            address = socket.getaddrinfo("known.example", 7, type=socket.SOCK_STREAM)[0][4]
            sock = socket.socket()
            sock.connect(address)
            sock.detach()
        sockets.assert_connect(host="known.example", port=7)

    def test_of_this_machine_lead_back_to_the_name_that_was_used(
        self, verifier: StrictVerifier, sockets: SocketPlugin
    ) -> None:
        for _ in range(2):
            sockets.new_session(port=7).expect("connect", returns=None)
        with verifier.sandbox():
            for host in ("localhost", "127.0.0.1"):
                socket.create_connection((host, 7)).detach()
        sockets.assert_connect(host="localhost", port=7)
        sockets.assert_connect(host="127.0.0.1", port=7)

    def test_that_stand_for_a_name_are_resolved_where_it_passes_through(self) -> None:
        address = names.address_of("one.localhost")
        assert names.named(address) == "one.localhost"
        with socket.socket() as client:
            assert names.real((names.address_of("localhost"), 7), client) == ("127.0.0.1", 7)
            assert names.real(("192.0.2.1", 7), client) == ("192.0.2.1", 7)
            assert names.real("/a/path", client) == "/a/path"

    @pytest.mark.parametrize("host", ["known.example", b"known.example", bytearray(b"known.example")])
    def test_are_of_text_and_bytes_alike(self, host: Any) -> None:
        assert names.text(host) == "known.example"


class TestLoops:
    @pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
    def test_resolve_as_everybody_does(
        self, verifier: StrictVerifier, sockets: SocketPlugin, run: Callable[[Any], Any]
    ) -> None:
        async def main() -> Any:
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo("known.example", 80, type=socket.SOCK_STREAM)
            address = str(found[0][4][0])
            return address, (await loop.getnameinfo((address, 80), socket.NI_NUMERICSERV))[0]

        with verifier.sandbox():
            address, name = run(main())
        assert ipaddress.ip_address(address) in RESERVED
        assert name == "known.example"


class TestOutside:
    def test_names_are_resolved_really(self, verifier: StrictVerifier) -> None:
        with verifier.sandbox(), context.outside():
            assert context.active(Dial) is None
            assert socket.gethostbyname("localhost") == "127.0.0.1"

    def test_goes_along_into_pools_and_threads(self, verifier: StrictVerifier) -> None:
        from concurrent.futures import ThreadPoolExecutor
        from threading import Thread

        found: list[Any] = []
        with ThreadPoolExecutor(1) as pool, verifier.sandbox(), context.outside():
            found.append(pool.submit(context.active, Dial).result())
            thread = Thread(target=lambda: found.append(context.active(Dial)))
            thread.start()
            thread.join()
        assert found == [None, None]
