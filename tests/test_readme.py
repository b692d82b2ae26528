"""What the README claims beyond its code blocks, which `test_docs.py` runs: its output, its tables."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import bigfoot
from bigfoot.turn import Turn, begin, end

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def chapter(title: str) -> str:
    """The text below a heading, up to the next one."""
    return README.partition(f"## {title}\n")[2].partition("\n## ")[0]


def block(language: str) -> str:
    """The first fenced block in a language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def replacements() -> list[str]:
    """The right column of the tables of what comes from another library."""
    rows = re.findall(r"^\| `.*` \| `(.*)` \|$", chapter("Coming from another library"), re.MULTILINE)
    assert rows
    return rows


def trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


def test_the_failure_is_what_pytest_prints(tmp_path: Path) -> None:
    *lines, last = block("python").splitlines()
    assert "assert_request" in last
    (tmp_path / "test_payment.py").write_text("\n".join(lines), encoding="utf-8")

    done = subprocess.run([sys.executable, "-m", "pytest"], cwd=tmp_path, capture_output=True, text=True)

    assert done.returncode == 1
    assert trimmed(block("text")) in trimmed(done.stdout)


def test_the_first_example_has_ten_lines() -> None:
    assert len([line for line in block("python").splitlines() if line]) == 10


def test_every_extra_is_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = chapter("Extras")
    assert [extra for extra in project["optional-dependencies"] if f"`{extra}`" not in text] == []


def test_every_setting_is_shown_with_its_default() -> None:
    settings = tomllib.loads(block("toml"))["tool"]["bigfoot"]
    http, logging = settings.pop("http"), settings.pop("logging")
    for name, value in settings.items():
        default = getattr(bigfoot.StrictVerifier().config, name)
        assert value == (default if isinstance(default, (bool, float)) else list(default or []))
    assert http == {"require_response": False}
    assert logging == {"level": "INFO", "ignore": []}


def test_every_option_of_pytest_is_named(tmp_path: Path) -> None:
    shown = subprocess.run([sys.executable, "-m", "pytest", "--help"], cwd=tmp_path, capture_output=True, text=True)
    options = set(re.findall(r"--bigfoot[\w-]+", shown.stdout))
    assert options
    assert [option for option in sorted(options) if f"`{option}" not in chapter("pytest")] == []


@pytest.mark.parametrize("page", [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in PAGES])
def test_nobody_is_told_to_install_by_the_bare_name(page: Path) -> None:
    commands = re.findall(r"pip install ([^\n`&|]*)", page.read_text(encoding="utf-8"))
    bare = [command for command in commands if re.search(r"(?:^|[ '\"])bigfoot(?:$|[ '\"\[=<>~])", command)]
    assert bare == []


def test_what_replaces_another_library_runs() -> None:
    """Every line of the tables, on names that mean what the tables mean, in a turn that nobody judges."""

    class Service:
        def load(self, *args: int) -> int:
            return len(args)

    promises = [code for code in replacements() if "assert_" not in code and not code.endswith(":")]
    assert len(promises) > 15
    names = {"bigfoot": bigfoot, "Service": Service, "real": Service(), "url": "https://api.example.com/"}
    names |= {"data": {"a": 1}, "error": OSError("refused")}
    turn = Turn()
    begin(turn)
    try:
        for code in promises:
            exec(code, names)
    finally:
        end(turn)


@pytest.mark.parametrize("code", [code for code in replacements() if "assert_" in code])
def test_what_replaces_an_assertion_names_what_there_is(code: str) -> None:
    compile(code, "README.md", "exec")
    method = re.findall(r"\.(assert_\w+)\(", code)[0]
    service = bigfoot.mock("Service").load
    assert hasattr(service if code.startswith("service.") else bigfoot.http, method)
