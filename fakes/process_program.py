"""What a scripted child process does, given nothing but what happens to it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

from bigfoot.errors import BigfootError
from bigfoot.origin import Origin, caller
from bigfoot.session import SessionStep
from bigfoot.transports.process import Child, Program, Spawn
from bigfoot.values import Body

from .process_command import encoded

if TYPE_CHECKING:
    from .process_sessions import ProcessSession

_EXITS = ("communicate", "wait")


class Input:
    """What a process was given on its standard input, as far as it goes by now.

    Arguments:
        text: whether the parent writes it as text.
    """

    def __init__(self, *, text: bool = False, encoding: str = "utf-8") -> None:
        self._text, self._encoding = text, encoding
        self._all = bytearray()
        self.ended = False

    def add(self, data: bytes) -> None:
        """Take in what has come; nothing is its end."""
        self._all += data
        self.ended = self.ended or not data

    def take(self, size: int | None) -> bytes | None:
        """Take a number of bytes, or a line for None, off the front; None while there is not as much."""
        if size is None:
            size = self._all.find(b"\n") + 1 or None
        if size is None or size > len(self._all):
            if not (self.ended and self._all):
                return None
            size = len(self._all)
        taken = bytes(self._all[:size])
        del self._all[:size]
        return taken

    @property
    def value(self) -> Any:
        """The bytes, which are text as well where the parent writes text; None if there were none."""
        return self.of(bytes(self._all)) if self._all else None

    def of(self, data: bytes) -> Any:
        """Return bytes as they are asserted."""
        return Body(data, self._encoding) if self._text else data


class Finished(Program):
    """A process that says everything at once and ends, whatever it is given.

    Arguments:
        stdout: what it writes.
        stderr: what it writes on standard error.
        code: its exit code.
    """

    def __init__(self, spawn: Spawn, stdout: str | bytes, stderr: str | bytes, code: int) -> None:
        self.input = Input(text=spawn.text, encoding=spawn.encoding)
        self._outputs = encoded(stdout, spawn), encoded(stderr, spawn)
        self._code = code

    def begin(self, child: Child) -> None:
        super().begin(child)
        for stream, output in enumerate(self._outputs, 1):
            child.pipes.write(stream, output)
        child.finish(self._code)

    def received(self, data: bytes) -> None:
        self.input.add(data)


class Scripted(Program):
    """A process that plays a session.

    Arguments:
        session: the script, its `spawn` already taken.
        spawn: how it was started.
    """

    def __init__(self, session: ProcessSession, spawn: Spawn) -> None:
        self._session = session
        self._spawn = spawn
        self._origin: Origin = spawn.origin
        self._input = Input(text=spawn.text, encoding=spawn.encoding)
        self._playing: SessionStep | None = None  # the step that the process is in, and has said all of
        self._waiting: SessionStep | None = None  # the hanging one that its parent has waited for in vain
        self._said: tuple[bytes, bytes] | None = None
        self._over = False  # how it ended is on the timeline, or nothing is to be said of it

    def begin(self, child: Child) -> None:
        super().begin(child)
        self._advance()

    def received(self, data: bytes) -> None:
        self._input.add(data)
        self._advance()

    def _advance(self) -> None:
        """Play what needs nothing from outside."""
        while (step := self._next()) is not None and step is not self._playing and step.raises is None:
            if step.name in ("stdout", "stderr"):
                output = encoded(step.returns, self._spawn)
                self._take(step.name, {"data": self._input.of(output)})
                self.child.pipes.write(1 if step.name == "stdout" else 2, output)
            elif step.name == "stdin":
                data = self._input.take(step.returns)
                if data is None:
                    return
                self._take("stdin", {"data": self._input.of(data)})
            else:
                self._play(step)
                return
        if step is not None and step.raises is not None and not _times_out(step):
            self.child.pipes.end_outputs()

    def _play(self, step: SessionStep) -> None:
        self._playing = step
        if step.name == "wait" and not step.options.get("hang"):
            self.child.finish(step.returns)
        elif step.name == "communicate":
            stdout, stderr, code = step.returns or (b"", b"", 0)
            said = encoded(stdout, self._spawn), encoded(stderr, self._spawn)
            if self.child.inherited and self._spawn.how == "asyncio":
                self._said = said
            else:
                for stream, output in enumerate(said, 1):
                    self.child.pipes.write(stream, output)
            if not step.options.get("hang"):
                self.child.finish(code)

    def _next(self) -> SessionStep | None:
        """Return the next step, without those that need not come."""
        steps = self._session.remaining()
        return next((step for step in steps if step.required or step.name not in ("poll", "kill")), None)

    def _next_exit(self) -> SessionStep | None:
        step = self._next()
        return step if step is not None and step.name in _EXITS else None

    def _take(self, name: str, details: dict[str, Any], origin: Origin | None = None) -> SessionStep:
        return self._session.take(name, details, origin=origin or self._origin, settle=self._session.hold)

    def _end(self, step: SessionStep) -> None:
        """Leave on the timeline how it ended; raise what the script says."""
        self._take(step.name, {"input": self._input} if step.name == "communicate" else {}, _caller())
        if step.raises is not None:
            self._advance()  # it is waited for in vain, and goes on
            raise step.raises
        self._over = not step.options.get("hang")
        self._waiting = step if step.options.get("hang") else None

    def asked(self, name: str) -> None:
        step = self._next_exit()
        if step is None:
            self._refuse_to_wait(name)
        if step is None or self._over:
            return
        if self._waiting is not None and self.child.code is None:
            self._waiting = None  # it is waited for once more
            self._advance()
        if step.raises is not None or self._spawn.source_id.startswith("asyncio"):
            self._end(step)  # an event loop waits for it in its own time, which has no place on the timeline

    def timed_out(self, name: str) -> None:
        step = self._next_exit()
        if step is not None and not self._over and step.options.get("hang"):
            self._end(step)

    def said(self) -> tuple[bytes, bytes] | None:
        return self._said

    def polled(self) -> None:
        step = self._session.peek()
        if step is not None and step.name == "poll":
            self._take("poll", {}, _caller())
            if step.raises is not None:
                raise step.raises
            if step.returns is not None:
                self._over = True
                self.child.kill(step.returns)
            self._advance()

    def signalled(self, number: int) -> bool:
        step = self._session.peek()
        details = {"signal": number}
        if step is None or step.name != "kill":
            self._session.leave("kill", details, origin=_caller(), optional=True)
            if self._waiting is None or self._next_exit() is None or not super().signalled(number):
                return super().signalled(number)
            self._waiting = None  # the script goes on behind the wait that was in vain
            self._advance()
            return False
        self._take("kill", details, _caller())
        self._waiting = None
        if step.raises is not None:
            raise step.raises
        self._advance()
        # What the script goes on with is how it takes the signal.
        return self._next() is None and super().signalled(number)

    def awaited(self, *, blocking: bool) -> None:
        step = self._next_exit()
        if step is not None and step.raises is not None:
            self._end(step)
        if step is None and blocking:
            self._refuse_to_wait("wait")

    def _refuse_to_wait(self, name: str) -> None:
        """Raise if the process runs, and the script has no word of how it ends."""
        if self._next() is None and not self._over and self._waiting is None and self.child.code is None:
            details = {"input": self._input.value} if name == "communicate" else {}
            raise self._session.plugin.refusal(name, details, origin=_caller(), session=self._session)

    def collected(self) -> None:
        step = self._next_exit()
        if step is not None and not self._over and self._waiting is None:
            self._over = True
            self._end(step)
        self._over = True

    def endless(self) -> BigfootError:
        return self._session.plugin.verifier.refuse(super().endless())

    def settled(self) -> None:
        """The sandbox ends, and with it the process."""
        if self.child.reaped and self.child.code is not None and not self._over and self._next_exit() is not None:
            self.collected()  # an event loop has collected it on the program's behalf
        self._over = True
        self.child.end()


def _times_out(step: SessionStep) -> bool:
    raises = step.raises
    kind = raises if isinstance(raises, type) else type(raises)
    return issubclass(kind, (subprocess.TimeoutExpired, TimeoutError))


def _caller() -> Origin:
    return caller(2)
