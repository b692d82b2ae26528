"""Which threads may still do something about a connection on which one waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from bigfoot import StrictVerifier
from bigfoot.transports.company import Company


@contextmanager
def running(work: Callable[[threading.Event], Any], *, daemon: bool = False) -> Iterator[None]:
    """Let a thread work until the block ends."""
    done, begun = threading.Event(), threading.Event()

    def target() -> None:
        begun.set()
        work(done)

    thread = threading.Thread(target=target, daemon=daemon)
    thread.start()
    begun.wait()
    yield
    done.set()
    thread.join()


def waits(done: threading.Event) -> None:
    done.wait()


def works(done: threading.Event) -> None:
    while not done.is_set():
        time.sleep(0.001)


def asked_from_within(company: Company) -> bool:
    """What a thread of its own is told, while the main thread waits for it."""
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(company.absent), daemon=True)
    thread.start()
    thread.join()
    return answers[0]


def test_nobody_else_is_there() -> None:
    assert Company().absent


def test_the_main_thread_always_counts() -> None:
    company = Company()
    assert not asked_from_within(company)
    company.given_up = True
    assert asked_from_within(company)


def test_a_thread_of_the_sandbox_counts_also_while_it_waits(verifier: StrictVerifier) -> None:
    with verifier.sandbox(), running(waits, daemon=True):
        assert not Company().absent
    assert Company().absent


def test_a_thread_from_before_counts_only_while_it_works(verifier: StrictVerifier) -> None:
    with running(waits), verifier.sandbox():
        assert Company().absent
    with running(works, daemon=True), verifier.sandbox():
        assert Company().absent


def test_a_thread_that_has_used_the_connection_counts(verifier: StrictVerifier) -> None:
    company = Company()

    def uses(done: threading.Event) -> None:
        company.note()
        used.set()
        done.wait()

    used = threading.Event()
    with running(uses), verifier.sandbox():
        used.wait()
        assert not company.absent
        assert Company().absent


def test_a_worker_counts_while_it_has_a_job() -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        for _ in range(2000):
            if Company().absent:
                break
            time.sleep(0.001)
        assert Company().absent
        done, begun = threading.Event(), threading.Event()

        def wait() -> None:
            begun.set()
            done.wait()

        job = pool.submit(wait)
        begun.wait()
        assert not Company().absent
        done.set()
        job.result()
