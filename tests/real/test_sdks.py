"""The SDKs that ride on the HTTP clients: the same snippet with the real server and under bigfoot."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, NamedTuple

import pytest

from .cases import Case
from .corpus import Snippet
from .replay import check_passed_through, check_scripted
from .server import Server


class Sdk(NamedTuple):
    """An SDK on one of the clients that it can be run on.

    Attributes:
        label: what the tests are called.
        client: the client library that the records name.
        corpus: the snippets, as "module:attribute".
        modules: what the snippets get as their first arguments, imported.
        extra: what must be importable besides.
    """

    label: str
    client: str
    corpus: str
    modules: tuple[str, ...]
    extra: tuple[str, ...] = ()


GOOGLE = "google.oauth2.credentials"
SDKS = (
    Sdk("openai", "httpx2", "openai:corpus", ("openai",)),
    Sdk("anthropic", "httpx2", "anthropic:corpus", ("anthropic",)),
    Sdk("boto3", "botocore", "aws:boto3_corpus", ("boto3", "botocore.config")),
    Sdk("aiobotocore", "aiohttp", "aws:aiobotocore_corpus", ("aiobotocore.session", "aiobotocore.config")),
    Sdk("google-auth", "requests", "auth:google_requests", (GOOGLE, "google.auth.transport.requests")),
    Sdk("google-auth", "urllib3", "auth:google_urllib3", (GOOGLE, "google.auth.transport.urllib3")),
    Sdk("authlib", "httpx2", "auth:authlib_httpx", ("authlib.integrations.httpx_client",)),
    Sdk("authlib", "requests", "auth:authlib_requests", ("authlib.integrations.requests_client",)),
    Sdk("elasticsearch", "urllib3", "services:elastic", ("elasticsearch",)),
    Sdk("elasticsearch", "requests", "services:elastic_requests", ("elasticsearch",)),
    Sdk("elasticsearch", "aiohttp", "services:elastic_async", ("elasticsearch",), ("aiohttp",)),
    Sdk("kubernetes", "urllib3", "services:kube", ("kubernetes",)),
    Sdk("gql", "requests", "services:gql_requests", ("gql", "gql.transport.requests"), ("requests_toolbelt",)),
    Sdk("gql", "httpx2", "services:gql_httpx", ("gql", "gql.transport.httpx")),
    Sdk("gql", "aiohttp", "services:gql_aiohttp", ("gql", "gql.transport.aiohttp")),
    Sdk("loops", "httpx", "loops:httpx_loops", ("anyio", "httpx"), ("trio", "uvloop")),
    Sdk("loops", "httpx2", "loops:httpx_loops", ("anyio", "httpx2"), ("trio", "uvloop")),
    Sdk("loops", "aiohttp", "loops:aiohttp_loops", ("anyio", "aiohttp"), ("uvloop",)),
)
# One or two of each over https: a context made late, an authority from the environment.
SECURE = frozenset(
    {"anyio_on_trio", "chat", "chat_async", "documents", "message", "objects_async", "session_gets_a_token", "who_am_i"}
)


def cases() -> Iterator[Any]:
    """Every snippet and its scheme as parameters of pytest; where something is not installed, one that says so."""
    for sdk in SDKS:
        label = f"{sdk.label}-{sdk.client}"
        missing = [name for name in (*sdk.modules, *sdk.extra) if not _importable(name)]
        if missing:
            reason = f"{missing[0].partition('.')[0]} is not installed: pip install -e '.[sdks]'"
            yield pytest.param(sdk, None, "http", id=f"{label}:none", marks=pytest.mark.skip(reason=reason))
            continue
        module, _, attribute = sdk.corpus.partition(":")
        corpus = getattr(importlib.import_module(f".snippets_sdks_{module}", __package__), attribute)
        for snippet in corpus.snippets:
            yield pytest.param(sdk, snippet, "http", id=f"{label}:{snippet.name}")
            if snippet.name in SECURE:
                yield pytest.param(sdk, snippet, "https", id=f"{label}:{snippet.name}:https")


def _importable(name: str) -> bool:
    package, _, _ = name.partition(".")
    try:
        return find_spec(package) is not None and (package == name or find_spec(name) is not None)
    except ModuleNotFoundError:  # a package of a shared name, of which this part is not installed
        return False


CASES = list(cases())


@functools.cache
def made(sdk: Sdk, snippet: Snippet) -> Case:
    """Return the case, and only now import what takes long to import."""
    return Case(sdk.client, snippet, tuple(map(importlib.import_module, sdk.modules)))


@pytest.mark.parametrize(("sdk", "snippet", "server"), CASES, indirect=["server"])
def test_scripted(sdk: Sdk, snippet: Snippet, server: Server) -> None:
    check_scripted(made(sdk, snippet), server)


@pytest.mark.parametrize(("sdk", "snippet", "server"), CASES, indirect=["server"])
def test_passed_through(sdk: Sdk, snippet: Snippet, server: Server) -> None:
    check_passed_through(made(sdk, snippet), server)
