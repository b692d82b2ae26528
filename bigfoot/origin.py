"""Where in the user's code something was promised or called: kept raw, formatted only when somebody reads."""

from __future__ import annotations

import os
import sys
import sysconfig
from types import CodeType, FrameType
from typing import Any

_OWN = os.path.dirname(os.path.abspath(__file__))
_STDLIB = tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")})
_INSTALLED = tuple({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})

# How far a frame's file is from the user: 0 is the user's own code, 1 an installed package, 2 the standard
# library or a client library's plumbing, 3 bigfoot itself. Filled per file, so that a walk costs a dict lookup a frame.
_DISTANCE: dict[str, int] = {}
_PLUMBING: set[str] = {"wrapt"}


class Origin:
    """A line of code.

    Attributes:
        code: the code object that was running.
        instruction: the offset of the instruction in it; the line is only looked up when somebody reads it. -1 for
            the line where the code begins.
    """

    __slots__ = ("code", "instruction")

    def __init__(self, code: CodeType, instruction: int = -1) -> None:
        self.code = code
        self.instruction = instruction

    @property
    def line(self) -> int:
        """The line number in the source file; 0 if it is not known."""
        for start, end, line in self.code.co_lines():
            if start <= self.instruction < end and line is not None:
                return line
        return self.code.co_firstlineno

    @property
    def file(self) -> str:
        """The path of the source file, as the interpreter knows it."""
        return self.code.co_filename

    def __str__(self) -> str:
        file = self.file
        try:
            short = os.path.relpath(file)
        except ValueError:  # another drive, on Windows
            short = file
        return f"{file if short.startswith('..') else short}:{self.line}"

    def __repr__(self) -> str:
        return f"Origin({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _revive, (self.file, self.line)


_UNKNOWN = Origin(compile("", "<unknown>", "exec").replace(co_firstlineno=0))

# What was found last, by the depth asked for: how far up, whose code was called there, and the line. Calls in a loop
# come by the same way, and share one: each frame on the way would cost more to look at than all the rest.
_seen: dict[int, tuple[int, CodeType, Origin]] = {}


def _revive(file: str, line: int) -> Origin:
    """Rebuild an origin in another process: a code object cannot travel, its file name can."""
    return Origin(compile("\n" * (line - 1) + "0", file, "exec").replace(co_firstlineno=line))


def plumbing(*packages: str) -> None:
    """Declare packages whose frames stand between the user's code and the wire."""
    _PLUMBING.update(packages)
    _DISTANCE.clear()
    _seen.clear()


def caller(depth: int = 1) -> Origin:
    """Return the nearest line outside bigfoot, the standard library and the client libraries.

    Arguments:
        depth: how many frames to skip before looking, counted from the function that asks.
    """
    seen = _seen.get(depth)
    frame: Any
    try:
        if seen is not None:
            far, called, origin = seen
            frame = sys._getframe(far)
            same_line = frame.f_code is origin.code and frame.f_lasti == origin.instruction
            if same_line and sys._getframe(far - 1).f_code is called:
                return origin
    except ValueError:  # the stack is less deep today
        pass
    try:
        frame = below = start = sys._getframe(depth)
    except ValueError:  # called by C code, such as `_thread`: there is nobody above
        return _UNKNOWN
    far = depth
    try:
        while _DISTANCE[frame.f_code.co_filename]:
            below = frame
            frame = frame.f_back
            far += 1
    except (KeyError, AttributeError):  # a file that was not met before, or no user's own code at all
        frame = _nearest(start)
        return _UNKNOWN if frame is None else Origin(frame.f_code, frame.f_lasti)
    origin = Origin(frame.f_code, frame.f_lasti)
    if frame is not start:
        _seen[depth] = far, below.f_code, origin
    return origin


def written_by_user(frame: FrameType) -> bool:
    """Tell whether a frame is outside bigfoot, the standard library, the client libraries and what is installed."""
    return _far(frame) == 0


def _far(frame: FrameType) -> int:
    file = frame.f_code.co_filename
    distance = _DISTANCE.get(file)
    if distance is None:
        distance = _DISTANCE[file] = _distance(file, frame.f_globals.get("__name__"))
    return distance


def _nearest(frame: FrameType | None) -> FrameType | None:
    """Return the frame that is nearest to the user, of this one and those that led to it."""
    best: FrameType | None = None
    best_distance = 3
    while frame is not None:
        distance = _far(frame)
        if distance < best_distance:
            best, best_distance = frame, distance
            if distance == 0:
                break
        frame = frame.f_back
    return best


def _distance(file: str, module: Any) -> int:
    package = str(module).partition(".")[0]
    path = os.path.abspath(file)
    if package == "bigfoot" and not path.startswith(os.path.join(_OWN, "demo")):
        return 3
    if file.startswith(("<doctest", "<ipython", "<stdin")):
        return 0
    if package in _PLUMBING or file.startswith("<"):
        return 2
    if path.startswith(_INSTALLED):
        return 1
    return 2 if path.startswith(_STDLIB) else 0
