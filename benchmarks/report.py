"""What is said about the samples: a table for the terminal, Markdown and JSON for the record."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import platform
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .contenders import Contender
from .harness import Effort, Measure, Row, Spread

BUDGET = Path(__file__).with_name("budget.toml")
COLUMNS = ("contender", "cost", "compared", "95 %", "must", "aim", "verdict")


@dataclass(frozen=True, slots=True)
class Budget:
    must: float
    aim: float

    def verdict(self, spread: Spread) -> str:
        """Missed only beyond the noise: the whole interval is worse. In between, more rounds would tell."""
        if spread.high <= self.aim:
            return "aim met"
        if spread.high <= self.must:
            return "met"
        return "MISSED" if spread.low > self.must else "undecided"


@dataclass(frozen=True, slots=True)
class Finding:
    """A row, concluded: medians, their intervals, and the verdict if there is a budget for it."""

    measure: Measure
    row: Row
    value: Spread | None
    compared: Spread | None  # None: it is the reference, or there is none
    budget: Budget | None
    verdict: str

    @property
    def label(self) -> str:
        variants = self.row.variant if self.row.variant > 1 else ""
        return f"{self.row.contender} [{variants}]" if variants else self.row.contender

    def cells(self) -> tuple[str, ...]:
        """One text per column; a comparison that the noise has eaten is named so instead of shown."""
        assert self.value is not None
        cost = f"{self.value.median:.4g} {self.measure.unit}".rstrip()
        compared, interval = "", ""
        if self.compared is not None:
            if self.compared.means_something(self.measure.tolerance, self.measure.by):
                compared, interval = self._as_text(self.compared.median), self._interval(self.compared)
            else:
                compared, interval = "too noisy to say", ""
        elif self.measure.against is None and len(self.row.samples) > 1:
            interval = self._interval(self.value)
        limits = (f"{self.budget.must:g}", f"{self.budget.aim:g}") if self.budget else ("", "")
        return (self.label, cost, compared, interval, *limits, self.verdict)

    def _as_text(self, number: float) -> str:
        return f"x{number:.3g}" if self.measure.by == "ratio" else f"{number:+.3g} {self.measure.unit}"

    @staticmethod
    def _interval(spread: Spread) -> str:
        return f"{spread.low:.3g} to {spread.high:.3g}"


def budgets() -> dict[str, Budget]:
    return {name: Budget(**limits) for name, limits in tomllib.loads(BUDGET.read_text()).items()}


def conclude(measure: Measure, rows: Iterable[Row], judged: Iterable[type[Contender]]) -> list[Finding]:
    """Only the contenders that the budgets are about get a verdict."""
    names = {contender.name for contender in judged if contender.judged}
    return [_finding(measure, row, names) for row in rows]


def _finding(measure: Measure, row: Row, judged: set[str]) -> Finding:
    value = Spread.of(row.samples) if row.samples else None
    compared = Spread.of(row.paired) if row.paired else None
    subject = compared if measure.against else value
    asked = row.contender in judged and bool(subject or row.skipped)  # not the baseline of its own variants
    budget = budgets().get(measure.name) if asked else None
    return Finding(measure, row, value, compared, budget, budget.verdict(subject) if budget and subject else "")


def show(findings: Sequence[Finding]) -> None:
    """Print a measure: through rich where it is installed."""
    taken = [finding for finding in findings if finding.value]
    if importlib.util.find_spec("rich") is None:
        print("", findings[0].measure.title, sep="\n")
        for finding in taken:
            print("  " + "  ".join(cell for cell in finding.cells() if cell))
        print(*skips(findings), sep="\n")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*COLUMNS, title=findings[0].measure.title, title_justify="left", caption_justify="left")
    table.caption = Text("\n".join(skips(findings)))
    for finding in taken:
        style = {"MISSED": "red", "undecided": "yellow"}.get(finding.verdict, "green" if finding.verdict else "")
        table.add_row(*(Text(cell) for cell in finding.cells()), style=style)
    Console(width=None if sys.stdout.isatty() else 110).print(table)


def skips(findings: Iterable[Finding]) -> list[str]:
    """A line for each contender without samples: why."""
    lines = (f"{f.row.contender} is not in {f.measure.name}: {f.row.skipped}" for f in findings if f.row.skipped)
    return list(dict.fromkeys(lines))


def facts(effort: Effort, contenders: Iterable[type[Contender]]) -> dict[str, Any]:
    """Where and with what this was measured; nothing that names the machine."""
    owners = importlib.metadata.packages_distributions()
    modules = {contender.requires for contender in contenders} | {
        "httpx",
        "httpx2",
        "requests",
        "urllib3",
        "aiohttp",
    }
    names = {owners[module][0] for module in modules if module in owners}
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "system": f"{platform.system()} {platform.machine()}",
        "rounds": effort.rounds,
        "milliseconds": effort.milliseconds,
        "versions": {name: importlib.metadata.version(name) for name in sorted(names)},
    }


def as_json(findings: Sequence[Finding], about: dict[str, Any]) -> str:
    """Everything, samples included, so that a page or a plot can be made from it without measuring again."""
    results = [
        {
            "measure": finding.measure.name,
            "title": finding.measure.title,
            "unit": finding.measure.unit,
            "against": finding.measure.against,
            "by": finding.measure.by,
            "contender": finding.row.contender,
            "variant": finding.row.variant,
            "value": finding.value and asdict(finding.value),
            "compared": finding.compared and asdict(finding.compared),
            "budget": finding.budget and asdict(finding.budget),
            "verdict": finding.verdict,
            "skipped": finding.row.skipped,
            "samples": finding.row.samples,
        }
        for finding in findings
    ]
    return json.dumps({"about": about, "results": results}, indent=1)


def as_markdown(findings: Sequence[Finding], about: dict[str, Any]) -> str:
    return "\n".join(_markdown(findings, about)) + "\n"


def _markdown(findings: Sequence[Finding], about: dict[str, Any]) -> Iterator[str]:
    yield "# What interception costs"
    yield ""
    yield (
        f"{about['date']}, {about['implementation']} {about['python']}, {about['system']}. CPU time of the client's "
        f"process; {about['rounds']} interleaved rounds; medians, and the interval that holds the true median "
        "with 95 % confidence. Ratios are taken within a round."
    )
    yield ""
    yield ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    yield from _section("Budgets", [finding for finding in findings if finding.budget], by_measure=True)
    for name in dict.fromkeys(finding.measure.name for finding in findings):
        these = [finding for finding in findings if finding.measure.name == name]
        yield from _section(f"{these[0].measure.title} (`{name}`)", these)


def _section(title: str, findings: Sequence[Finding], *, by_measure: bool = False) -> Iterator[str]:
    columns = ("measure", *COLUMNS) if by_measure else COLUMNS
    yield from ("", f"## {title}", "", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|")
    for finding in findings:
        if finding.value is None:
            continue
        cells = (finding.measure.name, *finding.cells()) if by_measure else finding.cells()
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
    for line in skips(findings):
        yield f"\n{line}"
