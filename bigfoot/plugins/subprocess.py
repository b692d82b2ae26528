"""`bigfoot.plugins.subprocess`, as bigfoot 0.10 had it."""

from bigfoot.fakes.process import SubprocessPlugin as SubprocessPlugin
