"""The project's own source as the rules see it: files, and what each of them imports, where."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STDLIB = frozenset(sys.stdlib_module_names)


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name, absolute and dotted: in transports/, `from .http import HttpReply` imports
    `bigfoot.transports.http.HttpReply`."""

    name: str
    line: int
    level: int  # the dots of a relative import; 0 is absolute
    lazy: bool  # inside a function, or under TYPE_CHECKING: not loaded with the file
    typing: bool  # under TYPE_CHECKING

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]

    def within(self, *packages: str) -> bool:
        return any(self.name == package or self.name.startswith(f"{package}.") for package in packages)


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the project. `package` is the dotted package that it is imported from."""

    path: Path
    package: str

    @property
    def id(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.id)

    @property
    def imports(self) -> list[Import]:
        return list(_imports(self.tree, self.package, lazy=False, typing=False))


def sources(folder: str, package: str) -> list[Source]:
    """The Python files directly in a folder of the project."""
    return [Source(path, package) for path in sorted((ROOT / folder).glob("*.py"))]


def python_files(*folders: str) -> list[Source]:
    """Every Python file below the folders, the two links not followed twice."""
    found = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    links = (ROOT / "bigfoot" / "transports", ROOT / "bigfoot" / "fakes")
    return [Source(path, "") for path in found if not any(path.is_relative_to(link) for link in links)]


def _imports(node: ast.AST, package: str, *, lazy: bool, typing: bool) -> Iterator[Import]:
    match node:
        case ast.Import(names=names):
            for alias in names:
                yield Import(alias.name, node.lineno, 0, lazy, typing)
        case ast.ImportFrom(module=module, names=names, level=level):
            base = _absolute(module, level, package)
            for alias in names:
                yield Import(f"{base}.{alias.name}", node.lineno, level, lazy, typing)
        case ast.If(test=test, body=body, orelse=orelse):
            checked = typing or "TYPE_CHECKING" in ast.unparse(test)
            for line in body:
                yield from _imports(line, package, lazy=lazy or checked, typing=checked)
            for line in orelse:
                yield from _imports(line, package, lazy=lazy, typing=typing)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            for child in ast.iter_child_nodes(node):
                yield from _imports(child, package, lazy=True, typing=typing)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _imports(child, package, lazy=lazy, typing=typing)


def _absolute(module: str | None, level: int, package: str) -> str:
    if level == 0:
        return module or ""
    parents = package.split(".")[: len(package.split(".")) - (level - 1)]
    return ".".join([*parents, *([module] if module else [])])
