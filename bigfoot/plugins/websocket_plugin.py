"""`bigfoot.plugins.websocket_plugin`, as bigfoot 0.10 had it."""

from bigfoot.fakes.websocket import AsyncWebSocketPlugin as AsyncWebSocketPlugin
from bigfoot.fakes.websocket import SyncWebSocketPlugin as SyncWebSocketPlugin
