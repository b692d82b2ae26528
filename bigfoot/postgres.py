"""What a script of a database says where the type of a value matters: `bigfoot.postgres.typed(value, "jsonb")`."""

from __future__ import annotations

from typing import Any

__all__ = ["Typed", "typed"]


class Typed:
    """A value that a column of this type holds.

    Attributes:
        value: the value.
        type: the name of the type, as SQL writes it.
    """

    __slots__ = ("type", "value")

    def __init__(self, value: Any, type: str) -> None:
        self.value = value
        self.type = type

    def __repr__(self) -> str:
        return f"bigfoot.postgres.typed({self.value!r}, {self.type!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Typed):
            return NotImplemented
        return (self.value, self.type) == (other.value, other.type)

    __hash__ = None  # type: ignore[assignment]  # as the value may have none


def typed(value: Any, type: str) -> Any:
    """Say which type a scripted value has, where what bigfoot would choose is not meant.

    Arguments:
        value: the value, as the database holds it; `None` for NULL.
        type: the name of the type, as SQL writes it: `"int4"`, `"json"`, `"numeric(10, 2)"`, `"text[]"`. `"object"`
            hands the very object over, whatever the driver would make of it.

    Example:
        >>> typed({"a": 1}, "json")
        bigfoot.postgres.typed({'a': 1}, 'json')
    """
    return Typed(value, type)
