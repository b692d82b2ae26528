"""A fault that a mock has is what a server with that fault would be: the same exception, for each client."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bigfoot import StrictVerifier
from bigfoot.plugins.http import HttpPlugin

from .clients import Client
from .faults import Row, cases
from .faulty import faulty
from .table import table

Servers = dict[str, tuple[str, ssl.SSLContext | None]]


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """A real server for each kind of misbehaviour."""
    with faulty() as running:
        yield running


def kinds(error: BaseException) -> tuple[str, ...]:
    """Return the type of an exception, then those of the reasons that it was given."""
    found = [f"{type(error).__module__.partition('.')[0]}.{type(error).__name__}"]
    for inner in (getattr(error, "reason", None), *error.args):
        if isinstance(inner, BaseException):
            return (*found, *kinds(inner))
    return tuple(found)


_real: dict[tuple[str, str, bool], tuple[str, ...]] = {}


def failure(client: Client, url: str, **options: Any) -> tuple[str, ...]:
    try:
        got = client("GET", url, **options)
    except Exception as error:
        return kinds(error)
    return (f"no exception, but {got.status} {got.body!r}",)


def real(client: Client, row: Row, servers: Servers, chunks: bool) -> tuple[str, ...]:
    """Return what the client makes of the real misbehaviour; asked once."""
    key = client.real.id, row.server, chunks
    if key not in _real:
        url, context = servers[row.server]
        _real[key] = failure(client.real, url, context=context, chunks=chunks, **row.options)
    return _real[key]


def mocked(client: Client, row: Row, servers: Servers, chunks: bool) -> tuple[str, ...]:
    """Return what it makes of the mock."""
    verifier = StrictVerifier()
    url, context = servers[row.server]
    row.promise(HttpPlugin(verifier), url)
    with verifier.sandbox():
        return failure(client, url, context=context, chunks=chunks, **row.options)


@pytest.mark.parametrize(
    ("row", "chunks"), [pytest.param(row, chunks, id=f"{row.shown} {'in pieces' * chunks}") for row, chunks in cases()]
)
def test_a_mocked_fault_is_the_real_one(servers: Servers, client: Client, row: Row, chunks: bool) -> None:
    expected = real(client, row, servers, chunks)
    assert chunks or not expected[0].startswith("no exception")  # read1 of http.client overlooks a body that is cut
    assert mocked(client, row, servers, chunks) == expected


def test_the_table_of_the_guide_is_true(servers: Servers) -> None:
    """Its cells are what the tests above compare with a real server; the message has the whole table."""
    guide = (Path(__file__).parents[3] / "docs" / "guides" / "faults.md").read_text(encoding="utf-8")
    made = table(lambda client, row: mocked(client, row, servers, chunks=False))
    assert made in guide, made
