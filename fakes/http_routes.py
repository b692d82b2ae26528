"""The script of HTTP: mocks by exact route, mocks by pattern, and the rules of what passes through."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from bigfoot import report
from bigfoot.origin import Origin
from bigfoot.script import Queue, Step
from bigfoot.transports.http import HttpReply, HttpRequest
from bigfoot.urls import normal_url

from .http_criterion import Criterion
from .http_query import PlainQuery
from .http_request import Request
from .http_url import is_pattern, method_argument, pattern, pattern_argument, url_argument

LONGEST_URL = 65_536  # a pattern is not tried on anything longer


class Group:
    """Mocks that answer only in the order in which they were promised."""

    __slots__ = ("mocks",)

    def __init__(self) -> None:
        self.mocks: list[Mock] = []

    def admits(self, mock: Mock) -> bool:
        """Tell whether every mock before this one has answered."""
        for other in self.mocks:
            if other is mock:
                return True
            if other.required and not other.used:
                return False
        return True


class Mock(Step):
    """One promise of a reply.

    Attributes:
        method: upper case; `"*"` for any.
        url: as the test wrote it.
        reply: what it answers with; None where `callback` makes the answer.
        callback: takes the `Request` and returns an answer, or None.
        raises: the exception that the call ends in, or None.
        query: what it asks of the query, where no user code is needed to tell; or None.
        criteria: what else it asks of the request.
        pattern: matches the URL, where it is not exact.
        plain: whether telling if it answers a request runs no user code.
        group: the mocks that it must wait for, or None.
        answered: the lines of the first calls that it answered.
    """

    __slots__ = (
        "answered",
        "callback",
        "criteria",
        "group",
        "method",
        "pattern",
        "plain",
        "query",
        "raises",
        "reply",
        "url",
    )

    def __init__(
        self,
        method: str,
        url: Any,
        *,
        reply: HttpReply | None,
        callback: Callable[[Request], Any] | None = None,
        raises: BaseException | type[BaseException] | None = None,
        query: PlainQuery | None = None,
        criteria: tuple[Criterion, ...] = (),
        pattern: re.Pattern[str] | None = None,
        group: Group | None = None,
        required: bool,
        times: int | None,
        origin: Origin,
    ) -> None:
        super().__init__(required=required, times=times, origin=origin)
        self.method = method
        self.url = url
        self.reply = reply
        self.callback = callback
        self.raises = raises
        self.query = query
        self.criteria = criteria
        self.pattern = pattern
        self.group = group
        self.plain = not criteria and group is None
        self.answered: list[Origin | None] = []
        if group is not None:
            group.mocks.append(self)

    def allows(self, query: str) -> bool:
        """Tell whether the query of a request on its route is as it asks."""
        return self.query is None or self.query.allows(query)

    def path_params(self, url: str) -> dict[str, str]:
        """Return the values of the named parts of its pattern in a URL."""
        if self.pattern is None:
            return {}
        url = normal_url(url)
        found = self.pattern.match(url) or self.pattern.match(url.partition("?")[0])
        return {} if found is None else {name: value for name, value in found.groupdict().items() if value is not None}

    def describe(self) -> str:
        function = "mock_response" if self.raises is None and not (self.reply and self.reply.fault) else "mock_error"
        wanted = {} if self.query is None or self.query.name == "url" else {self.query.name: self.query.shown}
        wanted |= {criterion.name: criterion.expected for criterion in self.criteria}
        url = report.Raw(f"re.compile({self.url.pattern!r})") if isinstance(self.url, re.Pattern) else repr(self.url)
        return report.call(f"bigfoot.http.{function}", wanted, repr(self.method), url)


class Routes:
    """Mocks by (method, URL without query): the cost of finding one does not depend on how many there are.

    Patterns are tried in the order of their registration, and only when no exact route answers.
    """

    def __init__(self) -> None:
        self._exact: dict[tuple[str, str], Queue[Mock]] = {}
        self._patterns: Queue[Mock] = Queue()

    def add(self, mock: Mock, base: str) -> None:
        """Put a mock at the end of its route."""
        if mock.pattern is not None or mock.method == "*":
            self._patterns.push(mock)
            return
        key = (mock.method, base)
        queue = self._exact.get(key)
        if queue is None:
            queue = self._exact[key] = Queue()
        queue.push(mock)

    def take(self, method: str, url: str) -> Mock | None:
        """Use the first mock of the exact route, if it can be told to answer without running user code."""
        queue = self._exact.get((method, url))  # the shortest way: no query, and spelled as mocks are kept
        if queue is None:
            base, _, query = url.partition("?")
            queue = self._exact.get((method, base))
        else:
            query = ""
        if queue is None:  # not in the spelling that mocks are kept in, or not mocked
            base, _, query = normal_url(url).partition("?")
            queue = self._exact.get((method, base))
            if queue is None:
                return None
        for mock in queue.steps:
            if not mock.plain:
                return None
            if mock.query is None or mock.query.allows(query):
                queue.use(mock)
                return mock
        return None

    def candidates(self, method: str, url: str) -> list[tuple[Mock, Queue[Mock]]]:
        """Return the mocks whose method and URL are those of a request, each with the queue that it is used from."""
        url = normal_url(url)
        base, _, query = url.partition("?")
        exact = self._exact.get((method, base), ())
        found = [(mock, exact) for mock in exact if mock.allows(query)]
        if len(url) > LONGEST_URL:
            return found  # type: ignore[return-value]  # an empty tuple holds no mock
        for mock in self._patterns:
            if mock.method in ("*", method) and matches(mock, base, url) and mock.allows(query):
                found.append((mock, self._patterns))
        return found  # type: ignore[return-value]

    def __iter__(self) -> Iterator[Mock]:
        for queue in [*self._exact.values(), self._patterns]:
            yield from queue

    def everything(self) -> list[Mock]:
        """Return every mock, spent ones too."""
        return [mock for queue in [*self._exact.values(), self._patterns] for mock in [*queue.spent, *queue]]


def matches(mock: Mock, base: str, url: str) -> bool:
    """Tell whether the URL of a request is one that the mock was promised for."""
    if mock.pattern is None:  # any method on an exact route
        return normal_url(str(mock.url)).partition("?")[0] == base
    return mock.pattern.match(url) is not None or mock.pattern.match(base) is not None


def rule(method: Any, url: Any) -> Rule:
    """Return the rule for a method and a URL as a test writes them.

    Raises:
        InvalidArgumentError: they cannot be meant.
    """
    method = method_argument(method)
    if isinstance(url, re.Pattern) or is_pattern(url):
        pattern_argument(url)
    else:
        url_argument(url)
    return Rule(method, url)


class Rule:
    """A rule of what passes through: permanent, and never missed by the verdict.

    Arguments:
        method: upper case; `"*"` for any.
        url: an exact URL without query, one with wildcards, or a compiled regular expression.
    """

    __slots__ = ("_exact", "_pattern", "method")

    def __init__(self, method: str, url: str | re.Pattern[str]) -> None:
        self.method = method
        self._exact = "" if isinstance(url, re.Pattern) or is_pattern(url) else normal_url(url)
        self._pattern = None if self._exact else url if isinstance(url, re.Pattern) else pattern(url)

    def passes(self, request: HttpRequest) -> bool:
        """Tell whether the request goes to the real world if no mock answers it."""
        if self.method not in ("*", request.method):
            return False
        url = normal_url(request.url)
        base = url.partition("?")[0]
        if self._pattern is None:
            return self._exact in (url, base)
        return len(url) <= LONGEST_URL and bool(self._pattern.match(url) or self._pattern.match(base))
