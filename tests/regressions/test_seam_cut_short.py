"""An interrupt while a seam was put on left the rest of its targets open for the whole process."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

import bigfoot
from bigfoot.seam import Seam, Target


def test_the_next_sandbox_completes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Connection:
        def open(self) -> str:
            return "real"

        def send(self) -> str:
            return "real"

    def ours(original: Any) -> Any:
        return lambda self: "ours"

    def targets() -> Iterator[Target]:
        yield Target(Connection, "open", ours)
        if not interrupts:
            interrupts.append(KeyboardInterrupt())
            raise interrupts[0]
        yield Target(Connection, "send", ours)

    interrupts: list[KeyboardInterrupt] = []
    monkeypatch.setitem(sys.modules, "some_client", types.ModuleType("some_client"))
    seam = Seam("some_client", targets)
    with pytest.raises(KeyboardInterrupt):
        seam.install()
    assert not seam.installed
    seam.install()
    assert seam.installed
    assert (Connection().open(), Connection().send()) == ("ours", "ours")
    bigfoot.uninstall()
    assert (Connection().open(), Connection().send()) == ("real", "real")
