"""Matchers for the expected side of an assertion: dirty-equals', and `IsMapping`.

Example:
    >>> from bigfoot.matchers import IsMapping, IsStr
    >>> {"id": "ch_123"} == IsMapping(id=IsStr(regex="ch_.*"))
    True
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

try:
    import dirty_equals
    from dirty_equals import *  # noqa: F403
except ImportError as missing:
    raise ImportError("bigfoot.matchers needs dirty-equals: pip install dirty-equals") from missing

from bigfoot.values import Body


class IsMapping(dirty_equals.DirtyEquals[Mapping[str, Any]]):
    """Matches any mapping, or a message body that holds a JSON object; with arguments, one that has these members.

    Arguments:
        members: values that the mapping must have under these names; it may have more.

    Example:
        >>> {"a": 1, "b": 2} == IsMapping(a=1)
        True
    """

    def __init__(self, **members: Any) -> None:
        super().__init__(**members)
        self.members = members

    def equals(self, other: Any) -> bool:
        if isinstance(other, Body):
            try:
                other = other.json()
            except ValueError:
                return False
        if not isinstance(other, Mapping):
            return False
        return all(name in other and expected == other[name] for name, expected in self.members.items())


__all__ = [*dirty_equals.__all__, "IsMapping"]
