"""Child processes: what is promised, what is refused, what is recorded, and what is left behind."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import gc
import importlib
import multiprocessing
import os
import pty
import shutil
import signal
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from subprocess import DEVNULL, PIPE, TimeoutExpired
from typing import Any

import pytest

import bigfoot
from bigfoot import (
    ConflictError,
    EndlessWaitError,
    InteractionMismatchError,
    InvalidArgumentError,
    InvalidStateError,
    StrictVerifier,
    UnassertedInteractionsError,
    UnmockedInteractionError,
    UnusedMocksError,
)
from bigfoot.config import Config
from bigfoot.plugins.async_subprocess_plugin import AsyncSubprocessPlugin
from bigfoot.plugins.popen_plugin import PopenPlugin
from bigfoot.plugins.subprocess import SubprocessPlugin
from bigfoot.seam import original


@pytest.fixture
def runs(verifier: StrictVerifier) -> SubprocessPlugin:
    return SubprocessPlugin(verifier)


@pytest.fixture
def popen(verifier: StrictVerifier) -> PopenPlugin:
    return PopenPlugin(verifier)


@pytest.fixture
def awaited(verifier: StrictVerifier) -> AsyncSubprocessPlugin:
    return AsyncSubprocessPlugin(verifier)


def left() -> tuple[list[str], list[str]]:
    """The descriptors that are open, and the threads of ours that run."""
    return sorted(os.listdir("/dev/fd")), [one.name for one in threading.enumerate() if "bigfoot" in one.name]


class TestRuns:
    def test_are_one_interaction_each(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        runs.mock_run(["git", "tag"], stdout="v1\n", stderr="note")
        with verifier.sandbox():
            done = subprocess.run(["git", Path("tag")], capture_output=True)
        assert (done.stdout, done.stderr) == (b"v1\n", b"note")
        assert [each.source_id for each in verifier.timeline] == ["subprocess:run"]
        runs.assert_run(command=["git", "tag"], returncode=0, stdout="v1\n", stderr="note")
        verifier.verify_all()

    def test_by_a_name_imported_earlier(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        from subprocess import check_output, run

        runs.mock_run("date")
        runs.mock_run(Path("date"), stdout=b"\xff")
        with verifier.sandbox():
            run("date")
            assert check_output([Path("date")]) == b"\xff"
        assert [each.source_id for each in verifier.timeline] == ["subprocess:run"] * 2

    def test_come_in_the_order_of_the_script(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        runs.mock_run(["one"])
        runs.mock_run(["two"])
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match=r"next is promised mock_run\(\['one'\]"):
            subprocess.run(["two"])
        with pytest.raises(UnusedMocksError):
            verifier.verify_all()

    def test_that_are_optional_may_be_left_out(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        runs.mock_run(["one"], required=False)
        runs.mock_run(["two"], returncode=2)
        with verifier.sandbox():
            assert subprocess.call(["two"]) == 2
        runs.assert_run(command=["two"], returncode=2, stdout="", stderr="")
        verifier.verify_all()

    @pytest.mark.parametrize("error", [FileNotFoundError(2, "No such file"), TimeoutExpired("x", 5), PermissionError])
    def test_end_as_promised(self, verifier: StrictVerifier, runs: SubprocessPlugin, error: Any) -> None:
        runs.mock_run(["x"], raises=error)
        before = left()
        kind = error if isinstance(error, type) else type(error)
        with verifier.sandbox(), pytest.raises(kind):
            subprocess.run(["x"], capture_output=True, input=b"")
        assert left() == before
        runs.assert_run(command=["x"], returncode=0, stdout="", stderr="")

    def test_show_what_they_were_given(self, verifier: StrictVerifier, runs: SubprocessPlugin, tmp_path: Path) -> None:
        for _ in range(3):
            runs.mock_run(["mail"])
        (tmp_path / "letter").write_bytes(b"Dear")
        with verifier.sandbox(), (tmp_path / "letter").open("rb") as letter:
            subprocess.run(["mail"], input=b"Hi", cwd=tmp_path, env={"A": "b"})
            subprocess.run(["mail"], input="Hello", text=True)
            subprocess.run(["mail"], stdin=letter)
        said = {"command": ["mail"], "returncode": 0, "stdout": "", "stderr": ""}
        verifier.assert_interaction(runs.run, **said, input=b"Hi", cwd=tmp_path, env={"A": "b"}, shell=False)
        verifier.assert_interaction(runs.run, **said, input="Hello")
        verifier.assert_interaction(runs.run, **said, input=b"Dear", env=None)

    def test_in_a_shell(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        runs.mock_run("ls | wc", shell=True, stdout="3")
        with verifier.sandbox():
            with pytest.raises(UnmockedInteractionError, match=r"subprocess\.run"):
                subprocess.run(["ls | wc"])
            assert subprocess.check_output("ls | wc", shell=True) == b"3"
        runs.assert_run(command="ls | wc", returncode=0, stdout="3", stderr="")

    def test_write_where_the_code_says(
        self, verifier: StrictVerifier, runs: SubprocessPlugin, capfd: pytest.CaptureFixture[str]
    ) -> None:
        runs.mock_run(["x"], stdout="seen", stderr="as well")
        runs.mock_run(["x"], stdout="not seen", stderr="nor this")
        with verifier.sandbox():
            assert subprocess.run(["x"]).stdout is None
            subprocess.run(["x"], stdout=DEVNULL, stderr=DEVNULL)
        assert capfd.readouterr() == ("seen", "as well")

    def test_hints_run_as_pasted(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        calls: list[Callable[[], Any]] = [
            lambda: subprocess.run(["a b", "c"]),
            lambda: subprocess.run("a | b", shell=True),
            lambda: os.system("a"),
            lambda: subprocess.run(["login", "--password=hunter2", "x"]),
            lambda: subprocess.run("login --password=hunter2", shell=True),
            started_and_killed,
        ]
        for call in calls:
            with verifier.sandbox(), pytest.raises(UnmockedInteractionError) as refused:
                call()
            mocked = StrictVerifier()
            hint = refused.value.hint.partition("add before the sandbox:\n")[2]
            names = {name: mocked.plugin(name) for name in ("subprocess_mock", "popen_mock")}
            assert "hunter2" not in hint
            exec("if True:\n" + hint, {"bigfoot": types.SimpleNamespace(**names, Secret=bigfoot.Secret)})
            with mocked.sandbox():
                call()
            interaction, *_ = mocked.timeline
            assertion = "if True:\n    " + interaction.plugin.assertion(interaction)  # type: ignore[union-attr]
            exec(assertion, {"bigfoot": types.SimpleNamespace(**names, Secret=bigfoot.Secret)})
            mocked.verify_all()

    @pytest.mark.parametrize(
        ("given", "named"),
        [
            ({"command": ""}, "command"),
            ({"command": []}, "command"),
            ({"command": [1]}, "1 in it is no text"),
            ({"command": b"x"}, "command"),
            ({"command": None}, "command"),
            ({"command": "x", "returncode": 256}, "returncode=256"),
            ({"command": "x", "returncode": -65}, "returncode"),
            ({"command": "x", "returncode": True}, "returncode"),
            ({"command": "x", "stdout": 5}, "stdout"),
            ({"command": "x", "raises": "boom"}, "raises"),
            ({"command": "x", "shell": 1}, "shell"),
            ({"command": "x", "required": None}, "required"),
        ],
    )
    def test_bad_promises_are_refused(self, runs: SubprocessPlugin, given: dict[str, Any], named: str) -> None:
        with pytest.raises(InvalidArgumentError, match=named):
            runs.mock_run(**given)


class TestWhich:
    def test_answers_for_what_is_registered(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        runs.mock_which("git", returns=Path("/usr/bin/git"))
        runs.mock_which("hg", None)
        with verifier.sandbox():
            found = [shutil.which(name) for name in ("git", "hg", "sh", "git")]
            assert shutil.which(b"git") == b"/usr/bin/git"
        assert found == ["/usr/bin/git", None, None, "/usr/bin/git"]
        for name, returns in (("git", "/usr/bin/git"), ("hg", None), ("git", "/usr/bin/git")):
            runs.assert_which(name=name, returns=returns)
        with pytest.raises(UnassertedInteractionsError, match=r"shutil.which\('git'\)"):
            verifier.verify_all()

    def test_that_is_required(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        runs.mock_which("git", "/usr/bin/git", required=True)
        with pytest.raises(UnusedMocksError, match=r"mock_which\('git', '/usr/bin/git'\)"):
            verifier.verify_all()

    def test_finds_what_is_let_through(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        runs.pass_through("sh")
        with verifier.sandbox():
            assert shutil.which("sh") is not None

    @pytest.mark.parametrize(("name", "returns"), [("", None), (None, None), ("git", 5)])
    def test_bad_promises_are_refused(self, runs: SubprocessPlugin, name: Any, returns: Any) -> None:
        with pytest.raises(InvalidArgumentError):
            runs.mock_which(name, returns)


def started_and_killed() -> None:
    process = subprocess.Popen(["a"])
    process.kill()
    process.wait()


def ends(plugin: Any, stdout: bytes | str = b"", code: int = 0, command: Any = None) -> Any:
    return plugin.new_session(command).expect("spawn", returns=None).expect("communicate", returns=(stdout, b"", code))


class TestPopen:
    def test_sessions_of_one_command(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        ends(popen, b"any")
        ends(popen, b"mine", command=["b"])
        with verifier.sandbox():
            said = [subprocess.Popen([name], stdout=PIPE).communicate()[0] for name in ("b", "a")]
        assert said == [b"mine", b"any"]

    def test_a_run_does_not_take_a_session(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        ends(popen)
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match=r"subprocess\.run"):
            subprocess.run(["x"])

    def test_a_run_promised_for_a_popen_is_named(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        runs.mock_run(["make"])
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match=r"is for subprocess\.run"):
            subprocess.Popen(["make"])

    def test_a_program_that_is_not_there(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        popen.new_session().expect("spawn", raises=FileNotFoundError)
        before = left()
        with verifier.sandbox(), pytest.raises(FileNotFoundError):
            subprocess.Popen(["nope"], stdin=PIPE, stdout=PIPE)
        popen.assert_spawn(command=["nope"], stdin=None)
        assert left() == before

    def test_no_descriptors_are_left_for_it(
        self, verifier: StrictVerifier, popen: PopenPlugin, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ends(popen)
        before = left()
        duplicate = os.dup

        def dup(fd: int) -> int:
            if fd == 2:
                raise OSError(24, "Too many open files")
            return duplicate(fd)

        monkeypatch.setattr(os, "dup", dup)
        with verifier.sandbox(), pytest.raises(OSError, match="Too many open files"):
            subprocess.Popen(["x"], stdin=PIPE, stdout=PIPE)
        assert left() == before
        popen.assert_spawn(command=["x"], stdin=None)
        with pytest.raises(UnusedMocksError):
            verifier.verify_all()

    def test_polls_by_the_script(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        popen.new_session().expect("spawn", returns=None).expect("poll", returns=None).expect("poll", returns=4)
        with verifier.sandbox():
            process = subprocess.Popen(["x"])
            assert [process.poll(), process.poll(), process.poll(), process.wait()] == [None, 4, 4, 4]
        popen.assert_spawn(command=["x"], stdin=None)
        popen.assert_poll()
        popen.assert_poll()
        verifier.verify_all()

    def test_polls_without_a_script(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        ends(popen, code=3)
        with verifier.sandbox():
            process = subprocess.Popen(["x"], stdin=PIPE)
            assert process.poll() is None  # it may be written to
            assert process.stdin is not None
            process.stdin.write(b"to")
            process.stdin.close()
            assert process.poll() == 3
        popen.assert_spawn(command=["x"], stdin=None)
        popen.assert_communicate(input=b"to")

    def test_a_scripted_signal(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        session = popen.new_session().expect("spawn", returns=None).expect("communicate", returns=None, hang=True)
        session.expect("kill", returns=None).expect("communicate", returns=(b"bye", b"", 7))
        with verifier.sandbox():
            process = subprocess.Popen(["x"], stdout=PIPE)
            with pytest.raises(TimeoutExpired):
                process.communicate(timeout=0.01)
            process.terminate()
            assert process.communicate()[0] == b"bye"
            assert process.returncode == 7
        popen.assert_spawn(command=["x"], stdin=None)
        popen.assert_communicate(input=None)
        popen.assert_kill(signal=signal.SIGTERM)
        popen.assert_communicate(input=None)
        verifier.verify_all()

    def test_a_signal_that_it_ignores(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        session = popen.new_session().expect("spawn", returns=None).expect("kill", returns=None)
        session.expect("kill", returns=None).expect("wait", returns=-9)
        with verifier.sandbox():
            process = subprocess.Popen(["x"])
            process.terminate()
            assert process.poll() is None
            process.kill()
            assert process.wait() == -9

    def test_a_signal_that_ends_nothing(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        popen.new_session().expect("spawn", returns=None)
        with verifier.sandbox():
            process = subprocess.Popen(["x"])
            process.send_signal(signal.SIGCONT)
            assert process.poll() is None
            process.kill()
            assert process.wait() == -9
        popen.assert_spawn(command=["x"], stdin=None)
        verifier.verify_all()  # a signal that was not promised may be asserted, and need not be

    def test_an_error_that_waiting_ends_in(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        session = popen.new_session().expect("spawn", returns=None)
        session.expect("communicate", raises=TimeoutExpired("x", 300)).expect("communicate", returns=("late", "", 0))
        with verifier.sandbox():
            process = subprocess.Popen(["x"], stdout=PIPE, text=True)
            with pytest.raises(TimeoutExpired, match="300 seconds"):
                process.communicate(timeout=300)
            assert process.communicate()[0] == "late"
        popen.assert_spawn(command=["x"], stdin=None)
        popen.assert_communicate(input=None)
        popen.assert_communicate(input=None)
        verifier.verify_all()

    def test_an_error_after_the_output_was_read(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        session = popen.new_session().expect("spawn", returns=None).expect("stderr", returns="oh")
        session.expect("wait", raises=ChildProcessError("lost"))
        with verifier.sandbox():
            process = subprocess.Popen(["x"], stderr=PIPE)
            assert process.stderr is not None and process.stderr.read() == b"oh"
            with pytest.raises(ChildProcessError, match="lost"):
                process.wait()
            process.stderr.close()
            process.kill()
            process.wait()
        popen.assert_spawn(command=["x"], stdin=None)
        popen.assert_stderr(data=b"oh")
        popen.assert_wait()

    def test_waiting_without_a_step_is_refused(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        popen.new_session().expect("spawn", returns=None)
        with verifier.sandbox():
            process = subprocess.Popen(["x"])
            with pytest.raises(UnmockedInteractionError, match="has no step left"):
                process.wait()
            process.kill()
            process.wait()

    def test_waiting_for_ever_is_refused(self, popen: PopenPlugin) -> None:
        verifier = StrictVerifier(Config({"hang_timeout": 0.05}))
        verifier.plugin("popen_mock").new_session().expect("spawn", returns=None).expect("wait", returns=0, hang=True)
        with verifier.sandbox():
            process = subprocess.Popen(["x"])
            with pytest.raises(EndlessWaitError):
                process.wait()
            process.kill()
            process.wait()

    def test_what_was_not_waited_for_is_missed(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        ends(popen)
        with verifier.sandbox():
            process = subprocess.Popen(["x"])
        popen.assert_spawn(command=["x"], stdin=None)
        with pytest.raises(UnusedMocksError, match="communicate"):
            verifier.verify_all()
        assert process.wait() == 0

    def test_what_still_runs_ends_with_the_sandbox(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        popen.new_session().expect("spawn", returns=None)
        before = left()
        with verifier.sandbox():
            process = subprocess.Popen(["x"], stdin=PIPE, stdout=PIPE)
            with verifier.sandbox():
                assert process.poll() is None
            assert process.poll() is None
        assert process.stdout is not None and process.stdout.read() == b""
        assert process.wait() == -9
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()
        assert left() == before

    def test_an_object_that_is_collected(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        popen.new_session().expect("spawn", returns=None)
        with verifier.sandbox():
            process: Any = subprocess.Popen(["x"])
            with pytest.warns(ResourceWarning, match="still running"):
                del process
                gc.collect()
        popen.assert_spawn(command=["x"], stdin=None)
        verifier.verify_all()

    def test_standard_input_that_is_a_file(self, verifier: StrictVerifier, popen: PopenPlugin, tmp_path: Path) -> None:
        ends(popen)
        (tmp_path / "data").write_bytes(b"0123")
        with verifier.sandbox(), (tmp_path / "data").open("rb", buffering=0) as data:
            data.read(1)
            subprocess.Popen(["x"], stdin=data).communicate()
        popen.assert_spawn(command=["x"], stdin=b"123")
        popen.assert_communicate(input=None)

    def test_what_it_reads_by_the_script(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        session = popen.new_session().expect("spawn", returns=None).expect("stdin", returns=3)
        session.expect("stdin", returns=None).expect("communicate", returns=(b"", b"", 0))
        with verifier.sandbox():
            subprocess.Popen(["x"], stdin=PIPE).communicate(b"abcline\nrest")
        popen.assert_spawn(command=["x"], stdin=None)
        popen.assert_stdin(data=b"abc")
        popen.assert_stdin(data=b"line\n")
        popen.assert_communicate(input=b"rest")

    def test_many_in_threads(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        before = left()
        numbers = range(40)
        for number in numbers:
            ends(popen, f"{number}".encode() * 20_000, command=["x", f"{number}"])

        def run(number: int) -> bytes:
            process = subprocess.Popen(["x", f"{number}"], stdin=PIPE, stdout=PIPE)
            return process.communicate(b"i" * 100_000)[0]

        with verifier.sandbox(), concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert list(pool.map(run, numbers)) == [f"{number}".encode() * 20_000 for number in numbers]
        assert left() == before

    @pytest.mark.parametrize(
        ("step", "given", "named"),
        [
            ("spawn", {"returns": 5}, "gives None"),
            ("kill", {"returns": 5}, "gives None"),
            ("communicate", {"returns": None}, "gives"),
            ("communicate", {"returns": (b"", b"")}, "exit code"),
            ("communicate", {"returns": (b"", 5, 0)}, "text or bytes"),
            ("communicate", {"returns": (b"", b"", 300)}, "300"),
            ("communicate", {"returns": None, "hang": 1}, "hang"),
            ("wait", {"returns": None}, "exit code"),
            ("stdin", {"returns": 0}, "number of bytes"),
            ("stdout", {"returns": 5}, "text or bytes"),
            ("poll", {"returns": "x"}, "exit code"),
            ("poll", {"returns": None, "hang": True}, "hang"),
            ("wait", {"returns": 0, "slow": True}, "slow"),
            ("comunicate", {"returns": None}, "did you mean 'communicate'"),
        ],
    )
    def test_bad_promises_are_refused(self, popen: PopenPlugin, step: str, given: dict[str, Any], named: str) -> None:
        session = popen.new_session()
        if step != "spawn":
            session.expect("spawn", returns=None)
        with pytest.raises(InvalidArgumentError, match=named):
            session.expect(step, **given)

    def test_a_step_after_the_end_is_refused(self, popen: PopenPlugin) -> None:
        with pytest.raises(InvalidStateError):
            ends(popen).expect("wait", returns=0)

    def test_a_session_without_steps(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        popen.new_session()
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError) as refused:
            subprocess.Popen(["x"])
        assert "spawn(command=['x'], stdin=None)" in str(refused.value)

    def test_how_it_was_started(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        ends(popen)
        with verifier.sandbox():
            subprocess.Popen("x | y", shell=True, cwd="/", env={"A": "b"}).communicate()
        given = {"shell": True, "cwd": "/", "env": {"A": "b"}}
        verifier.assert_interaction(popen.spawn, command="x | y", stdin=None, **given)

    def test_a_differing_command_is_shown(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        ends(popen)
        with verifier.sandbox():
            subprocess.Popen(["make", "all"]).communicate()
        with pytest.raises(InteractionMismatchError, match="command"):
            popen.assert_spawn(command=["make"], stdin=None)


class TestAsyncio:
    async def test_read_without_being_waited_for(
        self, verifier: StrictVerifier, awaited: AsyncSubprocessPlugin
    ) -> None:
        ends(awaited, b"one\n")
        with verifier.sandbox():
            process = await asyncio.create_subprocess_exec("x", stdout=PIPE)
            assert process.stdout is not None
            assert await process.stdout.read() == b"one\n"
            while process.returncode is None:
                await asyncio.sleep(0)
        awaited.assert_spawn(command=["x"], stdin=None)
        awaited.assert_communicate(input=None)
        verifier.verify_all()

    async def test_records_come_in_the_order_of_the_code(
        self, verifier: StrictVerifier, awaited: AsyncSubprocessPlugin
    ) -> None:
        for _ in range(2):
            ends(awaited)
        mock = verifier.mock("Mock")
        mock.call.returns(1)
        with verifier.sandbox():
            first = await asyncio.create_subprocess_exec("one")
            second = await asyncio.create_subprocess_shell("two")
            mock.call()
            await asyncio.gather(second.wait(), first.communicate())
        awaited.assert_spawn(command=["one"], stdin=None)
        awaited.assert_spawn(command="two", stdin=None)
        verifier.assert_interaction(mock.call, args=(), kwargs={})
        awaited.assert_communicate(input=None)
        awaited.assert_communicate(input=None)
        verifier.verify_all()

    async def test_one_that_ended_before_it_was_asked(
        self, verifier: StrictVerifier, awaited: AsyncSubprocessPlugin
    ) -> None:
        ends(awaited, b"out")
        mock = verifier.mock("Mock")
        mock.call.returns(1)
        with verifier.sandbox():
            process = await asyncio.create_subprocess_exec("x", stdout=PIPE)
            while process.returncode is None:
                await asyncio.sleep(0)
            mock.call()
            assert (await process.communicate())[0] == b"out"
        awaited.assert_spawn(command=["x"], stdin=None)
        verifier.assert_interaction(mock.call, args=(), kwargs={})
        awaited.assert_communicate(input=None)

    async def test_an_error_that_waiting_ends_in(
        self, verifier: StrictVerifier, awaited: AsyncSubprocessPlugin
    ) -> None:
        awaited.new_session().expect("spawn", returns=None).expect("wait", raises=OSError("gone"))
        with verifier.sandbox():
            process = await asyncio.create_subprocess_exec("x")
            with pytest.raises(OSError, match="gone"):
                await process.wait()
            process.kill()
            await process.wait()

    async def test_waiting_for_ever_is_refused(self) -> None:
        verifier = StrictVerifier(Config({"hang_timeout": 0.05}))
        for _ in range(2):
            session = verifier.plugin("async_subprocess_mock").new_session().expect("spawn", returns=None)
            session.expect("communicate", returns=None, hang=True)
        with verifier.sandbox():
            for how in ("wait", "communicate"):
                process = await asyncio.create_subprocess_exec("x", stdout=PIPE)
                with pytest.raises(EndlessWaitError):
                    await getattr(process, how)()
                process.kill()
                await process.communicate()

    async def test_unscripted(self, verifier: StrictVerifier) -> None:
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match="async_subprocess_mock"):
            await asyncio.create_subprocess_exec("x")

    def test_in_several_loops_at_once(self, verifier: StrictVerifier, awaited: AsyncSubprocessPlugin) -> None:
        before = left()
        for number in range(6):
            ends(awaited, f"{number}".encode(), command=["x", f"{number}"])

        async def run(number: int) -> bytes:
            process = await asyncio.create_subprocess_exec("x", f"{number}", stdin=PIPE, stdout=PIPE)
            return (await process.communicate(b"in"))[0]

        with verifier.sandbox(), concurrent.futures.ThreadPoolExecutor(3) as pool:
            said = list(pool.map(lambda number: asyncio.run(run(number)), range(6)))
        assert said == [b"0", b"1", b"2", b"3", b"4", b"5"]
        assert left() == before

    def test_uvloop_is_refused(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        uvloop = pytest.importorskip("uvloop")

        async def run() -> Any:
            return await (await asyncio.create_subprocess_exec("printf", "x", stdout=PIPE)).communicate()

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match="uvloop"):
                runner.run(run())
            runs.pass_through("printf")
            with verifier.sandbox():
                assert runner.run(run()) == (b"x", None)

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_anyio(self, verifier: StrictVerifier, awaited: AsyncSubprocessPlugin, backend: str) -> None:
        anyio = pytest.importorskip("anyio")
        ends(awaited, b"out")

        async def run() -> Any:
            done = await anyio.run_process(["x", "y"], input=b"in")
            return done.stdout, done.returncode

        with verifier.sandbox():
            assert anyio.run(run, backend=backend) == (b"out", 0)
        awaited.assert_spawn(command=["x", "y"], stdin=None)
        awaited.assert_communicate(input=b"in")
        verifier.verify_all()

    def test_trio(self, verifier: StrictVerifier, awaited: AsyncSubprocessPlugin) -> None:
        trio = pytest.importorskip("trio")
        pytest.importorskip("trio.testing")
        awaited.new_session().expect("spawn", returns=None).expect("wait", returns=None, hang=True)
        before = left()

        async def run() -> Any:
            async with trio.open_nursery() as nursery:
                process = await nursery.start(trio.run_process, ["x"])
                await trio.testing.wait_all_tasks_blocked()
                process.terminate()
                with contextlib.suppress(subprocess.CalledProcessError):
                    await process.wait()
                return process.returncode

        with verifier.sandbox(), contextlib.suppress(BaseExceptionGroup):
            trio.run(run)
        awaited.assert_spawn(command=["x"], stdin=None)
        awaited.assert_wait()
        assert left()[1] == before[1]


OTHER_WAYS: dict[str, Callable[[], Any]] = {
    "os.fork": lambda: os.fork(),
    "os.forkpty": lambda: os.forkpty(),
    "os.execv": lambda: os.execv("/bin/true", ["true"]),
    "os.execvp": lambda: os.execvp("true", ["true"]),
    "os.execle": lambda: os.execle("/bin/true", "true", {}),
    "os.posix_spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "os.posix_spawnp": lambda: os.posix_spawnp("true", ["true"], os.environ),
    "os.spawnv": lambda: os.spawnv(os.P_WAIT, "/bin/true", ["true"]),
    "os.spawnlp": lambda: os.spawnlp(os.P_NOWAIT, "true", "true"),
    "os.spawnvpe": lambda: os.spawnvpe(os.P_WAIT, "true", ["true"], {}),
    "os.system": lambda: os.system("true"),
    "os.popen": lambda: os.popen("true"),
    "pty.spawn": lambda: pty.spawn(["true"]),
    "pty.fork": lambda: pty.fork(),
    "multiprocessing": lambda: multiprocessing.Process(target=print).start(),
    "spawn": lambda: multiprocessing.get_context("spawn").Process(target=print).start(),
    "forkserver": lambda: multiprocessing.get_context("forkserver").Process(target=print).start(),
}


class TestOtherWays:
    @pytest.mark.parametrize("way", OTHER_WAYS)
    def test_are_refused(self, verifier: StrictVerifier, way: str) -> None:
        mine = os.getpid()
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError) as refused:
            OTHER_WAYS[way]()
        assert os.getpid() == mine
        assert "bigfoot.subprocess_mock." in str(refused.value)

    @pytest.mark.parametrize("how", ["fork", "forkpty", "system", "execv", "posix_spawn"])
    def test_are_refused_by_names_imported_earlier(
        self, verifier: StrictVerifier, runs: SubprocessPlugin, how: str
    ) -> None:
        function = original(os, how)
        arguments: dict[str, Any] = {
            "system": ("true",),
            "execv": ("/bin/true", ["x"]),
            "posix_spawn": ("/bin/true", ["x"], {}),
        }
        mine = os.getpid()
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match="imported by name before"):
            function(*arguments.get(how, ()))
        assert os.getpid() == mine
        runs.pass_through("true")
        with verifier.sandbox():
            assert original(os, "system")("true") == 0

    @pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12: the suite may have threads
    def test_a_fork_that_is_let_through_stays_inside(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        runs.pass_through("python*")
        with verifier.sandbox():
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    os.execv("/bin/true", ["true"])
                except UnmockedInteractionError:
                    code = 7
                finally:
                    os._exit(code)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        runs.assert_spawn(command=[sys.executable])
        verifier.verify_all()

    def test_a_pool_of_processes_is_refused(self, verifier: StrictVerifier) -> None:
        with (
            verifier.sandbox(),
            concurrent.futures.ProcessPoolExecutor(1) as pool,
            pytest.raises(UnmockedInteractionError, match="multiprocessing"),
        ):
            pool.submit(abs, -1)

    def test_a_pool_that_is_let_through(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        runs.pass_through("python*")
        context = multiprocessing.get_context("spawn")
        with verifier.sandbox(), concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
            assert pool.submit(abs, -1).result() == 1
        assert {each.source_id for each in verifier.timeline} == {"subprocess:spawn"}
        verifier.verify_all()

    def test_what_is_let_through_is_recorded(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        runs.pass_through("/bin/true", "sleep")
        with verifier.sandbox():
            assert os.spawnv(os.P_WAIT, "/bin/true", ["true"]) == 0
            pid = os.posix_spawn("/bin/true", ["true"], {})
            os.waitpid(pid, 0)
            subprocess.run(["sleep", "0"], check=True)
            with pytest.raises(UnmockedInteractionError):
                subprocess.run(["true"])
        runs.assert_spawn(command=["/bin/true"])
        runs.assert_spawn(command=["/bin/true"])
        runs.assert_spawn(command=["sleep", "0"])

    def test_promises_come_before_what_is_let_through(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        runs.pass_through("printf")
        runs.mock_run(["printf", "x"], stdout="mocked")
        with verifier.sandbox():
            said = [subprocess.check_output(["printf", "x"]) for _ in range(2)]
        assert said == [b"mocked", b"x"]

    @pytest.mark.parametrize("programs", [(), ("",), (None,), (5,)])
    def test_programs_have_names(self, popen: PopenPlugin, programs: tuple[Any, ...]) -> None:
        with pytest.raises(InvalidArgumentError, match="name a program"):
            popen.pass_through(*programs)


class TestProcessIds:
    def test_answer_for_the_process_only(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        popen.new_session().expect("spawn", returns=None)
        with verifier.sandbox():
            process = subprocess.Popen(["x"])
            assert os.waitpid(process.pid, os.WNOHANG) == (0, 0)
            assert os.getpgid(process.pid) == process.pid
            with pytest.raises(OSError, match="Invalid"):
                os.kill(process.pid, 999)
            os.kill(process.pid, 0)
            os.kill(-process.pid, signal.SIGKILL)
            assert os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT).si_status == 9  # type: ignore[union-attr]
            pid, status, _ = os.wait4(process.pid, 0)
            assert (pid, os.waitstatus_to_exitcode(status)) == (process.pid, -9)
            for gone in (lambda: os.kill(process.pid, 0), lambda: os.getpgid(process.pid)):
                with pytest.raises(ProcessLookupError):
                    gone()
            process.wait()

    def test_are_out_of_reach_of_real_ones(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        popen.new_session().expect("spawn", returns=None)
        with verifier.sandbox():
            process = subprocess.Popen(["x"])
            process.kill()
            process.wait()
        assert process.pid > 2**22  # the most that Linux gives; other systems give less
        bigfoot.uninstall()
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)

    def test_of_real_ones_are_real(self, verifier: StrictVerifier) -> None:
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=PIPE)
        with verifier.sandbox():
            assert process.poll() is None
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
        assert process.returncode == -9

    @pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="Linux only")
    def test_as_descriptors(self, verifier: StrictVerifier, popen: PopenPlugin) -> None:
        import select

        popen.new_session().expect("spawn", returns=None).expect("wait", returns=0, hang=True)
        before = left()
        with verifier.sandbox():
            process = subprocess.Popen(["x"])
            watched = os.pidfd_open(process.pid)
            assert select.select([watched], [], [], 0)[0] == []
            process.kill()
            later = os.pidfd_open(process.pid)
            assert select.select([watched, later], [], [], 0)[0] == [watched, later]
            process.wait()
            os.close(watched)
            os.close(later)
        assert left() == before


class TestBystanders:
    def test_imports_may_start_processes(
        self, verifier: StrictVerifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "starts_at_import.py").write_text(
            "import subprocess\nSAID = subprocess.check_output(['echo', 'x'])\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        with verifier.sandbox():
            import starts_at_import  # type: ignore[import-not-found]
        assert starts_at_import.SAID == b"x\n"
        assert list(verifier.timeline) == []

    def test_an_import_that_runs_the_tests_is_none(
        self, verifier: StrictVerifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "runs_tests.py").write_text("import sys\nsys.modules['runner_of_tests'].call()\n")
        monkeypatch.syspath_prepend(tmp_path)
        runner: Any = types.ModuleType("_pytest.of_tests")
        runner.test = lambda: subprocess.run(["x"])
        exec("def call(): test()", vars(runner))
        monkeypatch.setitem(sys.modules, "runner_of_tests", runner)
        sandbox = verifier.sandbox()

        def of_a_fixture() -> None:
            sandbox.__enter__()

        of_a_fixture()
        with pytest.raises(UnmockedInteractionError):
            importlib.import_module("runs_tests")
        sandbox.__exit__(None, None, None)

    def test_looks_at_this_machine_are_let_through(self, verifier: StrictVerifier) -> None:
        import ctypes.util

        with verifier.sandbox():
            assert ctypes.util.find_library("c") is not None
        assert list(verifier.timeline) == []

    def test_outside_of_a_sandbox_all_is_real(self, verifier: StrictVerifier) -> None:
        with verifier.sandbox():
            pass
        assert subprocess.check_output(["printf", "x"]) == b"x"
        assert shutil.which("sh") is not None
        assert os.system("exit 3") == 3 << 8

    def test_a_plugin_that_is_disabled(self) -> None:
        verifier = StrictVerifier(Config({"disabled_plugins": ["subprocess", "popen"]}))
        with verifier.sandbox():
            assert subprocess.check_output(["printf", "x"]) == b"x"
            assert subprocess.Popen(["true"]).wait() == 0

    def test_nothing_else_is_installed_for_it(self, verifier: StrictVerifier, runs: SubprocessPlugin) -> None:
        runs.install()
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError):
            subprocess.run(["x"])

    @pytest.mark.parametrize("name", ["subprocess.run", "subprocess.Popen", "shutil.which", "os.system"])
    def test_somebody_else_on_the_same_ground(self, verifier: StrictVerifier, name: str) -> None:
        from unittest import mock

        with mock.patch(name), pytest.raises(ConflictError, match=r"unittest\.mock"), verifier.sandbox():
            pass


def test_the_guide_draws_the_table_of_steps() -> None:
    guide = Path(__file__).parents[1] / "docs" / "guides" / "processes.md"
    assert f"```mermaid\n{PopenPlugin.diagram()}\n```" in guide.read_text()
