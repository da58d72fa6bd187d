"""Splits a query into tokens, by Trino's grammar (SqlBase.g4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from local.standins.athena.sql.errors import failure, not_here
from local.standins.athena.sql.tree import Place

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<string>'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<unicode>u&')
  | (?P<backquoted>`[^`]*`)
  | (?P<double>(?:\d+(?:\.\d*)?|\.\d+)e[+-]?\d+)(?![a-z_0-9])
  | (?P<decimal>\d+\.\d*|\.\d+)(?![a-z_0-9])
  | (?P<integer>\d+)(?![a-z_0-9])
  | (?P<digits>\d\w*)
  | (?P<word>[a-z_][a-z_0-9]*)
  | (?P<sign><>|!=|<=|>=|->|=>|\|\||[=<>+\-*/%.,()\[\]?;:])
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_INVALID = {
    "backquoted": "backquoted identifiers are not supported; use double quotes",
    "digits": "identifiers must not start with a digit; surround them with double quotes",
}

# Words that are only names in quotes ("Reserved keywords" in Trino's documentation).
RESERVED = frozenset(
    """
    alter and as between by case cast constraint create cross cube current_catalog current_date
    current_path current_role current_schema current_time current_timestamp current_user
    deallocate delete describe distinct drop else end escape except execute exists extract false
    for from full group grouping having in inner insert intersect into is join json_array
    json_exists json_object json_query json_value left like listagg localtime localtimestamp
    natural normalize not null on or order outer prepare recursive right rollup select skip
    table then trim true uescape union unnest using values when where with
    """.split()  # noqa: SIM905 - more readable than a list
)


@dataclass(frozen=True)
class Token:
    """`kind` is word, quoted, string, integer, decimal, double, sign or end.

    `text` is in lower case for words, and without quotes for names and strings; `shown` is the
    original.
    """

    kind: str
    text: str
    shown: str
    place: Place


def tokens(text: str) -> list[Token]:
    """The tokens of a text; the last one has the kind end.

    Raises:
        UserError: SYNTAX_ERROR, for an invalid token.
    """
    found = []
    position, line, line_start = 0, 1, 0
    while position < len(text):
        place = Place(line, position - line_start + 1)
        match = _TOKEN.match(text, position)
        if match is None:
            raise failure("SYNTAX_ERROR", place, f"mismatched input '{text[position]}'")
        kind, shown = str(match.lastgroup), match.group()
        if kind in _INVALID:
            raise failure("SYNTAX_ERROR", place, _INVALID[kind])
        if kind == "unicode":
            raise not_here(place, "a text with U&")
        if kind != "blank":
            found.append(Token(kind, _value(kind, shown), shown, place))
        position = match.end()
        if newlines := shown.count("\n"):
            line += newlines
            line_start = match.start() + shown.rindex("\n") + 1
    end = Place(line, position - line_start + 1)
    return [*found, Token("end", "", "<EOF>", end)]


def _value(kind: str, shown: str) -> str:
    if kind == "string":
        return shown[1:-1].replace("''", "'")
    if kind == "quoted":
        return shown[1:-1].replace('""', '"').lower()
    if kind == "sign":
        return "<>" if shown == "!=" else shown
    return shown.lower()
