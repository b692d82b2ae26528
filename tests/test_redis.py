"""`bigfoot.redis_mock` with the real redis-py: what a test promises, what its client gets, what is recorded."""

from __future__ import annotations

import datetime
import pickle
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bigfoot
from bigfoot import (
    InteractionMismatchError,
    InvalidArgumentError,
    StrictVerifier,
    UnassertedInteractionsError,
    UnmockedInteractionError,
    UnusedMocksError,
    VerificationError,
)
from bigfoot.fakes.redis_argument import Argument
from bigfoot.plugins.redis_plugin import RedisPlugin

redis: Any = pytest.importorskip("redis", reason="redis is not installed")
aio: Any = pytest.importorskip("redis.asyncio", reason="redis is not installed")

PROTOCOLS = pytest.mark.parametrize("protocol", [2, 3])


@pytest.fixture
def mock(verifier: StrictVerifier) -> RedisPlugin:
    """The redis plugin of `verifier`."""
    return RedisPlugin(verifier)


def client(**options: Any) -> Any:
    """A client that does not try again."""
    return redis.Redis(**{"retry": None, **options})


async def close(asyncio_client: Any) -> None:
    await getattr(asyncio_client, "aclose", asyncio_client.close)()


def test_cache_lookup() -> None:
    bigfoot.redis_mock.mock_command("GET", returns=b"cached_value")
    bigfoot.redis_mock.mock_command("SET", returns=True)

    with bigfoot.sandbox():
        client = redis.Redis()
        value = client.get("session:abc123")
        client.set("session:abc123", b"new_value")

    bigfoot.redis_mock.assert_command("GET", args=("session:abc123",))
    bigfoot.redis_mock.assert_command("SET", args=("session:abc123", b"new_value"))
    assert value == b"cached_value"


def test_text_arrives_as_bytes_unless_the_client_decodes(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_command("GET", returns="v", times=2)
    with verifier.sandbox():
        assert client().get("k") == b"v"
        assert client(decode_responses=True).get("k") == "v"


def test_promises_are_kept_in_order_and_by_their_arguments(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_command("GET", returns="any 1")
    mock.mock_command("GET", returns="of b", args=("b",))
    mock.mock_command("GET", returns="any 2", times=None)
    with verifier.sandbox():
        found = [client().get(key) for key in ("a", "b", "c", "d")]
    assert found == [b"any 1", b"of b", b"any 2", b"any 2"]


def test_records_name_the_command_its_arguments_and_the_client(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_command("config get", returns={"maxmemory": "0"})
    with verifier.sandbox():
        client().config_get("maxmemory")
    (interaction,) = verifier.timeline
    assert interaction.source_id == "redis:config get"
    assert interaction.details == {"command": "CONFIG GET", "args": ("maxmemory",), "kwargs": {}}
    assert interaction.client == f"redis-py {redis.__version__}"
    assert interaction.origin is not None and interaction.origin.file == __file__
    verifier.assert_interaction(mock.config_get, command="CONFIG GET", args=("maxmemory",), kwargs={})
    verifier.verify_all()


def test_a_subcommand_may_be_asserted_as_an_argument(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_command("OBJECT", returns="raw", times=2)
    with verifier.sandbox():
        client().object("encoding", "k")
        client().object("encoding", "k")
    mock.assert_command("OBJECT", args=("encoding", "k"))
    mock.assert_command("object encoding", args=["k"])
    verifier.verify_all()


def test_arguments_equal_what_the_client_was_given() -> None:
    words: Any = (
        Argument(b"k"),
        Argument(b"5"),
        Argument(b"0.10"),
        Argument(b"\xff"),
        Argument(b'{"a": 1}'),
        Argument(b"inf"),
    )
    assert words == ("k", 5, 0.1, b"\xff", {"a": 1}, float("inf"))
    assert words != ("k", 6, 0.1, b"\xff", {"a": 1}, float("inf"))
    assert (Argument(b"k") == 5, Argument(b"1") == True) == (False, False)  # noqa: E712
    assert repr(words[0]) == "'k'" and repr(words[3]) == r"b'\xff'"
    assert pickle.loads(pickle.dumps(words)) == words


def test_a_wrong_assertion_shows_the_right_one(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_command("SET", returns=True)
    with verifier.sandbox():
        client().set("k", b"\xff", ex=5)
    with pytest.raises(InteractionMismatchError) as caught:
        mock.assert_command("SET", args=("k", "v", "EX", 5))
    assert r"bigfoot.redis_mock.assert_command('SET', args=('k', b'\xff', 'EX', '5'))" in str(caught.value)
    mock.assert_command("SET", args=("k", b"\xff", "EX", 5))
    verifier.verify_all()


def test_the_verdict_misses_assertions_and_calls(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_command("GET", returns="v", times=2)
    mock.mock_command("TTL", returns=1, required=False)
    mock.mock_message("news", "hello", pattern="n*")
    with verifier.sandbox():
        client().get("k")
    with pytest.raises(VerificationError) as caught:
        verifier.verify_all()
    assert isinstance(caught.value.unasserted, UnassertedInteractionsError)
    assert "bigfoot.redis_mock.assert_command('GET', args=('k',))" in str(caught.value.unasserted)
    assert isinstance(caught.value.unused, UnusedMocksError)
    unused = str(caught.value.unused)
    assert "bigfoot.redis_mock.mock_command('GET', returns='v')  (called 1 of 2 times)" in unused
    assert "bigfoot.redis_mock.mock_message(channel='news', data='hello', pattern='n*')" in unused
    assert "TTL" not in unused


def test_an_unmocked_command_says_how_to_mock_it(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_command("INCR", returns=1, required=False)
    mock.mock_command("INCRBY", returns=1)
    mock.mock_command("INCRBY", returns=1, args=("other", 1), required=False)
    with verifier.sandbox():
        assert client().incr("n") == 1
        with pytest.raises(UnmockedInteractionError) as caught:
            client().incr("n")
    hint = str(caught.value)
    assert "Unmocked call: redis INCRBY 'n' '1'" in hint
    assert (
        "promised for other arguments: bigfoot.redis_mock.mock_command('INCRBY', returns=1, args=('other', 1))" in hint
    )
    assert "1 promised before, and answered" in hint
    assert "INCR is promised, but redis-py sends incr() as INCRBY" in hint
    assert "bigfoot.redis_mock.mock_command('INCRBY', returns=...)" in hint
    assert caught.value.source_id == "redis:incrby"


def test_redis_is_recognized_on_any_port(verifier: StrictVerifier, mock: RedisPlugin) -> None:
    with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match="redis GET 'k'"):
        client(host="cache.example.com", port=7000, protocol=2).get("k")


async def test_asyncio_gets_an_error_reply_and_the_verdict_knows(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    async with verifier.sandbox():
        connected = aio.Redis()
        with pytest.raises(redis.ResponseError, match="bigfoot: Unmocked call: redis GET 'k'"):
            await connected.get("k")
        await close(connected)
    with pytest.raises(VerificationError, match=r"bigfoot\.redis_mock\.mock_command\('GET', returns=\.\.\.\)"):
        verifier.verify_all()


@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        ("HGETAL", r"redis has no such command \(did you mean 'HGETALL'\?\)"),
        ("DELETE", r"did you mean 'DEL'\?"),
        ("GET k", r"give the name alone, 'GET'; arguments go to args"),
        ("CONFIG GETT", r"did you mean 'CONFIG GET'\?"),
        ("", "give the name of a redis command"),
        (b"GET", "give the name of a redis command"),
    ],
)
def test_commands_that_redis_does_not_have(mock: RedisPlugin, command: Any, remedy: str) -> None:
    with pytest.raises(InvalidArgumentError, match=remedy):
        mock.mock_command(command, returns=None)
    with pytest.raises(InvalidArgumentError, match=remedy):
        mock.assert_command(command)


@pytest.mark.parametrize(
    ("command", "value", "remedy"),
    [
        ("GET", ["a"], "redis answers GET with a text"),
        ("GET", True, "redis answers GET with a text"),
        ("GET", object(), "redis answers GET with a text"),
        ("DEL", "1", "redis answers DEL with an integer"),
        ("INCRBY", None, "redis answers INCRBY with an integer"),
        ("SET", False, "redis answers SET with True"),
        ("SETEX", "OK", "redis answers SETEX with True"),
        ("HGETALL", ["a", "b"], "redis answers HGETALL with a dict"),
        ("MGET", "ab", "redis answers MGET with a list"),
        ("ZSCORE", "high", "redis answers ZSCORE with a number"),
        ("PING", "hello", "no reply of redis to PING becomes this value"),
        ("TIME", 5, "no reply of redis to TIME becomes this value"),
        ("EVAL", object(), "no reply of redis to EVAL becomes this value"),
        ("EVAL", {1: object()}, "no reply of redis to EVAL becomes this value"),
    ],
)
def test_values_that_no_server_can_bring_about(mock: RedisPlugin, command: str, value: Any, remedy: str) -> None:
    with pytest.raises(InvalidArgumentError, match=remedy) as caught:
        mock.mock_command(command, returns=value)
    assert caught.value.parameter == "returns"


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({}, "returns"),
        ({"raises": "boom"}, "raises"),
        ({"raises": ValueError("no")}, "raises"),
        ({"raises": redis.exceptions.LockError}, "raises"),
        ({"raises": redis.WatchError}, "raises"),
        ({"raises": redis.exceptions.DataError("no")}, "raises"),
        ({"returns": None, "times": 0}, "times"),
        ({"returns": None, "args": "k"}, "args"),
    ],
)
def test_promises_that_cannot_be_meant(mock: RedisPlugin, options: dict[str, Any], parameter: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        mock.mock_command("GET", **options)
    assert caught.value.parameter == parameter


def test_messages_and_assertions_that_cannot_be_meant(mock: RedisPlugin) -> None:
    with pytest.raises(InvalidArgumentError, match="channel"):
        mock.mock_message(None, "x")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="data"):
        mock.mock_message("news", True)
    with pytest.raises(InvalidArgumentError, match="give a tuple"):
        mock.assert_command("GET", args="k")
    with pytest.raises(AttributeError, match="did you mean 'hgetall'"):
        bigfoot.redis_mock.hgetal  # noqa: B018
    assert mock.del_.source_id == "redis:del" and "xadd" in dir(mock)


def test_a_value_that_the_call_never_gives_is_refused_at_the_call(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_command("ZRANGE", returns=[("a", 1.0)])
    with verifier.sandbox():
        with pytest.raises(
            InvalidArgumentError, match=r"no reply of redis to ZRANGE .* \(RESP2; promised at .*test_redis"
        ):
            client(protocol=2).zrange("z", 0, -1)
        assert client(protocol=2).zrange("z", 0, -1, withscores=True) == [(b"a", 1.0)]


EXCEPTIONS = redis.exceptions


@PROTOCOLS
@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (EXCEPTIONS.ResponseError("WRONGTYPE no list"), EXCEPTIONS.ResponseError, "WRONGTYPE no list"),
        (EXCEPTIONS.ResponseError("value is no integer"), EXCEPTIONS.ResponseError, "value is no integer"),
        (EXCEPTIONS.ReadOnlyError("a replica"), EXCEPTIONS.ReadOnlyError, "a replica"),
        (EXCEPTIONS.ReadOnlyError, EXCEPTIONS.ReadOnlyError, "You can't write against a read only replica."),
        (EXCEPTIONS.NoPermissionError("no"), EXCEPTIONS.NoPermissionError, "no"),
        # Where redis-py does not know them outside clusters, it raises what they are a kind of.
        (EXCEPTIONS.MovedError("3999 127.0.0.1:6381"), EXCEPTIONS.ResponseError, "3999 127.0.0.1:6381"),
        (EXCEPTIONS.AskError("3999 127.0.0.1:6381"), EXCEPTIONS.ResponseError, "3999 127.0.0.1:6381"),
        (EXCEPTIONS.ClusterDownError("down"), EXCEPTIONS.ResponseError, "down"),
        (EXCEPTIONS.TryAgainError("again"), EXCEPTIONS.ResponseError, "again"),
        (EXCEPTIONS.NoScriptError, EXCEPTIONS.NoScriptError, "No matching script. Please use EVAL."),
        (EXCEPTIONS.BusyLoadingError("wait"), EXCEPTIONS.BusyLoadingError, "wait"),
        (EXCEPTIONS.AuthenticationError("who"), EXCEPTIONS.AuthenticationError, "who"),
        (EXCEPTIONS.ConnectionError("lost"), EXCEPTIONS.ConnectionError, "lost"),
        (ConnectionResetError(104, "reset"), EXCEPTIONS.ConnectionError, "reset"),
        (EXCEPTIONS.TimeoutError("late"), EXCEPTIONS.TimeoutError, ""),
        (EOFError(), EXCEPTIONS.ConnectionError, ""),
    ],
)  # fmt: skip
def test_exceptions_are_the_clients_own(
    mock: RedisPlugin, verifier: StrictVerifier, protocol: int, error: Any, kind: Any, text: str
) -> None:
    mock.mock_command("GET", raises=error)
    with verifier.sandbox(), pytest.raises(kind) as caught:
        client(protocol=protocol).get("k")
    assert text in str(caught.value)
    assert next(iter(verifier.timeline)).how == "error"
    mock.assert_command("GET", ("k",))
    verifier.verify_all()


async def test_connections_break_under_asyncio_too(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_command("GET", raises=redis.ConnectionError("lost"))
    async with verifier.sandbox():
        connected = aio.Redis(retry=None)
        with pytest.raises(redis.ConnectionError):
            await connected.get("k")
        await close(connected)
    mock.assert_command("GET", ("k",))
    verifier.verify_all()


def test_a_retry_is_a_call_of_its_own(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    mock.mock_command("GET", raises=redis.ConnectionError("lost"))
    mock.mock_command("GET", returns="v")
    mock.mock_command("GET", raises=redis.ConnectionError("lost"))
    with verifier.sandbox():
        patient = redis.Redis(retry=Retry(NoBackoff(), 1), retry_on_error=[redis.ConnectionError])
        assert patient.get("k") == b"v"
        with pytest.raises(UnmockedInteractionError, match="redis-py tries again after a failed connection"):
            patient.get("k")


LEAVES = st.none() | st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=20)


@settings(max_examples=40, deadline=None)
@given(
    value=st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4), max_leaves=10),
    protocol=st.sampled_from([2, 3]),
)
def test_whatever_a_script_returns_arrives(value: Any, protocol: int) -> None:
    verifier = StrictVerifier()
    RedisPlugin(verifier).mock_command("EVAL", returns=value)
    with verifier.sandbox(), client(protocol=protocol) as connected:
        assert connected.eval("return redis.call('X')", 0) == value


@PROTOCOLS
def test_values_in_their_many_shapes(mock: RedisPlugin, verifier: StrictVerifier, protocol: int) -> None:
    moment = datetime.datetime(2024, 5, 6, 7, 8, 9)
    mock.mock_command("LASTSAVE", returns=moment)
    mock.mock_command(
        "INFO", returns={"redis_version": "7.4.0", "uptime_in_seconds": 5, "db0": {"keys": 1, "expires": 0}}
    )
    mock.mock_command("INFO", returns="# Server\r\nredis_version:7.2.0\r\n")
    mock.mock_command("HGETALL", returns={"n": 1})
    mock.mock_command("CLIENT LIST", returns=[{"id": "1", "addr": "x"}])
    with verifier.sandbox():
        connected = client(protocol=protocol)
        assert connected.lastsave() == moment
        assert connected.info()["db0"] == {"keys": 1, "expires": 0}
        assert connected.info() == {"redis_version": "7.2.0"}
        assert connected.hgetall("h") == {b"n": b"1"}
        assert connected.client_list() == [{"id": "1", "addr": "x"}]


def test_scripted_chores_are_recorded(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_command("AUTH", returns=True)
    mock.mock_command("SELECT", returns=True)
    mock.mock_command("PING", returns=True)
    mock.mock_command("MULTI", returns=True)
    mock.mock_command("EXEC", returns=True)
    mock.mock_command("SET", returns=True)
    mock.mock_command("SUBSCRIBE", returns=None)
    with verifier.sandbox():
        connected = client(password="hunter2", db=3, protocol=2)
        assert connected.ping() is True
        assert connected.pipeline().set("a", 1).execute() == [True]
        pubsub = client().pubsub()
        pubsub.subscribe("news")
        assert pubsub.get_message(timeout=1)["type"] == "subscribe"
        pubsub.close()
    with pytest.raises(UnassertedInteractionsError) as caught:
        verifier.verify_all()
    assert "hunter2" not in str(caught.value)
    mock.assert_command("AUTH", args=("hunter2",))
    mock.assert_command("SELECT", args=(3,))
    mock.assert_command("PING")
    mock.assert_command("MULTI")
    mock.assert_command("SET", args=("a", 1))
    mock.assert_command("EXEC")
    mock.assert_command("SUBSCRIBE", args=("news",))
    verifier.verify_all()


def test_a_refused_password(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_command("AUTH", raises=redis.AuthenticationError("WRONGPASS"))
    with verifier.sandbox(), pytest.raises(redis.AuthenticationError, match="WRONGPASS"):
        client(password="x", protocol=2).get("k")
    mock.assert_command("AUTH", args=("x",))


def test_messages_reach_each_subscriber(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_message("news", 1)
    mock.mock_message("news", 2, times=2)
    with verifier.sandbox():
        got = [[message["data"] for message in subscribed()] for _ in range(2)]
    assert got == [[b"1", b"2"], [b"2"]]
    mock.assert_message("news", 1)
    mock.assert_message("news", b"2", None)
    verifier.assert_interaction(mock.message, channel="news", data="2", pattern=None)
    verifier.verify_all()


def subscribed() -> list[Any]:
    """The messages that a new subscriber of `news` gets."""
    with client().pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe("news")
        found = [pubsub.get_message(timeout=0.05) for _ in range(4)]
    return [message for message in found if message is not None]


def test_subscribers_in_a_thread(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_message("news", "hello")
    heard = threading.Event()
    with verifier.sandbox():
        pubsub = client().pubsub()
        pubsub.subscribe(news=lambda message: heard.set())
        listener = pubsub.run_in_thread(0.01)
        assert heard.wait(10)
        listener.stop()
        listener.join()
    mock.assert_message("news", "hello")
    verifier.verify_all()


def test_many_threads_share_a_pool(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_command("GET", returns="v", times=80)
    found: list[Any] = []
    with verifier.sandbox():
        pool = redis.ConnectionPool(max_connections=8)
        shared = redis.Redis(connection_pool=pool)
        threads = [threading.Thread(target=lambda: found.extend(shared.get("k") for _ in range(10))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pool.disconnect()
    assert found == [b"v"] * 80
    assert len(verifier.timeline) == 80


def test_a_cluster_of_one_node(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_command("INFO", returns={"cluster_enabled": 1}, required=False)  # redis-py 5.0 looks first
    mock.mock_command("GET", returns="v")
    mock.mock_command("MSET", returns=True)
    mock.mock_command("EVAL", returns=1)
    with verifier.sandbox():
        cluster = redis.RedisCluster(host="cluster.example.com", port=6379)
        assert cluster.get("k") == b"v"
        assert cluster.mset({"{a}1": 1, "{a}2": 2}) is True
        assert cluster.eval("return 1", 1, "k") == 1
        cluster.close()


def test_a_sentinel(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    sentinels: Any = pytest.importorskip("redis.sentinel")
    mock.mock_command("SENTINEL MASTERS", returns={"main": {"ip": "10.0.0.1", "port": 6379}}, times=None)
    mock.mock_command("SET", returns=True)
    with verifier.sandbox():
        sentinel = sentinels.Sentinel([("sentinel.example.com", 26379)])
        assert sentinel.master_for("main").set("k", "v") is True
    mock.assert_command("SENTINEL MASTERS")
    mock.assert_command("SET", args=("k", "v"))


def test_json_values(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    mock.mock_command("JSON.SET", returns=True)
    mock.mock_command("JSON.GET", returns={"a": [1]})
    with verifier.sandbox():
        documents = client().json()
        assert documents.set("d", "$", {"a": [1]}) is True
        assert documents.get("d") == {"a": [1]}
    mock.assert_command("JSON.SET", args=("d", "$", {"a": [1]}))
    mock.assert_command("JSON.GET", args=("d", "."))
    verifier.verify_all()


@PROTOCOLS
def test_fakeredis_answers_what_is_not_promised(mock: RedisPlugin, verifier: StrictVerifier, protocol: int) -> None:
    pytest.importorskip("fakeredis", reason="fakeredis is not installed")
    mock.use_fakeredis()
    mock.mock_command("TIME", returns=(1, 2))
    with verifier.sandbox():
        connected = client(protocol=protocol)
        assert connected.set("n", 1) is True and connected.incr("n") == 2
        assert connected.time() == (1, 2)
        assert connected.hset("h", mapping={"a": 1}) == 1 and connected.hgetall("h") == {b"a": b"1"}
        assert connected.blpop(["none"], 60) is None, "nothing is waited for"
        with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
            connected.lpush("n", "x")
        pipeline = connected.pipeline()
        assert pipeline.incr("n").get("n").execute() == [3, b"3"]
    assert [interaction.details["command"] for interaction in verifier.timeline] == [
        "SET", "INCRBY", "TIME", "HSET", "HGETALL", "BLPOP", "LPUSH", "INCRBY", "GET",
    ]  # fmt: skip
    mock.assert_command("SET", args=("n", 1))


def test_fakeredis_watches(mock: RedisPlugin, verifier: StrictVerifier) -> None:
    pytest.importorskip("fakeredis", reason="fakeredis is not installed")
    mock.use_fakeredis()
    with verifier.sandbox():
        connected = client()
        connected.set("n", 1)
        with connected.pipeline() as pipeline:
            pipeline.watch("n")
            connected.set("n", 9)
            pipeline.multi()
            pipeline.set("n", 2)
            with pytest.raises(redis.WatchError):
                pipeline.execute()
        assert connected.get("n") == b"9"
