"""The table of measures: which function, of whom, against whom. Budgets are in budget.toml, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

from . import measures, redis, websockets
from .clients import CLIENTS, Client
from .contenders import Contender
from .harness import Measure
from .measures import HTTPX, URLLIB

LOOPBACK = "no library"


def serves(client: Client) -> Callable[[type[Contender]], bool]:
    return lambda contender: client.name in contender.clients


def is_real(contender: type[Contender]) -> bool:
    """Whoever has a library to pay for."""
    return bool(contender.requires)


def is_library(contender: type[Contender]) -> bool:
    """The library itself, not a second way to use it."""
    return is_real(contender) and not contender.second_way


def passes(client: Client) -> Callable[[type[Contender]], bool]:
    return lambda contender: client.name in contender.clients and contender.pass_through is not Contender.pass_through


def per_client(client: Client) -> Iterator[Measure]:
    name, need = client.name, client.requires
    yield Measure(
        f"call.{name}",
        f"{name}: mocked call, one client for all calls",
        "us",
        partial(measures.mocked_call, client),
        serves(client),
        requires=need,
    )
    if name == "requests_no_env":  # a closer look at the call; the rest is as for requests
        return
    if name != "urllib":  # whose module function keeps an opener
        yield Measure(
            f"fresh.{name}",
            f"{name}: mocked call, by the module function or a client for each call",
            "us",
            partial(measures.fresh_client, client),
            serves(client),
            requires=need,
        )
    yield Measure(
        f"pass_through.{name}",
        f"{name}: pass-through of a small body, over loopback",
        "us",
        partial(measures.pass_through, client),
        passes(client),
        requires=need,
        against=LOOPBACK,
    )


def per_library() -> Iterator[Measure]:
    yield Measure(
        "mocks.httpx",
        "httpx: mocked call, the last of many mocks (bigfoot: and 50 patterns) hit, against the same with one mock",
        "us",
        partial(measures.mocked_call, HTTPX),
        serves(HTTPX),
        requires="httpx",
        variants=lambda contender: (1, contender.many),
        against="itself",
    )
    yield Measure(
        "registration",
        "Registering a mock (200 of them)",
        "us",
        measures.registration,
        is_real,
        against=None,
        count=200,
    )
    yield Measure(
        "cycle.httpx",
        "httpx: register, call, assert, per interaction (200 of them), against the limit's call",
        "us",
        measures.cycle,
        lambda contender: contender.name == "limit" or (contender.judged and HTTPX.name in contender.clients),
        requires="httpx",
        variants=lambda contender: (200,),
        count=1,
    )
    for order in ("fifo", "reverse"):
        yield Measure(
            f"assert.{order}",
            f"Asserting one of 10 000 interactions against one of 100, {order}",
            "us",
            partial(measures.assertion, order == "reverse"),
            lambda contender: contender.judged and is_library(contender),
            variants=lambda contender: (100, 10_000),
            against="itself",
            count=1,
            share=0.5,
        )
    yield Measure("sandbox", "Entering and leaving a sandbox", "us", measures.sandbox, is_real, against=None)
    yield Measure(
        "idle",
        "http.client send outside a sandbox, after there was one",
        "ns",
        measures.idle,
        lambda contender: URLLIB.name in contender.clients and (is_real(contender) or contender.name == LOOPBACK),
        against=LOOPBACK,
        by="difference",
        tolerance=50,
    )
    for name, title, sample in (
        ("connect", "connect() of a socket outside a sandbox, after there was one", measures.idle_connect),
        ("exchange", "sendall() and recv() of others' sockets, twice, in a sandbox", measures.idle_exchange),
    ):
        yield Measure(
            f"idle.{name}",
            title,
            "ns",
            sample,
            lambda contender: (contender.judged and is_library(contender)) or contender.name == LOOPBACK,
            against=LOOPBACK,
            by="difference",
            tolerance=400,
        )
    yield Measure(
        "memory.httpx",
        "httpx: kept per recorded interaction (1000 of them)",
        "B",
        measures.memory,
        lambda contender: serves(HTTPX)(contender) and is_real(contender),
        requires="httpx",
        variants=lambda contender: (1000,),
        against=None,
        count=1,
        share=0.0,
    )


def per_redis_client() -> Iterator[Measure]:
    yield Measure(
        "redis.get",
        "redis: GET, against redis-server over loopback, whose CPU time is added",
        "us",
        redis.get,
        lambda contender: contender.name in redis.WAYS,
        requires="redis",
        against=LOOPBACK,
    )


def per_websocket_client() -> Iterator[Measure]:
    for module, name in (("websockets", "websockets"), ("websocket", "websocket-client")):
        yield Measure(
            f"websocket.{module}",
            f"{name}: a message there and one back, against websockets.serve in the same process",
            "us",
            partial(websockets.round_trip, module),
            lambda contender: (contender.judged and is_library(contender)) or contender.name == LOOPBACK,
            requires=module,
            against=LOOPBACK,
        )


def per_process() -> Iterator[Measure]:
    for which, (name, title, unit) in enumerate(
        (
            ("time", "Import in a fresh interpreter", "ms"),
            ("modules", "Modules that the import loads", ""),
            ("clients", "Client libraries that the import loads", ""),
        )
    ):
        yield Measure(
            f"import.{name}",
            title,
            unit,
            partial(measures.importing, which),
            is_library,
            against=None,
            count=1,
            share=0.4 if name == "time" else 0.0,
        )
    yield Measure(
        "pytest.unused",
        "An empty test (1000 of them) with the plugin on, against the same with no plugin",
        "us",
        measures.empty_tests,
        lambda contender: bool(contender.pytest_plugin) or contender.name == LOOPBACK,
        requires="pytest",
        against=LOOPBACK,
        by="difference",
        count=1000,
        share=0.4,
        tolerance=40,
    )


MEASURES = {
    measure.name: measure
    for measure in (
        *chain.from_iterable(map(per_client, CLIENTS)),
        *per_library(),
        *per_redis_client(),
        *per_websocket_client(),
        *per_process(),
    )
}
