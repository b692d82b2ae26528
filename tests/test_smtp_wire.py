"""SMTP without a socket and without a client: what the reader takes apart, and a peer that nothing can upset."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bigfoot import InvalidStateError, StrictVerifier, UnmockedInteractionError
from bigfoot.fakes.smtp import SmtpPlugin
from bigfoot.fakes.smtp_envelope import path
from bigfoot.fakes.smtp_peer import SmtpPeer
from bigfoot.fakes.smtp_reader import LONGEST, LineTooLongError, Reader
from bigfoot.fakes.smtp_script import Reply

from . import wires

REPLIES = re.compile(rb"(?:[2-5]\d\d(?:-[^\r\n]*\r\n[2-5]\d\d)* ?[^\r\n]*\r\n)*")
MAILING = ("EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "AUTH", "STARTTLS")
VERBS = st.sampled_from((*MAILING, "RSET", "NOOP", "VRFY", "EXPN", "HELP", "QUIT", "NONSENSE", ".", "*"))
WORDS = st.sampled_from(
    ["", "me", "FROM:<a@x>", "TO:<b@x>", "TO:b@x", "FROM:<>", "PLAIN", "LOGIN", "PLAIN AGEAYg==", "4", "0 LAST", "\xff"]
)
COMMANDS = st.builds(lambda verb, words: f"{verb} {words}".strip().encode("latin-1") + b"\r\n", VERBS, WORDS)
BREACHES = (UnmockedInteractionError, InvalidStateError)
LATE = [b"EHLO me\r\n", b"AUTH PLAIN AGEAYg==\r\n", b"STARTTLS\r\n"]  # possible before the login, and not after it


class Line(wires.Line):
    """A wire that TLS can start on."""

    def __init__(self, *, raises: bool = False) -> None:
        super().__init__("mail.example.com", 25, raises=raises)
        self.expects_tls = False

    def send(self, data: bytes) -> None:
        assert not self.closed
        super().send(data)

    def start_tls(self) -> None:
        self.expects_tls = True


def connect(*, raises: bool = False) -> tuple[SmtpPlugin, SmtpPeer, Line]:
    """A peer that promises a login and two mails, its wire, and its plugin."""
    plugin = SmtpPlugin(StrictVerifier())
    session = plugin.new_session().expect("connect", returns=None).expect("login", returns=None, required=False)
    session.expect("sendmail", returns={"refused@x": (550, b"no")}, required=False)
    session.expect("sendmail", returns={}).expect("quit", returns=None)
    line = Line(raises=raises)
    peer = plugin.answer(line.dial)
    peer.connected(line)
    return plugin, peer, line


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    edges = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    return (data[start:end] for start, end in itertools.pairwise(edges))


def content(data: bytes) -> bytes:
    """A message as clients send it."""
    lines = data.replace(b"\r\n.", b"\r\n..")
    return (b"." if lines.startswith(b".") else b"") + lines + b"\r\n.\r\n"


CONVERSATION = (
    b"EHLO me\r\nAUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\n"
    b"MAIL FROM:<a@x> SIZE=10\r\nRCPT TO:<b@x>\r\nRCPT TO:<refused@x>\r\n"
    b"DATA\r\n" + content(b".a\r\n..\r\n.\r\nb") + b"MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\n"
    b"BDAT 5\r\n.\r\n.\rBDAT 4 LAST\r\nQUITQUIT\r\n"
)


def told(data: Iterator[bytes]) -> tuple[bytes, list[object]]:
    """What the peer says to these pieces, and what it records."""
    plugin, peer, line = connect()
    for piece in data:
        peer.received(piece)
    assert line.closed == 1
    return line.sent, [dict(interaction.call) for interaction in plugin.verifier.timeline]


WHOLE = told(iter([CONVERSATION]))


def test_the_conversation_is_understood() -> None:
    sent, recorded = WHOLE
    codes = [int(line[:3]) for line in sent.splitlines() if line[3:4] == b" "]
    assert codes == [220, 250, 334, 334, 235, 250, 250, 550, 354, 250, 250, 250, 250, 250, 221]
    mails = [call["msg"].bytes for call in recorded if isinstance(call, dict) and "msg" in call]
    assert mails == [b".a\r\n..\r\n.\r\nb\r\n", b".\r\n.\rQUIT"]


@pytest.mark.parametrize("cut", range(1, len(CONVERSATION)))
def test_it_may_be_cut_anywhere(cut: int) -> None:
    assert told(iter([CONVERSATION[:cut], CONVERSATION[cut:]])) == WHOLE


@given(cuts=st.lists(st.integers(0, 1000), max_size=30))
def test_it_may_be_cut_and_glued(cuts: list[int]) -> None:
    assert told(pieces(CONVERSATION, cuts)) == WHOLE


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 300), max_size=8))
def test_messages_are_read_as_they_were_written(data: bytes, cuts: list[int]) -> None:
    reader = Reader()
    found: list[bytes] = []
    for piece in pieces(content(data) + b"QUIT\r\n", cuts):
        reader.feed(piece)
        if not found and (message := reader.message()) is not None:
            found.append(message)
    assert found == [data + b"\r\n"]
    assert reader.line() == b"QUIT"


@example(lines=LATE, cuts=[])
@given(lines=st.lists(COMMANDS | st.binary(max_size=60), max_size=12), cuts=st.lists(st.integers(0, 400), max_size=6))
def test_anything_is_answered_in_protocol(lines: list[bytes], cuts: list[int]) -> None:
    plugin, peer, line = connect()
    for piece in pieces(b"".join(lines), cuts):
        peer.received(piece)
    peer.ended()
    peer.closed()
    assert REPLIES.fullmatch(line.sent)
    assert all(isinstance(breach, BREACHES) for breach in plugin.verifier.verdict.breaches)


@example(lines=LATE)
@given(lines=st.lists(COMMANDS, max_size=12))
def test_a_blocking_client_gets_a_typed_error_or_an_answer(lines: list[bytes]) -> None:
    _, peer, line = connect(raises=True)
    try:
        for one in lines:
            peer.received(one)
    except BREACHES:
        assert line.closed
    before = line.sent
    if line.closed:
        peer.received(b"NOOP\r\n")
        assert line.sent == before


@given(size=st.integers(LONGEST - 3, LONGEST * 3), cuts=st.lists(st.integers(0, LONGEST * 3), max_size=5))
def test_a_line_may_be_too_long(size: int, cuts: list[int]) -> None:
    _, peer, line = connect()
    line.sent = b""
    for piece in pieces(b"NOOP " + b"x" * size + b"\r\nRSET\r\n", cuts):
        peer.received(piece)
    codes = [reply[:3] for reply in line.sent.splitlines()]
    assert codes == [b"500", b"250"]


def test_the_reader_keeps_nothing_of_a_line_that_is_too_long() -> None:
    reader = Reader()
    for _ in range(100):
        reader.feed(b"x" * LONGEST)
        assert reader.line() is None
        assert len(reader._buffer) <= LONGEST
    reader.feed(b"\nNOOP\n")
    with pytest.raises(LineTooLongError):
        reader.line()
    assert reader.line() == b"NOOP"


def test_what_came_before_tls_is_forgotten() -> None:
    plugin = SmtpPlugin(StrictVerifier())
    session = plugin.new_session().expect("connect", returns=None)
    session.expect("starttls", returns=None).expect("quit", returns=None)
    line = Line()
    peer = plugin.answer(line.dial)
    peer.connected(line)
    peer.received(b"EHLO me\r\nSTARTTLS now\r\nSTARTTLS\r\nQUIT\r\n")
    assert (line.expects_tls, line.closed) == (True, 0)
    assert line.sent.splitlines()[-1].startswith(b"220")


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("FROM:<a@x>", "a@x"),
        ("from: <a@x> SIZE=1 BODY=8BITMIME", "a@x"),
        ("FROM:a@x", "a@x"),
        ("FROM:<>", ""),
        ('FROM:<"a>b\\" c"@x>', '"a>b\\" c"@x'),
        ("FROM:<@relay.x,@other.x:a@x>", "a@x"),
        ("TO:<a@x>", None),
        ("FROM:", None),
        ("FROM:<a@x", None),
    ],
)
def test_paths(words: str, address: str | None) -> None:
    assert path(words, "FROM:") == address


def test_replies_have_as_many_lines_as_their_text() -> None:
    assert Reply(250, b"a").encode() == b"250 a\r\n"
    assert Reply(250, b"a\r\nb\nc").encode() == b"250-a\r\n250-b\r\n250 c\r\n"
    assert Reply(250, b"").encode() == b"250 \r\n"
