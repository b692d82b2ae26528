"""sqlite3 in a sandbox: sessions, rows, transactions, and what is refused."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from bigfoot import (
    ConflictError,
    InteractionMismatchError,
    InvalidArgumentError,
    InvalidStateError,
    SandboxNotActiveError,
    StrictVerifier,
    UnassertedInteractionsError,
    UnmockedInteractionError,
    UnusedMocksError,
)
from bigfoot.plugins.database_plugin import DatabasePlugin

INSERT = "INSERT INTO users (name) VALUES (?)"
SELECT = "SELECT id, name FROM users"


@pytest.fixture
def db(verifier: StrictVerifier) -> DatabasePlugin:
    return DatabasePlugin(verifier)


@pytest.fixture
def users(db: DatabasePlugin) -> Any:
    """A session whose connection is promised."""
    return db.new_session().expect("connect", returns=None)


@pytest.fixture
def conn(users: Any, verifier: StrictVerifier) -> Iterator[sqlite3.Connection]:
    """An open connection, in its sandbox."""
    with verifier.sandbox():
        connection = sqlite3.connect("users.db")
        try:
            yield connection
        finally:
            users.expect("close", returns=None)
            connection.close()


def sources(verifier: StrictVerifier) -> list[str]:
    return [interaction.source_id for interaction in verifier.timeline]


def test_a_connection_is_the_librarys_own(users: Any, conn: sqlite3.Connection) -> None:
    users.expect("execute", returns=[(1, "alice"), (2, "bob")])
    assert isinstance(conn, sqlite3.Connection)
    cursor = conn.execute(SELECT)
    assert isinstance(cursor, sqlite3.Cursor)
    assert [column[0] for column in cursor.description] == ["id", "name"]
    assert (cursor.fetchone(), cursor.fetchmany(5), cursor.fetchall()) == ((1, "alice"), [(2, "bob")], [])
    assert (cursor.rowcount, conn.in_transaction, conn.total_changes) == (-1, False, 0)


def test_what_was_done_must_be_asserted(db: DatabasePlugin, verifier: StrictVerifier) -> None:
    session = db.new_session().expect("connect", returns=None).expect("execute", returns=[])
    session.expect("commit", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        connection = sqlite3.connect("users.db")
        connection.execute(INSERT, ["alice"])
        connection.commit()
        connection.close()
    with pytest.raises(UnassertedInteractionsError, match=r"bigfoot\.db_mock\.assert_connect\(database='users\.db'\)"):
        verifier.verify_all()
    db.assert_connect(database=Path("users.db"))
    with pytest.raises(InteractionMismatchError, match="alice"):
        db.assert_execute(sql=INSERT, parameters=("bob",))
    db.assert_execute(sql=INSERT, parameters=("alice",))
    db.assert_commit()
    db.assert_close()
    verifier.verify_all()


@pytest.mark.parametrize("given", [("alice",), ["alice"]])
@pytest.mark.parametrize("expected", [("alice",), ["alice"]])
def test_a_list_of_parameters_equals_a_tuple(
    users: Any, conn: sqlite3.Connection, db: DatabasePlugin, verifier: StrictVerifier, given: Any, expected: Any
) -> None:
    users.expect("execute", returns=None).expect("executemany", returns=None)
    conn.execute(INSERT, given)
    conn.executemany(INSERT, iter([given, given]))
    statements = [i for i in verifier.timeline if i.source_id != "db:connect"]
    assert statements[0].details["parameters"] == expected
    assert statements[1].details["parameters"] == [expected, expected]
    assert statements[0].details["parameters"] != ("bob",)
    assert repr(statements[0].details["parameters"]) == "('alice',)"


def test_options_of_connect_may_be_asserted(db: DatabasePlugin, verifier: StrictVerifier) -> None:
    db.new_session().expect("connect", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        sqlite3.connect(b"users.db", timeout=2.5, isolation_level=None).close()
    verifier.assert_interaction(db.connect, database="users.db", timeout=2.5, isolation_level=None)
    db.assert_close()


def test_a_factory_of_the_users_is_kept(db: DatabasePlugin, verifier: StrictVerifier) -> None:
    class Noted(sqlite3.Connection):
        def __init__(self, database: str, **options: Any) -> None:
            super().__init__(database, **options)
            self.database = database

        def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
            return super().execute(f"{sql} LIMIT 1", *args)

    class Loud(sqlite3.Cursor):
        def fetchone(self) -> Any:
            return [str(value).upper() for value in super().fetchone()]

    session = db.new_session().expect("connect", returns=None).expect("execute", returns=[("a",)])
    session.expect("execute", returns=[("a",)]).expect("close", returns=None)
    with verifier.sandbox(), closing(sqlite3.connect("users.db", factory=Noted)) as connection:
        assert isinstance(connection, Noted)
        assert connection.database == "users.db"
        connection.execute("SELECT name FROM users")
        cursor = connection.cursor(Loud).execute("SELECT name FROM users")
        assert isinstance(cursor, Loud)
        assert cursor.fetchone() == ["A"]
    db.assert_connect(database="users.db")
    db.assert_execute(sql="SELECT name FROM users LIMIT 1", parameters=())
    db.assert_execute(sql="SELECT name FROM users", parameters=())
    db.assert_close()


@pytest.mark.filterwarnings("ignore:Passing more than 1 positional argument:DeprecationWarning")
def test_arguments_by_position(db: DatabasePlugin, verifier: StrictVerifier) -> None:
    class Named(sqlite3.Connection):
        pass

    db.new_session().expect("connect", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        connect: Any = sqlite3.connect
        connection = connect("file:users.db?mode=ro", 5.0, 0, None, False, Named, 128, True)
        assert (type(connection).__name__, connection.isolation_level) == ("Named", None)
        connection.close()
    db.assert_connect(database="file:users.db?mode=ro")
    db.assert_close()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="autocommit is new in Python 3.12")
@pytest.mark.parametrize("autocommit", [True, False])
def test_autocommit(db: DatabasePlugin, verifier: StrictVerifier, autocommit: bool) -> None:
    session = db.new_session().expect("connect", returns=None)
    for _ in range(2):
        session.expect("execute", returns=[])
        if not autocommit:
            session.expect("commit", returns=None)
    session.expect("execute", returns=[])
    if not autocommit:
        session.expect("rollback", returns=None)
    session.expect("executescript", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        options: dict[str, Any] = {"autocommit": autocommit}
        with closing(sqlite3.connect("users.db", **options)) as connection:
            connection.commit()
            for _ in range(2):
                with connection:
                    connection.execute(INSERT, ("alice",))
                assert connection.in_transaction is not autocommit
            assert connection.execute(INSERT, ("bob",)).rowcount == 1
            connection.rollback()
            connection.executescript("DELETE FROM users")
            assert connection.in_transaction is not autocommit
    assert verifier.plugin("db_mock").unused() == []


def test_a_mock_of_connect_is_a_conflict(verifier: StrictVerifier) -> None:
    with verifier.sandbox():
        pass
    with mock.patch("sqlite3.connect"), pytest.raises(ConflictError, match=r"sqlite3\.connect"), verifier.sandbox():
        pass


def test_a_function_as_factory_is_refused(users: Any, verifier: StrictVerifier) -> None:
    with verifier.sandbox(), pytest.raises(InvalidArgumentError, match=r"subclass of sqlite3\.Connection"):
        sqlite3.connect("users.db", factory=lambda *args, **options: None)  # type: ignore[call-overload]


def test_rows_of_dicts_follow_the_statement(users: Any, conn: sqlite3.Connection) -> None:
    users.expect("execute", returns=[{"name": "alice", "id": 1}])
    users.expect("execute", returns=[{"name": "alice", "id": 1}])
    assert conn.execute(SELECT).fetchall() == [(1, "alice")]
    cursor = conn.execute("SELECT * FROM users")
    assert [column[0] for column in cursor.description] == ["name", "id"]


def test_values_are_what_a_database_gives_back(users: Any, conn: sqlite3.Connection) -> None:
    given = [True, 1.5, "text", bytearray(b"ab"), None, date(2024, 1, 2), datetime(2024, 1, 2, 3)]
    users.expect("execute", returns=[given])
    row = conn.execute("SELECT a, b, c, d, e, f, g FROM t").fetchone()
    assert row == (1, 1.5, "text", b"ab", None, "2024-01-02", "2024-01-02 03:00:00")


def test_declared_types_are_converted(db: DatabasePlugin, verifier: StrictVerifier) -> None:
    sqlite3.register_converter("cents", lambda value: int(value) / 100)
    session = db.new_session().expect("connect", returns=None)
    session.expect("execute", returns=[(1, 250)], columns=["id", ("price", "cents")])
    session.expect("execute", returns=[(250,)]).expect("close", returns=None)
    types = sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES
    with verifier.sandbox(), closing(sqlite3.connect("shop.db", detect_types=types)) as connection:
        assert connection.execute("SELECT * FROM items WHERE id = ?", (1,)).fetchall() == [(1, 2.5)]
        cursor = connection.execute('SELECT price AS "price [cents]" FROM items')
        assert (cursor.fetchall(), cursor.description[0][0]) == ([(2.5,)], "price")


def test_what_a_statement_changes(users: Any, conn: sqlite3.Connection) -> None:
    users.expect("execute", returns=[]).expect("execute", returns=[], lastrowid=40, rowcount=2)
    users.expect("execute", returns=[], rowcount=3).expect("execute", returns=[(41, "x")])
    users.expect("execute", returns=[], rowcount=0)
    found = []
    for sql in (
        INSERT,
        "INSERT INTO users (name) SELECT ?",
        "UPDATE users SET name = ?",
        "INSERT INTO users (name) VALUES (?) RETURNING id, name",
        "DELETE FROM users WHERE name = ?",
    ):
        cursor = conn.execute(sql, ("alice",))
        rows = cursor.fetchall()
        found.append((rows, cursor.rowcount, cursor.lastrowid, conn.in_transaction))
    assert found[:3] == [([], 1, 1, True), ([], 2, 40, True), ([], 3, 40, True)]
    assert [(rows, count) for rows, count, _, _ in found[3:]] == [([(41, "x")], 1), ([], 0)]
    users.expect("rollback", returns=None)
    conn.rollback()
    assert not conn.in_transaction


def test_executemany_and_executescript(users: Any, conn: sqlite3.Connection) -> None:
    users.expect("executemany", returns=None).expect("executemany", returns=None, rowcount=1)
    users.expect("executescript", returns=None)
    assert conn.executemany(INSERT, [("a",), ("b",), ("c",)]).rowcount == 3
    assert conn.executemany("DELETE FROM users WHERE name = ?", [("a",), ("x",)]).rowcount == 1
    conn.executescript("CREATE TABLE a (b); CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;")
    assert not conn.in_transaction  # it commits first


def test_many_rows_and_many_parameters(users: Any, conn: sqlite3.Connection) -> None:
    users.expect("execute", returns=[(number,) for number in range(50_000)])
    marks = ", ".join("?" * 5_000)
    cursor = conn.execute(f"SELECT id FROM users WHERE id IN ({marks})", list(range(5_000)))
    assert sum(row[0] for row in cursor) == 50_000 * 49_999 // 2


def test_a_commit_that_changes_nothing_takes_no_step(users: Any, conn: sqlite3.Connection) -> None:
    users.expect("execute", returns=[]).expect("execute", returns=[]).expect("commit", returns=None)
    conn.commit()
    conn.execute(SELECT)
    conn.commit()
    with conn:
        conn.execute(INSERT, ("alice",))
    conn.commit()
    conn.rollback()


def test_a_commit_that_the_script_has_after_a_query_is_taken(users: Any, conn: sqlite3.Connection) -> None:
    users.expect("execute", returns=[]).expect("commit", returns=None)
    conn.execute(SELECT)
    conn.commit()
    assert users.next_is("commit") is False


def test_a_commit_without_a_statement_is_refused_in_the_script(db: DatabasePlugin) -> None:
    with pytest.raises(InvalidStateError, match="commit"):
        db.new_session().expect("connect", returns=None).expect("commit", returns=None)


def test_transactions_by_sql(db: DatabasePlugin, verifier: StrictVerifier) -> None:
    session = db.new_session().expect("connect", returns=None).expect("execute", returns=[])
    session.expect("commit", returns=None).expect("begin", returns=None).expect("rollback", returns=None)
    session.expect("close", returns=None)
    with verifier.sandbox(), closing(sqlite3.connect("users.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("SAVEPOINT here")
        connection.execute(INSERT, ("alice",))
        connection.execute("ROLLBACK TO here")
        connection.execute("RELEASE here")
        assert connection.in_transaction
        connection.execute("COMMIT")
        with pytest.raises(sqlite3.OperationalError, match="no transaction is active"):
            connection.execute("COMMIT")
        connection.execute("begin")
        connection.execute("rollback")
    db.assert_connect(database="users.db")
    db.assert_execute(sql=INSERT, parameters=("alice",))
    db.assert_commit()
    db.assert_begin()
    db.assert_rollback()
    db.assert_close()
    verifier.verify_all()


def test_errors_are_raised_in_their_transaction(users: Any, conn: sqlite3.Connection) -> None:
    users.expect("execute", raises=sqlite3.IntegrityError("UNIQUE constraint failed: users.name"))
    users.expect("rollback", returns=None)
    with pytest.raises(sqlite3.IntegrityError, match=r"users\.name"), conn:
        conn.execute(INSERT, ("alice",))
    users.expect("execute", raises=sqlite3.OperationalError).expect("commit", raises=sqlite3.OperationalError("busy"))
    with pytest.raises(sqlite3.OperationalError):
        conn.execute(INSERT, ("alice",))
    assert conn.in_transaction
    with pytest.raises(sqlite3.OperationalError, match="busy"):
        conn.commit()
    assert conn.in_transaction


def test_a_commit_that_fails_at_the_end_of_a_block_is_rolled_back(users: Any, conn: sqlite3.Connection) -> None:
    users.expect("execute", returns=[]).expect("commit", raises=sqlite3.OperationalError("database is locked"))
    with pytest.raises(sqlite3.OperationalError, match="locked"), conn:
        conn.execute(INSERT, ("alice",))
    assert not conn.in_transaction


def test_a_database_that_cannot_be_opened(db: DatabasePlugin, verifier: StrictVerifier) -> None:
    db.new_session().expect("connect", raises=sqlite3.OperationalError("unable to open database file"))
    with verifier.sandbox(), pytest.raises(sqlite3.OperationalError, match="unable to open"):
        sqlite3.connect("/nowhere/users.db")
    db.assert_connect(database="/nowhere/users.db")


@pytest.mark.parametrize(
    ("sql", "parameters", "error", "text"),
    [
        ("SELEC 1", (), sqlite3.OperationalError, "syntax error"),
        ("SELECT (1", (), sqlite3.OperationalError, "incomplete input"),
        ("SELECT 1; SELECT 2", (), (sqlite3.ProgrammingError, sqlite3.Warning), "one statement at a time"),
        (INSERT, (), sqlite3.ProgrammingError, "Incorrect number of bindings"),
        (INSERT, ("a", "b"), sqlite3.ProgrammingError, "Incorrect number of bindings"),
        (INSERT, (object(),), (sqlite3.InterfaceError, sqlite3.ProgrammingError), "parameter"),
        ("SELECT :a", {}, sqlite3.ProgrammingError, "did not supply a value"),
        (17, (), TypeError, "str"),
    ],
)
def test_what_the_engine_refuses_takes_no_step(
    users: Any, conn: sqlite3.Connection, sql: Any, parameters: Any, error: Any, text: str
) -> None:
    users.expect("execute", returns=[], required=False)
    with pytest.raises(error, match=text):
        conn.execute(sql, parameters)
    assert users.next_is("execute")


def test_a_closed_connection_and_another_thread(users: Any, verifier: StrictVerifier) -> None:
    users.expect("close", returns=None)
    with verifier.sandbox():
        refused_by_the_engine(sqlite3.connect("users.db"))
    assert sources(verifier) == ["db:connect", "db:close"]


def refused_by_the_engine(conn: sqlite3.Connection) -> None:
    found: list[BaseException] = []

    def elsewhere() -> None:
        for call in (lambda: conn.execute(SELECT), conn.commit, conn.close):
            try:
                call()
            except sqlite3.ProgrammingError as error:
                found.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert [str(error)[:35] for error in found] == ["SQLite objects created in a thread c"[:35]] * 3
    conn.close()
    conn.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        conn.execute(SELECT)


def test_nothing_is_promised(verifier: StrictVerifier, db: DatabasePlugin, tmp_path: Path) -> None:
    file = tmp_path / "users.db"
    with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match=r"new_session\(\)"):
        sqlite3.connect(file)
    assert not file.exists()


def test_a_statement_that_is_not_next(users: Any, verifier: StrictVerifier) -> None:
    users.expect("close", returns=None)

    def query() -> None:
        with closing(sqlite3.connect("users.db")) as connection:
            connection.execute(SELECT)

    with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match=r"promises .*close"):
        query()
    assert sources(verifier) == ["db:connect", "db:close"]


def test_an_unmocked_statement_is_not_hidden_by_its_cleaning_up(users: Any, verifier: StrictVerifier) -> None:
    users.expect("execute", returns=[])

    def change() -> None:
        with closing(sqlite3.connect("users.db")) as connection, connection:
            connection.execute(INSERT, ("alice",))
            connection.execute("UPDATE users SET name = NULL")

    with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match="UPDATE"):
        change()
    assert sources(verifier) == ["db:connect", "db:execute"]


def test_steps_that_are_not_used(users: Any, verifier: StrictVerifier) -> None:
    with pytest.raises(UnusedMocksError, match=r"expect\('connect'"):
        verifier.verify_all()


def test_sessions_bound_to_a_database(db: DatabasePlugin, verifier: StrictVerifier) -> None:
    for name in ("orders.db", None, "users.db"):
        session = db.new_session(name).expect("connect", returns=None)
        session.expect("execute", returns=[(name,)]).expect("close", returns=None)
    with verifier.sandbox():
        for name in ("users.db", "other.db", "orders.db"):
            with closing(sqlite3.connect(name)) as connection:
                assert connection.execute("SELECT name").fetchone() == (None if name == "other.db" else name,)


@pytest.mark.parametrize(
    ("step", "options", "text"),
    [
        ("execute", {"returns": "alice"}, "list of rows"),
        ("execute", {"returns": ["alice"]}, "list of rows"),
        ("execute", {"returns": [1]}, "list of rows"),
        ("execute", {"returns": [()]}, "same columns"),
        ("execute", {"returns": [(1,), (1, 2)]}, "same columns"),
        ("execute", {"returns": [{"a": 1}, {"b": 1}]}, "these columns: a"),
        ("execute", {"returns": [(object(),)]}, "adapter"),
        ("execute", {"returns": [(2**63,)]}, "64 bits"),
        ("execute", {"returns": [], "rowcount": -1}, "0 or more"),
        ("execute", {"returns": [], "lastrowid": "1"}, "row id"),
        ("execute", {"returns": [], "columns": "id"}, "names of columns"),
        ("execute", {"returns": [], "columns": [("id", "int); DROP")]}, "names of columns"),
        ("execute", {"returns": [], "colums": ["id"]}, "did you mean 'columns'"),
        ("executemany", {"returns": [(1,)]}, "gives None"),
        ("executemany", {"returns": None, "lastrowid": 1}, "takes"),
        ("connect", {"returns": 1}, "gives None"),
        ("connect", {"returns": None, "columns": ["id"]}, "takes returns"),
    ],
)
def test_a_step_that_cannot_be_played(db: DatabasePlugin, step: str, options: dict[str, Any], text: str) -> None:
    session = db.new_session()
    if step != "connect":
        session.expect("connect", returns=None)
    with pytest.raises(InvalidArgumentError, match=text):
        session.expect(step, **options)


@pytest.mark.parametrize(
    ("sql", "returns", "text"),
    [
        ("INSERT INTO users VALUES (1)", [(1,)], "INSERT gives no rows without RETURNING"),
        ("CREATE TABLE users (id)", [(1,)], "CREATE gives no rows: promise"),
        (SELECT, [(1, 2, 3)], "the statement gives 2: id, name"),
        (SELECT, [{"id": 1, "mail": "a"}], "these columns: id, name"),
    ],
)
def test_rows_that_the_statement_cannot_give(
    users: Any, conn: sqlite3.Connection, sql: str, returns: Any, text: str
) -> None:
    users.expect("execute", returns=returns)
    with pytest.raises(InvalidArgumentError, match=text):
        conn.execute(sql)


@pytest.mark.parametrize("given", [7, object()])
def test_a_database_that_is_no_path(db: DatabasePlugin, verifier: StrictVerifier, given: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="database"):
        db.new_session(given)
    with pytest.raises(InvalidArgumentError, match="database"):
        db.pass_through(given)
    with verifier.sandbox(), pytest.raises(TypeError, match="PathLike"):
        sqlite3.connect(given)


def test_pass_through(db: DatabasePlugin, verifier: StrictVerifier, tmp_path: Path) -> None:
    db.pass_through(f"{tmp_path}/*.db")
    file = tmp_path / "users.db"
    with verifier.sandbox():
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);")
            with connection:
                assert connection.execute(INSERT, ("alice",)).lastrowid == 1
            connection.execute("BEGIN")
            connection.executemany(INSERT, [("bob",), ("eve",)])
            connection.execute("ROLLBACK")
            connection.commit()
            assert connection.execute(SELECT).fetchall() == [(1, "alice")]
        with pytest.raises(UnmockedInteractionError):
            sqlite3.connect("elsewhere.db")
    with closing(sqlite3.connect(file)) as outside:
        assert outside.execute(SELECT).fetchall() == [(1, "alice")]
    assert {i.how for i in verifier.timeline} == {"pass-through"}
    db.assert_connect(database=file)
    db.assert_executescript(sql="CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);")
    db.assert_execute(sql=INSERT, parameters=("alice",))
    db.assert_commit()
    db.assert_executemany(sql=INSERT, parameters=[("bob",), ("eve",)])
    db.assert_rollback()
    db.assert_execute(sql=SELECT, parameters=())
    db.assert_close()
    assert verifier.timeline.unasserted() == []


@pytest.mark.parametrize("open_", [sqlite3.connect, sqlite3.Connection])
def test_what_was_bound_early_is_refused(verifier: StrictVerifier, tmp_path: Path, open_: Any) -> None:
    from bigfoot.seam import original

    early = original(sqlite3, "connect") if open_ is not sqlite3.Connection else open_
    with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match=r"call\s+sqlite3\.connect"):
        early(tmp_path / "users.db")
    assert list(tmp_path.iterdir()) == []


def test_tools_open_their_own_databases(verifier: StrictVerifier, tmp_path: Path) -> None:
    tool: dict[str, Any] = {"__name__": "coverage.sqlitedb", "sqlite3": sqlite3, "early": sqlite3.Connection}
    exec("def measure(path):\n    sqlite3.connect(path).close()\n    early(path).close()", tool)
    with verifier.sandbox():
        tool["measure"](tmp_path / ".coverage")
    assert (tmp_path / ".coverage").exists()
    assert sources(verifier) == []


def test_connections_from_before_and_after_are_left_alone(verifier: StrictVerifier, db: DatabasePlugin) -> None:
    with closing(sqlite3.connect(":memory:")) as before:
        assert type(before) is sqlite3.Connection
        with verifier.sandbox():
            assert before.execute("SELECT 1").fetchone() == (1,)
    with closing(sqlite3.connect(":memory:")) as after:
        assert type(after) is sqlite3.Connection


def test_a_connection_that_outlives_its_sandbox(users: Any, verifier: StrictVerifier) -> None:
    users.expect("execute", returns=[])
    with verifier.sandbox():
        connection = sqlite3.connect("users.db")
        connection.execute(INSERT, ("a",))
    with pytest.raises(SandboxNotActiveError, match="execute was called after its sandbox had ended"):
        connection.execute(INSERT, ("b",))
    with pytest.raises(SandboxNotActiveError, match="commit"):
        connection.commit()
    connection.rollback()
    connection.close()
    assert sources(verifier) == ["db:connect", "db:execute"]


def test_a_connection_is_taken_along_to_the_next_sandbox(users: Any, verifier: StrictVerifier) -> None:
    users.expect("execute", returns=[(1, "a")]).expect("close", returns=None)
    with verifier.sandbox():
        connection = sqlite3.connect("users.db")
    with verifier.sandbox():
        assert connection.execute(SELECT).fetchone() == (1, "a")
        connection.close()
    assert sources(verifier) == ["db:connect", "db:execute", "db:close"]


@pytest.mark.parametrize(
    "sql",
    ["PRAGMA read_uncommitted", 'PRAGMA main.table_info("users")', "select sqlite_compileoption_used('X')", "-- x", ""],
)
def test_questions_about_the_engine_take_no_step(
    users: Any, conn: sqlite3.Connection, verifier: StrictVerifier, sql: str
) -> None:
    users.expect("execute", returns=[], required=False)
    conn.execute(sql).fetchall()
    assert users.next_is("execute")
    assert sources(verifier) == ["db:connect"]


def test_the_private_database_looks_empty(users: Any, conn: sqlite3.Connection) -> None:
    users.expect("execute", returns=[]).expect("commit", returns=None)
    conn.execute(INSERT, ("a",))
    conn.commit()
    assert list(conn.iterdump()) == ["BEGIN TRANSACTION;", "COMMIT;"]
    conn.create_function("twice", 1, lambda value: value * 2)


def test_a_backup_of_the_private_database_is_empty(db: DatabasePlugin, verifier: StrictVerifier) -> None:
    session = db.new_session("users.db").expect("connect", returns=None).expect("execute", returns=[])
    session.expect("commit", returns=None).expect("close", returns=None)
    db.pass_through(":memory:")
    with verifier.sandbox(), closing(sqlite3.connect(":memory:")) as copy:
        with closing(sqlite3.connect("users.db")) as connection, connection:
            connection.execute(INSERT, ("alice",))
            connection.commit()
            connection.backup(copy)
        assert copy.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_in_threads_and_loops(db: DatabasePlugin, verifier: StrictVerifier) -> None:
    for number in range(8):
        session = db.new_session(f"{number}.db").expect("connect", returns=None)
        session.expect("execute", returns=[(number,)]).expect("close", returns=None)

    def query(number: int) -> Any:
        with closing(sqlite3.connect(f"{number}.db")) as connection:
            return connection.execute("SELECT n FROM t").fetchone()[0]

    async def main() -> list[Any]:
        return await asyncio.gather(*(asyncio.to_thread(query, number) for number in range(8)))

    with verifier.sandbox():
        assert asyncio.run(main()) == list(range(8))
    assert len(sources(verifier)) == 24


def test_the_guide_shows_the_states() -> None:
    guide = (Path(__file__).parents[1] / "docs" / "guides" / "sqlite.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{DatabasePlugin.diagram()}\n```" in guide
