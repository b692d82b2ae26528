"""niquests, and requests where niquests has put urllib3-future in the place of urllib3.

It needs an environment of its own, which tests/niquests.txt describes.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from .cases import Case
from .replay import check_passed_through, check_scripted
from .server import Server

pytestmark = pytest.mark.filterwarnings("ignore:The package urllib3 is urllib3-future:bigfoot.BigfootWarning")


def cases() -> Iterator[Any]:
    """Every snippet with niquests and, as far as it has the same names, with requests."""
    if find_spec("niquests") is None:
        reason = "niquests replaces urllib3, so it is tried apart: pip install -e . -r tests/niquests.txt"
        yield pytest.param(None, id="none", marks=pytest.mark.skip(reason=reason))
        return
    from .snippets_sdks_niquests import corpus

    for library in ("niquests", "requests"):
        for snippet in corpus.snippets:
            if library == "niquests" or not snippet.name.startswith("async"):
                case = Case(library, snippet, (importlib.import_module(library),))
                yield pytest.param(case, id=f"{library}:{snippet.name}")


CASES = list(cases())


@pytest.mark.parametrize("case", CASES)
def test_scripted(case: Case, server: Server) -> None:
    check_scripted(case, server)


@pytest.mark.parametrize("case", CASES)
def test_passed_through(case: Case, server: Server) -> None:
    check_passed_through(case, server)
