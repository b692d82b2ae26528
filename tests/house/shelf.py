"""Building what is shipped, away from the working tree: a build leaves egg-info and build/ behind."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Shipped:
    """A folder with one wheel, one sdist, or both."""

    folder: Path

    @property
    def wheel(self) -> Path:
        return next(self.folder.glob("*.whl"))

    @property
    def sdist(self) -> Path:
        return next(self.folder.glob("*.tar.gz"))

    def in_wheel(self) -> dict[str, bytes]:
        """Each file of the wheel with its content."""
        with zipfile.ZipFile(self.wheel) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def in_sdist(self) -> set[str]:
        """The files of the sdist, without its leading folder."""
        with tarfile.open(self.sdist) as archive:
            return {member.name.partition("/")[2] for member in archive if not member.isdir()}

    def unpack_wheel(self, folder: Path) -> None:
        with zipfile.ZipFile(self.wheel) as archive:
            archive.extractall(folder)

    def unpack_sdist(self, folder: Path) -> Path:
        with tarfile.open(self.sdist) as archive:
            archive.extractall(folder, filter="data")
        return next(folder.iterdir())


def copy_of_the_tree(tree: Path, target: Path) -> Path:
    """The project as a clone has it: no build output, no caches, no environments; the links stay links."""
    leftovers = shutil.ignore_patterns(".git", ".*cache*", ".nox", "__pycache__", "build", "dist", "site", "*.egg-info")

    def ignore(folder: str, names: list[str]) -> set[str]:
        environments = {name for name in names if (Path(folder) / name / "pyvenv.cfg").exists()}
        return environments | set(leftovers(folder, names))

    return Path(shutil.copytree(tree, target, symlinks=True, ignore=ignore))


def build(tree: Path, dist: Path, *what: str) -> Shipped:
    """Run the build front end on a tree; without isolation, as the dev extra brings setuptools."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(dist), *what, str(tree)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return Shipped(dist)
