"""`bigfoot.plugins.database_plugin`, as bigfoot 0.10 had it."""

from bigfoot.fakes.sqlite import DatabasePlugin as DatabasePlugin
