"""The same snippet against a real redis-server and under bigfoot must give the same result."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from bigfoot import StrictVerifier
from bigfoot.fakes import redis_commands

pytest.importorskip("redis", reason="redis is not installed")

import redis
import redis.asyncio
from redis.utils import str_if_bytes

from .redis_server import BINARY, RedisServer, redis_server
from .snippets_redis import SNIPPETS, Message, Snippet, done

pytestmark = pytest.mark.skipif(BINARY is None, reason="redis-server is not installed")

EVERY_SNIPPET = pytest.mark.parametrize("snippet", [pytest.param(one, id=one.name) for one in SNIPPETS])
# What redis-py speaks when it is not told (RESP2 before version 8), and both on demand.
EVERY_PROTOCOL = pytest.mark.parametrize("protocol", [None, 2, 3], ids=["default", "resp2", "resp3"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


def settings(snippet: Snippet, protocol: int | None) -> dict[str, Any]:
    return snippet.options | ({} if protocol is None else {"protocol": protocol})


def finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never has to wait, without a loop."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")


def prepared(server: RedisServer, snippet: Snippet) -> redis.Redis:
    """A client of the real server, filled with what the snippet expects there."""
    backstage: Any = redis.Redis(port=server.port)
    backstage.flushall()
    backstage.script_flush()
    for command in snippet.given:
        backstage.execute_command(*command)
    made: redis.Redis = backstage
    return made


def play(snippet: Snippet, client: Any, ready: Any) -> Any:
    """Run a snippet with a sync client; `ready` is called when it has subscribed."""
    client.ready = ready
    try:
        return finished(snippet.run(client))  # type: ignore[arg-type]
    finally:
        client.close()


async def aplay(snippet: Snippet, client: Any, ready: Any) -> Any:
    client.ready = ready
    try:
        return await snippet.run(client)
    finally:
        await done(getattr(client, "aclose", client.close)())
        await client.connection_pool.disconnect()


def promise(verifier: StrictVerifier, snippet: Snippet, protocol: int | None) -> Any:
    plugin = verifier.plugin("redis_mock")
    raw = protocol == 3 and int(redis.__version__.partition(".")[0]) < 8
    for promised in snippet.promised:
        if isinstance(promised, Message):
            plugin.mock_message(*promised.given)
        else:
            own = {"returns": promised.resp3} if raw and promised.resp3 is not None else {}
            plugin.mock_command(promised.command, **promised.options | own)
    return plugin


def publish(backstage: Any, snippet: Snippet) -> None:
    for channel, data in snippet.published:
        assert backstage.publish(channel, data) == 1


def nothing() -> None:
    """Under bigfoot the messages are there already."""


def assert_all(verifier: StrictVerifier, plugin: Any) -> None:
    """Assert what was recorded, as the hints say; that nothing is left is the verdict's to say."""
    for interaction in list(verifier.timeline):
        exec(plugin.assertion(interaction).replace("bigfoot.redis_mock", "plugin"), {"plugin": plugin})
    verifier.verify_all()


@EVERY_PROTOCOL
@EVERY_SNIPPET
def test_redis(server: RedisServer, verifier: StrictVerifier, snippet: Snippet, protocol: int | None) -> None:
    options = settings(snippet, protocol)
    backstage = prepared(server, snippet)
    real = play(snippet, redis.Redis(port=server.port, **options), lambda: publish(backstage, snippet))
    backstage.close()
    plugin = promise(verifier, snippet, protocol)
    with verifier.sandbox():
        fake = play(snippet, redis.Redis(host="redis.example.com", **options), nothing)
    assert (fake, kinds(fake)) == (real, kinds(real))
    assert_all(verifier, plugin)


@EVERY_PROTOCOL
@EVERY_SNIPPET
async def test_redis_asyncio(
    server: RedisServer, verifier: StrictVerifier, snippet: Snippet, protocol: int | None
) -> None:
    options = settings(snippet, protocol)
    backstage = prepared(server, snippet)
    client = redis.asyncio.Redis(port=server.port, **options)
    real = await aplay(snippet, client, lambda: publish(backstage, snippet))
    backstage.close()
    plugin = promise(verifier, snippet, protocol)
    async with verifier.sandbox():
        fake = await aplay(snippet, redis.asyncio.Redis(host="redis.example.com", **options), nothing)
    assert (fake, kinds(fake)) == (real, kinds(real))
    assert_all(verifier, plugin)


def kinds(value: Any) -> Any:
    """The types in a value, at any depth: 1 is not True, and a tuple is no list."""
    if isinstance(value, dict):
        return {key: kinds(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(kinds(item) for item in value)
    return type(value).__name__


RIDES = {
    "tls": lambda server: {"port": server.tls_port, "ssl": True, "ssl_ca_certs": server.authority},
    "unix": lambda server: {"unix_socket_path": server.path},
}


def conversation(client: Any) -> Coroutine[Any, Any, Any]:
    async def talk() -> Any:
        pipeline = client.pipeline()
        pipeline.set("a", 1).incr("a")
        return [await done(client.set("k", "v")), await done(client.get("k")), await done(pipeline.execute())]

    return talk()


def promise_conversation(plugin: Any) -> None:
    for command, returns in (("SET", True), ("GET", "v"), ("SET", True), ("INCRBY", 2)):
        plugin.mock_command(command, returns=returns)


@pytest.mark.parametrize("ride", RIDES)
def test_other_rides(server: RedisServer, verifier: StrictVerifier, ride: str) -> None:
    options = RIDES[ride](server)
    with redis.Redis(**options) as client:
        client.flushall()
        real = finished(conversation(client))
    plugin = verifier.plugin("redis_mock")
    promise_conversation(plugin)
    with verifier.sandbox(), redis.Redis(**options) as client:
        fake = finished(conversation(client))
    assert fake == real
    assert_all(verifier, plugin)


@pytest.mark.parametrize("ride", RIDES)
async def test_other_rides_asyncio(server: RedisServer, verifier: StrictVerifier, ride: str) -> None:
    options = RIDES[ride](server)
    made: Any = redis.asyncio.Redis
    async with made(**options) as client:
        await client.flushall()
        real = await conversation(client)
        await client.connection_pool.disconnect()
    plugin = verifier.plugin("redis_mock")
    promise_conversation(plugin)
    async with verifier.sandbox(), made(**options) as client:
        fake = await conversation(client)
        await client.connection_pool.disconnect()
    assert fake == real
    assert_all(verifier, plugin)


def test_every_command_of_the_server_is_known(server: RedisServer) -> None:
    with redis.Redis(port=server.port, decode_responses=True) as client:
        names: Any = client.execute_command("COMMAND LIST")
    known = {name.upper().replace("|", " ") for name in names}
    assert sorted(known - redis_commands.KNOWN - {"REPLCONF"}) == []


def test_keys_stand_where_the_server_says(server: RedisServer) -> None:
    calls = ["GET k", "MSET a 1 b 2", "DEL a b", "EVAL x 2 a b c", "XREAD COUNT 1 STREAMS a b 0 0", "BLPOP a b 0"]
    calls += [
        "ZUNION 2 a b",
        "BITOP AND d a b",
        "OBJECT ENCODING k",
        "XGROUP CREATE x g 0",
        "RENAME a b",
        "XINFO GROUPS x",
    ]
    with redis.Redis(port=server.port) as client:
        for call in calls:
            words = [word.encode() for word in call.split()]
            said: Any = client.execute_command("COMMAND GETKEYS", *words)
            assert [word.decode() for word in redis_commands.keys(words)] == [str_if_bytes(key) for key in said], call
