"""The same snippet against a real PostgreSQL and under bigfoot must give the same result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bigfoot import StrictVerifier

pytest.importorskip("psycopg", reason="psycopg is not installed")

from .postgres_server import BINARIES, postgres_server
from .snippets_psycopg import SNIPPETS, Snippet, psycopg

pytestmark = pytest.mark.skipif(BINARIES is None, reason="PostgreSQL is not installed (Debian: postgresql)")
NOWHERE = {"host": "db.invalid", "port": 5432, "user": "postgres", "dbname": "postgres"}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with postgres_server() as running:
        yield running


def emptied(options: dict[str, Any], given: str) -> None:
    backstage = psycopg.connect(**options)
    backstage.autocommit = True
    backstage.cursor().execute(("DROP SCHEMA public CASCADE; CREATE SCHEMA public;" + given).encode())
    backstage.close()


def promise(verifier: StrictVerifier, snippet: Snippet) -> None:
    for steps in snippet.sessions:
        session = verifier.plugin("psycopg_mock").new_session()
        for step in steps:
            options = dict(step.options or {})
            if "raises" not in options:
                options["returns"] = step.returns
            session.expect(step.name, **options)


def asserted(verifier: StrictVerifier) -> None:
    for interaction in list(verifier.timeline):
        source = getattr(verifier.plugin("psycopg_mock"), interaction.source_id.partition(":")[2])
        verifier.assert_interaction(source, **interaction.details)
    verifier.verify_all()


@pytest.mark.parametrize("snippet", [pytest.param(one, id=one.name) for one in SNIPPETS])
def test_same_result(port: int, verifier: StrictVerifier, snippet: Snippet) -> None:
    real = {"host": "127.0.0.1", "port": port, "user": "postgres", "dbname": "postgres"}
    emptied(real, snippet.given)
    expected = snippet.run(real)
    promise(verifier, snippet)
    with verifier.sandbox():
        found = snippet.run(NOWHERE)
    assert found == expected
    asserted(verifier)
