"""Run a piece of code in a process of its own, or where no Python called it."""

from __future__ import annotations

import _thread
import operator
import os
import subprocess
import sys
import textwrap
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any


def run(script: str, folder: Path) -> str:
    """Run a script in a process of its own, where nothing is imported and no seam is on yet; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def call_from_c(function: Callable[[], object]) -> None:
    """Call a function in a thread that has no line of Python below it; threads of `threading` have some."""
    # A measurement of coverage starts in each thread by itself: here it is asked to, from C as well.
    steps: list[Any] = [partial(sys.settrace, threading.gettrace()), function]
    _thread.start_new_thread(deque, (map(operator.call, steps), 0))
