"""From the arguments of `mock_response` and its like to the mocks that go on a route."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from bigfoot import report
from bigfoot.errors import InvalidArgumentError
from bigfoot.origin import caller
from bigfoot.script import flag_argument, is_exception, times_argument
from bigfoot.transports.http_script import Fault
from bigfoot.urls import is_normal

from . import http_reply
from .http_match import Matching, criteria
from .http_query import query_criteria
from .http_reply import Answer, Refinements
from .http_request import Request
from .http_routes import Group, Mock
from .http_url import is_pattern, method_argument, pattern_argument, url_argument


class Options(Refinements, Matching, total=False):
    """The further options of `mock_response`: those of `Refinements` and `Matching`, and these.

    Attributes:
        callback: takes the `Request`; returns an answer (a mapping as `Answer` describes it), or raises. It may be a
            coroutine function where the client is async.
        responses: answers, one for each call.
    """

    callback: Callable[[Request], Any]
    responses: Sequence[Answer]


class ErrorOptions(Matching, total=False):
    """The further options of `mock_error`: those of `Matching`, and these.

    Attributes:
        phase: of a timeout, `"connect"` or `"read"`; of tls, `"certificate"` or `"host"`.
        delay: seconds before the fault, virtual unless `real_time`.
        real_time: whether `delay` is waited for.
    """

    phase: str
    delay: float
    real_time: bool


class Echo(NamedTuple):
    """Stands, in an answer, for the value of `{name}` in the URL of the call.

    Attributes:
        name: of the path parameter.
    """

    name: str


class Route(NamedTuple):
    """Where a mock stands.

    Attributes:
        base: the exact URL without query; empty where there is a pattern.
        query: the sorted query of the URL itself; None if it has none.
        pattern: what matches the URL, where it is not exact.
    """

    base: str
    query: tuple[tuple[str, str], ...] | None
    pattern: re.Pattern[str] | None

    def example(self) -> dict[str, str]:
        """Return some values of the named parts of its URL."""
        return dict.fromkeys(self.pattern.groupindex if self.pattern else (), "7")


def route(url: Any) -> Route:
    """Check the URL of a mock.

    Raises:
        InvalidArgumentError: it cannot be meant.
    """
    if type(url) is str and is_normal(url):  # so it has neither wildcards nor a query
        return Route(url, None, None)
    if isinstance(url, re.Pattern) or is_pattern(url):
        return Route("", None, pattern_argument(url))
    base, mark, query = url_argument(url).partition("?")
    return Route(base, tuple(sorted(parse_qsl(query, keep_blank_values=True))) if mark else None, None)


_MATCHING = frozenset(Matching.__annotations__)


def mocks(
    method: Any,
    url: Any,
    where: Route,
    answer: Mapping[str, Any],
    *,
    params: Any,
    times: Any,
    required: Any,
    group: Group | None,
    fault: Fault | None = None,
    raises: BaseException | type[BaseException] | None = None,
) -> list[Mock]:
    """Return the mocks that a promise comes to: one, or one for each of its `responses`.

    Raises:
        InvalidArgumentError: an argument cannot be meant.
    """
    method = method_argument(method)
    times = times_argument(times)
    required = flag_argument("required", required)
    callback = None
    answers: Sequence[Mapping[str, Any]]
    if answer.keys() <= http_reply.BASIC:
        query, asked = query_criteria(where.query, params, None)
        answers = (answer,)
    else:
        if fault is None and raises is None:
            refuse_unknown(answer, _KNOWN)
        which = {name: answer[name] for name in _MATCHING.intersection(answer)}
        answer = {name: given for name, given in answer.items() if name not in which}
        query, asked = query_criteria(where.query, params, which.get("exact_params"))
        if which:
            asked = (*asked, *criteria(which))
        callback = _callback(answer)
        answers = _answers(answer, times)
    found = []
    for one in answers:
        reply, makes = None, callback
        if makes is None and _echoes(one):
            http_reply.build(_echoed(one, where.example()))  # refuses what cannot be meant
            makes = functools.partial(_echoing, one)
        elif makes is None and raises is None:
            reply = http_reply.build(one, keep=times != 1, fault=fault)
        mock = Mock(
            method,
            url,
            reply=reply,
            callback=makes,
            raises=raises,
            query=query,
            criteria=asked,
            pattern=where.pattern,
            group=group,
            required=required,
            times=times,
            origin=caller(),
        )
        found.append(mock)
    return found


def exception_argument(raises: Any, options: Mapping[str, Any]) -> None:
    """Check what a mock is to raise, and that nothing is asked of it that only a fault of the wire has.

    Raises:
        InvalidArgumentError: it is no exception, or a class whose exceptions need arguments, or an option is a fault's.
    """
    if not is_exception(raises):
        raise InvalidArgumentError("raises", raises, "give an exception, or a class of exceptions")
    if isinstance(raises, type):
        try:
            raises()
        except TypeError as error:
            raise InvalidArgumentError("raises", raises, f"give an exception of this class: {error}") from None
    for name in ("phase", "delay", "real_time"):
        if options.get(name) is not None:
            raise InvalidArgumentError(name, options[name], "it goes with fault, not with raises")


def refuse_unknown(options: Mapping[str, Any], known: Set[str]) -> None:
    """Refuse options that there are not.

    Raises:
        InvalidArgumentError: there is one; it says which may be meant.
    """
    for name in options:
        if name not in known:
            meant = report.meant(name, known | {"params", "required", "times"})
            raise InvalidArgumentError(name, options[name], f"there is no such argument{meant}")


_KNOWN = Answer.__annotations__.keys() | Options.__annotations__.keys()
OF_ERRORS = ErrorOptions.__annotations__.keys() | set()


def _callback(answer: dict[str, Any]) -> Callable[[Request], Any] | None:
    """Take the callback out of the arguments; with it goes none that would say what it is to say."""
    callback: Callable[[Request], Any] | None = answer.pop("callback", None)
    if callback is None:
        return None
    if not callable(callback):
        raise InvalidArgumentError("callback", callback, "give a function that takes the request and returns an answer")
    for name, value in answer.items():
        if _said(name, value):
            raise InvalidArgumentError(name, value, "leave it out with callback, which returns the whole answer")
    return callback


def _answers(answer: dict[str, Any], times: int | None) -> list[Mapping[str, Any]]:
    """Return the answers that a promise is made of: itself, or its `responses`."""
    responses = answer.pop("responses", None)
    if responses is None:
        return [answer]
    remedy = "give a list of answers, such as [{'status': 503}, {'json': {}}]"
    if isinstance(responses, (str, bytes, Mapping)) or not isinstance(responses, Sequence) or not responses:
        raise InvalidArgumentError("responses", responses, remedy)
    if times != 1:
        raise InvalidArgumentError("times", times, "leave it out with responses: each of them answers one call")
    for one in responses:
        if not isinstance(one, Mapping):
            raise InvalidArgumentError("responses", one, remedy)
    given = {name: value for name, value in answer.items() if _said(name, value)}
    return [{**given, **one} for one in responses]


def _said(name: str, value: Any) -> bool:
    """Tell whether an argument was given, and is not just what `mock_response` has by default."""
    return not (value is http_reply.UNSET or value is None or (name == "status" and value == 200))


def _echoes(answer: Any) -> bool:
    try:
        return _has_echo(answer)
    except RecursionError:  # it contains itself, or is too deep: whoever writes it as JSON will say so
        return False


# What most answers are made of: asked first, as every promise is searched.
_PLAIN = frozenset({str, bytes, int, float, bool, type(None), type(http_reply.UNSET)})


def _has_echo(answer: Any) -> bool:
    if type(answer) in _PLAIN:
        return False
    if isinstance(answer, Echo):
        return True
    if isinstance(answer, dict) or isinstance(answer, Mapping):  # noqa: SIM101 - the first is far cheaper
        for value in answer.values():  # noqa: SIM110 - a generator costs more than the search
            if type(value) not in _PLAIN and _has_echo(value):
                return True
        return False
    return isinstance(answer, (list, tuple)) and any(map(_has_echo, answer))


def _echoing(answer: Any, request: Request) -> Any:
    return _echoed(answer, request.path_params)


def _echoed(answer: Any, named: Mapping[str, str]) -> Any:
    """Return an answer with the values of the request in the place of each `Echo`."""
    if isinstance(answer, Echo):
        if answer.name not in named:
            meant = report.meant(answer.name, named)
            raise InvalidArgumentError("echo", answer.name, f"the URL of the mock has no {{{answer.name}}}{meant}")
        return named[answer.name]
    if isinstance(answer, Mapping):
        return {name: _echoed(value, named) for name, value in answer.items()}
    if isinstance(answer, (list, tuple)):
        return [_echoed(item, named) for item in answer]
    return answer
