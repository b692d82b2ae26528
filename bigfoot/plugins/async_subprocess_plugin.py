"""`bigfoot.plugins.async_subprocess_plugin`, as bigfoot 0.10 had it."""

from bigfoot.fakes.process_sessions import AsyncSubprocessPlugin as AsyncSubprocessPlugin
