"""The same snippet against a real sqlite database and under bigfoot must give the same result."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bigfoot import StrictVerifier

pytest.importorskip("aiosqlite", reason="aiosqlite is not installed")
pytest.importorskip("sqlalchemy", reason="SQLAlchemy is not installed")

from .snippets_sqlite import GIVEN, SNIPPETS, Snippet

EVERY_SNIPPET = pytest.mark.parametrize("snippet", [pytest.param(one, id=one.name) for one in SNIPPETS])


@pytest.fixture
def real(tmp_path: Path) -> str:
    path = str(tmp_path / "real.db")
    with closing(sqlite3.connect(path)) as database:
        database.executescript(GIVEN)
    return path


def asserted(verifier: StrictVerifier) -> None:
    for interaction in list(verifier.timeline):
        source = getattr(verifier.plugin("db_mock"), interaction.source_id.partition(":")[2])
        verifier.assert_interaction(source, **interaction.details)
    verifier.verify_all()


@EVERY_SNIPPET
def test_same_result(verifier: StrictVerifier, snippet: Snippet, real: str) -> None:
    expected = snippet.run(real)
    for steps in snippet.sessions:
        session = verifier.plugin("db_mock").new_session().expect("connect", returns=None)
        for step in steps:
            session.expect(step.name, **step.options)
        session.expect("close", returns=None)
    with verifier.sandbox():
        found = snippet.run("nowhere.db")
    assert found == expected
    assert not Path("nowhere.db").exists()
    asserted(verifier)


@EVERY_SNIPPET
def test_same_record_when_passed_through(verifier: StrictVerifier, snippet: Snippet, real: str, tmp_path: Path) -> None:
    plugin = verifier.plugin("db_mock")
    plugin.pass_through(real)
    with verifier.sandbox():
        snippet.run(real)
    recorded = [interaction.source_id.partition(":")[2] for interaction in verifier.timeline]
    between = [name for name in recorded if name not in ("connect", "close")]
    promised = [step.name for steps in snippet.sessions for step in steps]
    assert (set(between) >= set(promised)) if snippet.refused else (sorted(between) == sorted(promised))
    asserted(verifier)
