"""HTTP: one script for every HTTP client."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn, Unpack

from bigfoot import report
from bigfoot.errors import InteractionMismatchError, InvalidArgumentError, UnmockedInteractionError
from bigfoot.fake import Fake, Source
from bigfoot.interaction import Interaction
from bigfoot.masking import masked
from bigfoot.origin import caller
from bigfoot.script import Step, is_exception
from bigfoot.transports import aiohttp, http_client, httpx, httpx2, niquests, requests, urllib
from bigfoot.transports.http import HttpReply, HttpRequest, PassThrough
from bigfoot.transports.http_delivery import Deferred, deliver
from bigfoot.transports.http_script import Delay, Fault
from bigfoot.verifier import StrictVerifier

from . import http_reply, http_stream
from .http_assert import HttpAssertionBuilder, HttpCall
from .http_explain import near_misses
from .http_mount import Application, mounted, run_apart
from .http_promise import Echo, ErrorOptions, Options, mocks, route
from .http_record import client, details, extras, shown_url, summary
from .http_reply import UNSET
from .http_request import Request
from .http_routes import Group, Mock, Routes, Rule, is_pattern, method_argument, pattern_argument, url_argument

_SOURCE = "http:request"


class HttpPlugin(Fake):
    """`bigfoot.http`: answers httpx, httpx2, requests, urllib3, urllib, aiohttp and whatever rides on them.

    Example:
        >>> bigfoot.http.mock_response("GET", "https://api.example.com/users", json=[])  # doctest: +SKIP
    """

    name = "http"
    seams = (
        httpx.SEAM,
        httpx2.SEAM,
        aiohttp.SEAM,
        http_client.SEAM,
        requests.SEAM,
        niquests.SEAM,
        urllib.SEAM,
    )
    takes = (HttpRequest,)

    def __init__(self, verifier: StrictVerifier) -> None:
        super().__init__(verifier)
        self._timeline = verifier.timeline
        self._routes = Routes()
        self._rules: list[Rule] = []
        self._group: Group | None = None
        self._require_response = verifier.config.flag("http.require_response", False)
        self.request = Source(_SOURCE)

    @property
    def calls(self) -> list[HttpCall]:
        """The HTTP interactions so far, in order."""
        return [HttpCall(found) for found in self.verifier.timeline if found.source_id == _SOURCE]

    def mock_response(
        self,
        method: str,
        url: str | re.Pattern[str],
        *,
        json: Any = UNSET,
        body: str | bytes | None = None,
        status: int = 200,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        params: Mapping[str, Any] | None = None,
        required: bool = True,
        times: int | None = 1,
        **options: Unpack[Options],
    ) -> None:
        """Promise a response; mocks of the same request answer in the order in which they were promised.

        Arguments:
            method: the HTTP method, in any case; `"*"` for any.
            url: an absolute URL; or one with wildcards, where `*` stands for any characters and `{name}` for one
                segment of the path; or a compiled regular expression, matched from the beginning. A URL's own query
                must be the request's, in any order; a URL without one answers any query.
            json: the body as a structure; sets `Content-Type: application/json` unless `headers` has one.
            body: the body as text (UTF-8) or bytes.
            status: the status code, 100 to 599.
            headers: a mapping, or a list of (name, value) pairs where a name comes twice.
            params: query parameters that the request must have, compared as strings; it may have more.
            required: whether the verdict misses the call when it never comes.
            times: how many calls it answers; None for any number.
            options: what else it answers with (`Refinements`), which requests it answers (`Matching`), `callback`
                (takes the `Request` and returns an answer, sync or async) or `responses` (answers, one a call).

        Raises:
            InvalidArgumentError: an argument cannot be meant.

        Example:
            >>> bigfoot.http.mock_response("POST", "https://api.example.com/users", status=201)  # doctest: +SKIP
        """
        answer: dict[str, Any] = {"status": status, "headers": headers, "json": json, "body": body, **options}
        self._promise(method, url, answer, params=params, times=times, required=required)

    def mock_error(
        self,
        method: str,
        url: str | re.Pattern[str],
        *,
        fault: str | None = None,
        raises: BaseException | type[BaseException] | None = None,
        params: Mapping[str, Any] | None = None,
        required: bool = True,
        times: int | None = 1,
        **options: Unpack[ErrorOptions],
    ) -> None:
        """Promise that a request fails.

        Arguments:
            method: the HTTP method, in any case; `"*"` for any.
            url: as for `mock_response`.
            fault: what the wire does; the client makes its own exception of it. One of `"refused"`, `"dns"`,
                `"tls"`, `"timeout"`, `"stall"`, `"reset"`, `"empty"`, `"truncated"`, `"garbage"`.
            raises: an exact exception, raised as it is.
            params: as for `mock_response`.
            required: as for `mock_response`.
            times: as for `mock_response`.
            options: `phase` (of a timeout: `"connect"` or `"read"`; of tls: `"certificate"` or `"host"`), `delay`,
                and which requests it answers (`Matching`).

        Raises:
            InvalidArgumentError: an argument cannot be meant.

        Example:
            >>> bigfoot.http.mock_error("GET", "https://api.example.com/", fault="reset")  # doctest: +SKIP
        """
        if (fault is None) == (raises is None):
            raise InvalidArgumentError("fault", fault, "give a fault of the wire or raises, one of the two")
        if raises is not None and not is_exception(raises):
            raise InvalidArgumentError("raises", raises, "give an exception, or a class of exceptions")
        answer: dict[str, Any] = dict(options)
        phase = answer.pop("phase", None)
        happens = None if fault is None else http_stream.fault(fault, phase)
        if fault == "truncated":
            answer |= {"status": 200, "headers": {"Content-Length": 1024}, "body": "cut off"}
        self._promise(method, url, answer, params=params, times=times, required=required, fault=happens, raises=raises)

    def mount(self, url: str, app: Application, *, required: bool = False) -> None:
        """Answer every request below a URL from an application in this process, recorded like any mock.

        Arguments:
            url: where it is mounted, such as `"https://api.example.com"`; the path below it is the application's.
            app: an ASGI or WSGI application.
            required: whether the verdict misses a call when none comes.

        Raises:
            InvalidArgumentError: an argument cannot be meant.

        Example:
            >>> bigfoot.http.mount("https://api.example.com", app)  # doctest: +SKIP
        """
        base = url_argument(url).partition("?")[0].rstrip("/")
        under = re.compile(re.escape(base) + r"(?:[/?].*)?\Z", re.DOTALL)
        self._promise("*", under, {"callback": mounted(app, base)}, params=None, times=None, required=required)

    def _promise(self, method: Any, url: Any, answer: dict[str, Any], **said: Any) -> None:
        where = route(url)
        made = mocks(method, url, where, answer, group=self._group, **said)
        with self.verifier.timeline.lock:
            for mock in made:
                self._routes.add(mock, where.base)

    def pass_through(self, method: str, url: str | re.Pattern[str]) -> None:
        """Let matching requests reach the real server where no mock answers them; they are recorded all the same.

        Arguments:
            method: the HTTP method; `"*"` for any.
            url: an absolute URL (any query), one with wildcards, or a compiled regular expression, as for
                `mock_response`.

        Raises:
            InvalidArgumentError: an argument cannot be meant.

        Example:
            >>> bigfoot.http.pass_through("GET", "https://api.example.com/*")  # doctest: +SKIP
        """
        method = method_argument(method)
        if isinstance(url, re.Pattern) or is_pattern(url):
            pattern_argument(url)
        else:
            url_argument(url)
        self._rules.append(Rule(method, url))

    def base(self, url: str) -> HttpBase:
        """Return what promises below a URL: its `mock_response`, `mock_error` and `pass_through` take paths.

        Arguments:
            url: an absolute URL, such as `"https://api.example.com/v1"`.

        Raises:
            InvalidArgumentError: it is no absolute URL.

        Example:
            >>> api = bigfoot.http.base("https://api.example.com/v1")  # doctest: +SKIP
            >>> api.mock_response("GET", "/users", json=[])  # doctest: +SKIP
        """
        url_argument(url)
        return HttpBase(self, url.rstrip("/"))

    @contextmanager
    def ordered(self) -> Iterator[None]:
        """Make the mocks that are promised in this block answer in the order in which they are promised.

        Example:
            >>> with bigfoot.http.ordered():  # doctest: +SKIP
            ...     bigfoot.http.mock_response("POST", "https://api.example.com/login")
            ...     bigfoot.http.mock_response("GET", "https://api.example.com/me", json={})
        """
        outer, self._group = self._group, Group()
        try:
            yield
        finally:
            self._group = outer

    @staticmethod
    def delay(seconds: float, *, real_time: bool = False) -> Delay:
        """Return a pause, to stand between the pieces of `stream=` and `sse=`.

        Arguments:
            seconds: how long.
            real_time: whether it is waited for; if not, it is compared with the client's own timeout.

        Raises:
            InvalidArgumentError: it is not a number of seconds.
        """
        return http_stream.delay(seconds, real_time=real_time)

    @staticmethod
    def fault(kind: str, phase: str | None = None) -> Fault:
        """Return a fault of the wire, to stand between the pieces of `stream=` and `sse=`.

        Arguments:
            kind: as for `mock_error`.
            phase: as for `mock_error`.

        Raises:
            InvalidArgumentError: there is no such fault or phase.
        """
        return http_stream.fault(kind, phase)

    @staticmethod
    def echo(name: str) -> Any:
        """Return what stands, in an answer, for the value of `{name}` in the URL of the call.

        Example:
            >>> bigfoot.http.mock_response(  # doctest: +SKIP
            ...     "GET", "https://api.example.com/users/{id}", json={"id": bigfoot.http.echo("id")}
            ... )
        """
        return Echo(name)

    def answer(self, call: HttpRequest) -> Interaction | None:
        """Answer a request by the next mock that is meant for it, else by a rule of what passes through."""
        if call.body is None and not self._surely_passes(call):
            return None
        interaction = Interaction(_SOURCE, self, call, None, "mock", call.origin or caller(2))
        with self._timeline.lock:
            mock = self._routes.take(call.method, call.url) if call.body is not None else None
            if mock is not None:
                self._record(mock, interaction)
        if mock is None and call.body is not None:
            mock = self._search(call, interaction)
        if mock is not None:
            if interaction.answer is None:
                self._give(mock, call, interaction)
            return interaction
        if any(rule.passes(call) for rule in self._rules):
            passed = PassThrough()
            passed.interaction = interaction
            interaction.how = "pass-through"
            interaction.answer = passed
            self._timeline.append(interaction)
            return interaction
        raise self.verifier.refuse(self._unmocked(call, interaction))

    def _record(self, mock: Mock, interaction: Interaction) -> None:
        """Put the call on the timeline; the lock is held."""
        reply = mock.reply
        if reply is not None and reply.plain:
            interaction.answer = reply
        if mock.used <= 3:  # enough to say who used it up
            mock.answered.append(interaction.origin)
        self._timeline.add(interaction)

    def _search(self, call: HttpRequest, interaction: Interaction) -> Mock | None:
        """Use the first mock that answers the call, where telling takes user code: matchers, callables."""
        lock = self.verifier.timeline.lock
        with lock:
            candidates = self._routes.candidates(call.method, call.url)
        for mock, queue in candidates:
            request = Request(call, mock.path_params(call.url))
            if not all(criterion.meets(request) for criterion in mock.criteria):
                continue
            with lock:
                if mock.left != 0 and (mock.group is None or mock.group.admits(mock)):
                    queue.use(mock)
                    self._record(mock, interaction)
                    return mock
        return None

    def _give(self, mock: Mock, call: HttpRequest, interaction: Interaction) -> None:
        """Make the answer of a call that is on the timeline. Runs user code: callbacks."""
        if mock.raises is not None:
            self._fail(interaction, mock.raises if isinstance(mock.raises, BaseException) else mock.raises())
        if mock.callback is None:
            assert mock.reply is not None
            deliver(interaction, mock.reply)
            return
        try:
            made = mock.callback(Request(call, mock.path_params(call.url)))
            if not isinstance(made, Awaitable):
                deliver(interaction, _reply(made))
            elif call.awaits:
                interaction.answer = Deferred(interaction, made, _reply)
            elif getattr(mock.callback, "anywhere", False):
                deliver(interaction, _reply(run_apart(made)))
            else:
                if isinstance(made, Coroutine):
                    made.close()
                remedy = f"{call.client} cannot wait for it: give a plain function"
                raise InvalidArgumentError("callback", mock.callback, remedy)
        except BaseException as error:
            self._fail(interaction, error)

    @staticmethod
    def _fail(interaction: Interaction, error: BaseException) -> NoReturn:
        interaction.how = "error"
        interaction.answer = error
        interaction.done()
        raise error

    def _surely_passes(self, call: HttpRequest) -> bool:
        if not self._rules or not any(rule.passes(call) for rule in self._rules):
            return False
        with self.verifier.timeline.lock:
            return not self._routes.candidates(call.method, call.url)

    def _unmocked(self, call: HttpRequest, interaction: Interaction) -> UnmockedInteractionError:
        url = shown_url(call.url)
        arguments = {"json": report.Raw("{}")}
        # A mock must be told its URL; one that has a secret in its query is answered by its base as well.
        told = url if masked(url) == url else url.partition("?")[0]
        fix = report.call("bigfoot.http.mock_response", arguments, repr(call.method), report.value(told))
        with self.verifier.timeline.lock:
            everything = self._routes.everything()
        notes = near_misses(everything, Request(call))
        hint = report.unmocked(f"{call.method} {url}", origin=interaction.origin, fix=fix, notes=notes)
        return UnmockedInteractionError(_SOURCE, (call.method, url), {}, hint)

    def details(self, interaction: Interaction) -> dict[str, Any]:
        return details(interaction)

    def extras(self, interaction: Interaction) -> Mapping[str, Any]:
        return extras(interaction)

    def client(self, interaction: Interaction) -> str:
        return client(interaction)

    def unused(self) -> Iterable[Step]:
        with self.verifier.timeline.lock:
            return [mock for mock in self._routes if mock.wanting]

    def summary(self, interaction: Interaction) -> str:
        return summary(interaction)

    def assertion(self, interaction: Interaction) -> str:
        fields = interaction.details
        request = report.call(
            "bigfoot.http.assert_request",
            {"headers": fields["request_headers"], "body": fields["request_body"]},
            repr(fields["method"]),
            report.value(fields["url"]),
        )
        if fields["status"] is None:
            error = interaction.extras["error"]
            shown = repr(error.kind) if isinstance(error, Fault) else type(error).__name__
            return report.call(f"{request}.assert_error", {}, shown)
        response = {"headers": fields["response_headers"], "body": fields["response_body"]}
        return report.call(f"{request}.assert_response", response, repr(fields["status"]))

    def assert_request(
        self,
        method: Any,
        url: Any,
        headers: Any = UNSET,
        body: Any = "",
        require_response: bool | None = None,
    ) -> HttpAssertionBuilder:
        """Assert the next request.

        Arguments:
            method: the HTTP method, in any case, or a matcher.
            url: the URL with its query, or a matcher.
            headers: the headers that the code set (what the client adds by itself need not be named), or a
                matcher. None by default; `headers=None` leaves them unchecked.
            body: text, bytes, or the structure that the JSON holds, or a matcher. Empty by default; `body=None`
                leaves it unchecked.
            require_response: whether the verdict also asks for `.assert_response(...)`; None for the project's
                setting `[tool.bigfoot.http] require_response`.

        Returns:
            HttpAssertionBuilder: has `assert_response` and `assert_error`, for the same interaction.

        Raises:
            InteractionMismatchError: the next interaction is another one.

        Example:
            >>> bigfoot.http.assert_request(
            ...     "POST", "https://api.example.com/users", headers={"x-id": "7"}, body={"name": "Alice"}
            ... ).assert_response(201)  # doctest: +SKIP
        """
        expected: dict[str, Any] = {"method": method.upper() if isinstance(method, str) else method, "url": url}
        if headers is not None:
            expected["request_headers"] = {} if headers is UNSET else headers
        if body is not None:
            expected["request_body"] = body
        required = self._require_response if require_response is None else require_response
        # The response's fields are asserted by the builder, and owed only where the project or the call says so.
        interaction = self.verifier.claim(_SOURCE, expected, owed="response")
        if not required:
            interaction.owed = None
        return HttpAssertionBuilder(self.verifier, interaction)

    def assert_called_n(self, times: int, method: str, url: str | re.Pattern[str]) -> None:
        """Assert how often a request was made, mocked or passed through. It claims no interaction.

        Arguments:
            times: how often.
            method: the HTTP method, in any case; `"*"` for any.
            url: as for `mock_response`.

        Raises:
            InteractionMismatchError: it was made more or less often.

        Example:
            >>> bigfoot.http.assert_called_n(2, "GET", "https://api.example.com/users")  # doctest: +SKIP
        """
        self.verifier.refuse_inside()
        rule = Rule(method_argument(method), url)
        found = [call.interaction for call in self.calls if rule.passes(call.interaction.call)]
        if len(found) != times:
            expected = {"source_id": _SOURCE, "method": method, "url": url, "times": times}
            raise InteractionMismatchError(expected, None, report.wrong_count(method, url, times, found))


class HttpBase:
    """Promises below one URL; made by `bigfoot.http.base(url)`."""

    def __init__(self, plugin: HttpPlugin, url: str) -> None:
        self._plugin = plugin
        self._url = url

    def _under(self, path: str) -> str:
        if not isinstance(path, str) or not path.startswith("/"):
            raise InvalidArgumentError("path", path, 'give a path that begins with "/"')
        return self._url + path

    def mock_response(self, method: str, path: str, **arguments: Any) -> None:
        """Promise a response to a path; the arguments are those of `bigfoot.http.mock_response`."""
        self._plugin.mock_response(method, self._under(path), **arguments)

    def mock_error(self, method: str, path: str, **arguments: Any) -> None:
        """Promise that a path fails; the arguments are those of `bigfoot.http.mock_error`."""
        self._plugin.mock_error(method, self._under(path), **arguments)

    def pass_through(self, method: str, path: str) -> None:
        """Let a path reach the real server; see `bigfoot.http.pass_through`."""
        self._plugin.pass_through(method, self._under(path))


def _reply(made: Any) -> HttpReply:
    """Return the reply that the result of a callback describes.

    Raises:
        InvalidArgumentError: it is no answer.
    """
    if isinstance(made, HttpReply):
        return made
    if not isinstance(made, Mapping):
        raise InvalidArgumentError("callback", made, 'return an answer, such as {"status": 201, "json": {}}')
    return http_reply.build(made)
