"""The commands of redis: their names, what kind of reply each of them gives, and where their keys stand."""

from __future__ import annotations

import functools
import keyword
from enum import Enum
from typing import Any, Final

from bigfoot import report
from bigfoot.errors import InvalidArgumentError


class Shape(Enum):
    """What a server can reply to a command, as far as a value can be wrong about it."""

    TEXT = "a text (str, bytes or a number) or None"
    TEXTS = "a text (str, bytes or a number), several of them, or None"
    LIST = "a list or set of texts"
    MAP = "a dict of texts"
    INTEGER = "an integer"
    NUMBER = "a number or None"
    STATUS = "True; None where a condition was not met"
    ANY = "anything"


_TEXT = (
    "DIGEST DUMP ECHO GET GETDEL GETRANGE GETSET GETEX HGET LINDEX LMOVE BLMOVE BRPOPLPUSH RANDOMKEY RPOPLPUSH SUBSTR"
)
_TEXTS = """
    BLMPOP BLPOP BRPOP HRANDFIELD LMPOP LPOP RPOP SPOP SRANDMEMBER XADD XREAD XREADGROUP
"""
_LIST = """
    HGETDEL HGETEX HKEYS HMGET HVALS KEYS LRANGE MGET SDIFF SINTER SMEMBERS SUNION XRANGE XREVRANGE ZRANGEBYLEX
    ZREVRANGEBYLEX
"""
_MAP = "CONFIG|GET HGETALL"
_STATUS = """
    ASKING AUTH FLUSHALL FLUSHDB HMSET LSET LTRIM MSET PFMERGE PSETEX READONLY READWRITE RENAME RESTORE SAVE SELECT SET
    SETEX SWAPDB UNWATCH WATCH
    CLIENT|SETINFO CLIENT|SETNAME CONFIG|RESETSTAT CONFIG|SET FUNCTION|FLUSH SCRIPT|FLUSH SCRIPT|KILL SLOWLOG|RESET
    XGROUP|CREATE XGROUP|SETID
"""
_NUMBER = "GEODIST HINCRBYFLOAT INCRBYFLOAT ZINCRBY ZSCORE"
_INTEGER = """
    APPEND BITCOUNT BITOP BITPOS COPY DBSIZE DECR DECRBY DEL DELEX EXISTS EXPIRE EXPIREAT EXPIRETIME GEOADD
    GEOSEARCHSTORE GETBIT HDEL HEXISTS HINCRBY HLEN HSET HSETEX HSETNX HSTRLEN INCR INCRBY LINSERT LLEN LPUSH LPUSHX
    LREM MOVE MSETEX MSETNX PERSIST PEXPIRE PEXPIREAT PEXPIRETIME PFADD PFCOUNT PTTL PUBLISH RENAMENX RPUSH RPUSHX SADD
    SCARD SDIFFCARD SDIFFSTORE SETBIT SETNX SETRANGE SINTERCARD SINTERSTORE SISMEMBER SMOVE SPUBLISH SREM STRLEN
    SUNIONCARD SUNIONSTORE TOUCH TTL UNLINK WAIT XACK XDEL XLEN XTRIM ZCARD ZCOUNT ZDIFFSTORE ZINTERCARD ZINTERSTORE
    ZLEXCOUNT ZRANGESTORE ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZUNIONSTORE
    CLIENT|ID MEMORY|USAGE XGROUP|CREATECONSUMER XGROUP|DELCONSUMER XGROUP|DESTROY
"""
_ANY = """
    ARCOUNT ARDEL ARDELRANGE ARGET ARGETRANGE ARGREP ARINFO ARINSERT ARLASTITEMS ARLEN ARMGET ARMSET ARNEXT AROP ARRING
    ARSCAN ARSEEK ARSET BGREWRITEAOF BGSAVE BITFIELD BITFIELD_RO BLMOVEM BZMPOP BZPOPMAX BZPOPMIN DISCARD EVAL EVALSHA
    EVALSHA_RO EVAL_RO EXEC FAILOVER FCALL FCALL_RO GEOHASH GEOPOS GEORADIUS GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO
    GEORADIUS_RO GEOSEARCH HELLO HEXPIRE HEXPIREAT HEXPIRETIME HPERSIST HPEXPIRE HPEXPIREAT HPEXPIRETIME HPTTL HSCAN
    HTTL INCREX INFO LASTSAVE LCS LMOVEM LOLWUT LPOS MIGRATE MONITOR MULTI PFDEBUG PFSELFTEST PING PSUBSCRIBE PSYNC
    PUNSUBSCRIBE QUIT REPLCONF REPLICAOF RESET RESTORE-ASKING ROLE SCAN SHUTDOWN SLAVEOF SMISMEMBER SORT SORT_RO SSCAN
    SSUBSCRIBE STRALGO SUBSCRIBE SUNSUBSCRIBE SYNC TIME TYPE UNSUBSCRIBE VADD VCARD VDIM VEMB VGETATTR VINFO VISMEMBER
    VLINKS VRANDMEMBER VRANGE VREM VSETATTR VSIM WAITAOF XACKDEL XAUTOCLAIM XCFGSET XCLAIM XDELEX XNACK XPENDING XSETID
    ZADD ZDIFF ZINTER ZMPOP ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYSCORE ZRANK ZREVRANGE ZREVRANGEBYSCORE
    ZREVRANK ZSCAN ZUNION
"""
# Their first argument belongs to the name of the command.
_CONTAINERS: Final[dict[str, str]] = {
    "ACL": "CAT DELUSER DRYRUN GENPASS GETUSER HELP LIST LOAD LOG SAVE SETUSER USERS WHOAMI",
    "CLIENT": "CACHING GETNAME GETREDIR HELP ID INFO KILL LIST MAINT_NOTIFICATIONS NO-EVICT NO-TOUCH PAUSE REPLY "
    "SETINFO SETNAME TRACKING TRACKINGINFO UNBLOCK UNPAUSE",
    "CLUSTER": "ADDSLOTS ADDSLOTSRANGE BUMPEPOCH COUNT-FAILURE-REPORTS COUNTKEYSINSLOT DELSLOTS DELSLOTSRANGE FAILOVER "
    "FLUSHSLOTS FORGET GETKEYSINSLOT HELP INFO KEYSLOT LINKS MEET MYID MYSHARDID NODES REPLICAS REPLICATE RESET "
    "SAVECONFIG SET-CONFIG-EPOCH SETSLOT SHARDS SLAVES SLOTS",
    "COMMAND": "COUNT DOCS GETKEYS GETKEYSANDFLAGS HELP INFO LIST",
    "CONFIG": "GET HELP RESETSTAT REWRITE SET",
    "DEBUG": "OBJECT SEGFAULT SLEEP",
    "FUNCTION": "DELETE DUMP FLUSH HELP KILL LIST LOAD RESTORE STATS",
    "HIMPORT": "DISCARD DISCARDALL PREPARE SET",
    "HOTKEYS": "GET RESET START STOP",
    "LATENCY": "DOCTOR GRAPH HELP HISTOGRAM HISTORY LATEST RESET",
    "MEMORY": "DOCTOR HELP MALLOC-STATS PURGE STATS USAGE",
    "MODULE": "HELP LIST LOAD LOADEX UNLOAD",
    "OBJECT": "ENCODING FREQ HELP IDLETIME REFCOUNT",
    "PUBSUB": "CHANNELS HELP NUMPAT NUMSUB SHARDCHANNELS SHARDNUMSUB",
    "SCRIPT": "DEBUG EXISTS FLUSH HELP KILL LOAD SHOW",
    "SENTINEL": "CKQUORUM CONFIG FAILOVER FLUSHCONFIG GET-MASTER-ADDR-BY-NAME MASTER MASTERS MONITOR MYID REMOVE "
    "REPLICAS RESET SENTINELS SET SLAVES",
    "SLOWLOG": "GET HELP LEN RESET",
    "XGROUP": "CREATE CREATECONSUMER DELCONSUMER DESTROY HELP SETID",
    "XINFO": "CONSUMERS GROUPS HELP STREAM",
}

_SHAPES: Final[dict[str, Shape]] = {
    name.replace("|", " "): shape
    for names, shape in (
        (_TEXT, Shape.TEXT),
        (_TEXTS, Shape.TEXTS),
        (_LIST, Shape.LIST),
        (_MAP, Shape.MAP),
        (_INTEGER, Shape.INTEGER),
        (_NUMBER, Shape.NUMBER),
        (_STATUS, Shape.STATUS),
    )
    for name in names.split()
}
KNOWN: Final[frozenset[str]] = frozenset(
    [*_SHAPES, *_ANY.split(), *_CONTAINERS]
    + [f"{head} {second}" for head, seconds in _CONTAINERS.items() for second in seconds.split()]
)
# What the methods of redis-py are called that send a command of another name.
METHODS: Final[dict[str, str]] = {"DECRBY": "DECR", "DEL": "DELETE", "INCRBY": "INCR"}

_KEYLESS = """
    ACL ASKING AUTH BGREWRITEAOF BGSAVE CLIENT CLUSTER COMMAND CONFIG DBSIZE DEBUG DISCARD ECHO EXEC FAILOVER FLUSHALL
    FLUSHDB FUNCTION HELLO HOTKEYS INFO KEYS LASTSAVE LATENCY LOLWUT MEMORY MODULE MONITOR MULTI OBJECT PFSELFTEST PING
    PSUBSCRIBE PSYNC PUBLISH PUBSUB PUNSUBSCRIBE QUIT RANDOMKEY READONLY READWRITE REPLCONF REPLICAOF RESET ROLE SAVE
    SCAN SCRIPT SELECT SENTINEL SHUTDOWN SLAVEOF SLOWLOG SUBSCRIBE SWAPDB SYNC TIME UNSUBSCRIBE UNWATCH WAIT WAITAOF
    XGROUP XINFO
"""
_UNKEYED = frozenset(_KEYLESS.split())
_AFTER_SUBCOMMAND = frozenset({"OBJECT", "XGROUP", "XINFO", "MEMORY"})
# The number of keys stands among the arguments: names, and the place of that number.
_COUNTED = (
    ("BLMPOP BZMPOP EVAL EVALSHA EVALSHA_RO EVAL_RO FCALL FCALL_RO", 2),
    ("LMPOP SINTERCARD ZDIFF ZINTER ZINTERCARD ZMPOP ZUNION", 1),
)
# First key, last key (negative: from the end), and the step from one to the next.
_SPANNED = (
    ("DEL EXISTS MGET PFCOUNT PFMERGE SDIFF SDIFFSTORE SINTER SINTERSTORE SUNION SUNIONSTORE TOUCH", (1, -1, 1)),
    ("UNLINK WATCH SSUBSCRIBE SUNSUBSCRIBE", (1, -1, 1)),
    ("BLMOVE BRPOPLPUSH COPY GEOSEARCHSTORE LCS LMOVE RENAME RENAMENX RPOPLPUSH SMOVE ZRANGESTORE", (1, 2, 1)),
    ("BLPOP BRPOP BZPOPMAX BZPOPMIN", (1, -2, 1)),
    ("MSET MSETNX", (1, -1, 2)),
    ("BITOP", (2, -1, 1)),
    ("MIGRATE", (3, 3, 1)),
)
_COUNTS: Final[dict[str, int]] = {name: place for names, place in _COUNTED for name in names.split()}
_SPANS: Final[dict[str, tuple[int, int, int]]] = {name: span for names, span in _SPANNED for name in names.split()}


def shape(command: str) -> Shape:
    """Return what kind of reply a command gives."""
    return _SHAPES.get(command, Shape.ANY)


def split(words: list[bytes]) -> tuple[str, list[bytes]]:
    """Return the name of a command on the wire, with its subcommand if it has one, and its arguments."""
    name = _upper(words[0])
    if name in _CONTAINERS and len(words) > 1:
        return f"{name} {_upper(words[1])}", words[2:]
    return name, words[1:]


@functools.lru_cache(maxsize=1024)
def _upper(word: bytes) -> str:
    return word.decode("ascii", "backslashreplace").upper()


def named(command: object) -> str:
    """Return the name of a command as it is written here, from the one that a test gave.

    Raises:
        InvalidArgumentError: redis has no such command; it says which one may be meant.
    """
    if not isinstance(command, str) or not command.strip():
        raise InvalidArgumentError("command", command, 'give the name of a redis command, such as "GET"')
    name = " ".join(command.upper().split())
    if name in KNOWN or "." in name:  # a module's command: JSON.GET, FT.SEARCH, ...
        return name
    head, _, rest = name.partition(" ")
    if rest and head in KNOWN and head not in _CONTAINERS:
        raise InvalidArgumentError("command", command, f"give the name alone, {head!r}; arguments go to args=(...)")
    meant = next((sent for sent, method in METHODS.items() if method == name), None)
    if meant is not None:
        raise InvalidArgumentError("command", command, f"redis has no such command (did you mean {meant!r}?)")
    raise InvalidArgumentError("command", command, f"redis has no such command{report.meant(name, KNOWN)}")


def whole(command: str, args: Any) -> tuple[str, Any]:
    """Return a command and its arguments as they are recorded: of `OBJECT`, the first argument belongs to the name."""
    if command in _CONTAINERS and isinstance(args, tuple) and args and isinstance(args[0], (str, bytes)):
        second = args[0].decode("ascii", "backslashreplace") if isinstance(args[0], bytes) else args[0]
        return f"{command} {second.upper()}", args[1:]
    return command, args


@functools.cache
def attributes() -> dict[str, str]:
    """Return the commands by the names of their sources: `get`, `config_get`, `del_`."""
    found = {name.lower().replace(" ", "_").replace("-", "_"): name for name in KNOWN}
    return {f"{name}_" if keyword.iskeyword(name) else name: command for name, command in found.items()}


def keys(words: list[bytes]) -> list[bytes]:
    """Return the keys among the words of a command, as `COMMAND GETKEYS` does."""
    name = _upper(words[0])
    counted = _COUNTS.get(name)
    if counted is not None and len(words) > counted and words[counted].isdigit():
        return words[counted + 1 : counted + 1 + int(words[counted])]
    if name in ("XREAD", "XREADGROUP"):
        after = next((at for at, word in enumerate(words) if word.upper() == b"STREAMS"), len(words)) + 1
        return words[after : after + (len(words) - after) // 2]
    if name in _UNKEYED:
        return words[2:3] if name in _AFTER_SUBCOMMAND else []
    first, last, step = _SPANS.get(name, (1, 1, 1))
    end = last + 1 if last > 0 else len(words) + last + 1
    return words[first:end:step]


def described() -> list[list[object]]:
    """Return what `COMMAND` replies: name, arity, flags, first and last key, step; keys that move say so."""
    rows: list[list[object]] = []
    for name in sorted(one for one in KNOWN if " " not in one):
        moving = name in _COUNTS or name in ("XREAD", "XREADGROUP") or name in _AFTER_SUBCOMMAND
        nowhere = moving or name in _UNKEYED
        first, last, step = (0, 0, 0) if nowhere else _SPANS.get(name, (1, 1, 1))
        pubsub = name.endswith(("SUBSCRIBE", "PUBLISH"))
        flags = ["movablekeys"] if moving else ["pubsub"] if pubsub else []
        rows.append([name.lower(), -1, flags, first, last, step])
    return rows
