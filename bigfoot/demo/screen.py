"""What the demo shows on the terminal: with rich where it is installed, in plain columns elsewhere."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from bigfoot import report
from bigfoot.columns import columns

if TYPE_CHECKING:
    from bigfoot.interaction import Interaction

WIDE = 110


class Test(NamedTuple):
    """A test that was run: its name, and its timeline."""

    name: str
    timeline: Sequence[Interaction]


class Screen:
    """A terminal without colours."""

    def __init__(self) -> None:
        self.width = min(shutil.get_terminal_size().columns, 120)

    def heading(self, text: str) -> None:
        """Begin a chapter."""
        print(f"\n{text}\n{'-' * len(text)}", flush=True)

    def say(self, text: str) -> None:
        """Show a paragraph."""
        print("\n".join(wrap(text, self.width, break_long_words=False, break_on_hyphens=False)), flush=True)

    def code(self, source: str, *, new: Iterable[str] = ()) -> None:
        """Show source code; the lines in `new` are marked."""
        lines = [f"  {line}" for line in source.splitlines()] + [f"+ {line}" for line in new]
        print("\n".join(["", *lines, ""]), flush=True)

    def timelines(self, tests: Iterable[Test]) -> None:
        """Show what each test has left on its timeline."""
        head, *rows = _rows(tests, wide=self.width >= WIDE)
        for line in columns([head, ["-" * len(cell) for cell in head], *rows], self.width):
            print(line)


class RichScreen(Screen):
    """The same in colours."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console

        self._console = Console(width=self.width, highlight=False)

    def heading(self, text: str) -> None:
        from rich.rule import Rule

        self._console.print()
        self._console.print(Rule(f"[bold]{text}", align="left"))

    def code(self, source: str, *, new: Iterable[str] = ()) -> None:
        from rich.syntax import Syntax
        from rich.text import Text

        shown = Syntax(source.rstrip(), "python", theme="ansi_dark", background_color="default").highlight(source)
        self._console.print()
        for line in shown.split():
            self._console.print(Text("  ").append_text(line))
        for added in new:
            self._console.print(Text(f"+ {added}", style="green"))
        self._console.print()

    def timelines(self, tests: Iterable[Test]) -> None:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        head, *rows = _rows(tests, wide=self.width >= WIDE)
        table = Table(box=box.SIMPLE_HEAD, expand=False, pad_edge=False)
        for name in head:
            table.add_column(name, overflow="fold")
        for row in rows:
            if not row[0]:
                table.add_section()
            colour = {"": "bold", "mock": "green", "pass-through": "yellow"}.get(row[2], "")
            table.add_row(*(Text(cell, style=colour if number in (1, 2) else "") for number, cell in enumerate(row)))
        self._console.print(table)


def _rows(tests: Iterable[Test], *, wide: bool) -> Iterator[list[str]]:
    """Yield the head of the table, then for each test its name and its interactions."""
    more = ["called at"] if wide else []
    yield ["#", "call", "answered by", "client", *more]
    for test in tests:
        yield ["", test.name, "", "", *("" for _ in more)]
        for found in test.timeline:
            client = found.client or ""
            place = [str(found.origin or "")] if wide else []
            shown = client if wide else client.partition(" ")[0]
            yield [str(found.sequence), report.summary(found), found.how, shown, *place]


def screen() -> Screen:
    """Return the best screen that is installed."""
    return RichScreen() if importlib.util.find_spec("rich") is not None else Screen()
