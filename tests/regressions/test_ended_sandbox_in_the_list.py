"""A sandbox whose end was cut short by an interrupt kept its place among the open ones."""

from __future__ import annotations

import pytest

from bigfoot import StrictVerifier, context


def test_it_is_neither_found_nor_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_short(sandbox: object) -> None:
        raise KeyboardInterrupt

    verifier = StrictVerifier()
    sandbox = verifier.sandbox()
    sandbox.__enter__()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(context, "leave", cut_short)
        sandbox.__exit__(None, None, None)
    assert context.anywhere() is None
    assert verifier.abandon() == []  # it needs no leaving any more
    assert not verifier.open
