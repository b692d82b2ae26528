"""A request as the user's own code sees it: matchers, callbacks and mounted applications."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from bigfoot.transports.http import HttpRequest
from bigfoot.values import Body, Headers

from .http_content import content


class Part(NamedTuple):
    """One part of a multipart body.

    Attributes:
        name: of the form field.
        filename: None for a plain field.
        type: the media type, empty if it has none.
        content: the bytes.
    """

    name: str
    filename: str | None
    type: str
    content: bytes


class Request:
    """A request, read-only; each attribute is made when it is first read.

    Attributes:
        method: such as `"GET"`.
        url: absolute, as sent.
        path_params: the values of `{name}` in the mock's URL, and the named groups of its regular expression.
        client: the import name of the client library.

    Example:
        >>> def create(request):
        ...     return {"status": 201, "json": {"name": request.json()["name"]}}
    """

    def __init__(self, raw: HttpRequest, path_params: Mapping[str, str] | None = None) -> None:
        self.method = raw.method
        self.url = raw.url
        self.client = raw.client
        self.path_params: dict[str, str] = dict(path_params or {})
        self._raw = raw

    @functools.cached_property
    def headers(self) -> Headers:
        """The headers as on the wire."""
        return Headers(self._raw.headers)

    @functools.cached_property
    def body(self) -> Body:
        """The body: text that also knows its bytes."""
        return content(self._raw.body or b"", self._raw.headers)

    @property
    def content(self) -> bytes:
        """The bytes of the body, without transfer coding."""
        return self._raw.body or b""

    def json(self) -> Any:
        """Return the parsed JSON of the body.

        Raises:
            ValueError: it is not JSON.
        """
        return self.body.json()

    @functools.cached_property
    def query(self) -> list[tuple[str, str]]:
        """The parameters of the URL, in order."""
        return parse_qsl(self.url.partition("#")[0].partition("?")[2], keep_blank_values=True)

    @functools.cached_property
    def params(self) -> dict[str, str | list[str]]:
        """The parameters of the URL by name; a list where one comes several times."""
        return grouped(self.query)

    @functools.cached_property
    def form(self) -> dict[str, str | list[str]]:
        """The fields of a URL-encoded form by name; a list where one comes several times."""
        return grouped(parse_qsl(str(self.body), keep_blank_values=True))

    @functools.cached_property
    def cookies(self) -> dict[str, str]:
        """The cookies that the request carries."""
        jar: SimpleCookie = SimpleCookie()
        for header in self.headers.get_list("cookie"):
            try:
                jar.load(header)
            except CookieError:  # not a cookie by the letter: nobody can match it by name
                continue
        return {name: morsel.value for name, morsel in jar.items()}

    @functools.cached_property
    def parts(self) -> list[Part]:
        """The parts of a multipart body; empty if it is none."""
        _, _, boundary = self.headers.get("content-type", "").partition("boundary=")
        boundary = boundary.partition(";")[0].strip().strip('"')
        if not boundary:
            return []
        return [_part(piece) for piece in self.content.split(b"--" + boundary.encode("latin-1"))[1:-1]]

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.url}>"


def grouped(pairs: list[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Return pairs by name: the value, or a list where a name comes several times."""
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in lists.items()}


def _part(piece: bytes) -> Part:
    head, _, body = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    headers = Headers(
        (name.strip(), value.strip()) for name, _, value in (line.partition(b":") for line in head.split(b"\r\n"))
    )
    disposition = headers.get("content-disposition", "")
    return Part(
        _parameter(disposition, "name") or "",
        _parameter(disposition, "filename"),
        headers.get("content-type", ""),
        body.removesuffix(b"\r\n"),
    )


def _parameter(disposition: str, name: str) -> str | None:
    for parameter in disposition.split(";")[1:]:
        key, _, value = parameter.strip().partition("=")
        if key.lower() == name:
            return value.strip('"')
    return None
