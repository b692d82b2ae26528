"""Where the report of a failed test ends: at the user's line, not at the line of bigfoot's that found out."""

from __future__ import annotations

import pytest

from .test_pytest import pytester, run  # noqa: F401  (the fixture)

UNMOCKED = """
def code():
    return httpx.get(URL)

def test_it():
    with bigfoot:
        code()
"""
MISMATCH = """
def test_it():
    service = called()
    service.ping.assert_call(1)
"""
UNITTEST = """
class TestIt(unittest.TestCase):
    def test_it(self):
        service = called()
        service.ping.assert_call(1)
"""
BAD_INPUT = """
@pytest.fixture
def promise():
    bigfoot.http.mock_response("GET", "/relative")

def test_it(promise):
    pass
"""
OWN_CODE = """
def refuse(request):
    raise BigfootError("mine")

def test_it():
    bigfoot.http.mock_response("GET", URL, match=refuse)
    with bigfoot:
        httpx.get(URL)
"""


@pytest.mark.parametrize(
    ("tests", "line", "error"),
    [
        (UNMOCKED, "return httpx.get(URL)", "UnmockedInteractionError"),
        (MISMATCH, "service.ping.assert_call(1)", "InteractionMismatchError"),
        (UNITTEST, "service.ping.assert_call(1)", "InteractionMismatchError"),
        (BAD_INPUT, 'bigfoot.http.mock_response("GET", "/relative")', "InvalidArgumentError"),
    ],
)
def test_it_ends_at_the_users_line(pytester: pytest.Pytester, tests: str, line: str, error: str) -> None:  # noqa: F811
    result = run(pytester, tests)
    text = result.stdout.str()
    result.stdout.fnmatch_lines([f">*{line}", f"E *{error}: *", "", f"*test_it.py:*: {error}"])
    assert "assertion.py" not in text
    assert "site-packages" not in text


def test_code_of_the_users_below_bigfoot_is_shown(pytester: pytest.Pytester) -> None:  # noqa: F811
    result = run(pytester, OWN_CODE)
    result.stdout.fnmatch_lines(['>*raise BigfootError("mine")', "E *BigfootError: mine"])


WRAPPED = """
def code():
    try:
        httpx.get(URL)
    except Exception as error:
        raise ValueError("mine") from error

def test_it():
    with bigfoot:
        code()
"""
GROUP = """
async def get():
    async with httpx.AsyncClient() as client:
        await client.get(URL)

async def code():
    async with asyncio.TaskGroup() as group:
        group.create_task(get())

def test_it():
    with bigfoot:
        asyncio.run(code())
"""


@pytest.mark.parametrize("tests", [WRAPPED, GROUP])
def test_errors_within_others_end_there_too(pytester: pytest.Pytester, tests: str) -> None:  # noqa: F811
    result = run(pytester, tests)
    result.stdout.fnmatch_lines(["*UnmockedInteractionError: Unmocked call: GET *"])
    assert "_exchange.py" not in result.stdout.str()
    assert "swallowed" not in result.stdout.str()
    assert "_exchange.py" in run(pytester, tests, "--full-trace").stdout.str()


def test_all_of_it_with_full_trace(pytester: pytest.Pytester) -> None:  # noqa: F811
    result = run(pytester, MISMATCH, "--full-trace")
    result.stdout.fnmatch_lines(["*assertion.py:*: InteractionMismatchError"])


def test_a_fault_that_is_not_ours_is_shown_whole(pytester: pytest.Pytester) -> None:  # noqa: F811
    result = run(pytester, OWN_CODE.replace('BigfootError("mine")', "KeyError(1)"))
    result.stdout.fnmatch_lines(["*http_answer.py:*", ">*raise KeyError(1)"])
