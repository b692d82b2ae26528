"""A bad argument whose `__repr__` raises ended in that exception, not in the error about the argument."""

from __future__ import annotations

from typing import Any

import pytest

import bigfoot
from bigfoot import InvalidArgumentError


class Hostile:
    def __repr__(self) -> str:
        raise ValueError("no text for you")


def test_it_is_named_by_its_type() -> None:
    url: Any = Hostile()
    with pytest.raises(InvalidArgumentError, match=r"url=<Hostile whose __repr__ raised ValueError"):
        bigfoot.http.mock_response("GET", url)
