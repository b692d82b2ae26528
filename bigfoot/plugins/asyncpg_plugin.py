"""`bigfoot.plugins.asyncpg_plugin`, as bigfoot 0.10 had it."""

from bigfoot.fakes.asyncpg import AsyncpgPlugin as AsyncpgPlugin
