"""What bigfoot can see from here: which clients are installed, and which seam meets each."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from bigfoot.discovery import fakes


class Client(NamedTuple):
    """A client library that some seam meets.

    Attributes:
        library: its import name.
        version: its version; empty for the standard library's own, None if it is not installed.
        plugins: the public names of the plugins that answer its calls.
    """

    library: str
    version: str | None
    plugins: tuple[str, ...]


def clients() -> Iterator[Client]:
    """Yield every client library that a seam exists for, imported or not; imports none."""
    plugins: dict[str, list[str]] = {}
    for fake in fakes().values():
        for seam in fake.seams:
            plugins.setdefault(seam.library, []).append(fake.name)
    for library, names in plugins.items():
        yield Client(library, _version(library), tuple(names))


def intercepted() -> list[str]:
    """Return the installed clients with their versions, for the header of a test session."""
    return [f"{client.library} {client.version}".rstrip() for client in clients() if client.version is not None]


def _version(library: str) -> str | None:
    top = library.partition(".")[0]
    try:
        return version(top)
    except PackageNotFoundError:
        return "" if importlib.util.find_spec(top) is not None else None
