"""The table of faults for the guide: what each client raises."""

from __future__ import annotations

from collections.abc import Callable

from .clients import CLIENTS, Client
from .faults import ROWS, Row

# The columns of the guide, and the clients that must agree in each.
COLUMNS = {
    "httpx, httpx2": ("httpx", "httpx async", "httpx2", "httpx2 async"),
    "requests": ("requests", "requests with Retry"),
    "urllib3": ("urllib3",),
    "urllib": ("urllib",),
    "http.client": ("http.client",),
    "aiohttp": ("aiohttp",),
}


def table(kinds: Callable[[Client, Row], tuple[str, ...]]) -> str:
    """Return the table in Markdown.

    Arguments:
        kinds: the type of the exception that a client raises at a fault, then those of its reasons.
    """
    clients = {client.id: client for client in CLIENTS}
    lines = [f"| fault | {' | '.join(COLUMNS)} |", "|---" * (len(COLUMNS) + 1) + "|"]
    for row in ROWS:
        cells = []
        for names in COLUMNS.values():
            found = {tuple(_short(kind) for kind in kinds(clients[name], row)) for name in names}
            assert len(found) == 1, f"{names} do not agree on {row.shown}: {found}"
            outer, *reasons = found.pop()
            cells.append(f"`{outer}`" + (f" ({', '.join(f'`{reason}`' for reason in reasons)})" if reasons else ""))
        lines.append(f"| {row.shown} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _short(kind: str) -> str:
    return kind.rpartition(".")[2]
