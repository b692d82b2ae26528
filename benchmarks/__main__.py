"""`python -m benchmarks`: measure, show, and write the report."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from fnmatch import fnmatch
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from . import report
from .catalogue import MEASURES
from .contenders import find
from .harness import Crew, Effort, run

RESULTS = Path(__file__).with_name("results")
QUICK = Effort(rounds=9, milliseconds=8)


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no slow peers: < 2 minutes")
    parser.add_argument("--only", nargs="+", metavar="MEASURE", default=["*"], help="names or globs: call.*")
    parser.add_argument("--contenders", nargs="+", metavar="NAME", default=["*"], help="names or globs")
    parser.add_argument("--rounds", type=int, help="interleaved rounds")
    parser.add_argument("--milliseconds", type=float, help="CPU time of one sample")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder of the reports")
    parser.add_argument("--check", action="store_true", help="exit 1 when a budget is missed")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = options(arguments)
    effort = QUICK if chosen.quick else Effort()
    effort = Effort(chosen.rounds or effort.rounds, chosen.milliseconds or effort.milliseconds)
    measures = [m for m in MEASURES.values() if any(fnmatch(m.name, glob) for glob in chosen.only)]
    contenders = [c for c in find().values() if any(fnmatch(c.name, glob) for glob in chosen.contenders)]
    if chosen.quick:
        contenders = [contender for contender in contenders if contender.quick]
    findings: list[report.Finding] = []
    started = time.monotonic()
    for _, same_client in groupby(measures, key=attrgetter("requires")):
        with Crew() as crew:
            for measure in same_client:
                tell(measure.name, measures.index(measure), len(measures), time.monotonic() - started)
                concluded = report.conclude(measure, run(measure, contenders, effort, crew), contenders)
                if concluded:
                    report.show(concluded)
                findings += concluded
    write(chosen.output, findings, effort)
    missed = [finding for finding in findings if finding.verdict == "MISSED"]
    return 1 if chosen.check and missed else 0


def tell(name: str, done: int, measures: int, seconds: float) -> None:
    estimate = f", about {seconds / done * (measures - done):.0f} s left" if done else ""
    print(f"[{done + 1}/{measures}] {name}{estimate}", file=sys.stderr, flush=True)


def write(folder: Path, findings: Sequence[report.Finding], effort: Effort) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    about = report.facts(effort, find().values())
    stem = f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}-py{sys.version_info.major}.{sys.version_info.minor}"
    (folder / f"{stem}.json").write_text(report.as_json(findings, about))
    (folder / f"{stem}.md").write_text(report.as_markdown(findings, about))
    print(f"written: {folder / stem}.json and .md", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
