"""What a snippet is, and the small tools with which snippets tell what an application would see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

FRAMING = frozenset({"connection", "content-length", "date", "keep-alive", "transfer-encoding"})
"""Headers by which a message is delimited: they are the wire's, not the application's."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A small function that uses a client as applications do, and returns all that they could observe.

    `run(base_url)` (sync or async); with `prepare`, `run(base_url, prepare(base_url))`, where `prepare` is called
    before the sandbox is entered. `concurrent`: its requests have no order. `keeps`: framing headers that it looks
    at, which the script must therefore give. `whole`: it reads its responses to the end.
    """

    name: str
    run: Callable[..., Any]
    prepare: Callable[..., Any] | None = None
    concurrent: bool = False
    keeps: frozenset[str] = frozenset()
    whole: bool = True


@dataclass(slots=True)
class Corpus:
    """The snippets of one client, in the order in which they were written.

    Example:
        corpus = Corpus()

        @corpus.add
        def reads_json(base: str) -> object:
            return requests.get(base + "/json").json()
    """

    snippets: list[Snippet] = field(default_factory=list)

    def add(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """Take a function as a snippet."""
        return self.like()(run)

    def like(
        self,
        *,
        prepare: Callable[..., Any] | None = None,
        concurrent: bool = False,
        keeps: Iterable[str] = (),
        whole: bool = True,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Take a function as a snippet with these properties."""

        def taken(run: Callable[..., Any]) -> Callable[..., Any]:
            self.snippets.append(Snippet(run.__name__, run, prepare, concurrent, frozenset(keeps), whole))
            return run

        return taken


def shown(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers that an application may look at: lower-case names, sorted, without framing."""
    pairs = [(name.lower(), value) for name, value in headers]
    return sorted(pair for pair in pairs if pair[0] not in FRAMING)


def raised(function: Callable[..., object], *args: object, **kwargs: object) -> tuple[str, ...]:
    """The class names of the exception that a call ends with and of those behind it; `()` when it ends well."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return _lineage(error)
    return ()


async def raised_async(awaitable: Awaitable[object]) -> tuple[str, ...]:
    """The same as `raised`, of something to await."""
    try:
        await awaitable
    except Exception as error:
        return _lineage(error)
    return ()


def _lineage(error: BaseException) -> tuple[str, ...]:
    behind = error.__cause__ or error.__context__
    return (type(error).__name__, *(_lineage(behind) if behind else ()))


def slices(content: bytes, size: int) -> Iterable[bytes]:
    """A generator over pieces of the content: a body whose length its sender does not know."""
    for start in range(0, len(content), size):
        yield content[start : start + size]
