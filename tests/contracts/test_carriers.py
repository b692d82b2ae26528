"""What every carrier does, whichever it is: the client keeps its socket, and the bytes and the end of them arrive."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from bigfoot.transports import carrier, kernel
from bigfoot.transports.carrier import Carrier
from bigfoot.transports.outbox import Outbox

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture(params=["pair", "loopback"])
def connect(request: pytest.FixtureRequest) -> Carrier:
    found: Carrier = getattr(carrier, request.param)
    return found


@pytest.fixture(params=[socket.AF_INET, socket.AF_INET6], ids=["ipv4", "ipv6"])
def ends(request: pytest.FixtureRequest, connect: Carrier) -> Iterator[Ends]:
    with socket.socket(request.param) as client:
        client.settimeout(10)
        with connect(client) as far:
            far.settimeout(10)
            yield client, far


@pytest.mark.parametrize("timeout", [None, 0.0, 5.0])
def test_the_client_keeps_its_socket(connect: Carrier, timeout: float | None) -> None:
    with socket.socket() as client:
        client.settimeout(timeout)
        before = client.fileno(), client.family, client.type, client.get_inheritable()
        with connect(client):
            assert (client.fileno(), client.family, client.type, client.get_inheritable()) == before
            assert client.gettimeout() == timeout


def test_bytes_go_both_ways(ends: Ends) -> None:
    client, far = ends
    client.sendall(b"question")
    assert far.recv(99) == b"question"
    far.sendall(b"answer")
    assert client.recv(99) == b"answer"


def test_either_end_may_finish_first(ends: Ends) -> None:
    client, far = ends
    client.shutdown(socket.SHUT_WR)
    assert far.recv(9) == b""
    far.sendall(b"rest")
    far.close()
    assert (client.recv(9), client.recv(9)) == (b"rest", b"")


def test_a_reset_comes_after_what_was_sent(ends: Ends) -> None:
    client, far = ends
    far.sendall(b"last")
    assert client.recv(2) == b"la"
    kernel.prepare_reset(far, [client.fileno()])
    far.close()
    with pytest.raises(ConnectionResetError):
        while client.recv(9):
            pass


def test_the_kernel_tells_what_waits(ends: Ends) -> None:
    client, far = ends
    far.sendall(b"12345")
    assert kernel.readable(client.fileno(), 10)
    assert kernel.waiting([client.fileno()]) == 5
    assert not kernel.take_back([client.fileno()], 4)
    assert kernel.take_back([client.fileno()], 5)
    assert kernel.waiting([client.fileno()]) == 0
    assert not kernel.readable(client.fileno(), 0)


def test_a_full_buffer_is_emptied_as_the_client_reads(ends: Ends) -> None:
    client, far = ends
    far.setblocking(False)
    outbox = Outbox(far)
    outbox.put(bytes(20_000_000))
    outbox.close()
    assert outbox.size > 0
    got = 0
    while data := client.recv(2**20):
        got += len(data)
        outbox.flush()
    assert (got, outbox.size) == (20_000_000, 0)


def test_what_waits_for_a_client_that_is_gone_is_dropped(ends: Ends) -> None:
    client, far = ends
    far.setblocking(False)
    outbox = Outbox(far)
    outbox.put(bytes(20_000_000))
    client.close()
    for _ in range(3):
        outbox.put(b"more")
    outbox.close()
    assert outbox.flush()
    assert outbox.size == 0


def test_the_carrier_follows_from_the_client() -> None:
    assert carrier.choose(tcp=True) is carrier.loopback
    assert carrier.choose(tcp=False) in (carrier.pair, carrier.loopback)


def test_a_stranger_at_the_listener_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    listen = socket.socket.listen
    strangers: list[socket.socket] = []

    def and_a_stranger_comes(self: socket.socket, backlog: int) -> None:
        listen(self, backlog)
        strangers.append(socket.create_connection(self.getsockname()))

    monkeypatch.setattr(socket.socket, "listen", and_a_stranger_comes)
    with socket.socket() as client, carrier.loopback(client) as far, strangers[0]:
        assert far.getsockname() == client.getpeername()
        assert strangers[0].recv(1) == b""
