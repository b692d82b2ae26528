"""The script of HTTP: mocks by exact route, and the rules of what passes through."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from bigfoot import report
from bigfoot.errors import InvalidArgumentError
from bigfoot.origin import Origin
from bigfoot.script import Queue, Step
from bigfoot.transports.http import HttpReply, HttpRequest
from bigfoot.values import normal_url

Query = tuple[tuple[str, str], ...]


class Mock(Step):
    """One promise of a reply.

    Attributes:
        method: upper case.
        url: as the test wrote it.
        reply: what it answers with.
        query: the query that the mock's own URL has, sorted; None if it has none.
        params: parameters that the request's query must contain.
    """

    __slots__ = ("method", "params", "query", "reply", "url")

    def __init__(
        self,
        method: str,
        url: str,
        reply: HttpReply,
        *,
        query: Query | None,
        params: Mapping[str, list[str]] | None,
        required: bool,
        times: int | None,
        origin: Origin,
    ) -> None:
        super().__init__(required=required, times=times, origin=origin)
        self.method = method
        self.url = url
        self.reply = reply
        self.query = query
        self.params = params

    def matches(self, query: str) -> bool:
        """Tell whether the mock answers a request on its route with this query string."""
        if self.query is None and self.params is None:
            return True
        pairs = parse_qsl(query, keep_blank_values=True)
        if self.params is None:
            return tuple(sorted(pairs)) == self.query
        wanted = [(name, value) for name, values in self.params.items() for value in values]
        for pair in [*wanted, *(self.query or ())]:
            if pair not in pairs:
                return False
            pairs.remove(pair)
        return True

    def describe(self) -> str:
        params = f", params={self.params!r}" if self.params is not None else ""
        return f"bigfoot.http.mock_response({self.method!r}, {self.url!r}{params})"


class Routes:
    """Mocks by (method, URL without query): the cost of finding one does not depend on how many there are."""

    def __init__(self) -> None:
        self._queues: dict[tuple[str, str], Queue[Mock]] = {}

    def add(self, mock: Mock, base: str) -> None:
        """Put a mock at the end of its route."""
        key = (mock.method, base)
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = Queue()
        queue.push(mock)

    def take(self, method: str, url: str) -> Mock | None:
        """Use the first mock that answers this request, or return None. Runs no user code."""
        base, _, query = url.partition("?")
        queue = self._queues.get((method, base))
        if queue is None:  # not in the spelling that mocks are kept in, or not mocked
            base, _, query = normal_url(url).partition("?")
            queue = self._queues.get((method, base))
            if queue is None:
                return None
        for mock in queue:
            if mock.matches(query):
                queue.use(mock)
                return mock
        return None

    def might_answer(self, method: str, url: str) -> bool:
        """Tell whether any mock that is left could answer this request."""
        base, _, query = normal_url(url).partition("?")
        queue = self._queues.get((method, base))
        return queue is not None and any(mock.matches(query) for mock in queue)

    def __iter__(self) -> Iterator[Mock]:
        for queue in self._queues.values():
            yield from queue

    def near(self, method: str, url: str) -> list[str]:
        """Say what is known about mocks that nearly answer this request."""
        base = normal_url(url).partition("?")[0]
        notes = []
        for (other_method, other_base), queue in self._queues.items():
            if other_base != base:
                continue
            for mock in [*queue.spent, *queue]:
                if other_method != method:
                    notes.append(f"there is {mock.describe()}, but the method is {method}")
                elif mock.left == 0:
                    times = f"{mock.used} of {mock.used} times"
                    notes.append(f"{mock.describe()} has answered {times} already; promised at {mock.origin}")
                else:
                    notes.append(f"there is {mock.describe()}, but the query differs")
        return notes[:5]


class Rule:
    """A rule of what passes through: permanent, and never missed by the verdict.

    Arguments:
        method: upper case; `"*"` for any.
        url: an exact URL without query, a glob, or a compiled regular expression.
    """

    __slots__ = ("_exact", "_pattern", "method")

    def __init__(self, method: str, url: str | re.Pattern[str]) -> None:
        self.method = method
        self._exact: str | None = None
        self._pattern: re.Pattern[str] | None = None
        if isinstance(url, re.Pattern):
            self._pattern = url
        elif "*" in url:
            self._pattern = re.compile(fnmatch.translate(url))
        else:
            self._exact = normal_url(url)

    def passes(self, request: HttpRequest) -> bool:
        """Tell whether the request goes to the real world if no mock answers it."""
        if self.method not in ("*", request.method):
            return False
        url = normal_url(request.url)
        if self._exact is not None:
            return self._exact in (url, url.partition("?")[0])
        assert self._pattern is not None
        return self._pattern.fullmatch(url) is not None


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def method_argument(method: Any) -> str:
    """Check a method and return it in upper case.

    Raises:
        InvalidArgumentError: it is not a token such as `"GET"`.
    """
    if not isinstance(method, str) or not _TOKEN.fullmatch(method):
        raise InvalidArgumentError("method", method, 'give an HTTP method such as "GET"')
    return method.upper()


def url_argument(url: Any) -> str:
    """Check a URL and return it in its normal spelling.

    Raises:
        InvalidArgumentError: it is not an absolute URL, or has user info or control characters.
    """
    remedy = 'give an absolute URL such as "https://api.example.com/users"'
    if not isinstance(url, str):
        raise InvalidArgumentError("url", url, remedy)
    if _CONTROL.search(url):
        raise InvalidArgumentError("url", url, f"it has control characters; {remedy}")
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in ("http", "https", "ws", "wss"):
        raise InvalidArgumentError("url", url, remedy)
    if "@" in re.split(r"[/?#]", rest, maxsplit=1)[0]:
        raise InvalidArgumentError(
            "url", report.value(url), "leave the user info out: it travels in the Authorization header"
        )
    try:
        normal = normal_url(url)
    except ValueError as error:
        raise InvalidArgumentError("url", url, f"{error}; {remedy}") from None
    if normal.partition("://")[2].startswith(("/", ":")):
        raise InvalidArgumentError("url", url, f"it has no host; {remedy}")
    return normal


def split_query(url: str) -> tuple[str, Query | None]:
    """Return a URL in normal spelling as its base and its sorted query, None if it has none."""
    base, mark, query = url.partition("?")
    return base, tuple(sorted(parse_qsl(query, keep_blank_values=True))) if mark else None


def params_argument(params: Any) -> dict[str, list[str]] | None:
    """Check `params=` and return it as lists of strings.

    Raises:
        InvalidArgumentError: it is not a mapping of names to plain values or lists of them.
    """
    if params is None:
        return None
    remedy = "give a mapping of names to strings or numbers, or lists of them"
    if not isinstance(params, Mapping):
        raise InvalidArgumentError("params", params, remedy)
    checked = {}
    for name, given in params.items():
        values = list(given) if isinstance(given, (list, tuple)) else [given]
        if not isinstance(name, str) or not all(isinstance(value, (str, int, float)) for value in values):
            raise InvalidArgumentError("params", params, remedy)
        checked[name] = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
    return checked
