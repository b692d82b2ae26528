"""What lands on a user's machine: one package named bigfoot, whichever way it was built."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import bigfoot

from .shelf import Shipped, build, copy_of_the_tree
from .source import ROOT

LINKS = ("transports", "fakes")
INFO = f"bigfoot-{bigfoot.__version__}.dist-info"


def modules(folder: Path, prefix: str) -> set[str]:
    return {f"{prefix}/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*.py")}


def test_the_version_is_said_once_and_again() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == bigfoot.__version__


def test_the_wheel_installs_bigfoot_and_nothing_else(shipped: Shipped) -> None:
    assert {name.partition("/")[0] for name in shipped.in_wheel()} == {"bigfoot", INFO}


def test_the_wheel_has_every_module(clone: Path, shipped: Shipped) -> None:
    expected = modules(clone / "transports", "bigfoot/transports") | modules(clone / "fakes", "bigfoot/fakes")
    for part in ("bigfoot", "bigfoot/demo", "bigfoot/plugins"):
        expected |= {f"{part}/{path.name}" for path in (clone / part).glob("*.py")}
    names = set(shipped.in_wheel())
    assert expected <= names
    assert "bigfoot/py.typed" in names


def test_every_sub_package_is_named_in_the_packaging_map(clone: Path, shipped: Shipped) -> None:
    on_disk = {path.parent.relative_to(clone).as_posix() for path in (clone / "bigfoot").rglob("__init__.py")}
    in_wheel = {name.rpartition("/")[0] for name in shipped.in_wheel() if name.endswith("__init__.py")}
    assert in_wheel == on_disk | {f"bigfoot/{link}" for link in LINKS}


def test_the_wheel_announces_the_pytest_plugin_and_the_command(shipped: Shipped) -> None:
    entry_points = shipped.in_wheel()[f"{INFO}/entry_points.txt"].decode()
    assert "[pytest11]\nbigfoot = bigfoot.pytest_plugin" in entry_points
    assert "bigfoot = bigfoot.__main__:main" in entry_points


def test_the_sdist_builds_the_same_wheel(clone: Path, shipped: Shipped, tmp_path: Path) -> None:
    names = shipped.in_sdist()
    for folder in ("tests", "docs", "benchmarks", "transports", "fakes"):
        assert modules(clone / folder, folder) <= names
    assert {"mkdocs.yml", "noxfile.py", "LICENSE", "README.md", "CHANGELOG.md", "docs/index.md"} <= names
    again = build(shipped.unpack_sdist(tmp_path / "sdist"), tmp_path / "dist", "--wheel")
    assert again.in_wheel() == shipped.in_wheel()


@pytest.mark.parametrize("link", ["absent", "text file"])
def test_links_are_not_needed_to_build(clone: Path, shipped: Shipped, tmp_path: Path, link: str) -> None:
    # git on Windows writes a link as a small text file with the target's path, unless told otherwise.
    tree = copy_of_the_tree(clone, tmp_path / "tree")
    for name in LINKS:
        place = tree / "bigfoot" / name
        assert place.is_symlink()
        place.unlink()
        if link == "text file":
            place.write_text(f"../{name}")
    assert build(tree, tmp_path / "dist", "--wheel").in_wheel() == shipped.in_wheel()
