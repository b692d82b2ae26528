"""The same checks as .ci/run, one at a time: `nox -l` lists them, `nox -s lint types` runs two."""

from __future__ import annotations

import nox

PYTHONS = ["3.11", "3.12", "3.13"]
OLDEST = PYTHONS[0]

nox.options.sessions = ["lint", "types", "tests", "coverage", "docs"]


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The whole suite; arguments after `--` go to pytest."""
    session.install("-e", ".[dev]")
    session.run("pytest", *session.posargs)


@nox.session(python=OLDEST)
@nox.parametrize("versions", ["lowest", "newest"])
def clients(session: nox.Session, versions: str) -> None:
    """The comparison with real servers, on the oldest and on the newest client libraries."""
    constraints = ["-c", "tests/lowest.txt"] if versions == "lowest" else ["--upgrade"]
    session.install("-e", ".[dev]", *constraints)
    session.run("pytest", "tests/real", *session.posargs)


@nox.session(python=OLDEST)
def sdks(session: nox.Session) -> None:
    """The same comparison through SDKs, and the other side of the guide for those who come from elsewhere."""
    session.install("-e", ".[dev]")
    session.install("-e", ".[sdks,bench]")  # in a second step: pip would search long for what fits all of it
    files = ("tests/real/test_sdks.py", "tests/real/test_sdk_trouble.py", "tests/test_migrating.py")
    session.run("pytest", *files, *session.posargs)


@nox.session(python=OLDEST)
def niquests(session: nox.Session) -> None:
    """niquests, which puts urllib3-future in the place of urllib3."""
    session.install("-e", ".", "-r", "tests/niquests.txt")
    session.run("pytest", "tests/test_niquests.py", "tests/real/test_niquests.py", *session.posargs)


@nox.session(python=OLDEST)
def lint(session: nox.Session) -> None:
    """ruff, as linter and as formatter."""
    session.install("ruff>=0.8")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(python=OLDEST)
def types(session: nox.Session) -> None:
    """mypy --strict and pyright."""
    session.install("-e", ".[dev]")
    session.run("mypy")
    session.run("pyright")


@nox.session(python=OLDEST)
def docs(session: nox.Session) -> None:
    """The documentation, where every warning is an error; its code blocks run in the test suite."""
    session.install("-e", ".[dev]")
    session.run("mkdocs", "build", "--strict", "--site-dir", session.create_tmp())


@nox.session(python=OLDEST)
def coverage(session: nox.Session) -> None:
    """Branch coverage of the core: 100 %."""
    session.install("-e", ".[dev]")
    # Not pytest-cov: it starts after the pytest plugins are imported, and bigfoot is one of them.
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine")
    session.run("coverage", "report", "--show-missing", "--fail-under=100", "--include=bigfoot/*.py")


@nox.session(python=OLDEST)
def bench(session: nox.Session) -> None:
    """The cost of interception, side by side with the peers."""
    session.install("-e", ".[bench]")
    session.run("python", "-m", "benchmarks", *(session.posargs or ["--quick"]))
