"""As much of sqlite's SQL as an engine without the tables needs to be told: parameters, columns, what it changes."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"""
      (?P<space> \s+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<text> [xX]?'(?:[^']|'')*' )
    | (?P<name> "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] | [^\W\d][\w$]* )
    | (?P<parameter> \?\d* | [:@$][\w$]+(?:::[\w$]+)*(?:\([^)]*\))? )
    | (?P<number> (?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)? )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_CHANGES: Final = frozenset({"INSERT", "REPLACE", "UPDATE", "DELETE"})
_ROWS: Final = frozenset({"SELECT", "VALUES", "PRAGMA", "EXPLAIN"})
_AFTER_LIST: Final = frozenset(
    {"FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "UNION", "EXCEPT", "INTERSECT"}
)
# Before a bare alias there is a value; these words go on, and a name after them belongs to the expression.
_GO_ON: Final = frozenset(
    {"ALL", "AND", "AS", "BETWEEN", "CASE", "COLLATE", "DISTINCT", "ELSE", "ESCAPE", "FROM", "GLOB", "IN", "IS", "LIKE"}
) | {"MATCH", "NOT", "OR", "OVER", "REGEXP", "THEN", "WHEN"}
_NO_ALIAS: Final = frozenset({"END", "ISNULL", "NOTNULL", "NULL"})


class Token(NamedTuple):
    """A word, a text, a parameter, a number or a sign of a statement."""

    kind: str
    text: str
    start: int
    end: int
    depth: int

    @property
    def word(self) -> str:
        """A word in capitals; empty for everything else, quoted names included."""
        return self.text.upper() if self.kind == "name" and self.text[0] not in '"`[' else ""


class Statement(NamedTuple):
    """What is known of a statement.

    Attributes:
        first: its first word, in capitals; empty where there is no statement at all.
        verb: what it does, behind a WITH.
        parameters: its parameters, as they are written, in order.
        rows: whether it gives rows, be it none.
        names: the names of its columns; None where it does not say (`SELECT *`).
        tuples: how many rows of VALUES it inserts.
        savepoint: whether it is about a savepoint.
    """

    first: str
    verb: str
    parameters: tuple[str, ...]
    rows: bool
    names: tuple[str, ...] | None
    tuples: int
    savepoint: bool

    @property
    def changes(self) -> bool:
        """Whether it inserts, updates or deletes."""
        return self.verb in _CHANGES

    @property
    def begins(self) -> bool:
        """Whether sqlite3 takes it for one that changes, and opens a transaction: it reads the first word alone."""
        return self.first in _CHANGES


@functools.lru_cache(maxsize=256)
def read(sql: str) -> Statement:
    """Read a statement.

    Example:
        >>> read("SELECT id, count(*) AS n, max( age ) FROM users WHERE name = ?").names
        ('id', 'n', 'max( age )')
    """
    tokens = list(_tokens(sql))
    top = [token for token in tokens if token.depth == 0]
    first = next((token.word for token in tokens), "")
    start = next((at for at, token in enumerate(tokens) if _is_verb(token, first)), 0)
    verb = tokens[start].word if tokens else ""
    returning = next((at for at, token in enumerate(tokens) if token.depth == 0 and token.word == "RETURNING"), None)
    names: tuple[str, ...] | None = None
    if verb in _CHANGES:
        names = _names(sql, tokens[returning + 1 :]) if returning is not None else None
    elif verb == "SELECT":
        names = _names(sql, tokens[start + 1 :])
    elif verb == "VALUES":
        width = _width(tokens[start + 1 :])
        names = tuple(f"column{number}" for number in range(1, width + 1))
    return Statement(
        first,
        verb,
        tuple(token.text for token in tokens if token.kind == "parameter"),
        verb in _ROWS or (verb in _CHANGES and returning is not None),
        names,
        _tuples(top) if verb in ("INSERT", "REPLACE") else 1,
        verb in ("SAVEPOINT", "RELEASE") or (verb == "ROLLBACK" and any(token.word == "TO" for token in top)),
    )


def _tokens(sql: str) -> Iterator[Token]:
    depth = 0
    for found in _TOKEN.finditer(sql):
        kind = found.lastgroup or "other"
        if kind == "space":
            continue
        depth -= found.group() == ")"
        yield Token(kind, found.group(), *found.span(), depth)
        depth += found.group() == "("


def _is_verb(token: Token, first: str) -> bool:
    if first != "WITH":
        return True
    return token.depth == 0 and token.word in _CHANGES | {"SELECT", "VALUES"}


def _tuples(top: list[Token]) -> int:
    values = next((at for at, token in enumerate(top) if token.word == "VALUES"), None)
    if values is None:
        return 1
    rest = top[values + 1 :]
    end = next((at for at, token in enumerate(rest) if token.word in ("ON", "RETURNING")), len(rest))
    return max(1, sum(token.text == "(" for token in rest[:end]))


def _width(tokens: list[Token]) -> int:
    """Count the values of the first of the tuples."""
    outer = tokens[0].depth if tokens else 0
    width = 1
    for token in tokens[1:]:
        if token.text == ")" and token.depth == outer:
            break
        width += token.text == "," and token.depth == outer + 1
    return width


def _names(sql: str, tokens: list[Token]) -> tuple[str, ...] | None:
    items: list[list[Token]] = [[]]
    outer = tokens[0].depth if tokens else 0
    if tokens and tokens[0].word in ("DISTINCT", "ALL"):
        tokens = tokens[1:]
    for token in tokens:
        if token.depth < outer or (token.depth == outer and (token.word in _AFTER_LIST or token.text == ";")):
            break
        if token.depth == outer and token.text == ",":
            items.append([])
        else:
            items[-1].append(token)
    names = [_name(sql, item) for item in items]
    return None if None in names else tuple(name for name in names if name is not None)


def _name(sql: str, item: list[Token]) -> str | None:
    """Return the name that sqlite gives to a column; None for a star."""
    if not item or (item[-1].text == "*" and (len(item) == 1 or item[-2].text == ".")):
        return None
    last, before = item[-1], item[-2] if len(item) > 1 else None
    if before is not None and last.kind in ("name", "text") and last.word not in _NO_ALIAS:
        ends = before.kind in ("text", "name", "parameter", "number") or before.text == ")"
        if before.word == "AS" or (ends and before.word not in _GO_ON):
            return _unquoted(last.text)
    if all(token.kind == "name" if at % 2 == 0 else token.text == "." for at, token in enumerate(item)):
        return _unquoted(last.text)
    return sql[item[0].start : last.end]


def _unquoted(name: str) -> str:
    quote = name[0]
    if quote == "[":
        return name[1:-1]
    return name[1:-1].replace(quote * 2, quote) if quote in "\"'`" else name
