"""`bigfoot.plugins.popen_plugin`, as bigfoot 0.10 had it."""

from bigfoot.fakes.process_sessions import PopenPlugin as PopenPlugin
