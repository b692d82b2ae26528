"""What `import bigfoot` loads: nothing that a test does not use."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CLIENTS = {"aiohttp", "asyncpg", "botocore", "httpx", "httpx2", "psycopg2", "redis", "requests", "urllib3"}
CLIENTS |= {"httplib2", "websocket", "websockets"}
HEAVY = {"asyncio", "dirty_equals", "h11", "httpcore", "httpcore2", "pytest", "rich", "trustme"}


def loaded_by(code: str) -> set[str]:
    """The top-level modules that are loaded after `code` in a process of its own, unmeasured."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST"))}
    command = [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("code", ["import bigfoot", "import bigfoot; bigfoot.StrictVerifier()"])
def test_importing_loads_no_client_library(code: str) -> None:
    assert loaded_by(code) & (CLIENTS | HEAVY) == set()


def test_a_sandbox_loads_no_client_library() -> None:
    # asyncio comes with wrapt, whose post-import hooks are set when the first seams are put on.
    code = "import bigfoot\nwith bigfoot.StrictVerifier().sandbox(): pass"
    assert loaded_by(code) & (CLIENTS | HEAVY) <= {"asyncio"}
