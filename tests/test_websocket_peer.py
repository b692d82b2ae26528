"""The far end of WebSockets by bytes alone: split anywhere, all at once, garbage, too much."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from bigfoot import AsyncWebSocketPlugin, StrictVerifier
from bigfoot.origin import Origin, caller
from bigfoot.transports.dial import Dial, Peer, Wire

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = (
    b"GET /x HTTP/1.1\r\nHost: feed.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + b"\r\n\r\n"
)
OPENED = b"HTTP/1.1 101 Switching Protocols\r\n"


class Recorder(Wire):
    """A connection that nobody is at the other end of."""

    raises = False
    seen = False

    def __init__(self) -> None:
        self.dial = Dial("feed.example.com", 80, origin=caller())
        self.sent = b""
        self.closed = False
        self.failed: BaseException | None = None

    @property
    def alone(self) -> bool:
        return False

    @property
    def unread(self) -> int:
        return 0

    @property
    def origin(self) -> Origin | None:
        return self.dial.origin

    def send(self, data: bytes) -> None:
        assert not self.closed
        self.sent += data

    def close(self) -> None:
        self.closed = True

    def fail(self, error: BaseException) -> None:
        self.failed = error


def frame(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


def peer(verifier: StrictVerifier, *steps: tuple[str, Any]) -> tuple[Peer, Recorder]:
    """A peer whose session has these steps after its `connect`."""
    feed = AsyncWebSocketPlugin(verifier)
    session = feed.new_session().expect("connect", returns=None)
    for name, returns in steps:
        session.expect(name, returns=returns)
    wire = Recorder()
    wire.dial.first = HANDSHAKE
    found = feed.answer(wire.dial)
    assert found is not None
    found.connected(wire)
    return found, wire


def feed_in(found: Peer, data: bytes, cuts: Sequence[int]) -> None:
    edges = [0, *sorted({min(cut, len(data)) for cut in cuts}), len(data)]
    for start, end in itertools.pairwise(edges):
        if start < end:
            found.received(data[start:end])


def recorded(verifier: StrictVerifier) -> list[tuple[str, Any]]:
    return [
        (interaction.source_id.rpartition(":")[2], interaction.details.get("message"))
        for interaction in verifier.timeline
    ]


MESSAGES = st.lists(st.text(max_size=200) | st.binary(max_size=200), max_size=5)


@given(MESSAGES, st.lists(st.integers(0, 1500), max_size=30))
@settings(deadline=None, max_examples=150)
def test_split_anywhere(messages: list[str | bytes], cuts: list[int]) -> None:
    verifier = StrictVerifier()
    found, wire = peer(verifier, *[("send", None) for _ in messages], ("recv", "bye"), ("close", None))
    data = HANDSHAKE
    for message in messages:
        opcode = Opcode.TEXT if isinstance(message, str) else Opcode.BINARY
        data += frame(opcode, message.encode() if isinstance(message, str) else message)
    data += frame(Opcode.CLOSE, b"\x03\xe8")
    feed_in(found, data, cuts)
    found.ended()
    assert recorded(verifier) == [("connect", None), *[("send", m) for m in messages], ("recv", "bye"), ("close", None)]
    assert verifier.verdict.breaches == []
    assert wire.sent.startswith(OPENED)
    assert wire.closed


@given(st.text(min_size=1, max_size=50), st.lists(st.integers(1, 60), max_size=5))
@settings(deadline=None)
def test_fragments_with_pings_in_between(text: str, cuts: list[int]) -> None:
    verifier = StrictVerifier()
    found, wire = peer(verifier, ("send", None))
    found.received(HANDSHAKE)
    data = text.encode()
    edges = [0, *sorted({min(cut, len(data)) for cut in cuts}), len(data)]
    for start, end in itertools.pairwise(edges):
        opcode = Opcode.CONT if start else Opcode.TEXT
        found.received(frame(opcode, data[start:end], fin=end == len(data)) + frame(Opcode.PING, b"!"))
        if end == len(data):
            break
    assert recorded(verifier)[1:] == [("send", text)]
    assert wire.sent.endswith(b"\x8a\x01!")
    assert verifier.verdict.breaches == []


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=10), st.booleans())
@settings(deadline=None, max_examples=300)
def test_garbage(data: bytes, cuts: list[int], opened: bool) -> None:
    verifier = StrictVerifier()
    found, wire = peer(verifier, ("recv", "x"), ("send", None), ("close", None))
    if opened:
        found.received(HANDSHAKE)
    feed_in(found, data, cuts)
    found.ended()
    found.closed()
    assert wire.closed
    assert len(verifier.verdict.breaches) <= 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\xff\x7f" + b"\xff" * 7, None),  # announces 9 exabytes
        (b"\x81\x05hello", 1002),  # not masked
        (b"\xf1\x80\0\0\0\0", 1002),  # an extension that was not agreed on
        (frame(Opcode.CONT, b"x"), 1002),  # nothing to continue
        (frame(Opcode.TEXT, b"\xff"), 1007),
        (b"\x89\xfe\x01\0" + bytes(4 + 256), 1002),  # a ping of 256 bytes
        (frame(Opcode.CLOSE, b"\x03"), 1002),
    ],
    ids=["endless", "unmasked", "unknown extension", "continuation", "no UTF-8", "long ping", "short close"],
)
def test_what_breaks_the_protocol_is_told_so(data: bytes, code: int | None) -> None:
    verifier = StrictVerifier()
    found, wire = peer(verifier, ("send", None))
    found.received(HANDSHAKE)
    before = len(wire.sent)
    found.received(data)
    answer = wire.sent[before:]
    assert answer == b"" if code is None else answer[:1] == b"\x88" and answer[2:4] == code.to_bytes(2, "big")
    found.received(b"more")
    found.ended()
    assert wire.closed
    assert recorded(verifier)[1:] == []


def test_a_large_message() -> None:
    verifier = StrictVerifier()
    found, _ = peer(verifier, ("send", None))
    found.received(HANDSHAKE)
    large = bytes(5_000_000)
    data = frame(Opcode.BINARY, large)
    for start in range(0, len(data), 65536):
        found.received(data[start : start + 65536])
    assert recorded(verifier)[1:] == [("send", large)]


@pytest.mark.parametrize("left_out", [b"Sec-WebSocket-Key", b"Sec-WebSocket-Version", b"Connection"])
def test_a_handshake_that_no_server_accepts(left_out: bytes) -> None:
    verifier = StrictVerifier()
    found, wire = peer(verifier, ("send", None))
    lines = [line for line in HANDSHAKE.split(b"\r\n") if not line.startswith(left_out)]
    found.received(b"\r\n".join(lines))
    assert wire.sent.startswith(b"HTTP/1.1 4")
    assert wire.closed
    assert recorded(verifier) == []


def test_a_client_that_leaves_is_noted() -> None:
    verifier = StrictVerifier()
    found, _ = peer(verifier, ("close", None))
    found.received(HANDSHAKE)
    found.ended()
    assert list(verifier.timeline)[1].extras == {"code": 1006, "reason": ""}
