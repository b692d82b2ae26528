"""Every HTTP client: the same snippet with the real server and under bigfoot."""

from __future__ import annotations

import pytest

from .cases import Case, cases
from .replay import check_passed_through, check_scripted
from .server import Server

CASES = list(cases())


@pytest.mark.parametrize(("case", "server"), CASES, indirect=["server"])
def test_scripted(case: Case, server: Server) -> None:
    check_scripted(case, server)


@pytest.mark.parametrize(("case", "server"), CASES, indirect=["server"])
def test_passed_through(case: Case, server: Server) -> None:
    check_passed_through(case, server)
