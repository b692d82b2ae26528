"""A template with one name twice raised `re.error`, and a name in the host lost its capitals."""

from __future__ import annotations

import httpx
import pytest

from bigfoot import InvalidArgumentError, StrictVerifier
from bigfoot.plugins.http import HttpPlugin


def test_a_name_that_is_there_twice_is_refused(http: HttpPlugin) -> None:
    with pytest.raises(InvalidArgumentError, match=r"\{id\} is there twice"):
        http.mock_response("GET", "https://api.example.com/users/{id}/friends/{id}")


def test_names_keep_their_case(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("GET", "https://{Tenant}.Example.com/{Item}")
    with verifier.sandbox():
        httpx.get("https://acme.example.com/X")
    assert http.calls[0].facts["path_params"] == {"Tenant": "acme", "Item": "X"}


def test_user_info_is_shown_masked(http: HttpPlugin) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        http.mock_response("GET", "https://ada:lovelace@api.example.com/")
    assert "'https://ada:***" in str(caught.value)
    assert "lovelace" not in str(caught.value)


def test_calls_cannot_be_changed(http: HttpPlugin) -> None:
    assert http.calls == ()
    assert not hasattr(http.calls, "append")
