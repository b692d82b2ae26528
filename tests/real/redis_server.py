"""A real redis-server of our own: on a free port, over TLS and on a unix socket, in a folder of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BINARY = shutil.which("redis-server")


@dataclass(frozen=True, slots=True)
class RedisServer:
    """Where it listens; `authority` is the certificate to trust for its TLS port."""

    port: int
    tls_port: int
    path: str
    authority: str


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """Run one until the end of the block; its files are in `folder`."""
    import trustme

    assert BINARY is not None
    authority, certificate = folder / "authority.pem", folder / "server.pem"
    issuer = trustme.CA()
    issuer.cert_pem.write_to_path(authority)
    issuer.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
    server = RedisServer(_free_port(), _free_port(), str(folder / "redis.sock"), str(authority))
    settings = {
        "bind": "127.0.0.1",
        "port": server.port,
        "tls-port": server.tls_port,
        "tls-cert-file": certificate,
        "tls-key-file": certificate,
        "tls-ca-cert-file": authority,
        "tls-auth-clients": "no",
        "unixsocket": server.path,
        "save": "",
        "appendonly": "no",
        "dir": folder,
    }
    command = [BINARY, *(part for name, value in settings.items() for part in (f"--{name}", str(value)))]
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        _await(server.port, process, folder / "redis.log")
        yield server
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(500):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"redis-server did not start:\n{log.read_text(errors='replace')}")
