"""Which child processes are not the test's: those of imports, of debuggers, and of looks at this machine."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

# Stand between the one who starts a process and `subprocess`, and start none of their own accord.
_PLUMBING = frozenset({"bigfoot", "contextlib", "functools", "os", "subprocess"})
# What they start tells them what machine this is, or serves a tool: it is part of no program's behaviour.
_TOOLS = frozenset(
    {
        *("_pydev_bundle", "_pydevd_bundle", "coverage", "debugpy", "execnet", "pydevd", "xdist"),
        *("_aix_support", "_osx_support", "cffi", "ctypes", "distro", "distutils", "platform", "setuptools"),
        *("sysconfig", "uuid"),
    }
)
# What is above these on the stack is how the tests are run, a module that is imported for it included.
_RUNNERS = frozenset({"_pytest", "pluggy", "unittest"})


def by_itself(sandbox: Any) -> bool:
    """Tell whether a tool or the import system starts a process, inside of this sandbox.

    An import around the whole sandbox does not count: tests may be run by importing a module.
    """
    frame: FrameType | None = sys._getframe(2)
    outermost = getattr(getattr(sandbox, "origin", None), "code", None)
    nearest = True
    while frame is not None and frame.f_code is not outermost:
        module = str(frame.f_globals.get("__name__"))
        package = module.partition(".")[0]
        if package in _RUNNERS:
            return False
        if nearest and package not in _PLUMBING:
            if package in _TOOLS or module == "multiprocessing.resource_tracker":
                return True
            nearest = False
        if module == "importlib._bootstrap":
            return True
        frame = frame.f_back
    return False
