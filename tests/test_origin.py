"""Where a call came from, where there is nobody to have called."""

from __future__ import annotations

import _thread
import threading

import httpx
import pytest

import bigfoot
from bigfoot.origin import Origin, caller


@pytest.mark.parametrize("depth", [0, 1])
def test_without_a_line_of_the_user_it_is_unknown(depth: int) -> None:
    found: list[Origin] = []
    done = threading.Event()

    class Told(list[int]):
        """Says when it was walked to its end."""

        def __del__(self) -> None:
            done.set()

    # Everything above `caller` is written in C: the thread, the list that is extended, the map.
    _thread.start_new_thread(found.extend, (map(caller, Told([depth])),))
    assert done.wait(10)
    assert [str(origin) for origin in found] == ["<unknown>:0"]


def test_the_nearest_line_where_one_line_calls_by_several_ways() -> None:
    url = "https://api.example.com/"
    bigfoot.http.mock_response("GET", url, times=None)

    def by_request(url: str) -> httpx.Response:
        return client.request("GET", url)

    def by_send(url: str) -> httpx.Response:
        return client.send(httpx.Request("GET", url))

    def twice_removed(url: str) -> httpx.Response:
        return by_send(url)

    with bigfoot.sandbox(), httpx.Client() as client:
        for call in (client.get, by_request, client.get, by_send, twice_removed, client.get, by_request):
            call(url)
    calls = list(bigfoot.current_verifier().timeline)
    assert [call.origin.code.co_name for call in calls if call.origin is not None] == [
        "test_the_nearest_line_where_one_line_calls_by_several_ways",
        "by_request",
        "test_the_nearest_line_where_one_line_calls_by_several_ways",
        "by_send",
        "by_send",
        "test_the_nearest_line_where_one_line_calls_by_several_ways",
        "by_request",
    ]
    for _ in calls:
        bigfoot.http.assert_request("GET", url, headers={}, body="").assert_response(200, headers={}, body="")
