"""Connections of psycopg2 and psycopg that pass through to a real PostgreSQL are recorded, and must be asserted."""

from __future__ import annotations

import asyncio
import importlib
import io
from collections.abc import Iterator
from typing import Any

import pytest

from bigfoot import StrictVerifier, UnassertedInteractionsError, UnmockedInteractionError
from bigfoot.fakes.psycopg import PsycopgPlugin
from bigfoot.fakes.psycopg2 import Psycopg2Plugin

pytest.importorskip("psycopg2", reason="psycopg2 is not installed")
pytest.importorskip("psycopg", reason="psycopg is not installed")

import psycopg

from .postgres_server import BINARIES, postgres_server

pytestmark = pytest.mark.skipif(BINARIES is None, reason="PostgreSQL is not installed (Debian: postgresql)")
psycopg2: Any = importlib.import_module("psycopg2")  # what is written in C says nothing of its types


@pytest.fixture(scope="module")
def real() -> Iterator[dict[str, Any]]:
    """The options of a connection to it."""
    with postgres_server() as port:
        yield {"host": "127.0.0.1", "port": port, "user": "postgres", "dbname": "postgres"}


def test_statements_of_psycopg2(real: dict[str, Any], verifier: StrictVerifier) -> None:
    mock = Psycopg2Plugin(verifier)
    mock.pass_through(host="127.0.0.1", port=real["port"], dbname="postgres")
    with verifier.sandbox():
        conn = psycopg2.connect(**real)
        cursor = conn.cursor()
        conn.commit()
        cursor.execute("CREATE TEMP TABLE t (n int8)")
        cursor.execute("INSERT INTO t VALUES (%s), (%s)", (1, 2))
        cursor.copy_from(io.StringIO("3\n"), "t")
        conn.commit()
        cursor.execute("SELECT n FROM t ORDER BY n")
        assert cursor.fetchall() == [(1,), (2,), (3,)]
        conn.rollback()
        with pytest.raises(psycopg2.errors.UndefinedTable):
            cursor.execute("SELECT * FROM nothing")
        assert conn.get_dsn_parameters()["port"] == str(real["port"])
        conn.close()
    assert {one.how for one in verifier.timeline} == {"pass-through"}
    with pytest.raises(UnassertedInteractionsError):
        verifier.verify_all()
    mock.assert_connect(**real)
    mock.assert_execute(sql="CREATE TEMP TABLE t (n int8)")
    insert = {"sql": "INSERT INTO t VALUES (%s), (%s)", "parameters": (1, 2)}
    verifier.assert_interaction(mock.execute, **insert, status="INSERT 0 2", rows=2)
    mock.assert_copy_from(table="t", columns=None, data=b"3\n")
    mock.assert_commit()
    verifier.assert_interaction(mock.execute, sql="SELECT n FROM t ORDER BY n", parameters=None, rows=3)
    mock.assert_rollback()
    mock.assert_execute(sql="SELECT * FROM nothing")
    mock.assert_close()
    verifier.verify_all()


def test_statements_of_psycopg(real: dict[str, Any], verifier: StrictVerifier) -> None:
    mock = PsycopgPlugin(verifier)
    mock.pass_through(host="127.0.0.1", port=real["port"], dbname="postgres")

    async def run() -> Any:
        async with await psycopg.AsyncConnection.connect(**real) as conn:
            cursor = await conn.execute("SELECT %s::int8", (2,))
            return await cursor.fetchall()

    with verifier.sandbox():
        with psycopg.connect(**real) as conn:
            assert conn.execute("SELECT 1::int8").fetchall() == [(1,)]
            with conn.cursor().copy("COPY (SELECT 1) TO STDOUT") as copy:
                assert b"".join(bytes(data) for data in copy) == b"1\n"
        assert asyncio.run(run()) == [(2,)]
    mock.assert_connect(**real)
    verifier.assert_interaction(mock.execute, query="SELECT 1::int8", params=None, rows=1, status="SELECT 1")
    mock.assert_copy(query="COPY (SELECT 1) TO STDOUT")
    mock.assert_commit()
    mock.assert_close()
    mock.assert_connect(**real)
    mock.assert_execute(query="SELECT %s::int8", params=(2,))
    mock.assert_commit()
    mock.assert_close()
    verifier.verify_all()


def test_a_rule_names_what_passes(real: dict[str, Any], verifier: StrictVerifier) -> None:
    Psycopg2Plugin(verifier).pass_through(host="127.0.0.1", dbname="other")
    PsycopgPlugin(verifier).pass_through(port=1)
    with verifier.sandbox():
        with pytest.raises(UnmockedInteractionError, match="psycopg2:connect"):
            psycopg2.connect(**real)
        with pytest.raises(UnmockedInteractionError, match="psycopg:connect"):
            psycopg.connect(**real)


def test_sessions_come_before_the_rule(real: dict[str, Any], verifier: StrictVerifier) -> None:
    mock = Psycopg2Plugin(verifier)
    mock.pass_through()
    session = mock.new_session().expect("connect", returns=None).expect("execute", returns=[(7,)])
    session.expect("close", returns=None)
    found = []
    with verifier.sandbox():
        for _ in range(2):
            conn = psycopg2.connect(**real)
            with conn.cursor() as cursor:
                cursor.execute("SELECT 1::int8")
                found += cursor.fetchall()
            conn.close()
    assert found == [(7,), (1,)]
    assert [one.how for one in verifier.timeline] == ["mock"] * 3 + ["pass-through"] * 3
