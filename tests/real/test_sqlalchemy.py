"""SQLAlchemy on each driver: the same snippet against a real PostgreSQL and under bigfoot must give the same result."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from bigfoot import StrictVerifier

pytest.importorskip("sqlalchemy", reason="SQLAlchemy is not installed")
pytest.importorskip("greenlet", reason="greenlet is not installed")
pytest.importorskip("psycopg", reason="psycopg is not installed")
pytest.importorskip("psycopg2", reason="psycopg2 is not installed")
pytest.importorskip("asyncpg", reason="asyncpg is not installed")

import psycopg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from .postgres_server import BINARIES, postgres_server
from .snippets_sqlalchemy import ASYNC, SYNC, Duplicate, Snippet

pytestmark = pytest.mark.skipif(BINARIES is None, reason="PostgreSQL is not installed (Debian: postgresql)")
ERRORS = {
    "psycopg2": "psycopg2.errors:UniqueViolation",
    "psycopg": "psycopg.errors:UniqueViolation",
    "asyncpg": "asyncpg:UniqueViolationError",
}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with postgres_server() as running:
        yield running


def emptied(port: int, given: str) -> None:
    with psycopg.connect(f"host=127.0.0.1 port={port} user=postgres", autocommit=True) as backstage:
        backstage.execute(("DROP SCHEMA public CASCADE; CREATE SCHEMA public;" + given).encode())


def promise(verifier: StrictVerifier, driver: str, snippet: Snippet) -> None:
    session = verifier.plugin(f"{driver}_mock").new_session().expect("connect", returns=None)
    module, _, name = ERRORS[driver].partition(":")
    for step, gives in snippet.steps:
        if gives is Duplicate:
            session.expect(step, raises=getattr(importlib.import_module(module), name))
        else:
            session.expect(step, returns=gives)
    session.expect("close", returns=None)


def asserted(verifier: StrictVerifier, driver: str) -> None:
    for interaction in list(verifier.timeline):
        source = getattr(verifier.plugin(f"{driver}_mock"), interaction.source_id.partition(":")[2])
        verifier.assert_interaction(source, **interaction.details)
    verifier.verify_all()


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize("snippet", [pytest.param(one, id=one.name) for one in SYNC])
def test_same_result(port: int, verifier: StrictVerifier, driver: str, snippet: Snippet) -> None:
    def run(where: str) -> Any:
        engine = sa.create_engine(f"postgresql+{driver}://postgres@{where}/postgres", pool_pre_ping=True)
        try:
            return snippet.run(engine)
        finally:
            engine.dispose()

    emptied(port, snippet.given)
    expected = run(f"127.0.0.1:{port}")
    promise(verifier, driver, snippet)
    with verifier.sandbox():
        found = run("db.invalid")
    assert found == expected
    asserted(verifier, driver)


@pytest.mark.parametrize("snippet", [pytest.param(one, id=one.name) for one in ASYNC])
def test_same_result_of_asyncpg(port: int, verifier: StrictVerifier, snippet: Snippet) -> None:
    async def run(where: str) -> Any:
        engine: AsyncEngine = create_async_engine(f"postgresql+asyncpg://postgres@{where}/postgres", pool_pre_ping=True)
        try:
            return await snippet.run(engine)
        finally:
            await engine.dispose()

    emptied(port, snippet.given)
    expected = asyncio.run(run(f"127.0.0.1:{port}"))
    promise(verifier, "asyncpg", snippet)
    with verifier.sandbox():
        found = asyncio.run(run("db.invalid"))
    assert found == expected
    asserted(verifier, "asyncpg")
