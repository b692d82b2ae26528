"""What programs do with SQLAlchemy 2 on PostgreSQL, each once; the steps are those of a driver of libpq."""

from __future__ import annotations

import datetime
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

TABLES = """
    CREATE TABLE users (id serial PRIMARY KEY, name varchar NOT NULL UNIQUE, since date, extra jsonb);
    CREATE TABLE notes (id serial PRIMARY KEY, user_id int REFERENCES users, text varchar NOT NULL);
"""
TWO = TABLES + "INSERT INTO users (name) VALUES ('Ada'), ('Bob'); INSERT INTO notes (user_id, text) VALUES (1, 'hi');"


class Table(DeclarativeBase):
    """The tables."""


class User(Table):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    since: Mapped[datetime.date | None]
    extra: Mapped[Any] = mapped_column(JSONB, nullable=True)
    notes: Mapped[list[Note]] = relationship(back_populates="user")


class Note(Table):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    text: Mapped[str]
    user: Mapped[User] = relationship(back_populates="notes")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A snippet.

    Attributes:
        name: its name.
        run: takes an engine.
        given: what the database holds before.
        steps: what a test promises, in the words of psycopg: names, and what they give or raise.
    """

    name: str
    run: Callable[[Any], Any]
    given: str
    steps: tuple[tuple[str, Any], ...]


SYNC: list[Snippet] = []
ASYNC: list[Snippet] = []
COMMIT, ROLLBACK = ("commit", None), ("rollback", None)


class Duplicate:
    """The driver's own error for a key that is there already."""


def snippet(*steps: tuple[str, Any], given: str = TWO) -> Callable[[Callable[[sa.Engine], Any]], None]:
    def add(run: Callable[[sa.Engine], Any]) -> None:
        SYNC.append(Snippet(getattr(run, "__name__", ""), run, given, steps))

    return add


def asynchronous(
    *steps: tuple[str, Any], given: str = TWO
) -> Callable[[Callable[[AsyncEngine], Awaitable[Any]]], None]:
    def add(run: Callable[[AsyncEngine], Awaitable[Any]]) -> None:
        ASYNC.append(Snippet(getattr(run, "__name__", ""), run, given, steps))

    return add


@snippet(("execute", [(1, "Ada"), (2, "Bob")]), ROLLBACK)
def select(engine: sa.Engine) -> Any:
    with engine.connect() as conn:
        rows = conn.execute(sa.select(User.id, User.name).where(User.id < 3).order_by(User.id))
        return [(row.id, row.name) for row in rows]


@snippet(("execute", [(7,)]), ROLLBACK)
def text(engine: sa.Engine) -> Any:
    with engine.connect() as conn:
        return conn.execute(sa.text("SELECT CAST(:n AS int) AS n"), {"n": 7}).scalar_one()


@snippet(("execute", [(3,)]), COMMIT)
def insert_in_begin(engine: sa.Engine) -> Any:
    with engine.begin() as conn:
        result = conn.execute(sa.insert(User).values(name="Cy", extra={"a": [1]}, since=datetime.date(2026, 1, 2)))
        return result.inserted_primary_key


@snippet(("execute", 2), COMMIT)
def update(engine: sa.Engine) -> Any:
    with engine.begin() as conn:
        return conn.execute(sa.update(User).values(since=None)).rowcount


@snippet(("execute", [(1,)]), COMMIT)
def upsert(engine: sa.Engine) -> Any:
    statement = insert(User).values(name="Ada").on_conflict_do_update(index_elements=["name"], set_={"since": None})
    with engine.begin() as conn:
        return conn.execute(statement.returning(User.id)).scalars().all()


@snippet(("execute", Duplicate), ROLLBACK)
def integrity_error(engine: sa.Engine) -> Any:
    try:
        with engine.begin() as conn:
            conn.execute(sa.text("INSERT INTO users (name) VALUES ('Ada')"))
    except IntegrityError as error:
        return type(error.orig).__name__
    return None


@snippet(("execute", [(3,)]), ("execute", [(2,)]), COMMIT)
def unit_of_work(engine: sa.Engine) -> Any:
    with Session(engine) as session:
        user = User(name="Cy", notes=[Note(text="first")])
        session.add(user)
        session.flush()
        found = user.id, user.notes[0].id, user.notes[0].user_id
        session.commit()
        return found


@snippet(
    ("execute", [{"users_id": 1, "users_name": "Ada", "users_since": None, "users_extra": None}]),
    ("execute", 1),
    COMMIT,
)
def get_and_change(engine: sa.Engine) -> Any:
    with Session(engine) as session:
        user = session.get_one(User, 1)
        name, user.name = user.name, "Eve"
        session.commit()
        return name


@snippet(
    ("execute", [{"id": 1, "name": "Ada", "since": None, "extra": None}]),
    ("execute", [{"notes_user_id": 1, "notes_id": 1, "notes_text": "hi"}]),
    ROLLBACK,
)
def loading(engine: sa.Engine) -> Any:
    with Session(engine) as session:
        users = session.scalars(sa.select(User).where(User.id == 1).options(selectinload(User.notes))).all()
        return [(user.name, [note.text for note in user.notes]) for user in users]


@snippet(("execute", [(1,)]), ("execute", 1), COMMIT, given=TABLES)
def savepoint(engine: sa.Engine) -> Any:
    with Session(engine) as session, session.begin():
        with session.begin_nested():
            session.add(User(name="Ada"))
        session.execute(sa.delete(User).where(User.name == "Ada"))
        return session.in_transaction()


@snippet(("execute", [(1,)]), ROLLBACK, ("execute", [(2,)]), ROLLBACK)
def pre_ping(engine: sa.Engine) -> Any:
    found = []
    for number in (1, 2):
        with engine.connect() as conn:
            found.append(conn.scalar(sa.text("SELECT CAST(:n AS int)"), {"n": number}))
    return found


@snippet(("execute", [(1,)]))
def autocommit(engine: sa.Engine) -> Any:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        return conn.scalar(sa.text("SELECT 1 AS one"))


@asynchronous(("fetch", [(1, "Ada"), (2, "Bob")]))
async def async_select(engine: AsyncEngine) -> Any:
    async with engine.connect() as conn:
        rows = await conn.execute(sa.select(User.id, User.name).where(User.id < 3).order_by(User.id))
        return [(row.id, row.name) for row in rows]


@asynchronous(("fetch", [(3,)]), given=TWO)
async def async_unit_of_work(engine: AsyncEngine) -> Any:
    async with AsyncSession(engine) as session:
        user = User(name="Cy", extra={"a": 1})
        session.add(user)
        await session.commit()
        return sa.inspect(user).identity


@asynchronous(("fetch", Duplicate), ("fetch", [(7,)]))
async def async_integrity_error(engine: AsyncEngine) -> Any:
    found = None
    try:
        async with engine.begin() as conn:
            await conn.execute(sa.text("INSERT INTO users (name) VALUES ('Ada')"))
    except IntegrityError as error:
        found = getattr(error.orig, "sqlstate", None)
    async with engine.connect() as conn:
        return found, await conn.scalar(sa.text("SELECT CAST(:n AS int)"), {"n": 7})
