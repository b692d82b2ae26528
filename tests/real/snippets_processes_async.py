"""What programs do with the child processes of asyncio, and the script of each."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, create_subprocess_exec, create_subprocess_shell
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from .snippets_processes import BOTH, Steps, ends, py, sh


@dataclass(frozen=True)
class AsyncSnippet:
    """One use of child processes: what is awaited, and what is promised, session by session."""

    name: str
    run: Callable[[], Awaitable[Any]]
    sessions: tuple[Steps, ...]


SNIPPETS: list[AsyncSnippet] = []


def snippet(*sessions: Steps) -> Callable[[Callable[[], Awaitable[Any]]], Any]:
    def add(function: Callable[[], Awaitable[Any]]) -> Any:
        SNIPPETS.append(AsyncSnippet(function.__name__, function, sessions))
        return function

    return add


@snippet(ends(b"out\n", b"err\n", 3))
async def communicate() -> Any:
    process = await create_subprocess_exec(*BOTH, stdout=PIPE, stderr=PIPE)
    return await process.communicate(), process.returncode, await process.wait()


@snippet(ends(b"b"))
async def in_a_shell() -> Any:
    process = await create_subprocess_shell("printf a | tr a b", stdout=PIPE)
    return await process.communicate(), process.returncode


@snippet(ends(b"out\nerr\n", code=3))
async def both_streams_in_one() -> Any:
    process = await create_subprocess_exec(*BOTH, stdout=PIPE, stderr=STDOUT)
    return await process.communicate(), process.returncode


@snippet(ends(b"given"))
async def with_input() -> Any:
    process = await create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)
    return await process.communicate(b"given"), process.returncode


@snippet(ends(b"one\ntwo\nthree"))
async def lines_one_by_one() -> Any:
    process = await create_subprocess_exec(*sh("printf 'one\\ntwo\\nthree'"), stdout=PIPE)
    assert process.stdout is not None
    return [line async for line in process.stdout], await process.wait()


@snippet(ends(b"abcdef"))
async def read_in_pieces() -> Any:
    process = await create_subprocess_exec(*sh("printf abcdef"), stdout=PIPE)
    assert process.stdout is not None
    pieces = [await process.stdout.readexactly(4), await process.stdout.read(), await process.stdout.read()]
    return pieces, await process.wait(), process.stdout.at_eof()


@snippet([("spawn", None), ("stdin", None), ("stdout", b"A\n"), ("stdin", None), *ends(b"B\n")[1:]])
async def a_dialogue() -> Any:
    code = "for _ in range(2): print(input().upper(), flush=True)"
    process = await create_subprocess_exec(*py(code), stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None and process.stdout is not None
    answers = []
    for word in (b"a\n", b"b\n"):
        process.stdin.write(word)
        await process.stdin.drain()
        answers.append(await process.stdout.readline())
    process.stdin.close()
    return answers, await process.wait()


@snippet([("spawn", None), ("wait", 6)])
async def waited_for() -> Any:
    process = await create_subprocess_exec(*sh("exit 6"), stdout=DEVNULL)
    return await process.wait(), process.returncode


@snippet([("spawn", None), ("communicate", None, {"hang": True})])
async def killed_after_a_timeout() -> Any:
    process = await create_subprocess_exec(*sh("exec sleep 60"), stdout=PIPE)
    try:
        await asyncio.wait_for(process.communicate(), 0.02)
    except TimeoutError:
        process.kill()
    return await process.communicate(), process.returncode


@snippet([("spawn", None), ("wait", None, {"hang": True})])
async def signalled() -> Any:
    process = await create_subprocess_exec(*sh("exec sleep 60"))
    process.send_signal(signal.SIGUSR1)
    return await process.wait(), process.returncode


@snippet(ends(b"1"), ends(b"2"), ends(b"3"))
async def several_at_once() -> Any:
    processes = [await create_subprocess_exec("printf", str(number), stdout=PIPE) for number in (1, 2, 3)]
    return await asyncio.gather(*(process.communicate() for process in processes))


@snippet(ends(b"x" * 300_000, b"y" * 300_000))
async def much_on_both_streams() -> Any:
    code = "import sys; sys.stdout.write('x' * 300000); sys.stderr.write('y' * 300000)"
    process = await create_subprocess_exec(sys.executable, "-c", code, stdout=PIPE, stderr=PIPE)
    return await process.communicate(), process.returncode


@snippet(ends(b"z" * 500_000))
async def much_both_ways() -> Any:
    process = await create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)
    return await process.communicate(b"z" * 500_000), process.returncode


@snippet(ends(b"p"))
async def by_a_protocol() -> Any:
    class Protocol(asyncio.SubprocessProtocol):
        def __init__(self) -> None:
            self.said: list[Any] = []
            self.ended = asyncio.Event()

        def pipe_data_received(self, fd: int, data: bytes) -> None:
            self.said.append((fd, data))

        def process_exited(self) -> None:
            self.ended.set()

    protocol = Protocol()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.subprocess_exec(lambda: protocol, "printf", "p", stdin=None, stderr=None)
    await protocol.ended.wait()
    code = transport.get_returncode()
    while not protocol.said:
        await asyncio.sleep(0)
    transport.close()
    return protocol.said, code
