"""`bigfoot.plugins.redis_plugin`, as bigfoot 0.10 had it."""

from bigfoot.fakes.redis import RedisPlugin as RedisPlugin
