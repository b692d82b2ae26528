"""What programs do with child processes, and the script of each: real children, and those of the script."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from subprocess import DEVNULL, PIPE, STDOUT
from typing import Any

Command = list[str] | str
Steps = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Snippet:
    """One use of child processes.

    Attributes:
        name: the test's.
        run: makes it; what it returns is compared.
        runs: what is promised of runs: the command, the exit code, stdout, stderr.
        sessions: what is promised of processes, session by session: the name of a step, what it gives, its options.
    """

    name: str
    run: Callable[[], Any]
    runs: tuple[tuple[Any, ...], ...] = ()
    sessions: tuple[Steps, ...] = ()


SNIPPETS: list[Snippet] = []


def snippet(*runs: tuple[Any, ...], sessions: tuple[Steps, ...] = ()) -> Callable[[Callable[[], Any]], Any]:
    def add(function: Callable[[], Any]) -> Callable[[], Any]:
        SNIPPETS.append(Snippet(function.__name__, function, runs, sessions))
        return function

    return add


def ends(stdout: bytes | str = b"", stderr: bytes | str = b"", code: int = 0) -> Steps:
    return [("spawn", None), ("communicate", (stdout, stderr, code))]


def sh(line: str) -> list[str]:
    return ["sh", "-c", line]


def py(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def outcome(call: Callable[[], Any]) -> Any:
    """What a call gives or raises, comparable."""
    try:
        return call()
    except subprocess.CalledProcessError as error:
        return "CalledProcessError", error.returncode, error.cmd, error.output, error.stderr, str(error)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return type(error).__name__, str(error)


def done(call: Callable[[], subprocess.CompletedProcess[Any]]) -> Any:
    completed = call()
    return completed.args, completed.returncode, completed.stdout, completed.stderr


BOTH = sh("printf 'out\\n'; printf 'err\\n' >&2; exit 3")
SAID = (BOTH, 3, "out\n", "err\n")


@snippet(SAID)
def run_bytes() -> Any:
    return done(lambda: subprocess.run(BOTH, capture_output=True))


@snippet(SAID)
def run_text() -> Any:
    return done(lambda: subprocess.run(BOTH, capture_output=True, text=True))


@snippet(SAID)
def run_with_one_stream() -> Any:
    return done(lambda: subprocess.run(BOTH, stdout=PIPE, stderr=DEVNULL))


@snippet((BOTH, 3, "out\nerr\n", ""))
def run_with_both_streams_in_one() -> Any:
    return done(lambda: subprocess.run(BOTH, stdout=PIPE, stderr=STDOUT))


@snippet(SAID)
def run_with_nothing_kept() -> Any:
    return done(lambda: subprocess.run(BOTH, stdout=DEVNULL, stderr=DEVNULL))


@snippet(SAID)
def run_with_check() -> Any:
    return outcome(lambda: subprocess.run(BOTH, capture_output=True, text=True, check=True))


@snippet((sh("cat"), 0, "fed", ""))
def run_with_input() -> Any:
    return done(lambda: subprocess.run(sh("cat"), input="fed", stdout=PIPE, text=True))


@snippet((sh("printf '\\344'"), 0, "ä", ""))
def run_with_an_encoding() -> Any:
    return done(lambda: subprocess.run(sh("printf '\\344'"), stdout=PIPE, encoding="latin-1"))


@snippet((sh("printf '\\344'"), 0, b"\xe4", ""))
def run_with_errors() -> Any:
    return done(lambda: subprocess.run(sh("printf '\\344'"), stdout=PIPE, encoding="utf-8", errors="replace"))


@snippet((sh("printf 'a\\r\\nb'"), 0, "a\r\nb", ""))
def run_translates_newlines() -> Any:
    return done(lambda: subprocess.run(sh("printf 'a\\r\\nb'"), stdout=PIPE, text=True))


@snippet((sh("kill -TERM $$"), -15, "", ""))
def run_ended_by_a_signal() -> Any:
    return outcome(lambda: subprocess.run(sh("kill -TERM $$"), check=True))


@snippet(("printf a | tr a b", 0, "b", ""))
def run_in_a_shell() -> Any:
    return done(lambda: subprocess.run("printf a | tr a b", shell=True, stdout=PIPE))


@snippet((BOTH, 3, "out\n", "err\n"))
def check_output() -> Any:
    return outcome(lambda: subprocess.check_output(BOTH, stderr=DEVNULL))


@snippet((sh("printf fine"), 0, "fine", ""))
def check_output_of_a_success() -> Any:
    return subprocess.check_output(sh("printf fine"), text=True)


@snippet((BOTH, 3, "out\n", "err\n"), (sh("true"), 0, "", ""))
def call_and_check_call() -> Any:
    return subprocess.call(BOTH, stdout=DEVNULL, stderr=DEVNULL), subprocess.check_call(sh("true"))


@snippet((sh("exit 4"), 4, "", ""))
def check_call_that_fails() -> Any:
    return outcome(lambda: subprocess.check_call(sh("exit 4")))


@snippet(("printf 'one\\n\\n'; exit 2", 2, "one\n\n", ""), ("printf two", 0, "two", ""))
def getstatusoutput_and_getoutput() -> Any:
    return subprocess.getstatusoutput("printf 'one\\n\\n'; exit 2"), subprocess.getoutput("printf two")


@snippet(("exit 7", 7, "", ""), ("true", 0, "", ""))
def os_system() -> Any:
    return os.system("exit 7"), os.system("true")


@snippet(("printf 'a\\nb\\n'", 0, "a\nb\n", ""), ("exit 5", 5, "", ""))
def os_popen() -> Any:
    with os.popen("printf 'a\\nb\\n'") as lines:
        read = list(lines)
    return read, os.popen("exit 5").close()


@snippet((sh("cat"), 0, "kept", ""))
def run_between_files() -> Any:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as kept:
        given.write(b"kept")
        given.seek(0)
        code = subprocess.run(sh("cat"), stdin=given, stdout=kept).returncode
        kept.seek(0)
        return code, kept.read()


@snippet(sessions=(ends(b"out\n", b"err\n", 3),))
def communicate() -> Any:
    process = subprocess.Popen(BOTH, stdout=PIPE, stderr=PIPE)
    before = process.returncode
    return before, process.communicate(), process.returncode, process.poll(), process.wait()


@snippet(sessions=(ends("one\ntwo\n"),))
def lines_one_by_one() -> Any:
    with subprocess.Popen(sh("echo one; echo two"), stdout=PIPE, text=True, bufsize=1) as process:
        assert process.stdout is not None
        lines = [line.rstrip() for line in process.stdout]
    return lines, process.returncode


@snippet(sessions=(ends("GOT YOU\n"),))
def written_by_hand() -> Any:
    process = subprocess.Popen(sh("tr a-z A-Z"), stdin=PIPE, stdout=PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    print("got you", file=process.stdin)
    process.stdin.close()
    read = process.stdout.read()
    process.stdout.close()
    return read, process.wait()


@snippet(sessions=([("spawn", None), ("stdin", None), ("stdout", "A\n"), ("stdin", None), *ends("B\n")[1:]],))
def a_dialogue() -> Any:
    code = "for _ in range(2): print(input().upper(), flush=True)"
    with subprocess.Popen(py(code), stdin=PIPE, stdout=PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None and process.stdout is not None
        answers = []
        for word in ("a", "b"):
            process.stdin.write(word + "\n")
            answers.append(process.stdout.readline())
    return answers, process.returncode


@snippet(sessions=([("spawn", None), ("wait", 6)],))
def waited_for() -> Any:
    process = subprocess.Popen(sh("exit 6"), stdout=DEVNULL)
    return process.wait(timeout=20), process.poll(), process.args


@snippet(sessions=([("spawn", None), ("communicate", None, {"hang": True})],))
def killed_after_a_timeout() -> Any:
    process = subprocess.Popen(sh("exec sleep 60"), stdout=PIPE)
    late = outcome(lambda: process.communicate(timeout=0.02))
    running = process.poll()
    process.kill()
    return late, running, process.communicate(), process.returncode


@snippet(sessions=([("spawn", None), ("wait", None, {"hang": True})],))
def terminated() -> Any:
    process = subprocess.Popen(sh("exec sleep 60"))
    late = outcome(lambda: process.wait(timeout=0.02))
    process.terminate()
    code = process.wait()
    process.terminate()  # it is gone: nothing happens
    return late, code, process.returncode


@snippet(sessions=([("spawn", None), ("communicate", None, {"hang": True})],))
def signalled() -> Any:
    # No SIGINT: what is started in the background, as tests may be, and what it starts ignore it.
    process = subprocess.Popen(sh("exec sleep 60"), stdout=PIPE, start_new_session=True)
    os.kill(process.pid, 0)
    os.killpg(os.getpgid(process.pid), signal.SIGUSR1)
    output = process.communicate()
    gone = outcome(lambda: os.kill(process.pid, 0))
    return output, process.returncode, gone


@snippet(sessions=([("spawn", None), ("stdout", "up\n"), ("kill", None), *ends("bye\n", code=9)[1:]],))
def ended_in_good_order() -> Any:
    code = "trap 'echo bye; exit 9' TERM; echo up; while :; do sleep 0.01; done"
    process = subprocess.Popen(sh(code), stdout=PIPE, text=True)
    assert process.stdout is not None
    up = process.stdout.readline()
    process.terminate()
    return up, process.communicate(), process.returncode


@snippet(sessions=(ends("b\na\n"), ends("a\nb\n")))
def a_pipeline() -> Any:
    first = subprocess.Popen(sh("printf 'b\\na\\n'"), stdout=PIPE)
    second = subprocess.Popen(["sort"], stdin=first.stdout, stdout=PIPE, text=True)
    assert first.stdout is not None
    first.stdout.close()
    return second.communicate()[0], second.returncode, first.wait()


@snippet(sessions=(ends(b"abcdef"),))
def partial_reads() -> Any:
    with subprocess.Popen(sh("printf abcdef"), stdout=PIPE, bufsize=0) as process:
        assert process.stdout is not None
        pieces = [process.stdout.read(4), process.stdout.read(4), process.stdout.read(4)]
    return pieces, process.returncode


@snippet(sessions=(ends(b"out", b"err"),))
def selected() -> Any:
    process = subprocess.Popen(sh("printf out; printf err >&2"), stdout=PIPE, stderr=PIPE)
    read = {"stdout": b"", "stderr": b""}
    with selectors.DefaultSelector() as selector, process:
        selector.register(process.stdout, selectors.EVENT_READ, "stdout")  # type: ignore[arg-type]
        selector.register(process.stderr, selectors.EVENT_READ, "stderr")  # type: ignore[arg-type]
        while selector.get_map():
            for key, _ in selector.select():
                data = os.read(key.fd, 2)
                if not data:
                    selector.unregister(key.fileobj)
                read[key.data] += data
    return read, process.returncode


@snippet(sessions=(ends(b"x" * 300_000, b"y" * 300_000),))
def much_on_both_streams() -> Any:
    code = "import sys; sys.stdout.write('x' * 300000); sys.stderr.write('y' * 300000)"
    process = subprocess.Popen(py(code), stdout=PIPE, stderr=PIPE)
    return process.communicate(), process.returncode


@snippet(sessions=(ends(b"z" * 500_000),))
def much_read_by_a_thread() -> Any:
    process = subprocess.Popen(sh("cat"), stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None and process.stdout is not None
    read: list[bytes] = []
    thread = threading.Thread(target=lambda: read.append(process.stdout.read()))  # type: ignore[union-attr]
    thread.start()
    process.stdin.write(b"z" * 500_000)
    process.stdin.close()
    thread.join()
    process.stdout.close()
    return read[0], process.wait()


@snippet(sessions=(ends(b"0" * 200_000),))
def a_reader_that_goes_away() -> Any:
    process = subprocess.Popen(py("import os\nwhile os.write(1, b'0' * 1000): pass"), stdout=PIPE, stderr=DEVNULL)
    assert process.stdout is not None
    read = process.stdout.read(10)
    process.stdout.close()
    process.wait()
    return read


@snippet(sessions=([("spawn", None), ("wait", 0)],))
def nothing_to_write_to() -> Any:
    process = subprocess.Popen(sh("exec true"), stdin=PIPE)
    assert process.stdin is not None
    code = process.wait()
    process.stdin.write(b"late")
    with suppress(BrokenPipeError):
        process.stdin.close()
        return code, "written"
    return code, "broken"


@snippet(sessions=(ends("in\n"),))
def options_of_all_kinds() -> Any:
    readable, writable = os.pipe()
    try:
        process = subprocess.Popen(
            sh("echo $WHERE"), stdout=PIPE, text=True, cwd="/", env={"WHERE": "in", "PATH": os.environ["PATH"]},
            pass_fds=[writable], start_new_session=True, close_fds=True, bufsize=0, restore_signals=False,
        )  # fmt: skip
        return process.communicate(timeout=30), process.returncode
    finally:
        os.close(readable)
        os.close(writable)
