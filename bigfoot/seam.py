"""Seam: how an attribute of a foreign library is replaced, once and inertly. The only setattr on foreign objects.

A seam is put on when its library is imported, or as soon as it will be, and stays on for the whole process: its
wrappers ask `context.active` and call straight through when no sandbox answers. So entering and leaving a sandbox
replaces nothing, and an interrupt at any point can leak nothing. `uninstall` takes everything off again.
"""

from __future__ import annotations

import functools
import importlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any, NamedTuple

from bigfoot.errors import ConflictError
from bigfoot.origin import plumbing

Make = Callable[[Any], Any]


class Target(NamedTuple):
    """An attribute to replace: `make(original)` returns the wrapper."""

    owner: Any
    name: str
    make: Make


class Placed(NamedTuple):
    """An attribute that was replaced."""

    original: Any
    wrapper: Any
    inherited: bool


class Watched(NamedTuple):
    """An attribute that a mock library may replace: where it is, and what it was when it was found unharmed."""

    namespace: Mapping[str, Any]
    name: str
    value: Any


class Seam:
    """The replaced attributes of one library.

    Arguments:
        library: the module whose import brings the targets into being.
        targets: returns the targets; called once the library is imported, may import it freely.
        watch: `"module:Class.attribute"` paths of the same ground that mock libraries are known to take.
        packages: top-level packages that stand between the user's code and this seam.

    Example:
        >>> SEAM = Seam("json", lambda: [Target(json.JSONDecoder, "decode", wrap)])  # doctest: +SKIP
    """

    def __init__(
        self,
        library: str,
        targets: Callable[[], Iterable[Target]],
        *,
        watch: tuple[str, ...] = (),
        packages: tuple[str, ...] = (),
    ) -> None:
        self.library = library
        self.watch = tuple((path.partition(":")[0], path) for path in watch)
        self._targets = targets
        self._waiting = False
        self._on = False
        plumbing(library.partition(".")[0], *packages)

    @property
    def installed(self) -> bool:
        """Whether the wrappers are in place (False while the library is not imported)."""
        return self._on

    def install(self) -> None:
        """Put the seam on its library now if it is imported, else when it will be. Idempotent."""
        if self._on:
            return
        if sys.modules.get(self.library) is not None:  # None stands for "not to be imported"
            importlib.import_module(self.library)  # another thread may be just importing it: wait until it is done
            if not _half_imported(self.library):  # else further up this very stack: the next sandbox finds it
                self._place()
        elif not self._waiting:
            self._waiting = True
            with _lock:
                _seams.append(self)
            from wrapt import register_post_import_hook

            register_post_import_hook(self._imported, self.library)

    def _imported(self, module: ModuleType) -> None:
        if not self._waiting:
            return
        parent, _, name = self.library.rpartition(".")
        if parent:  # the import system does so next, but the targets already want to say `http.client`
            setattr(sys.modules[parent], name, module)
        self._place()

    def _place(self) -> None:
        with _lock:
            if self._on:
                return
            self._on = True  # first: the targets may import what brings us here again
            try:
                for target in self._targets():
                    place(*target)
            except BaseException:  # a conflict, or an interrupt: the next sandbox tries again
                self._on = False
                raise
            if self not in _seams:
                _seams.append(self)

    def forget(self) -> None:
        """Note that the wrappers are off and that no import is awaited."""
        self._on = self._waiting = False


def _half_imported(library: str) -> bool:
    return bool(getattr(getattr(sys.modules.get(library), "__spec__", None), "_initializing", False))


_lock = threading.RLock()
_placed: dict[tuple[Any, str], Placed] = {}
_seams: list[Seam] = []
_MISSING = object()
_watched: dict[str, Watched] = {}  # by path, for those that were there and found unharmed


def place(owner: Any, name: str, make: Make) -> None:
    """Replace one attribute for the rest of the process; does nothing where it is replaced already.

    Arguments:
        owner: the class or module that holds the attribute.
        name: the attribute.
        make: called with the original, returns the wrapper; must call straight through when no sandbox is active.

    Raises:
        ConflictError: a mock library has replaced it already.
    """
    with _lock:
        if (owner, name) in _placed:
            return
        own = vars(owner).get(name, _MISSING)
        original = getattr(owner, name) if own is _MISSING else own
        _refuse_if_mocked(owner, name, original)
        wrapper = make(original)
        if not isinstance(wrapper, (classmethod, staticmethod, property)):
            functools.update_wrapper(wrapper, original, updated=())
        # Noted first: after an interrupt between the two, the next sandbox sets the attribute.
        _placed[owner, name] = Placed(original, wrapper, own is _MISSING)
        setattr(owner, name, wrapper)


def original(owner: Any, name: str) -> Any:
    """Return what an attribute was before bigfoot replaced it, or what it is if it did not."""
    placed = _placed.get((owner, name))
    return getattr(owner, name) if placed is None else placed.original


def install(seams: Iterable[Seam]) -> None:
    """Put the seams on, then check that nobody else has taken the same ground.

    Raises:
        ConflictError: a mock library has replaced a target, or an attribute known to lead to one.
    """
    for seam in seams:
        seam.install()
    for (owner, name), placed in list(_placed.items()):
        _refuse_if_gone(owner)
        now = vars(owner).get(name, _MISSING)
        if now is placed.wrapper:
            continue
        if now is placed.original or now is _MISSING:  # undone by somebody who had saved it before us
            setattr(owner, name, placed.wrapper)
            continue
        _refuse_if_mocked(owner, name, now)
    for seam in _seams:
        for module, path in seam.watch:
            watched = _watched.get(path)
            if watched is not None:
                if watched.namespace.get(watched.name) is not watched.value:
                    _watch(path)
            elif module in sys.modules:
                _watch(path)


def uninstall() -> None:
    """Give every replaced attribute back. What others have put on top of ours is left, inert."""
    with _lock:
        for (owner, name), placed in reversed(_placed.items()):
            if vars(owner).get(name) is placed.wrapper:
                if placed.inherited:
                    delattr(owner, name)
                else:
                    setattr(owner, name, placed.original)
        _placed.clear()
        _watched.clear()
        for seam in _seams:
            seam.forget()
        _seams.clear()


def replaced() -> Iterator[tuple[Any, str]]:
    """Yield every (owner, attribute) that is replaced at present."""
    yield from list(_placed)


_MOCK_LIBRARIES = {
    "aioresponses": "aioresponses",
    "httpretty": "httpretty",
    "mock": "unittest.mock",
    "mocket": "mocket",
    "pook": "pook",
    "pytest_httpx": "pytest-httpx",
    "pytest_subprocess": "pytest-subprocess",
    "requests_mock": "requests-mock",
    "respx": "respx",
    "responses": "responses",
    "tripwire": "tripwire",
    "vcr": "vcrpy",
}


def _watch(path: str) -> None:
    """Refuse if the attribute at `"module:Class.attribute"` was replaced by a mock library."""
    module_name, _, attributes = path.partition(":")
    owner: Any = sys.modules.get(module_name)
    *holders, name = attributes.split(".")
    for holder in holders:
        owner = getattr(owner, holder, None)
    namespace = getattr(owner, "__dict__", {})
    if name not in namespace:
        return
    _refuse_if_mocked(owner, name, namespace[name])
    _watched[path] = Watched(namespace, name, namespace[name])


def _refuse_if_gone(owner: Any) -> None:
    """Refuse if another class has taken the place of one that was seamed, as gevent does: calls would pass us by."""
    if not isinstance(owner, type):
        return
    now = getattr(sys.modules.get(owner.__module__), owner.__qualname__, owner)
    if isinstance(now, type) and not issubclass(now, owner):
        raise ConflictError(f"{owner.__module__}.{owner.__qualname__}", now.__module__.partition(".")[0])


def _refuse_if_mocked(owner: Any, name: str, now: Any) -> None:
    patcher = _patcher(now)
    if patcher is not None:
        place_of = f"{owner.__module__}.{owner.__qualname__}" if isinstance(owner, type) else owner.__name__
        raise ConflictError(f"{place_of}.{name}", patcher)


def _patcher(replacement: Any) -> str | None:
    """Name the known mock library that made a replacement, or None: tracers may share the ground with us."""
    function = replacement
    for _ in range(8):  # a library may hide its function behind wrappers and partials
        # With autospec, unittest.mock puts a function in the place, and the mock behind it.
        for mock in (function, getattr(function, "mock", None)):
            if type(mock).__module__ in ("unittest.mock", "mock"):
                return None if _calls_through(mock) else _library(getattr(mock, "side_effect", None)) or "unittest.mock"
        library = _library(function)
        if library is not None:
            return library
        function = getattr(function, "func", None) or getattr(function, "__wrapped__", None)
        if function is None:
            return None
    return None


def _calls_through(mock: Any) -> bool:
    """Tell whether a mock only listens: made with `wraps=`, or by pytest-mock's `spy`."""
    wrapped = vars(mock).get("_mock_wraps")  # a private name; without it, such a mock is a conflict like any other
    return wrapped is not None or "pytest_mock" in _packages(getattr(mock, "side_effect", None))


def _library(function: Any) -> str | None:
    return next((_MOCK_LIBRARIES[package] for package in _packages(function) if package in _MOCK_LIBRARIES), None)


def _packages(function: Any) -> Iterator[str]:
    """Yield the packages that a function says it is from, and those that it really is from.

    One that was decorated with `functools.wraps` reports the module of what it wraps; its globals do not lie.
    """
    for module in (getattr(function, "__module__", None), getattr(function, "__globals__", {}).get("__name__")):
        yield str(module).partition(".")[0]
    code = getattr(function, "__code__", None)
    if code is not None:
        # Only below site-packages: a checkout of the user's own may be in a folder named "responses".
        _, installed, path = code.co_filename.replace("\\", "/").rpartition("-packages/")
        if installed:
            yield path.partition("/")[0].removesuffix(".py")
