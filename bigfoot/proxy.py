"""What the module's own names stand for: this test's plugins, and the sandboxes that `with bigfoot:` opens."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from typing import Any

from bigfoot import report
from bigfoot.errors import BigfootError
from bigfoot.fake import Fake
from bigfoot.sandbox import SandboxContext
from bigfoot.verifier import StrictVerifier, current_verifier


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
            raise ImportError(report.not_installed(fake.name, str(fake.requires)))
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


class _Opened:
    """The sandboxes opened by `with bigfoot:`, innermost last, by the context that opened them."""

    def __init__(self) -> None:
        self._here: ContextVar[tuple[SandboxContext, ...]] = ContextVar("bigfoot_opened", default=())
        self._anywhere: list[SandboxContext] = []
        self._lock = threading.Lock()

    def open(self, verifier: StrictVerifier) -> StrictVerifier:
        """Enter a new sandbox of the verifier."""
        sandbox = verifier.sandbox()
        sandbox.__enter__()
        self._here.set((*self._here.get(), sandbox))
        with self._lock:
            self._anywhere.append(sandbox)
        return verifier

    def close(self) -> None:
        """Leave the innermost sandbox of this context, or of the process: a fixture may end in another context."""
        live = [sandbox for sandbox in self._here.get() if sandbox.live]
        with self._lock:
            if not live and not self._anywhere:
                raise BigfootError("There is no open sandbox to leave")
            sandbox = (live or self._anywhere)[-1]
            if sandbox in self._anywhere:
                self._anywhere.remove(sandbox)
        self._here.set(tuple(live[:-1]))
        sandbox.__exit__(None, None, None)


opened = _Opened()
