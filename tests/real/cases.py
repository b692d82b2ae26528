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

    label: str
    snippet: Snippet
    lead: tuple[Any, ...]


class Sandbox(AbstractContextManager[Any], AbstractAsyncContextManager[Any], Protocol):
    """What a snippet is run in: it opens with `with` and with `async with`."""


def cases() -> Iterator[Any]:
    """Every case as a parameter of pytest; where a library is missing, one that says so."""
    for label, library, name, led in CORPORA:
        if importlib.util.find_spec(library) is None:
            reason = f"{library} is not installed"
            yield pytest.param(None, id=f"{label}:none", marks=pytest.mark.skip(reason=reason))
            continue
        corpus = importlib.import_module(f".{name}", __package__).corpus
        lead = (importlib.import_module(library),) if led else ()
        for snippet in corpus.snippets:
            yield pytest.param(Case(label, snippet, lead), id=f"{label}:{snippet.name}")


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
