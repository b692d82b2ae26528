"""`python -m bigfoot demo`, as a newcomer runs it: in a process of its own, from any folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bigfoot
from bigfoot.__main__ import main

WITHOUT = (
    "import sys; sys.modules |= dict.fromkeys({names!r}); from bigfoot.__main__ import main; sys.exit(main(['demo']))"
)


def run(*command: str, folder: Path, width: int = 80, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=clean | {"COLUMNS": str(width), "PYTHONIOENCODING": "utf-8"} | environment,
        capture_output=True,
        encoding="utf-8",
    )


def without(*libraries: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the demo where these libraries cannot be imported."""
    return run("-c", WITHOUT.format(names=libraries), folder=folder)


def chapters(output: str) -> list[str]:
    """What stands under each of the numbered headings."""
    return re.split(r"^\d\. .*$", output, flags=re.MULTILINE)[1:]


def test_the_demo_shows_passes_fails_and_mends(tmp_path: Path) -> None:
    done = run("-m", "bigfoot", "demo", folder=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    tests, timelines, failure, fix = chapters(done.stdout)
    assert "def test_charge()" in tests and "7 passed" in tests
    assert re.search(r"GET http://127\.0\.0\.1:\d+/stock/teapot -> 200 +pass-through +httpx", timelines)
    assert re.search(r"POST https://payments\.example/charges -> 200 +mock +requests", timelines)
    assert re.search(r"GET https://swift\.example/quote -> 200 +mock +aiohttp", timelines)
    assert re.search(r"GET https://rates\.example/latest -> 200 +mock +urllib", timelines)
    assert "3 calls passed through, and the real server was asked 3 times." in timelines
    assert "1 interaction was not asserted" in failure and "1 failed" in failure
    assert "+     bigfoot.http.assert_request(" in fix and "1 passed" in fix
    assert [line for line in timelines.splitlines() if len(line) > 80] == []
    assert list(tmp_path.iterdir()) == []


def test_a_wide_terminal_shows_where_each_call_came_from(tmp_path: Path) -> None:
    done = run("-m", "bigfoot", "demo", folder=tmp_path, width=150)
    assert done.returncode == 0
    assert re.search(r"requests \d[\d.]+ +\S*shop\.py:\d+", done.stdout)


def test_nothing_else_has_a_say(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    (tmp_path / "conftest.py").write_text("raise SystemError")
    done = run("-m", "bigfoot", "demo", folder=tmp_path, PYTEST_ADDOPTS="--nonsense", PYTEST_PLUGINS="nonsense")
    assert (done.returncode, done.stderr) == (0, "")


def test_it_makes_do_with_urllib_and_plain_text(tmp_path: Path) -> None:
    done = without("rich", "httpx", "requests", "aiohttp", "pytest_asyncio", folder=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    tests, timelines, _, fix = chapters(done.stdout)
    assert "1 passed, 6 skipped" in tests and "not installed: requests" in tests
    assert re.search(r"^0  GET https://rates\.example/latest -> 200  mock +urllib$", timelines, re.MULTILINE)
    assert "1 passed" in fix
    assert done.stdout.isascii()


def test_without_pytest_it_says_what_to_install(tmp_path: Path) -> None:
    done = without("pytest", folder=tmp_path)
    assert done.returncode == 1
    assert done.stdout == (
        "The demo runs its example with pytest, which is not installed here: pip install -e '.[dev]'\n"
    )


def test_the_example_is_a_test_file_like_any_other(tmp_path: Path) -> None:
    options = ["-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestDeprecationWarning"]
    done = run("-m", "pytest", *options, "--pyargs", "bigfoot.demo.test_shop", folder=tmp_path)
    assert done.returncode == 0, done.stdout


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"bigfoot {bigfoot.__version__}\n"


def test_without_a_command_it_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    help_text = capsys.readouterr().out
    assert "demo " in help_text and "doctor " in help_text


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["dmeo"])
    assert end.value.code == 2
    assert "dmeo" in capsys.readouterr().err
