"""As much of SQL as a server without a database must read: the verb, the parameters' casts, the columns' names."""

from __future__ import annotations

import functools
import re
from typing import Final

_SILENT: Final = re.compile(
    r"'(?:[^']|'')*'|\$(?P<tag>[A-Za-z_]\w*)?\$.*?\$(?(tag)(?P=tag))\$|--[^\n]*|/\*.*?\*/", re.DOTALL
)
_WORD: Final = r'(?:"[^"]+"|[A-Za-z_]\w*)'
_TYPE: Final = (
    rf"(?P<type>{_WORD}(?:\s*\.\s*{_WORD})?"
    r"(?:\s+(?:with(?:out)?\s+time\s+zone|precision|varying))?(?:\s*\([\d,\s]*\))?(?:\s*\[\s*\])?)"
)
_PARAMETER: Final = re.compile(rf"\$(?P<number>\d+)(?:\s*::\s*{_TYPE})?", re.IGNORECASE)
_CAST: Final = re.compile(rf"\bCAST\s*\(\s*\$(?P<number>\d+)\s+AS\s+{_TYPE}\s*\)", re.IGNORECASE)
_VERB: Final = re.compile(r"[\s(;]*([A-Za-z]+)")
_RETURNING: Final = re.compile(r"\bRETURNING\b", re.IGNORECASE)
_WORDS: Final = re.compile(r'"[^"]*"|[()\[\],]|[^\s"()\[\],]+|\s+')
_NAMED: Final = re.compile(rf"^(?:{_WORD}\s*\.\s*)*(?P<name>{_WORD})$")
_CALLED: Final = re.compile(rf"^(?:{_WORD}\s*\.\s*)*(?P<name>{_WORD})\s*\(")
_AS: Final = re.compile(rf"\sAS\s+(?P<name>{_WORD})$|[\w)\"\]]\s+(?P<bare>{_WORD})$", re.IGNORECASE)
_ROWS: Final = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "FETCH"})
_KEYWORDS: Final = frozenset({"end", "null", "true", "false", "from"})
_MOST: Final = 20_000  # characters of a statement that are looked at


def silent(sql: str) -> str:
    """Return the statement with its texts and comments blanked out."""
    return _SILENT.sub(_blank, sql[:_MOST])


def _blank(found: re.Match[str]) -> str:
    length = len(found.group())
    return " " * length if found.group()[0] in "-/" else "'" + " " * (length - 2) + "'"


@functools.lru_cache(maxsize=256)
def verb(sql: str) -> str:
    """Return the first word of a statement, in capitals."""
    found = _VERB.match(silent(sql) if sql.lstrip()[:2] in ("--", "/*") else sql)
    return found[1].upper() if found else ""


def gives_rows(sql: str) -> bool:
    """Tell whether a statement gives rows, be it none."""
    return verb(sql) in _ROWS or _RETURNING.search(silent(sql)) is not None


@functools.lru_cache(maxsize=256)
def casts(sql: str) -> tuple[str | None, ...]:
    """Return the type that each parameter is cast to; None where the statement does not say.

    Example:
        >>> casts("SELECT $1::int, $2, CAST($3 AS text[])")
        ('int', None, 'text[]')
    """
    if "$" not in sql:
        return ()
    found: dict[int, str | None] = {}
    read = silent(sql)
    for pattern in (_PARAMETER, _CAST):
        for match in pattern.finditer(read):
            number, kind = int(match["number"]), match["type"]
            found[number] = found.get(number) or (kind.replace('"', "") if kind else None)
    return tuple(found.get(number) for number in range(1, max(found, default=0) + 1))


@functools.lru_cache(maxsize=256)
def column_names(sql: str) -> tuple[str, ...] | None:
    """Return the names of the columns that a statement gives; None where it does not say (`SELECT *`).

    Example:
        >>> column_names("SELECT u.id, count(*) AS n, lower(name), 1 FROM users u")
        ('id', 'n', 'lower', '?column?')
    """
    read = silent(sql)
    returning = _RETURNING.search(read)
    if returning is not None:
        items = _items(read[returning.end() :])
    else:
        select = re.search(r"\bSELECT\b(?:\s+DISTINCT\b)?", read, re.IGNORECASE)
        if select is None:
            return None
        items = _items(read[select.end() :])
    names = [_name(item) for item in items]
    return None if any(name is None for name in names) else tuple(name for name in names if name is not None)


def _items(text: str) -> list[str]:
    """Split a list of expressions, up to FROM or the end of the statement."""
    items, depth = [""], 0
    for word in _WORDS.findall(text):
        depth += (word in "([") - (word in ")]") if len(word) == 1 else 0
        if depth < 0 or (depth == 0 and (word.upper() in ("FROM", "WHERE", "LIMIT", "UNION", "ORDER") or word == ";")):
            break
        if depth == 0 and word == ",":
            items.append("")
        else:
            items[-1] += word
    return [item.strip().rstrip(";").strip() for item in items]


def _name(item: str) -> str | None:
    if not item or item == "*" or item.endswith(".*"):
        return None
    found = _AS.search(item)
    if found is not None:
        name = found["name"] or found["bare"]
        if name.lower() not in _KEYWORDS:
            return _unquoted(name)
    item = re.sub(r"\s*::\s*[\w\s.\[\]]+(\([\d,\s]*\))?$", "", item)
    found = _NAMED.match(item) or _CALLED.match(item)
    if found is not None and found["name"].lower() not in _KEYWORDS:
        return _unquoted(found["name"])
    return "case" if item[:4].upper() == "CASE" else "?column?"


def _unquoted(name: str) -> str:
    return name[1:-1] if name.startswith('"') else name.lower()
