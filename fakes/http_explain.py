"""Why nothing answered a request: the nearest mocks, criterion by criterion."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple

from bigfoot import report
from bigfoot.timeline import Difference
from bigfoot.urls import normal_url

from .http_request import Request
from .http_routes import Mock, matches

_MOST_WEIGHED = 300
_MOST_SHOWN = 3


class Verdict(NamedTuple):
    """How a mock and a request come together on one criterion.

    Attributes:
        name: of the criterion.
        met: whether the request is so.
        lines: what differs, for the reader.
    """

    name: str
    met: bool
    lines: list[str]


def near_misses(mocks: Iterable[Mock], request: Request) -> list[str]:
    """Return the lines that tell, of the mocks nearest to a request, what is met and what is not."""
    weighed = sorted(((_distance(mock, request), number, mock) for number, mock in enumerate(mocks)))[:_MOST_WEIGHED]
    farthest = min(0.5, weighed[0][0] + 0.25) if weighed else 0.0
    close = [(verdicts(mock, request), distance, mock) for distance, _, mock in weighed if distance < farthest]
    close.sort(key=lambda found: (sum(not verdict.met for verdict in found[0]), found[1]))
    lines: list[str] = []
    for found, _, mock in close[:_MOST_SHOWN]:
        lines.append(f"{mock.describe()}   # at {mock.origin}")
        if mock.left == 0 and all(verdict.met for verdict in found):
            lines.append(f"    has answered {mock.used} of {mock.used} times already{_by(mock)}")
            if request.client == "aiohttp" and _unheard(mock):
                lines.append("    and aiohttp makes such a call again by itself after this fault: promise it twice")
            continue
        for verdict in found:
            lines.append(f"    {'matched    ' if verdict.met else 'NOT MATCHED'} {verdict.name}")
            lines += [f"        {line}" for line in verdict.lines]
        if mock.left == 0:
            lines.append(f"    and it has answered {mock.used} of {mock.used} times already{_by(mock)}")
        elif mock.group is not None and not mock.group.admits(mock):
            lines.append("    and it waits for the mocks before it: they were promised with bigfoot.http.ordered()")
    return lines


def _unheard(mock: Mock) -> bool:
    """Tell whether the connection ends before a word of an answer: aiohttp then sends an idempotent request again."""
    fault = None if mock.reply is None else mock.reply.fault
    return fault is not None and fault.kind in ("reset", "empty")


def _by(mock: Mock) -> str:
    places = ", ".join(str(place) for place in mock.answered[:3])
    return f", by calls at {places}" if places else ""


def verdicts(mock: Mock, request: Request) -> list[Verdict]:
    """Return, criterion by criterion, whether the request is as the mock asks. Runs user code."""
    url = normal_url(request.url)
    base, _, query = url.partition("?")
    same_url = matches(mock, base, url) if mock.pattern else normal_url(str(mock.url)).partition("?")[0] == base
    found = [_verdict("method", mock.method in ("*", request.method), mock.method, request.method)]
    found.append(_verdict("url", same_url, report.Raw(_shown(mock)), report.Raw(base)))
    if mock.query is not None:
        name = "query" if mock.query.name == "url" else mock.query.name
        found.append(_verdict(name, mock.allows(query), mock.query.shown, request.params))
    for criterion in mock.criteria:
        try:
            met = criterion.meets(request)
        except Exception as error:  # a matcher's own fault: it is the finding, and it has been raised to the caller
            found.append(Verdict(criterion.name, False, [f"it raised {type(error).__name__}: {error}"]))
            continue
        found.append(_verdict(criterion.name, met, criterion.expected, criterion.actual(request)))
    return found


def _shown(mock: Mock) -> str:
    return str(getattr(mock.url, "pattern", mock.url))


def _verdict(name: str, met: bool, expected: object, actual: object) -> Verdict:
    lines = [] if met else report.difference(Difference(name, expected, actual))[1:]
    return Verdict(name, met, [line.strip() for line in lines])


def _distance(mock: Mock, request: Request) -> float:
    """Return how far a mock is from a request by its URL and method: 0 is the same."""
    url = normal_url(request.url).partition("?")[0]
    wanted = _shown(mock).partition("?")[0]
    if wanted == url or (mock.pattern is not None and matches(mock, url, url)):
        ratio = 1.0
    else:
        ratio = difflib.SequenceMatcher(None, wanted[-200:], url[-200:]).ratio()
    return (1 - ratio) + (0 if mock.method in ("*", request.method) else 0.1)
