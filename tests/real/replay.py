"""Run a snippet against the real server, scripted from what it said, and passed through to it: all must be equal."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import bigfoot

from .cases import Case, played
from .corpus import FRAMING
from .records import of_journal, of_timeline
from .server import Exchange, Server


@functools.cache
def real(case: Case, server: Server) -> tuple[object, list[Exchange]]:
    """Run a snippet against the real server; what it returned and what was said."""

    def enter() -> Any:
        server.forget()
        return nullcontext()

    result = played(case, server.url, enter)
    server.settle()
    return result, list(server.journal)


def sandboxed(server: Server) -> Callable[[], bigfoot.SandboxContext]:
    """Return what a snippet enters under bigfoot: from here on the server counts."""

    def enter() -> bigfoot.SandboxContext:
        server.forget()
        return bigfoot.sandbox()

    return enter


def script(journal: list[Exchange], base: str, keeps: frozenset[str], *, concurrent: bool = False) -> None:
    """Promise bigfoot what the server said; the framing only where the snippet looks at it.

    Calls that are made at once come in any order: what is said to each is told by its body.
    """
    for each in journal:
        kept = keeps | {"content-length"} if each.request.method == "HEAD" else keeps
        headers = [pair for pair in each.headers if pair[0].lower() not in FRAMING - kept]
        asked: Any = {"match_content": each.request.body} if concurrent and each.request.body else {}
        bigfoot.http.mock_response(
            each.request.method,
            each.request.url(base),
            status=each.status,
            reason=each.reason,
            headers=headers,
            body=each.body,
            **asked,
        )


def assert_attributed(case: Case, how: str) -> None:
    """The records name the library that the snippet called, and a line of ours that called it."""
    assert {(call.client.split()[0], call.how) for call in bigfoot.http.calls} <= {(case.library, how)}
    if not case.snippet.concurrent:  # a thread of a pool has no line of ours below it
        origins = [call.interaction.origin for call in bigfoot.http.calls]
        assert {Path(origin.file).parent for origin in origins if origin} <= {Path(__file__).parent}


def assert_all() -> None:
    """Assert every interaction, as it is recorded."""
    with bigfoot.in_any_order():
        for call in bigfoot.http.calls:
            bigfoot.assert_interaction(bigfoot.http.request, **call.details)


def assert_recorded(case: Case, journal: list[Exchange], base: str) -> None:
    """The timeline tells the same as the journal; of a response that was not read to its end, only the request."""
    recorded, said = of_timeline(bigfoot.http.calls), of_journal(journal, base)
    if case.snippet.concurrent:
        recorded, said = sorted(recorded, key=repr), sorted(said, key=repr)
    if not case.snippet.whole:
        assert [request for request, _ in recorded] == [request for request, _ in said]
    else:
        assert recorded == said


def check_scripted(case: Case, server: Server) -> None:
    """Check that a snippet cannot tell bigfoot's answers from the server's, and that the records are what was said."""
    expected, journal = real(case, server)
    script(journal, server.url, case.snippet.keeps, concurrent=case.snippet.concurrent)

    result = played(case, server.url, sandboxed(server))

    assert (server.journal, server.connections) == ([], 0)
    assert result == expected
    assert_recorded(case, journal, server.url)
    assert_attributed(case, "mock")
    assert_all()


def check_passed_through(case: Case, server: Server) -> None:
    """Check that a snippet cannot tell that its calls pass through, and that the records are what was said."""
    expected, journal = real(case, server)
    for method, url in {(each.request.method, each.request.url(server.url)) for each in journal}:
        bigfoot.http.pass_through(method, url.partition("?")[0])

    result = played(case, server.url, sandboxed(server))

    assert result == expected
    assert len(server.journal) == len(journal)
    assert_recorded(case, server.journal, server.url)
    assert_attributed(case, "pass-through")
    assert_all()
