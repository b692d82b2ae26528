"""What was called in a doctest was said to be called by pytest, and what it caught to be swallowed."""

from __future__ import annotations

import doctest

from bigfoot import StrictVerifier

EXAMPLE = """
>>> with verifier.sandbox():
...     try:
...         verifier.mock("Service").unmocked()
...     except Exception:
...         pass
...     verifier.mock("Service").ping()
"""


def test_they_are_the_users_own(verifier: StrictVerifier) -> None:
    verifier.mock("Service").ping.returns(None)
    example = doctest.DocTestParser().get_doctest(EXAMPLE, {"verifier": verifier}, "guide", "guide.md", 0)
    assert doctest.DocTestRunner().run(example).failed == 0
    [interaction] = verifier.timeline
    assert str(interaction.origin) == "<doctest guide[0]>:6"
    verifier.mock("Service").ping.assert_call()
    verifier.verify_all()
