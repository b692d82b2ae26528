"""WebSockets: `websockets` and whatever speaks as it does, and `websocket-client`."""

from __future__ import annotations

import re

from bigfoot.fake import installed

from .websocket_sessions import WebSocketSessions

# websocket-client names the upgrade first; `websockets`, aiohttp and httpx2 begin with the host.
_UPGRADE_FIRST = re.compile(rb"GET [^\r\n]*\r\nUpgrade:")
_HOST_FIRST = re.compile(rb"(?!GET [^\r\n]*\r\nUpgrade:)")


class AsyncWebSocketPlugin(WebSocketSessions):
    """`bigfoot.async_websocket_mock`: `websockets`, aiohttp's `ws_connect` and httpx2's `websocket`.

    Example:
        >>> session = bigfoot.async_websocket_mock.new_session()  # doctest: +SKIP
        >>> session.expect("connect", returns=None).expect("recv", returns="hello")  # doctest: +SKIP
    """

    name = "async_websocket_mock"
    source = "websocket:async"
    requires = "websockets"
    own = _HOST_FIRST


class SyncWebSocketPlugin(WebSocketSessions):
    """`bigfoot.sync_websocket_mock`: `websocket-client`.

    Example:
        >>> session = bigfoot.sync_websocket_mock.new_session()  # doctest: +SKIP
        >>> session.expect("connect", returns=None).expect("recv", returns="hello")  # doctest: +SKIP
    """

    name = "sync_websocket_mock"
    source = "websocket:sync"
    requires = "websocket"
    package = "websocket-client websockets"
    own = _UPGRADE_FIRST

    @classmethod
    def available(cls) -> bool:
        # The far end is made with the sans-I/O half of `websockets`, whichever client talks to it.
        return super().available() and installed("websockets")
