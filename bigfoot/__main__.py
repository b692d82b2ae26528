"""`python -m bigfoot`: see what it does, and what it can see here."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

import bigfoot


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Arguments:
        arguments: the command line without the program; None for that of the process.

    Example:
        >>> main(["demo"])  # doctest: +SKIP
    """
    parser = argparse.ArgumentParser(
        prog="python -m bigfoot",
        description="Every external call of a test recorded, every record asserted, with the real client library.",
    )
    parser.add_argument("--version", action="version", version=f"bigfoot {bigfoot.__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    commands.add_parser("demo", help="run an example's tests, see its timeline, see a failure and what fixes it")
    commands.add_parser("doctor", help="see which clients are installed, how each is met, and what cannot be seen")
    command = parser.parse_args(arguments).command
    if command == "demo":
        return _demo()
    if command == "doctor":
        return _doctor()
    parser.print_help()
    return 0


def _demo() -> int:
    from bigfoot.demo.tour import run

    return run()


def _doctor() -> int:
    from bigfoot.diagnosis import text, troubles
    from bigfoot.doctor import examine

    findings = examine(Path.cwd())
    print(text(findings, min(shutil.get_terminal_size().columns, 120)))
    return 1 if troubles(findings) else 0


if __name__ == "__main__":
    raise SystemExit(main())
