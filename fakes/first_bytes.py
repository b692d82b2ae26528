"""What a client wanted, by the first bytes that it sent."""

from __future__ import annotations

import re

_HTTP = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.[01]\r?\n")


def described(data: bytes) -> str:
    """Say in one line what the first bytes of a connection are.

    Example:
        >>> described(b"GET /health HTTP/1.1\\r\\nHost: example.com\\r\\n\\r\\n")
        'it began with an HTTP GET to example.com/health'
    """
    if not data:
        return "it waited for the server to speak first"
    return f"it began with {_known(data) or _bytes(data)}"


def _known(data: bytes) -> str | None:
    http = _HTTP.match(data)
    if http is not None:
        return _http(http, data)
    if data.startswith(b"PRI * HTTP/2.0"):
        return "an HTTP/2 connection"
    if data[:1] == b"*":
        words = re.findall(rb"\$\d+\r\n([^\r\n]*)\r\n", data[:400])
        return f"a redis {_text(words[0]).upper()}" if words else None
    if data[:5].upper() in (b"EHLO ", b"HELO ", b"LHLO "):
        return f"an SMTP {_text(data.split()[0]).upper()}"
    if data[:8] == b"\0\0\0\x08\x04\xd2\x16\x2f" or data[4:8] == b"\0\x03\0\0":
        return "a PostgreSQL start-up"
    if data[:4] == b"AMQP":
        return "an AMQP connection"
    if data[12:16] in (b"\xd4\x07\0\0", b"\xdd\x07\0\0"):
        return "a MongoDB command"
    return None


def _http(found: re.Match[bytes], data: bytes) -> str:
    method, target = _text(found[1]), _text(found[2])
    host = re.search(rb"\r\nhost:[ \t]*([^\r\n]*)", data, re.IGNORECASE)
    url = f"{_text(host[1])}{target}" if host is not None and target.startswith("/") else target
    if re.search(rb"\r\nupgrade:[ \t]*websocket", data, re.IGNORECASE):
        return f"a WebSocket handshake with {url}"
    return f"an HTTP {method} to {url}"


def _bytes(data: bytes) -> str:
    return f"{data[:60]!r}" + (f" ... ({len(data)} bytes)" if len(data) > 60 else "")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
