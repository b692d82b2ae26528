"""What programs do with asyncpg: each once, with what it needs of a real database and what a test promises instead."""

from __future__ import annotations

import asyncio
import datetime
import importlib
import io
import ipaddress
import json
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

asyncpg: Any = importlib.import_module("asyncpg")  # it says nothing of its types

Run = Callable[[dict[str, Any]], Coroutine[Any, Any, Any]]
OnConnection = Callable[[Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Promise:
    """One step of a session."""

    name: str
    returns: Any = None
    options: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Snippet:
    name: str
    run: Run
    given: str
    sessions: tuple[tuple[Promise, ...], ...]


SNIPPETS: list[Snippet] = []
USERS = "CREATE TABLE users (id int8 PRIMARY KEY, name text NOT NULL, age int4);"
TWO = USERS + "INSERT INTO users VALUES (1, 'Ada', 36), (2, 'Bob', NULL);"


def step(name: str, returns: Any = None, **options: Any) -> Promise:
    return Promise(name, returns, options)


def snippet(*promised: Promise, given: str = "", close: bool = True) -> Callable[[OnConnection], OnConnection]:
    """Add what is done with one connection, opened before and closed after it."""

    def add(run: OnConnection) -> OnConnection:
        async def whole(options: dict[str, Any]) -> Any:
            connection = await asyncpg.connect(**options)
            try:
                return await run(connection)
            finally:
                if close:
                    await connection.close()

        last = (step("close"),) if close else ()
        SNIPPETS.append(Snippet(getattr(run, "__name__", ""), whole, given, ((step("connect"), *promised, *last),)))
        return run

    return add


def by_itself(*sessions: tuple[Promise, ...], given: str = "") -> Callable[[Run], Run]:
    """Add what opens its connections by itself."""

    def add(run: Run) -> Run:
        SNIPPETS.append(Snippet(getattr(run, "__name__", ""), run, given, sessions))
        return run

    return add


def shown(error: BaseException) -> tuple[Any, ...]:
    """What a program sees of an error of the server."""
    return type(error).__name__, getattr(error, "sqlstate", None), getattr(error, "constraint_name", None)


async def failing(awaitable: Awaitable[Any]) -> tuple[Any, ...]:
    try:
        await awaitable
    except Exception as error:
        return shown(error)
    return ("nothing was raised",)


@snippet(step("fetch", [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}]), given=TWO)
async def fetch(conn: Any) -> Any:
    rows = await conn.fetch("SELECT id, name FROM users ORDER BY id")
    return [(row["id"], row[1], dict(row), list(row.keys()), tuple(row.values()), len(row), repr(row)) for row in rows]


@snippet(step("fetch", []), given=USERS)
async def fetch_nothing(conn: Any) -> Any:
    return await conn.fetch("SELECT id, name FROM users")


@snippet(step("fetch", [{"id": 1, "age": 36}]), given=TWO)
async def fetch_with_arguments(conn: Any) -> Any:
    return [dict(row) for row in await conn.fetch("SELECT id, age FROM users WHERE name = $1 AND age > $2", "Ada", 3)]


@snippet(step("fetchrow", {"id": 1, "name": "Ada", "age": 36}), given=TWO)
async def fetchrow(conn: Any) -> Any:
    row = await conn.fetchrow("SELECT * FROM users WHERE id = $1", 1)
    return dict(row), row.get("none", 7), "id" in row, list(row.items())


@snippet(step("fetchrow"), given=USERS)
async def fetchrow_of_nothing(conn: Any) -> Any:
    return await conn.fetchrow("SELECT * FROM users WHERE id = $1", 1)


@snippet(step("fetchval", 2), given=TWO)
async def fetchval(conn: Any) -> Any:
    return await conn.fetchval("SELECT count(*) FROM users")


@snippet(step("fetchval", "Ada"), given=TWO)
async def fetchval_of_a_column(conn: Any) -> Any:
    return await conn.fetchval("SELECT id, name FROM users WHERE id = 1", column=1)


@snippet(step("fetchval"), given=USERS)
async def fetchval_of_nothing(conn: Any) -> Any:
    return await conn.fetchval("SELECT name FROM users WHERE id = 7")


@snippet(step("execute", "INSERT 0 1"), given=USERS)
async def execute(conn: Any) -> Any:
    return await conn.execute("INSERT INTO users (id, name) VALUES ($1, $2)", 7, "Cy")


@snippet(step("execute", "INSERT 0 2"), given=USERS)
async def execute_several_statements(conn: Any) -> Any:
    return await conn.execute("DELETE FROM users; INSERT INTO users (id, name) VALUES (1, 'a'), (2, 'b')")


@snippet(step("execute", "UPDATE 2"), step("execute", 2), step("execute"), given=TWO)
async def statuses(conn: Any) -> Any:
    update = await conn.execute("UPDATE users SET age = 1")
    delete = await conn.execute("DELETE FROM users WHERE age = $1", 1)
    return update, delete, await conn.execute("CREATE TABLE other (id int)")


@snippet(step("fetchrow", {"id": 5}), given=USERS)
async def returning(conn: Any) -> Any:
    row = await conn.fetchrow("INSERT INTO users VALUES ($1, $2) RETURNING id", 5, "Eve")
    return row["id"]


@snippet(step("executemany"), step("fetchval", 3), given=USERS)
async def executemany(conn: Any) -> Any:
    done = await conn.executemany("INSERT INTO users (id, name) VALUES ($1, $2)", [(1, "a"), (2, "b"), (3, "c")])
    return done, await conn.fetchval("SELECT count(*) FROM users")


@snippet(step("executemany"), given=USERS)
async def executemany_of_nothing(conn: Any) -> Any:
    return await conn.executemany("INSERT INTO users (id, name) VALUES ($1, $2)", [])


@snippet(step("executemany"), step("fetchval", 2000), given=USERS)
async def executemany_of_much(conn: Any) -> Any:
    rows = ((number, "x" * 100) for number in range(2000))
    await conn.executemany("INSERT INTO users (id, name) VALUES ($1, $2)", rows)
    return await conn.fetchval("SELECT count(*) FROM users")


@snippet(step("execute", "INSERT 0 1"), step("execute", "INSERT 0 1"), given=USERS)
async def transaction(conn: Any) -> Any:
    inside = []
    async with conn.transaction():
        inside.append(conn.is_in_transaction())
        await conn.execute("INSERT INTO users VALUES (1, 'a')")
        async with conn.transaction():
            await conn.execute("INSERT INTO users VALUES (2, 'b')")
    return inside, conn.is_in_transaction()


@snippet(step("execute", "INSERT 0 1"), step("fetchval", 0), given=USERS)
async def rollback(conn: Any) -> Any:
    transaction = conn.transaction(isolation="serializable")
    await transaction.start()
    await conn.execute("INSERT INTO users VALUES (1, 'a')")
    await transaction.rollback()
    return await conn.fetchval("SELECT count(*) FROM users")


@snippet(
    step("execute", raises=asyncpg.UniqueViolationError('duplicate key value violates unique constraint "users_pkey"')),
    step("execute", "INSERT 0 1"),
    given=TWO,
)
async def savepoint_saves_a_transaction(conn: Any) -> Any:
    said = ""
    async with conn.transaction():
        try:
            async with conn.transaction():
                await conn.execute("INSERT INTO users VALUES (1, 'again')")
        except asyncpg.UniqueViolationError as error:
            said = str(error).partition("\n")[0]
        return said, await conn.execute("INSERT INTO users VALUES (3, 'c')")


@snippet(step("execute", raises=asyncpg.UniqueViolationError), given=TWO)
async def failed_transaction(conn: Any) -> Any:
    transaction = conn.transaction()
    await transaction.start()
    first = await failing(conn.execute("INSERT INTO users VALUES (1, 'again')"))
    second = await failing(conn.fetch("SELECT 1"))
    await transaction.rollback()
    return first[:2], second


def unique() -> Any:
    error = asyncpg.UniqueViolationError("duplicate key")
    vars(error)["constraint_name"] = "users_pkey"
    return error


@snippet(step("execute", raises=unique()), step("fetchval", 2), given=TWO)
async def unique_violation(conn: Any) -> Any:
    found = await failing(conn.execute("INSERT INTO users VALUES ($1, $2)", 1, "again"))
    return found, await conn.fetchval("SELECT count(*) FROM users")


@snippet(step("fetch", raises=asyncpg.UndefinedTableError('relation "nothing" does not exist')))
async def undefined_table(conn: Any) -> Any:
    return await failing(conn.fetch("SELECT * FROM nothing"))


@snippet(step("execute", raises=asyncpg.PostgresSyntaxError))
async def syntax_error(conn: Any) -> Any:
    return await failing(conn.execute("SELEC 1"))


@snippet(step("executemany", raises=asyncpg.UniqueViolationError), step("fetchval", 2), given=TWO)
async def executemany_fails(conn: Any) -> Any:
    found = await failing(conn.executemany("INSERT INTO users (id, name) VALUES ($1, $2)", [(3, "c"), (1, "a")]))
    return found[:2], await conn.fetchval("SELECT count(*) FROM users")


@snippet(step("fetchval", 1, required=False))
async def wrong_type_of_an_argument(conn: Any) -> Any:
    return await failing(conn.fetchval("SELECT $1::int4", "abc"))


@snippet(step("fetchval", 1, required=False))
async def wrong_number_of_arguments(conn: Any) -> Any:
    return await failing(conn.fetchval("SELECT $1::int4", 1, 2))


@snippet(step("fetch", [{"id": 1}]), step("fetchrow", {"id": 2}), step("fetchval", 1), given=TWO)
async def prepared(conn: Any) -> Any:
    statement = await conn.prepare("SELECT id FROM users WHERE name = $1::text")
    first = [dict(row) for row in await statement.fetch("Ada")]
    row = await statement.fetchrow("Bob")
    attributes = [(one.name, one.type.name) for one in statement.get_attributes()]
    parameters = [one.name for one in statement.get_parameters()]
    return first, dict(row), await statement.fetchval("Ada"), attributes, parameters, statement.get_query()


@snippet(step("executemany"), step("fetchval", 2), given=USERS)
async def prepared_executemany(conn: Any) -> Any:
    statement = await conn.prepare("INSERT INTO users (id, name) VALUES ($1, $2)")
    await statement.executemany([(1, "a"), (2, "b")])
    return await conn.fetchval("SELECT count(*) FROM users")


@snippet(step("cursor", [{"n": number} for number in range(120)]))
async def cursor(conn: Any) -> Any:
    async with conn.transaction():
        return [row["n"] async for row in conn.cursor("SELECT n::int8 FROM generate_series(0, $1::int - 1) AS n", 120)]


@snippet(step("cursor", [{"n": number} for number in range(10)]))
async def cursor_by_hand(conn: Any) -> Any:
    async with conn.transaction():
        found = await conn.cursor("SELECT n::int8 FROM generate_series(0, 9) AS n")
        first = [row["n"] for row in await found.fetch(3)]
        moved = await found.forward(2)
        row = await found.fetchrow()
        rest = [one["n"] for one in await found.fetch(100)]
        return first, moved, row["n"], rest, await found.fetchrow()


@snippet()
async def cursor_outside_of_a_transaction(conn: Any) -> Any:
    async def walk() -> None:
        async for _ in conn.cursor("SELECT 1"):
            pass

    return (await failing(walk()))[0]


@snippet(step("cursor", [{"id": 1}, {"id": 2}]), given=TWO)
async def cursor_of_a_statement(conn: Any) -> Any:
    statement = await conn.prepare("SELECT id FROM users ORDER BY id")
    async with conn.transaction():
        return [row["id"] async for row in statement.cursor(prefetch=1)]


NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901)
VALUES: dict[str, tuple[Any, str]] = {
    "int": (2**62, "int8"),
    "negative": (-5, "int8"),
    "bool": (True, "bool"),
    "float": (0.1, "float8"),
    "text": ("é € 'quoted'", "text"),
    "numeric": (Decimal("-12345678.900"), "numeric"),
    "small_numeric": (Decimal("0.00012"), "numeric"),
    "big_numeric": (Decimal(10) ** 30, "numeric"),
    "bytes": (b"\x00\xff", "bytea"),
    "date": (datetime.date(1999, 12, 31), "date"),
    "time": (datetime.time(1, 2, 3, 4), "time"),
    "timetz": (datetime.time(1, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=2))), "timetz"),
    "timestamp": (NOW, "timestamp"),
    "timestamptz": (NOW.replace(tzinfo=datetime.UTC), "timestamptz"),
    "interval": (datetime.timedelta(days=-2, hours=3, microseconds=7), "interval"),
    "uuid": (uuid.UUID(int=7), "uuid"),
    "inet": (ipaddress.ip_address("10.1.2.3"), "inet"),
    "inet6": (ipaddress.ip_address("::1"), "inet"),
    "cidr": (ipaddress.ip_network("10.0.0.0/8"), "cidr"),
    "null": (None, "text"),
    "array": ([1, None, 3], "int8[]"),
    "texts": (["a", 'b"c', ""], "text[]"),
    "empty": ([], "text[]"),
    "matrix": ([[1, 2], [3, 4]], "int8[]"),
}


def of_type(name: str) -> None:
    value, kind = VALUES[name]

    async def run(conn: Any) -> Any:
        found = await conn.fetchval(f"SELECT $1::{kind}", value)
        return found, type(found).__name__, found == value

    run.__name__ = f"type_{name}"
    snippet(step("fetchval", value))(run)


for each in VALUES:
    of_type(each)


@snippet(step("fetchval", {"a": [1, None]}))
async def json_is_text(conn: Any) -> Any:
    return json.loads(await conn.fetchval("""SELECT '{"a": [1, null]}'::jsonb"""))


@snippet(step("fetchval", {"a": 1}), step("fetchval", {"b": 2}))
async def json_codec(conn: Any) -> Any:
    await conn.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    first = await conn.fetchval("SELECT $1::jsonb", {"a": 1})
    return first, await conn.fetchval("SELECT $1::jsonb", {"b": 2})


@snippet(step("fetchval", asyncpg.Range(1, 5)))
async def ranges(conn: Any) -> Any:
    return await conn.fetchval("SELECT '[1,5)'::int4range")


@snippet(step("execute", "CREATE TYPE"), step("fetchval", "happy"))
async def enum_type(conn: Any) -> Any:
    await conn.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')")
    return await conn.fetchval("SELECT $1::mood", "happy")


@snippet(step("copy_from_table", b"1\tAda\t36\n2\tBob\t\\N\n"), given=TWO)
async def copy_from_table(conn: Any) -> Any:
    output = io.BytesIO()
    return await conn.copy_from_table("users", output=output), output.getvalue()


@snippet(step("copy_from_query", b"name\nAda\n"), given=TWO)
async def copy_from_query(conn: Any) -> Any:
    output = io.BytesIO()
    done = await conn.copy_from_query(
        "SELECT name FROM users WHERE id = $1::int", 1, output=output, format="csv", header=True
    )
    return done, output.getvalue()


@snippet(step("copy_to_table"), step("fetchval", 2), given=USERS)
async def copy_to_table(conn: Any) -> Any:
    done = await conn.copy_to_table("users", source=io.BytesIO(b"1,a,2\n2,b,3\n"), format="csv")
    return done, await conn.fetchval("SELECT count(*) FROM users")


@snippet(step("copy_records_to_table"), given=USERS)
async def copy_records(conn: Any) -> Any:
    return await conn.copy_records_to_table("users", records=[(1, "a", 2), (2, "b", None)])


@snippet(step("copy_records_to_table"), given=USERS)
async def copy_records_of_columns(conn: Any) -> Any:
    return await conn.copy_records_to_table("users", records=[(1, "a")], columns=["id", "name"])


@snippet(step("execute", "DO", notice="careful"))
async def notices(conn: Any) -> Any:
    heard: list[Any] = []
    conn.add_log_listener(lambda _, message: heard.append((message.severity, message.message)))
    await conn.execute("DO $$ BEGIN RAISE NOTICE 'careful'; END $$")
    await asyncio.sleep(0)
    return heard


@snippet(step("execute", "NOTIFY", notify=("news", "hello")))
async def listeners(conn: Any) -> Any:
    heard: asyncio.Queue[Any] = asyncio.Queue()
    await conn.add_listener("news", lambda _, pid, channel, payload: heard.put_nowait((channel, payload)))
    done = await conn.execute("NOTIFY news, 'hello'")
    got = await asyncio.wait_for(heard.get(), 5)
    await conn.remove_listener("news", print)
    await conn.reset()
    return done, got


@snippet(step("execute", hang=True), step("fetchval", 1))
async def timeout(conn: Any) -> Any:
    found = await failing(conn.execute("SELECT pg_sleep(30)", timeout=0.1))
    return found[0], await conn.fetchval("SELECT 1::int8")


@snippet(step("fetchval", None, hang=True), step("fetchval", 1))
async def cancellation(conn: Any) -> Any:
    task = asyncio.ensure_future(conn.fetchval("SELECT pg_sleep($1)", 30.0))
    await asyncio.sleep(0.1)
    task.cancel()
    cancelled = (await asyncio.gather(task, return_exceptions=True))[0]
    return type(cancelled).__name__, await conn.fetchval("SELECT 1::int8")


@snippet(step("fetchval", 1))
async def query_logger(conn: Any) -> Any:
    seen: list[Any] = []
    with conn.query_logger(lambda record: seen.append((record.query, record.args))):
        await conn.fetchval("SELECT $1::int8", 1)
        await asyncio.sleep(0)
    return seen


@snippet()
async def facts(conn: Any) -> Any:
    return conn.is_closed(), conn.is_in_transaction(), conn.get_server_pid() > 0, conn.get_settings().client_encoding


@snippet(step("fetchval", 1, required=False))
async def one_thing_at_a_time(conn: Any) -> Any:
    found = await asyncio.gather(*(conn.fetchval("SELECT 1::int8") for _ in range(2)), return_exceptions=True)
    return sorted(type(one).__name__ for one in found)


@by_itself((step("connect"), step("close")))
async def use_after_close(options: dict[str, Any]) -> Any:
    connection = await asyncpg.connect(**options)
    await connection.close()
    return connection.is_closed(), await failing(connection.fetch("SELECT 1")), await connection.close()


@by_itself((step("connect", raises=asyncpg.InvalidCatalogNameError('database "nowhere" does not exist')),))
async def no_such_database(options: dict[str, Any]) -> Any:
    return await failing(asyncpg.connect(**{**options, "database": "nowhere"}))


@by_itself((step("connect"), step("fetchval", 1), step("close")))
async def by_dsn(options: dict[str, Any]) -> Any:
    dsn = "postgresql://{user}:secret@{host}:{port}/{database}?sslmode=prefer".format(**options)
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval("SELECT 1::int8")
    finally:
        await connection.close()


@by_itself((step("connect"), step("fetchval", 1), step("fetchval", 2), step("close")))
async def pool(options: dict[str, Any]) -> Any:
    async with asyncpg.create_pool(min_size=1, max_size=1, **options) as found:
        async with found.acquire() as connection:
            first = await connection.fetchval("SELECT 1::int8")
            kind = isinstance(connection, asyncpg.Connection)
        return first, kind, await found.fetchval("SELECT 2::int8"), found.get_size()


@by_itself(*((step("connect"), step("fetchval", 1, required=False), step("close")),) * 2)
async def pool_of_two(options: dict[str, Any]) -> Any:
    async with asyncpg.create_pool(min_size=2, max_size=2, **options) as found, found.acquire(), found.acquire():
        return found.get_size(), found.get_idle_size()


@by_itself((step("connect"), step("execute", "INSERT 0 1"), step("close")), given=USERS)
async def pool_with_a_transaction(options: dict[str, Any]) -> Any:
    async with (
        asyncpg.create_pool(min_size=1, max_size=1, **options) as found,
        found.acquire() as connection,
        connection.transaction(),
    ):
        return await connection.execute("INSERT INTO users VALUES ($1, $2)", 9, "Zed")


@by_itself((step("connect"), step("fetchrow", {"id": 1, "name": "Ada"}), step("close")), given=TWO)
async def own_classes(options: dict[str, Any]) -> Any:
    class Row(asyncpg.Record):  # type: ignore[misc]
        def __getattr__(self, name: str) -> Any:
            return self[name]

    class Connection(asyncpg.Connection):  # type: ignore[misc]
        async def user(self, number: int) -> Any:
            return await self.fetchrow("SELECT id, name FROM users WHERE id = $1", number)

    connection = await asyncpg.connect(connection_class=Connection, record_class=Row, **options)
    try:
        row = await connection.user(1)
        return type(connection).__name__, isinstance(connection, Connection), type(row) is Row, row.name
    finally:
        await connection.close()


@by_itself((step("connect"), step("fetchval", "UTC"), step("close")))
async def server_settings(options: dict[str, Any]) -> Any:
    connection = await asyncpg.connect(server_settings={"application_name": "tests"}, command_timeout=60, **options)
    try:
        return await connection.fetchval("SHOW timezone"), connection.get_settings().application_name
    finally:
        await connection.close()
