"""Comparing two different URLs, both in their normal spelling, recursed without end."""

from __future__ import annotations

from bigfoot.urls import Url


def test_it_is_unequal() -> None:
    assert Url("https://api.example.com/a") != "https://api.example.com/b"
    assert Url("https://api.example.com/a") != "https://api.example.com/b"


def test_something_that_is_no_url_is_unequal() -> None:
    assert Url("https://api.example.com/a") != "https://[::1"
    assert Url("https://api.example.com/a") != "https://api.example.com:port/"
