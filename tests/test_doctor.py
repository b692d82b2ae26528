"""`python -m bigfoot doctor`: what it finds on this machine, and how it says so."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import distributions
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import bigfoot
from bigfoot import diagnosis, doctor, namesake
from bigfoot.__main__ import main
from bigfoot.columns import columns
from bigfoot.config import Config
from bigfoot.discovery import fakes
from bigfoot.namesake import Namesake
from bigfoot.seam import Seam, Target

PACKAGE = Path(bigfoot.__file__).parent
THIS = Namesake("0.1.0", Path("site-packages"), ours=True, running=True)


@pytest.fixture
def findings(tmp_path: Path) -> doctor.Findings:
    """What there is here, except that nothing is wrong and nothing is configured."""
    return replace(doctor.examine(tmp_path), namesakes=(THIS,), config=Config(), file=None)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that Python imports from."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def seams(monkeypatch: pytest.MonkeyPatch, *found: Seam) -> None:
    """Let these be all the seams that there are."""
    monkeypatch.setattr(doctor, "fakes", lambda: {"telepathy": SimpleNamespace(name="telepathy", seams=found)})


def said(findings: doctor.Findings) -> str:
    """The text, as if the terminal were endless."""
    return diagnosis.text(findings, 10_000)


@pytest.mark.parametrize(
    ("library", "place"),
    [
        ("httpx", "HTTPTransport.handle_request"),
        ("httpx2", "HTTPTransport.handle_request"),
        ("aiohttp", "BaseConnector.connect"),
        ("http.client", "HTTPConnection.getresponse"),
    ],
)
def test_each_client_is_met_at_a_seam_that_is_really_on_it(findings: doctor.Findings, library: str, place: str) -> None:
    if importlib.util.find_spec(library.partition(".")[0]) is None:
        pytest.skip(f"{library} is not installed")
    met = {met.client.library: met for met in findings.met}[library]
    assert place in met.places
    assert met.trouble is None
    assert met.client.plugins == ("http",)


def test_clients_that_ride_on_another_one_are_listed(findings: doctor.Findings) -> None:
    below = {client.library: client.below for client in doctor.clients()}
    assert below["requests"] == below["urllib3"] == below["urllib.request"] == "http.client"
    assert "through http.client" in said(findings)


def test_the_header_of_a_session_names_installed_clients_with_their_versions() -> None:
    named = doctor.intercepted()
    for client in doctor.clients():
        if client.shared:
            assert not any(name.startswith(client.library) for name in named)
        elif client.version:
            assert f"{client.library} {client.version}" in named
    assert len(named) == sum(bool(client.version) and not client.shared for client in doctor.clients())


def test_clients_on_sockets_have_their_own_plugin(findings: doctor.Findings) -> None:
    below = {client.library: (client.plugins, client.below) for client in doctor.clients()}
    assert below["redis"] == (("redis_mock",), "socket")
    assert below["smtplib"] == (("smtp_mock",), "socket")
    assert below["websocket"] == (("sync_websocket_mock",), "socket")


def test_what_all_connections_run_on_is_told_apart_from_clients(findings: doctor.Findings) -> None:
    clients, ground = said(findings).split("Met on the ground that all connections of Python share")
    assert "\n  socket " not in clients
    assert "\n  socket " in ground
    assert "\n  socket_mock" in ground
    assert "smtp_mock" in ground.partition(" smtplib")[0].splitlines()[-1]


def test_a_client_that_cannot_be_imported(shelf: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (shelf / "broken_client.py").write_text("raise ImportError('no libspoon.so')")
    seams(monkeypatch, Seam("broken_client", lambda: []))

    found = doctor.examine(tmp_path)

    (met,) = found.met
    assert "broken_client  telepathy  NOT MET" in said(found)
    assert diagnosis.troubles(found)[0] == (
        "broken_client is installed and is not met: no libspoon.so. Its calls go out, sandbox or not."
    )
    assert isinstance(met.trouble, ImportError)


def test_a_client_that_its_seam_does_not_fit(shelf: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (shelf / "odd_client.py").write_text("class Session: ...")

    def targets() -> Iterator[Target]:
        odd: Any = importlib.import_module("odd_client")
        yield Target(odd.Session, "send", lambda original: original)

    seams(monkeypatch, Seam("odd_client", targets))
    (met,) = doctor.examine(tmp_path).met
    assert isinstance(met.trouble, AttributeError)
    assert "send" in str(met.trouble)


def test_a_module_with_a_replaced_function(shelf: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (shelf / "plain_client.py").write_text("def fetch(): ...\ndef _fetch(): ...")

    def targets() -> Iterator[Target]:
        plain = importlib.import_module("plain_client")
        yield Target(plain, "fetch", lambda original: lambda: original())
        yield Target(plain, "_fetch", lambda original: lambda: original())

    seams(monkeypatch, Seam("plain_client", targets))
    (met,) = doctor.examine(tmp_path).met
    assert met.places == ("fetch",)


def test_clients_that_are_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seams(monkeypatch, Seam("absent_client", lambda: []))
    found = doctor.examine(tmp_path)
    assert found.absent == ("absent_client",)
    assert "Known, and not installed here: absent_client" in said(found)


def test_what_no_python_code_sees(shelf: Path, tmp_path: Path) -> None:
    (shelf / "pycurl.py").touch()
    found = doctor.examine(tmp_path)
    assert ("pycurl", "libcurl") in {(one.name, one.note) for one in found.native}
    assert "pycurl" not in found.native_absent
    assert set(found.native_absent) | {one.name for one in found.native} >= {"grpc", "curl_cffi"}
    assert "It goes out, sandbox or not." in said(found)


def test_a_native_client_with_a_seam_is_not_called_unseen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seams(monkeypatch, Seam("pycurl", lambda: []))
    found = doctor.examine(tmp_path)
    assert "pycurl" not in {*found.native_absent, *(one.name for one in found.native)}


def test_it_does_not_claim_protocols_that_nobody_answers(findings: doctor.Findings) -> None:
    assert ("Redis" in findings.protocols) == ("redis_mock" not in fakes())
    complete = replace(findings, protocols=())
    assert "Not answered by this version" not in said(complete)
    assert "Not answered by this version" in said(replace(findings, protocols=("Redis",)))


def test_mock_libraries_of_the_same_ground(shelf: Path, tmp_path: Path, findings: doctor.Findings) -> None:
    (shelf / "respx.py").touch()
    assert "respx" in {one.name for one in doctor.examine(tmp_path).mocks}
    assert "ConflictError" in said(replace(findings, mocks=(doctor.Package("respx", "0.22"),)))
    assert "ConflictError" not in said(replace(findings, mocks=()))


def test_the_configuration_in_force(tmp_path: Path) -> None:
    inner = tmp_path / "tests" / "unit"
    inner.mkdir(parents=True)
    file = tmp_path / "pyproject.toml"
    file.write_text('[tool.bigfoot]\ndisabled_plugins = ["http"]\n[tool.bigfoot.http]\nrequire_response = true\n')

    text = said(doctor.examine(inner))

    assert f"Configuration: [tool.bigfoot] of {file}" in text
    assert "  http.require_response  true\n" in text
    assert "  disabled_plugins       http\n" in text
    assert "(http is disabled)" in text


def test_the_enabled_plugins(findings: doctor.Findings) -> None:
    text = said(replace(findings, config=Config({"enabled_plugins": ["http", "mock"]})))
    assert "  enabled_plugins        http, mock\n" in text


def test_no_configuration(findings: doctor.Findings) -> None:
    assert "Configuration: no pyproject.toml: the defaults" in said(findings)


def install(folder: Path, version: str, *, ours: bool, checkout: Path | None = None) -> None:
    """Leave in a folder what pip leaves there for a distribution named bigfoot."""
    info = folder / f"bigfoot-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: bigfoot\nVersion: {version}\n")
    command = "[console_scripts]\nbigfoot = bigfoot.__main__:main\n" if ours else ""
    (info / "entry_points.txt").write_text(f"{command}[pytest11]\nbigfoot = bigfoot.pytest_plugin\n")
    if checkout is not None:
        origin = {"url": checkout.as_uri(), "dir_info": {"editable": True}}
        (info / "direct_url.json").write_text(json.dumps(origin))


def installed(package: Path, *folders: Path) -> list[Namesake]:
    return list(namesake.installed(package, distributions(name="bigfoot", path=[str(folder) for folder in folders])))


def test_this_bigfoot_installed_from_a_wheel(tmp_path: Path) -> None:
    install(tmp_path, "0.1.0", ours=True)
    assert installed(tmp_path / "bigfoot", tmp_path) == [Namesake("0.1.0", tmp_path, ours=True, running=True)]


def test_this_bigfoot_installed_from_its_checkout(tmp_path: Path) -> None:
    checkout = tmp_path / "my checkout"
    install(tmp_path / "site", "0.1.0", ours=True, checkout=checkout)
    assert installed(checkout / "bigfoot", tmp_path / "site")[0].running
    assert not installed(tmp_path / "elsewhere" / "bigfoot", tmp_path / "site")[0].running


def test_the_other_bigfoot_is_told_apart_even_in_the_same_folder(tmp_path: Path, findings: doctor.Findings) -> None:
    install(tmp_path, "0.1.0", ours=True)
    install(tmp_path, "0.21.0", ours=False)

    found = installed(tmp_path / "bigfoot", tmp_path)

    assert {one.version: (one.ours, one.running) for one in found} == {"0.1.0": (True, True), "0.21.0": (False, False)}
    (trouble,) = diagnosis.troubles(replace(findings, namesakes=tuple(found)))
    assert trouble.startswith(f"bigfoot 0.21.0 in {tmp_path} is another, older project of the same name")
    assert "pip uninstall bigfoot" in trouble


def test_another_copy_of_this_one(findings: doctor.Findings, tmp_path: Path) -> None:
    copy = Namesake("0.1.0", tmp_path, ours=True, running=False)
    (trouble,) = diagnosis.troubles(replace(findings, namesakes=(THIS, copy)))
    assert f"bigfoot 0.1.0 in {tmp_path} is another copy than the one that runs" in trouble


def test_a_checkout_that_was_never_installed(findings: doctor.Findings) -> None:
    (trouble,) = diagnosis.troubles(replace(findings, namesakes=()))
    assert "is not installed, so pytest does not load its plugin" in trouble


def test_the_command_says_whether_all_is_well(
    findings: doctor.Findings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(doctor, "examine", lambda start: findings)
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert text.endswith("No trouble found.\n")
    assert [line for line in text.splitlines() if len(line) > 80 and str(PACKAGE) not in line] == []

    monkeypatch.setattr(doctor, "examine", lambda start: replace(findings, namesakes=()))
    assert main(["doctor"]) == 1
    assert "Trouble:" in capsys.readouterr().out


def test_columns_wrap_their_last_cell() -> None:
    rows = [("httpx", "one two three four five six seven"), ("aiohttp", "")]
    assert columns(rows, 31) == ["httpx    one two three four", "         five six seven", "aiohttp"]
