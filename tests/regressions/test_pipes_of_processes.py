"""What fakes of processes without pipes fail at: selectors, partial reads, stream readers, output that fills a pipe."""

from __future__ import annotations

import asyncio
import io
import os
import select
import selectors
import subprocess
from subprocess import PIPE
from typing import Any

import pytest

from bigfoot import StrictVerifier
from bigfoot.plugins.async_subprocess_plugin import AsyncSubprocessPlugin
from bigfoot.plugins.popen_plugin import PopenPlugin

MIB_64 = b"0123456789abcdef" * (4 << 20)


def ends(plugin: Any, stdout: bytes, stderr: bytes = b"") -> None:
    plugin.new_session().expect("spawn", returns=None).expect("communicate", returns=(stdout, stderr, 0))


@pytest.fixture
def popen(verifier: StrictVerifier) -> PopenPlugin:
    return PopenPlugin(verifier)


@pytest.fixture
def awaited(verifier: StrictVerifier) -> AsyncSubprocessPlugin:
    return AsyncSubprocessPlugin(verifier)


def test_64_mib_both_ways(verifier: StrictVerifier, popen: PopenPlugin) -> None:
    ends(popen, MIB_64)
    with verifier.sandbox():
        process = subprocess.Popen(["cat"], stdin=PIPE, stdout=PIPE, stderr=PIPE)
        stdout, _ = process.communicate(MIB_64)
    assert stdout == MIB_64
    popen.assert_spawn(command=["cat"], stdin=None)
    popen.assert_communicate(input=MIB_64)


async def test_64_mib_both_ways_with_asyncio(verifier: StrictVerifier, awaited: AsyncSubprocessPlugin) -> None:
    ends(awaited, MIB_64)
    with verifier.sandbox():
        process = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)
        stdout, _ = await process.communicate(MIB_64)
    assert stdout == MIB_64
    awaited.assert_spawn(command=["cat"], stdin=None)
    awaited.assert_communicate(input=MIB_64)


KINDS = [kind for kind in ("Select", "Poll", "Epoll", "Kqueue") if hasattr(selectors, f"{kind}Selector")]


@pytest.mark.parametrize("kind", KINDS)
def test_selectors(verifier: StrictVerifier, popen: PopenPlugin, kind: str) -> None:
    selector = getattr(selectors, f"{kind}Selector")
    out, err = b"o" * 200_000, b"e" * 200_000
    ends(popen, out, err)
    read = {"out": b"", "err": b""}
    with verifier.sandbox(), selector() as waits, subprocess.Popen(["x"], stdout=PIPE, stderr=PIPE) as process:
        waits.register(process.stdout, selectors.EVENT_READ, "out")
        waits.register(process.stderr, selectors.EVENT_READ, "err")
        while waits.get_map():
            for key, _ in waits.select():
                data = os.read(key.fd, 999)
                read[key.data] += data
                if not data:
                    waits.unregister(key.fileobj)
    assert read == {"out": out, "err": err}


def test_partial_reads(verifier: StrictVerifier, popen: PopenPlugin) -> None:
    ends(popen, b"abc\ndef")
    with verifier.sandbox(), subprocess.Popen(["x"], stdout=PIPE) as process:
        assert isinstance(process.stdout, io.BufferedReader)
        pieces = [process.stdout.read(2), process.stdout.readline(), process.stdout.read1(2), process.stdout.read()]
    assert pieces == [b"ab", b"c\n", b"de", b"f"]


def test_nothing_to_read_is_no_end(verifier: StrictVerifier, popen: PopenPlugin) -> None:
    popen.new_session().expect("spawn", returns=None)
    with verifier.sandbox():
        process = subprocess.Popen(["x"], stdout=PIPE)
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 0)[0] == []
        process.kill()
        assert process.stdout.read() == b""
        process.stdout.close()
        process.wait()


async def test_stream_readers(verifier: StrictVerifier, awaited: AsyncSubprocessPlugin) -> None:
    ends(awaited, b"one\ntwo\n" + b"x" * 200_000, b"oh")
    with verifier.sandbox():
        process = await asyncio.create_subprocess_exec("x", stdout=PIPE, stderr=PIPE)
        assert process.stdout is not None and process.stderr is not None
        lines = [await process.stdout.readline(), await process.stdout.readuntil(b"o")]
        rest = tuple(await asyncio.gather(process.stdout.read(), process.stderr.readexactly(2), process.wait()))
    assert lines == [b"one\n", b"two"]
    assert rest == (b"\n" + b"x" * 200_000, b"oh", 0)
