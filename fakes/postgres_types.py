"""The types of PostgreSQL: their object ids and names, and which of them a Python value is."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Iterable, Iterator
from typing import Any, Final

from bigfoot.errors import InvalidArgumentError
from bigfoot.postgres import Typed
from bigfoot.report import meant

BOOL, BYTEA, CHAR, NAME, INT8, INT2, INT4, TEXT, OID = 16, 17, 18, 19, 20, 21, 23, 25, 26
JSON, FLOAT4, FLOAT8, UNKNOWN, CIDR, INET, BPCHAR, VARCHAR = 114, 700, 701, 705, 650, 869, 1042, 1043
DATE, TIME, TIMESTAMP, TIMESTAMPTZ, INTERVAL, TIMETZ, NUMERIC = 1082, 1083, 1114, 1184, 1186, 1266, 1700
UUID, JSONB, RECORD = 2950, 3802, 2249
# No server has it: a value of it does not go by the wire, only a token that stands for the very object.
OBJECT: Final = 4_000_000_001

NAMES: Final[dict[str, int]] = {
    "bool": BOOL,
    "bytea": BYTEA,
    "char": CHAR,
    "name": NAME,
    "int8": INT8,
    "int2": INT2,
    "int4": INT4,
    "text": TEXT,
    "oid": OID,
    "json": JSON,
    "float4": FLOAT4,
    "float8": FLOAT8,
    "cidr": CIDR,
    "inet": INET,
    "bpchar": BPCHAR,
    "varchar": VARCHAR,
    "date": DATE,
    "time": TIME,
    "timestamp": TIMESTAMP,
    "timestamptz": TIMESTAMPTZ,
    "interval": INTERVAL,
    "timetz": TIMETZ,
    "numeric": NUMERIC,
    "uuid": UUID,
    "jsonb": JSONB,
    "int4range": 3904,
    "numrange": 3906,
    "tsrange": 3908,
    "tstzrange": 3910,
    "daterange": 3912,
    "int8range": 3926,
    "object": OBJECT,
}
_ALIASES: Final = {
    "int": "int4",
    "integer": "int4",
    "bigint": "int8",
    "smallint": "int2",
    "serial": "int4",
    "bigserial": "int8",
    "boolean": "bool",
    "real": "float4",
    "double precision": "float8",
    "float": "float8",
    "decimal": "numeric",
    "character varying": "varchar",
    "character": "bpchar",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time with time zone": "timetz",
    "time without time zone": "time",
}
# The element type of each type of arrays.
ELEMENTS: Final[dict[int, int]] = {
    1000: BOOL,
    1001: BYTEA,
    1003: NAME,
    1005: INT2,
    1007: INT4,
    1009: TEXT,
    1014: BPCHAR,
    1015: VARCHAR,
    1016: INT8,
    1021: FLOAT4,
    1022: FLOAT8,
    1028: OID,
    1041: INET,
    1115: TIMESTAMP,
    1182: DATE,
    1183: TIME,
    1185: TIMESTAMPTZ,
    1187: INTERVAL,
    1231: NUMERIC,
    1270: TIMETZ,
    199: JSON,
    2951: UUID,
    3807: JSONB,
    651: CIDR,
}
ARRAYS: Final[dict[int, int]] = {element: array for array, element in ELEMENTS.items()}
# The type of the bounds of each type of ranges.
RANGES: Final[dict[int, int]] = {
    3904: INT4,
    3906: NUMERIC,
    3908: TIMESTAMP,
    3910: TIMESTAMPTZ,
    3912: DATE,
    3926: INT8,
}
_BY_OID: Final[dict[int, str]] = {oid: name for name, oid in NAMES.items()}


def name_of(oid: int) -> str:
    """Return the name of a type as pg_type has it: that of arrays begins with an underscore."""
    element = ELEMENTS.get(oid)
    return _BY_OID[oid] if element is None else f"_{_BY_OID[element]}"


def find(name: str) -> int | None:
    """Return the type of this name, as SQL writes it (`"int"`, `"timestamp with time zone"`, `"text[]"`), or None."""
    plain = " ".join(name.lower().split()).removeprefix("pg_catalog.")
    if plain.endswith("[]"):
        element = find(plain[:-2].strip())
        return None if element is None else ARRAYS.get(element)
    plain = plain.partition("(")[0].strip()  # varchar(20), numeric(10, 2)
    return NAMES.get(_ALIASES.get(plain, plain))


def oid_of(name: str) -> int:
    """Return the type of this name.

    Raises:
        InvalidArgumentError: there is none.
    """
    found = find(name) if isinstance(name, str) else None
    if found is None:
        known = [*NAMES, *_ALIASES]
        hint = meant(name, known) if isinstance(name, str) else ""
        raise InvalidArgumentError("type", name, f"there is no such type{hint}; there are {', '.join(sorted(NAMES))}")
    return found


@functools.cache
def _kinds() -> dict[type, int]:
    from decimal import Decimal
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
    from uuid import UUID as Uuid

    return {
        bool: BOOL,
        float: FLOAT8,
        str: TEXT,
        bytes: BYTEA,
        bytearray: BYTEA,
        memoryview: BYTEA,
        Decimal: NUMERIC,
        datetime.date: DATE,
        datetime.timedelta: INTERVAL,
        Uuid: UUID,
        IPv4Address: INET,
        IPv6Address: INET,
        IPv4Network: CIDR,
        IPv6Network: CIDR,
        dict: JSONB,
    }


def of_value(value: Any) -> int:
    """Return the type that a server would most likely have for a Python value; `OBJECT` if there is none.

    Subclasses (enums, `str` of a library) go as the objects that they are.
    """
    kind = type(value)
    found = _kinds().get(kind)
    if found is not None:
        return found
    if kind is int:
        return INT8 if -(1 << 63) <= value < 1 << 63 else NUMERIC
    if kind is datetime.datetime:
        return TIMESTAMP if value.tzinfo is None else TIMESTAMPTZ
    if kind is datetime.time:
        return TIME if value.tzinfo is None else TIMETZ
    if kind is list:
        return ARRAYS.get(common(flat(value)), OBJECT) if _regular(value) else OBJECT
    if kind is Typed:
        return oid_of(value.type)
    return OBJECT


def flat(value: list[Any]) -> Iterator[Any]:
    """Yield the elements of an array of any number of dimensions."""
    for item in value:
        if isinstance(item, list):
            yield from flat(item)
        else:
            yield item


def shape(value: Any) -> list[int]:
    """Return how long an array is in each of its dimensions."""
    sizes = []
    while isinstance(value, list):
        sizes.append(len(value))
        value = value[0] if value else None
    return sizes


def _regular(value: list[Any]) -> bool:
    """Tell whether all rows of a matrix are equally long: PostgreSQL has no others."""

    def fits(item: Any, sizes: list[int]) -> bool:
        if not sizes:
            return not isinstance(item, list)
        return isinstance(item, list) and len(item) == sizes[0] and all(fits(one, sizes[1:]) for one in item)

    return fits(value, shape(value))


def common(values: Iterable[Any]) -> int:
    """Return the type of a column that holds all these values."""
    kinds: set[int] = set()
    last: type | None = None
    for value in values:
        if value is None or (type(value) is last and last in _STEADY):
            continue
        last = type(value)
        kinds.add(of_value(value))
    if not kinds:
        return TEXT
    if len(kinds) == 1:
        return kinds.pop()
    if kinds <= {INT8, FLOAT8}:
        return FLOAT8
    if kinds <= {INT8, FLOAT8, NUMERIC}:
        return NUMERIC
    return OBJECT


_STEADY: Final = frozenset({bool, float, str, bytes})  # all values of these have the same type
