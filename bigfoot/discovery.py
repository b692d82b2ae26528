"""Find the fakes: every module of bigfoot.fakes, then every entry point of the group of the same name."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from bigfoot.errors import BigfootConfigError
from bigfoot.fake import Fake

GROUP = "bigfoot.fakes"


@functools.cache
def fakes() -> Mapping[str, type[Fake]]:
    """Map each fake's public name to its class.

    Raises:
        BigfootConfigError: an entry point is not a `Fake`, or its name is taken.
    """
    found: dict[str, type[Fake]] = {fake.name: fake for fake in _own()}
    for name, fake in _others():
        if not (isinstance(fake, type) and issubclass(fake, Fake)):
            raise BigfootConfigError(
                f"the entry point {name!r} of {GROUP} is {fake!r}, not a subclass of bigfoot.fake.Fake"
            )
        if found.setdefault(fake.name, fake) is not fake:
            raise BigfootConfigError(
                f"the entry point {name!r} of {GROUP} takes the name {fake.name!r}, which is taken"
            )
    return MappingProxyType(found)


def _own() -> Iterator[type[Fake]]:
    package = importlib.import_module(GROUP)
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{GROUP}.{info.name}")
        for value in vars(module).values():
            fake = isinstance(value, type) and issubclass(value, Fake) and value.__module__ == module.__name__
            if fake and hasattr(value, "name"):  # one without is what several plugins share
                yield value


def _others() -> Iterator[tuple[str, type[Fake]]]:
    from importlib.metadata import entry_points  # 10 ms that `import bigfoot` does without

    for point in entry_points(group=GROUP):
        yield point.name, point.load()
