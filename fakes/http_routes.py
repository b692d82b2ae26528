"""The script of HTTP: mocks by exact route, mocks by pattern, and the rules of what passes through."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from bigfoot import report
from bigfoot.errors import InvalidArgumentError
from bigfoot.origin import Origin
from bigfoot.script import Queue, Step
from bigfoot.transports.http import HttpReply, HttpRequest
from bigfoot.urls import normal_url

from .http_match import Criterion, PlainQuery
from .http_request import Request

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
        for mock in queue:
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


_WILD = re.compile(r"(\*|\{[A-Za-z_]\w*\})")


def is_pattern(url: Any) -> bool:
    """Tell whether a URL has wildcards: `*`, or `{name}`."""
    return isinstance(url, str) and _WILD.search(url) is not None


def pattern(url: str) -> re.Pattern[str]:
    """Return the regular expression of a URL with wildcards.

    `*` stands for any characters, `{name}` for one segment of the path. Host and scheme in any case.
    """
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    head = f"{scheme}://{authority}".lower() if separator else ""
    parts = _WILD.split(f"{head}{slash}{path}" if separator else url)
    return re.compile("".join(map(_expression, parts)) + r"\Z", re.DOTALL)


def _expression(part: str) -> str:
    if part == "*":
        return ".*"
    if part.startswith("{") and _WILD.fullmatch(part):
        return f"(?P<{part[1:-1]}>[^/?#]+)"
    return re.escape(part)


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


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def method_argument(method: Any) -> str:
    """Check a method and return it in upper case.

    Raises:
        InvalidArgumentError: it is not a token such as `"GET"`, nor `"*"`.
    """
    if not isinstance(method, str) or not _TOKEN.fullmatch(method):
        raise InvalidArgumentError("method", method, 'give an HTTP method such as "GET", or "*" for any')
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
        shown = report.value(url)
        raise InvalidArgumentError("url", shown, "leave the user info out: it travels in the Authorization header")
    try:
        normal = normal_url(url)
    except ValueError as error:
        raise InvalidArgumentError("url", url, f"{error}; {remedy}") from None
    if normal.partition("://")[2].startswith(("/", ":")):
        raise InvalidArgumentError("url", url, f"it has no host; {remedy}")
    return normal


def pattern_argument(url: Any) -> re.Pattern[str]:
    """Check a compiled regular expression, or a URL with wildcards, and return the expression.

    Raises:
        InvalidArgumentError: the expression is over bytes, or the URL begins with neither a scheme nor a wildcard.
    """
    if isinstance(url, re.Pattern):
        if not isinstance(url.pattern, str):
            raise InvalidArgumentError("url", url, "give a regular expression over text, not bytes")
        return url
    begins = "://" in url or url.startswith("*")
    if _CONTROL.search(url) or not begins:
        raise InvalidArgumentError(
            "url", url, 'begin with a scheme or a wildcard, as in "https://*/users/{id}" or "*/users/*"'
        )
    return pattern(url)
