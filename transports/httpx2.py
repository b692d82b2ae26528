"""httpx2: the seam of `bigfoot.transports.httpx`, put on the other module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .httpx import seam

SEAM = seam("httpx2", "httpcore2")

if TYPE_CHECKING:
    import httpx2

    from bigfoot.verifier import StrictVerifier

    class Transport(httpx2.BaseTransport):
        def __init__(self, verifier: StrictVerifier | None = None, **options: Any) -> None: ...

    class AsyncTransport(httpx2.AsyncBaseTransport):
        def __init__(self, verifier: StrictVerifier | None = None, **options: Any) -> None: ...


def __getattr__(name: str) -> Any:
    """Build the explicit classes when they are first asked for: their base classes are the library's own."""
    if name in ("Transport", "AsyncTransport"):
        from .httpx_explicit import explicit

        classes = explicit("httpx2")
        globals().update(Transport=classes[0], AsyncTransport=classes[1])
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
