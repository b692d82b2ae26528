"""The guide for those who come from another library: their side runs as well, where that library is installed."""

from __future__ import annotations

import importlib.util
import inspect
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import bigfoot
from bigfoot.turn import Turn, begin, end

from .test_docs import BLOCKS, CONFIGURATION, ROOT, Block

GUIDE = ROOT / "docs" / "guides" / "migrating.md"
PEERS = [block for block in BLOCKS if block.page == GUIDE and block.peer]
ROW = re.compile(r"^ *\| .*`.* \| `(bigfoot\..*|service.*)` \|$", re.MULTILINE)
REPLACEMENTS: list[str] = ROW.findall(GUIDE.read_text(encoding="utf-8"))


def _cannot_run(peer: str) -> str:
    """Say why a library's examples cannot run here; empty if they can."""
    if importlib.util.find_spec(peer.partition(".")[0]) is None:
        return f"{peer} is not installed: pip install -e '.[bench]'"
    if peer == "aioresponses" and _asks_for_a_writer():
        return "aioresponses makes the responses of aiohttp by hand, and not as this aiohttp wants them"
    return ""


def _asks_for_a_writer() -> bool:
    import aiohttp

    asked = inspect.signature(aiohttp.ClientResponse.__init__).parameters.get("stream_writer")
    return asked is not None and asked.default is inspect.Parameter.empty


def test_the_guide_has_every_peer() -> None:
    peers = {"respx", "responses", "requests_mock", "pytest_httpx", "aioresponses", "vcr", "unittest.mock"}
    assert {block.peer for block in PEERS} == peers


@pytest.mark.parametrize("block", [pytest.param(block, id=str(block.peer)) for block in PEERS])
def test_the_other_side_is_python(block: Block) -> None:
    compile(block.code, block.place, "exec")


@pytest.mark.parametrize("block", [pytest.param(block, id=str(block.peer)) for block in PEERS])
def test_the_other_side_runs(block: Block, tmp_path: Path) -> None:
    assert block.peer
    if reason := _cannot_run(block.peer):
        pytest.skip(reason)
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION.replace('"error"', '"default"'))
    for each in BLOCKS:
        if each.page == GUIDE and (each.title or each is block):
            name = each.title or f"{block.module}.py"
            (tmp_path / name).write_text(each.code, encoding="utf-8")

    options = ["-q", "-p", "no:bigfoot", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options], cwd=tmp_path, env=_clean(), capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout


def _clean() -> Mapping[str, str]:
    import os

    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}


def test_what_replaces_another_library_runs() -> None:
    """Every line of the tables, on names that mean what the tables mean, in a turn that nobody judges."""

    class Service:
        def load(self, *args: int) -> int:
            return len(args)

    promises = [code for code in REPLACEMENTS if "assert_" not in code and "verify_all" not in code]
    assert len(promises) > 50
    names: dict[str, Any] = {"bigfoot": bigfoot, "re": re, "Service": Service, "real": Service(), "data": {"a": 1}}
    names |= {"url": "https://api.example.com/", "error": OSError("refused"), "function": lambda *given: {}}
    turn = Turn()
    begin(turn)
    try:
        for code in promises:
            exec(code, names)
    finally:
        end(turn)


@pytest.mark.parametrize("code", [code for code in REPLACEMENTS if "assert_" in code])
def test_what_replaces_an_assertion_names_what_there_is(code: str) -> None:
    compile(code, GUIDE.name, "exec")
    method = re.findall(r"\.(assert_\w+)\(", code)[0]
    service = bigfoot.mock("Service").load
    assert hasattr(service if code.startswith("service.") else bigfoot.http, method)
