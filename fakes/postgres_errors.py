"""Errors as a server reports them: a severity, a SQLSTATE, a text, and what else it knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# The name of each field by its letter in the protocol; drivers give their exceptions attributes like these.
FIELDS: Final[Mapping[str, str]] = {
    "M": "message",
    "D": "detail",
    "H": "hint",
    "P": "position",
    "p": "internal_position",
    "q": "internal_query",
    "W": "context",
    "s": "schema_name",
    "t": "table_name",
    "c": "column_name",
    "d": "data_type_name",
    "n": "constraint_name",
}

PROTOCOL_VIOLATION: Final = "08P01"
SYNTAX_ERROR: Final = "42601"
FAILED_TRANSACTION: Final = "25P02"
CANCELED: Final = "57014"
WRONG_PASSWORD: Final = "28P01"
NO_SUCH_STATEMENT: Final = "26000"
NO_SUCH_CURSOR: Final = "34000"
NO_SUCH_SAVEPOINT: Final = "3B001"
CHANGED_RESULT: Final = "0A000"
INTERNAL: Final = "XX000"
BAD_COPY: Final = "22P04"

_USUAL: Final[Mapping[str, str]] = {
    "23502": "null value violates not-null constraint",
    "23503": "insert or update violates foreign key constraint",
    "23505": "duplicate key value violates unique constraint",
    "23514": "new row violates check constraint",
    "28P01": "password authentication failed",
    "3D000": "database does not exist",
    "40001": "could not serialize access due to concurrent update",
    "40P01": "deadlock detected",
    "42601": "syntax error",
    "42703": "column does not exist",
    "42P01": "relation does not exist",
    "53300": "sorry, too many clients already",
    "55P03": "could not obtain lock on row",
    "57014": "canceling statement due to user request",
    "57P01": "terminating connection due to administrator command",
    "57P03": "the database system is starting up",
}


class Failure(Exception):
    """What ends in an ErrorResponse.

    Arguments:
        sqlstate: the code.
        message: the text; without one, what a server usually says with this code.
        fields: what else there is, by the letters of the protocol.
        severity: `"ERROR"`, or `"FATAL"` where the server ends the connection with it.
    """

    def __init__(
        self, sqlstate: str, message: str = "", fields: Mapping[str, str] | None = None, *, severity: str = "ERROR"
    ) -> None:
        self.sqlstate = sqlstate
        self.message = message or _USUAL.get(sqlstate, "the statement failed")
        self.severity = severity
        self.more = fields or {}
        super().__init__(sqlstate, self.message)

    @property
    def fields(self) -> dict[str, str]:
        """All fields, by the letters of the protocol."""
        return {"S": self.severity, "V": self.severity, "C": self.sqlstate, "M": self.message, **self.more}


def notice(text: str, severity: str = "NOTICE") -> dict[str, str]:
    """Return the fields of a notice."""
    return {"S": severity, "V": severity, "C": "00000" if severity != "WARNING" else "01000", "M": text}
