"""The same snippet against a real PostgreSQL and under bigfoot must give the same result."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from bigfoot import StrictVerifier

pytest.importorskip("asyncpg", reason="asyncpg is not installed")

from ..loops import LOOPS, runner
from .postgres_server import BINARIES, postgres_server
from .snippets_asyncpg import SNIPPETS, Snippet, asyncpg

MISSING = pytest.mark.skipif(BINARIES is None, reason="PostgreSQL is not installed (Debian: postgresql)")
EVERY_SNIPPET = pytest.mark.parametrize("snippet", [pytest.param(one, id=one.name) for one in SNIPPETS])
NOWHERE = {"host": "db.invalid", "port": 5432, "user": "postgres", "database": "app"}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with postgres_server() as running:
        yield running


async def emptied(options: dict[str, Any], given: str) -> None:
    backstage = await asyncpg.connect(**options)
    await backstage.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public;" + given)
    await backstage.close()


def promise(verifier: StrictVerifier, snippet: Snippet) -> None:
    for steps in snippet.sessions:
        session = verifier.plugin("asyncpg_mock").new_session()
        for step in steps:
            options = dict(step.options or {})
            if "raises" not in options:
                options["returns"] = step.returns
            session.expect(step.name, **options)


def asserted(verifier: StrictVerifier) -> None:
    for interaction in list(verifier.timeline):
        source = getattr(verifier.plugin("asyncpg_mock"), interaction.source_id.partition(":")[2])
        verifier.assert_interaction(source, **interaction.details)
    verifier.verify_all()


@MISSING
@EVERY_SNIPPET
def test_same_result(port: int, verifier: StrictVerifier, snippet: Snippet) -> None:
    real = {"host": "127.0.0.1", "port": port, "user": "postgres", "database": "postgres"}

    async def really() -> Any:
        await emptied(real, snippet.given)
        return await snippet.run(real)

    expected = asyncio.run(really())
    promise(verifier, snippet)
    with verifier.sandbox():
        found = runner("asyncio")(snippet.run(NOWHERE))
    assert found == expected
    asserted(verifier)


@EVERY_SNIPPET
@pytest.mark.parametrize("loop", LOOPS[1:])
def test_same_result_on_other_loops(snippet: Snippet, loop: str) -> None:
    results = []
    for which in ("asyncio", loop):
        verifier = StrictVerifier()
        promise(verifier, snippet)
        with verifier.sandbox():
            results.append(runner(which)(snippet.run(NOWHERE)))
        asserted(verifier)
    assert results[0] == results[1]
