"""Every Python block of the README and the documentation runs, as printed.

A block that defines tests is run as a test file; any other is executed inside one test. All of them run in
one child process. A block with a title (```python title="shop.py") is a file that the page's others import; one with
the name of another library (```python title="with respx") shows that library, and is run by `test_migrating.py`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import tomllib
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

FENCE = re.compile(r"^(?P<indent> *)```(?P<info>\S[^\n]*)\n(?P<code>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r'python(?: title="(?:(?P<title>\w+\.py)|with (?P<peer>[\w.]+))")?')
RUNS_AS_PYTHON = {"py", "py3", "python", "python3", "pycon", "pyi"}

CONFIGURATION = """\
[tool.pytest.ini_options]
addopts = ["--strict-config", "--strict-markers"]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
filterwarnings = ["error"]
"""

RUNNER = """\
CODE = {code!r}


def test_the_block_runs():
    exec(compile(CODE, {place!r}, "exec"), {{"__name__": "__example__"}})
"""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page; `line` is where its code begins."""

    page: Path
    line: int
    info: str
    code: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"

    @property
    def language(self) -> str:
        return self.info.split()[0].partition("{")[0].lower()

    @property
    def title(self) -> str | None:
        found = PYTHON.fullmatch(self.info)
        return found["title"] if found else None

    @property
    def peer(self) -> str | None:
        """The other library that the block is about."""
        found = PYTHON.fullmatch(self.info)
        return found["peer"] if found else None

    @property
    def module(self) -> str:
        """The name of its test file, unique over all pages."""
        return f"test_{re.sub(r'[^a-z0-9]+', '_', self.place.lower())}"

    @property
    def has_tests(self) -> bool:
        return re.search(r"^(async )?def test_|^class Test", self.code, re.MULTILINE) is not None

    def write(self, folder: Path) -> None:
        """Lay the block down so that a traceback into it names the line of its page."""
        padded = "\n" * (self.line - 1) + self.code
        if self.title:
            (folder / self.title).write_text(self.code, encoding="utf-8")
        elif self.has_tests:
            (folder / f"{self.module}.py").write_text(padded, encoding="utf-8")
        else:
            source = RUNNER.format(code=padded, place=self.place)
            (folder / f"{self.module}.py").write_text(source, encoding="utf-8")


def blocks() -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            line = text.count("\n", 0, found.start("code")) + 1
            yield Block(page, line, found["info"].strip(), textwrap.dedent(found["code"]))


BLOCKS = list(blocks())
EXAMPLES = [block for block in BLOCKS if block.language == "python" and not block.title and not block.peer]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """For each test file of a block, one text for each of its tests: empty where it passed."""
    root = tmp_path_factory.mktemp("documentation")
    (root / "pyproject.toml").write_text(CONFIGURATION)
    (root / "conftest.py").write_text(Path(__file__).with_name("docs_conftest.py").read_text())
    for block in BLOCKS:
        if block.language == "python" and not block.peer:
            folder = root / re.sub(r"\W", "_", block.page.relative_to(ROOT).as_posix())
            folder.mkdir(exist_ok=True)
            block.write(folder)
    report = root / "report.xml"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    options = ["-q", "-p", "no:cacheprovider", "--continue-on-collection-errors", f"--junitxml={report}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options], cwd=root, env=clean, capture_output=True, text=True
    )
    assert report.exists(), done.stdout + done.stderr
    found: dict[str, list[str]] = defaultdict(list)
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        # A file that cannot be collected is reported under its own name, without a class.
        dotted = (case.get("classname") or case.get("name") or "").split(".")
        module = next(part for part in dotted if part.startswith("test_"))
        found[module].append("\n".join(f"{each.get('message')}\n{each.text}" for each in case))
    return found


@pytest.mark.parametrize("block", [pytest.param(block, id=block.place) for block in EXAMPLES])
def test_the_block_runs_as_printed(block: Block, findings: dict[str, list[str]]) -> None:
    assert findings[block.module], "nothing of this block was run"
    if troubles := "\n".join(filter(None, findings[block.module])):
        pytest.fail(troubles, pytrace=False)


@pytest.mark.parametrize("page", [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in PAGES])
def test_no_block_escapes(page: Path) -> None:
    fences = [block for block in BLOCKS if block.page == page and block.language in RUNS_AS_PYTHON]
    assert [f"{block.place}: {block.info}" for block in fences if not PYTHON.fullmatch(block.info)] == []


@pytest.mark.parametrize("page", [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in PAGES])
def test_configuration_parses(page: Path) -> None:
    for block in BLOCKS:
        if block.page == page and block.language == "toml":
            assert tomllib.loads(block.code), block.place


def test_titled_files_do_not_shadow_each_other() -> None:
    # One process imports them all, by name.
    titles = [block.title for block in BLOCKS if block.title]
    assert len(titles) == len(set(titles))


def test_the_readme_has_the_two_commands() -> None:
    # .ci/run reads the second from here and runs it, so that what is printed is what is tested.
    shell = "\n".join(block.code for block in BLOCKS if block.page.name == "README.md" and block.language == "bash")
    lines = shell.splitlines()
    assert lines.count("pip install -e '.[dev]' && python -m bigfoot demo") == 1
    assert lines.count("pip install -e '.[dev]' && pytest") == 1
