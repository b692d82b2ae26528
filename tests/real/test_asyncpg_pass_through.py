"""Connections of asyncpg that pass through to a real PostgreSQL are recorded, and must be asserted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import bigfoot
from bigfoot import StrictVerifier, UnassertedInteractionsError, UnmockedInteractionError
from bigfoot.fakes.asyncpg import AsyncpgPlugin

pytest.importorskip("asyncpg", reason="asyncpg is not installed")

from .postgres_server import BINARIES, postgres_server
from .snippets_asyncpg import asyncpg

pytestmark = pytest.mark.skipif(BINARIES is None, reason="PostgreSQL is not installed (Debian: postgresql)")


@pytest.fixture(scope="module")
def real() -> Iterator[dict[str, Any]]:
    """The options of a connection to it."""
    with postgres_server() as port:
        yield {"host": "127.0.0.1", "port": port, "user": "postgres", "database": "postgres"}


def test_statements_are_recorded(real: dict[str, Any], verifier: StrictVerifier) -> None:
    mock = AsyncpgPlugin(verifier)
    mock.pass_through(host="127.0.0.1", port=real["port"], dbname="postgres")

    async def run() -> Any:
        conn = await asyncpg.connect(**real)
        await conn.execute("CREATE TEMP TABLE t (n int8)")
        async with conn.transaction():
            status = await conn.execute("INSERT INTO t VALUES ($1), ($2)", 1, 2)
        rows = await conn.fetch("SELECT n FROM t ORDER BY n")
        row = await conn.fetchrow("SELECT n FROM t WHERE n = $1", 7)
        with pytest.raises(asyncpg.UndefinedTableError):
            await conn.fetchval("SELECT * FROM nothing")
        await conn.close()
        return status, [dict(one) for one in rows], row

    with verifier.sandbox():
        assert asyncio.run(run()) == ("INSERT 0 2", [{"n": 1}, {"n": 2}], None)
    with pytest.raises(UnassertedInteractionsError):
        verifier.verify_all()
    assert {one.how for one in verifier.timeline} == {"pass-through"}
    mock.assert_connect(**real)
    mock.assert_execute(query="CREATE TEMP TABLE t (n int8)", args=[])
    insert = {"query": "INSERT INTO t VALUES ($1), ($2)", "args": [1, 2]}
    verifier.assert_interaction(mock.execute, **insert, status="INSERT 0 2")
    verifier.assert_interaction(mock.fetch, query="SELECT n FROM t ORDER BY n", args=[], rows=2)
    verifier.assert_interaction(mock.fetchrow, query="SELECT n FROM t WHERE n = $1", args=[7], rows=0)
    mock.assert_fetchval(query="SELECT * FROM nothing", args=[])
    mock.assert_close()
    verifier.verify_all()


def test_a_rule_names_what_passes(real: dict[str, Any], verifier: StrictVerifier) -> None:
    mock = AsyncpgPlugin(verifier)
    mock.pass_through(host="127.0.0.1", dbname="other")
    with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match="asyncpg:connect"):
        asyncio.run(asyncpg.connect(**real))


def test_sessions_come_before_the_rule(real: dict[str, Any], verifier: StrictVerifier) -> None:
    mock = AsyncpgPlugin(verifier)
    mock.pass_through()
    mock.new_session().expect("connect", returns=None).expect("fetchval", returns=7).expect("close", returns=None)

    async def run() -> list[int]:
        found = []
        for _ in range(2):
            conn = await asyncpg.connect("postgresql://postgres@127.0.0.1:{port}/postgres".format(**real))
            found.append(await conn.fetchval("SELECT 1::int8"))
            await conn.close()
        return found

    with verifier.sandbox():
        assert asyncio.run(run()) == [7, 1]
    assert [one.how for one in verifier.timeline] == ["mock"] * 3 + ["pass-through"] * 3
    assert bigfoot.AsyncpgPlugin is AsyncpgPlugin
