"""What the project ships, built once for all the tests that look at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .shelf import Shipped, build, copy_of_the_tree
from .source import ROOT


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's tree, the same for all tests whatever happens to the working tree meanwhile."""
    return copy_of_the_tree(ROOT, tmp_path_factory.mktemp("clone") / "tree")


@pytest.fixture(scope="session")
def shipped(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Shipped:
    """The wheel and the sdist of the tree."""
    folder = tmp_path_factory.mktemp("shipped")
    return build(copy_of_the_tree(clone, folder / "tree"), folder / "dist", "--wheel", "--sdist")


@pytest.fixture(scope="session")
def installed(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel puts into site-packages."""
    folder = tmp_path_factory.mktemp("site-packages")
    shipped.unpack_wheel(folder)
    return folder
