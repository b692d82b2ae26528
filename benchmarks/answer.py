"""The one answer that every contender gives, so that all clients parse the same thing."""

from __future__ import annotations

import json

PAYLOAD = {"id": 7, "name": "Ada Lovelace", "tags": ["engine", "notes"], "active": True}
BODY = json.dumps(PAYLOAD).encode()
HEADERS = {"content-type": "application/json"}
WIRE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
    len(BODY),
    BODY,
)
