"""The stateful mode: commands that the script does not name are answered by a redis in memory."""

from __future__ import annotations

from typing import Any, Final, Protocol

from .redis_chores import Conversation
from .redis_errors import failure


class Backend(Protocol):
    """A connection to a redis in memory."""

    def run(self, words: list[bytes]) -> Any:
        """Return the parsed reply to a command, or the exception that stands for an error reply."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Store(Protocol):
    """A redis in memory."""

    def connect(self, protocol: int) -> Backend:
        """Return a connection of its own."""
        ...


# Where the number of seconds to wait stands among the words of a blocking command.
_WAITS: Final[dict[bytes, int]] = {
    **dict.fromkeys((b"BLPOP", b"BRPOP", b"BRPOPLPUSH", b"BLMOVE", b"BZPOPMIN", b"BZPOPMAX"), -1),
    **dict.fromkeys((b"BLMPOP", b"BZMPOP"), 1),
}
_INSTANT = b"0.001"  # seconds; 0 is for ever


class Shelf:
    """One connection's part of the store.

    Arguments:
        store: the store.
        conversation: what is known of the connection; its protocol is agreed before anything is stored.

    Attributes:
        shared: chores that the store has to know of as well.
    """

    shared: Final = frozenset({"SELECT", "WATCH", "UNWATCH", "DISCARD"})

    def __init__(self, store: Store, conversation: Conversation) -> None:
        self._store = store
        self._conversation = conversation
        self._connected: Backend | None = None

    @property
    def _backend(self) -> Backend:
        if self._connected is None:
            self._connected = self._store.connect(self._conversation.protocol)
        return self._connected

    def run(self, words: list[bytes]) -> Any:
        """Return the reply to a command. Nothing is waited for: what is not there yet counts as a timeout."""
        return _reply(self._backend.run(_unblocked(words)))

    def commit(self) -> bool:
        """Run what a transaction has queued for the store; False if somebody changed what it watches."""
        conversation = self._conversation
        queued = conversation.queued
        if queued is None or conversation.spoiled:
            return True
        deferred = [at for at, reply in enumerate(queued) if isinstance(reply, list)]
        self._backend.run([b"MULTI"])
        for at in deferred:
            self._backend.run(_unblocked(queued[at]))
        replies = self._backend.run([b"EXEC"])
        if replies is None:
            conversation.queued = None
            return False
        if isinstance(replies, Exception):
            replies = [replies] * len(deferred)
        for at, reply in zip(deferred, replies, strict=True):
            queued[at] = conversation.encode(_reply(reply))
        return True

    def close(self) -> None:
        """Let go of the store."""
        if self._connected is not None:
            self._connected.close()


def _reply(parsed: Any) -> Any:
    if isinstance(parsed, Exception):
        return failure(parsed)
    return [_reply(item) for item in parsed] if isinstance(parsed, list) else parsed


def _unblocked(words: Any) -> list[bytes]:
    command: list[bytes] = list(words)
    name = command[0].upper()
    place = _WAITS.get(name)
    if place is not None and len(command) > 2:
        command[place] = _INSTANT
    if name in (b"XREAD", b"XREADGROUP"):
        said = [word.upper() for word in command]
        if b"BLOCK" in said[: said.index(b"STREAMS") if b"STREAMS" in said else None]:
            at = said.index(b"BLOCK")
            del command[at : at + 2]
    return command
