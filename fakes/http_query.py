"""What a mock asks of the query of a URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from bigfoot.errors import InvalidArgumentError

from .http_criterion import Criterion, equal, subset
from .http_request import grouped

Query = tuple[tuple[str, str], ...]


class PlainQuery(NamedTuple):
    """A criterion on the query string that runs no user code, and so may be tested under a lock.

    Attributes:
        exact: the whole query, sorted; None where only `wanted` counts.
        wanted: pairs that the query must contain.
        name: the argument that asked for it.
    """

    exact: Query | None
    wanted: Query
    name: str

    def allows(self, query: str) -> bool:
        """Tell whether a query string is so."""
        pairs = parse_qsl(query, keep_blank_values=True)
        if self.exact is not None:
            return tuple(sorted(pairs)) == self.exact
        for pair in self.wanted:
            if pair not in pairs:
                return False
            pairs.remove(pair)
        return True

    @property
    def shown(self) -> Any:
        """What is asked for, for the reader."""
        return grouped(list(self.exact if self.exact is not None else self.wanted))


def query_criteria(
    own: Query | None, params: Any, exact_params: Any
) -> tuple[PlainQuery | None, tuple[Criterion, ...]]:
    """Return what the URL's own query and the `params` arguments ask of a request's query.

    Returns:
        tuple: what can be told without user code, and what cannot because there are matchers in it.

    Raises:
        InvalidArgumentError: they are not mappings of names to plain values, matchers, or lists of them.
    """
    if params is None and exact_params is None:
        return None if own is None else PlainQuery(own, (), "url"), ()
    if params is not None and exact_params is not None:
        raise InvalidArgumentError("exact_params", exact_params, "give params (some) or exact_params (all), not both")
    name = "params" if exact_params is None else "exact_params"
    given: Any = params if exact_params is None else exact_params
    wanted, matchers = _wanted(name, given)
    if matchers:
        values = {key: value if key in matchers else joined(value) for key, value in given.items()}
        test = subset if name == "params" else equal
        return None, (Criterion(name, {**grouped(list(own or ())), **values}, lambda request: request.params, test),)
    together = (*wanted, *(own or ()))
    if name == "params":
        return PlainQuery(None, together, name), ()
    return PlainQuery(tuple(sorted(together)), (), name), ()


def joined(value: Any) -> Any:
    """Return a value, or each of several, as the text that a query or a form has of it."""
    return [_text(item) for item in value] if isinstance(value, (list, tuple)) else _text(value)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _wanted(name: str, params: Any) -> tuple[Query, set[str]]:
    remedy = "give a mapping of names to strings, numbers or matchers, or lists of them"
    if not isinstance(params, Mapping):
        raise InvalidArgumentError(name, params, remedy)
    wanted, matchers = [], set()
    for key, given in params.items():
        if not isinstance(key, str):
            raise InvalidArgumentError(name, params, remedy)
        for value in given if isinstance(given, (list, tuple)) else [given]:
            if value is None or isinstance(value, (Mapping, bytes, list, tuple)):
                raise InvalidArgumentError(name, params, remedy)
            if isinstance(value, (str, int, float)):
                wanted.append((key, _text(value)))
            else:
                matchers.add(key)
    return tuple(wanted), matchers
