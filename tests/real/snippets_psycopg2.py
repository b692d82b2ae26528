"""What programs do with psycopg2: each once, with what it needs of a real database and what a test promises instead."""

from __future__ import annotations

import datetime
import functools
import importlib
import io
import logging
import select
import threading
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

psycopg2: Any = importlib.import_module("psycopg2")  # what is written in C says nothing of its types
extensions: Any = importlib.import_module("psycopg2.extensions")
extras: Any = importlib.import_module("psycopg2.extras")
pool: Any = importlib.import_module("psycopg2.pool")
sql: Any = importlib.import_module("psycopg2.sql")
errors: Any = psycopg2.errors

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
            with closing(psycopg2.connect(**where, **options)) as connection:
                return run(connection)

        SNIPPETS.append(Snippet(getattr(run, "__name__", ""), whole, given, ((step("connect"), *promised, CLOSE),)))
        return run

    return add


def by_itself(*sessions: tuple[Promise, ...], given: str = "") -> Callable[[Run], Run]:
    """Add what opens its connections by itself."""

    def add(run: Run) -> Run:
        SNIPPETS.append(Snippet(getattr(run, "__name__", ""), run, given, sessions))
        return run

    return add


def shown(error: Any) -> tuple[Any, ...]:
    """What a program sees of an error."""
    return type(error).__name__, error.pgcode, error.diag.severity, error.diag.message_primary


def failing(call: Callable[[], Any]) -> tuple[Any, ...]:
    try:
        call()
    except psycopg2.Error as error:
        return shown(error)
    return ("nothing was raised",)


def described(cursor: Any) -> list[tuple[Any, ...]]:
    return [(column.name, column.type_code) for column in cursor.description or ()]


@snippet(step("execute", [(1, "Ada"), (2, "Bob")]), given=TWO)
def fetchall(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute("SELECT id, name FROM users ORDER BY id")
    return cursor.fetchall(), cursor.rowcount, cursor.statusmessage, described(cursor), cursor.fetchone()


@snippet(step("execute", [{"id": 1, "name": "Ada"}]), given=TWO)
def fetchone(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute("SELECT id, name FROM users WHERE id = %s AND name = %s", (1, "Ada"))
    return cursor.fetchone(), cursor.fetchone(), cursor.query


@snippet(step("execute", [(n,) for n in range(1, 11)]), given=TEN)
def fetchmany(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute("SELECT n FROM numbers")
    return cursor.fetchmany(3), cursor.rownumber, cursor.fetchmany(), cursor.fetchall(), cursor.fetchmany(2)


@snippet(step("execute", [(1,), (2,), (3,)]))
def iteration(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute("SELECT generate_series(1, 3)::int8")
    return list(cursor)


@snippet(step("execute", [(n,) for n in range(1, 11)]), given=TEN)
def scroll(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute("SELECT n FROM numbers")
    cursor.scroll(4)
    first = cursor.fetchone()
    cursor.scroll(0, mode="absolute")
    return first, cursor.fetchone(), failing(lambda: cursor.scroll(100))


@snippet(step("execute", []), given=USERS)
def no_rows(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute("SELECT name FROM users WHERE id = %(id)s", {"id": 7})
    return cursor.fetchone(), cursor.fetchall(), cursor.rowcount, [one[0] for one in cursor.description]


@snippet(step("execute", 1), COMMIT, given=USERS)
def insert_and_commit(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute(ADD, (7, "Cy"))
    conn.commit()
    return cursor.rowcount, cursor.statusmessage, cursor.description, cursor.lastrowid


@snippet(step("execute", [(7, "Cy")]), COMMIT, given=USERS)
def returning(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute(ADD + " RETURNING id, name", (7, "Cy"))
    row = cursor.fetchone()
    conn.commit()
    return row, cursor.statusmessage


@snippet(step("execute", "UPDATE 2"), step("execute", 2), step("execute"), ROLLBACK, given=TWO)
def statuses(conn: Any) -> Any:
    cursor, found = conn.cursor(), []
    for statement in ("UPDATE users SET age = 1", "DELETE FROM users", "CREATE TABLE other (id int)"):
        cursor.execute(statement)
        found.append((cursor.rowcount, cursor.statusmessage))
    conn.rollback()
    return found


@snippet(step("execute", 1), COMMIT, step("execute", [(1,)]), ROLLBACK, given=USERS)
def transaction_states(conn: Any) -> Any:
    cursor, found = conn.cursor(), [conn.status, conn.info.transaction_status]
    cursor.execute(ADD, (1, "Ada"))
    found += [conn.status, conn.info.transaction_status]
    conn.commit()
    found += [conn.status, conn.info.transaction_status]
    cursor.execute("SELECT count(*) FROM users")
    conn.rollback()
    conn.rollback()
    conn.commit()
    return [*found, conn.status, conn.closed]


@snippet(step("execute", 1), COMMIT, step("execute", raises=errors.UniqueViolation), ROLLBACK, given=USERS)
def with_connection(conn: Any) -> Any:
    with conn, conn.cursor() as cursor:
        cursor.execute(ADD, (1, "Ada"))
    try:
        with conn, conn.cursor() as cursor:
            cursor.execute(ADD, (1, "Ada"))
    except psycopg2.IntegrityError as error:
        return type(error).__name__, error.pgcode, cursor.closed, conn.closed
    return None


@snippet(
    step("execute", raises=errors.UndefinedTable('relation "nothing" does not exist')),
    ROLLBACK,
    step("execute", [(1,)]),
)
def failed_transaction(conn: Any) -> Any:
    cursor = conn.cursor()
    found = [failing(lambda: cursor.execute("SELECT * FROM nothing"))[:2], conn.info.transaction_status]
    found += [failing(lambda: cursor.execute("SELECT 1"))]
    conn.rollback()
    cursor.execute("SELECT 1::int8")
    return [*found, cursor.fetchall()]


@snippet(
    step("execute", raises=errors.DivisionByZero("division by zero")),
    ROLLBACK,
    step("execute", raises=errors.UndefinedColumn('column "b" does not exist')),
    ROLLBACK,
    step("execute", raises=errors.SyntaxError('syntax error at or near "SELEC"')),
    ROLLBACK,
    step("execute", raises=errors.InvalidTextRepresentation('invalid input syntax for type integer: "a"')),
    ROLLBACK,
    step("execute", raises=errors.RaiseException("no")),
    ROLLBACK,
)
def errors_of_the_server(conn: Any) -> Any:
    found = []
    for statement in (
        "SELECT 1 / 0",
        "SELECT b FROM (SELECT 1 AS a) AS t",
        "SELEC 1",
        "SELECT 'a'::int",
        "DO $$ BEGIN RAISE EXCEPTION 'no'; END $$",
    ):
        with conn.cursor() as cursor:
            found.append(failing(functools.partial(cursor.execute, statement)))
        conn.rollback()
    return found


@snippet(step("execute", [(1, "Ada")]), given=TWO, cursor_factory=extras.RealDictCursor)
def real_dict_cursor(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute("SELECT id, name FROM users WHERE id = 1")
    row = cursor.fetchone()
    return row, type(row).__name__, type(cursor).__name__, isinstance(cursor, extras.RealDictCursor)


@snippet(step("execute", [(1, "Ada")]), given=TWO)
def dict_cursor(conn: Any) -> Any:
    with conn.cursor(cursor_factory=extras.DictCursor) as cursor:
        cursor.execute("SELECT id, name FROM users WHERE id = 1")
        row = cursor.fetchone()
        return row["name"], row[0], dict(row), list(row)


@snippet(step("execute", [(1, "Ada"), (2, "Bob")]), given=TWO)
def named_tuple_cursor(conn: Any) -> Any:
    with conn.cursor(cursor_factory=extras.NamedTupleCursor) as cursor:
        cursor.execute("SELECT id, name FROM users ORDER BY id")
        return [(row.id, row.name) for row in cursor]


@snippet(step("execute", [(1, "Ada")]), given=TWO, connection_factory=extras.RealDictConnection)
def real_dict_connection(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute("SELECT id, name FROM users WHERE id = 1")
    return cursor.fetchall(), type(conn).__name__, isinstance(conn, extras.RealDictConnection)


@by_itself((step("connect"), step("execute", [(1,)]), CLOSE))
def logging_connection(where: dict[str, Any]) -> Any:
    lines = io.StringIO()
    conn = psycopg2.connect(**where, connection_factory=extras.LoggingConnection)
    conn.initialize(lines)
    with closing(conn), conn.cursor() as cursor:
        cursor.execute("SELECT %s::int8", (1,))
        return cursor.fetchall(), lines.getvalue()


@by_itself((step("connect"), step("execute", [(1,)]), CLOSE))
def min_time_logging_connection(where: dict[str, Any]) -> Any:
    conn = psycopg2.connect(**where, connection_factory=extras.MinTimeLoggingConnection)
    conn.initialize(logging.getLogger("quiet"), mintime=100_000)
    with closing(conn), conn.cursor() as cursor:
        cursor.execute("SELECT %s::int8", (1,))
        return cursor.fetchall()


class Shouting(extensions.cursor):  # type: ignore[misc]
    """A cursor of a program's own."""

    def execute(self, query: Any, vars: Any = None) -> Any:
        return super().execute(query + " -- shouting", vars)


class Own(extensions.connection):  # type: ignore[misc]
    """A connection of a program's own."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        with self.cursor() as cursor:
            cursor.execute("SELECT 'hello'")
            self.greeting = cursor.fetchone()

    def cursor(self, *args: Any, **options: Any) -> Any:
        return super().cursor(*args, cursor_factory=Shouting, **options)


@by_itself((step("connect"), step("execute", [("hello",)]), step("execute", [(1,)]), CLOSE))
def own_classes(where: dict[str, Any]) -> Any:
    with closing(psycopg2.connect(**where, connection_factory=Own)) as conn, conn.cursor() as cursor:
        cursor.execute("SELECT 1::int8")
        return conn.greeting, cursor.fetchone(), cursor.query


@by_itself((step("connect"), step("execute", [(1,)]), CLOSE))
def partial_factory(where: dict[str, Any]) -> Any:
    factory = functools.partial(extras.RealDictConnection)
    with closing(psycopg2.connect(**where, connection_factory=factory)) as conn, conn.cursor() as cursor:
        cursor.execute("SELECT 1::int8 AS one")
        return cursor.fetchall()


@snippet(step("execute", [(n,) for n in range(1, 11)]), given=TEN)
def named_cursor(conn: Any) -> Any:
    with conn.cursor("numbers") as cursor:
        cursor.itersize = 4
        cursor.execute("SELECT n FROM numbers WHERE n > %s", (0,))
        return cursor.fetchone(), cursor.fetchmany(2), list(cursor), cursor.fetchall(), described(cursor), cursor.name


@snippet(step("execute", [(n,) for n in range(1, 11)]), given=TEN)
def named_cursor_scroll(conn: Any) -> Any:
    cursor = conn.cursor("numbers", scrollable=True)
    cursor.execute("SELECT n FROM numbers ORDER BY n")
    cursor.scroll(3)
    first = cursor.fetchone()
    cursor.scroll(-2)
    second = cursor.fetchone()
    cursor.scroll(9, mode="absolute")
    return first, second, cursor.fetchall()


@snippet(step("execute", [(n,) for n in range(1, 11)]), COMMIT, given=TEN)
def named_cursor_with_hold(conn: Any) -> Any:
    cursor = conn.cursor("numbers", withhold=True, cursor_factory=extras.RealDictCursor)
    cursor.execute("SELECT n FROM numbers ORDER BY n")
    first = cursor.fetchone()
    conn.commit()
    rest = cursor.fetchmany(2)
    cursor.close()
    return first, rest


@snippet(step("executemany", 2), COMMIT, given=USERS)
def executemany(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.executemany(ADD, iter([(1, "Ada"), (2, "Bob")]))
    conn.commit()
    return cursor.rowcount


@snippet(step("execute", 3), COMMIT, given=USERS)
def execute_values(conn: Any) -> Any:
    cursor = conn.cursor()
    rows = [(1, "Ada"), (2, "Bob"), (3, "O'Neil")]
    extras.execute_values(cursor, "INSERT INTO users (id, name) VALUES %s", rows)
    conn.commit()
    return cursor.rowcount, cursor.statusmessage


@snippet(step("execute", [(1,), (2,)]), given=USERS)
def execute_values_fetching(conn: Any) -> Any:
    cursor = conn.cursor()
    statement = "INSERT INTO users (id, name) VALUES %s RETURNING id"
    return extras.execute_values(cursor, statement, [(1, "Ada"), (2, "Bob")], fetch=True)


@snippet(step("execute", 1), step("execute", 1), COMMIT, given=USERS)
def execute_batch(conn: Any) -> Any:
    cursor = conn.cursor()
    extras.execute_batch(cursor, ADD, [(1, "Ada"), (2, "Bob"), (3, "Cy")], page_size=2)
    conn.commit()
    return cursor.rowcount


@snippet(step("copy_from"), COMMIT, given=USERS)
def copy_from(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.copy_from(io.StringIO("1\tAda\n2\tBob\n"), "users", columns=("id", "name"))
    conn.commit()
    return cursor.rowcount, cursor.statusmessage


@snippet(step("copy_to", [(1, "Ada", 36), (2, "Bob", None)]), given=TWO)
def copy_to(conn: Any) -> Any:
    found = io.StringIO()
    cursor = conn.cursor()
    cursor.copy_to(found, "users")
    return found.getvalue(), cursor.rowcount


@snippet(step("copy_expert"), step("copy_expert", b"id,name\n1,Ada\n2,Bob\n"), ROLLBACK, given=USERS)
def copy_expert(conn: Any) -> Any:
    cursor, found = conn.cursor(), io.BytesIO()
    cursor.copy_expert("COPY users (id, name) FROM STDIN WITH (FORMAT csv)", io.BytesIO(b"1,Ada\n2,Bob\n"))
    count = cursor.rowcount
    cursor.copy_expert(
        sql.SQL("COPY {} (id, name) TO STDOUT (FORMAT csv, HEADER)").format(sql.Identifier("users")), found
    )
    conn.rollback()
    return count, found.getvalue(), cursor.rowcount


@snippet(step("copy_from", raises=errors.BadCopyFileFormat('missing data for column "name"')), ROLLBACK, given=USERS)
def copy_from_refused(conn: Any) -> Any:
    cursor = conn.cursor()
    found = failing(lambda: cursor.copy_from(io.StringIO("1\n"), "users", columns=("id", "name")))
    conn.rollback()
    return found


@snippet(step("callproc", [("ADA",)]))
def callproc(conn: Any) -> Any:
    cursor = conn.cursor()
    result = cursor.callproc("upper", ("Ada",))
    return result, cursor.fetchall(), described(cursor)


@snippet()
def mogrify(conn: Any) -> Any:
    cursor = conn.cursor()
    given = ("O'Neil", None, True, Decimal("1.5"), datetime.date(2026, 1, 2), b"\x00\xff", [1, 2], "ü")
    return cursor.mogrify("VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", given)


@snippet(step("execute", [("Ada",)]), given=TWO)
def composed(conn: Any) -> Any:
    cursor = conn.cursor()
    statement = sql.SQL("SELECT {} FROM {} WHERE id = {}").format(
        sql.Identifier("name"), sql.Identifier("users"), sql.Literal(1)
    )
    cursor.execute(statement)
    return cursor.fetchall(), cursor.query, statement.as_string(conn)


@snippet(step("execute", notice="careful"))
def notices(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute("DO $$ BEGIN RAISE NOTICE 'careful'; END $$")
    return conn.notices, cursor.statusmessage


@snippet(step("execute", "LISTEN"), step("execute", [("",)], notify=("news", "hello")))
def notify(conn: Any) -> Any:
    conn.autocommit = True
    cursor = conn.cursor()
    cursor.execute("LISTEN news")
    cursor.execute("SELECT pg_notify('news', 'hello')")
    conn.poll()
    return [(one.channel, one.payload) for one in conn.notifies]


@snippet(step("execute", 1), step("execute", [(1,)]), given=USERS)
def autocommit(conn: Any) -> Any:
    conn.autocommit = True
    cursor = conn.cursor()
    cursor.execute(ADD, (1, "Ada"))
    found = [conn.info.transaction_status, conn.status]
    conn.commit()
    cursor.execute("SELECT count(*) FROM users")
    return [*found, cursor.fetchone(), conn.autocommit]


@snippet(step("execute", [(1,)]), COMMIT)
def isolation_levels(conn: Any) -> Any:
    conn.set_session(isolation_level="SERIALIZABLE", readonly=True, deferrable=True)
    cursor = conn.cursor()
    cursor.execute("SELECT 1::int8")
    conn.commit()
    return cursor.fetchall(), conn.isolation_level, conn.readonly, conn.deferrable


@snippet(step("execute", 1), step("execute", 1), COMMIT, given=USERS)
def savepoints(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute(ADD, (1, "Ada"))
    cursor.execute(ADD, (2, "Bob"))
    conn.commit()
    return cursor.rowcount


@snippet(step("execute", 1), COMMIT, given=USERS)
def two_phase(conn: Any) -> Any:
    xid = conn.xid(1, "global", "branch")
    conn.tpc_begin(xid)
    conn.cursor().execute(ADD, (1, "Ada"))
    found = conn.status
    conn.tpc_commit()
    return found, conn.status, str(xid)


@by_itself((step("connect"), step("execute", [(7,)]), CLOSE))
def asynchronous(where: dict[str, Any]) -> Any:
    def wait(conn: Any) -> None:
        while (state := conn.poll()) != extensions.POLL_OK:
            if state == extensions.POLL_READ:
                select.select([conn.fileno()], [], [])
            else:
                select.select([], [conn.fileno()], [])

    with closing(psycopg2.connect(**where, async_=True)) as conn:
        wait(conn)
        cursor = conn.cursor()
        cursor.execute("SELECT %s::int8", (7,))
        busy = conn.isexecuting()
        wait(conn)
        return busy, cursor.fetchall(), conn.async_


@by_itself((step("connect"), step("execute", raises=errors.DivisionByZero("division by zero")), CLOSE))
def asynchronous_error(where: dict[str, Any]) -> Any:
    with closing(psycopg2.connect(**where, async_=True)) as conn:
        extras.wait_select(conn)
        cursor = conn.cursor()
        cursor.execute("SELECT 1 / 0")
        return failing(lambda: extras.wait_select(conn))


@by_itself(
    (step("connect"), step("execute", [(7,)]), step("execute", raises=errors.DivisionByZero("division by zero")), CLOSE)
)
def green(where: dict[str, Any]) -> Any:
    extensions.set_wait_callback(extras.wait_select)
    try:
        with closing(psycopg2.connect(**where)) as conn:
            cursor = conn.cursor()
            cursor.execute("SELECT 7::int8")
            return cursor.fetchall(), failing(lambda: cursor.execute("SELECT 1 / 0")), conn.closed
    finally:
        extensions.set_wait_callback(None)


@snippet(
    step(
        "execute",
        [
            {
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
                "nothing": None,
            }
        ],
    )
)
def values(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute(
        "SELECT 1::int8 AS i, 1.5::float8 AS f, 1.50::numeric AS n, E'ü\\t'::text AS t, true AS b, "
        "'2026-01-02'::date AS d, '2026-01-02 03:04:05.0006'::timestamp AS s, "
        "'2026-01-02 03:04:05+00'::timestamptz AS z, '03:04:05'::time AS m, '1 day 2 seconds'::interval AS v, "
        "NULL::text AS nothing"
    )
    return cursor.fetchone(), described(cursor)


@snippet(step("execute", [([1, 2], ["a", None, 'b"c'], [True])]))
def arrays(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute("SELECT ARRAY[1, 2]::int8[], ARRAY['a', NULL, 'b\"c'], ARRAY[true]")
    return cursor.fetchall()


@snippet(step("execute", [({"a": [1, None]},)]), given="CREATE TABLE t (data jsonb);")
def json_values(conn: Any) -> Any:
    cursor = conn.cursor()
    statement = "INSERT INTO t VALUES (%s) RETURNING data"
    cursor.execute(statement, (extras.Json({"a": [1, None]}),))
    return cursor.fetchone()


@snippet(step("execute", [(uuid.UUID(int=5),)]), step("execute", [(uuid.UUID(int=5),)]))
def uuids(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute("SELECT '00000000-0000-0000-0000-000000000005'::uuid")
    found = [cursor.fetchone()]
    extras.register_uuid(conn_or_curs=conn)
    cursor.execute("SELECT '00000000-0000-0000-0000-000000000005'::uuid")
    return [*found, cursor.fetchone()]


@snippet(step("execute", [(b"\x00\xff",)]))
def binary(conn: Any) -> Any:
    cursor = conn.cursor()
    cursor.execute("SELECT %s::bytea", (psycopg2.Binary(b"\x00\xff"),))
    (found,) = cursor.fetchone()
    return bytes(found), type(found).__name__


@by_itself(
    (step("connect"), step("execute", [(1,)]), COMMIT, step("execute", [(2,)]), CLOSE),
)
def simple_pool(where: dict[str, Any]) -> Any:
    connections = pool.SimpleConnectionPool(1, 1, **where)
    found = []
    for number in (1, 2):
        conn = connections.getconn()
        with conn.cursor() as cursor:
            cursor.execute("SELECT %s::int8", (number,))
            found.append(cursor.fetchone())
        if number == 1:
            conn.commit()
        connections.putconn(conn)
    connections.closeall()
    return found


@by_itself((step("connect"), CLOSE), (step("connect"), CLOSE))
def threaded_pool(where: dict[str, Any]) -> Any:
    connections = pool.ThreadedConnectionPool(2, 3, **where)
    taken = [connections.getconn(), connections.getconn("key")]
    for conn, key in zip(taken, (None, "key"), strict=True):
        connections.putconn(conn, key=key)
    connections.closeall()
    return [conn.closed for conn in taken]


@by_itself((step("connect"), step("execute", hang=True), ROLLBACK, step("execute", [(1,)]), CLOSE))
def cancelled(where: dict[str, Any]) -> Any:
    with closing(psycopg2.connect(**where)) as conn, conn.cursor() as cursor:
        timer = threading.Timer(0.05, conn.cancel)
        timer.start()
        found = failing(lambda: cursor.execute("SELECT pg_sleep(60)"))
        timer.join()
        conn.rollback()
        cursor.execute("SELECT 1::int8")
        return found, cursor.fetchall()


@by_itself((step("connect"), CLOSE))
def after_close(where: dict[str, Any]) -> Any:
    conn = psycopg2.connect(**where)
    cursor = conn.cursor()
    conn.close()
    conn.close()
    found = []
    for call in (conn.cursor, conn.commit, functools.partial(cursor.execute, "SELECT 1")):
        try:
            call()
        except psycopg2.Error as error:
            found.append((type(error).__name__, str(error)))
    return found, conn.closed


@snippet()
def wrong_arguments(conn: Any) -> Any:
    cursor, found = conn.cursor(), []
    for query, given in (("SELECT %s", ()), ("SELECT %s", (1, 2)), ("SELECT %s", (object(),)), ("SELECT %(a)s", {})):
        try:
            cursor.execute(query, given)
        except Exception as error:
            found.append((type(error).__name__, str(error).partition("0x")[0]))
    return found, failing(cursor.fetchall)


@snippet()
def asked_of_the_connection(conn: Any) -> Any:
    return (
        conn.encoding,
        conn.protocol_version,
        conn.get_parameter_status("client_encoding"),
        conn.get_parameter_status("DateStyle"),
        conn.get_parameter_status("standard_conforming_strings"),
        conn.get_backend_pid() > 0,
        conn.info.dbname,
        conn.info.user,
        conn.info.options,
        conn.info.error_message,
        conn.info.status,
        sorted(set(conn.get_dsn_parameters()) - {"passfile", "host", "hostaddr"}),
    )


@snippet(step("execute", [(1,)]), step("execute", [(2,)]), given="")
def early_bound(conn: Any) -> Any:
    first, second = conn.cursor(), conn.cursor()
    first.execute("SELECT 1::int8")
    second.execute("SELECT 2::int8")
    return first.fetchall(), second.fetchall(), first.connection is conn
