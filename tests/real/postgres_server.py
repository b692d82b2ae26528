"""A real PostgreSQL of our own: on a free port, in a folder of its own, as a user without privileges."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))


def _folder() -> Path | None:
    found = shutil.which("initdb")
    return Path(found).parent if found is not None else (_INSTALLED[-1].parent if _INSTALLED else None)


BINARIES = _folder()


def _unprivileged() -> dict[str, Any]:
    """The options of a process that runs as somebody else: PostgreSQL refuses to run as root."""
    if os.getuid():
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise RuntimeError("there is no user without privileges to run PostgreSQL as")


@contextmanager
def postgres_server() -> Iterator[int]:
    """Run one until the end of the block; gives its port. It lets everybody in, as `postgres`."""
    assert BINARIES is not None
    who = _unprivileged()
    folder = tempfile.mkdtemp(prefix="postgres-")  # not below pytest's own, which others may not enter
    try:
        if who:
            os.chown(folder, who["user"], who["group"])
        data, port = f"{folder}/data", _free_port()
        quick = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
        _run([BINARIES / "initdb", "-D", data, *quick], folder, who)
        settings = f"-p {port} -k {folder} -h 127.0.0.1 -F -c timezone=UTC -c max_connections=50"
        control = [BINARIES / "pg_ctl", "-D", data, "-w"]
        _run([*control, "-l", f"{folder}/log", "-o", settings, "start"], folder, who)
        try:
            yield port
        finally:
            _run([*control, "-m", "immediate", "stop"], folder, who)
    finally:
        shutil.rmtree(folder)


def _run(command: list[Any], folder: str, who: dict[str, Any]) -> None:
    # Its output goes to a file: the server keeps what it inherits, and a pipe would never end.
    with open(f"{folder}/output", "ab") as output:
        done = subprocess.run(list(map(str, command)), cwd=folder, stdout=output, stderr=subprocess.STDOUT, **who)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{Path(folder, 'output').read_text(errors='replace')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
