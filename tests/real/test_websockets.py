"""WebSocket clients: the same snippet on a real `websockets.serve` and inside a sandbox."""

from __future__ import annotations

import asyncio
import gc
import ssl
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import pytest
import trio
import trustme

import bigfoot

from ..loops import LOOPS, runner
from .snippets_websocket_client import WEBSOCKET_CLIENT
from .snippets_websocket_http import AIOHTTP, HTTPX2, HTTPX2_SYNC
from .snippets_websockets import IN_THREADS, LEGACY, ON_ASYNCIO, ON_TRIO
from .websocket_server import Player, Snippet, playing

AUTHORITY = trustme.CA()


@pytest.fixture(scope="module")
def plain() -> Iterator[Player]:
    """The real server."""
    with playing() as player:
        yield player


@pytest.fixture(scope="module")
def secure() -> Iterator[Player]:
    """The real server by TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 0  # two threads of a client share its TLS: docs/discoveries/websockets.md
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    with playing(context) as player:
        yield player


@pytest.fixture(params=["ws", "wss"])
def player(request: pytest.FixtureRequest) -> Player:
    running: Player = request.getfixturevalue("plain" if request.param == "ws" else "secure")
    return running


def every(snippets: list[Snippet]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("snippet", snippets, ids=lambda snippet: snippet.name)


def check(
    snippet: Snippet, player: Player, scheme: str, plugin: Any, run: Callable[[Any], Any] = lambda result: result
) -> None:
    """Run a snippet on the real server, then on the script, and compare; each step is recorded."""
    if scheme == "wss" and snippet.plain:
        pytest.skip(snippet.plain)
    player.promise(snippet)
    trusting = None
    if scheme == "wss":
        trusting = ssl.create_default_context()
        AUTHORITY.configure_trust(trusting)
    expected = run(snippet.run(f"{scheme}://127.0.0.1:{player.port}/{snippet.name}", trusting))
    scripts = player.played(snippet)
    for script in scripts:
        session = plugin.new_session()
        for step in script:
            session.expect(step.name, returns=step.returns, raises=step.raises)
    context = ssl.create_default_context() if scheme == "wss" else None
    with bigfoot.sandbox():
        result = run(snippet.run(f"{scheme}://feed.example.com/{snippet.name}", context))
    assert result == expected
    steps = sorted(step.name for script in scripts for step in script)
    timeline = list(bigfoot.current_verifier().timeline)
    assert sorted(interaction.source_id.rpartition(":")[2] for interaction in timeline) == steps
    for interaction in timeline:
        bigfoot.assert_interaction(interaction, **interaction.details)


def run_on_trio(coroutine: Any) -> Any:
    async def main() -> Any:
        return await coroutine

    return trio.run(main)


@pytest.fixture
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.node.callspec.params["player"])


@pytest.mark.parametrize("loop", LOOPS)
@every(ON_ASYNCIO)
def test_on_asyncio(snippet: Snippet, player: Player, scheme: str, loop: str) -> None:
    check(snippet, player, scheme, bigfoot.async_websocket_mock, runner(loop))


@pytest.mark.skipif(find_spec("websockets.trio") is None, reason="this version of websockets has no trio client")
@every(ON_TRIO)
def test_on_trio(snippet: Snippet, player: Player, scheme: str) -> None:
    check(snippet, player, scheme, bigfoot.async_websocket_mock, run_on_trio)


@every(IN_THREADS)
def test_in_threads(snippet: Snippet, player: Player, scheme: str) -> None:
    check(snippet, player, scheme, bigfoot.async_websocket_mock)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.skipif(find_spec("websockets.legacy") is None, reason="this version of websockets has no legacy client")
@every(LEGACY)
def test_legacy(snippet: Snippet, player: Player, scheme: str) -> None:
    check(snippet, player, scheme, bigfoot.async_websocket_mock, asyncio.run)


# It leaves its socket open when the server has closed, on the real server as well.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@every(WEBSOCKET_CLIENT)
def test_websocket_client(snippet: Snippet, player: Player, scheme: str) -> None:
    check(snippet, player, scheme, bigfoot.sync_websocket_mock)
    gc.collect()  # what it left open is complained of here, and not in the next test


@pytest.mark.parametrize("loop", LOOPS)
@every(AIOHTTP)
def test_aiohttp(snippet: Snippet, player: Player, scheme: str, loop: str) -> None:
    check(snippet, player, scheme, bigfoot.async_websocket_mock, runner(loop))


without_websockets = pytest.mark.skipif(
    find_spec("httpx2.websockets") is None, reason="this version of httpx2 knows no WebSockets"
)


@without_websockets
@pytest.mark.parametrize("loop", [*LOOPS, "trio"])
@every(HTTPX2)
def test_httpx2(snippet: Snippet, player: Player, scheme: str, loop: str) -> None:
    run = run_on_trio if loop == "trio" else runner(loop)
    check(snippet, player, scheme, bigfoot.async_websocket_mock, run)


@without_websockets
@every(HTTPX2_SYNC)
def test_httpx2_sync(snippet: Snippet, player: Player, scheme: str) -> None:
    check(snippet, player, scheme, bigfoot.async_websocket_mock)


def test_there_are_enough() -> None:
    assert len([*ON_ASYNCIO, *ON_TRIO, *IN_THREADS, *LEGACY]) >= 25
    assert len(WEBSOCKET_CLIENT) >= 25
