"""What an editor and a type checker know of bigfoot, from the installed package alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Checker = Callable[[Path, Path], set[int]]

SAMPLE = Path(__file__).with_name("typed_sample.py")

TYPOS = """\
from __future__ import annotations

import bigfoot

bigfoot.htpp
bigfoot.http.mock_respons("GET", "https://api.example.com/")
bigfoot.http.mock_response("GET", "https://api.example.com/", status="200")
bigfoot.http.assert_request("GET", "https://api.example.com/").assert_respons(200, {}, "")
bigfoot.StrictVerifier().sandbx()
"""


def run_mypy(code: Path, site: Path) -> set[int]:
    """The lines that `mypy --strict` objects to."""
    output = run(["mypy", "--strict", "--no-incremental", "--config-file=", code.name], code.parent, site)
    found = re.findall(rf"^{code.name}:(\d+): error:", output, re.MULTILINE)
    assert found or "Success" in output, output
    return {int(line) for line in found}


def run_pyright(code: Path, site: Path) -> set[int]:
    """The lines that pyright in strict mode objects to."""
    config = {"include": [code.name], "extraPaths": [str(site)], "typeCheckingMode": "strict"}
    code.with_name("pyrightconfig.json").write_text(json.dumps(config))
    output = run(["pyright", "--outputjson", "--pythonpath", sys.executable], code.parent, site)
    report = json.loads(output)
    assert report["summary"]["filesAnalyzed"] == 1, output
    errors = [each for each in report["generalDiagnostics"] if each["severity"] == "error"]
    return {each["range"]["start"]["line"] + 1 for each in errors}


def run(command: list[str], folder: Path, site: Path) -> str:
    environment = os.environ | {"MYPYPATH": str(site)}
    command = [sys.executable, "-m", *command]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, cwd=folder, env=environment)
    return done.stdout


CHECKERS = pytest.mark.parametrize("check", [run_mypy, run_pyright], ids=["mypy", "pyright"])


@CHECKERS
def test_a_typed_test_suite_is_accepted(check: Checker, installed: Path, tmp_path: Path) -> None:
    code = tmp_path / "sample.py"
    code.write_text(SAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    assert check(code, installed) == set()


@CHECKERS
def test_typos_are_seen_before_the_test_runs(check: Checker, installed: Path, tmp_path: Path) -> None:
    code = tmp_path / "typos.py"
    code.write_text(TYPOS, encoding="utf-8")
    calls = {number for number, line in enumerate(TYPOS.splitlines(), 1) if line.startswith("bigfoot.")}
    assert check(code, installed) == calls
