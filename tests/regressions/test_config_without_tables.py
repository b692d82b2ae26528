"""`tool = 5` in pyproject.toml, and a marker over `http = 5`, ended in an AttributeError or a TypeError."""

from __future__ import annotations

from pathlib import Path

import pytest

from bigfoot import BigfootConfigError
from bigfoot.config import Config, read


def test_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("tool = 5")
    with pytest.raises(BigfootConfigError, match=r"tool = 5 in .*: give a table"):
        read(tmp_path)


def test_of_a_marker() -> None:
    with pytest.raises(BigfootConfigError, match="5 stands where a table is expected"):
        Config({"http": 5}).override({"http.require_response": True})
