"""What programs do with psycopg 3, each once: what it needs of a real database, and what a test promises instead."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import threading
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg as psycopg
from psycopg import errors, rows, sql
from psycopg.types.json import Jsonb
from psycopg.types.range import Range

Run = Callable[[dict[str, Any]], Any]


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
TEN = "CREATE TABLE numbers (n int8); INSERT INTO numbers SELECT generate_series(1, 10);"
ADD = "INSERT INTO users (id, name) VALUES (%s, %s)"


def step(name: str, returns: Any = None, **options: Any) -> Promise:
    return Promise(name, returns, options)


COMMIT, ROLLBACK, CLOSE = step("commit"), step("rollback"), step("close")


def snippet(*promised: Promise, given: str = "", **options: Any) -> Callable[[Run], Run]:
    """Add what is done with one connection, opened before and closed after it."""

    def add(run: Run) -> Run:
        def whole(where: dict[str, Any]) -> Any:
            with contextlib.closing(psycopg.connect(**where, **options)) as connection:
                return run(connection)  # type: ignore[arg-type]

        SNIPPETS.append(Snippet(getattr(run, "__name__", ""), whole, given, ((step("connect"), *promised, CLOSE),)))
        return run

    return add


def by_itself(*sessions: tuple[Promise, ...], given: str = "") -> Callable[[Run], Run]:
    """Add what opens its connections by itself."""

    def add(run: Run) -> Run:
        SNIPPETS.append(Snippet(getattr(run, "__name__", ""), run, given, sessions))
        return run

    return add


def asynchronous(*promised: Promise, given: str = "") -> Callable[[Callable[[Any], Awaitable[Any]]], None]:
    """Add what is done with one asynchronous connection."""

    def add(run: Callable[[Any], Awaitable[Any]]) -> None:
        async def inside(where: dict[str, Any]) -> Any:
            connection = await psycopg.AsyncConnection.connect(**where)
            try:
                return await run(connection)
            finally:
                await connection.close()

        def whole(where: dict[str, Any]) -> Any:
            return asyncio.run(inside(where))

        SNIPPETS.append(Snippet(getattr(run, "__name__", ""), whole, given, ((step("connect"), *promised, CLOSE),)))

    return add


def failing(call: Callable[[], Any]) -> tuple[Any, ...]:
    try:
        call()
    except psycopg.Error as error:
        return type(error).__name__, error.sqlstate, error.diag.severity, error.diag.message_primary
    return ("nothing was raised",)


def described(cursor: Any) -> list[tuple[Any, ...]]:
    return [(column.name, column.type_code) for column in cursor.description or ()]


@snippet(step("execute", [(1, "Ada"), (2, "Bob")]), given=TWO)
def execute(conn: Any) -> Any:
    cursor = conn.execute("SELECT id, name FROM users ORDER BY id")
    return cursor.fetchone(), cursor.fetchall(), cursor.rowcount, cursor.statusmessage, described(cursor)


@snippet(step("execute", [(1, "Ada")]), given=TWO)
def parameters(conn: Any) -> Any:
    cursor = conn.execute("SELECT id, name FROM users WHERE id = %s AND name = %s", (1, "Ada"))
    return cursor.fetchall(), described(cursor)


@snippet(step("execute", [(1, "Ada")]), given=TWO)
def named_parameters(conn: Any) -> Any:
    return conn.execute("SELECT id, name FROM users WHERE id = %(id)s", {"id": 1}).fetchmany(5)


@snippet(step("execute", []), given=USERS)
def no_rows(conn: Any) -> Any:
    cursor = conn.execute("SELECT name FROM users WHERE id = %s", (7,))
    return cursor.fetchone(), cursor.rowcount


@snippet(*[step("execute", [(n,)]) for n in range(8)])
def prepared(conn: Any) -> Any:
    return [conn.execute("SELECT %s::int8", (n,)).fetchone() for n in range(8)]


@snippet(step("execute", 1), COMMIT, given=USERS)
def insert_and_commit(conn: Any) -> Any:
    cursor = conn.execute(ADD, (7, "Cy"))
    conn.commit()
    return cursor.rowcount, cursor.statusmessage, cursor.description, conn.info.transaction_status.name


@snippet(step("execute", [(7, "Cy")]), COMMIT, given=USERS)
def returning(conn: Any) -> Any:
    row = conn.execute(ADD + " RETURNING id, name", (7, "Cy")).fetchone()
    conn.commit()
    return row


@by_itself((step("connect"), step("execute", 1), COMMIT, CLOSE), given=USERS)
def with_connection(where: dict[str, Any]) -> Any:
    conn = psycopg.connect(**where)
    with conn:
        conn.execute(ADD, (1, "Ada"))
    return conn.closed


@by_itself((step("connect"), step("execute", raises=errors.UniqueViolation), ROLLBACK, CLOSE), given=TWO)
def with_connection_that_fails(where: dict[str, Any]) -> Any:
    conn = psycopg.connect(**where)
    try:
        with conn:
            conn.execute(ADD, (1, "Ada"))
    except psycopg.IntegrityError as error:
        return type(error).__name__, error.sqlstate, conn.closed
    return None


@snippet(step("execute", 1), step("execute", raises=errors.UniqueViolation), step("execute", 1), COMMIT, given=USERS)
def transactions(conn: Any) -> Any:
    with conn.transaction():
        conn.execute(ADD, (1, "Ada"))
        try:
            with conn.transaction():
                conn.execute(ADD, (1, "Ada"))
        except errors.UniqueViolation:
            conn.execute(ADD, (2, "Bob"))
    return conn.info.transaction_status.name


@snippet(step("execute", 1), ROLLBACK, given=USERS)
def transaction_rolled_back(conn: Any) -> Any:
    with conn.transaction() as transaction:
        conn.execute(ADD, (1, "Ada"))
        raise psycopg.Rollback(transaction)
    return conn.info.transaction_status.name


@snippet(
    step("execute", raises=errors.UndefinedTable('relation "nothing" does not exist')),
    ROLLBACK,
    step("execute", [(1,)]),
)
def failed_transaction(conn: Any) -> Any:
    found = [failing(lambda: conn.execute("SELECT * FROM nothing"))[:3], failing(lambda: conn.execute("SELECT 1"))]
    conn.rollback()
    return [*found, conn.execute("SELECT 1::int8").fetchall()]


@snippet(step("execute", [(1,)]), autocommit=True)
def autocommit(conn: Any) -> Any:
    found = conn.execute("SELECT 1::int8").fetchall(), conn.info.transaction_status.name
    conn.commit()
    return found


@snippet(step("execute", [{"id": 1, "name": "Ada"}]), given=TWO, row_factory=rows.dict_row)
def dict_rows(conn: Any) -> Any:
    return conn.execute("SELECT id, name FROM users WHERE id = 1").fetchall()


@snippet(step("execute", [(1, "Ada")]), step("execute", [{"n": 2}]), given=TWO)
def row_factories(conn: Any) -> Any:
    row = conn.cursor(row_factory=rows.namedtuple_row).execute("SELECT id, name FROM users WHERE id = 1").fetchone()
    return row.id, row.name, conn.cursor(row_factory=rows.dict_row).execute("SELECT 2::int8 AS n").fetchone()


@snippet(step("executemany", 2), COMMIT, given=USERS)
def executemany(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.executemany(ADD, iter([(1, "Ada"), (2, "Bob")]))
    conn.commit()
    return cursor.rowcount


@snippet(step("executemany", [(1,), (2,)]), COMMIT, given=USERS)
def executemany_returning(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.executemany(ADD + " RETURNING id", [(1, "Ada"), (2, "Bob")], returning=True)
    found = [cursor.fetchall()]
    while cursor.nextset():
        found.append(cursor.fetchall())
    conn.commit()
    return found


@snippet(step("stream", [(n,) for n in range(1, 11)]), given=TEN)
def stream(conn: Any) -> Any:
    return list(conn.cursor().stream("SELECT n FROM numbers WHERE n > %s", (0,)))


@snippet(step("execute", [(n,) for n in range(1, 11)]), given=TEN)
def server_cursor(conn: Any) -> Any:
    with conn.cursor("numbers") as cursor:
        cursor.itersize = 4
        cursor.execute("SELECT n FROM numbers WHERE n > %s", (0,))
        return cursor.fetchone(), cursor.fetchmany(2), list(cursor), cursor.fetchall(), described(cursor)


@snippet(step("execute", [(n,) for n in range(1, 11)]), given=TEN)
def server_cursor_scroll(conn: Any) -> Any:
    with conn.cursor("numbers", scrollable=True) as cursor:
        cursor.execute("SELECT n FROM numbers ORDER BY n")
        cursor.scroll(3)
        first = cursor.fetchone()
        cursor.scroll(-2)
        second = cursor.fetchone()
        cursor.scroll(9, mode="absolute")
        return first, second, cursor.fetchall()


@snippet(step("copy"), COMMIT, given=USERS)
def copy_in(conn: Any) -> Any:
    cursor = conn.cursor()
    with cursor.copy("COPY users (id, name) FROM STDIN") as copy:
        copy.write_row((1, "Ada"))
        copy.write("2\tBob\n")
    conn.commit()
    return cursor.rowcount, cursor.statusmessage


@snippet(step("copy"), COMMIT, given=USERS)
def copy_in_binary(conn: Any) -> Any:
    cursor = conn.cursor()
    with cursor.copy("COPY users (id, name) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int8", "text"])
        copy.write_row((1, "Ada"))
    conn.commit()
    return cursor.rowcount


@snippet(step("copy", [(1, "Ada"), (2, "Bob")]), step("copy", b"1,Ada\n2,Bob\n"), given=TWO)
def copy_out(conn: Any) -> Any:
    with conn.cursor().copy("COPY users (id, name) TO STDOUT") as copy:
        found = list(copy.rows())
    with conn.cursor().copy("COPY users (id, name) TO STDOUT (FORMAT csv)") as copy:
        return found, b"".join(bytes(data) for data in copy)


@snippet(step("copy", raises=errors.BadCopyFileFormat('missing data for column "name"')), ROLLBACK, given=USERS)
def copy_refused(conn: Any) -> Any:
    def copied() -> None:
        with conn.cursor().copy("COPY users (id, name) FROM STDIN") as copy:
            copy.write("1\n")

    found = failing(copied)
    conn.rollback()
    return found


@snippet(step("execute", [(1,)]), step("execute", [(2,)]), step("execute", 1), COMMIT, given=USERS)
def pipeline(conn: Any) -> Any:
    with conn.pipeline():
        first = conn.execute("SELECT %s::int8", (1,))
        second = conn.execute("SELECT %s::int8", (2,))
        third = conn.execute(ADD, (1, "Ada"))
        found = first.fetchall(), second.fetchall()
    conn.commit()
    return found, third.rowcount


@snippet(step("execute", [("Ada",)]), given=TWO)
def composed(conn: Any) -> Any:
    statement = sql.SQL("SELECT {} FROM {} WHERE id = {}").format(
        sql.Identifier("name"), sql.Identifier("users"), sql.Placeholder()
    )
    return conn.execute(statement, (1,)).fetchall()


@snippet(step("execute", [("Ada", 1)]), step("execute", [(7,)]), given=TWO)
def client_and_raw_cursors(conn: Any) -> Any:
    cursor = psycopg.ClientCursor(conn)
    first = cursor.execute("SELECT name, %s::int8 FROM users WHERE id = %s", (1, 1)).fetchall()
    raw = psycopg.RawCursor(conn)
    return first, raw.execute("SELECT $1::int8", (7,)).fetchall(), cursor.mogrify("SELECT %s", ("O'Neil",))


@snippet(step("execute", notice="careful"))
def notices(conn: Any) -> Any:
    found: list[Any] = []
    conn.add_notice_handler(lambda diagnostic: found.append((diagnostic.severity, diagnostic.message_primary)))
    conn.execute("DO $$ BEGIN RAISE NOTICE 'careful'; END $$")
    return found


@snippet(step("execute", "LISTEN"), step("execute", [("",)], notify=("news", "hello")), autocommit=True)
def notifications(conn: Any) -> Any:
    found: list[Any] = []
    conn.add_notify_handler(lambda notify: found.append((notify.channel, notify.payload)))
    conn.execute("LISTEN news")
    conn.execute("SELECT pg_notify('news', 'hello')")
    return found


VALUES = {
    "i": 1,
    "f": 1.5,
    "n": Decimal("1.50"),
    "t": "ü\t",
    "b": True,
    "d": datetime.date(2026, 1, 2),
    "s": datetime.datetime(2026, 1, 2, 3, 4, 5, 600),
    "z": datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
    "m": datetime.time(3, 4, 5),
    "v": datetime.timedelta(days=1, seconds=2),
    "u": uuid.UUID(int=5),
    "y": b"\x00\xff",
    "a": ipaddress.ip_address("10.0.0.1"),
    "l": [1, 2, None],
    "j": {"a": [1, None]},
    "nothing": None,
}
SELECT_VALUES = (
    "SELECT 1::int8 AS i, 1.5::float8 AS f, 1.50::numeric AS n, E'ü\\t'::text AS t, true AS b, "
    "'2026-01-02'::date AS d, '2026-01-02 03:04:05.0006'::timestamp AS s, "
    "'2026-01-02 03:04:05+00'::timestamptz AS z, '03:04:05'::time AS m, '1 day 2 seconds'::interval AS v, "
    "'00000000-0000-0000-0000-000000000005'::uuid AS u, '\\x00ff'::bytea AS y, '10.0.0.1'::inet AS a, "
    "ARRAY[1, 2, NULL]::int8[] AS l, '{\"a\": [1, null]}'::jsonb AS j, NULL::text AS nothing"
)


@snippet(step("execute", [VALUES]), row_factory=rows.dict_row)
def values(conn: Any) -> Any:
    cursor = conn.execute(SELECT_VALUES)
    return cursor.fetchone(), described(cursor)


@snippet(step("execute", [VALUES]))
def binary_values(conn: Any) -> Any:
    return conn.execute(SELECT_VALUES, binary=True).fetchone()


@snippet(step("execute", [({"a": 1},)]), given="CREATE TABLE t (data jsonb, span int8range);")
def adapted(conn: Any) -> Any:
    statement = "INSERT INTO t VALUES (%s, %s) RETURNING data"
    return conn.execute(statement, (Jsonb({"a": 1}), Range(1, 5))).fetchone()


@by_itself((step("connect"), step("execute", hang=True), ROLLBACK, step("execute", [(1,)]), CLOSE))
def cancelled(where: dict[str, Any]) -> Any:
    with contextlib.closing(psycopg.connect(**where)) as conn:
        timer = threading.Timer(0.05, conn.cancel)
        timer.start()
        found = failing(lambda: conn.execute("SELECT pg_sleep(60)"))
        timer.join()
        conn.rollback()
        return found, conn.execute("SELECT 1::int8").fetchall()


@snippet()
def after_close(conn: Any) -> Any:
    conn.close()
    found = []
    for call in (conn.cursor, conn.commit, lambda: conn.execute("SELECT 1")):
        try:
            call()
        except psycopg.Error as error:
            found.append((type(error).__name__, str(error)))
    return found


@snippet(step("execute", 1), COMMIT, given=USERS)
def two_phase(conn: Any) -> Any:
    conn.tpc_begin(conn.xid(1, "global", "branch"))
    conn.execute(ADD, (1, "Ada"))
    conn.tpc_commit()
    return conn.info.transaction_status.name


@asynchronous(step("execute", [(1, "Ada")]), step("execute", 1), COMMIT, given=TWO)
async def async_execute(conn: Any) -> Any:
    cursor = await conn.execute("SELECT id, name FROM users WHERE id = %s", (1,))
    found = await cursor.fetchall()
    await conn.execute(ADD, (7, "Cy"))
    await conn.commit()
    return found, cursor.rowcount


@asynchronous(step("execute", raises=errors.UniqueViolation), ROLLBACK, step("executemany", 2), COMMIT, given=TWO)
async def async_transactions(conn: Any) -> Any:
    found: Any = None
    try:
        async with conn.transaction():
            await conn.execute(ADD, (1, "Ada"))
    except errors.UniqueViolation as error:
        found = error.sqlstate
    async with conn.transaction(), conn.cursor() as cursor:
        await cursor.executemany(ADD, [(7, "Cy"), (8, "Di")])
        return found, cursor.rowcount


@asynchronous(step("stream", [(1,), (2,)]), step("copy"), step("copy", "1\n"), step("execute", [(1,), (2,)]), given=TWO)
async def async_streams(conn: Any) -> Any:
    cursor = conn.cursor()
    found: list[Any] = [row async for row in cursor.stream("SELECT id FROM users ORDER BY id")]
    async with cursor.copy("COPY users (id, name) FROM STDIN") as copy:
        await copy.write_row((7, "Cy"))
    async with cursor.copy("COPY (SELECT 1) TO STDOUT") as copy:
        found += [bytes(data) async for data in copy]
    async with conn.cursor("server") as server:
        await server.execute("SELECT id FROM users WHERE id < 3 ORDER BY id")
        return found + [row async for row in server]


@asynchronous(step("execute", hang=True), ROLLBACK, step("execute", [(1,)]))
async def async_timeout(conn: Any) -> Any:
    found = ""
    try:
        await asyncio.wait_for(conn.execute("SELECT pg_sleep(60)"), 0.1)
    except TimeoutError as error:
        found = type(error).__name__
    await conn.rollback()
    return found, await (await conn.execute("SELECT 1::int8")).fetchall()
