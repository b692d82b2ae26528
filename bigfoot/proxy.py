"""What the module's own names stand for: this test's plugins, and the sandboxes that `with bigfoot:` opens."""

from __future__ import annotations

import threading
from types import CodeType, FrameType
from typing import Any, NamedTuple

from bigfoot import context, report
from bigfoot.errors import BigfootError
from bigfoot.fake import Fake
from bigfoot.sandbox import SandboxContext
from bigfoot.turn import current_verifier
from bigfoot.verifier import StrictVerifier


class PluginProxy:
    """Stands for the running test's plugin of one class: `bigfoot.http`, ...

    Raises:
        ImportError: the library that the plugin's users import is not installed.
        NoActiveVerifierError: no test is running.
    """

    __slots__ = ("_fake",)

    def __init__(self, fake: type[Fake]) -> None:
        self._fake = fake

    def __getattr__(self, name: str) -> Any:
        fake: type[Fake] = self._fake
        if name.startswith("__"):
            raise AttributeError(name)
        if not fake.available():
            raise ImportError(report.not_installed(fake.name, str(fake.requires), fake.package))
        plugin = current_verifier().plugin(fake)
        try:
            return getattr(plugin, name)
        except AttributeError:
            known = [known for known in dir(plugin) if not known.startswith("_")]
            raise AttributeError(f"bigfoot.{fake.name} has no {name!r}{report.meant(name, known)}") from None

    def __dir__(self) -> list[str]:
        return [name for name in dir(self._fake) if not name.startswith("_")]

    def __repr__(self) -> str:
        return f"<bigfoot.{self._fake.name}>"


class _Place(NamedTuple):
    """Where a `with bigfoot:` stands: its frame lives as long as it does, so no other has this identity and code."""

    frame: int
    code: CodeType


class _Opened:
    """The sandboxes opened by `with bigfoot:`, newest last; the module itself cannot tell one `with` from another."""

    def __init__(self) -> None:
        self._sandboxes: list[tuple[_Place, SandboxContext]] = []
        self._lock = threading.Lock()

    def open(self, verifier: StrictVerifier, frame: FrameType) -> StrictVerifier:
        """Enter a new sandbox of the verifier, for a `with` in this frame."""
        sandbox = verifier.sandbox()
        sandbox.__enter__()
        try:
            with self._lock:
                self._sandboxes.append((_Place(id(frame), frame.f_code), sandbox))
        except BaseException:  # an interrupt: no `with` will leave what was not entered
            sandbox.__exit__(None, None, None)
            raise
        return verifier

    def close(self, frame: FrameType) -> None:
        """Leave the sandbox that this frame entered last; an `ExitStack` enters and leaves in different ones.

        Raises:
            BigfootError: none is open.
        """
        place = _Place(id(frame), frame.f_code)
        with self._lock:
            found = [one for one in self._sandboxes if one[0] == place] or self._around() or self._alive()
            if not found:
                raise BigfootError("There is no open sandbox to leave")
            self._sandboxes.remove(found[-1])
        found[-1][1].__exit__(None, None, None)

    def _around(self) -> list[tuple[_Place, SandboxContext]]:
        """Return the sandbox of this context, where it is one of these."""
        here = context.here()
        return [one for one in self._sandboxes if one[1] is here]

    def _alive(self) -> list[tuple[_Place, SandboxContext]]:
        return [one for one in self._sandboxes if one[1].live]


opened = _Opened()
