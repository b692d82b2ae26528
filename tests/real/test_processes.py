"""The same snippet with real child processes and under bigfoot must give the same result."""

from __future__ import annotations

from typing import Any

import pytest

from bigfoot import StrictVerifier

from . import snippets_processes, snippets_processes_async
from .snippets_processes import Snippet
from .snippets_processes_async import AsyncSnippet

EVERY = pytest.mark.parametrize("snippet", [pytest.param(one, id=one.name) for one in snippets_processes.SNIPPETS])
EVERY_ASYNC = pytest.mark.parametrize(
    "snippet", [pytest.param(one, id=one.name) for one in snippets_processes_async.SNIPPETS]
)


def promise(plugin: Any, sessions: tuple[snippets_processes.Steps, ...]) -> None:
    for steps in sessions:
        session = plugin.new_session()
        for name, returns, *options in steps:
            session.expect(name, returns=returns, **(options[0] if options else {}))


def assert_all(verifier: StrictVerifier) -> None:
    """Assert every interaction, as it is recorded; nothing is left, and nothing was promised in vain."""
    for interaction in list(verifier.timeline):
        source = getattr(interaction.plugin, interaction.source_id.rpartition(":")[2])
        verifier.assert_interaction(source, **interaction.details)
    verifier.verify_all()


@EVERY
def test_same_result(snippet: Snippet, verifier: StrictVerifier) -> None:
    real = snippet.run()
    runs = verifier.plugin("subprocess_mock")
    for command, code, stdout, stderr in snippet.runs:
        runs.mock_run(command, returncode=code, stdout=stdout, stderr=stderr)
    promise(verifier.plugin("popen_mock"), snippet.sessions)
    with verifier.sandbox():
        scripted = snippet.run()
    assert scripted == real
    assert_all(verifier)


@EVERY_ASYNC
async def test_same_result_of_asyncio(snippet: AsyncSnippet, verifier: StrictVerifier) -> None:
    real = await snippet.run()
    promise(verifier.plugin("async_subprocess_mock"), snippet.sessions)
    with verifier.sandbox():
        scripted = await snippet.run()
    assert scripted == real
    assert_all(verifier)


@EVERY
def test_same_result_let_through(snippet: Snippet, verifier: StrictVerifier) -> None:
    verifier.plugin("popen_mock").pass_through("*")
    with verifier.sandbox():
        passed = snippet.run()
    assert passed == snippet.run()
    assert {interaction.how for interaction in verifier.timeline} == {"pass-through"}
    verifier.verify_all()


@EVERY_ASYNC
async def test_same_result_of_asyncio_let_through(snippet: AsyncSnippet, verifier: StrictVerifier) -> None:
    verifier.plugin("async_subprocess_mock").pass_through("*")
    with verifier.sandbox():
        passed = await snippet.run()
    assert passed == await snippet.run()
    assert {interaction.how for interaction in verifier.timeline} == {"pass-through"}
    verifier.verify_all()
