"""What is measured. Each function takes one sample: it builds all that it needs, warms it up, times `count`
operations in CPU time of this process (all threads of it), and returns nanoseconds or bytes per operation."""

from __future__ import annotations

import gc
import http.client
import importlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from itertools import cycle as cycled
from itertools import islice, repeat
from pathlib import Path
from typing import Any

from .answer import BODY
from .clients import CLIENTS, Batch, Client
from .contenders import Contender
from .harness import installed
from .server import base_url

PATTERNS = 50  # besides many mocks
WARM = "http://warm.test/up"
HTTPX, URLLIB = CLIENTS[0], next(client for client in CLIENTS if client.name == "urllib")


def cpu_ns(action: Callable[[], object]) -> int:
    gc.collect()
    gc.disable()
    start = time.process_time_ns()
    action()
    spent = time.process_time_ns() - start
    gc.enable()
    return spent


def urls_of(mock: Contender, count: int) -> list[str]:
    return [f"{mock.base}/v1/items/{number}" for number in range(count)]


def calls(batch: Batch, url: str, count: int) -> float:
    """Time `count` calls of a url, after seeing that the answer is the right one."""
    for _ in range(2):
        body = batch([url])
        if body != BODY:
            raise AssertionError(f"wrong answer: {body[:40]!r}")
    return cpu_ns(lambda: batch(repeat(url, count))) / count


def mocked_call(client: Client, contender: type[Contender], mocks: int, count: int) -> float:
    mock = contender(client.name)
    urls = urls_of(mock, mocks)
    with mock.active():
        mock.register(urls)
        if mocks > 1:
            mock.register_patterns(PATTERNS)
        with client.reused(mock.door) as batch:
            return calls(batch, urls[-1], count)


def fresh_client(client: Client, contender: type[Contender], _: int, count: int) -> float:
    mock = contender(client.name)
    [url] = urls_of(mock, 1)
    with mock.active():
        mock.register([url])
        with client.fresh(mock.door) as batch:
            return calls(batch, url, count)


def pass_through(client: Client, contender: type[Contender], _: int, count: int) -> float:
    mock = contender(client.name)
    url = f"{base_url()}/v1/items/0"
    with mock.active():
        mock.pass_through(url)
        with client.reused(mock.door) as batch:
            return calls(batch, url, count)


def registration(contender: type[Contender], _: int, count: int) -> float:
    mock = contender(sorted(contender.clients)[0])
    urls = urls_of(mock, count)
    with mock.active():
        return cpu_ns(lambda: mock.register(urls)) / count


def cycle(contender: type[Contender], interactions: int, _: int) -> float:
    """Register, call, assert; the limit only calls."""
    mock = contender(HTTPX.name)
    urls = urls_of(mock, interactions)

    def test() -> None:
        with mock.active():
            if contender.judged:
                mock.script(urls)
            batch(urls)
        if contender.judged:
            mock.assert_all(urls)

    with HTTPX.reused(mock.door) as batch:
        with mock.active():
            mock.register([WARM])
            calls(batch, WARM, 3)
        if contender.judged:
            mock.assert_all([WARM] * 5)
        return cpu_ns(test) / interactions


def assertion(any_order: bool, contender: type[Contender], interactions: int, _: int) -> float:
    """Per assertion; in any order they are asserted from the last to the first."""
    mock = contender(URLLIB.name)
    urls = urls_of(mock, interactions)
    with mock.active():
        mock.script(urls)
        with URLLIB.reused(mock.door) as batch:
            batch(urls)
    in_order: Sequence[str] = urls[::-1] if any_order else urls
    return cpu_ns(lambda: mock.assert_all(in_order, any_order=any_order)) / interactions


def sandbox(contender: type[Contender], _: int, count: int) -> float:
    """Enter and leave, with every client library loaded that the contender cares for."""
    for client in CLIENTS:
        if client.name in contender.clients and installed(client.requires):
            importlib.import_module(client.requires)
    mock = contender(sorted(contender.clients)[0])

    def enter_and_leave() -> None:
        for _ in repeat(None, count):
            with mock.active():
                pass

    with mock.active():  # what is done on first need
        pass
    return cpu_ns(enter_and_leave) / count


def memory(contender: type[Contender], interactions: int, _: int) -> float:
    """Bytes that one recorded call keeps; httpx sends five headers by itself."""
    mock = contender(HTTPX.name)
    urls = urls_of(mock, 20)
    with mock.active():
        mock.register([*urls, WARM])
        with HTTPX.reused(mock.door) as batch:
            calls(batch, WARM, 20)
            gc.collect()
            tracemalloc.start()
            batch(islice(cycled(urls), interactions))
            gc.collect()
            kept, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    return kept / interactions


class Nowhere:
    """The socket of a connection whose bytes go nowhere: what is left is the cost of getting there."""

    def sendall(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        pass


def idle(contender: type[Contender], _: int, count: int) -> float:
    """One `http.client` send outside a sandbox, after there was one: what the inert wrappers cost."""
    with contender(URLLIB.name).active():
        pass
    connection = http.client.HTTPConnection("api.test")
    connection.sock = Nowhere()
    send: Any = connection.send

    def sends() -> None:
        for data in repeat(b"", count):
            send(data)

    return cpu_ns(sends) / count


def idle_connect(contender: type[Contender], _: int, count: int) -> float:
    """One `connect` of a datagram socket outside a sandbox, after there was one: it sends nothing."""
    with contender(URLLIB.name).active():
        pass
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        connect: Any = client.connect

        def connects() -> None:
            for address in repeat(("127.0.0.1", 9), count):
                connect(address)

        return cpu_ns(connects) / count


def idle_exchange(contender: type[Contender], _: int, count: int) -> float:
    """One byte there and one back over a pair of sockets, inside a sandbox: they are none of its business."""
    near, far = socket.socketpair()

    def exchange() -> None:
        for _call in repeat(None, count):
            near.sendall(b"?")
            far.recv(1)
            far.sendall(b"!")
            near.recv(1)

    with near, far, contender(URLLIB.name).active():
        return cpu_ns(exchange) / count


IMPORT = """
import sys, time
before, start = len(sys.modules), time.process_time_ns()
import {module}
spent = time.process_time_ns() - start
clients = {clients} & sys.modules.keys()
print([spent, len(sys.modules) - before, len(clients)])
"""


def importing(which: int, contender: type[Contender], _variant: int, _count: int) -> float:
    """In a fresh interpreter: 0 nanoseconds, 1 modules, 2 client libraries that came along."""
    clients = {client.requires for client in CLIENTS} - {"urllib.request"}
    code = IMPORT.format(module=contender.requires, clients=clients)
    said = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE).stdout
    return float(json.loads(said)[which])


CONFTEST = """
import time
import pytest
start = 0

@pytest.hookimpl(wrapper=True)
def pytest_collection(session):
    global start
    start = time.process_time_ns()
    return (yield)

@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    result = yield
    print("spent", time.process_time_ns() - start)
    return result
"""


def empty_tests(contender: type[Contender], _: int, tests: int) -> float:
    """Per test, collecting and running, without the session's start."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "conftest.py").write_text(CONFTEST)
        Path(folder, "pytest.ini").write_text("[pytest]\n")
        functions = "".join(f"def test_{number}():\n    pass\n" for number in range(tests))
        Path(folder, "test_empty.py").write_text(functions)
        chosen = ["-p", contender.pytest_plugin] if contender.pytest_plugin else []
        command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", *chosen, folder]
        alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # nobody else's plugin
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=alone).stdout
    return float(said.partition("spent ")[2].split()[0]) / tests
