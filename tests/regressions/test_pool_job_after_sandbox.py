"""A pool's job that outlived its sandbox was refused without saying where it had been submitted."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from bigfoot import SandboxNotActiveError, StrictVerifier

from ..loopback import Loopback


def test_a_late_job_names_the_line_that_submitted_it(server: Loopback) -> None:
    release = threading.Event()

    def job() -> None:
        release.wait()
        httpx.get(server.url)

    with ThreadPoolExecutor(1) as pool:
        with StrictVerifier().sandbox():
            late = pool.submit(job)
        release.set()
        with pytest.raises(SandboxNotActiveError, match=r"started at .*test_pool_job_after_sandbox\.py:\d+"):
            late.result()
    assert server.seen == []
