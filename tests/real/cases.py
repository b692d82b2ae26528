"""Every snippet with every library that it can be run with, and how to run it."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from . import snippets_edges
from .corpus import Snippet

# Label, the library to import, the module with its snippets, whether they get the library as their first argument.
CORPORA = (
    ("httpx", "httpx", "snippets_httpx", True),
    ("httpx-async", "httpx", "snippets_httpx_async", True),
    ("httpx2", "httpx2", "snippets_httpx", True),
    ("httpx2-async", "httpx2", "snippets_httpx_async", True),
    ("requests", "requests", "snippets_requests", False),
    ("urllib3", "urllib3", "snippets_urllib3", False),
    ("urllib", "urllib.request", "snippets_urllib", False),
    ("http.client", "http.client", "snippets_http_client", False),
    ("httplib2", "httplib2", "snippets_httplib2", False),
    ("botocore", "botocore", "snippets_botocore", False),
    ("aiohttp", "aiohttp", "snippets_aiohttp", False),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One snippet with one library; `lead` are the arguments before the base URL."""

    library: str
    snippet: Snippet
    lead: tuple[Any, ...]


class Sandbox(AbstractContextManager[Any], AbstractAsyncContextManager[Any], Protocol):
    """What a snippet is run in: it opens with `with` and with `async with`."""


# The snippets that are run over https as well: what a handshake, a context made late or a port could break.
SECURE = frozenset(
    [
        "adapter_with_retries",
        "basic_auth_ahead",
        "bytes_in_chunks",
        "caller_identity",
        "client_built_before",
        "client_with_pooled_connection",
        "cached",
        "content_codings",
        "cookie_attributes",
        "credentials",
        "digest_auth",
        "every_method",
        "followed_redirects",
        "gathered",
        "get_json",
        "http2_where_the_server_can",
        "login_with_a_cookie_jar",
        "login_with_cookies",
        "manager_built_before",
        "manager_with_pooled_connection",
        "module_functions",
        "multipart",
        "object_read",
        "object_written",
        "on_trio",
        "on_uvloop",
        "opener_built_before",
        "redirects",
        "retried_statuses",
        "session_built_before",
        "session_with_pooled_connection",
        "threads",
        "threads_on_one_client",
        "threads_on_one_manager",
        "threads_on_one_session",
        "transport_around_a_transport",
        "transport_with_options",
        "upload_and_download_at_once",
    ]
)


def cases() -> Iterator[Any]:
    """Every case and its scheme as parameters of pytest; where a library is missing, one that says so."""
    for label, library, name, led in CORPORA:
        if importlib.util.find_spec(library) is None:
            reason = f"{library} is not installed"
            yield pytest.param(None, "http", id=f"{label}:none", marks=pytest.mark.skip(reason=reason))
            continue
        corpus = importlib.import_module(f".{name}", __package__).corpus
        lead = (importlib.import_module(library),) if led else ()
        for snippet in (*corpus.snippets, *snippets_edges.snippets(label)):
            case = Case(label.removesuffix("-async"), snippet, lead)
            yield pytest.param(case, "http", id=f"{label}:{snippet.name}")
            if snippet.name in SECURE:
                yield pytest.param(case, "https", id=f"{label}:{snippet.name}:https", marks=_tls_trouble(library))


def _tls_trouble(library: str) -> list[pytest.MarkDecorator]:
    if library == "aiohttp" and not hasattr(importlib.import_module(library), "ClientMiddlewareType"):
        reason = "aiohttp before 3.12 leaves its TLS transports unclosed when the loop ends"
        return [pytest.mark.skip(reason=reason)]
    return []


def played(case: Case, base: str, enter: Callable[[], Sandbox]) -> object:
    """Run a snippet inside what `enter` returns; its preparation comes before."""
    arguments = (*case.lead, base)
    if inspect.iscoroutinefunction(case.snippet.run):
        return asyncio.run(_played(case.snippet, arguments, enter))
    made = (case.snippet.prepare(*arguments),) if case.snippet.prepare else ()
    with enter():
        return case.snippet.run(*arguments, *made)


async def _played(snippet: Snippet, arguments: tuple[Any, ...], enter: Callable[[], Sandbox]) -> object:
    made = (await snippet.prepare(*arguments),) if snippet.prepare else ()
    async with enter():
        return await snippet.run(*arguments, *made)
