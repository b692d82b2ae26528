"""A sandbox entered by a thread that was started inside another one counted as a root: it is nested in that one."""

from __future__ import annotations

import threading

from bigfoot import StrictVerifier


def test_the_sandbox_around_answers_again_when_it_ends() -> None:
    outer = StrictVerifier()
    ping = outer.mock("Service").ping.returns("pong").returns("pong")
    answers: list[str] = []
    elsewhere = threading.Event()
    entered, left = threading.Event(), threading.Event()

    def bystander() -> None:  # older than both sandboxes: it has the innermost of the nest
        entered.wait(10)
        answers.append(ping())
        elsewhere.set()

    def work() -> None:
        with StrictVerifier().sandbox():
            entered.set()
            elsewhere.wait(10)
        answers.append(ping())
        left.set()

    threads = [threading.Thread(target=bystander)]
    threads[0].start()
    with outer.sandbox():
        threads.append(threading.Thread(target=work))
        threads[1].start()
        left.wait(10)
    for thread in threads:
        thread.join()
    assert answers == ["pong", "pong"]
