"""What asyncpg asks a server about types before it uses them: arrays, ranges, and types of the user's own."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence
from typing import Any, Final

from . import postgres_types as types
from .postgres_messages import Column
from .postgres_result import Result

_TREE: Final = "WITH RECURSIVE typeinfo_tree("
_BY_NAME: Final = "t.typname = $1 AND ns.nspname = $2"
_BY_OID: Final = "t.oid = $1"
_OF_TYPES: Final = "pg_catalog.pg_type AS t"
_JIT: Final = "current_setting('jit') AS cur"
_OID_ARRAY: Final = types.ARRAYS[types.OID]
_FIRST_OWN: Final = 4_100_000_000

_INFO: Final = (
    Column("oid", types.OID),
    Column("ns", types.NAME),
    Column("name", types.NAME),
    Column("kind", types.CHAR),
    Column("basetype", types.OID),
    Column("elemtype", types.OID),
    Column("elemdelim", types.CHAR),
    Column("range_subtype", types.OID),
    Column("attrtypoids", _OID_ARRAY),
    Column("attrnames", types.ARRAYS[types.TEXT]),
    Column("depth", types.INT4),
    Column("basetype_name", types.TEXT),
    Column("elemtype_name", types.TEXT),
    Column("range_subtype_name", types.TEXT),
)
_FOUND: Final = (Column("oid", types.OID), Column("elemtype", types.OID), Column("kind", types.CHAR))
_SETTING: Final = (Column("cur", types.TEXT), Column("new", types.TEXT))

Rows = list[tuple[Any, ...]]


class Catalogue:
    """The types that one connection knows."""

    def __init__(self) -> None:
        self._own: dict[str, int] = {}
        self._numbers = itertools.count(_FIRST_OWN)

    def find(self, name: str) -> int | None:
        """Return the type of this name; None if there is none."""
        plain = name.replace(" ", "").rpartition(".")[2]
        return types.find(name) or types.find(plain) or self._own.get(plain)

    def parameters(self, sql: str) -> list[int] | None:
        """Return the types of the parameters of a question about types; None if it is none."""
        if _TREE in sql:
            return [_OID_ARRAY]
        if _OF_TYPES in sql and _BY_NAME in sql:
            return [types.NAME, types.NAME]
        if _OF_TYPES in sql and _BY_OID in sql:
            return [types.OID]
        return [] if _JIT in sql else None

    def columns(self, sql: str) -> Sequence[Column] | None:
        """Return the columns of the answer to a question about types; None if it is none."""
        if _TREE in sql:
            return _INFO
        if _OF_TYPES in sql and (_BY_NAME in sql or _BY_OID in sql):
            return _FOUND
        return _SETTING if _JIT in sql else None

    def answer(self, sql: str, values: Sequence[bytes | None]) -> Result | None:
        """Return the answer to a question about types; None if it is none."""
        columns = self.columns(sql)
        if columns is None:
            return None
        asked = values[0] if values else None
        rows: Rows = [("off", "off")]
        if columns is _INFO:
            rows = [row for oid in _oids(asked or b"") for row in self._info(oid, 0)]
        elif columns is _FOUND:
            rows = [self._found((asked or b"").decode()) if _BY_NAME in sql else self._by_oid(asked or b"")]
        return Result(columns, rows, f"SELECT {len(rows)}")

    def _found(self, name: str) -> tuple[Any, ...]:
        known = types.find(name.removeprefix("_") + "[]") if name.startswith("_") else types.find(name)
        if known is not None:
            return known, types.ELEMENTS.get(known), b"b"
        # Whatever the program calls by this name exists, as a scalar: the test says what its values are.
        if name not in self._own:
            self._own[name] = next(self._numbers)
        return self._own[name], None, b"b"

    def _by_oid(self, raw: bytes) -> tuple[Any, ...]:
        oid = int.from_bytes(raw, "big")
        return oid, types.ELEMENTS.get(oid), b"b"

    def _info(self, oid: int, depth: int) -> Rows:
        element, bounds = types.ELEMENTS.get(oid), types.RANGES.get(oid)
        of = element or bounds
        below = self._info(of, depth + 1) if of is not None else []
        name = next((name for name, own in self._own.items() if own == oid), None)
        space = "pg_catalog" if name is None else "public"
        kind = b"r" if bounds is not None else b"b"
        names = (types.name_of(element) if element else None, types.name_of(bounds) if bounds else None)
        called = name or types.name_of(oid)
        return [
            *below,
            (
                oid,
                space,
                called,
                kind,
                None,
                element,
                b"," if element else None,
                bounds,
                None,
                None,
                depth,
                None,
                *names,
            ),
        ]


def _oids(raw: bytes) -> list[int]:
    """Read an array of object ids in the binary format."""
    if len(raw) < 20:
        return []
    (count,) = struct.unpack_from("!i", raw, 12)
    return [struct.unpack_from("!iI", raw, 20 + 8 * at)[1] for at in range(count)]
