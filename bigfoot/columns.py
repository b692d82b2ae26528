"""Text in columns, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap


def columns(rows: Iterable[Sequence[str]], width: int, *, gap: int = 2) -> list[str]:
    """Return rows of cells as lines: columns as wide as their cells, the last one wrapped to what is left.

    Arguments:
        rows: the cells, as many in each row.
        width: of the terminal, in characters.
        gap: between columns, in characters.

    Example:
        >>> columns([("httpx", "0.28.1"), ("aiohttp", "3.14.5")], 80)
        ['httpx    0.28.1', 'aiohttp  3.14.5']
    """
    table = list(rows)
    widths = [max(map(len, cells)) for cells in zip(*(row[:-1] for row in table), strict=True)]
    left = sum(widths) + gap * len(widths)
    lines = []
    for row in table:
        head = "".join(cell.ljust(size + gap) for cell, size in zip(row, widths, strict=False))
        for part in wrap(row[-1], max(20, width - left), break_long_words=False, break_on_hyphens=False) or [""]:
            lines.append(f"{head}{part}".rstrip())
            head = " " * left
    return lines
