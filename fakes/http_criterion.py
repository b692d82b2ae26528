"""One thing that a mock asks of a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .http_request import Request


class Criterion(NamedTuple):
    """One thing that a request must be.

    Attributes:
        name: the argument that asked for it.
        expected: what the argument gave.
        actual: takes from a request what is compared.
        test: compares, expected first.
    """

    name: str
    expected: Any
    actual: Callable[[Request], Any]
    test: Callable[[Any, Any], bool]

    def meets(self, request: Request) -> bool:
        """Tell whether the request is so. Runs user code: matchers, callables."""
        return bool(self.test(self.expected, self.actual(request)))


def equal(expected: Any, actual: Any) -> bool:
    """Compare, the expected value first. Runs user code: matchers."""
    return bool(expected == actual)


def subset(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    """Tell whether a mapping has the expected members. Runs user code: matchers."""
    return all(name in actual and value == actual[name] for name, value in expected.items())
