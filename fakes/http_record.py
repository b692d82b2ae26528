"""What is kept of an HTTP call, as the fields that tests assert."""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bigfoot.interaction import Interaction
from bigfoot.transports.http import HttpReply, HttpRequest, PassThrough
from bigfoot.transports.http_delivery import Delivery
from bigfoot.urls import Url, normal_url
from bigfoot.values import Headers

from .http_content import content

SOURCE = HttpRequest.source_id


def details(interaction: Interaction) -> dict[str, Any]:
    """Return the seven fields of an HTTP interaction."""
    call: HttpRequest = interaction.call
    status, headers, received = _response(interaction.answer, call.method)
    answer = interaction.answer
    sent = bytes(answer.sent.data) if isinstance(answer, PassThrough) and call.body is None else call.body or b""
    url = shown_url(call.url)
    added = _connection if isinstance(answer, PassThrough) else None
    return {
        "method": call.method,
        "url": Url(url),
        "request_headers": Headers(call.headers, functools.partial(_added, call.defaults, url)),
        "request_body": content(sent, call.headers),
        "status": status,
        "response_headers": Headers(headers, added),
        "response_body": content(received, headers),
    }


def _response(answer: Any, method: str) -> tuple[int | None, Any, bytes]:
    if isinstance(answer, HttpReply):
        return answer.status, answer.headers, answer.body_for(method)
    if isinstance(answer, Delivery):
        if not answer.begun:
            return None, (), b""
        return answer.reply.status, answer.reply.headers, bytes(answer.received.data)
    if isinstance(answer, PassThrough):
        return answer.status, answer.headers, bytes(answer.received.data)
    return None, (), b""


def extras(interaction: Interaction) -> dict[str, Any]:
    """Return the fields that may be asserted and need not be."""
    call: HttpRequest = interaction.call
    answer = interaction.answer
    found: dict[str, Any] = {
        "client": client(interaction),
        "error": None,
        "fault": None,
        "path_params": {},
        "virtual": 0.0,
    }
    if call.named is not None:
        found["path_params"] = call.named(call.url)
    if isinstance(answer, Delivery):
        found |= {
            "error": answer.error,
            "fault": answer.fault,
            "virtual": answer.virtual,
            "chunks": answer.chunks,
            "closed_early": not answer.finished and answer.error is None and answer.fault is None,
        }
    elif isinstance(answer, PassThrough):
        found |= {"error": answer.error, "size": answer.received.size}
    elif not isinstance(answer, HttpReply):
        found["error"] = answer
    found |= _connection_facts(interaction)
    found["attempt"] = _attempt(interaction)
    return found


def _connection_facts(interaction: Interaction) -> dict[str, Any]:
    call: HttpRequest = interaction.call
    answer = interaction.answer
    found: dict[str, Any] = {"closed": None, "http_version": None, "pooled": None, "proxy": None, "verify": None}
    if isinstance(answer, PassThrough):
        found["http_version"] = answer.version or None
    elif isinstance(answer, HttpReply) or (isinstance(answer, Delivery) and answer.begun):
        found["http_version"] = "HTTP/1.1"
    if call.facts is not None:
        found |= call.facts(call.url)
        if found["pooled"] is None and call.facts.pool is not None:
            found["pooled"] = any(_same_pool(call, earlier.call) for earlier in _before(interaction))
    if found["closed"] is None and isinstance(answer, (Delivery, PassThrough)):
        found["closed"] = interaction.duration is not None
    return found


def _same_pool(call: HttpRequest, earlier: HttpRequest) -> bool:
    """Tell whether an earlier call left a connection to the same server where this call's were kept."""
    if call.facts is None or earlier.facts is None or earlier.facts.pool is not call.facts.pool:
        return False
    return _origin(earlier.url) == _origin(call.url)


def _origin(url: str) -> str:
    scheme, _, rest = normal_url(url).partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _before(interaction: Interaction) -> list[Interaction]:
    """Return the HTTP interactions before one, the latest first."""
    if interaction.plugin is None:
        return []
    earlier = list(interaction.plugin.verifier.timeline)[: max(0, interaction.sequence)]
    return [one for one in reversed(earlier) if one.source_id == SOURCE]


def _attempt(interaction: Interaction) -> int:
    """Return the how-manieth time in a row it is that this line, in this task or thread, makes this very call."""
    attempt = 1
    for earlier in _before(interaction):
        if earlier.lane == interaction.lane:
            if _identity(earlier) != _identity(interaction):
                break
            attempt += 1
    return attempt


def _identity(interaction: Interaction) -> tuple[Any, ...]:
    call: HttpRequest = interaction.call
    return call.method, call.url, call.body, str(interaction.origin)


def client(interaction: Interaction) -> str:
    """Return the client library with its version."""
    name: str = interaction.call.client
    return f"{name} {_version(name)}".rstrip()


@functools.cache
def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:  # the standard library's own
        return ""


def summary(interaction: Interaction) -> str:
    """Return the interaction in one line."""
    fields = interaction.details
    if fields["status"] is not None:
        outcome = str(fields["status"])
    else:
        facts = interaction.extras
        fault, error = facts["fault"], facts["error"]
        outcome = fault.kind if fault is not None else "no response" if error is None else type(error).__name__
    return f"{fields['method']} {fields['url']} -> {outcome}"


def ended_in(interaction: Interaction) -> str:
    """Return what `assert_error` takes, as source text: the name of a fault, or the class of an exception."""
    facts = interaction.extras
    if facts["fault"] is not None:
        return repr(facts["fault"].kind)
    # A class from inside a function cannot be named from elsewhere, one that it is derived from can.
    kind = next(kind for kind in type(facts["error"]).__mro__ if "<locals>" not in kind.__qualname__)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def shown_url(url: str) -> str:
    """Return a URL as it is recorded: without user info, which travels in a header."""
    authority = url.partition("://")[2].partition("/")[0]
    return normal_url(url) if "@" in authority else url


def _added(defaults: Callable[[], Mapping[str, Sequence[str]]], url: str) -> Mapping[str, Sequence[str]]:
    """Return what the client added by itself, the Host of the URL included."""
    authority = url.partition("://")[2].partition("/")[0].partition("?")[0]
    return {**defaults(), "host": (authority, authority.lower(), normal_url(url).partition("://")[2].partition("/")[0])}


def _connection() -> Mapping[str, Sequence[str]]:
    """Return what a real server adds to frame its responses."""
    return {"connection": ("keep-alive", "close")}
