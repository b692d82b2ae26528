"""`bigfoot.plugins.logging_plugin`, as bigfoot 0.10 had it."""

from bigfoot.fakes.logging import LoggingPlugin as LoggingPlugin
