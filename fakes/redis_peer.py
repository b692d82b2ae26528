"""A redis server as one connection sees it: what is promised, then chores, then the stateful store, or a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigfoot.errors import BigfootError
from bigfoot.origin import Origin, caller
from bigfoot.transports.dial import Dial, Peer, Wire

from .redis_chores import AT_ONCE, CHORES, OF_SCRIPTS, OWN_REPLY, Conversation
from .redis_commands import split
from .redis_errors import Nil
from .redis_stateful import Shelf
from .redis_wire import CommandReader, Failure, ProtocolError, Status, encode

if TYPE_CHECKING:
    from .redis import RedisPlugin

_QUEUED = encode(Status("QUEUED"), 2)
# What a connection of RESP2 may send while it is subscribed.
_WHILE_LISTENING = frozenset({"PING", "QUIT", "RESET"} | {name for name in CHORES if name.endswith("SUBSCRIBE")})


class RedisPeer(Peer):
    """The far end of one connection of a redis client.

    Arguments:
        plugin: who knows what is promised.
        dial: the connection attempt.
    """

    def __init__(self, plugin: RedisPlugin, dial: Dial) -> None:
        self._promises = plugin.promises
        self._conversation = Conversation(dial)
        self._reader = CommandReader()
        self._replies: list[bytes] = []
        self._deaf = False
        store = plugin.store
        self._shelf = Shelf(store, self._conversation) if store is not None else None

    def connected(self, wire: Wire) -> None:
        self.wire = wire

    def received(self, data: bytes) -> None:
        if self._deaf:
            return
        conversation = self._conversation
        try:
            for words in self._reader.feed(data):
                self._replies.append(self._answer(words))
                if conversation.listening:
                    self._replies += self._messages()
                if conversation.over:
                    self._deaf = True
                if self._deaf:
                    break
        except ProtocolError as error:
            self._replies.append(encode(Failure(f"ERR Protocol error: {error}"), 2))
            conversation.over = self._deaf = True
        finally:
            self._flush()
        if conversation.over:
            self.wire.close()

    def closed(self) -> None:
        self._deaf = True
        if self._shelf is not None:
            self._shelf.close()

    def _flush(self) -> None:
        replies = self._replies
        if replies:
            self._replies = []
            self.wire.send(replies[0] if len(replies) == 1 else b"".join(replies))

    def _messages(self) -> list[bytes]:
        pushes = self._promises.messages(self, self._conversation, self._origin())
        return [self._conversation.encode(push) for push in pushes]

    def _origin(self) -> Origin:
        return self.wire.origin or caller()

    def _answer(self, words: list[bytes]) -> bytes:
        """Return the reply to a command, as bytes."""
        conversation = self._conversation
        command, args = split(words)
        if conversation.listening and conversation.protocol == 2 and command not in _WHILE_LISTENING:
            allowed = "only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
            return conversation.encode(Failure(f"ERR Can't execute '{command.lower()}': {allowed}"))
        try:
            reply = self._scripted(command, args)
            if reply is None:
                reply = self._unscripted(command, args, words)
        except BigfootError as error:
            return self._refused(error)
        if conversation.queued is not None and command not in AT_ONCE:
            conversation.queued.append(reply)
            return _QUEUED
        return reply if isinstance(reply, bytes) else b""

    def _refused(self, error: BigfootError) -> bytes:
        """Tell the client: at its own line where that is possible, else in the protocol. The verdict knows already."""
        if self.wire.raises:
            self._deaf = True
            raise error
        self._conversation.spoiled = True
        first = str(error).partition("\n")[0]
        return self._conversation.encode(Failure(f"ERR bigfoot: {first}"))

    def _scripted(self, command: str, args: list[bytes]) -> bytes | list[bytes] | None:
        """Return the promised reply, recorded; None if nothing is promised."""
        conversation = self._conversation
        taken = self._promises.take(command, args, conversation.protocol, self._origin)
        if taken is None:
            return None
        step, reply = taken
        raised = step.raised
        if raised is None:
            return CHORES[command](conversation, args) if command in OWN_REPLY else reply
        if command in ("EXEC", "DISCARD"):
            conversation.queued = None
        if isinstance(raised, Nil):
            return conversation.encode(None)
        if isinstance(raised, Failure):
            return conversation.encode(raised)
        self._flush()
        self._deaf = True
        if isinstance(raised, EOFError):
            self.wire.close()
        else:
            self.wire.fail(raised)
        return b""

    def _unscripted(self, command: str, args: list[bytes], words: list[bytes]) -> bytes | list[bytes]:
        """Return the reply to a command that is a chore, or the store's; the words if a transaction is to run them.

        Raises:
            UnmockedInteractionError: it is neither.
        """
        shelf = self._shelf
        conversation = self._conversation
        chore = CHORES.get(command)
        if shelf is not None:
            if command == "EXEC" and not shelf.commit():
                return conversation.encode(None)
            if chore is not None and command in shelf.shared:
                shelf.run(words)
        elif chore is None and self._promises.has("EVALSHA"):
            chore = OF_SCRIPTS.get(command)
        if chore is not None:
            return chore(conversation, args)
        origin = self._origin()
        if shelf is None:
            raise self._promises.unmocked(command, args, origin)
        self._promises.record(command, args, origin)
        return words if conversation.queued is not None else conversation.encode(shelf.run(words))
