"""Whose log messages a test is not asked about: the clients that bigfoot meets, and what stands below them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

CHATTER: Final = frozenset(
    {
        "aiobotocore",
        "aiohttp",
        "aiosmtplib",
        "aiosqlite",
        "anthropic",
        "anyio",
        "asyncio",
        "asyncpg",
        "authlib",
        "boto3",
        "botocore",
        "charset_normalizer",
        "chardet",
        "concurrent.futures",
        "elastic_transport",
        "elasticsearch",
        "fakeredis",
        "google.auth",
        "gql",
        "h2",
        "hpack",
        "httpcore",
        "httpcore2",
        "httplib2",
        "httpx",
        "httpx2",
        "kubernetes",
        "mail.debug",
        "mail.log",
        "niquests",
        "openai",
        "psycopg",
        "psycopg2",
        "push_response",  # redis-py's
        "py.warnings",
        "redis",
        "requests",
        "requests_oauthlib",
        "s3transfer",
        "sentry_sdk",
        "sqlalchemy",
        "trio",
        "urllib3",
        "urllib3_future",
        "uvloop",
        "websocket",
        "websockets",
        "wsproto",
    }
)


class Ignored:
    """Names of loggers; each stands for those below it as well.

    Arguments:
        more: names besides the usual ones.

    Example:
        >>> "urllib3.connectionpool" in Ignored(), "shop" in Ignored(), "shop.audit" in Ignored(["shop"])
        (True, False, True)
    """

    __slots__ = ("_known", "_names")

    def __init__(self, more: Iterable[str] = ()) -> None:
        self._names = CHATTER.union(more)
        self._known: dict[str, bool] = {}  # clients ask for each of their calls

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = any(each in self._names for each in _above(name))
        return known


def _above(name: str) -> Iterable[str]:
    """Yield a name and those that it is below of."""
    while name:
        yield name
        name = name.rpartition(".")[0]
