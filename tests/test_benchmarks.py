"""The benchmark's machinery: workers, pairing, statistics, reports. Nothing here looks at how long anything took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The benchmarks are run from the checkout, and not installed."""
    monkeypatch.syspath_prepend(str(ROOT))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "benchmarks"]:
        del sys.modules[name]


def bench(folder: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    command = [sys.executable, "-m", "benchmarks", "--quick", "--rounds", "3", "--milliseconds", "0.1"]
    done = subprocess.run(
        [*command, "--output", str(folder), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    [report] = folder.glob("*.json")
    [markdown] = folder.glob("*.md")
    return json.loads(report.read_text()), markdown.read_text()


def test_two_contenders_are_sampled_in_rounds_and_paired(tmp_path: Path) -> None:
    report, markdown = bench(tmp_path, "--only", "call.urllib", "--contenders", "limit", "no library")
    limit, loopback = report["results"]
    assert (limit["contender"], loopback["contender"]) == ("limit", "no library")
    assert [len(limit["samples"]), len(loopback["samples"])] == [3, 3]
    assert all(sample > 0 for sample in limit["samples"] + loopback["samples"])
    assert limit["compared"] is None
    ratios = sorted(mine / its for mine, its in zip(loopback["samples"], limit["samples"], strict=True))
    assert loopback["compared"] == pytest.approx({"low": ratios[0], "median": ratios[1], "high": ratios[2]})
    assert report["about"]["rounds"] == 3
    assert "(`call.urllib`)" in markdown


def test_bigfoot_is_judged_by_the_budget(tmp_path: Path) -> None:
    report, markdown = bench(tmp_path, "--only", "sandbox", "import.clients", "--contenders", "bigfoot")
    by_name = {result["measure"]: result for result in report["results"]}
    assert by_name["import.clients"]["verdict"] == "aim met"
    assert by_name["sandbox"]["budget"] == {"must": 40, "aim": 15}
    assert by_name["sandbox"]["verdict"] in {"aim met", "met", "undecided", "MISSED"}
    assert "## Budgets" in markdown


def test_a_contender_that_breaks_is_reported_in_its_own_words() -> None:
    from benchmarks.contenders import Contender
    from benchmarks.harness import Crew, Effort, Measure, run

    class Unknown(Contender):
        name = "nobody"
        clients = frozenset()

    measure = Measure("call.urllib", "", "us", lambda *_: 0.0, lambda _: True)
    with Crew() as crew:
        [row] = run(measure, [Unknown], Effort(1, 0.1), crew)
    assert row.samples == []
    assert row.skipped == "KeyError: 'nobody'"


def test_a_contender_that_is_not_installed_is_skipped_with_a_reason() -> None:
    from benchmarks.contenders import Contender
    from benchmarks.harness import Crew, Effort, Measure, run

    class Missing(Contender):
        name = "missing"
        requires = "no_such_library"
        clients = frozenset()

    with Crew() as crew:
        [row] = run(Measure("any", "", "us", lambda *_: 0.0, lambda _: True), [Missing], Effort(1), crew)
    assert row.skipped == "no_such_library is not installed"


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [([5.0], 5, 5), ([1, 2, 9], 1, 9), (list(range(9)), 1, 7), (list(range(25)), 7, 17)],
)
def test_the_interval_of_a_median_comes_from_order_statistics(values: list[float], low: float, high: float) -> None:
    from benchmarks.harness import Spread

    spread = Spread.of(values)
    assert (spread.low, spread.high) == (low, high)


def test_a_ratio_that_means_nothing_is_not_printed() -> None:
    from benchmarks.harness import Measure, Row
    from benchmarks.report import conclude

    measure = Measure("call.urllib", "", "us", lambda *_: 0.0, lambda _: True)
    steady = Row("a", 1, samples=[10.0] * 9, paired=[1.1] * 9)
    noisy = Row("b", 1, samples=[10.0] * 9, paired=[0.5, 1.5, 1.1] * 3)
    first, second = conclude(measure, [steady, noisy], [])
    assert first.cells()[2] == "x1.1"
    assert second.cells()[2] == "too noisy to say"


def test_a_budget_is_missed_only_beyond_the_noise() -> None:
    from benchmarks.harness import Spread
    from benchmarks.report import Budget

    budget = Budget(must=1.15, aim=1.08)
    assert budget.verdict(Spread(1.05, 1.0, 1.07)) == "aim met"
    assert budget.verdict(Spread(1.10, 1.0, 1.14)) == "met"
    assert budget.verdict(Spread(1.20, 1.1, 1.30)) == "undecided"
    assert budget.verdict(Spread(1.20, 1.16, 1.30)) == "MISSED"


def test_every_budget_is_of_a_measure_and_every_contender_can_be_made_known() -> None:
    from benchmarks.catalogue import MEASURES
    from benchmarks.clients import CLIENTS
    from benchmarks.contenders import find
    from benchmarks.report import budgets

    assert budgets().keys() <= MEASURES.keys()
    assert {client for contender in find().values() for client in contender.clients} == {c.name for c in CLIENTS}
    assert next(iter(find())) == "limit"
