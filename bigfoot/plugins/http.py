"""`bigfoot.plugins.http`, as bigfoot 0.10 had it."""

from bigfoot.fakes.http import HttpPlugin as HttpPlugin
