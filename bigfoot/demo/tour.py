"""The demo from its first line to its last: the example's tests, their timelines, a failure, and what fixes it."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bigfoot
from bigfoot import report
from bigfoot.demo.screen import Screen, Test, screen
from bigfoot.demo.server import Warehouse

if TYPE_CHECKING:
    import pytest

_NO_PYTEST = "The demo runs its example with pytest, which is not installed here: pip install -e '.[dev]'"


class Watch:
    """A pytest plugin that keeps what the tests of one session leave behind.

    Attributes:
        tests: the tests that called somebody, each with its timeline.
        asked: what the real server was asked.
    """

    def __init__(self) -> None:
        self.tests: list[Test] = []
        self.asked: list[str] = []

    def pytest_runtest_teardown(self, item: pytest.Function) -> None:
        timeline = list(bigfoot.current_verifier().timeline)
        if timeline:
            self.tests.append(Test(item.name, timeline))
        for value in item.funcargs.values():
            if isinstance(value, Warehouse):
                self.asked = value.requests


def run() -> int:
    """Show it all on the terminal, and return an exit code: 0, or 1 where the example cannot be run."""
    if importlib.util.find_spec("pytest") is None:
        print(_NO_PYTEST)
        return 1
    # What else is installed or set on this machine has no say in the example.
    for name in [name for name in os.environ if name.startswith("PYTEST_")]:
        del os.environ[name]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    show = screen()
    with tempfile.TemporaryDirectory(prefix="bigfoot-demo-") as folder:
        passed = _tests(show, Path(folder)) and _failure(show, Path(folder))
    if not passed:
        show.say("This should not have happened. `python -m bigfoot doctor` may know why.")
        return 1
    show.heading("That was it")
    show.say("For tests of your own, see README.md. For what can be met on this machine: python -m bigfoot doctor")
    return 0


def _tests(show: Screen, folder: Path) -> bool:
    show.heading("1. The tests of a small shop, with real clients")
    show.say("The shop asks four services. Three exist only as what the tests promise; the warehouse is a real server.")
    file = Path(__file__).with_name("test_shop.py")
    show.say(f"{file} begins with:")
    show.code(_function(file, "test_charge"))
    watch = Watch()
    passed = _pytest(folder, watch, file, "-rs") == 0
    show.heading("2. What they leave behind: a timeline for each test")
    show.timelines(watch.tests)
    through = [found for test in watch.tests for found in test.timeline if found.how == "pass-through"]
    show.say(
        f"{len(through)} calls passed through, and the real server was asked {len(watch.asked)} times. No other call "
        "has left this process. A test passes when each of its calls was promised, and each was asserted."
    )
    return passed and len(through) == len(watch.asked)


def _failure(show: Screen, folder: Path) -> bool:
    from bigfoot.demo import unfinished

    source = inspect.getsource(unfinished)
    show.heading("3. What failure looks like")
    show.say("This test promises an answer, gets it, and does not say a word about what was asked:")
    show.code(inspect.getsource(unfinished.test_refund))
    watch = Watch()
    failed = _pytest(folder, watch, _write(folder / "before", source), "-q", "--no-header") == 1
    missing = [report.assertion(found) for test in watch.tests for found in test.timeline if not found.asserted]
    lines = report.indented("\n".join(missing)).splitlines()

    show.heading("4. What fixes it, pasted from the message above")
    show.code(inspect.getsource(unfinished.test_refund), new=["", *lines])
    finished = "\n".join([source, *lines, ""])
    fixed = _pytest(folder, Watch(), _write(folder / "after", finished), "-q", "--no-header") == 0
    return failed and fixed


def _function(file: Path, name: str) -> str:
    """Return the source of a function. The file is not imported: pytest wants to be the first to do so."""
    source = file.read_text(encoding="utf-8")
    found = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == name]
    return str(ast.get_source_segment(source, found[0]))


def _write(folder: Path, source: str) -> Path:
    folder.mkdir()
    file = folder / "test_refund.py"
    file.write_text(source, encoding="utf-8")
    return file


def _pytest(folder: Path, watch: Watch, file: Path, *more: str) -> int:
    """Run pytest on a file in this process, with nothing but what the example needs, and return its exit code."""
    import pytest

    from bigfoot import pytest_plugin

    ini = ["[pytest]", "markers = asyncio: a coroutine"]
    plugins: list[Any] = [pytest_plugin, watch]
    options = []
    if importlib.util.find_spec("pytest_asyncio") is not None:
        options += ["-p", "pytest_asyncio.plugin"]
        ini += ["asyncio_default_fixture_loop_scope = function"]
    (folder / "pytest.ini").write_text("\n".join(ini))
    # A root above both versions of the unfinished test: one process imports them, as modules of different names.
    root = folder if file.is_relative_to(folder) else file.parent
    options += ["-c", str(folder / "pytest.ini"), "--rootdir", str(root), "--import-mode=importlib"]
    options += ["-p", "no:cacheprovider", "--tb=short", *more, str(file)]
    return int(pytest.main(options, plugins=plugins))
