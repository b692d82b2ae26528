"""Pair, do not average: every contender in its own worker process, sampled in turn, round after round.

A machine is never as fast in one minute as in the next, so no two numbers of different minutes are compared.
In each round every contender takes one sample, A B C A B C; a ratio is taken within its round; what is
reported is the median of these ratios with the interval that it is in with 95 % confidence.

The protocol: a worker reads one JSON request a line and answers each with one JSON line, a float. A worker
that cannot answer dies, and the last line of its traceback is the reason in the report.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .contenders import Contender

ROOT = Path(__file__).resolve().parent.parent
SECONDS_PER_SAMPLE = 30  # then the worker is considered hung
UNITS = {"us": 1e3, "ms": 1e6, "ns": 1.0, "B": 1.0, "": 1.0}  # samples are nanoseconds, bytes or counts

Sample = Callable[[type[Contender], int, int], float]  # (contender, variant, count) -> per operation


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured, in which unit, and what it is compared with.

    variants: of each contender, e.g. 1 and 10 000 mocks; the last one is what the measure is about.
    against: the contender that is 1.0, or "itself" (the first variant); None: the value stands alone.
    by: how a sample is paired with the one it is compared with.
    count: operations per sample; None: as many as fill the time of a sample.
    share: of the rounds; samples that are slow need fewer, those that are always the same one.
    tolerance: the widest interval worth printing, as a share of the median (or, of differences, in units).
    """

    name: str
    title: str
    unit: str
    sample: Sample
    contenders: Callable[[type[Contender]], bool]
    requires: str = ""
    variants: Callable[[type[Contender]], tuple[int, ...]] = lambda contender: (1,)
    against: str | None = "limit"
    by: Literal["ratio", "difference"] = "ratio"
    count: int | None = None
    share: float = 1.0
    tolerance: float = 0.2


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to try: interleaved rounds, and the CPU milliseconds of one sample."""

    rounds: int = 25
    milliseconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Spread:
    """A median and the interval that holds the true one with 95 % confidence, whatever the distribution."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Order statistics: the k-th smallest and largest, k the largest that the binomial law allows."""
        ordered, tail, k = sorted(values), 0.5 ** len(values), 0
        while tail <= 0.025 and k < len(values) // 2:
            k += 1
            tail += math.comb(len(values), k) * 0.5 ** len(values)
        k = max(k, 1)
        return cls(statistics.median(ordered), ordered[k - 1], ordered[-k])

    def means_something(self, tolerance: float, by: str) -> bool:
        return self.high - self.low <= tolerance * (abs(self.median) if by == "ratio" else 1)


@dataclass(slots=True)
class Row:
    """One contender in one measure: samples in the measure's unit, one a round, or why there are none."""

    contender: str
    variant: int
    samples: list[float] = field(default_factory=list)
    paired: list[float] = field(default_factory=list)
    skipped: str = ""


class BrokenError(Exception):
    """A worker died or went silent; the message says why, in its own words."""


class Worker:
    """A process that knows one contender and answers requests for samples."""

    def __init__(self, contender: str) -> None:
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed in close()
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.worker", contender],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )

    def ask(self, measure: str, variant: int, count: int) -> float:
        """One sample, per operation. Raises BrokenError."""
        assert self._process.stdin is not None and self._process.stdout is not None
        silence = threading.Timer(SECONDS_PER_SAMPLE, self._process.kill)
        silence.start()
        try:
            print(json.dumps([measure, variant, count]), file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            silence.cancel()
        if not answer:
            raise BrokenError(self._last_words())
        return float(answer)

    def _last_words(self) -> str:
        code = self._process.wait()
        self._stderr.seek(0)
        *_, traceback = self._stderr.read().split("Traceback (most recent call last):\n")
        said = next((line for line in traceback.splitlines() if line[:1].strip()), f"exit code {code}")
        return f"no answer in {SECONDS_PER_SAMPLE} s" if code == -9 else said[:160]

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout, self._stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):  # a request that a dead worker never read
                    pipe.close()
        self._process.wait()


class Crew:
    """The workers of the measures of one client library: one a contender, started when first asked."""

    def __init__(self) -> None:
        self._workers: dict[str, Worker] = {}

    def ask(self, contender: str, measure: str, variant: int, count: int) -> float:
        """One sample from a contender's worker. Raises BrokenError; the next one asked is a new worker."""
        worker = self._workers.get(contender) or self._workers.setdefault(contender, Worker(contender))
        try:
            return worker.ask(measure, variant, count)
        except BrokenError:
            self._workers.pop(contender).close()
            raise

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers.values():
            worker.close()


def run(measure: Measure, contenders: Iterable[type[Contender]], effort: Effort, crew: Crew) -> list[Row]:
    """Sample all contenders of a measure side by side; return those that have samples, or a reason for none."""
    rows: list[Row] = []
    for contender in contenders:
        if measure.contenders(contender):
            reason = reason_to_skip(measure, contender)
            *baseline, subject = [Row(contender.name, variant) for variant in measure.variants(contender)]
            subject.skipped = reason
            rows += [subject] if reason else [*baseline, subject]
    counts = [warm_up(measure, row, crew, effort) for row in rows]
    for _ in range(max(1, round(effort.rounds * measure.share))):
        for row, count in zip(rows, counts, strict=True):
            take(measure, row, crew, count)
    for row in rows:
        pair(measure, row, rows)
    return rows


def reason_to_skip(measure: Measure, contender: type[Contender]) -> str:
    if reason := contender.cannot.get(measure.name) or contender.cannot.get(measure.name.partition(".")[0]):
        return reason
    missing = [name for name in (contender.requires, measure.requires) if name and not installed(name)]
    return f"{', '.join(missing)} is not installed" if missing else ""


def installed(module: str) -> bool:
    return importlib.util.find_spec(module.partition(".")[0]) is not None


def warm_up(measure: Measure, row: Row, crew: Crew, effort: Effort) -> int:
    """Samples that count for nothing: caches fill, and the second tells how many calls fill a sample."""
    if measure.share == 0:
        return measure.count or 1
    for count in [measure.count] if measure.count else (3, 30):
        take(measure, row, crew, count)
    per_operation = row.samples[-1] * UNITS[measure.unit] if row.samples else math.inf
    row.samples.clear()
    return measure.count or max(1, min(5000, int(effort.milliseconds * 1e6 / max(per_operation, 1.0))))


def take(measure: Measure, row: Row, crew: Crew, count: int) -> None:
    if row.skipped:
        return
    try:
        row.samples.append(crew.ask(row.contender, measure.name, row.variant, count) / UNITS[measure.unit])
    except BrokenError as error:
        row.skipped = str(error)
        row.samples.clear()


def pair(measure: Measure, row: Row, rows: Sequence[Row]) -> None:
    """Fill in `row.paired`: against the reference's sample of the same round."""
    against = row.contender if measure.against == "itself" else measure.against
    reference = next((other for other in rows if other.contender == against), None)
    if reference is None or reference is row:
        return
    pairs = zip(row.samples, reference.samples, strict=False)  # a worker that broke has none
    row.paired = [mine - its if measure.by == "difference" else mine / its for mine, its in pairs]
