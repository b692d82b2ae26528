"""`bigfoot.psycopg_mock` with the real psycopg 3: what a test promises, what its program gets, what is recorded."""

from __future__ import annotations

import asyncio
import contextlib
import enum
from typing import Any

import pytest

import bigfoot
from bigfoot import InvalidArgumentError, StrictVerifier, UnmockedInteractionError, UnusedMocksError
from bigfoot.fakes.psycopg import PsycopgPlugin
from bigfoot.postgres import typed
from bigfoot.transports import libpq

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")

INSERT = "INSERT INTO users (name) VALUES (%s)"
ASKED = {"host": "db.example.com", "user": "ada", "dbname": "app"}


@pytest.fixture
def mock(verifier: StrictVerifier) -> PsycopgPlugin:
    """The psycopg plugin of `verifier`."""
    return PsycopgPlugin(verifier)


def connect(**options: Any) -> Any:
    return psycopg.connect(**{**ASKED, **options})


def seen(verifier: StrictVerifier) -> list[str]:
    return [interaction.source_id.partition(":")[2] for interaction in verifier.timeline]


def test_save_user() -> None:
    session = bigfoot.psycopg_mock.new_session().expect("connect", returns=None).expect("execute", returns=1)
    session.expect("commit", returns=None).expect("close", returns=None)

    with bigfoot.sandbox(), psycopg.connect("host=localhost dbname=app") as conn:
        conn.execute(INSERT, ("alice",))

    bigfoot.psycopg_mock.assert_connect(dsn="host=localhost dbname=app")
    bigfoot.psycopg_mock.assert_execute(query=INSERT, params=("alice",))
    bigfoot.psycopg_mock.assert_commit()
    bigfoot.psycopg_mock.assert_close()


@pytest.mark.parametrize(
    ("conninfo", "options", "recorded"),
    [
        ("", {"host": "h", "port": 5433, "password": "geheim"}, {"host": "h", "port": 5433}),
        ("host=h password=geheim", {"user": "ada"}, {"dsn": "host=h password=geheim", "user": "ada"}),
        ("postgresql://ada:geheim@h:1/d", {}, {"dsn": "postgresql://ada:geheim@h:1/d"}),
        ("", {"sslmode": "verify-full", "application_name": "x"}, {"dsn": ""}),
        ("", {}, {"dsn": ""}),
    ],
)
@pytest.mark.parametrize("door", ["sync", "async"])
def test_what_is_recorded_of_a_connection(
    mock: PsycopgPlugin,
    verifier: StrictVerifier,
    conninfo: str,
    options: dict[str, Any],
    recorded: dict[str, Any],
    door: str,
) -> None:
    async def opened() -> None:
        await (await psycopg.AsyncConnection.connect(conninfo, **options)).close()

    mock.new_session().expect("connect", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        if door == "async":
            asyncio.run(opened())
        else:
            psycopg.connect(conninfo, **options).close()
    (interaction, _) = verifier.timeline
    assert interaction.details == recorded
    assert "geheim" not in repr(interaction.details)
    mock.assert_connect(**recorded)
    mock.assert_close()
    verifier.verify_all()


def test_a_connection_shows_what_was_asked_for(mock: PsycopgPlugin, verifier: StrictVerifier) -> None:
    mock.new_session().expect("connect", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        conn = connect(port=5433, password="geheim", sslmode="require", options="-c geqo=off")
        info = conn.info
        assert (info.host, info.port, info.dbname, info.user) == ("db.example.com", 5433, "app", "ada")
        assert (info.password, info.options, info.hostaddr) == ("geheim", "-c geqo=off", "")
        assert info.get_parameters() == {**ASKED, "port": "5433", "sslmode": "require", "options": "-c geqo=off"}
        assert "bigfoot" not in info.dsn
        conn.close()
    assert seen(verifier) == ["connect", "close"]


def test_records_name_the_call_its_line_and_the_client(mock: PsycopgPlugin, verifier: StrictVerifier) -> None:
    session = mock.new_session().expect("connect", returns=None).expect("execute", returns=1)
    session.expect("commit", returns=None).expect("close", returns=None)
    with verifier.sandbox(), connect() as conn:
        conn.execute(INSERT, ("Ada",))
    assert all(one.origin is not None and one.origin.file == __file__ for one in verifier.timeline)
    assert {one.client for one in verifier.timeline} == {f"psycopg {psycopg.__version__}"}


def test_unmocked_connections(mock: PsycopgPlugin, verifier: StrictVerifier) -> None:
    with verifier.sandbox():
        with pytest.raises(UnmockedInteractionError, match=r"bigfoot\.psycopg_mock\.new_session\(\)"):
            connect()
        with pytest.raises(UnmockedInteractionError, match="psycopg:connect"):
            asyncio.run(psycopg.AsyncConnection.connect("host=nowhere"))
    libpq.settle()


def test_unmocked_statements(mock: PsycopgPlugin, verifier: StrictVerifier) -> None:
    session = mock.new_session().expect("connect", returns=None).expect("executemany", returns=2)
    session.expect("commit", returns=None)
    with verifier.sandbox():
        conn = connect()
        for params in (None, (1,)):
            with pytest.raises(UnmockedInteractionError, match=r"psycopg:execute\(query='SELECT"):
                conn.execute("SELECT 1" if params is None else "SELECT %s", params)
            conn.rollback()
        with pytest.raises(UnmockedInteractionError, match="psycopg:stream"):
            list(conn.cursor().stream("SELECT 1"))
        conn.rollback()
        with (
            pytest.raises(UnmockedInteractionError, match="psycopg:copy"),
            conn.cursor().copy("COPY t FROM STDIN") as copy,
        ):
            copy.write("1\n")
        with pytest.raises(UnmockedInteractionError, match="psycopg:close"):
            conn.close()
    mock.assert_connect(**ASKED)
    with pytest.raises(UnusedMocksError, match="executemany"):
        verifier.verify_all()


def test_exceptions(mock: PsycopgPlugin, verifier: StrictVerifier) -> None:
    mine = LookupError("mine")
    session = mock.new_session().expect("connect", returns=None)
    session.expect("execute", raises=mine).expect("rollback", returns=None)
    session.expect("execute", raises=psycopg.IntegrityError("bad")).expect("rollback", returns=None)
    session.expect("execute", returns=1).expect("commit", raises=psycopg.errors.SerializationFailure("again"))
    session.expect("execute", raises=psycopg.OperationalError("the connection is lost"))
    mock.new_session().expect("connect", raises=psycopg.OperationalError("connection refused"))
    with verifier.sandbox():
        conn = connect()
        with pytest.raises(LookupError) as raised:
            conn.execute("SELECT %s", (1,))
        assert raised.value is mine
        conn.rollback()
        with pytest.raises(psycopg.IntegrityError, match="bad") as data:
            conn.execute("SELECT 1")
        assert data.value.sqlstate == "23000"
        conn.rollback()
        conn.execute(INSERT, ("Ada",))
        with pytest.raises(psycopg.errors.SerializationFailure, match="again"):
            conn.commit()
        with pytest.raises(psycopg.OperationalError, match="the connection is lost"):
            conn.execute("SELECT 1")
        assert conn.broken
        with pytest.raises(psycopg.OperationalError, match="refused"):
            connect()


@pytest.mark.parametrize("binary", [False, True])
def test_objects_that_no_type_fits(mock: PsycopgPlugin, verifier: StrictVerifier, binary: bool) -> None:
    class Colour(enum.Enum):
        RED = 1

    row = {"colour": Colour.RED, "data": typed({"a": 1}, "object"), "n": typed(1, "int2")}
    session = mock.new_session().expect("connect", returns=None)
    session.expect("execute", returns=[row]).expect("close", returns=None)
    with verifier.sandbox(), contextlib.closing(connect()) as conn:
        found = conn.execute("SELECT * FROM t WHERE id = %s", (1,), binary=binary).fetchall()
    assert found == [(Colour.RED, {"a": 1}, 1)]


def test_what_is_sent_by_copy_is_recorded(mock: PsycopgPlugin, verifier: StrictVerifier) -> None:
    session = mock.new_session().expect("connect", returns=None).expect("copy", returns=None)
    session.expect("copy", returns=[(1, None)]).expect("close", returns=None)
    with verifier.sandbox(), contextlib.closing(connect()) as conn:
        with conn.cursor().copy("COPY t FROM STDIN") as copy:
            copy.write_row((1, "a"))
        with conn.cursor().copy("COPY (SELECT %s, NULL) TO STDOUT", (1,)) as copy:
            assert list(copy.rows()) == [("1", None)]
    mock.assert_connect(**ASKED)
    mock.assert_copy(query="COPY t FROM STDIN", data=b"1\ta\n")
    mock.assert_copy(query="COPY (SELECT %s, NULL) TO STDOUT", params=(1,))
    mock.assert_close()
    verifier.verify_all()


def test_password(mock: PsycopgPlugin, verifier: StrictVerifier) -> None:
    session = mock.new_session().expect("connect", returns=None, password="geheim")
    session.expect("close", returns=None)
    mock.new_session().expect("connect", returns=None, password="geheim")
    with verifier.sandbox():
        connect(password="geheim").close()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            connect(password="falsch")


def test_chores_of_a_test(mock: PsycopgPlugin, verifier: StrictVerifier) -> None:
    mock.chore("SELECT  name\nFROM settings", returns=[{"name": "a"}])
    mock.new_session().expect("connect", returns=None).expect("execute", returns=[(7,)]).expect("close", returns=None)
    with verifier.sandbox(), contextlib.closing(connect()) as conn:
        for _ in range(2):
            assert conn.execute("SELECT name FROM settings").fetchall() == [("a",)]
        conn.rollback()
        assert conn.execute("SELECT %s", (7,)).fetchall() == [(7,)]
    assert seen(verifier) == ["connect", "execute", "close"]
    with pytest.raises(InvalidArgumentError, match="give the statement"):
        mock.chore("", returns=[])
    with pytest.raises(InvalidArgumentError, match="give a list of rows"):
        mock.chore("SELECT 1", returns=1)


def test_steps_that_cannot_be_meant(mock: PsycopgPlugin) -> None:
    session = mock.new_session().expect("connect", returns=None)
    with pytest.raises(InvalidArgumentError, match="there is no such step"):
        session.expect("fetchall", returns=[])
    with pytest.raises(InvalidArgumentError, match="'stream' gives a list of rows"):
        session.expect("stream", returns=object())


def test_pools(mock: PsycopgPlugin, verifier: StrictVerifier) -> None:
    pool_module = pytest.importorskip("psycopg_pool", reason="psycopg_pool is not installed")
    session = mock.new_session().expect("connect", returns=None).expect("execute", returns=[(7,)])
    session.expect("commit", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        pool = pool_module.ConnectionPool("host=nowhere", min_size=1, max_size=1, open=True)
        with pool, pool.connection() as conn:
            assert conn.execute("SELECT 7").fetchone() == (7,)
    assert seen(verifier) == ["connect", "execute", "commit", "close"]
