"""The PostgreSQL server by itself: bytes in, bytes out, no client library and no socket."""

from __future__ import annotations

import datetime
import ipaddress
import struct
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigfoot.errors import InvalidArgumentError
from bigfoot.fakes import postgres_copy, postgres_peer, postgres_sql, postgres_types, postgres_values
from bigfoot.fakes.postgres_auth import Login
from bigfoot.fakes.postgres_connection import Script
from bigfoot.fakes.postgres_copy import CopyIn, CopyOut
from bigfoot.fakes.postgres_errors import Failure, notice
from bigfoot.fakes.postgres_messages import Column, begins, response
from bigfoot.fakes.postgres_result import Result, status, table
from bigfoot.fakes.postgres_server import Server
from bigfoot.postgres import typed


class Answers(Script):
    """A script of statements and what they give, in any order and as often as they come."""

    def __init__(self, answers: dict[str, Result | Failure] | None = None, login: Login | None = None) -> None:
        self.answers = answers or {}
        self.login = login
        self.ran: list[tuple[str, list[bytes | None]]] = []

    def started(self, parameters: Mapping[str, str]) -> Login | None:
        if parameters.get("database") == "nowhere":
            raise Failure("3D000")
        return self.login

    def cancel(self, pid: int, secret: int) -> None:
        postgres_peer.cancel(pid, secret)

    def parameters(self, sql: str) -> list[int]:
        return [postgres_types.find(cast or "text") or 0 for cast in postgres_sql.casts(sql)]

    def columns(self, sql: str) -> Sequence[Column] | None:
        answer = self.answers.get(sql)
        return answer.columns if isinstance(answer, Result) else None if answer is None else ()

    def run(self, sql: str, values: Sequence[bytes | None]) -> Result | None:
        self.ran.append((sql, list(values)))
        answer = self.answers.get(sql)
        if isinstance(answer, Failure):
            raise answer
        return answer

    def refused(self, sql: str) -> Failure:
        return Failure("42601", f"nothing is promised for {sql}")

    def keep(self, value: Any) -> bytes:
        return b"token"


def opening(code: int = 196608, **parameters: str) -> bytes:
    body = struct.pack("!i", code)
    if code == 196608:
        given = {"user": "ada", **parameters}
        body += b"".join(f"{name}\0{value}\0".encode() for name, value in given.items()) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def said(kind: str, body: bytes = b"") -> bytes:
    return kind.encode() + struct.pack("!i", len(body) + 4) + body


def query(sql: str) -> bytes:
    return said("Q", sql.encode() + b"\0")


def parse(sql: str, name: str = "") -> bytes:
    return said("P", f"{name}\0{sql}\0".encode() + b"\0\0")


def bind(*values: bytes | None, portal: str = "", name: str = "", code: int = 0) -> bytes:
    parts = [b"\xff\xff\xff\xff" if value is None else struct.pack("!i", len(value)) + value for value in values]
    body = f"{portal}\0{name}\0".encode() + b"\0\0" + struct.pack("!h", len(values)) + b"".join(parts)
    return said("B", body + struct.pack("!hh", 1, code))


def execute(most: int = 0, portal: str = "") -> bytes:
    return said("E", portal.encode() + b"\0" + struct.pack("!i", most))


def describe(kind: str = "S", name: str = "") -> bytes:
    return said("D", f"{kind}{name}\0".encode())


SYNC = said("S")


def read(data: bytes) -> list[tuple[str, bytes]]:
    """The messages that a server has sent; they must be whole."""
    found = []
    while data:
        (length,) = struct.unpack_from("!i", data, 1)
        assert len(data) > length >= 4
        found.append((chr(data[0]), data[5 : length + 1]))
        data = data[length + 1 :]
    return found


def kinds(data: bytes) -> str:
    return "".join(kind for kind, _ in read(data))


def sqlstates(data: bytes) -> list[str]:
    """The codes of the errors among them."""
    errors = [body for kind, body in read(data) if kind == "E"]
    return [field[1:].decode() for body in errors for field in body.split(b"\0") if field[:1] == b"C"]


def server(answers: dict[str, Result | Failure] | None = None) -> tuple[Server, Answers]:
    script = Answers(answers)
    made = Server(script, 1000, 7)
    assert kinds(made.receive(opening())).startswith("RS")
    return made, script


ROWS = table([{"n": 1}, {"n": 2}, {"n": None}], "SELECT n")


def test_a_client_is_let_in() -> None:
    made = Server(Answers(), 1000, 7)
    assert made.receive(opening(80877103)) == b"N"
    assert made.receive(opening(80877104)) == b"N"
    told = read(made.receive(opening(application_name="tests")))
    assert told[0] == ("R", b"\0\0\0\0")
    assert ("S", b"server_version\0" + b"17.0\0") in told and ("S", b"application_name\0tests\0") in told
    assert told[-2:] == [("K", struct.pack("!ii", 1000, 7)), ("Z", b"I")]


def test_tls_is_accepted_where_it_is_wanted() -> None:
    made = Server(Answers(), 1000, 7, tls=True)
    assert made.receive(opening(80877103)) == b"S" and made.upgrading


def test_a_client_is_turned_away() -> None:
    made = Server(Answers(), 1000, 7)
    assert sqlstates(made.receive(opening(database="nowhere"))) == ["3D000"] and made.over
    made = Server(Answers(), 1000, 7)
    assert sqlstates(made.receive(opening(131072))) == ["08P01"] and made.over
    made = Server(Answers(login=Login("password", "ada", "secret")), 1000, 7)
    assert read(made.receive(opening())) == [("R", b"\0\0\0\3")]
    assert sqlstates(made.receive(said("p", b"wrong\0"))) == ["28P01"] and made.over


def test_simple_queries() -> None:
    made, _ = server({"SELECT n": ROWS, "INSERT": Result(tag="INSERT 0 1"), "bad": Failure("42P01"), "": Result()})
    assert read(made.receive(query("SELECT n"))) == [
        ("T", b"\0\1n\0" + struct.pack("!ihIhih", 0, 0, 20, -1, -1, 0)),
        ("D", b"\0\1\0\0\0\x011"),
        ("D", b"\0\1\0\0\0\x012"),
        ("D", b"\0\1\xff\xff\xff\xff"),
        ("C", b"SELECT 3\0"),
        ("Z", b"I"),
    ]
    assert read(made.receive(query("INSERT"))) == [("C", b"INSERT 0 1\0"), ("Z", b"I")]
    assert kinds(made.receive(query("bad"))) == "EZ"
    assert sqlstates(made.receive(query("unknown"))) == ["42601"]
    assert kinds(made.receive(query(""))) == "IZ"


def test_extended_queries_are_pipelined_up_to_sync() -> None:
    made, script = server({"SELECT n WHERE $1": ROWS, "bad": Failure("22012")})
    sent = parse("SELECT n WHERE $1", "s") + describe(name="s") + bind(b"x", name="s", code=1) + describe("P")
    assert kinds(made.receive(sent + execute() + SYNC)) == "1tT2TDDDCZ"
    assert script.ran == [("SELECT n WHERE $1", [b"x"])]
    assert kinds(made.receive(parse("bad") + bind() + execute() + parse("SELECT n WHERE $1") + bind() + SYNC)) == "12EZ"
    assert kinds(made.receive(bind(b"x", name="s") + SYNC)) == "2Z"


def test_portals_give_their_rows_bit_by_bit() -> None:
    made, _ = server({"SELECT n": ROWS})
    made.receive(query("BEGIN"))
    made.receive(parse("SELECT n") + bind(portal="c") + SYNC)
    assert kinds(made.receive(execute(2, "c") + SYNC)) == "DDsZ"
    assert read(made.receive(query("MOVE FORWARD 5 c")))[0] == ("C", b"MOVE 1\0")
    assert read(made.receive(execute(2, "c") + SYNC))[0] == ("C", b"SELECT 3\0")
    assert kinds(made.receive(said("C", b"Pc\0") + execute(0, "c") + SYNC)) == "3EZ"
    assert sqlstates(made.receive(query("ROLLBACK") + execute(0, "c") + SYNC)) == ["34000"]


def test_transactions_have_a_state() -> None:
    made, _ = server({"bad": Failure("23505"), "good": Result(tag="UPDATE 1")})

    def state(sql: str) -> tuple[str, bytes]:
        told = read(made.receive(query(sql)))
        return told[-2][1][:-1].decode() if told[-2][0] == "C" else "error", told[-1][1]

    assert state("BEGIN") == ("BEGIN", b"T")
    assert state("SAVEPOINT one") == ("SAVEPOINT", b"T")
    assert state("bad") == ("error", b"E")
    assert state("good") == ("error", b"E")
    assert state("ROLLBACK TO one") == ("ROLLBACK", b"T")
    assert state("RELEASE one") == ("RELEASE", b"T")
    assert state("RELEASE one") == ("error", b"E")
    assert state("COMMIT") == ("ROLLBACK", b"I")
    assert state("START TRANSACTION") == ("BEGIN", b"T")
    assert state("ROLLBACK TO SAVEPOINT none") == ("error", b"E")
    assert sqlstates(made.receive(parse("good") + SYNC)) == ["25P02"]
    assert state("END") == ("ROLLBACK", b"I")
    assert state("SET x = 1") == ("SET", b"I")


def test_copy_in_and_out() -> None:
    taken: list[bytes] = []

    def take(data: bytes) -> str:
        taken.append(data)
        return "COPY 2"

    answers: dict[str, Result | Failure] = {
        "in": Result(copy=CopyIn(0, 0, take)),
        "out": Result(tag="COPY 2", copy=CopyOut(b"1\n2\n", 0)),
    }
    made, _ = server(answers)
    assert kinds(made.receive(query("in"))) == "G"
    assert made.receive(said("d", b"1\n") + said("d", b"2\n") + said("H")) == b""
    assert read(made.receive(said("c"))) == [("C", b"COPY 2\0"), ("Z", b"I")]
    assert taken == [b"1\n2\n"]
    assert kinds(made.receive(query("in") + said("f", b"no\0"))) == "GEZ"
    assert kinds(made.receive(query("out"))) == "HddcCZ"
    assert kinds(made.receive(parse("in") + bind() + execute() + said("d", b"x") + said("c") + SYNC)) == "12GCZ"


def test_what_hangs_can_be_cancelled() -> None:
    peer = postgres_peer.PostgresPeer(Answers({"sleep": Result(hangs=True), "next": Result(tag="OK")}))
    sent: list[bytes] = []
    peer.wire = SimpleNamespace(send=sent.append, close=lambda: None)  # type: ignore[assignment]
    peer.received(opening())
    key = dict(read(sent[-1]))["K"]
    peer.received(query("sleep") + query("next"))
    assert len(sent) == 1
    other = postgres_peer.Canceller(lambda parameters: Failure("57P03"), tls=False)
    other.wire = SimpleNamespace(send=sent.append, close=lambda: None)  # type: ignore[assignment]
    body = struct.pack("!i", 80877102) + key
    other.received(struct.pack("!i", len(body) + 4) + body)
    assert other.over and kinds(sent[-1]) == "EZCZ" and sqlstates(sent[-1]) == ["57014"]
    assert peer.server.cancel() == b""


def test_notices_go_before_the_answer() -> None:
    made, _ = server({"x": Result(tag="DO", before=response(b"N", notice("careful", "WARNING")))})
    (kind, body), *rest = read(made.receive(query("x")))
    assert kind == "N" and b"Mcareful\0" in body and b"C01000\0" in body and len(rest) == 2


@pytest.mark.parametrize("data", [b"\0\0\0\1aaaa", b"\x7f\xff\xff\xffaaaa"])
def test_lengths_that_cannot_be_end_the_connection(data: bytes) -> None:
    made = Server(Answers(), 1, 2)
    assert sqlstates(made.receive(data)) == ["08P01"] and made.over


def test_a_message_out_of_turn_ends_the_connection() -> None:
    made, _ = server()
    assert sqlstates(made.receive(said("?"))) == ["08P01"] and made.over
    made, _ = server()
    made.receive(said("X"))
    assert made.over


MESSAGES = st.one_of(
    st.binary(max_size=40),
    st.tuples(st.sampled_from("QPBDECHSXdcfp?"), st.binary(max_size=30)).map(lambda one: said(*one)),
    st.sampled_from([query("SELECT n"), parse("SELECT n"), bind(), describe(), describe("P"), execute(1), SYNC]),
    st.sampled_from([query("BEGIN"), query("bad"), query("in"), said("c"), query("MOVE 1 x"), query("COMMIT")]),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(MESSAGES, max_size=12), st.integers(1, 50), st.booleans())
def test_nothing_that_a_client_says_breaks_the_server(sent: list[bytes], size: int, opened: bool) -> None:
    answers: dict[str, Result | Failure] = {"SELECT n": ROWS, "bad": Failure("23505")}
    made = Server(Answers({**answers, "in": Result(copy=CopyIn(0, 0, lambda data: "COPY 0"))}), 1, 2)
    data = (opening() if opened else b"") + b"".join(sent)
    told = b"".join(made.receive(data[at : at + size]) for at in range(0, len(data), size))
    if not told.startswith((b"N", b"S\0")):
        read(told)
    whole = Server(Answers({**answers, "in": Result(copy=CopyIn(0, 0, lambda data: "COPY 0"))}), 1, 2)
    assert whole.receive(data) == told


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=12))
def test_numbers_are_written_exactly(number: Decimal) -> None:
    raw = postgres_values.binary(postgres_types.NUMERIC, bytes)(number)
    count, weight, sign, scale = struct.unpack_from("!hhHh", raw)
    groups = struct.unpack_from(f"!{count}h", raw, 8)
    whole = sum(group * Fraction(10) ** (4 * (weight - at)) for at, group in enumerate(groups))
    assert (
        (-whole if sign else whole) == Fraction(number) and scale == 12 and all(0 <= group < 10_000 for group in groups)
    )


UTC = datetime.UTC


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (True, "bool", b"t"),
        (b"\x00a", "bytea", b"\\x0061"),
        (1.5, "float8", b"1.5"),
        (float("-inf"), "float8", b"-Infinity"),
        (datetime.timedelta(days=1, seconds=3661), "interval", b"1 days 01:01:01.000000"),
        (datetime.datetime(2026, 1, 2, tzinfo=UTC), "timestamptz", b"2026-01-02 00:00:00+00:00"),
        (datetime.datetime(2026, 1, 2, 3, 4), "timestamp", b"2026-01-02 03:04:00"),
        (uuid.UUID(int=1), "uuid", b"00000000-0000-0000-0000-000000000001"),
        (ipaddress.ip_address("::1"), "inet", b"::1"),
        ({"a": 1}, "jsonb", b'{"a": 1}'),
        ([1, None, 2], "int8[]", b'{"1",NULL,"2"}'),
        ([['a"b'], ["c"]], "text[]", b'{{"a\\"b"},{"c"}}'),
        (SimpleNamespace(lower=1, upper=None, lower_inc=True, upper_inc=False, isempty=False), "int4range", b"[1,)"),
    ],
)
def test_values_as_text(value: Any, kind: str, text: bytes) -> None:
    assert postgres_values.written(postgres_types.oid_of(kind), bytes)(value) == text


@pytest.mark.parametrize(
    ("sql", "verb", "casts", "names"),
    [
        ("select 1", "SELECT", [], ["?column?"]),
        ("/* SELECT $1 */ SELECT '$2', $1::int", "SELECT", ["int"], ["?column?", "?column?"]),
        ('SELECT a.b, count(*), x AS "Y", z w FROM a', "SELECT", [], ["b", "count", "Y", "w"]),
        ("INSERT INTO t VALUES ($1, $2::text[]) RETURNING id, lower(n)", "INSERT", [None, "text[]"], ["id", "lower"]),
        ("SELECT CASE WHEN a THEN 1 END, n::int8", "SELECT", [], ["case", "n"]),
        ("WITH x AS (SELECT 1) SELECT * FROM x", "WITH", [], ["?column?"]),
        ("SELECT * FROM t", "SELECT", [], None),
        ("UPDATE t SET a = $1::timestamp with time zone", "UPDATE", ["timestamp with time zone"], None),
        ("-- why\nDELETE FROM t", "DELETE", [], None),
        ("", "", [], None),
    ],
)
def test_sql_is_read_a_little(sql: str, verb: str, casts: list[str | None], names: list[str] | None) -> None:
    assert (postgres_sql.verb(sql), list(postgres_sql.casts(sql))) == (verb, casts)
    found = postgres_sql.column_names(sql)
    assert (None if found is None else list(found)) == names


@pytest.mark.parametrize(
    ("sql", "tag"),
    [
        ("INSERT INTO t", "INSERT 0 2"),
        ("with x", "SELECT 2"),
        ("delete from t", "DELETE 2"),
        ("create unique index i", "CREATE INDEX"),
        ("TRUNCATE t", "TRUNCATE TABLE"),
        ("DROP TABLE t", "DROP TABLE"),
        ("LOCK TABLE t", "LOCK"),
    ],
)
def test_status_lines(sql: str, tag: str) -> None:
    assert status(sql, 2) == tag


def test_columns_have_the_type_of_their_values() -> None:
    rows = [{"a": 1, "b": None, "c": 1, "d": typed(1, "int4")}, {"a": 2.5, "b": None, "c": "x", "e": Decimal(1)}]
    found = table(rows, "SELECT")
    names = [(column.name, postgres_types.name_of(column.oid)) for column in found.columns]
    assert names == [("a", "float8"), ("b", "text"), ("c", "object"), ("d", "int4"), ("e", "numeric")]
    with pytest.raises(InvalidArgumentError, match="give all rows as dicts, or none"):
        table([{"a": 1}, (1,)], "SELECT")


def test_data_of_copies_is_counted() -> None:
    assert [postgres_copy.count(data) for data in (b"", b"1\n2\n", b"1\n2", b"1\n\\.\n")] == [0, 2, 2, 1]
    assert postgres_copy.count(b"name\nAda\n", header=True) == 1
    binary = postgres_copy.SIGNATURE + b"\0" * 8 + b"\0\1\0\0\0\1x" + b"\0\1\xff\xff\xff\xff" + b"\xff\xff"
    assert list(postgres_copy.tuples(binary)) == [[b"x"], [None]]
    with pytest.raises(Failure, match="cut short"):
        postgres_copy.count(binary[:-3])


def test_the_beginning_of_a_conversation_is_recognized() -> None:
    assert begins(opening()) and begins(opening(80877103))
    assert not begins(b"GET / HTTP/1.1\r\n") and not begins(b"*1\r\n")
