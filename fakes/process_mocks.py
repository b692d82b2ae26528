"""What a test promised of runs and of look-ups."""

from __future__ import annotations

from typing import Any

from bigfoot import report
from bigfoot.script import Step
from bigfoot.transports.process import Spawn

from .process_command import Promised, fits


class MockedRun(Step):
    """The promise of one run."""

    __slots__ = ("command", "raises", "returncode", "shell", "stderr", "stdout")

    def __init__(self, command: Promised, shell: bool, required: bool, **answer: Any) -> None:
        super().__init__(required=required)
        self.command = command
        self.shell = shell
        self.returncode: int = answer["returncode"]
        self.stdout: str | bytes = answer["stdout"]
        self.stderr: str | bytes = answer["stderr"]
        self.raises: BaseException | type[BaseException] | None = answer["raises"]

    def answers(self, spawn: Spawn) -> bool:
        """Tell whether it is the promise of this run."""
        if self.shell or isinstance(self.command, list):
            return self.command == spawn.command and self.shell == spawn.shell
        return fits(self.command, spawn)

    def describe(self) -> str:
        return f"mock_run({report.value(self.command)}, returncode={self.returncode})"


class MockedWhich(Step):
    """The promise of where a program is."""

    __slots__ = ("name", "returns")

    def __init__(self, name: str, returns: str | None, required: bool) -> None:
        super().__init__(required=required, times=None)
        self.name = name
        self.returns = returns

    def describe(self) -> str:
        return f"mock_which({self.name!r}, {self.returns!r})"
