"""Processes that run to their end in one call, programs that are looked for, and what may run for real."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from bigfoot import report
from bigfoot.errors import InvalidArgumentError, UnmockedInteractionError
from bigfoot.fake import Fake, Source
from bigfoot.interaction import Interaction
from bigfoot.script import Queue, Step, flag_argument, is_exception
from bigfoot.transports import process as transport
from bigfoot.transports.dial import THROUGH, Through
from bigfoot.transports.process import Program, Run, Spawn, Started, Which
from bigfoot.verifier import StrictVerifier

from .process_command import code_argument, command_argument, output_argument, program_of
from .process_mocks import MockedRun, MockedWhich
from .process_program import Finished, Input


class SubprocessPlugin(Fake):
    """`bigfoot.subprocess_mock`: `subprocess.run` and its kin, `os.system`, `os.popen`, and `shutil.which`.

    Example:
        >>> bigfoot.subprocess_mock.mock_run(["git", "tag", "v1.0"])  # doctest: +SKIP
    """

    name = "subprocess_mock"
    seams = transport.SEAMS
    takes = (Run, Started, Which)
    run = Source("subprocess:run")
    which = Source("subprocess:which")
    spawn = Source("subprocess:spawn")

    def __init__(self, verifier: StrictVerifier) -> None:
        super().__init__(verifier)
        self._runs: Queue[MockedRun] = Queue()
        self._whiches: dict[str, MockedWhich] = {}
        self._through: list[str] = []
        self._programs: list[Finished] = []

    @classmethod
    def available(cls) -> bool:
        return bool(transport.SEAMS)

    def install(self) -> None:
        """Have every sandbox of the test refuse processes that nobody promised, which it does anyway."""

    def mock_run(
        self,
        command: Any,
        *,
        returncode: int = 0,
        stdout: str | bytes = "",
        stderr: str | bytes = "",
        raises: BaseException | type[BaseException] | None = None,
        required: bool = True,
        shell: bool = False,
    ) -> None:
        """Promise one run of a command; runs come in the order in which they were promised.

        Arguments:
            command: the list of arguments; a text where a shell is to read it.
            returncode: the exit code, or minus the number of the signal that ended it.
            stdout: what it writes; text or bytes, and what the code gets is its own choice.
            stderr: what it writes on standard error.
            raises: an exception that the call ends in instead, such as `FileNotFoundError()`.
            required: whether the verdict misses the run when it never comes.
            shell: whether the code has to ask for a shell; a text answers a shell in any case.

        Raises:
            InvalidArgumentError: a value cannot be meant.

        Example:
            >>> bigfoot.subprocess_mock.mock_run(["git", "status"], stdout="clean\\n")  # doctest: +SKIP
        """
        if raises is not None and not is_exception(raises):
            raise InvalidArgumentError("raises", raises, "give an exception, or a class of exceptions")
        step = MockedRun(
            command_argument(command),
            flag_argument("shell", shell),
            flag_argument("required", required),
            returncode=code_argument("returncode", returncode),
            stdout=output_argument("stdout", stdout),
            stderr=output_argument("stderr", stderr),
            raises=raises,
        )
        with self.verifier.timeline.lock:
            self._runs.push(step)

    def mock_which(self, name: str, returns: str | os.PathLike[str] | None, *, required: bool = False) -> None:
        """Promise where `shutil.which` finds a program, as often as it is asked.

        Programs that nothing is promised of are not found, and such a look-up is not recorded.

        Arguments:
            name: the program, as the code names it.
            returns: its path; None if it is not there.
            required: whether the verdict misses the look-up when it never comes.

        Raises:
            InvalidArgumentError: a value cannot be meant.

        Example:
            >>> bigfoot.subprocess_mock.mock_which("git", "/usr/bin/git")  # doctest: +SKIP
        """
        if not isinstance(name, str) or not name:
            raise InvalidArgumentError("name", name, 'name the program, such as "git"')
        if returns is not None and not isinstance(returns, (str, os.PathLike)):
            raise InvalidArgumentError("returns", returns, "give the path, or None if it is not there")
        path = None if returns is None else os.fspath(returns)
        with self.verifier.timeline.lock:
            self._whiches[name] = MockedWhich(name, path, flag_argument("required", required))

    def pass_through(self, *programs: str) -> None:
        """Let programs run for real, however they are started; they are recorded, and need not be asserted.

        Arguments:
            programs: their names or paths, or patterns of these such as `"python*"`. A fork, and a process of
                `multiprocessing`, run the program that Python itself is.

        Raises:
            InvalidArgumentError: one is no name.

        Example:
            >>> bigfoot.subprocess_mock.pass_through("git", "/opt/tools/*")  # doctest: +SKIP
        """
        for program in programs or (None,):
            if not isinstance(program, str) or not program:
                raise InvalidArgumentError("programs", program, 'name a program, such as "git" or "python*"')
        self._through += programs

    def passes(self, spawn: Spawn) -> bool:
        """Tell whether a process may run for real, and note it if it does."""
        program = program_of(spawn)
        if not self._may_pass(program):
            return False
        interaction = Interaction(
            "subprocess:spawn", self, spawn, how="pass-through", origin=spawn.origin, optional=True
        )
        interaction.done()
        self.verifier.timeline.append(interaction)
        return True

    def _may_pass(self, program: str) -> bool:
        names = (program, os.path.basename(program))
        return any(fnmatchcase(name, pattern) for pattern in self._through for name in names)

    def near(self, spawn: Spawn) -> list[str]:
        """Return what to know where a `Popen` is refused: that its command is promised as a run."""
        found = next((step for step in self._runs if step.answers(spawn)), None)
        if found is None:
            return []
        return [f"{found.describe()} at {found.origin} is for subprocess.run; {spawn.how} takes a session"]

    def answer(self, call: Any) -> Program | Through | str | None:
        if isinstance(call, Which):
            return self._look_up(call)
        if isinstance(call, Run):
            return self._start(call)
        if self.passes(call):
            return THROUGH
        raise self._refusal_of_start(call)

    def _look_up(self, call: Which) -> Through | str | None:
        with self.verifier.timeline.lock:
            step = self._whiches.get(call.name)
            if step is not None:
                step.used += 1
                interaction = Interaction("subprocess:which", self, call, step, origin=call.origin)
                interaction.done()
                self.verifier.timeline.add(interaction)
                return step.returns
        return THROUGH if self._may_pass(call.name) else None

    def _start(self, spawn: Run) -> Program | Through:
        timeline = self.verifier.timeline
        program = None
        with timeline.lock:
            step = self._next(spawn)
            if step is not None:
                program = Finished(spawn, step.stdout, step.stderr, step.returncode)
                self._runs.use(step)
                interaction = Interaction("subprocess:run", self, spawn, (step, program.input), origin=spawn.origin)
                interaction.how = "mock" if step.raises is None else "error"
                interaction.done()
                timeline.add(interaction)
        if step is None or program is None:
            if self.passes(spawn):
                return THROUGH
            raise self._refusal_of_run(spawn)
        if step.raises is not None:
            raise step.raises
        self._programs.append(program)
        return program

    def _next(self, spawn: Run) -> MockedRun | None:
        """Return the promise of a run: the first one, but for such as need not come."""
        for step in self._runs:
            if step.answers(spawn):
                return step
            if step.required:
                return None
        return None

    def settle(self) -> None:
        if self.verifier.nested:
            return
        programs, self._programs = self._programs, []
        for program in programs:
            if program.begun:
                program.child.end()

    def _refusal_of_run(self, spawn: Run) -> UnmockedInteractionError:
        shell = {"shell": True} if spawn.shell else {}
        fix = report.call(
            f"bigfoot.{self.name}.mock_run", {"returncode": 0, "stdout": "", **shell}, report.value(spawn.command)
        )
        first = self._runs.peek()
        notes = [f"next is promised {first.describe()}, at {first.origin}"] if first is not None else []
        what = f"{spawn.how}({report.value(spawn.command)})"
        hint = report.unmocked(what, origin=spawn.origin, fix=fix, notes=notes)
        error = UnmockedInteractionError("subprocess:run", (spawn.command,), {}, hint)
        self.verifier.refuse(error)
        return error

    def _refusal_of_start(self, spawn: Started) -> UnmockedInteractionError:
        program = os.path.basename(program_of(spawn))
        fix = report.call(f"bigfoot.{self.name}.pass_through", {}, report.value(program))
        what = f"{spawn.how}({report.value(spawn.command)})"
        notes = ["what it starts cannot be scripted; it can be let through"]
        hint = report.unmocked(what, origin=spawn.origin, fix=fix, notes=notes)
        error = UnmockedInteractionError("subprocess:spawn", (spawn.command,), {}, hint)
        self.verifier.refuse(error)
        return error

    def details(self, interaction: Interaction) -> dict[str, Any]:
        call = interaction.call
        if isinstance(call, Which):
            return {"name": call.name, "returns": interaction.answer.returns}
        if interaction.answer is None:
            return {"command": call.command}
        step: MockedRun = interaction.answer[0]
        answer = {"returncode": step.returncode, "stdout": step.stdout, "stderr": step.stderr}
        return {"command": call.command, **answer}

    def extras(self, interaction: Interaction) -> Mapping[str, Any]:
        spawn = interaction.call
        if isinstance(spawn, Which):
            return {}
        extras = {"shell": spawn.shell, "cwd": spawn.cwd, "env": spawn.env}
        if interaction.answer is None:
            return extras
        given: Input = interaction.answer[1]
        return {**extras, "input": spawn.stdin if given.value is None else given.value}

    def unused(self) -> Iterable[Step]:
        return [*self._runs.wanting(), *(step for step in self._whiches.values() if step.wanting)]

    def summary(self, interaction: Interaction) -> str:
        if isinstance(interaction.call, Which):
            return f"shutil.which({interaction.call.name!r})"
        return f"{interaction.call.how}({report.value(interaction.call.command)})"

    def assertion(self, interaction: Interaction) -> str:
        method = interaction.source_id.rpartition(":")[2]
        return report.call(f"bigfoot.{self.name}.assert_{method}", interaction.details)

    def assert_run(self, *, command: Any, returncode: Any, stdout: Any, stderr: Any) -> None:
        """Assert the next run: its command, its exit code, and what it wrote, as the script says it."""
        fields = {"command": command, "returncode": returncode, "stdout": stdout, "stderr": stderr}
        self.verifier.assert_interaction(self.run, **fields)

    def assert_which(self, *, name: Any, returns: Any) -> None:
        """Assert the next look-up of a program that something was promised of."""
        self.verifier.assert_interaction(self.which, name=name, returns=returns)

    def assert_spawn(self, *, command: Any) -> None:
        """Assert the next process that was let through."""
        self.verifier.assert_interaction(self.spawn, command=command)
