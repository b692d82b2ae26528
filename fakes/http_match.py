"""Which requests a mock answers: criteria beyond method and URL, and how near a request comes to them."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from bigfoot.errors import InvalidArgumentError

from .http_criterion import Criterion, equal, subset
from .http_fields import header_pairs
from .http_query import joined
from .http_request import Part, Request


class Matching(TypedDict, total=False):
    """The options that narrow down which requests a mock answers; matchers of `bigfoot.matchers` work in all.

    Attributes:
        exact_params: the query parameters, all of them; `params` asks for some.
        match_headers: headers that the request must have; names without case.
        match_cookies: cookies that the request must have.
        match_json: what the JSON body must be equal to.
        match_json_partial: what the JSON body must contain: members of objects, at any depth.
        match_content: the body as bytes or text, or a compiled regular expression that is searched for in it.
        match_form: what the URL-encoded form must be equal to; a list where a field comes several times.
        match_multipart: parts by field name: the content, or `(filename, content)`, or `(filename, content, type)`.
        match_schema: a JSON Schema (needs jsonschema) or a pydantic model that the JSON body must fit.
        match: a function that takes the `Request` and says whether it is meant.
    """

    exact_params: Mapping[str, Any]
    match_headers: Mapping[str, Any]
    match_cookies: Mapping[str, Any]
    match_json: Any
    match_json_partial: Any
    match_content: Any
    match_form: Any
    match_multipart: Mapping[str, Any]
    match_schema: Any
    match: Callable[[Request], Any]


def criteria(options: Mapping[str, Any]) -> tuple[Criterion, ...]:
    """Return the criteria that the `match...` options ask for.

    Raises:
        InvalidArgumentError: an option cannot be meant.
    """
    return tuple(_CRITERIA[name](name, given) for name, given in options.items() if name in _CRITERIA)


def _headers(name: str, given: Any) -> Criterion:
    expected = {key.lower(): value for key, value in _mapping(name, given).items()}
    header_pairs(dict.fromkeys(expected, ""), name)  # refuses names that no header has
    return Criterion(name, expected, lambda request: request.headers, subset)


def _cookies(name: str, given: Any) -> Criterion:
    return Criterion(name, _mapping(name, given), lambda request: request.cookies, subset)


def _json(name: str, given: Any) -> Criterion:
    return Criterion(name, given, _parsed, _equal_json if name == "match_json" else contains)


def _content(name: str, given: Any) -> Criterion:
    if isinstance(given, re.Pattern):
        text = isinstance(given.pattern, str)
        return Criterion(
            name,
            given,
            lambda request: str(request.body) if text else request.content,
            lambda pattern, actual: pattern.search(actual) is not None,
        )
    _plain(name, given, (str, bytes), "give text, bytes, a compiled regular expression or a matcher")
    return Criterion(name, given, lambda request: request.body, equal)


def _plain(name: str, given: Any, meant: tuple[type, ...], remedy: str) -> None:
    """Refuse a plain value that is none of those meant; anything else may be a matcher."""
    if isinstance(given, _PLAIN) and not isinstance(given, meant):
        raise InvalidArgumentError(name, given, remedy)


_PLAIN = (str, bytes, int, float, list, tuple, dict, set, type(None))


def _form(name: str, given: Any) -> Criterion:
    _plain(name, given, (dict,), "give a mapping of names to values, or a matcher")
    if isinstance(given, Mapping):
        given = {
            key: joined(value) if isinstance(value, (str, int, float, list)) else value for key, value in given.items()
        }
    return Criterion(name, given, lambda request: request.form, equal)


def _multipart(name: str, given: Any) -> Criterion:
    for part in _mapping(name, given).values():
        remedy = "give for each part its content, or (filename, content), or (filename, content, type)"
        _plain(name, part, (str, bytes, tuple), remedy)
        if isinstance(part, tuple) and not 2 <= len(part) <= 3:
            raise InvalidArgumentError(name, part, remedy)
    return Criterion(name, given, lambda request: request.parts, _has_parts)


def _schema(name: str, given: Any) -> Criterion:
    validate = getattr(given, "model_validate", None)
    if validate is not None:  # a pydantic model
        return Criterion(name, given, _parsed, lambda model, actual: _fits(lambda: model.model_validate(actual)))
    try:
        jsonschema: Any = importlib.import_module("jsonschema")
    except ImportError:
        raise InvalidArgumentError(name, given, "a JSON Schema needs jsonschema: pip install jsonschema") from None
    _mapping(name, given)
    try:
        jsonschema.validators.validator_for(given).check_schema(given)
    except jsonschema.SchemaError as error:
        raise InvalidArgumentError(name, given, f"it is no JSON Schema: {error.message}") from None
    return Criterion(name, given, _parsed, lambda schema, actual: _fits(lambda: jsonschema.validate(actual, schema)))


def _callable(name: str, given: Any) -> Criterion:
    if not callable(given):
        raise InvalidArgumentError(name, given, "give a function that takes the request and returns True or False")
    return Criterion(name, given, lambda request: request, lambda function, request: function(request))


_CRITERIA: dict[str, Callable[[str, Any], Criterion]] = {
    "match_headers": _headers,
    "match_cookies": _cookies,
    "match_json": _json,
    "match_json_partial": _json,
    "match_content": _content,
    "match_form": _form,
    "match_multipart": _multipart,
    "match_schema": _schema,
    "match": _callable,
}


class _NotJson:
    """Stands for a body that is not JSON: equal to nothing but itself."""

    def __repr__(self) -> str:
        return "<not JSON>"


_NOT_JSON = _NotJson()


def _parsed(request: Request) -> Any:
    try:
        return request.json()
    except ValueError:
        return _NOT_JSON


def _mapping(name: str, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
        raise InvalidArgumentError(name, given, "give a mapping of names to values")
    return given


def _equal_json(expected: Any, actual: Any) -> bool:
    return bool(expected == actual) and isinstance(expected, bool) == isinstance(actual, bool)


def contains(expected: Any, actual: Any) -> bool:
    """Tell whether a JSON value has what is expected of it: the named members at any depth, everything else equal."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return all(name in actual and contains(value, actual[name]) for name, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(contains, expected, actual))
    return _equal_json(expected, actual)


def _has_parts(expected: Mapping[str, Any], actual: list[Part]) -> bool:
    return all(
        any(part.name == name and _is_part(wanted, part) for part in actual) for name, wanted in expected.items()
    )


def _is_part(wanted: Any, part: Part) -> bool:
    if not isinstance(wanted, tuple):
        return _same_content(wanted, part.content)
    filename, content, *kind = (*wanted, None)[:3] if len(wanted) < 3 else wanted
    if filename != part.filename or (kind and kind[0] is not None and kind[0] != part.type):
        return False
    return content is None or _same_content(content, part.content)


def _same_content(wanted: Any, content: bytes) -> bool:
    if isinstance(wanted, str):
        return wanted.encode() == content
    return bool(wanted == content or (not isinstance(wanted, bytes) and wanted == content.decode("utf-8", "replace")))


def _fits(validate: Callable[[], Any]) -> bool:
    # Each validator has an exception of its own for "does not fit"; anything else is a fault of the schema.
    try:
        validate()
    except Exception as error:
        if type(error).__name__ == "ValidationError":
            return False
        raise
    return True
