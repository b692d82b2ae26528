"""The other ways to start a process: `os.system`, `os.exec*`, `os.fork`, `os.posix_spawn`, `multiprocessing`, `pty`.

`os.system` runs what the script says; the others hand over a process that bigfoot has no part in, and are refused
unless the test lets the program through.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

from bigfoot import context
from bigfoot.origin import caller
from bigfoot.seam import Seam, Target

from . import process_audit
from .dial import THROUGH
from .process_caller import by_itself
from .process_child import Child, status
from .process_pipes import Ends

# Where the program stands among the arguments, and its own arguments behind it.
_NAMED = {
    "execv": 0,
    "execve": 0,
    "posix_spawn": 0,
    "posix_spawnp": 0,
    "spawnv": 1,
    "spawnve": 1,
    "spawnvp": 1,
    "spawnvpe": 1,
}


def seams(started: type[Any], run: type[Any], words: Callable[..., Any]) -> tuple[Seam, ...]:
    """Return the seams.

    Arguments:
        started: the shape of a process that cannot be scripted.
        run: the shape of one that runs to its end in one call.
        words: gives a command as text.
    """

    def ask(how: str, command: Any) -> Any:
        """Return a context in which the process may run really, or raise what forbids it."""
        sandbox = context.active(started)
        if sandbox is None or by_itself(sandbox):
            return nullcontext()
        sandbox.answer(started(words(command), False, how, caller(3)))
        return context.outside()

    def named(name: str, position: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            def start(*args: Any, **kwargs: Any) -> Any:
                with ask(f"os.{name}", _command(args[position:], kwargs)):
                    return original(*args, **kwargs)

            return start

        return make

    def itself(how: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A copy of this very process: its program is Python's."""

        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            def fork(*args: Any, **kwargs: Any) -> Any:
                with ask(how, [sys.executable]):
                    return original(*args, **kwargs)

            return fork

        return make

    def copied(how: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
        """A fork in the code under test: the child stays inside the sandbox."""

        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            def fork() -> Any:
                with ask(how, [sys.executable]):
                    return original()

            return fork

        return make

    def system(original: Callable[..., int]) -> Callable[..., int]:
        def system(command: Any) -> int:
            sandbox = context.active(run)
            if sandbox is None or by_itself(sandbox):
                return original(command)
            program = sandbox.answer(run(words(command, shell=True), True, "os.system", caller(2)))
            if program is THROUGH:
                with context.outside():
                    return original(command)
            child = Child(program, Ends.of(-1, -1, -1, -1, -1, -1), sandbox.verifier.config.hang_timeout)
            child.start()
            child.wait(blocking=True)
            return status(child.reap())

        return system

    def announced(how: str, command: Any) -> None:
        ask(how, command)

    def of_os() -> Iterator[Target]:
        process_audit.listen(announced)
        yield Target(os, "system", system)
        for name, position in _NAMED.items():
            if hasattr(os, name):
                yield Target(os, name, named(name, position))
        yield Target(os, "fork", copied("os.fork"))
        yield Target(os, "forkpty", copied("os.forkpty"))

    def of_pty() -> Iterator[Target]:
        import pty

        def spawn(original: Callable[..., Any]) -> Callable[..., Any]:
            def spawn(argv: Any, *args: Any, **kwargs: Any) -> Any:
                with ask("pty.spawn", argv):
                    return original(argv, *args, **kwargs)

            return spawn

        yield Target(pty, "spawn", spawn)

    def of_multiprocessing() -> Iterator[Target]:
        from multiprocessing.process import BaseProcess

        yield Target(BaseProcess, "start", itself("multiprocessing"))

    return (
        Seam("os", of_os),
        Seam("pty", of_pty),
        Seam("multiprocessing", of_multiprocessing),
    )


def _command(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the program's path, and its arguments without the name that it is told for itself."""
    given = [*args, *kwargs.values()]
    program, words = given[0], given[1] if len(given) > 1 else ()
    return [os.fspath(program), *list(words)[1:]]
