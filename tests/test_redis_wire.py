"""RESP without a socket and without a client: what the reader takes apart, and a peer that nothing can upset."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigfoot import StrictVerifier, UnmockedInteractionError, VerificationError
from bigfoot.fakes.redis import RedisPlugin
from bigfoot.fakes.redis_peer import RedisPeer
from bigfoot.fakes.redis_wire import CommandReader, Failure, ProtocolError, Push, Status, encode

from .wires import Line

WORDS = st.lists(st.binary(max_size=40), min_size=1, max_size=5)


def connect(plugin: RedisPlugin, *, raises: bool = False) -> tuple[RedisPeer, Line]:
    """A peer that a client has connected to, and its wire."""
    line = Line("localhost", 6379, raises=raises)
    peer = plugin.answer(line.dial)
    assert isinstance(peer, RedisPeer)
    peer.connected(line)
    return peer, line


def command(*words: str | bytes) -> bytes:
    """A command as clients send it."""
    parts = [word if isinstance(word, bytes) else word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    edges = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    return (data[start:end] for start, end in itertools.pairwise(edges))


@given(commands=st.lists(WORDS, max_size=4), cuts=st.lists(st.integers(0, 400), max_size=8))
def test_commands_are_read_however_they_are_cut_and_glued(commands: list[list[bytes]], cuts: list[int]) -> None:
    data = b"".join(command(*words) for words in commands)
    reader = CommandReader()
    assert [words for piece in pieces(data, cuts) for words in reader.feed(piece)] == commands


def test_a_command_may_be_cut_at_every_byte() -> None:
    data = command("SET", b"\r\n$1\r\n*1\r\n", b"") + command("GET", "k")
    for at in range(len(data) + 1):
        reader = CommandReader()
        found = [*reader.feed(data[:at]), *reader.feed(data[at:])]
        assert found == [[b"SET", b"\r\n$1\r\n*1\r\n", b""], [b"GET", b"k"]], at


def test_long_values_are_put_together_from_many_pieces() -> None:
    value = bytes(range(256)) * 4096
    data, reader = command("SET", "k", value), CommandReader()
    found = [words for at in range(0, len(data), 1000) for words in reader.feed(data[at : at + 1000])]
    assert found == [[b"SET", b"k", value]]


@pytest.mark.parametrize(
    ("data", "commands"),
    [
        (b"PING\r\n", [[b"PING"]]),
        (b"set  k v\n", [[b"set", b"k", b"v"]]),
        (b"\r\n", []),
        (b"*0\r\n*-1\r\n" + command("GET", "k"), [[b"GET", b"k"]]),
    ],
)
def test_what_is_typed_by_hand_is_a_command_as_well(data: bytes, commands: list[list[bytes]]) -> None:
    assert list(CommandReader().feed(data)) == commands


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"*2\r\n+GET\r\n", "expected '$', got '+'"),
        (b"*1\r\n\r\n", "expected '$', got ' '"),
        (b"*1000000000\r\n", "invalid multibulk length"),
        (b"*99999999999999999999999999\r\n", "invalid multibulk length"),
        (b"*x\r\n", "invalid multibulk length"),
        (b"*1\r\n$600000000000\r\n", "invalid bulk length"),
        (b"*1\r\n$-5\r\n", "invalid bulk length"),
        (b"x" * 70_000, "too big inline request"),
        (b"*1\r\n$" + b"1" * 70_000, "too big bulk count string"),
    ],
)
def test_what_is_not_resp_is_refused_as_by_the_server(data: bytes, complaint: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        list(CommandReader().feed(data))
    assert str(caught.value) == complaint
    peer, line = connect(RedisPlugin(StrictVerifier()))
    peer.received(data)
    assert line.taken() == b"-ERR Protocol error: " + complaint.encode() + b"\r\n"
    assert line.closed == 1
    peer.received(command("PING"))
    assert line.taken() == b"", "nothing can be read after that"


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=5))
def test_garbage_gets_replies_and_nothing_else(data: bytes, cuts: list[int]) -> None:
    verifier = StrictVerifier()
    peer, line = connect(RedisPlugin(verifier))
    for piece in pieces(data, cuts):
        peer.received(piece)
    assert line.sent == b"" or line.sent.endswith(b"\r\n")
    assert line.closed <= 1
    peer.ended()
    peer.closed()


@given(st.lists(st.lists(st.sampled_from(["MULTI", "EXEC", "GET", "k", "SUBSCRIBE", "UNSUBSCRIBE", "HELLO", "3", "2",
                                          "PING", "QUIT", "DISCARD", "CLUSTER", "SLOTS", "COMMAND", "AUTH"]),
                         min_size=1, max_size=3), max_size=8))  # fmt: skip
def test_every_command_gets_a_reply_in_every_state(commands: list[list[str]]) -> None:
    plugin = RedisPlugin(StrictVerifier())
    plugin.mock_command("GET", returns="v", times=None, required=False)
    peer, line = connect(plugin)
    for words in commands:
        if line.closed:
            break
        peer.received(command(*words))
        silent = words[0] in ("SUBSCRIBE",) and len(words) == 1
        assert line.taken() or silent, words


@pytest.mark.parametrize(
    ("value", "resp2", "resp3"),
    [
        (None, b"$-1\r\n", b"_\r\n"),
        (True, b":1\r\n", b":1\r\n"),
        (-5, b":-5\r\n", b":-5\r\n"),
        (1.5, b"$3\r\n1.5\r\n", b",1.5\r\n"),
        (2.0, b"$1\r\n2\r\n", b",2\r\n"),
        (float("inf"), b"$3\r\ninf\r\n", b",inf\r\n"),
        ("ä", b"$2\r\n\xc3\xa4\r\n", b"$2\r\n\xc3\xa4\r\n"),
        (memoryview(b"x"), b"$1\r\nx\r\n", b"$1\r\nx\r\n"),
        (Status("OK"), b"+OK\r\n", b"+OK\r\n"),
        (Failure("ERR two\r\nlines"), b"-ERR two lines\r\n", b"-ERR two lines\r\n"),
        ([1, None], b"*2\r\n:1\r\n$-1\r\n", b"*2\r\n:1\r\n_\r\n"),
        ({"a": 1}, b"*2\r\n$1\r\na\r\n:1\r\n", b"%1\r\n$1\r\na\r\n:1\r\n"),
        ({"a"}, b"*1\r\n$1\r\na\r\n", b"~1\r\n$1\r\na\r\n"),
        (Push((b"message", b"n", b"x")), b"*3\r\n$7\r\nmessage\r\n$1\r\nn\r\n$1\r\nx\r\n",
         b">3\r\n$7\r\nmessage\r\n$1\r\nn\r\n$1\r\nx\r\n"),
    ],
)  # fmt: skip
def test_replies_in_both_protocols(value: object, resp2: bytes, resp3: bytes) -> None:
    assert (encode(value, 2), encode(value, 3)) == (resp2, resp3)


def test_what_has_no_form_on_the_wire() -> None:
    with pytest.raises(TypeError, match="object has no form on the wire of redis"):
        encode([object()], 3)


def test_the_handshake_is_answered_unasked_and_unrecorded() -> None:
    verifier = StrictVerifier()
    peer, line = connect(RedisPlugin(verifier))
    peer.received(command("HELLO", "3", "AUTH", "default", "pw") + command("CLIENT", "SETINFO", "LIB-NAME", "x"))
    greeting, _, acknowledged = line.taken().rpartition(b"+OK\r\n")
    assert greeting.startswith(b"%7\r\n") and b"$5\r\nproto\r\n:3\r\n" in greeting and acknowledged == b""
    peer.received(command("SELECT", "3") + command("PING"))
    assert line.taken() == b"+OK\r\n+PONG\r\n"
    peer.received(command("HELLO", "4"))
    assert line.taken() == b"-NOPROTO unsupported protocol version\r\n"
    assert list(verifier.timeline) == []
    verifier.verify_all()


def test_a_transaction_is_framed() -> None:
    plugin = RedisPlugin(StrictVerifier())
    plugin.mock_command("SET", returns=True)
    plugin.mock_command("INCRBY", returns=2)
    peer, line = connect(plugin)
    peer.received(command("MULTI") + command("SET", "a", "1") + command("INCRBY", "a", "1") + command("EXEC"))
    assert line.taken() == b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:2\r\n"
    peer.received(command("EXEC") + command("DISCARD") + command("MULTI") + command("MULTI") + command("DISCARD"))
    nested = b"-ERR MULTI calls can not be nested\r\n"
    assert line.taken() == b"-ERR EXEC without MULTI\r\n-ERR DISCARD without MULTI\r\n+OK\r\n" + nested + b"+OK\r\n"


def test_an_unmocked_command_spoils_the_transaction() -> None:
    verifier = StrictVerifier()
    peer, line = connect(RedisPlugin(verifier))
    peer.received(command("MULTI") + command("GET", "k") + command("EXEC"))
    replies = line.taken().split(b"\r\n")
    assert replies[1].startswith(b"-ERR bigfoot: Unmocked call: redis GET 'k'")
    assert replies[2].startswith(b"-EXECABORT")
    with pytest.raises(VerificationError, match="redis GET 'k'"):
        verifier.verify_all()


def test_an_unmocked_command_is_raised_where_that_reaches_the_caller() -> None:
    verifier = StrictVerifier()
    plugin = RedisPlugin(verifier)
    plugin.mock_command("GET", returns="v")
    peer, line = connect(plugin, raises=True)
    with pytest.raises(UnmockedInteractionError):
        peer.received(command("GET", "k") + command("DEL", "k") + command("GET", "k"))
    assert line.taken() == b"$1\r\nv\r\n", "what came before is answered"
    peer.received(command("PING"))
    assert line.taken() == b"", "the connection is not used any more"


def test_subscribers_may_send_little_in_resp2() -> None:
    peer, line = connect(RedisPlugin(StrictVerifier()))
    peer.received(command("SUBSCRIBE", "n"))
    line.taken()
    peer.received(command("GET", "k"))
    assert line.taken().startswith(b"-ERR Can't execute 'get': only (P|S)SUBSCRIBE")
    peer.received(command("PING", "are you there"))
    assert line.taken() == encode([b"pong", b"are you there"], 2)
    peer.received(command("UNSUBSCRIBE") + command("UNSUBSCRIBE"))
    assert line.taken() == encode([b"unsubscribe", b"n", 0], 2) + encode([b"unsubscribe", None, 0], 2)


def test_quit_ends_the_connection() -> None:
    peer, line = connect(RedisPlugin(StrictVerifier()))
    peer.received(command("QUIT"))
    assert (line.taken(), line.closed) == (b"+OK\r\n", 1)
