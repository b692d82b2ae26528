"""What programs do with sqlite3, aiosqlite and SQLAlchemy, and what a test promises for it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import aiosqlite
import pytest
import sqlalchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

Run = Callable[[str], Any]

GIVEN = """
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE, age INTEGER, born birthday, photo BLOB);
INSERT INTO users VALUES (1, 'alice', 30, '1994-05-06', x'0001'), (2, 'bob', NULL, NULL, NULL),
  (5, 'eve', 41, NULL, '');
"""
SELECT = "SELECT id, name, age FROM users"
ROWS = [(1, "alice", 30), (2, "bob", None), (5, "eve", 41)]
INSERT = "INSERT INTO users (name, age) VALUES (?, ?)"

sqlite3.register_converter("birthday", lambda value: date.fromisoformat(value.decode()))


class Step(NamedTuple):
    name: str
    options: dict[str, Any]


def rows(returns: Any = (), **options: Any) -> Step:
    return Step("execute", {"returns": list(returns), **options})


def fails(error: BaseException) -> Step:
    return Step("execute", {"raises": error})


MANY, SCRIPT = Step("executemany", {"returns": None}), Step("executescript", {"returns": None})
COMMIT, ROLLBACK = Step("commit", {"returns": None}), Step("rollback", {"returns": None})


@dataclass(frozen=True, slots=True)
class Snippet:
    """`sessions` are the steps between `connect` and `close`, for each connection; `refused` tells whether the engine
    refuses statements, which take no step."""

    name: str
    run: Run
    sessions: tuple[tuple[Step, ...], ...]
    refused: bool


SNIPPETS: list[Snippet] = []


def snippet(
    *steps: Step, sessions: tuple[tuple[Step, ...], ...] | None = None, refused: bool = False
) -> Callable[[Run], Run]:
    def add(run: Run) -> Run:
        SNIPPETS.append(Snippet(getattr(run, "__name__", ""), run, sessions or (steps,), refused))
        return run

    return add


def fate(call: Callable[[], Any]) -> Any:
    """What comes of a call: its result, or the error by name and text."""
    try:
        return call()
    except (sqlite3.Error, sqlite3.Warning, TypeError, ValueError, OverflowError) as error:
        return type(error).__name__, str(error)


@snippet(rows(ROWS))
def fetches(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        cursor = db.execute(SELECT)
        return cursor.description, cursor.fetchone(), cursor.fetchmany(1), cursor.fetchall(), cursor.fetchone()


@snippet(rows(ROWS), rows([(2,)]))
def iterates(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        found = [name for _, name, _ in db.execute(SELECT)]
        return found, next(db.execute("SELECT id FROM users WHERE name = 'bob'")), db.total_changes


@snippet(rows(ROWS[:1]))
def rows_by_name(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        row = db.execute(f"{SELECT} WHERE id = :id", {"id": 1}).fetchone()
        return row.keys(), row["NAME"], dict(row), tuple(row), len(row), isinstance(row, sqlite3.Row)


@snippet(rows(ROWS[:2]))
def a_row_factory(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = lambda cursor, row: {
            column[0]: value for column, value in zip(cursor.description, row, strict=True)
        }
        return db.execute(f"{SELECT} LIMIT 2").fetchall()


@snippet(rows([(1, 1, 1, 30), (2, 2, 2, 41)]))
def names_of_expressions(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        sql = "SELECT u.id % 2 + 1, count( * ) AS n, count( * ), max(age)old FROM users AS u GROUP BY 1 ORDER BY 1"
        return db.execute(sql).description


@snippet(rows([(1, "alice", 30, "1994-05-06", b"\0\1")]))
def a_star(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT * FROM users WHERE id = ?", [1]).fetchall()


@snippet(rows([]))
def nothing_found(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        cursor = db.execute(f"{SELECT} WHERE id = ?", (99,))
        return cursor.description, cursor.fetchone(), cursor.fetchall(), cursor.rowcount


@snippet(rows([("1994-05-06",)], columns=[("born", "birthday")]), rows([("1994-05-06",)]))
def converters(path: str) -> Any:
    types = sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES
    with closing(sqlite3.connect(path, detect_types=types)) as db:
        declared = db.execute("SELECT born FROM users WHERE id = 1").fetchone()
        named = db.execute('SELECT max(born) AS "born [birthday]" FROM users')
        return declared, named.fetchone(), named.description[0][0]


@snippet(rows([("alice",)]), rows([(b"\0\1",)]))
def text_factory(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        db.text_factory = bytes
        return [db.execute(f"SELECT {column} FROM users WHERE id = 1").fetchone() for column in ("name", "photo")]


@snippet(rows(lastrowid=6), COMMIT)
def inserts(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        cursor = db.cursor()
        before = db.in_transaction
        cursor.execute(INSERT, ("dan", 7))
        found = before, db.in_transaction, cursor.rowcount, cursor.lastrowid, cursor.description
        db.commit()
        return found, db.in_transaction, db.total_changes - 3 * (db.total_changes > 3)


@snippet(rows(rowcount=2), rows(rowcount=0), ROLLBACK, rows(ROWS))
def updates_and_rolls_back(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        cursor = db.execute("UPDATE users SET age = age + 1 WHERE age > ?", (1,))
        missed = db.execute("DELETE FROM users WHERE id = 99")
        found = cursor.rowcount, cursor.lastrowid, missed.rowcount, db.total_changes, db.in_transaction
        db.rollback()
        return found, db.in_transaction, db.execute(SELECT).fetchall()


@snippet(rows([(6, "DAN")], lastrowid=6), COMMIT)
def returning(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db, db:
        cursor = db.execute("INSERT INTO users (name) VALUES ('dan') RETURNING id, upper(name) AS loud")
        return cursor.description, cursor.fetchall(), cursor.rowcount, cursor.lastrowid


@snippet(MANY, COMMIT, MANY, ROLLBACK)
def many(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        with db:
            cursor = db.executemany(INSERT, ((name, 1) for name in ("x", "y", "z")))
        named = db.executemany("UPDATE users SET age = :age WHERE name = :name", [{"age": 1, "name": "x"}])
        found = cursor.rowcount, cursor.lastrowid, named.rowcount, db.in_transaction
        db.rollback()
        return found


@snippet(rows(rowcount=3), COMMIT)
def many_values(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db, db:
        return db.execute(f"{INSERT}, (?, (?)), ('c', 1)", ("a", 1, "b", 2)).rowcount


@snippet(rows(), COMMIT, SCRIPT)
def a_script(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DELETE FROM users WHERE id = 1")
        db.commit()
        db.executescript("CREATE TABLE a (b); INSERT INTO a VALUES (';'); CREATE VIEW c AS SELECT b FROM a;")
        return db.in_transaction


@snippet(SCRIPT, ROLLBACK, refused=True)
def a_script_that_begins(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        db.executescript("BEGIN; INSERT INTO users (name) VALUES ('dan');")
        open_ = db.in_transaction
        db.rollback()
        return open_, db.in_transaction, fate(lambda: db.executescript("SELECT 1; SELEC"))


@snippet(fails(sqlite3.IntegrityError("UNIQUE constraint failed: users.name")), ROLLBACK)
def a_constraint(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:

        def insert() -> None:
            with db:
                db.execute(INSERT, ("alice", 1))

        return fate(insert), db.in_transaction


@snippet(fails(sqlite3.IntegrityError("UNIQUE constraint failed: users.name")), rows(), COMMIT)
def a_constraint_that_is_caught(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        found = fate(lambda: db.execute(INSERT, ("alice", 1))), db.in_transaction
        db.execute("UPDATE users SET age = 1 WHERE name = 'alice'")
        db.commit()
        return found


@snippet(refused=True)
def mistakes(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        calls: list[tuple[Any, ...]] = [
            ("SELEC 1",),
            ("SELECT (1",),
            ("SELECT 'x",),
            ("",),
            ("SELECT 1; SELECT 2",),
            (INSERT, ("a",)),
            (INSERT, ("a", 1, 2)),
            (INSERT, ("a", object())),
            (INSERT, ("a", 2**70)),
            ("SELECT :a", {"b": 1}),
            (INSERT, 17),
            (17,),
        ]
        found = [fate(lambda call=call: db.execute(*call).fetchall()) for call in calls]  # type: ignore[misc]
        return found, fate(lambda: db.executemany(SELECT.replace("users", "sqlite_master"), 17))  # type: ignore[arg-type]


@snippet(rows(ROWS))
def a_closed_connection(path: str) -> Any:
    db = sqlite3.connect(path)
    cursor = db.execute(SELECT)
    db.close()
    db.close()
    calls: tuple[Callable[[], Any], ...] = (cursor.fetchone, db.commit, db.cursor, lambda: db.execute(SELECT))
    return [fate(call) for call in calls]


@snippet()
def another_thread(path: str) -> Any:
    found: list[Any] = []
    with closing(sqlite3.connect(path)) as db:
        thread = threading.Thread(target=lambda: found.append(fate(lambda: db.execute(SELECT))))
        thread.start()
        thread.join()
    return found[0][0], found[0][1][:40]


@snippet(rows(ROWS), rows(), COMMIT)
def any_thread(path: str) -> Any:
    found: list[Any] = []
    with closing(sqlite3.connect(path, check_same_thread=False)) as db:

        def work() -> None:
            found.append(db.execute(SELECT).fetchall())
            with db:
                found.append(db.execute("DELETE FROM users WHERE id = 5").rowcount)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return found, db.in_transaction


@snippet(rows(), COMMIT, rows(), ROLLBACK)
def transactions_by_hand(path: str) -> Any:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        states = [db.isolation_level, db.in_transaction]
        for sql in (
            "BEGIN IMMEDIATE",
            "SAVEPOINT here",
            "DELETE FROM users WHERE id = 5",
            "ROLLBACK TO here",
            "RELEASE here",
            "COMMIT",
            "BEGIN",
            "DELETE FROM users WHERE id = 2",
            "ROLLBACK",
        ):
            db.execute(sql)
            states.append(db.in_transaction)
        return states, fate(lambda: db.execute("COMMIT")), fate(lambda: db.execute("ROLLBACK"))


@snippet(rows(), rows())
def autocommit_of_old(path: str) -> Any:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DELETE FROM users WHERE id = 5")
        with db:
            db.execute("CREATE TABLE a (b)")
        db.commit()
        return db.in_transaction


@snippet(rows(ROWS), rows([(1,)]))
def harmless_commits(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        db.commit()
        with db:
            db.execute(SELECT).fetchall()
        db.rollback()
        db.execute("WITH a AS (SELECT 1 AS n) SELECT n FROM a")
        db.commit()
        return db.in_transaction


@snippet(rows([("wal",)], columns=["journal_mode"]), rows())
def pragmas(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        mode = db.execute("PRAGMA journal_mode = WAL")
        keys = db.execute("PRAGMA foreign_keys = ON")
        return mode.description, mode.fetchall(), keys.description, keys.fetchall()


class Accounts(sqlite3.Connection):
    """A connection of a program's own, with a cursor of its own."""

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(factory or Names)

    def names(self) -> list[str]:
        return self.cursor().execute("SELECT name FROM users ORDER BY id").names()  # type: ignore[no-any-return]


class Names(sqlite3.Cursor):
    def names(self) -> list[str]:
        return [row[0] for row in self]


@snippet(rows([("alice",), ("bob",), ("eve",)]))
def classes_of_its_own(path: str) -> Any:
    with closing(sqlite3.connect(path, factory=Accounts)) as db:
        return db.names(), type(db).__name__, type(db.cursor()).__name__, isinstance(db, Accounts)


@snippet(rows([(3,)]))
def a_function(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        db.create_function("size", 1, lambda text: len(text))
        db.create_collation("backwards", lambda one, other: (one < other) - (one > other))
        return db.execute("SELECT size(name) FROM users WHERE id = 2").fetchone()


@snippet(rows(ROWS), rows(ROWS[:1]))
def cursors_side_by_side(path: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        one = db.execute(SELECT)
        first = one.fetchone()
        other = db.cursor().execute(f"{SELECT} LIMIT 1")
        rest = one.fetchall()
        one.close()
        return first, rest, other.fetchall(), other.arraysize, fate(one.fetchone)


@snippet(sessions=((rows(), COMMIT), (rows([(2,)]),)))
def two_connections(path: str) -> Any:
    with closing(sqlite3.connect(path)) as one:
        one.execute("DELETE FROM users WHERE id = 5")
        one.commit()
        with closing(sqlite3.connect(path)) as other:
            return other.execute("SELECT count(*) FROM users").fetchone()


@snippet(rows(ROWS), rows(), COMMIT)
def by_aiosqlite(path: str) -> Any:
    async def main() -> Any:
        async with aiosqlite.connect(path) as db:
            async with db.execute(SELECT) as cursor:
                found = [row async for row in cursor]
            deleted = await db.execute("DELETE FROM users WHERE id = ?", (5,))
            await db.commit()
            return found, deleted.rowcount, db.in_transaction

    return asyncio.run(main())


@snippet(rows(ROWS), rows(), COMMIT)
def by_sqlalchemy(path: str) -> Any:
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as db:
            found = [dict(row) for row in db.execute(sqlalchemy.text(SELECT)).mappings()]
            deleted = db.execute(sqlalchemy.text("DELETE FROM users WHERE id = :id"), {"id": 5})
            return found, deleted.rowcount
    finally:
        engine.dispose()


@snippet(rows(ROWS), rows(), COMMIT)
def by_sqlalchemy_and_asyncio(path: str) -> Any:
    pytest.importorskip("greenlet", reason="greenlet is not installed")
    from sqlalchemy.ext.asyncio import create_async_engine

    async def main() -> Any:
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        async with engine.begin() as db:
            found = [tuple(row) for row in await db.execute(sqlalchemy.text(SELECT))]
            deleted = await db.execute(sqlalchemy.text("DELETE FROM users WHERE id = 5"))
        await engine.dispose()
        return found, deleted.rowcount

    return asyncio.run(main())


class Model(DeclarativeBase):
    pass


class User(Model):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@snippet(rows([(2, "bob")]), rows(lastrowid=6), COMMIT, rows([(6, "dan")]))
def by_sqlalchemys_mapping(path: str) -> Any:
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    try:
        with Session(engine) as session:
            bob = session.scalars(sqlalchemy.select(User).where(User.name == "bob")).one()
            session.add(dan := User(name="dan"))
            session.flush()
            session.commit()
            return bob.name if bob in session.new else 2, dan.id, dan.name
    finally:
        engine.dispose()
