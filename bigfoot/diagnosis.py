"""What `python -m bigfoot doctor` says about what it found."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Sequence
from textwrap import wrap

import bigfoot
from bigfoot.columns import columns
from bigfoot.config import Config
from bigfoot.doctor import Findings, Met, Package
from bigfoot.namesake import Namesake

_INSTALL = "pip install -e '.[dev]'"
_NOT_MET = "NOT MET, see below"
_PROCESSES = {
    "subprocess_mock": "subprocess.run and its kin",
    "popen_mock": "subprocess.Popen",
    "async_subprocess_mock": "processes of asyncio, anyio, trio",
}


def text(findings: Findings, width: int = 80) -> str:
    """Return the findings for a terminal.

    Arguments:
        findings: what `doctor.examine` returned.
        width: of the terminal, in characters.
    """
    chapters = [
        _versions(findings),
        _clients(findings, width),
        _ground(findings, width),
        _native(findings, width),
        _protocols(findings, width),
        _mocks(findings.mocks, width),
        _configuration(findings, width),
        _verdict(findings, width),
    ]
    return "\n\n".join("\n".join(lines) for lines in chapters if lines)


def troubles(findings: Findings) -> list[str]:
    """Return what is wrong with this installation, and the commands that help; empty if all is well."""
    found = [_misfit(met) for met in findings.met if met.trouble is not None]
    found += [_namesake(one, findings) for one in findings.namesakes if not one.running]
    if not any(one.running for one in findings.namesakes):
        found.append(
            f"The package that runs, {findings.package}, is not installed, so pytest does not load its plugin. "
            f"In its checkout, run:\n  {_INSTALL}"
        )
    return found


def _versions(findings: Findings) -> list[str]:
    python = f"Python {platform.python_version()} ({sys.platform})"
    return [f"bigfoot {bigfoot.__version__} on {python}", str(findings.package)]


def _clients(findings: Findings, width: int) -> list[str]:
    on_ground = {met.client.library for met in findings.met if met.client.shared}
    rows = [
        (_named(met), ", ".join(_answered(met, findings.config)), _seam(met))
        for met in findings.met
        if not met.client.shared and met.client.below not in on_ground
    ]
    lines = columns([("client", "bigfoot.", "met at"), *rows], width - 2)
    return [
        *_wrapped("Met inside a sandbox: these clients run for real, only their wire is bigfoot's.", width),
        *_indented(lines),
        *_listed("Known, and not installed here", findings.absent, width),
    ]


def _ground(findings: Findings, width: int) -> list[str]:
    """Say what serves several plugins: that is no client, but what the connections of clients run on."""
    shared = [met for met in findings.met if met.client.shared]
    if not shared:
        return []
    libraries = {met.client.library for met in shared}
    riders = [met for met in findings.met if met.client.below in libraries]
    plugins = dict.fromkeys(name for met in shared for name in _answered(met, findings.config))
    rows = [
        (", ".join(_answered(met, findings.config)), f"{_named(met)}{f', {_NOT_MET}' if met.trouble else ''}")
        for met in riders
    ]
    told = {name for met in findings.met if not met.client.shared for name in _answered(met, findings.config)}
    rows += [(plugin, _PROCESSES.get(plugin, "any other")) for plugin in plugins if plugin not in told]
    return [
        *_wrapped("Met on the ground that all connections of Python share, and all processes:", width),
        *_indented(columns([("bigfoot.", "client"), *rows], width - 2)),
        *_indented(columns([("ground", "met at"), *((_named(met), _seam(met)) for met in shared)], width - 2)),
    ]


def _named(met: Met) -> str:
    return f"{met.client.library} {met.client.version}".rstrip()


def _answered(met: Met, config: Config) -> list[str]:
    return [name if config.enables(name) else f"({name} is disabled)" for name in met.client.plugins]


def _seam(met: Met) -> str:
    if met.trouble is not None:
        return _NOT_MET
    below = [f"through {met.client.below}"] if met.client.below else []
    return "; ".join([*below, *([", ".join(met.places)] if met.places else [])])


def _native(findings: Findings, width: int) -> list[str]:
    rows = [(f"{found.name} {found.version}".rstrip(), found.note) for found in findings.native]
    return [
        *_wrapped("Not seen: code that opens its connections outside Python. It goes out, sandbox or not.", width),
        *_indented(columns(rows, width - 2)),
        *_listed("Known, and not installed here", findings.native_absent, width),
    ]


def _protocols(findings: Findings, width: int) -> list[str]:
    if not findings.protocols:
        return []
    return [
        *_wrapped("Not answered by this version. Code that uses these does so for real, sandbox or not.", width),
        *_paragraph(", ".join(findings.protocols), width),
    ]


def _mocks(mocks: Iterable[Package], width: int) -> list[str]:
    names = [f"{found.name} {found.version}".rstrip() for found in mocks]
    if not names:
        return []
    return [
        *_wrapped("Mock libraries of the same ground. A sandbox that finds one at work raises ConflictError.", width),
        *_paragraph(", ".join(names), width),
    ]


def _configuration(findings: Findings, width: int) -> list[str]:
    config = findings.config
    plugins = ", ".join(sorted(config.enabled_plugins or ())) if config.enabled_plugins is not None else "all"
    rows = [
        ("require_all_fields", _flag(config.require_all_fields)),
        ("http.require_response", _flag(config.flag("http.require_response", False))),
        ("show_secrets", _flag(config.show_secrets)),
        ("enabled_plugins", plugins),
        ("disabled_plugins", ", ".join(sorted(config.disabled_plugins or ())) or "none"),
    ]
    where = f"[tool.bigfoot] of {findings.file}" if findings.file is not None else "no pyproject.toml: the defaults"
    return [f"Configuration: {where}", *_indented(columns(rows, width - 2))]


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _verdict(findings: Findings, width: int) -> list[str]:
    found = troubles(findings)
    if not found:
        return ["No trouble found."]
    return ["Trouble:", *(line for each in found for part in each.splitlines() for line in _paragraph(part, width))]


def _misfit(met: Met) -> str:
    return f"{met.client.library} is installed and is not met: {met.trouble}. Its calls go out, sandbox or not."


def _namesake(found: Namesake, findings: Findings) -> str:
    folder = found.folder.resolve()
    if found.ours:
        return (
            f"bigfoot {found.version} in {folder} is another copy than the one that runs, {findings.package}. "
            "Python takes the one that it finds first."
        )
    return (
        f"bigfoot {found.version} in {folder} is another, older project of the same name, from the package index. "
        "It takes the place of this one, or mixes with it. Uninstall until none is left, then install the checkout:\n"
        f"  pip uninstall bigfoot\n  {_INSTALL}"
    )


def _listed(title: str, names: Sequence[str], width: int) -> list[str]:
    return _paragraph(f"{title}: {', '.join(names)}", width) if names else []


def _paragraph(given: str, width: int) -> list[str]:
    return _indented(_wrapped(given, width - 2))


def _wrapped(given: str, width: int) -> list[str]:
    return wrap(given, width, break_long_words=False, break_on_hyphens=False)


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]
