"""`bigfoot.asyncpg_mock` with the real asyncpg: what a test promises, what its program gets, what is recorded."""

from __future__ import annotations

import asyncio
import enum
import importlib
import io
import json
import ssl
import sysconfig
import threading
from typing import Any

import pytest

import bigfoot
from bigfoot import (
    InteractionMismatchError,
    InvalidArgumentError,
    InvalidStateError,
    StrictVerifier,
    UnmockedInteractionError,
    UnusedMocksError,
    VerificationError,
)
from bigfoot.plugins.asyncpg_plugin import AsyncpgPlugin
from bigfoot.postgres import Typed, typed

from .loops import LOOPS, runner

pytest.importorskip("asyncpg", reason="asyncpg is not installed")
asyncpg: Any = importlib.import_module("asyncpg")  # it says nothing of its types

EVERY_LOOP = pytest.mark.parametrize("loop", LOOPS)


@pytest.fixture
def mock(verifier: StrictVerifier) -> AsyncpgPlugin:
    """The asyncpg plugin of `verifier`."""
    return AsyncpgPlugin(verifier)


async def connect(**options: Any) -> Any:
    return await asyncpg.connect(**{"host": "db.example.com", "user": "ada", "database": "app", **options})


def seen(verifier: StrictVerifier) -> list[str]:
    return [interaction.source_id.partition(":")[2] for interaction in verifier.timeline]


async def test_fetch_users() -> None:
    (
        bigfoot.asyncpg_mock.new_session()
        .expect("connect", returns=None)
        .expect("fetch", returns=[{"id": 1, "name": "Alice"}, {"id": 2, "name": "Bob"}])
        .expect("close", returns=None)
    )

    with bigfoot.sandbox():
        conn = await asyncpg.connect(host="localhost", database="myapp", user="admin")
        rows = await conn.fetch("SELECT id, name FROM users")
        await conn.close()

    assert rows == [{"id": 1, "name": "Alice"}, {"id": 2, "name": "Bob"}]
    assert rows != [{"id": 1, "name": "Alice"}, {"id": 2, "name": "Eve"}]
    assert isinstance(rows[0], asyncpg.Record) and len(set(rows)) == 2

    bigfoot.asyncpg_mock.assert_connect(host="localhost", database="myapp", user="admin")
    bigfoot.asyncpg_mock.assert_fetch(query="SELECT id, name FROM users", args=[])
    bigfoot.asyncpg_mock.assert_close()


def test_each_verifier_has_one(verifier: StrictVerifier, mock: AsyncpgPlugin) -> None:
    with pytest.raises(ValueError, match="it has a AsyncpgPlugin already"):
        AsyncpgPlugin(verifier)


def test_records_name_the_call_its_line_and_the_client(mock: AsyncpgPlugin, verifier: StrictVerifier) -> None:
    mock.new_session().expect("connect", returns=None).expect("execute", returns="INSERT 0 1").expect(
        "close", returns=None
    )

    async def run() -> None:
        conn = await connect(port=5433)
        await conn.execute("INSERT INTO users (name) VALUES ($1)", "Alice")
        await conn.close()

    with verifier.sandbox():
        asyncio.run(run())
    assert all(one.origin is not None and one.origin.file == __file__ for one in verifier.timeline)
    assert all(one.client == f"asyncpg {asyncpg.__version__}" for one in verifier.timeline)
    with pytest.raises(InteractionMismatchError, match="args"):
        mock.assert_connect(host="db.example.com", port=5433, user="ada", database="app")
        mock.assert_execute(query="INSERT INTO users (name) VALUES ($1)", args=["Bob"])
    mock.assert_execute(query="INSERT INTO users (name) VALUES ($1)", args=["Alice"])
    mock.assert_close()
    verifier.verify_all()


def test_a_password_is_not_recorded(mock: AsyncpgPlugin, verifier: StrictVerifier) -> None:
    for _ in range(2):
        mock.new_session().expect("connect", returns=None)
    dsn = "postgresql://ada:lovelace@db.example.com/app"

    async def run() -> None:
        (await asyncpg.connect(dsn)).terminate()
        (await connect(password="lovelace")).terminate()

    with verifier.sandbox():
        asyncio.run(run())
    first, second = verifier.timeline
    assert "lovelace" not in repr(first.details) + str(first.details["dsn"]) + repr(second.details)
    assert second.details == {"host": "db.example.com", "user": "ada", "database": "app"}
    with pytest.raises(InteractionMismatchError):
        mock.assert_connect(dsn="postgresql://ada:byron@db.example.com/app")
    mock.assert_connect(dsn=dsn)
    mock.assert_connect(host="db.example.com", user="ada", database="app")
    verifier.verify_all()


def test_an_unmocked_connect_says_how_to_mock_it(verifier: StrictVerifier) -> None:
    with verifier.sandbox(), pytest.raises(UnmockedInteractionError) as caught:
        asyncio.run(connect())
    assert "asyncpg:connect(host='db.example.com', database='app', user='ada')" in str(caught.value)
    assert "bigfoot.asyncpg_mock.new_session()" in str(caught.value)


@EVERY_LOOP
def test_an_unmocked_query_raises_at_its_line(mock: AsyncpgPlugin, verifier: StrictVerifier, loop: str) -> None:
    mock.new_session().expect("connect", returns=None).expect("fetchval", returns=1).expect("close", returns=None)

    async def run() -> Any:
        conn = await connect()
        with pytest.raises(UnmockedInteractionError, match=r"asyncpg:fetch\(query='SELECT 1', args=\[\]\)"):
            await conn.fetch("SELECT 1")
        with pytest.raises(UnmockedInteractionError, match=r"promises \.expect\('fetchval', returns=1\) next"):
            await conn.execute("UPDATE users SET age = $1", 3)
        found = await conn.fetchval("SELECT 1")
        with pytest.raises(UnmockedInteractionError, match=r"asyncpg:fetchval"):
            await conn.fetchval("SELECT 1")
        await conn.close()
        return found

    with verifier.sandbox():
        assert runner(loop)(run()) == 1
    assert seen(verifier) == ["connect", "fetchval", "close"]


def test_a_swallowed_unmocked_query_fails_the_test(mock: AsyncpgPlugin, verifier: StrictVerifier) -> None:
    mock.new_session().expect("connect", returns=None)

    async def application() -> None:
        conn = await connect()
        try:
            await conn.fetch("SELECT 1")
        except Exception:
            conn.terminate()

    with verifier.sandbox():
        asyncio.run(application())
    mock.assert_connect(host="db.example.com", user="ada", database="app")
    with pytest.raises(VerificationError, match="asyncpg:fetch"):
        verifier.verify_all()


def test_an_unscripted_close_is_refused_and_closes(mock: AsyncpgPlugin, verifier: StrictVerifier) -> None:
    mock.new_session().expect("connect", returns=None)

    async def run() -> bool:
        conn = await connect()
        with pytest.raises(UnmockedInteractionError, match="asyncpg:close"):
            await conn.close()
        closed: bool = conn.is_closed()
        return closed

    with verifier.sandbox():
        assert asyncio.run(run())


def test_steps_that_never_came_are_missed(mock: AsyncpgPlugin, verifier: StrictVerifier) -> None:
    mock.new_session().expect("connect", returns=None, required=False).expect("fetch", returns=[{"id": 1}])
    with pytest.raises(UnusedMocksError, match="fetch"):
        verifier.verify_all()


@EVERY_LOOP
@pytest.mark.parametrize("error", [ValueError("boom"), OSError("disk"), TimeoutError(), asyncpg.InterfaceError("no")])
def test_other_exceptions_pass_exactly(mock: AsyncpgPlugin, verifier: StrictVerifier, loop: str, error: Any) -> None:
    mock.new_session().expect("connect", returns=None).expect("fetch", raises=error)

    async def run() -> BaseException:
        conn = await connect()
        with pytest.raises(Exception) as caught:
            await conn.fetch("SELECT 1")
        conn.terminate()
        return caught.value

    with verifier.sandbox():
        raised = runner(loop)(run())
    assert raised is error or type(raised) is error


@EVERY_LOOP
def test_a_connection_is_lost_under_a_query(mock: AsyncpgPlugin, verifier: StrictVerifier, loop: str) -> None:
    mock.new_session().expect("connect", returns=None).expect("fetch", raises=asyncpg.ConnectionDoesNotExistError)
    mock.new_session().expect("connect", returns=None).expect("fetch", raises=ConnectionResetError("gone"))

    async def run() -> list[bool]:
        closed = []
        for error in (asyncpg.ConnectionDoesNotExistError, ConnectionResetError):
            conn = await connect()
            with pytest.raises(error):
                await conn.fetch("SELECT 1")
            closed.append(conn.is_closed())
        return closed

    with verifier.sandbox():
        assert runner(loop)(run()) == [True, True]


@pytest.mark.parametrize(
    ("raises", "kind"),
    [
        (asyncpg.InvalidPasswordError("no"), asyncpg.InvalidPasswordError),
        (asyncpg.TooManyConnectionsError, asyncpg.TooManyConnectionsError),
        (ConnectionRefusedError(111, "refused"), ConnectionRefusedError),
        (asyncio.TimeoutError, asyncio.TimeoutError),
    ],
)
def test_a_connection_that_fails(mock: AsyncpgPlugin, verifier: StrictVerifier, raises: Any, kind: Any) -> None:
    mock.new_session().expect("connect", raises=raises)
    with verifier.sandbox(), pytest.raises(kind):
        asyncio.run(connect())
    mock.assert_connect(host="db.example.com", user="ada", database="app")
    verifier.verify_all()


def test_errors_carry_what_a_server_says(mock: AsyncpgPlugin, verifier: StrictVerifier) -> None:
    error = asyncpg.ForeignKeyViolationError("no such user")
    error.detail, error.constraint_name, error.table_name = "Key (user_id)=(7)", "orders_user_id_fkey", "orders"
    mock.new_session().expect("connect", returns=None).expect("execute", raises=error)

    async def run() -> Any:
        conn = await connect()
        with pytest.raises(asyncpg.ForeignKeyViolationError, match="no such user") as caught:
            await conn.execute("INSERT INTO orders VALUES ($1)", 7)
        conn.terminate()
        return caught.value

    with verifier.sandbox():
        raised = asyncio.run(run())
    assert raised is not error
    assert (raised.sqlstate, raised.detail, raised.constraint_name, raised.table_name) == (
        "23503",
        "Key (user_id)=(7)",
        "orders_user_id_fkey",
        "orders",
    )


@EVERY_LOOP
@pytest.mark.parametrize("direct", [False, True], ids=["asked", "direct"])
def test_tls_is_verified(mock: AsyncpgPlugin, verifier: StrictVerifier, loop: str, direct: bool) -> None:
    pytest.importorskip("trustme", reason="trustme is not installed")
    mock.new_session().expect("connect", returns=None).expect("execute", hang=True, returns=None).expect(
        "fetchval", returns="safe"
    ).expect("close", returns=None)

    async def run() -> Any:
        conn = await connect(ssl=ssl.create_default_context(), direct_tls=direct)
        with pytest.raises(asyncio.TimeoutError):
            await conn.execute("SELECT pg_sleep(9)", timeout=0.05)
        found = await conn.fetchval("SELECT 'safe'")
        await conn.close()
        return found

    with verifier.sandbox():
        assert runner(loop)(run()) == "safe"


@pytest.mark.parametrize("auth", ["scram-sha-256", "md5", "password", "trust"])
def test_passwords(mock: AsyncpgPlugin, verifier: StrictVerifier, auth: str) -> None:
    for _ in range(2):
        mock.new_session().expect("connect", returns=None, password="lovelace", auth=auth)

    async def run(password: str) -> None:
        (await connect(password=password)).terminate()

    with verifier.sandbox():
        asyncio.run(run("lovelace"))
        if auth == "trust":
            asyncio.run(run("byron"))
        else:
            with pytest.raises(asyncpg.InvalidPasswordError, match="password authentication failed"):
                asyncio.run(run("byron"))


def test_transactions_are_steps_if_they_are_promised(mock: AsyncpgPlugin, verifier: StrictVerifier) -> None:
    (
        mock.new_session()
        .expect("connect", returns=None)
        .expect("begin", returns=None)
        .expect("execute", returns="UPDATE 1")
        .expect("commit", raises=asyncpg.SerializationError("try again"))
        .expect("listen", returns=None)
        .expect("close", returns=None)
    )

    async def run() -> None:
        conn = await connect()
        with pytest.raises(asyncpg.SerializationError):
            async with conn.transaction():
                await conn.execute("UPDATE users SET age = 1")
        await conn.add_listener("news", print)
        await conn.remove_listener("news", print)
        await conn.close()

    with verifier.sandbox():
        asyncio.run(run())
    mock.assert_connect(host="db.example.com", user="ada", database="app")
    mock.assert_begin()
    mock.assert_execute(query="UPDATE users SET age = 1", args=[])
    mock.assert_commit()
    mock.assert_listen(channel="news")
    mock.assert_close()
    verifier.verify_all()


def test_every_helper(mock: AsyncpgPlugin, verifier: StrictVerifier) -> None:
    session = mock.new_session().expect("connect", returns=None).expect("begin", returns=None)
    for name, returns in {
        "fetchrow": {"id": 1},
        "executemany": None,
        "fetchmany": [{"id": 1}, {"id": 2}],
        "prepare": None,
        "cursor": [{"id": 1}],
        "copy_from_query": b"1\n",
        "copy_from_table": [(1, None), ("a\tb", True)],
        "copy_to_table": "COPY 1",
        "copy_records_to_table": None,
    }.items():
        session.expect(name, returns=returns)
    session.expect("rollback", returns=None).expect("close", returns=None)
    chunks: list[bytes] = []

    async def write(data: bytes) -> None:
        chunks.append(data)

    async def run() -> None:
        conn = await connect()
        transaction = conn.transaction()
        await transaction.start()
        assert await conn.fetchrow("SELECT id FROM users WHERE id = $1", 1) == {"id": 1}
        await conn.executemany("INSERT INTO users VALUES ($1)", [(1,), (2,)])
        rows = await conn.fetchmany("INSERT INTO users VALUES ($1) RETURNING id", [(1,), (2,)])
        assert rows == [{"id": 1}, {"id": 2}]
        await conn.prepare("SELECT id FROM users")
        assert [row async for row in conn.cursor("SELECT id FROM users")] == [{"id": 1}]
        assert await conn.copy_from_query("SELECT $1::int8, $2::text", 1, "it's", output=write) == "COPY 1"
        assert await conn.copy_from_table("users", columns=["id"], output=write) == "COPY 2"
        assert await conn.copy_to_table("users", source=io.BytesIO(b"1\n")) == "COPY 1"
        done = await conn.copy_records_to_table("users", records=iter([(1,), (None,)]), columns=["id"])
        assert done == "COPY 2"
        await transaction.rollback()
        await conn.close()

    if not hasattr(asyncpg.Connection, "fetchmany"):
        pytest.skip("this asyncpg has no fetchmany")
    with verifier.sandbox():
        asyncio.run(run())
    assert b"".join(chunks) == b"1\n1\t\\N\na\\tb\tt\n"
    mock.assert_connect(host="db.example.com", user="ada", database="app")
    mock.assert_begin()
    mock.assert_fetchrow(query="SELECT id FROM users WHERE id = $1", args=[1])
    mock.assert_executemany(query="INSERT INTO users VALUES ($1)", args=[(1,), (2,)])
    mock.assert_fetchmany(query="INSERT INTO users VALUES ($1) RETURNING id", args=[(1,), (2,)])
    mock.assert_prepare(query="SELECT id FROM users")
    mock.assert_cursor(query="SELECT id FROM users", args=[])
    mock.assert_copy_from_query(query="SELECT $1::int8, $2::text", args=[1, "it's"])
    mock.assert_copy_from_table(table_name="users", columns=["id"])
    mock.assert_copy_to_table(table_name="users", columns=None, data=b"1\n")
    mock.assert_copy_records_to_table(table_name="users", columns=["id"], records=[(1,), (None,)])
    mock.assert_rollback()
    mock.assert_close()
    verifier.verify_all()


class Mood(enum.Enum):
    HAPPY = "happy"


def test_objects_that_no_server_has_are_handed_over(mock: AsyncpgPlugin, verifier: StrictVerifier) -> None:
    things = {"mood": Mood.HAPPY, "set": {1, 2}, "pair": (1, "a"), "ragged": [[1], 2], "raw": typed({"a": 1}, "object")}
    mock.new_session().expect("connect", returns=None).expect("fetchrow", returns=things)

    async def run() -> Any:
        conn = await connect()
        row = await conn.fetchrow("SELECT things FROM t WHERE mood = $1 AND more = $2", Mood.HAPPY, {"a": object})
        conn.terminate()
        return row

    with verifier.sandbox():
        row = asyncio.run(run())
    assert row == {**things, "raw": {"a": 1}}
    assert verifier.timeline.unasserted()[1].details["args"] == [Mood.HAPPY, {"a": object}]


def test_types_and_columns_where_a_script_is_exact(mock: AsyncpgPlugin, verifier: StrictVerifier) -> None:
    columns: Any = ["id", ("data", "json"), ("age", "int4")]
    (
        mock.new_session()
        .expect("connect", returns=None)
        .expect("fetch", returns=[(1, {"a": 1}, None)], columns=columns)
        .expect("fetch", returns=[], columns=columns)
        .expect("fetchval", returns=typed(None, "int4"))
    )

    async def run() -> Any:
        conn = await connect()
        await conn.set_type_codec("json", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
        rows = await conn.fetch("SELECT * FROM t")
        statement = await conn.prepare("SELECT * FROM t")
        names = [(one.name, one.type.name) for one in statement.get_attributes()]
        assert await statement.fetch() == []
        assert await conn.fetchval("SELECT age FROM t") is None
        conn.terminate()
        return rows, names

    with verifier.sandbox():
        rows, names = asyncio.run(run())
    assert rows == [{"id": 1, "data": {"a": 1}, "age": None}]
    assert names == [("id", "text"), ("data", "json"), ("age", "int4")]
    assert repr(typed(1, "int4")) == "bigfoot.postgres.typed(1, 'int4')"
    assert (typed(1, "int4") == Typed(1, "int4"), typed(1, "int4") == 1) == (True, False)


@pytest.mark.parametrize(
    ("step", "given", "remedy"),
    [
        ("fech", {"returns": []}, "did you mean 'fetch'"),
        ("fetch", {"returns": "rows"}, "gives a list of rows"),
        ("fetch", {"returns": [1]}, "a row is a dict"),
        ("fetch", {"returns": [(1, 2)], "columns": ["a"]}, "a row has 1 columns here"),
        ("fetch", {"returns": [("x",)], "columns": [("a", "int4")]}, "the column 'a' is of type int4"),
        ("fetch", {"returns": [], "columns": [("a", "inte4")]}, "there is no such type"),
        ("fetch", {"returns": [], "colums": ["a"]}, "did you mean 'columns'"),
        ("fetch", {"returns": [], "columns": [1]}, "columns is names of columns"),
        ("fetch", {"returns": [], "notify": "news"}, "a channel and a payload"),
        ("fetch", {"returns": [], "password": "x"}, "'fetch' has no such option"),
        ("fetchval", {"returns": typed("x", "int4")}, "is of type int4"),
        ("fetchrow", {"returns": 1}, "a row is a dict"),
        ("execute", {"returns": []}, "gives a status such as"),
        ("copy_from_table", {"returns": 1}, "gives the data"),
        ("begin", {"returns": 1}, "gives None"),
        ("fetch", {}, "say what 'fetch' gives"),
        ("fetch", {"raises": asyncpg.InterfaceError}, "give an instance of it"),
    ],
)
def test_what_cannot_be_meant_is_refused(mock: AsyncpgPlugin, step: str, given: dict[str, Any], remedy: str) -> None:
    session = mock.new_session().expect("connect", returns=None)
    with pytest.raises(InvalidArgumentError, match=remedy):
        session.expect(step, **given)


def test_a_step_that_cannot_follow_is_refused(mock: AsyncpgPlugin) -> None:
    with pytest.raises(InvalidStateError):
        mock.new_session().expect("fetch", returns=[])


def test_a_statement_that_gives_something_else_next_time(mock: AsyncpgPlugin, verifier: StrictVerifier) -> None:
    session = mock.new_session().expect("connect", returns=None)
    session.expect("fetch", returns=[{"n": 1}]).expect("fetch", returns=[{"n": "one"}])
    session.expect("fetch", returns=[{"n": "one"}])

    async def run() -> Any:
        conn = await connect()
        first = await conn.fetch("SELECT n FROM t")
        second = await conn.fetch("SELECT n FROM t")
        statement = await conn.prepare("SELECT n FROM t")
        third = await statement.fetch()
        conn.terminate()
        return first, second, third

    with verifier.sandbox():
        assert asyncio.run(run()) == ([{"n": 1}], [{"n": "one"}], [{"n": "one"}])


def test_a_pool_takes_a_session_for_each_connection(mock: AsyncpgPlugin, verifier: StrictVerifier) -> None:
    for number in range(3):
        session = mock.new_session().expect("connect", returns=None)
        session.expect("fetchval", returns=number).expect("close", returns=None)

    async def run() -> Any:
        async with asyncpg.create_pool(host="db", user="ada", database="app", min_size=3, max_size=3) as pool:
            held = [await pool.acquire() for _ in range(3)]
            found = await asyncio.gather(*(conn.fetchval("SELECT $1::int8", 7) for conn in held))
            for conn in held:
                await pool.release(conn)
        return sorted(found)

    with verifier.sandbox():
        assert asyncio.run(run()) == [0, 1, 2]
    with verifier.in_any_order():
        for _ in range(3):
            mock.assert_connect(host="db", user="ada", database="app")
            mock.assert_fetchval(query="SELECT $1::int8", args=[7])
            mock.assert_close()
    verifier.verify_all()


@EVERY_LOOP
def test_threads_and_connections_are_not_mixed_up(mock: AsyncpgPlugin, verifier: StrictVerifier, loop: str) -> None:
    for _ in range(4 * 10):
        mock.new_session().expect("connect", returns=None).expect("fetchval", returns=1).expect("close", returns=None)
    failed: list[BaseException] = []

    async def run(name: str) -> None:
        async def one(number: int) -> None:
            conn = await connect(user=name)
            assert await conn.fetchval("SELECT $1::text", f"{name}-{number}") == 1
            await conn.close()

        await asyncio.gather(*map(one, range(10)))

    def work(name: str) -> None:
        try:
            runner(loop)(run(name))
        except BaseException as error:
            failed.append(error)
            raise

    with verifier.sandbox():
        threads = [threading.Thread(target=work, args=(f"user{number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
    asked = [one.details["args"][0] for one in verifier.timeline if one.source_id == "asyncpg:fetchval"]
    assert sorted(asked) == sorted(f"user{user}-{number}" for user in range(4) for number in range(10))


OTHER_CLIENT = """
import socket

def ask(body):
    with socket.create_connection(("db.example.com", 5432)) as connection:
        connection.sendall((len(body) + 4).to_bytes(4, "big") + body)
        return b"".join(iter(lambda: connection.recv(4096), b""))
"""


def test_another_client_of_postgres_is_refused(mock: AsyncpgPlugin, verifier: StrictVerifier) -> None:
    space: dict[str, Any] = {"__name__": "pg8000"}
    exec(compile(OTHER_CLIENT, f"{sysconfig.get_path('purelib')}/pg8000/core.py", "exec"), space)
    mock.new_session().expect("connect", returns=None).expect("close", returns=None)

    async def run() -> None:
        await (await connect()).close()

    with verifier.sandbox():
        with pytest.raises(UnmockedInteractionError, match="PostgreSQL"):
            space["ask"](b"\0\x03\0\0user\0eve\0\0")
        asyncio.run(run())
        answer = space["ask"](b"\0\x03\0\0user\0eve\0\0")  # where asyncpg may come back to, to cancel
    assert answer.startswith(b"E") and b"Unmocked call: asyncpg:connect" in answer
    with pytest.raises(VerificationError, match="a client of PostgreSQL other than asyncpg"):
        verifier.verify_all()


def test_outside_of_sandboxes_asyncpg_is_itself(verifier: StrictVerifier, mock: AsyncpgPlugin) -> None:
    with verifier.sandbox():
        pass

    async def run() -> None:
        with pytest.raises(OSError):
            await asyncpg.connect(host="127.0.0.1", port=1, user="ada", database="app", ssl=False)

    asyncio.run(run())
    assert list(verifier.timeline) == []


@pytest.mark.parametrize("number", [0, 1])
def test_own_codecs_see_real_types(mock: AsyncpgPlugin, verifier: StrictVerifier, number: int) -> None:
    calls: list[Any] = []
    mock.new_session().expect("connect", returns=None).expect("fetchval", returns={"n": number})

    def encode(value: Any) -> str:
        calls.append(value)
        return json.dumps(value)

    async def run() -> Any:
        conn = await connect()
        await conn.set_type_codec("jsonb", encoder=encode, decoder=json.loads, schema="pg_catalog")
        found = await conn.fetchval("SELECT data FROM t WHERE data @> $1::jsonb", {"n": number})
        conn.terminate()
        return found

    with verifier.sandbox():
        assert asyncio.run(run()) == {"n": number}
    assert calls == [{"n": number}]


def test_ten_thousand_rows(mock: AsyncpgPlugin, verifier: StrictVerifier) -> None:
    rows = [{"id": n, "name": f"user {n}", "age": n % 90, "score": n / 7, "active": n % 2 == 0} for n in range(10_000)]
    mock.new_session().expect("connect", returns=None).expect("fetch", returns=rows)

    async def run() -> Any:
        conn = await connect()
        found = await conn.fetch("SELECT * FROM users")
        conn.terminate()
        return found

    with verifier.sandbox():
        assert asyncio.run(run()) == rows
