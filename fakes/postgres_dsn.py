"""Where a connection goes, as text: a DSN whose password is not written down."""

from __future__ import annotations

from bigfoot.masking import masked


class Dsn(str):
    """A DSN whose password is not written down: it equals the DSN that it was made of.

    Example:
        >>> Dsn("postgresql://ada:lovelace@localhost/app") == "postgresql://ada:lovelace@localhost/app"
        True
        >>> "lovelace" in Dsn("postgresql://ada:lovelace@localhost/app")
        False
    """

    def __new__(cls, text: str) -> Dsn:
        return super().__new__(cls, masked(text))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and str(self) in (str(other), masked(str(other)))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__
