"""dirty-equals' `IsStr` asks for exactly `str`: it did not match a recorded body or URL."""

from __future__ import annotations

import httpx

import bigfoot
from bigfoot.matchers import IsStr


def test_they_match_bodies_and_urls() -> None:
    bigfoot.http.mock_response("POST", "https://api.example.com/orders/7", body="accepted")
    with bigfoot.sandbox():
        httpx.post("https://api.example.com/orders/7", content="seven")
    bigfoot.http.assert_request(
        "POST", IsStr(regex=r"https://api\.example\.com/orders/\d"), body=IsStr(max_length=5)
    ).assert_response(200, body=IsStr(regex="acc.*"))
