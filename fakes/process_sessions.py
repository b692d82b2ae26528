"""Processes that are driven step by step: `subprocess.Popen`, and those of asyncio and trio."""

from __future__ import annotations

from typing import Any, ClassVar

from bigfoot.errors import InvalidArgumentError
from bigfoot.fake import Source
from bigfoot.interaction import Interaction
from bigfoot.session import Kind, Session, SessionFake, SessionStep
from bigfoot.transports import process as transport
from bigfoot.transports.dial import THROUGH, Through
from bigfoot.transports.process import Awaited, Opened, Program, Spawn
from bigfoot.verifier import StrictVerifier

from .process import SubprocessPlugin
from .process_command import code_argument, command_argument, fits, output_argument
from .process_program import Input, Scripted

_EXITS = ("communicate", "wait")


class ProcessSession(Session):
    """The script of one process; made by `new_session()` of its plugin."""

    def expect(
        self,
        method: str,
        *,
        returns: Any = ...,
        raises: BaseException | type[BaseException] | None = None,
        required: bool = True,
        **options: Any,
    ) -> ProcessSession:
        given = {} if returns is ... else {"returns": returns}
        super().expect(method, raises=raises, required=required, **given, **options)
        if method in _EXITS and (raises is not None or options.get("hang")):
            self._scripted.add("running")  # it may be waited for again
        return self

    def hold(self, step: SessionStep) -> None:
        """Let the process run on behind a wait that has not ended it."""
        if step.name in _EXITS and (step.raises is not None or step.options.get("hang")):
            self.state = "running"


class ProcessPlugin(SessionFake[ProcessSession]):
    """What the plugins of processes that are driven step by step share."""

    seams = transport.SEAMS
    initial = "created"
    session: ClassVar[type[Any]] = ProcessSession
    table: ClassVar[tuple[Kind, ...]] = (
        Kind("spawn", ("command", "stdin"), ("created",), "running"),
        Kind("stdout", ("data",), ("running",), returns="what the process writes: bytes or text"),
        Kind("stderr", ("data",), ("running",), returns="what the process writes: bytes or text"),
        Kind("stdin", ("data",), ("running",), returns="None for a line, or the number of bytes that it reads"),
        Kind("poll", (), ("running",), returns="None while it runs, or the exit code"),
        Kind("kill", ("signal",), ("running",)),
        Kind("communicate", ("input",), ("running",), "terminated", "(stdout, stderr, exit code)"),
        Kind("wait", (), ("running",), "terminated", "the exit code"),
    )

    spawn: Source
    stdout: Source
    stderr: Source
    stdin: Source
    poll: Source
    kill: Source
    communicate: Source
    wait: Source

    def __init__(self, verifier: StrictVerifier) -> None:
        super().__init__(verifier)
        self._programs: list[Scripted] = []

    @classmethod
    def available(cls) -> bool:
        return bool(transport.SEAMS)

    def new_session(self, command: Any = None) -> ProcessSession:
        """Begin the script of one process; processes take sessions in the order in which they were made.

        Arguments:
            command: the command that it answers, a list or a text for a shell; None for any.

        Raises:
            InvalidArgumentError: the command cannot be meant.

        Example:
            >>> bigfoot.popen_mock.new_session().expect("spawn", returns=None)  # doctest: +SKIP
        """
        return self._add_session(command=None if command is None else command_argument(command))

    def pass_through(self, *programs: str) -> None:
        """Let programs run for real, however they are started; see `bigfoot.subprocess_mock.pass_through`."""
        self._runs.pass_through(*programs)

    @property
    def _runs(self) -> SubprocessPlugin:
        plugin: SubprocessPlugin = self.verifier.plugin("subprocess_mock")
        return plugin

    def answer(self, call: Any) -> Program | Through:
        spawn: Spawn = call
        session = self.begin(lambda session: bool(session.binding) and _answers(session, spawn))
        if session is None and self._runs.passes(spawn):
            return THROUGH
        session = session or self.begin(lambda session: _answers(session, spawn))
        if session is None:
            details = {"command": spawn.command, "stdin": spawn.stdin}
            raise self.refusal("spawn", details, origin=spawn.origin, notes=self._runs.near(spawn))
        step = session.take("spawn", {"command": spawn.command, "stdin": spawn.stdin}, origin=spawn.origin)
        assert step.interaction is not None
        step.interaction.answer = spawn
        if step.raises is not None:
            raise step.raises
        program = Scripted(session, spawn)
        with self.verifier.timeline.lock:
            self._programs.append(program)
        return program

    def settle(self) -> None:
        if self.verifier.nested:
            return
        with self.verifier.timeline.lock:
            programs, self._programs = self._programs, []
        for program in programs:
            if program.begun:
                program.settled()

    def check(self, step: SessionStep) -> None:
        for option, given in step.options.items():
            if option != "hang" or step.name not in _EXITS:
                raise InvalidArgumentError(option, given, f"{step.name!r} takes returns, raises and required")
            if not isinstance(given, bool):
                raise InvalidArgumentError(option, given, "give True or False")
        if step.raises is None:
            self._check_returns(step)

    def _check_returns(self, step: SessionStep) -> None:
        given, hang = step.returns, step.options.get("hang")
        if step.name in ("spawn", "kill"):
            if given is not None:
                raise InvalidArgumentError("returns", given, f"{step.name!r} gives None")
        elif step.name in ("stdout", "stderr"):
            output_argument("returns", given)
        elif step.name == "stdin":
            if given is not None and (isinstance(given, bool) or not isinstance(given, int) or given < 1):
                raise InvalidArgumentError("returns", given, "give None for a line, or the number of bytes")
        elif step.name == "communicate":
            if hang and given is None:
                return
            if not isinstance(given, (tuple, list)) or len(given) != 3:
                raise InvalidArgumentError("returns", given, "'communicate' gives (stdout, stderr, exit code)")
            output_argument("returns", given[0])
            output_argument("returns", given[1])
            if not (hang and given[2] is None):
                code_argument("returns", given[2])
        elif not (given is None and (hang or step.name == "poll")):
            code_argument("returns", given)

    def details(self, interaction: Interaction) -> dict[str, Any]:
        details = super().details(interaction).copy()
        if isinstance(details.get("input"), Input):
            details["input"] = details["input"].value
        return details

    def extras(self, interaction: Interaction) -> dict[str, Any]:
        spawn = interaction.answer
        return {"shell": spawn.shell, "cwd": spawn.cwd, "env": spawn.env} if isinstance(spawn, Spawn) else {}

    def assert_spawn(self, *, command: Any, stdin: Any) -> None:
        """Assert the next start of a process.

        Arguments:
            command: the list of arguments; a text where a shell is to read it.
            stdin: the content of the file that is its standard input, as bytes; None where there is no such file.
        """
        self.verifier.assert_interaction(self.spawn, command=command, stdin=stdin)

    def assert_stdout(self, *, data: Any) -> None:
        """Assert the next `stdout` step: what the process wrote."""
        self.verifier.assert_interaction(self.stdout, data=data)

    def assert_stderr(self, *, data: Any) -> None:
        """Assert the next `stderr` step: what the process wrote on standard error."""
        self.verifier.assert_interaction(self.stderr, data=data)

    def assert_stdin(self, *, data: Any) -> None:
        """Assert the next `stdin` step: the line or the bytes that the process read."""
        self.verifier.assert_interaction(self.stdin, data=data)

    def assert_poll(self) -> None:
        """Assert the next `poll` step."""
        self.verifier.assert_interaction(self.poll)

    def assert_kill(self, *, signal: Any) -> None:
        """Assert the next signal, by its number: `kill`, `terminate`, `send_signal` and `os.kill`."""
        self.verifier.assert_interaction(self.kill, signal=signal)

    def assert_communicate(self, *, input: Any) -> None:
        """Assert the next `communicate` step: what was written to the process's standard input, or None."""
        self.verifier.assert_interaction(self.communicate, input=input)

    def assert_wait(self) -> None:
        """Assert the next `wait` step."""
        self.verifier.assert_interaction(self.wait)


class PopenPlugin(ProcessPlugin):
    """`bigfoot.popen_mock`: what the code starts with `subprocess.Popen`.

    Example:
        >>> session = bigfoot.popen_mock.new_session().expect("spawn", returns=None)  # doctest: +SKIP
        >>> session.expect("communicate", returns=(b"done\\n", b"", 0))  # doctest: +SKIP
    """

    name = "popen_mock"
    source = "subprocess:popen"
    takes = (Opened,)


class AsyncSubprocessPlugin(ProcessPlugin):
    """`bigfoot.async_subprocess_mock`: what the code starts with asyncio, anyio or trio.

    Example:
        >>> session = bigfoot.async_subprocess_mock.new_session().expect("spawn", returns=None)  # doctest: +SKIP
        >>> session.expect("communicate", returns=(b"done\\n", b"", 0))  # doctest: +SKIP
    """

    name = "async_subprocess_mock"
    source = "asyncio:subprocess"
    takes = (Awaited,)


def _answers(session: ProcessSession, spawn: Spawn) -> bool:
    command = session.binding.get("command")
    return command is None or fits(command, spawn)
