"""Another project has the name bigfoot on the package index: is the bigfoot that runs the one that is installed?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

_COMMAND = "bigfoot.__main__:main"  # the other project has no command


class Namesake(NamedTuple):
    """An installed distribution named bigfoot.

    Attributes:
        version: its version.
        folder: where it is installed.
        ours: whether it is this project, of any version.
        running: whether the package that runs is its own.
    """

    version: str
    folder: Path
    ours: bool
    running: bool


def installed(package: Path, found: Iterable[Distribution] | None = None) -> Iterator[Namesake]:
    """Yield every installed distribution named bigfoot, in the order in which Python looks for them.

    Arguments:
        package: the folder of the package that runs.
        found: the distributions to look at; None for all that can be imported here.
    """
    for one in distributions(name="bigfoot") if found is None else found:
        ours = any(each.group == "console_scripts" and each.value == _COMMAND for each in one.entry_points)
        yield Namesake(one.version, Path(str(one.locate_file(""))), ours, ours and _provides(one, package))


def _provides(distribution: Distribution, package: Path) -> bool:
    if Path(str(distribution.locate_file("bigfoot"))).resolve() == package.resolve():
        return True
    # An editable installation has no files of its own; pip and uv note where its checkout is (PEP 610).
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    checkout = url2pathname(urlsplit(origin.get("url", "")).path)
    return "dir_info" in origin and Path(checkout, "bigfoot").resolve() == package.resolve()
