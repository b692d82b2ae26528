"""Values on the wire: Python values as PostgreSQL writes them, in text and in binary."""

from __future__ import annotations

import datetime
import json
import struct
from collections.abc import Callable
from typing import Any, Final

from bigfoot.postgres import Typed

from . import postgres_types as types

Encode = Callable[[Any], bytes]

_EPOCH: Final = datetime.datetime(2000, 1, 1)
_EPOCH_UTC: Final = _EPOCH.replace(tzinfo=datetime.UTC)
_MICROSECOND: Final = datetime.timedelta(microseconds=1)
_DAY_ZERO: Final = _EPOCH.toordinal()
_INT2, _INT4, _INT8, _UINT4 = (struct.Struct(form).pack for form in ("!h", "!i", "!q", "!I"))
_FLOAT4, _FLOAT8 = struct.Struct("!f").pack, struct.Struct("!d").pack
_LENGTH: Final = struct.Struct("!i").pack
_FOREVER: Final = {
    datetime.datetime.max: (1 << 63) - 1,  # what drivers take for infinity, and give for it
    datetime.datetime.min: -(1 << 63),
}


def plain(value: Any) -> Any:
    """Return the value without what was said of its type."""
    return value.value if type(value) is Typed else value


def binary(oid: int, keep: Encode) -> Encode:
    """Return what writes values of a type in the binary format.

    Arguments:
        oid: the type.
        keep: keeps an object of type `OBJECT` for the client, and returns the token for it.
    """
    if oid == types.OBJECT:
        return keep
    element = types.ELEMENTS.get(oid)
    if element is not None:
        inner = binary(element, keep)
        return lambda value: _array(value, element, inner)
    bounds = types.RANGES.get(oid)
    if bounds is not None:
        inner = binary(bounds, keep)
        return lambda value: _range(value, inner)
    return _BINARY.get(oid, _text)


def written(oid: int, keep: Encode) -> Encode:
    """Return what writes values of a type in the text format; see `binary`."""
    if oid == types.OBJECT:
        return keep
    element = types.ELEMENTS.get(oid)
    if element is not None:
        inner = written(element, keep)
        return lambda value: _array_text(value, inner)
    if oid in types.RANGES:
        inner = written(types.RANGES[oid], keep)
        return lambda value: _range_text(value, inner)
    return _TEXT.get(oid, _text)


def _text(value: Any) -> bytes:
    return (
        value.encode() if isinstance(value, str) else bytes(value) if isinstance(value, bytes) else str(value).encode()
    )


def _json(value: Any) -> bytes:
    return json.dumps(plain(value), default=str).encode()


def _date(value: datetime.date) -> bytes:
    return _INT4(value.toordinal() - _DAY_ZERO)


def _timestamp(value: datetime.datetime) -> bytes:
    if value in _FOREVER:
        return _INT8(_FOREVER[value])
    return _INT8((value.replace(tzinfo=None) - _EPOCH) // _MICROSECOND)


def _timestamptz(value: datetime.datetime) -> bytes:
    # PostgreSQL takes a time without a zone for one of its own zone, which is UTC here.
    aware = value if value.tzinfo is not None else value.replace(tzinfo=datetime.UTC)
    return _INT8((aware - _EPOCH_UTC) // _MICROSECOND)


def _microseconds(value: datetime.time) -> int:
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond


def _timetz(value: datetime.time) -> bytes:
    offset = value.utcoffset() or datetime.timedelta()
    return _INT8(_microseconds(value)) + _INT4(-int(offset.total_seconds()))


def _interval(value: datetime.timedelta) -> bytes:
    return _INT8(value.seconds * 1_000_000 + value.microseconds) + _INT4(value.days) + _INT4(0)


def _network(value: Any) -> bytes:
    from ipaddress import ip_interface

    if hasattr(value, "network_address"):
        address, prefix, is_cidr = value.network_address, value.prefixlen, 1
    else:
        interface = ip_interface(str(value))
        address, prefix, is_cidr = interface.ip, interface.network.prefixlen, 0
    packed: bytes = address.packed
    return bytes((2 if len(packed) == 4 else 3, prefix, is_cidr, len(packed))) + packed


def _numeric(value: Any) -> bytes:
    """Return groups of four digits, the weight of the first, the sign, and how many digits follow the point."""
    from decimal import Decimal

    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        sign = 0xC000 if number.is_nan() else 0xD000 if number > 0 else 0xF000
        return struct.pack("!hhHh", 0, 0, sign, 0)
    negative, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    scale = max(0, -exponent)
    text = "".join(map(str, digits)) + "0" * max(0, exponent)
    whole, fraction = (text[:-scale], text[-scale:].rjust(scale, "0")) if scale else (text, "")
    whole = whole.lstrip("0")
    whole = whole.rjust(-(-len(whole) // 4) * 4, "0")
    fraction = fraction.ljust(-(-len(fraction) // 4) * 4, "0")
    groups = [int((whole + fraction)[at : at + 4]) for at in range(0, len(whole) + len(fraction), 4)]
    weight = len(whole) // 4 - 1
    while groups and groups[-1] == 0:
        groups.pop()
    while groups and groups[0] == 0:
        del groups[0]
        weight -= 1
    if not groups:
        weight = 0
    head = struct.pack("!hhHh", len(groups), weight, 0x4000 if negative else 0, scale)
    return head + struct.pack(f"!{len(groups)}h", *groups)


def _array(value: Any, element: int, inner: Encode) -> bytes:
    value = list(value) if not isinstance(value, list) else value
    sizes = types.shape(value)
    items = list(types.flat(value))
    if not items:
        return struct.pack("!iiI", 0, 0, element)
    parts = [struct.pack("!iiI", len(sizes), int(None in items), element)]
    parts += [struct.pack("!ii", size, 1) for size in sizes]
    parts += [_sized(item, inner) for item in items]
    return b"".join(parts)


def _sized(value: Any, inner: Encode) -> bytes:
    value = plain(value)
    if value is None:
        return b"\xff\xff\xff\xff"
    raw = inner(value)
    return _LENGTH(len(raw)) + raw


def _range(value: Any, inner: Encode) -> bytes:
    """Write a range of a driver's own class: `lower`, `upper`, `lower_inc`, `upper_inc`, `isempty`."""
    if value.isempty:
        return b"\x01"
    flags = 2 * value.lower_inc + 4 * value.upper_inc + 8 * (value.lower is None) + 16 * (value.upper is None)
    bounds = [_sized(bound, inner) for bound in (value.lower, value.upper) if bound is not None]
    return bytes((flags,)) + b"".join(bounds)


def _range_text(value: Any, inner: Encode) -> bytes:
    if value.isempty:
        return b"empty"
    lower, upper = (b"" if bound is None else inner(bound) for bound in (value.lower, value.upper))
    return (b"[" if value.lower_inc else b"(") + lower + b"," + upper + (b"]" if value.upper_inc else b")")


def _array_text(value: Any, inner: Encode) -> bytes:
    parts = []
    for item in map(plain, value):
        if item is None:
            parts.append(b"NULL")
        elif isinstance(item, list):
            parts.append(_array_text(item, inner))
        else:
            raw = inner(item).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
            parts.append(b'"' + raw + b'"')
    return b"{" + b",".join(parts) + b"}"


def _float_text(value: Any) -> bytes:
    return repr(float(value)).replace("inf", "Infinity").replace("nan", "NaN").encode()


def _interval_text(value: datetime.timedelta) -> bytes:
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{value.days} days {hours:02}:{minutes:02}:{seconds:02}.{value.microseconds:06}".encode()


def _timestamptz_text(value: datetime.datetime) -> bytes:
    aware = value if value.tzinfo is not None else value.replace(tzinfo=datetime.UTC)
    return aware.isoformat(" ").encode()


_BINARY: Final[dict[int, Encode]] = {
    types.BOOL: lambda value: b"\x01" if value else b"\x00",
    types.BYTEA: bytes,
    types.INT2: _INT2,
    types.INT4: _INT4,
    types.INT8: _INT8,
    types.OID: _UINT4,
    types.FLOAT4: lambda value: _FLOAT4(float(value)),
    types.FLOAT8: lambda value: _FLOAT8(float(value)),
    types.NUMERIC: _numeric,
    types.DATE: _date,
    types.TIME: lambda value: _INT8(_microseconds(value)),
    types.TIMETZ: _timetz,
    types.TIMESTAMP: _timestamp,
    types.TIMESTAMPTZ: _timestamptz,
    types.INTERVAL: _interval,
    types.UUID: lambda value: value.bytes if hasattr(value, "bytes") else bytes.fromhex(str(value).replace("-", "")),
    types.JSON: _json,
    types.JSONB: lambda value: b"\x01" + _json(value),
    types.INET: _network,
    types.CIDR: _network,
}
_TEXT: Final[dict[int, Encode]] = {
    types.BOOL: lambda value: b"t" if value else b"f",
    types.BYTEA: lambda value: b"\\x" + bytes(value).hex().encode(),
    types.FLOAT4: _float_text,
    types.FLOAT8: _float_text,
    types.INTERVAL: _interval_text,
    types.TIMESTAMPTZ: _timestamptz_text,
    types.JSON: _json,
    types.JSONB: _json,
}
