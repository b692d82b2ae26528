"""A mock called by a thread from before two open sandboxes was refused, though a mock knows its own verifier."""

from __future__ import annotations

import threading

from bigfoot import StrictVerifier


def test_it_answers(verifier: StrictVerifier) -> None:
    ping = verifier.mock("Service").ping.returns("pong")
    go, results = threading.Event(), list[str]()

    def work() -> None:
        go.wait(10)
        results.append(ping())

    worker = threading.Thread(target=work)
    worker.start()
    other = StrictVerifier().sandbox()
    opener = threading.Thread(target=lambda: other.__enter__())
    opener.start()
    opener.join()
    with verifier.sandbox():
        go.set()
        worker.join()
    other.__exit__(None, None, None)
    assert results == ["pong"]
