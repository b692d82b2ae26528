"""HTTP: one script for every HTTP client."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Unpack

from bigfoot import report
from bigfoot.errors import InvalidArgumentError
from bigfoot.fake import Fake, Source
from bigfoot.interaction import Interaction
from bigfoot.script import Step
from bigfoot.transports import aiohttp, http_client, httpx, httpx2, niquests, requests, urllib
from bigfoot.transports.http import HttpRequest
from bigfoot.transports.http_script import Delay, Fault
from bigfoot.verifier import StrictVerifier

from . import http_stream
from .http_answer import Answering
from .http_assert import HttpAssertions
from .http_base import HttpBase
from .http_mount import Application, mounted
from .http_promise import OF_ERRORS, Echo, ErrorOptions, Options, exception_argument, mocks, refuse_unknown, route
from .http_record import SOURCE, client, details, ended_in, extras, summary
from .http_reply import UNSET
from .http_routes import Group, rule
from .http_url import url_argument


class HttpPlugin(Fake, HttpAssertions):
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
        self._answering = Answering(self)
        self.answer = self._answering.answer  # type: ignore[method-assign]  # spares every call a frame
        self._group: Group | None = None
        self._require_response = verifier.config.flag("http.require_response", False)
        self.request = Source(SOURCE)

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
        answer: dict[str, Any] = dict(options)
        refuse_unknown(answer, OF_ERRORS)
        phase = answer.pop("phase", None)
        if raises is not None:
            exception_argument(raises, {"phase": phase, **answer})
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
                self._answering.routes.add(mock, where.base)

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
        self._answering.rules.append(rule(method, url))

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
        if not isinstance(name, str):
            raise InvalidArgumentError("name", name, "give the name of a part of the URL")
        return Echo(name)

    def details(self, interaction: Interaction) -> dict[str, Any]:
        return details(interaction)

    def extras(self, interaction: Interaction) -> Mapping[str, Any]:
        return extras(interaction)

    def client(self, interaction: Interaction) -> str:
        return client(interaction)

    def unused(self) -> Iterable[Step]:
        with self.verifier.timeline.lock:
            return [mock for mock in self._answering.routes if mock.wanting]

    def summary(self, interaction: Interaction) -> str:
        return summary(interaction)

    def assertion(self, interaction: Interaction) -> str:
        fields = interaction.details
        request = report.statement(
            "bigfoot.http.assert_request",
            {"headers": fields["request_headers"], "body": fields["request_body"]},
            repr(fields["method"]),
            report.source(fields["url"]),
        )
        if fields["status"] is None:
            return f"{request}.assert_error({ended_in(interaction)})"
        response = {"headers": fields["response_headers"], "body": fields["response_body"]}
        return report.statement(f"{request}.assert_response", response, repr(fields["status"]))
