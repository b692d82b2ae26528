"""Where an application enters a client library, and where tests that do without the wire replace it."""

from __future__ import annotations

from collections.abc import Iterator

VERBS = ("delete", "get", "head", "options", "patch", "post", "put", "request")


def doors(module: str, classes: tuple[str, ...], functions: tuple[str, ...] = VERBS) -> Iterator[str]:
    """Yield the paths of a client's classes, of their methods that make a call, and of such functions."""
    for name in classes:
        yield f"{module}:{name}"
        yield from (f"{module}:{name}.{verb}" for verb in VERBS)
    yield from (f"{module}:{name}" for name in functions)
