"""What bigfoot can see from here: which clients are installed, which seam meets each, and what none can meet."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import bigfoot
from bigfoot import config as settings
from bigfoot import seam
from bigfoot.config import Config
from bigfoot.discovery import fakes
from bigfoot.errors import BigfootError
from bigfoot.namesake import Namesake, installed

# Clients whose calls end in the classes of another library, whose seam is theirs as well: their plugin, and it.
_RIDERS = {
    "requests": ("http", "http.client"),
    "urllib.request": ("http", "http.client"),
    "urllib3": ("http", "http.client"),
    "botocore": ("http", "http.client"),
    "httplib2": ("http", "http.client"),
    "redis": ("redis_mock", "socket"),
    "websockets": ("async_websocket_mock", "socket"),
    "websocket": ("sync_websocket_mock", "socket"),
    "smtplib": ("smtp_mock", "socket"),
    "aiosmtplib": ("smtp_mock", "socket"),
}

# Packages that bring their own code in C, Go or Rust to the network, and what that is.
_NATIVE = {
    "confluent_kafka": "librdkafka",
    "curl_cffi": "libcurl",
    "grpc": "gRPC core",
    "impit": "Rust",
    "MySQLdb": "libmysqlclient",
    "primp": "Rust",
    "pycurl": "libcurl",
    "pymssql": "FreeTDS",
    "pyodbc": "ODBC",
    "rnet": "Rust",
    "tls_client": "Go",
    "zmq": "libzmq",
}
_DISTRIBUTIONS = {
    "MySQLdb": "mysqlclient",
    "confluent_kafka": "confluent-kafka",
    "grpc": "grpcio",
    "psycopg2": "psycopg2-binary",
    "vcr": "vcrpy",
    "websocket": "websocket-client",
    "zmq": "pyzmq",
}

# What is to be answered by plugins of these names, for as long as there is none.
_PROTOCOLS = {
    "socket_mock": "sockets of your own",
    "redis_mock": "Redis",
    "asyncpg_mock": "PostgreSQL (asyncpg)",
    "psycopg2_mock": "PostgreSQL (psycopg2)",
    "db_mock": "SQLite",
    "async_websocket_mock": "WebSocket (websockets)",
    "sync_websocket_mock": "WebSocket (websocket-client)",
    "smtp_mock": "SMTP",
    "subprocess_mock": "processes (subprocess.run)",
    "popen_mock": "processes (Popen)",
    "async_subprocess_mock": "processes (asyncio)",
    "log_mock": "logging",
}


class Client(NamedTuple):
    """A client library that some seam meets.

    Attributes:
        library: its import name.
        version: its version; empty for the standard library's own, None if it is not installed.
        plugins: the public names of the plugins that answer its calls.
        below: the library that its calls end in, and whose seam meets them there; empty where it has its own.
    """

    library: str
    version: str | None
    plugins: tuple[str, ...]
    below: str = ""

    @property
    def shared(self) -> bool:
        """Whether several plugins answer there: it is not a client then, but what the clients' connections run on."""
        return len(self.plugins) > 1


class Met(NamedTuple):
    """An installed client, and whether its seam fits it.

    Attributes:
        client: the client.
        places: the attributes of it that are replaced.
        trouble: why it cannot be met, or None if it is.
    """

    client: Client
    places: tuple[str, ...]
    trouble: Exception | None


class Package(NamedTuple):
    """An installed package: its name, its version, and what there is to know of it."""

    name: str
    version: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What `examine` found.

    Attributes:
        met: the installed clients.
        absent: the clients that a seam exists for and that are not installed.
        native: the installed packages whose connections no Python code sees.
        native_absent: the known ones that are not installed.
        protocols: what no plugin answers yet.
        mocks: the installed mock libraries that want the same ground.
        file: the pyproject.toml in force, or None.
        config: the settings in force.
        package: the folder of the package that runs.
        namesakes: the installed distributions of its name.
    """

    met: tuple[Met, ...]
    absent: tuple[str, ...]
    native: tuple[Package, ...]
    native_absent: tuple[str, ...]
    protocols: tuple[str, ...]
    mocks: tuple[Package, ...]
    file: Path | None
    config: Config
    package: Path
    namesakes: tuple[Namesake, ...]


def clients() -> Iterator[Client]:
    """Yield every client library that a seam exists for, imported or not; imports none."""
    plugins: dict[str, list[str]] = {}
    for fake in fakes().values():
        for one in fake.seams:
            plugins.setdefault(one.library, []).append(fake.name)
    for rider, (plugin, below) in _RIDERS.items():
        if plugin in fakes() and below in plugins:
            plugins.setdefault(rider, [plugin])
    for library, names in plugins.items():
        _, below = _RIDERS.get(library, ("", ""))
        yield Client(library, _version(library), tuple(dict.fromkeys(names)), below)


def intercepted() -> list[str]:
    """Return the installed clients with their versions, for the header of a test session."""
    return [f"{client.library} {client.version}" for client in clients() if client.version and not client.shared]


def examine(start: Path) -> Findings:
    """Look at everything. Imports the installed clients and puts the seams on them, to see whether they fit.

    Arguments:
        start: the folder from which the configuration is looked for, upward.

    Raises:
        tomllib.TOMLDecodeError: the nearest pyproject.toml is not TOML.
        BigfootConfigError: a setting in it has the wrong type.
    """
    known = list(clients())
    libraries = {client.library for client in known}
    native = {name: _version(name) for name in _NATIVE if name not in libraries}
    rivals = {name: _version(module) for module, name in seam._MOCK_LIBRARIES.items()}  # private to the core
    package = Path(bigfoot.__file__).parent
    return Findings(
        met=tuple(_met([client for client in known if client.version is not None])),
        absent=tuple(client.library for client in known if client.version is None),
        native=tuple(Package(name, found, _NATIVE[name]) for name, found in native.items() if found is not None),
        native_absent=tuple(name for name, found in native.items() if found is None),
        protocols=tuple(text for name, text in _PROTOCOLS.items() if name not in fakes()),
        mocks=tuple(Package(name, found) for name, found in rivals.items() if found is not None),
        config=settings.read(start),
        file=_pyproject(start),
        package=package,
        namesakes=tuple(installed(package)),
    )


def _met(present: list[Client]) -> Iterator[Met]:
    troubles: dict[str, Exception] = {}
    for client in present:
        try:
            importlib.import_module(client.library)
        except ImportError as error:
            troubles[client.library] = error
    for one in (one for fake in fakes().values() for one in fake.seams):
        try:
            seam.install([one])
        except (AttributeError, ImportError, BigfootError) as error:
            troubles.setdefault(one.library, error)
    for client in present:
        trouble = troubles.get(client.library) or troubles.get(client.below)
        yield Met(client, tuple(_places(client.library)), trouble)


def _places(library: str) -> Iterator[str]:
    """Yield the replaced attributes that belong to this library, those that it names itself."""
    top = library.partition(".")[0]
    for owner, name in seam.replaced():
        module = owner.__module__ if isinstance(owner, type) else owner.__name__
        if module.partition(".")[0] == top and not name.startswith("_"):
            yield f"{owner.__qualname__}.{name}" if isinstance(owner, type) else name


def _pyproject(start: Path) -> Path | None:
    """Return the file that the settings are read from, as `bigfoot.config.read` finds it."""
    candidates = (folder / "pyproject.toml" for folder in (start, *start.parents))
    return next((file for file in candidates if file.is_file()), None)


def _version(library: str) -> str | None:
    top = library.partition(".")[0]
    if importlib.util.find_spec(top) is None:
        return None
    for distribution in (_DISTRIBUTIONS.get(top, top), top):
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    return ""
