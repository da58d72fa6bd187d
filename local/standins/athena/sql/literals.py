"""Literals: their types, and their SQL."""

from __future__ import annotations

import datetime
import re

from local.standins.athena.sql.casts import cast_sql
from local.standins.athena.sql.errors import failure, mismatch, not_here
from local.standins.athena.sql.scope import Typed
from local.standins.athena.sql.tree import IntervalLiteral, Literal, Place, TypedLiteral
from local.standins.athena.sql.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DAYS,
    DOUBLE,
    INTEGER,
    MONTHS,
    UNKNOWN,
    VARCHAR,
    Type,
    parse_type,
)
from local.standins.database import literal
from local.standins.errors import UserError

# Lengths of units that do not depend on the date.
MILLISECONDS = {"day": 86_400_000, "hour": 3_600_000, "minute": 60_000, "second": 1000}
MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}
_MAXIMUM_INTEGER = 2**31 - 1
_MAXIMUM_BIGINT = 2**63 - 1


def plain_literal(node: Literal) -> Typed:
    """A literal whose kind is clear from how it is written."""
    match node.kind:
        case "string":
            return Typed(literal(node.text), VARCHAR)
        case "boolean":
            return Typed(node.text, BOOLEAN)
        case "null":
            return Typed("null", UNKNOWN)
        case "double":
            return Typed(f"cast('{node.text}' as double)", DOUBLE, constant=True)
        case "decimal":
            return _decimal_literal(node.text, node.place)
    return integer_literal(int(node.text), node.place)


def typed_literal(node: TypedLiteral) -> Typed:
    """A text after the name of its type."""
    name, text = node.type_name, node.text
    if name == "decimal":
        return _decimal_literal(text.strip(), node.place)
    if name in ("date", "timestamp"):
        return _moment_literal(node)
    kind = Type("char", len(text)) if name == "char" else named_type(name, node.place)
    return Typed(f"({cast_sql(literal(text), VARCHAR, kind)})", kind)


def named_type(name: str, place: Place) -> Type:
    """The type of a name in the query."""
    try:
        kind = parse_type(name)
    except UserError as error:
        raise failure("NOT_SUPPORTED", place, str(error)) from None
    if kind is None:
        raise mismatch(place, f"Unknown type: {name}")
    return kind


def integer_literal(number: int, place: Place) -> Typed:
    """An integer literal: integer if it fits, otherwise bigint."""
    if not -_MAXIMUM_BIGINT - 1 <= number <= _MAXIMUM_BIGINT:
        raise failure("SYNTAX_ERROR", place, f"Invalid numeric literal: {number}")
    kind = INTEGER if -_MAXIMUM_INTEGER - 1 <= number <= _MAXIMUM_INTEGER else BIGINT
    return Typed(f"cast({number} as {kind.sql})", kind, constant=True)


def _decimal_literal(text: str, place: Place) -> Typed:
    """A decimal literal; its digits determine its type."""
    match = re.fullmatch(r"([+-]?)(\d*)(?:\.(\d*))?", text)
    if match is None or not (match.group(2) or match.group(3)):
        raise failure("INVALID_LITERAL", place, f"'{text}' is not a valid decimal literal")
    whole, fraction = match.group(2).lstrip("0"), match.group(3) or ""
    kind = Type("decimal", max(len(whole) + len(fraction), 1), len(fraction))
    if kind.size > 38:
        raise failure("INVALID_LITERAL", place, f"'{text}' has more than 38 digits")
    number = f"{match.group(1)}{whole or '0'}{'.' if fraction else ''}{fraction}"
    return Typed(f"cast('{number}' as {kind.sql})", kind, constant=True)


def _moment_literal(node: TypedLiteral) -> Typed:
    """A date or a timestamp, whose digits determine its precision."""
    text = node.text.strip()
    match = re.fullmatch(
        r"(\d{4})-(\d{1,2})-(\d{1,2})(?: (\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?)?", text
    )
    invalid = failure(
        "INVALID_LITERAL", node.place, f"'{node.text}' is not a valid {node.type_name} literal"
    )
    if match is None or (node.type_name == "date" and match.group(4) is not None):
        if re.fullmatch(r"\d{4}-\S+ [\d:.]+ ?\S+", text) and node.type_name == "timestamp":
            raise not_here(node.place, "a timestamp literal with a time zone")
        raise invalid
    fraction = match.group(7) or ""
    if len(fraction) > 6:
        raise not_here(node.place, f"timestamp({len(fraction)})")
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups()[:6])
    fraction_of_second = int(fraction.ljust(6, "0"))
    try:
        moment = datetime.datetime(
            year, month, day, hour, minute, second, fraction_of_second, datetime.UTC
        ).replace(tzinfo=None)
    except ValueError:
        raise invalid from None
    if node.type_name == "date":
        return Typed(f"date '{moment.date().isoformat()}'", DATE)
    kind = Type("timestamp", len(fraction))
    return Typed(f"timestamp '{moment.isoformat(' ', 'microseconds')}'", kind)


def interval_literal(node: IntervalLiteral) -> Typed:
    """An interval: milliseconds or months as a bigint."""
    if node.until is not None:
        raise not_here(node.place, f"an interval of {node.unit} to {node.until}")
    if not re.fullmatch(r"[+-]?\d+(\.\d{1,3})?", node.text) or (
        "." in node.text and node.unit != "second"
    ):
        raise failure(
            "INVALID_LITERAL", node.place, f"'{node.text}' is not a valid interval literal"
        )
    if node.unit in MONTHS_OF:
        return Typed(f"cast({node.sign * int(node.text) * MONTHS_OF[node.unit]} as bigint)", MONTHS)
    whole, _, fraction = node.text.partition(".")
    count = int(whole) * MILLISECONDS[node.unit]
    count += (-1 if whole.startswith("-") else 1) * int(fraction.ljust(3, "0") or 0)
    return Typed(f"cast({node.sign * count} as bigint)", DAYS)
