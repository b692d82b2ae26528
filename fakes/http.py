"""HTTP: scripted replies for every HTTP client at once."""

from __future__ import annotations

import functools
import importlib.metadata
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bigfoot import report
from bigfoot.errors import InteractionMismatchError, InvalidArgumentError, UnmockedInteractionError
from bigfoot.fake import Fake, Source
from bigfoot.interaction import Interaction
from bigfoot.origin import caller
from bigfoot.script import Step, times_argument
from bigfoot.timeline import differences
from bigfoot.transports import aiohttp, http_client, httpx, httpx2, requests, urllib
from bigfoot.transports.http import HttpReply, HttpRequest, PassThrough, RawHeaders
from bigfoot.values import Body, Headers, Url, normal_url
from bigfoot.verifier import StrictVerifier

from . import http_reply
from .http_reply import UNSET
from .http_routes import Mock, Routes, Rule, method_argument, params_argument, split_query, url_argument

_SOURCE = "http:request"
_REQUEST_FIELDS = ("method", "url", "request_headers", "request_body")
_RESPONSE_FIELDS = ("status", "response_headers", "response_body")


class HttpPlugin(Fake):
    """`bigfoot.http`: answers httpx, httpx2, requests, urllib3, urllib, aiohttp and whatever rides on them.

    Example:
        >>> bigfoot.http.mock_response("GET", "https://api.example.com/users", json=[])  # doctest: +SKIP
    """

    name = "http"
    seams = (httpx.SEAM, httpx2.SEAM, aiohttp.SEAM, http_client.SEAM, requests.SEAM, urllib.SEAM)
    takes = (HttpRequest,)

    def __init__(self, verifier: StrictVerifier) -> None:
        super().__init__(verifier)
        self._routes = Routes()
        self._rules: list[Rule] = []
        self._require_response = verifier.config.flag("http.require_response", False)
        self.request = Source(_SOURCE)

    @property
    def calls(self) -> tuple[Interaction, ...]:
        """The HTTP interactions so far, in order."""
        return tuple(found for found in self.verifier.timeline if found.source_id == _SOURCE)

    def mock_response(
        self,
        method: str,
        url: str,
        *,
        json: Any = UNSET,
        body: str | bytes | None = None,
        status: int = 200,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        params: Mapping[str, Any] | None = None,
        required: bool = True,
        times: int | None = 1,
        reason: str | None = None,
    ) -> None:
        """Promise a response; mocks of the same request answer in the order in which they were promised.

        Arguments:
            method: the HTTP method, in any case.
            url: an absolute URL. Its own query string must be the request's, in any order; a URL without one
                answers any query.
            json: the body as a structure; sets `Content-Type: application/json` unless `headers` has one.
            body: the body as text (UTF-8) or bytes.
            status: the status code, 100 to 599.
            headers: a mapping, or a list of (name, value) pairs where a name comes twice.
            params: query parameters that the request must have, compared as strings; it may have more.
            required: whether the verdict misses the call when it never comes.
            times: how many calls it answers; None for any number.
            reason: the reason phrase; the status code's own by default.

        Raises:
            InvalidArgumentError: an argument cannot be meant.

        Example:
            >>> bigfoot.http.mock_response("POST", "https://api.example.com/users", status=201)  # doctest: +SKIP
        """
        method = method_argument(method)
        base, query = split_query(url_argument(url))
        mock = Mock(
            method,
            url,
            http_reply.build(status, headers, json, body, reason),
            query=query,
            params=params_argument(params),
            required=bool(required),
            times=times_argument(times),
            origin=caller(),
        )
        with self.verifier.timeline.lock:
            self._routes.add(mock, base)

    def pass_through(self, method: str, url: str | re.Pattern[str]) -> None:
        """Let matching requests reach the real server where no mock answers them; they are recorded all the same.

        Arguments:
            method: the HTTP method; `"*"` for any.
            url: an absolute URL (any query), a glob with `*` over the whole URL, or a compiled regular expression
                that matches the whole URL.

        Raises:
            InvalidArgumentError: an argument cannot be meant.

        Example:
            >>> bigfoot.http.pass_through("GET", "https://api.example.com/*")  # doctest: +SKIP
        """
        if method != "*":
            method = method_argument(method)
        if not isinstance(url, re.Pattern) and not (isinstance(url, str) and "*" in url):
            url_argument(url)
        if isinstance(url, re.Pattern) and not isinstance(url.pattern, str):
            raise InvalidArgumentError("url", url, "give a regular expression over text, not bytes")
        self._rules.append(Rule(method, url))

    def answer(self, call: HttpRequest) -> Interaction | None:
        """Answer a request by the next mock of its route, else by a rule of what passes through."""
        if call.body is None and not self._surely_passes(call):
            return None
        interaction = Interaction(_SOURCE, self, call, origin=call.origin or caller())
        timeline = self.verifier.timeline
        with timeline.lock:
            mock = self._routes.take(call.method, call.url) if call.body is not None else None
            if mock is not None:
                interaction.answer = mock.reply
                timeline.add(interaction)
                return interaction
        if any(rule.passes(call) for rule in self._rules):
            passed = PassThrough()
            passed.interaction = interaction
            interaction.how = "pass-through"
            interaction.answer = passed
            timeline.append(interaction)
            return interaction
        raise self.verifier.refuse(self._unmocked(call, interaction))

    def _surely_passes(self, call: HttpRequest) -> bool:
        if not self._rules or not any(rule.passes(call) for rule in self._rules):
            return False
        with self.verifier.timeline.lock:
            return not self._routes.might_answer(call.method, call.url)

    def _unmocked(self, call: HttpRequest, interaction: Interaction) -> UnmockedInteractionError:
        url = _shown_url(call.url)
        fix = report.call(
            "bigfoot.http.mock_response", {"json": report.Raw("{}")}, repr(call.method), report.value(url)
        )
        with self.verifier.timeline.lock:
            notes = self._routes.near(call.method, call.url)
        hint = report.unmocked(f"{call.method} {url}", origin=interaction.origin, fix=fix, notes=notes)
        return UnmockedInteractionError(_SOURCE, (call.method, url), {}, hint)

    def details(self, interaction: Interaction) -> dict[str, Any]:
        call: HttpRequest = interaction.call
        answer: HttpReply | PassThrough = interaction.answer
        passed = isinstance(answer, PassThrough)
        sent = bytes(answer.sent.data) if isinstance(answer, PassThrough) and call.body is None else call.body or b""
        received = bytes(answer.received.data) if isinstance(answer, PassThrough) else answer.body_for(call.method)
        url = _shown_url(call.url)
        return {
            "method": call.method,
            "url": Url(url),
            "request_headers": Headers(call.headers, functools.partial(_added, call.defaults, url)),
            "request_body": _content(sent, call.headers),
            "status": answer.status,
            "response_headers": Headers(answer.headers, _connection if passed else None),
            "response_body": _content(received, answer.headers),
        }

    def client(self, interaction: Interaction) -> str:
        name: str = interaction.call.client
        return f"{name} {_version(name)}".rstrip()

    def unused(self) -> Iterable[Step]:
        with self.verifier.timeline.lock:
            mocks = [mock for mock in self._routes if mock.wanting]
        return mocks

    def summary(self, interaction: Interaction) -> str:
        details = interaction.details
        status = details["status"] if details["status"] is not None else "no response"
        return f"{details['method']} {details['url']} -> {status}"

    def assertion(self, interaction: Interaction) -> str:
        details = interaction.details
        request = report.call(
            "bigfoot.http.assert_request",
            {"headers": details["request_headers"], "body": details["request_body"]},
            repr(details["method"]),
            report.value(details["url"]),
        )
        response = {"headers": details["response_headers"], "body": details["response_body"]}
        return report.call(f"{request}.assert_response", response, repr(details["status"]))

    def assert_request(
        self,
        method: str,
        url: str,
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
            HttpAssertionBuilder: has `assert_response`, for the same interaction.

        Raises:
            InteractionMismatchError: the next interaction is another one.

        Example:
            >>> bigfoot.http.assert_request(
            ...     "POST", "https://api.example.com/users", headers={"x-id": "7"}, body={"name": "Alice"}
            ... ).assert_response(201)  # doctest: +SKIP
        """
        expected: dict[str, Any] = {
            "method": method.upper() if isinstance(method, str) else method,
            "url": url,
        }
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


class HttpAssertionBuilder:
    """A request that is asserted, and whose response may be asserted next."""

    def __init__(self, verifier: StrictVerifier, interaction: Interaction) -> None:
        self._verifier = verifier
        self._interaction = interaction

    def assert_response(self, status: Any, headers: Any = UNSET, body: Any = "") -> None:
        """Assert the response of the same interaction.

        Arguments:
            status: the status code, or a matcher.
            headers: the headers of the response (framing need not be named), or a matcher. None by default;
                `headers=None` leaves them unchecked.
            body: text, bytes, or the structure that the JSON holds, or a matcher. Empty by default; `body=None`
                leaves it unchecked.

        Raises:
            InteractionMismatchError: a field differs.

        Example:
            >>> bigfoot.http.assert_request("GET", "https://api.example.com/").assert_response(204)  # doctest: +SKIP
        """
        expected: dict[str, Any] = {"status": status}
        if headers is not None:
            expected["response_headers"] = {} if headers is UNSET else headers
        if body is not None:
            expected["response_body"] = body
        if differences(expected, self._interaction.details):
            self._interaction.owed = "response"
            hint = report.mismatch(self._verifier, _SOURCE, expected, self._interaction)
            raise InteractionMismatchError({"source_id": _SOURCE, **expected}, self._interaction, hint)
        self._interaction.owed = None


def _shown_url(url: str) -> str:
    """Return a URL as it is recorded: without user info, which travels in a header."""
    authority = url.partition("://")[2].partition("/")[0]
    return normal_url(url) if "@" in authority else url


def _added(defaults: Any, url: str) -> Mapping[str, Sequence[str]]:
    """Return what the client added by itself, the Host of the URL included."""
    authority = url.partition("://")[2].partition("/")[0].partition("?")[0]
    return {
        **defaults(),
        "host": (authority, authority.lower(), normal_url(url).partition("://")[2].partition("/")[0]),
    }


def _connection() -> Mapping[str, Sequence[str]]:
    """Return what a real server adds to frame its responses."""
    return {"connection": ("keep-alive", "close")}


def _content(content: bytes, headers: RawHeaders) -> Body:
    if not content:
        return Body(b"")
    charset, encoding = None, ""
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-type":
            found = re.search(rb"charset=\"?([\w.:-]+)", value, re.IGNORECASE)
            charset = found[1].decode() if found else None
        elif lower == b"content-encoding":
            encoding = value.decode("latin-1").strip().lower()
    return Body(content, charset, encoding)


@functools.cache
def _version(client: str) -> str:
    try:
        return importlib.metadata.version(client)
    except importlib.metadata.PackageNotFoundError:  # the standard library's own
        return ""
