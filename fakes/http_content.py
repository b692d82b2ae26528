"""A message's body as a value: its charset and content coding come from the headers."""

from __future__ import annotations

import re

from bigfoot.transports.http import RawHeaders
from bigfoot.values import Body

_CHARSET = re.compile(rb"charset=\"?([\w.:-]+)", re.IGNORECASE)


def content(body: bytes, headers: RawHeaders) -> Body:
    """Return the body, with what the headers say of it."""
    if not body:
        return Body(b"")
    charset, encoding = None, ""
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-type":
            found = _CHARSET.search(value)
            charset = found[1].decode() if found else None
        elif lower == b"content-encoding":
            encoding = value.decode("latin-1").strip().lower()
    return Body(body, charset, encoding)
