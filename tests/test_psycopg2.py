"""`bigfoot.psycopg2_mock` with the real psycopg2: what a test promises, what its program gets, what is recorded."""

from __future__ import annotations

import enum
import gc
import importlib
import io
import os
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import bigfoot
from bigfoot import (
    InvalidArgumentError,
    InvalidStateError,
    StrictVerifier,
    UnmockedInteractionError,
    UnusedMocksError,
    VerificationError,
    context,
)
from bigfoot.plugins.psycopg2_plugin import Psycopg2Plugin
from bigfoot.postgres import typed
from bigfoot.transports import libpq
from bigfoot.transports.dial import Peer

pytest.importorskip("psycopg2", reason="psycopg2 is not installed")
psycopg2: Any = importlib.import_module("psycopg2")  # what is written in C says nothing of its types
extras: Any = importlib.import_module("psycopg2.extras")
pools: Any = importlib.import_module("psycopg2.pool")

INSERT = "INSERT INTO users (name) VALUES (%s)"


@pytest.fixture
def mock(verifier: StrictVerifier) -> Psycopg2Plugin:
    """The psycopg2 plugin of `verifier`."""
    return Psycopg2Plugin(verifier)


def connect(**options: Any) -> Any:
    return psycopg2.connect(**{"host": "db.example.com", "user": "ada", "dbname": "app", **options})


def seen(verifier: StrictVerifier) -> list[str]:
    return [interaction.source_id.partition(":")[2] for interaction in verifier.timeline]


def idle() -> bool:
    """Whether nothing is left of the private socket once nobody uses it."""
    gc.collect()
    libpq.settle()
    for thread in threading.enumerate():
        if thread.name == "bigfoot-libpq":
            thread.join(10)
    return not any(thread.name == "bigfoot-libpq" for thread in threading.enumerate())


def test_save_user() -> None:
    bigfoot.psycopg2_mock.new_session().expect("connect", returns=None).expect("execute", returns=[]).expect(
        "commit", returns=None
    ).expect("close", returns=None)

    with bigfoot.sandbox():
        conn = psycopg2.connect(host="localhost", dbname="app", user="admin")
        cur = conn.cursor()
        cur.execute("INSERT INTO users (name) VALUES (%s)", ("alice",))
        conn.commit()
        conn.close()

    bigfoot.psycopg2_mock.assert_connect(host="localhost", dbname="app", user="admin")
    bigfoot.psycopg2_mock.assert_execute(sql="INSERT INTO users (name) VALUES (%s)", parameters=("alice",))
    bigfoot.psycopg2_mock.assert_commit()
    bigfoot.psycopg2_mock.assert_close()


@pytest.mark.parametrize(
    ("given", "options", "recorded"),
    [
        ("", {"host": "h", "port": 5433, "password": "geheim"}, {"host": "h", "port": 5433}),
        ("", {"database": "d", "connect_timeout": 3}, {"dbname": "d"}),
        ("host=h dbname=d", {}, {"dsn": "host=h dbname=d"}),
        ("host=h", {"user": "ada"}, {"dsn": "host=h", "user": "ada"}),
        ("postgresql://ada:geheim@h:1/d", {}, {"dsn": "postgresql://ada:geheim@h:1/d"}),
        ("", {"sslmode": "verify-full", "application_name": "x"}, {"dsn": ""}),
        ("", {}, {"dsn": ""}),
    ],
)
def test_what_is_recorded_of_a_connection(
    mock: Psycopg2Plugin, verifier: StrictVerifier, given: str, options: dict[str, Any], recorded: dict[str, Any]
) -> None:
    mock.new_session().expect("connect", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        psycopg2.connect(*([given] if given else []), **options).close()
    (interaction, _) = verifier.timeline
    assert interaction.details == recorded
    assert "geheim" not in repr(interaction.details)
    mock.assert_connect(**recorded)
    mock.assert_close()
    verifier.verify_all()


def test_a_connection_shows_what_was_asked_for(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    mock.new_session().expect("connect", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        conn = connect(port=5433, password="geheim", sslmode="require", options="-c geqo=off")
        shown = "user=ada password=xxx dbname=app host=db.example.com port=5433 options='-c geqo=off' sslmode=require"
        assert conn.dsn == shown
        assert tempfile.gettempdir() not in f"{conn} {conn!r} {conn.dsn} {conn.get_dsn_parameters()}"
        assert (conn.info.host, conn.info.port, conn.info.dbname) == ("db.example.com", 5433, "app")
        assert (conn.info.user, conn.info.password, conn.info.options) == ("ada", "geheim", "-c geqo=off")
        assert conn.get_dsn_parameters()["sslmode"] == "require"
        assert "password" not in conn.info.dsn_parameters
        conn.close()
    assert seen(verifier) == ["connect", "close"]


def test_records_name_the_call_its_line_and_the_client(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    session = mock.new_session().expect("connect", returns=None).expect("execute", returns=1)
    session.expect("commit", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        conn = connect()
        with conn, conn.cursor() as cursor:
            cursor.execute(INSERT, ("Ada",))
        conn.close()
    assert all(one.origin is not None and one.origin.file == __file__ for one in verifier.timeline)
    assert {one.client for one in verifier.timeline} == {f"psycopg2 {psycopg2.__version__.split()[0]}"}


def test_unmocked_connection(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    with verifier.sandbox(), pytest.raises(UnmockedInteractionError) as refused:
        connect(password="geheim")
    assert "bigfoot.psycopg2_mock.new_session()" in str(refused.value)
    assert "geheim" not in str(refused.value)
    assert idle()


def test_unmocked_statement(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    mock.new_session().expect("connect", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        conn = connect()
        with pytest.raises(UnmockedInteractionError, match=r"psycopg2:execute\(sql='SELECT 1', parameters=None\)"):
            conn.cursor().execute("SELECT 1")
        conn.rollback()
        conn.close()
    assert seen(verifier) == ["connect", "close"]


def test_a_breach_that_the_program_swallows_fails_the_test(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    mock.new_session().expect("connect", returns=None).expect("close", returns=None)

    def program() -> None:
        conn = connect()
        try:
            conn.cursor().execute("SELECT 1")
        except Exception:
            conn.rollback()
        conn.close()

    with verifier.sandbox():
        program()
    mock.assert_connect(host="db.example.com", user="ada", dbname="app")
    mock.assert_close()
    with pytest.raises(VerificationError, match="psycopg2:execute"):
        verifier.verify_all()


def test_wrong_step(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    session = mock.new_session().expect("connect", returns=None).expect("executemany", returns=2)
    session.expect("commit", returns=None)
    with verifier.sandbox():
        conn = connect()
        with pytest.raises(UnmockedInteractionError, match=r"promises .expect\('executemany', returns=2\) next"):
            conn.cursor().execute("SELECT 1")
        with pytest.raises(UnmockedInteractionError, match="psycopg2:close"):
            conn.close()
        assert conn.closed
    mock.assert_connect(host="db.example.com", user="ada", dbname="app")
    with pytest.raises(UnusedMocksError, match="executemany"):
        verifier.verify_all()


def test_a_commit_that_sends_nothing_takes_no_step(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    session = mock.new_session().expect("connect", returns=None).expect("execute", returns=[(1,)])
    session.expect("commit", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        conn = connect(options="")
        conn.autocommit = True
        conn.cursor().execute("SELECT 1")
        conn.commit()
        with pytest.raises(UnmockedInteractionError):
            conn.close()
    assert seen(verifier) == ["connect", "execute"]


def test_a_commit_that_was_not_promised(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    session = mock.new_session().expect("connect", returns=None).expect("execute", returns=1)
    session.expect("close", returns=None)
    with verifier.sandbox():
        conn = connect()
        conn.cursor().execute(INSERT, ("Ada",))
        with pytest.raises(UnmockedInteractionError, match="psycopg2:commit"):
            conn.commit()
        conn.close()


def test_commit_and_rollback_that_fail(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    session = mock.new_session().expect("connect", returns=None)
    session.expect("execute", returns=1).expect("commit", raises=psycopg2.errors.SerializationFailure("again"))
    session.expect("execute", returns=1).expect("rollback", raises=ZeroDivisionError("no"))
    session.expect("close", raises=RuntimeError("closing"))
    with verifier.sandbox():
        conn = connect()
        conn.cursor().execute(INSERT, ("Ada",))
        with pytest.raises(psycopg2.errors.SerializationFailure, match="again"):
            conn.commit()
        conn.cursor().execute(INSERT, ("Ada",))
        with pytest.raises(ZeroDivisionError):
            conn.rollback()
        with pytest.raises(RuntimeError, match="closing"):
            conn.close()
        assert conn.closed
    assert seen(verifier) == ["connect", "execute", "commit", "execute", "rollback", "close"]


def test_other_exceptions_are_raised_as_they_are(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    mine = LookupError("mine")
    session = mock.new_session().expect("connect", returns=None)
    session.expect("execute", raises=mine).expect("rollback", returns=None)
    session.expect("execute", raises=psycopg2.DataError("bad")).expect("rollback", returns=None)
    session.expect("execute", raises=psycopg2.DatabaseError("worse")).expect("rollback", returns=None)
    session.expect("execute", raises=psycopg2.OperationalError("server closed the connection"))
    mock.new_session().expect("connect", raises=psycopg2.OperationalError("connection refused"))
    with verifier.sandbox():
        conn = connect()
        cursor = conn.cursor()
        with pytest.raises(LookupError) as raised:
            cursor.execute("SELECT 1")
        assert raised.value is mine
        conn.rollback()
        with pytest.raises(psycopg2.DataError, match="bad") as data:
            cursor.execute("SELECT 1")
        assert data.value.pgcode == "22000"
        conn.rollback()
        with pytest.raises(psycopg2.DatabaseError, match="worse"):
            cursor.execute("SELECT 1")
        conn.rollback()
        with pytest.raises(psycopg2.OperationalError, match="server closed the connection"):
            cursor.execute("SELECT 1")
        assert conn.closed
        with pytest.raises(psycopg2.OperationalError, match="refused"):
            connect()


def test_objects_that_no_type_fits(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    class Colour(enum.Enum):
        RED = 1

    session = mock.new_session().expect("connect", returns=None)
    session.expect(
        "execute", returns=[{"colour": Colour.RED, "data": typed({"a": 1}, "object"), "n": typed(1, "int2")}]
    )
    session.expect("execute", returns=[(1, {"a": 1})], columns=["id", ("data", "json")])
    with verifier.sandbox(), connect().cursor(cursor_factory=extras.RealDictCursor) as cursor:
        cursor.execute("SELECT * FROM t")
        assert cursor.fetchall() == [{"colour": Colour.RED, "data": {"a": 1}, "n": 1}]
        cursor.execute("SELECT * FROM t")
        assert cursor.fetchall() == [{"id": 1, "data": {"a": 1}}]


def test_what_is_sent_by_copy_is_recorded(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    session = mock.new_session().expect("connect", returns=None)
    session.expect("copy_from", returns=None).expect("copy_to", returns=b"x\n").expect("copy_expert", returns=None)
    session.expect("copy_expert", returns="a;b\n").expect("callproc", returns=[(1,)])
    out = io.StringIO()
    with verifier.sandbox(), connect().cursor() as cursor:
        cursor.copy_from(io.StringIO("1\tAda\n" * 3000), "users", columns=("id", "name"))
        cursor.copy_to(out, "users", columns=["id"])
        cursor.copy_expert("COPY users FROM STDIN", io.BytesIO(b"1\n"))
        cursor.copy_expert("COPY users TO STDOUT", out)
        cursor.callproc("f", {"a": 1})
    assert out.getvalue() == "x\na;b\n"
    mock.assert_connect(host="db.example.com", user="ada", dbname="app")
    mock.assert_copy_from(table="users", columns=["id", "name"], data=b"1\tAda\n" * 3000)
    mock.assert_copy_to(table="users", columns=["id"])
    mock.assert_copy_expert(sql="COPY users FROM STDIN", data=b"1\n")
    mock.assert_copy_expert(sql="COPY users TO STDOUT")
    mock.assert_callproc(procname="f", parameters={"a": 1})
    verifier.verify_all()


def test_executemany_of_nothing(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    mock.new_session().expect("connect", returns=None).expect("executemany", returns=0)
    with verifier.sandbox():
        connect().cursor().executemany(INSERT, [])
    mock.assert_connect(host="db.example.com", user="ada", dbname="app")
    mock.assert_executemany(sql=INSERT, parameters=[])
    verifier.verify_all()


def test_a_cursor_past_ours_is_seen_on_the_wire(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    mock.new_session().expect("connect", returns=None).expect("execute", returns=[(7,)])
    with verifier.sandbox():
        cursor = psycopg2.extensions.cursor(connect())
        cursor.execute("SELECT %s", (7,))
        assert cursor.fetchall() == [(7,)]
    mock.assert_connect(host="db.example.com", user="ada", dbname="app")
    mock.assert_execute(sql="SELECT 7")


def test_password(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    mock.new_session().expect("connect", returns=None, password="geheim").expect("close", returns=None)
    mock.new_session().expect("connect", returns=None, password="geheim", auth="md5")
    with verifier.sandbox():
        connect(password="geheim").close()
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            connect(password="falsch")
    assert idle()


@pytest.mark.parametrize(
    ("step", "options", "message"),
    [
        ("fetch", {"returns": []}, "there is no such step"),
        ("execute", {"returns": {"id": 1}}, "gives a list of rows, a count, or a status"),
        ("execute", {"returns": ["a"]}, "a row is a tuple of values, or a dict"),
        ("execute", {"returns": [(1, 2), (1,)], "columns": ["a", "b"]}, "a row has 2 columns here"),
        ("execute", {"returns": [(typed("a", "int4"),)]}, "is of type int4"),
        ("execute", {"returns": [], "hangs": True}, "there is no such option; did you mean|there is no such option"),
        ("executemany", {"returns": [(1,)]}, "gives a count, or a status"),
        ("copy_to", {"returns": {1}}, "gives data"),
        ("close", {"returns": 1}, "gives None"),
        ("execute", {"returns": [], "password": "x"}, "has no such option"),
    ],
)
def test_steps_that_cannot_be_meant(mock: Psycopg2Plugin, step: str, options: dict[str, Any], message: str) -> None:
    session = mock.new_session().expect("connect", returns=None)
    with pytest.raises(InvalidArgumentError, match=message):
        session.expect(step, **options)


def test_steps_that_cannot_follow(mock: Psycopg2Plugin) -> None:
    session = mock.new_session().expect("connect", returns=None)
    with pytest.raises(InvalidStateError):
        session.expect("commit", returns=None)


def test_the_folder_is_nobody_elses_and_goes(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    assert idle()
    session = mock.new_session().expect("connect", returns=None)
    session.expect("execute", returns=[(1,)]).expect("close", returns=None)
    with verifier.sandbox():
        conn = connect()
        conn.cursor().execute("SELECT 1")
        folder = psycopg2.extensions.connection.get_dsn_parameters(conn)["host"]
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        conn.close()
    assert idle()
    assert not os.path.exists(folder)


def test_strangers_are_sent_away(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    mock.new_session().expect("connect", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        conn = connect()
        address = libpq.reserve(conn._bigfoot.peer, conn._bigfoot.other)
        where = address.parameters({"user": "eve"})
        address.leave()
        with pytest.raises(psycopg2.OperationalError), context.outside():
            psycopg2.connect(**where)
        conn.close()


def test_many_threads(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    for _ in range(400):
        session = mock.new_session().expect("connect", returns=None)
        session.expect("execute", returns=[("first",)]).expect("execute", returns=[("second",)])
        session.expect("commit", returns=None).expect("close", returns=None)

    def work(number: int) -> None:
        for turn in range(50):
            conn = connect(application_name=f"{number}-{turn}")
            cursor = conn.cursor()
            for word in ("first", "second"):
                cursor.execute("SELECT %s", (f"{number}-{turn}",))
                assert cursor.fetchall() == [(word,)]
            conn.commit()
            conn.close()

    with verifier.sandbox(), ThreadPoolExecutor(8) as executor:
        assert list(executor.map(work, range(8))) == [None] * 8
    asked = [one.details["parameters"][0] for one in verifier.timeline if one.source_id == "psycopg2:execute"]
    assert sorted(asked) == sorted(2 * [f"{number}-{turn}" for number in range(8) for turn in range(50)])
    assert idle()


def test_threads_that_share_a_connection(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    session = mock.new_session().expect("connect", returns=None)
    for _ in range(400):
        session.expect("execute", returns=[(1,)])
    session.expect("close", returns=None)

    def work(conn: Any, number: int) -> list[bytes]:
        asked = []
        for turn in range(50):
            with conn.cursor() as cursor:
                cursor.execute(f"SELECT {number} + %s", (turn,))
                assert cursor.fetchall() == [(1,)]
                asked.append(cursor.query)
        return asked

    with verifier.sandbox(), ThreadPoolExecutor(8) as executor:
        conn = connect()
        conn.autocommit = True
        sent = [one for many in executor.map(work, [conn] * 8, range(8)) for one in many]
        conn.close()
    executed = [one.details for one in verifier.timeline if one.source_id == "psycopg2:execute"]
    recorded = [(one["sql"] % one["parameters"]).encode() for one in executed]
    assert sorted(recorded) == sorted(sent)


def test_a_connection_that_is_dropped(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    mock.new_session().expect("connect", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        connect()
        gc.collect()
    assert idle()
    assert seen(verifier) == ["connect", "close"]


def test_many_rows_and_a_big_statement(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    rows = [(number, f"name {number}", number / 2, True, None) for number in range(10_000)]
    session = mock.new_session().expect("connect", returns=None)
    session.expect("execute", returns=rows).expect("execute", returns=1)
    with verifier.sandbox():
        cursor = connect().cursor()
        cursor.execute("SELECT a, b, c, d, e FROM t")
        assert cursor.fetchall() == rows
        cursor.execute(INSERT, ("x" * 5_000_000,))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_process_has_a_socket_of_its_own() -> None:
    program = """
        import os, sys
        import psycopg2
        import bigfoot
        from bigfoot import context
        from bigfoot.fakes.psycopg2 import Psycopg2Plugin

        verifier = bigfoot.StrictVerifier()
        mock = Psycopg2Plugin(verifier)
        for _ in range(3):
            session = mock.new_session().expect("connect", returns=None)
            session.expect("execute", returns=[(1,)]).expect("close", returns=None)

        def work(conn):
            with conn.cursor() as cursor:
                cursor.execute("SELECT 1")
                assert cursor.fetchall() == [(1,)]
            conn.close()

        with verifier.sandbox():
            conn = psycopg2.connect("host=nowhere")
            with context.outside():  # a process is no affair of this test
                child = os.fork()
            if not child:
                work(psycopg2.connect("host=nowhere"))
                os._exit(7)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
            work(conn)
            work(psycopg2.connect("host=nowhere"))
        print("done")
    """
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


def test_a_connection_that_is_open_at_exit() -> None:
    program = """
        import psycopg2
        import bigfoot
        from bigfoot.fakes.psycopg2 import Psycopg2Plugin

        verifier = bigfoot.StrictVerifier()
        Psycopg2Plugin(verifier).new_session().expect("connect", returns=None)
        with verifier.sandbox():
            conn = psycopg2.connect("host=nowhere")
        print(psycopg2.extensions.connection.get_dsn_parameters(conn)["host"])
    """
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.strip() and not os.path.exists(done.stdout.strip())


class Broken(Peer):
    """A far end with a fault."""

    def received(self, data: bytes) -> None:
        raise ZeroDivisionError("a fault of ours")


def test_a_fault_of_the_far_end_closes_its_connection_only(
    mock: Psycopg2Plugin, verifier: StrictVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", lambda found: faults.append(found.exc_value))
    session = mock.new_session().expect("connect", returns=None).expect("execute", returns=[(1,)])
    session.expect("close", returns=None)
    with verifier.sandbox():
        conn = connect()
        place = libpq.reserve(Broken(), Broken)
        with context.outside(), pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(**place.parameters({"user": "ada"}))
        conn.cursor().execute("SELECT 1")
        conn.close()
    assert [type(fault) for fault in faults] == [ZeroDivisionError]


def test_rollbacks_of_a_pool_are_its_own(mock: Psycopg2Plugin, verifier: StrictVerifier) -> None:
    session = mock.new_session().expect("connect", returns=None).expect("execute", returns=[(1,)])
    session.expect("execute", returns=[(2,)]).expect("rollback", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        pool = pools.SimpleConnectionPool(1, 1, "host=nowhere")
        for _ in range(2):
            conn = pool.getconn()
            conn.cursor().execute("SELECT 1")
            pool.putconn(conn)
        pool.closeall()
    assert seen(verifier) == ["connect", "execute", "execute", "rollback", "close"]


def test_outside_of_a_sandbox_nothing_changes() -> None:
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect("host=/nonexistent connect_timeout=2")
