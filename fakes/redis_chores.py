"""What a client and a server settle between themselves, unasked by the program: greetings, framing, acknowledgements.

None of it is recorded, unless the test scripts it. A command that is not here is the program's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

from bigfoot.transports.dial import Dial

from . import redis_commands
from .redis_wire import OK, Failure, Push, Status, encode

_VERSION = "7.4.0"
_SLOTS = 16384


class Conversation:
    """What a server remembers of one connection.

    Arguments:
        dial: where the client believes it is connected to.

    Attributes:
        protocol: 2 or 3, as agreed by HELLO.
        queued: the replies that EXEC will give, as bytes (a command of the store as its words); None outside a
            transaction.
        spoiled: whether a command of the transaction was refused.
        subscribed: by the kind of subscription (`"subscribe"`, `"psubscribe"`, `"ssubscribe"`), what to.
        listening: whether it is subscribed to anything.
        over: whether the server closes the connection after its reply.
    """

    def __init__(self, dial: Dial) -> None:
        self.dial = dial
        self.protocol = 2
        self.queued: list[Any] | None = None
        self.spoiled = False
        self.subscribed: dict[str, list[bytes]] = {"subscribe": [], "psubscribe": [], "ssubscribe": []}
        self.listening = False
        self.over = False

    def encode(self, value: Any) -> bytes:
        """Return a reply as it stands on this wire."""
        return encode(value, self.protocol)

    def hears(self, channel: bytes, pattern: bytes | None) -> bytes | None:
        """Return as what kind of push a message reaches the client, or None if it is not subscribed to it."""
        if pattern is not None:
            return b"pmessage" if pattern in self.subscribed["psubscribe"] else None
        if channel in self.subscribed["subscribe"]:
            return b"message"
        return b"smessage" if channel in self.subscribed["ssubscribe"] else None


Chore = Callable[[Conversation, list[bytes]], bytes]


def _ok(conversation: Conversation, words: list[bytes]) -> bytes:
    return conversation.encode(OK)


def _hello(conversation: Conversation, words: list[bytes]) -> bytes:
    if words:
        if words[0] not in (b"2", b"3"):
            return conversation.encode(Failure("NOPROTO unsupported protocol version"))
        conversation.protocol = int(words[0])
    greeting = {"server": "redis", "version": _VERSION, "proto": conversation.protocol, "id": 1}
    return conversation.encode({**greeting, "mode": "standalone", "role": "master", "modules": []})


def _ping(conversation: Conversation, words: list[bytes]) -> bytes:
    said = words[0] if words else b""
    if conversation.protocol == 2 and conversation.listening:
        return conversation.encode([b"pong", said])
    return conversation.encode(said if words else Status("PONG"))


def _quit(conversation: Conversation, words: list[bytes]) -> bytes:
    conversation.over = True
    return conversation.encode(OK)


def _multi(conversation: Conversation, words: list[bytes]) -> bytes:
    if conversation.queued is not None:
        return conversation.encode(Failure("ERR MULTI calls can not be nested"))
    conversation.queued = []
    conversation.spoiled = False
    return conversation.encode(OK)


def _exec(conversation: Conversation, words: list[bytes]) -> bytes:
    replies, conversation.queued = conversation.queued, None
    if replies is None:
        return conversation.encode(Failure("ERR EXEC without MULTI"))
    if conversation.spoiled:
        return conversation.encode(Failure("EXECABORT Transaction discarded because of previous errors."))
    return b"*%d\r\n" % len(replies) + b"".join(replies)


def _discard(conversation: Conversation, words: list[bytes]) -> bytes:
    replies, conversation.queued = conversation.queued, None
    return conversation.encode(Failure("ERR DISCARD without MULTI") if replies is None else OK)


def _subscribe(kind: str) -> Chore:
    def subscribe(conversation: Conversation, words: list[bytes]) -> bytes:
        names = conversation.subscribed[kind]
        acknowledged = []
        for word in words:
            if word not in names:
                names.append(word)
            acknowledged.append(Push((kind.encode(), word, _count(conversation, kind))))
        conversation.listening = any(conversation.subscribed.values())
        return b"".join(map(conversation.encode, acknowledged))

    return subscribe


def _unsubscribe(kind: str) -> Chore:
    ending = kind.replace("subscribe", "unsubscribe").encode()

    def unsubscribe(conversation: Conversation, words: list[bytes]) -> bytes:
        names = conversation.subscribed[kind]
        acknowledged = []
        gone: list[Any] = words or list(names) or [None]
        for word in gone:
            if word in names:
                names.remove(word)
            acknowledged.append(Push((ending, word, _count(conversation, kind))))
        conversation.listening = any(conversation.subscribed.values())
        return b"".join(map(conversation.encode, acknowledged))

    return unsubscribe


def _count(conversation: Conversation, kind: str) -> int:
    if kind == "ssubscribe":
        return len(conversation.subscribed[kind])
    return len(conversation.subscribed["subscribe"]) + len(conversation.subscribed["psubscribe"])


def _script_load(conversation: Conversation, words: list[bytes]) -> bytes:
    return conversation.encode(hashlib.sha1(words[0] if words else b"", usedforsecurity=False).hexdigest())


def _script_exists(conversation: Conversation, words: list[bytes]) -> bytes:
    return conversation.encode([1] * len(words))


def _cluster_slots(conversation: Conversation, words: list[bytes]) -> bytes:
    dial = conversation.dial
    node = [dial.host, dial.port, "0" * 40, []]
    return conversation.encode([[0, _SLOTS - 1, node]])


def _command(conversation: Conversation, words: list[bytes]) -> bytes:
    return conversation.encode(redis_commands.described())


def _command_getkeys(conversation: Conversation, words: list[bytes]) -> bytes:
    keys = redis_commands.keys(words)
    return conversation.encode(keys or Failure("ERR The command has no key arguments"))


CHORES: Final[dict[str, Chore]] = {
    "HELLO": _hello,
    "AUTH": _ok,
    "SELECT": _ok,
    "CLIENT SETINFO": _ok,
    "CLIENT SETNAME": _ok,
    "CLIENT MAINT_NOTIFICATIONS": _ok,
    "READONLY": _ok,
    "ASKING": _ok,
    "PING": _ping,
    "QUIT": _quit,
    "MULTI": _multi,
    "EXEC": _exec,
    "DISCARD": _discard,
    "WATCH": _ok,
    "UNWATCH": _ok,
    **{kind.upper(): _subscribe(kind) for kind in ("subscribe", "psubscribe", "ssubscribe")},
    **{
        kind.replace("subscribe", "unsubscribe").upper(): _unsubscribe(kind)
        for kind in ("subscribe", "psubscribe", "ssubscribe")
    },
    # How a client of a cluster finds its nodes and keys: one node that has every slot.
    "CLUSTER SLOTS": _cluster_slots,
    "COMMAND": _command,
    "COMMAND GETKEYS": _command_getkeys,
}
# What `register_script` sends around EVALSHA; chores where an EVALSHA is promised.
OF_SCRIPTS: Final[dict[str, Chore]] = {"SCRIPT LOAD": _script_load, "SCRIPT EXISTS": _script_exists}
# Done at once inside a transaction, where every other command is queued.
AT_ONCE: Final = frozenset({"MULTI", "EXEC", "DISCARD", "WATCH", "QUIT", "RESET"})
# Their reply is the conversation's, whatever the test promises: a promise of them says that they are to be recorded.
OWN_REPLY: Final = frozenset(
    {"HELLO", "MULTI", "EXEC", "DISCARD", "QUIT"} | {name for name in CHORES if name.endswith("SUBSCRIBE")}
)
