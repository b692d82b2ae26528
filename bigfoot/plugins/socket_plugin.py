"""`bigfoot.plugins.socket_plugin`, as bigfoot 0.10 had it."""

from bigfoot.fakes.socket import SocketPlugin as SocketPlugin
