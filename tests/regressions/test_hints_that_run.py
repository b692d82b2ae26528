"""What a message says to add ran only if every value's repr was short, an expression, and under a plain name."""

from __future__ import annotations

import textwrap
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest

import bigfoot
from bigfoot import BigfootError, StrictVerifier
from bigfoot.plugins.http import HttpPlugin

from ..script import run

URL = "https://api.example.com/x"


class Thing:
    pass


def itself() -> list[Any]:
    circle: list[Any] = []
    circle.append(circle)
    return circle


def pasted(verifier: StrictVerifier) -> None:
    """Run what the verdict says to add."""
    with pytest.raises(BigfootError) as found:
        verifier.verify_all()
    _, _, fix = str(found.value).partition("add after the sandbox:\n")
    exec(textwrap.dedent(fix), {"bigfoot": bigfoot})
    verifier.verify_all()


@pytest.mark.parametrize(
    "body",
    ["x" * 5000, "é" * 5000, b"\x00\xff" * 5000, '{"password": "hunter2hunter2", "rest": "' + "x" * 5000 + '"}'],
    ids=["text", "not ascii", "binary", "secret"],
)
def test_long_bodies(bigfoot_verifier: StrictVerifier, body: Any) -> None:
    http: HttpPlugin = bigfoot_verifier.plugin(HttpPlugin)
    http.mock_response("POST", URL, body=body)
    with bigfoot.sandbox():
        httpx.post(URL, content=body)
    with pytest.raises(BigfootError) as found:
        bigfoot_verifier.verify_all()
    assert len(str(found.value)) < 2000
    pasted(bigfoot_verifier)


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((Thing(), [Thing(), 1], {"a": (Thing(),)}), {}),
        ((Thing, len, lambda: None), {}),
        ((HTTPStatus.OK, float("inf"), -float("inf")), {}),
        (("x" * 5000, [b"x" * 5000], ()), {}),
        (([itself()],), {}),
        ((), {"not-a-name": 1, "class": 2, "name": 3}),
        ((), {"self": 1, "args": 2, "kwargs": 3}),
    ],
    ids=["objects", "classes", "numbers", "long", "circle", "names", "self"],
)
def test_arguments_of_mocks(bigfoot_verifier: StrictVerifier, args: Any, kwargs: Any) -> None:
    service = bigfoot.mock("Service")
    service.take.returns(None)
    with bigfoot.sandbox():
        service.take(*args, **kwargs)
    pasted(bigfoot_verifier)


def test_an_exception_from_inside_a_function(bigfoot_verifier: StrictVerifier) -> None:
    class OwnError(ConnectionError):
        pass

    bigfoot.http.mock_error("GET", URL, raises=OwnError())
    with bigfoot.sandbox(), pytest.raises(OwnError):
        httpx.get(URL)
    pasted(bigfoot_verifier)


def test_matchers_are_imported_when_they_are_asked_for(tmp_path: Path) -> None:
    script = """
        import sys
        import bigfoot

        assert "dirty_equals" not in sys.modules
        print(bigfoot.matchers.AnyThing() == 5)
    """
    assert run(script, tmp_path).strip() == "True"
