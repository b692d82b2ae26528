"""What programs do with redis-py, each once for `redis.Redis` and `redis.asyncio.Redis`.

A snippet is a coroutine; what a client returns goes through `done`, which awaits it where it can be awaited. With it
come the commands that fill a real server before, and what a test promises instead.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import redis
from redis.exceptions import NoScriptError, ResponseError

Run = Callable[[Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Promise:
    """One call of `mock_command`; `resp3` is what redis-py before version 8 gives in that protocol, if it differs."""

    command: str
    options: dict[str, Any]
    resp3: Any = None


@dataclass(frozen=True, slots=True)
class Message:
    """One call of `mock_message`."""

    given: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Snippet:
    name: str
    run: Run
    given: tuple[tuple[Any, ...], ...] = ()
    promised: tuple[Promise | Message, ...] = ()
    published: tuple[tuple[str, str], ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


SNIPPETS: list[Snippet] = []


def snippet(
    *promised: Promise | Message,
    given: tuple[tuple[Any, ...], ...] = (),
    published: tuple[tuple[str, str], ...] = (),
    **options: Any,
) -> Callable[[Run], Run]:
    """Add a coroutine to the corpus; `options` are the client's."""

    def add(run: Run) -> Run:
        name = getattr(run, "__name__", "")
        SNIPPETS.append(Snippet(name, run, given, promised, published, options))
        return run

    return add


def says(command: str, returns: Any = None, *, resp3: Any = None) -> Promise:
    return Promise(command, {"returns": returns}, resp3)


def fails(command: str, error: BaseException | type[BaseException]) -> Promise:
    return Promise(command, {"raises": error})


async def done(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


async def error_of(call: Callable[[], Any]) -> tuple[str, str]:
    """The exception of a call, by the name of its class and its text."""
    try:
        await done(call())
    except redis.RedisError as error:
        return type(error).__name__, str(error)
    return "nothing", ""


@snippet(says("SET", True), says("GET", "v"), says("GET", None))
async def set_and_get(client: Any) -> Any:
    return [await done(client.set("k", "v")), await done(client.get("k")), await done(client.get("missing"))]


@snippet(says("SET", True), says("GET", "v"), decode_responses=True)
async def decoded_responses(client: Any) -> Any:
    return [await done(client.set("k", "v", ex=60)), await done(client.get("k"))]


@snippet(says("SET", None), says("SET", b"old"), given=(("SET", "k", "old"),))
async def set_with_conditions(client: Any) -> Any:
    return [await done(client.set("k", "new", nx=True)), await done(client.set("k", "new", get=True))]


@snippet(says("SET", True), says("GET", b"\x00\xff\r\n"))
async def binary_values(client: Any) -> Any:
    return [await done(client.set(b"\xfe", b"\x00\xff\r\n")), await done(client.get(b"\xfe"))]


@snippet(says("INCRBY", 1), says("INCRBY", 6), says("DECRBY", 4), says("INCRBYFLOAT", 5.5))
async def counters(client: Any) -> Any:
    made = [await done(client.incr("n")), await done(client.incr("n", 5)), await done(client.decr("n", 2))]
    return [*made, await done(client.incrbyfloat("n", 1.5))]


@snippet(says("MSET", True), says("MGET", [b"1", None, b"2"]), says("EXISTS", 2), says("DEL", 2))
async def several_keys(client: Any) -> Any:
    return [
        await done(client.mset({"a": 1, "b": 2})),
        await done(client.mget("a", "none", "b")),
        await done(client.exists("a", "b")),
        await done(client.delete("a", "b")),
    ]


@snippet(
    says("HSET", 2), says("HGET", b"1"), says("HGETALL", {b"a": b"1", b"b": b"2"}), says("HMGET", [b"1", None]),
    says("HEXISTS", True), says("HINCRBY", 3), says("HINCRBYFLOAT", 3.5), says("HKEYS", [b"a", b"b"]), says("HLEN", 2),
    says("HGETALL", {}),
)  # fmt: skip
async def hashes(client: Any) -> Any:
    return [
        await done(client.hset("h", mapping={"a": 1, "b": 2})),
        await done(client.hget("h", "a")),
        await done(client.hgetall("h")),
        await done(client.hmget("h", ["a", "none"])),
        await done(client.hexists("h", "a")),
        await done(client.hincrby("h", "b")),
        await done(client.hincrbyfloat("h", "b", 0.5)),
        await done(client.hkeys("h")),
        await done(client.hlen("h")),
        await done(client.hgetall("none")),
    ]


@snippet(
    says("RPUSH", 3), says("LRANGE", ["a", "b", "c"]), says("LPOP", "a"), says("RPOP", ["c", "b"]), says("LLEN", 0),
    says("LPOP", None),
)  # fmt: skip
async def lists(client: Any) -> Any:
    return [
        await done(client.rpush("l", "a", "b", "c")),
        await done(client.lrange("l", 0, -1)),
        await done(client.lpop("l")),
        await done(client.rpop("l", 2)),
        await done(client.llen("l")),
        await done(client.lpop("l")),
    ]


@snippet(
    says("SADD", 2), says("SMEMBERS", {"a", "b"}), says("SISMEMBER", 1), says("SMISMEMBER", [1, 0]), says("SCARD", 2),
    says("SINTER", {"a"}), says("SMEMBERS", set()), given=(("SADD", "t", "a"),),
)  # fmt: skip
async def sets(client: Any) -> Any:
    return [
        await done(client.sadd("s", "a", "b")),
        await done(client.smembers("s")),
        await done(client.sismember("s", "a")),
        await done(client.smismember("s", ["a", "z"])),
        await done(client.scard("s")),
        await done(client.sinter("s", "t")),
        await done(client.smembers("none")),
    ]


@snippet(
    says("ZADD", 2), says("ZRANGE", ["a", "b"]), says("ZRANGE", [("a", 1.0), ("b", 2.5)]), says("ZSCORE", 2.5),
    says("ZSCORE", None), says("ZRANK", 1), says("ZINCRBY", 2.0), says("ZADD", 3.0),
    says("ZRANGEBYSCORE", [("b", 2.5)]), says("ZMSCORE", [3.0, None]), says("ZCARD", 2),
)  # fmt: skip
async def sorted_sets(client: Any) -> Any:
    return [
        await done(client.zadd("z", {"a": 1, "b": 2.5})),
        await done(client.zrange("z", 0, -1)),
        await done(client.zrange("z", 0, -1, withscores=True)),
        await done(client.zscore("z", "b")),
        await done(client.zscore("z", "none")),
        await done(client.zrank("z", "b")),
        await done(client.zincrby("z", 1, "a")),
        await done(client.zadd("z", {"a": 1}, incr=True)),
        await done(client.zrangebyscore("z", 2, 2.7, withscores=True)),
        await done(client.zmscore("z", ["a", "none"])),
        await done(client.zcard("z")),
    ]


@snippet(
    says("ZPOPMIN", [("a", 1.0)], resp3=["a", 1.0]), says("ZPOPMAX", [("c", 3.0), ("b", 2.0)]), says("ZPOPMIN", []),
    given=(("ZADD", "z", 1, "a", 2, "b", 3, "c"),),
)  # fmt: skip
async def popping_from_sorted_sets(client: Any) -> Any:
    popped = [await done(client.zpopmin("z")), await done(client.zpopmax("z", 2))]
    return [*popped, await done(client.zpopmin("z"))]


@snippet(
    says("BLPOP", ("l", "a")), says("BLPOP", None), says("BRPOPLPUSH", "x"), says("BZPOPMIN", ("z", "m", 1.5)),
    given=(("RPUSH", "l", "a"), ("RPUSH", "from", "x"), ("ZADD", "z", 1.5, "m")),
)  # fmt: skip
async def blocking_commands(client: Any) -> Any:
    return [
        await done(client.blpop(["l"], 1)),
        await done(client.blpop(["none"], 0.05)),
        await done(client.brpoplpush("from", "to", 1)),
        await done(client.bzpopmin("z", 1)),
    ]


@snippet(
    says("EXPIRE", True), says("TTL", 60), says("PERSIST", True), says("TTL", -1), says("EXPIRE", False),
    says("TTL", -2), says("TYPE", "string"), says("RENAME", True), says("RENAMENX", False),
    given=(("SET", "k", "v"), ("SET", "other", "v")),
)  # fmt: skip
async def keys_and_their_lifetime(client: Any) -> Any:
    return [
        await done(client.expire("k", 60)),
        await done(client.ttl("k")),
        await done(client.persist("k")),
        await done(client.ttl("k")),
        await done(client.expire("none", 60)),
        await done(client.ttl("none")),
        await done(client.type("k")),
        await done(client.rename("k", "renamed")),
        await done(client.renamenx("renamed", "other")),
    ]


@snippet(
    says("SCAN", (0, ["k"])), says("HSCAN", (0, {"a": "1"})), says("SSCAN", (0, ["m"])),
    says("ZSCAN", (0, [("m", 1.0)])), says("KEYS", ["k"]),
    given=(("SET", "k", "v"), ("HSET", "h", "a", "1"), ("SADD", "s", "m"), ("ZADD", "z", 1, "m")),
)  # fmt: skip
async def scanning(client: Any) -> Any:
    return [
        await done(client.scan(match="k*")),
        await done(client.hscan("h")),
        await done(client.sscan("s")),
        await done(client.zscan("z")),
        await done(client.keys("k*")),
    ]


@snippet(says("SCAN", (0, ["a1", "a2"])), given=(("MSET", "a1", 1, "a2", 2, "b", 3),))
async def iterating_over_keys(client: Any) -> Any:
    found = client.scan_iter(match="a*", count=1000)
    return sorted([key async for key in found] if hasattr(found, "__aiter__") else found)


@snippet(says("SET", True), says("INCRBY", 2), says("HGETALL", {}), says("ZRANGE", [("m", 1.0)]),
         given=(("ZADD", "z", 1, "m"),))  # fmt: skip
async def transaction(client: Any) -> Any:
    pipeline = client.pipeline()
    pipeline.set("a", 1).incr("a").hgetall("h").zrange("z", 0, -1, withscores=True)
    return await done(pipeline.execute())


@snippet(says("SET", True), says("INCRBY", 2), says("GET", b"2"))
async def pipeline_without_transaction(client: Any) -> Any:
    pipeline = client.pipeline(transaction=False)
    pipeline.set("a", 1).incr("a").get("a")
    return await done(pipeline.execute())


@snippet(
    says("SET", True),
    fails("LPUSH", ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")),
    says("GET", "v"),
)
async def error_inside_a_transaction(client: Any) -> Any:
    pipeline = client.pipeline()
    pipeline.set("a", "v").lpush("a", "x").get("a")
    made = await done(pipeline.execute(raise_on_error=False))
    return [repr(item) if isinstance(item, Exception) else item for item in made]


@snippet(says("GET", "1"), says("SET", True), given=(("SET", "n", 1),))
async def watching(client: Any) -> Any:
    pipeline = client.pipeline()
    await done(pipeline.watch("n"))
    value = int(await done(pipeline.get("n")))
    pipeline.multi()
    pipeline.set("n", value + 1)
    return await done(pipeline.execute())


@snippet(says("SET", True), says("SET", True), fails("EXEC", redis.WatchError))
async def watching_in_vain(client: Any) -> Any:
    pipeline = client.pipeline()
    await done(pipeline.watch("n"))
    await done(client.set("n", 9))
    pipeline.multi()
    pipeline.set("n", 1)
    return await error_of(pipeline.execute)


@snippet(fails("LPUSH", ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")),
         given=(("SET", "k", "v"),))  # fmt: skip
async def wrong_type(client: Any) -> Any:
    return await error_of(lambda: client.lpush("k", "x"))


@snippet(fails("INCRBY", ResponseError("value is not an integer or out of range")), given=(("SET", "k", "v"),))
async def not_a_number(client: Any) -> Any:
    return await error_of(lambda: client.incr("k"))


@snippet(says("EVAL", [1, b"k", b"a"]), says("EVAL", None), says("EVAL", b"text"))
async def scripts(client: Any) -> Any:
    return [
        await done(client.eval("return {1, KEYS[1], ARGV[1]}", 1, "k", "a")),
        await done(client.eval("return nil", 0)),
        await done(client.eval("return 'text'", 0)),
    ]


@snippet(fails("EVALSHA", NoScriptError), says("EVALSHA", b"a"), says("EVALSHA", b"b"))
async def registered_script(client: Any) -> Any:
    script = client.register_script("return ARGV[1]")
    return [await done(script(args=["a"])), await done(script(args=["b"]))]


@snippet(fails("EVALSHA", NoScriptError("No matching script. Please use EVAL.")))
async def unknown_script(client: Any) -> Any:
    return await error_of(lambda: client.evalsha("0" * 40, 0))


@snippet(says("EVALSHA", 7))
async def script_in_a_pipeline(client: Any) -> Any:
    script = client.register_script("return 7")
    pipeline = client.pipeline()
    await done(script(client=pipeline))
    return await done(pipeline.execute())


@snippet(says("SET", True), says("EVALSHA", 1))
async def lock(client: Any) -> Any:
    held = client.lock("job", timeout=5)
    taken = await done(held.acquire(blocking=False))
    await done(held.release())
    return taken


@snippet(says("SET", None), given=(("SET", "job", "somebody"),))
async def lock_that_is_taken(client: Any) -> Any:
    return await done(client.lock("job", timeout=5).acquire(blocking=False))


@snippet(Message(("news", "hello")), Message(("news", "bye")), published=(("news", "hello"), ("news", "bye")))
async def subscription(client: Any) -> Any:
    return await received(client, lambda pubsub: pubsub.subscribe("news"), 3)


@snippet(Message(("n.x", "hello", "n.*")), published=(("n.x", "hello"),))
async def subscription_by_pattern(client: Any) -> Any:
    return await received(client, lambda pubsub: pubsub.psubscribe("n.*"), 2)


@snippet(Message(("b", "1")), published=(("b", "1"),), decode_responses=True)
async def several_subscriptions(client: Any) -> Any:
    return await received(client, lambda pubsub: pubsub.subscribe("a", "b"), 3, "b")


async def received(client: Any, subscribe: Callable[[Any], Any], count: int, *left: str) -> Any:
    """What a subscription gets, and what ending it gives."""
    pubsub = client.pubsub()
    await done(subscribe(pubsub))
    await done(client.ready())
    got = [await done(pubsub.get_message(timeout=5)) for _ in range(count)]
    await done(pubsub.unsubscribe(*left))
    await done(pubsub.punsubscribe())
    ended = [await done(pubsub.get_message(timeout=5))]
    close = getattr(pubsub, "aclose", None) or pubsub.close
    await done(close())
    return got, ended


@snippet(says("PUBLISH", 0), says("PUBSUB NUMSUB", [("news", 0)]))
async def publishing(client: Any) -> Any:
    return [await done(client.publish("news", "hello")), await done(client.pubsub_numsub("news"))]


@snippet(
    says("XADD", "1-1"), says("XADD", "1-2"), says("XLEN", 2),
    says("XRANGE", [("1-1", {"a": "1"}), ("1-2", {"a": "2", "b": "3"})]), says("XDEL", 1),
)  # fmt: skip
async def streams(client: Any) -> Any:
    return [
        await done(client.xadd("x", {"a": 1}, id="1-1")),
        await done(client.xadd("x", {"a": 2, "b": 3}, id="1-2")),
        await done(client.xlen("x")),
        await done(client.xrange("x")),
        await done(client.xdel("x", "1-1")),
    ]


@snippet(
    says("XGROUP CREATE", True),
    says("XREADGROUP", [["x", [("1-1", {"a": "1"})]]], resp3={"x": [[("1-1", {"a": "1"})]]}),
    says("XACK", 1), says("XPENDING", {"pending": 0, "min": None, "max": None, "consumers": []}),
    given=(("XADD", "x", "1-1", "a", "1"),),
)  # fmt: skip
async def stream_groups(client: Any) -> Any:
    created = await done(client.xgroup_create("x", "g", id="0"))
    read = await done(client.xreadgroup("g", "c", {"x": ">"}))
    entries = [
        entry for stream in (read.values() if isinstance(read, dict) else [s[1] for s in read]) for entry in stream
    ]
    return [created, entries, await done(client.xack("x", "g", "1-1")), await done(client.xpending("x", "g"))]


@snippet(
    says("GEOADD", 2), says("GEODIST", 166274.1516),
    says("GEOSEARCH", [b"Palermo"]), says("GEOSEARCH", [[b"Palermo", 0.0]]),
)  # fmt: skip
async def places(client: Any) -> Any:
    sicily = (13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania")
    near: dict[str, Any] = {"member": "Palermo", "radius": 100, "unit": "km"}
    return [
        await done(client.geoadd("g", sicily)),
        await done(client.geodist("g", "Palermo", "Catania")),
        await done(client.geosearch("g", **near)),
        await done(client.geosearch("g", withdist=True, **near)),
    ]


@snippet(says("CONFIG GET", {"maxmemory": "0"}), says("CLIENT GETNAME", "me"), says("ECHO", "hi"), says("DBSIZE", 0),
         client_name="me")  # fmt: skip
async def about_the_server(client: Any) -> Any:
    return [
        await done(client.config_get("maxmemory")),
        await done(client.client_getname()),
        await done(client.echo("hi")),
        await done(client.dbsize()),
    ]


@snippet(says("PFADD", 1), says("PFCOUNT", 2), says("SETBIT", 0), says("GETBIT", 1), says("BITCOUNT", 1))
async def counting_and_bits(client: Any) -> Any:
    return [
        await done(client.pfadd("p", "a", "b")),
        await done(client.pfcount("p")),
        await done(client.setbit("b", 7, 1)),
        await done(client.getbit("b", 7)),
        await done(client.bitcount("b")),
    ]


@snippet(says("OBJECT ENCODING", "int"), says("GETDEL", "5"), says("GETDEL", None), given=(("SET", "n", 5),))
async def objects(client: Any) -> Any:
    return [await done(client.object("encoding", "n")), await done(client.getdel("n")), await done(client.getdel("n"))]


@snippet(says("PING", True), says("FLUSHDB", True), db=3)
async def another_database(client: Any) -> Any:
    return [await done(client.ping()), await done(client.flushdb())]


@snippet(says("SORT", ["1", "2"]), says("LINSERT", 3), says("LREM", 1), says("LSET", True), says("LTRIM", True),
         given=(("RPUSH", "l", 2, 1),))  # fmt: skip
async def lists_in_depth(client: Any) -> Any:
    return [
        await done(client.sort("l")),
        await done(client.linsert("l", "before", "1", "9")),
        await done(client.lrem("l", 1, "9")),
        await done(client.lset("l", 0, "7")),
        await done(client.ltrim("l", 0, 0)),
    ]
