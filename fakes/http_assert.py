"""Asserting HTTP: requests, their responses and errors, and the calls as typed values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bigfoot import report
from bigfoot.errors import InteractionMismatchError, InvalidArgumentError
from bigfoot.interaction import How, Interaction
from bigfoot.script import flag_argument
from bigfoot.timeline import differences
from bigfoot.values import Body, Headers
from bigfoot.verifier import StrictVerifier

from .http_record import SOURCE
from .http_reply import UNSET
from .http_routes import rule


class HttpAssertions:
    """What a test asks of the HTTP interactions; a part of `HttpPlugin`."""

    verifier: StrictVerifier
    _require_response: bool

    @property
    def calls(self) -> tuple[HttpCall, ...]:
        """The HTTP interactions so far, in order."""
        return tuple(HttpCall(found) for found in self.verifier.timeline if found.source_id == SOURCE)

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
            InvalidArgumentError: `require_response` is neither True, False nor None.

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
        required = self._require_response
        if require_response is not None:
            required = flag_argument("require_response", require_response)
        # The response's fields are asserted by the builder, and owed only where the project or the call says so.
        interaction = self.verifier.claim(SOURCE, expected, owed="response")
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
            InvalidArgumentError: an argument cannot be meant.

        Example:
            >>> bigfoot.http.assert_called_n(2, "GET", "https://api.example.com/users")  # doctest: +SKIP
        """
        self.verifier.refuse_inside()
        if isinstance(times, bool) or not isinstance(times, int) or times < 0:
            raise InvalidArgumentError("times", times, "give a number of calls, 0 or more")
        meant = rule(method, url)
        found = [call.interaction for call in self.calls if meant.passes(call.interaction.call)]
        if len(found) != times:
            expected = {"source_id": SOURCE, "method": method, "url": url, "times": times}
            raise InteractionMismatchError(expected, None, report.wrong_count(method, url, times, found))


class HttpCall:
    """One HTTP interaction, read-only.

    Attributes:
        interaction: the interaction on the timeline.
    """

    def __init__(self, interaction: Interaction) -> None:
        self.interaction = interaction

    @property
    def method(self) -> str:
        """The method, such as `"GET"`."""
        return str(self.interaction.details["method"])

    @property
    def url(self) -> str:
        """The URL as sent."""
        return str(self.interaction.details["url"])

    @property
    def request_headers(self) -> Headers:
        """The headers of the request."""
        found: Headers = self.interaction.details["request_headers"]
        return found

    @property
    def request_body(self) -> Body:
        """The body of the request."""
        found: Body = self.interaction.details["request_body"]
        return found

    @property
    def status(self) -> int | None:
        """The status code of the response; None if there was none."""
        found: int | None = self.interaction.details["status"]
        return found

    @property
    def response_headers(self) -> Headers:
        """The headers of the response."""
        found: Headers = self.interaction.details["response_headers"]
        return found

    @property
    def response_body(self) -> Body:
        """The body of the response, as far as the application took it."""
        found: Body = self.interaction.details["response_body"]
        return found

    @property
    def client(self) -> str:
        """The client library with its version, such as `"httpx2 2.16.2"`."""
        return self.interaction.client or ""

    @property
    def how(self) -> How:
        """How it was answered: `"mock"`, `"pass-through"` or `"error"`."""
        return self.interaction.how

    @property
    def duration(self) -> float | None:
        """How long the answer took, in seconds; None while it is under way."""
        return self.interaction.duration

    @property
    def details(self) -> Mapping[str, Any]:
        """The seven fields by name."""
        return self.interaction.details

    @property
    def facts(self) -> Mapping[str, Any]:
        """What else is known: `error`, `fault`, `path_params`, `chunks`, `closed_early`, `virtual`, ..."""
        return self.interaction.extras

    def __repr__(self) -> str:
        return f"<{report.summary(self.interaction)}>"


class HttpAssertionBuilder:
    """A request that is asserted, and whose response or error may be asserted next."""

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
            AssertionInsideSandboxError: the sandbox is still open.
            InteractionMismatchError: a field differs.

        Example:
            >>> bigfoot.http.assert_request("GET", "https://api.example.com/").assert_response(204)  # doctest: +SKIP
        """
        expected: dict[str, Any] = {"status": status}
        if headers is not None:
            expected["response_headers"] = {} if headers is UNSET else headers
        if body is not None:
            expected["response_body"] = body
        self._assert(expected)

    def assert_error(self, error: Any) -> None:
        """Assert that the same interaction ended without a response.

        Arguments:
            error: the name of the fault (`"reset"`, `"timeout"`, `"timeout:connect"`, ...), or the exception that the
                mock raised, its class, or a matcher of it.

        Raises:
            AssertionInsideSandboxError: the sandbox is still open.
            InteractionMismatchError: it ended otherwise.

        Example:
            >>> bigfoot.http.assert_request("GET", "https://api.example.com/").assert_error("reset")  # doctest: +SKIP
        """
        self._assert({"fault": error} if isinstance(error, str) else {"error": ErrorMatch(error)})

    def _assert(self, expected: dict[str, Any]) -> None:
        self._verifier.refuse_inside()
        interaction = self._interaction
        found = differences(expected, interaction.seen(expected))
        if found:
            interaction.owed = "response"
            hint = report.mismatch(self._verifier.timeline, interaction.source_id, expected, interaction)
            error = InteractionMismatchError({"source_id": interaction.source_id, **expected}, interaction, hint)
            raise error from next((one.error for one in found if one.error is not None), None)
        interaction.owed = None


class ErrorMatch:
    """Equal to the exception that is meant, by its class or by itself."""

    def __init__(self, meant: Any) -> None:
        self._meant = meant

    def __eq__(self, other: object) -> bool:
        meant = self._meant
        if isinstance(meant, type) and issubclass(meant, BaseException):
            return isinstance(other, meant)
        if isinstance(meant, BaseException) and isinstance(other, BaseException):
            return meant is other or (type(meant) is type(other) and meant.args == other.args)
        return bool(meant == other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return self._meant.__name__ if isinstance(self._meant, type) else repr(self._meant)
