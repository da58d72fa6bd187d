"""Arithmetic, comparison and conversion of checked values, by Trino's rules of types."""

from __future__ import annotations

from collections.abc import Iterable

from local.standins.athena.sql.casts import cast_sql
from local.standins.athena.sql.errors import failure, not_here
from local.standins.athena.sql.scope import Typed
from local.standins.athena.sql.tree import Place
from local.standins.athena.sql.types import (
    BOOLEAN,
    DATE,
    DAYS,
    MONTHS,
    UNKNOWN,
    VARCHAR,
    Type,
    as_decimal,
    common_type,
    decimal,
)
from local.standins.errors import UserError

INTERVAL_TYPES = (DAYS, MONTHS)


def arithmetic(operator: str, left: Typed, right: Typed, place: Place) -> Typed:
    """Checks a sum, difference, product, quotient or remainder."""
    if left.type == UNKNOWN and right.type == UNKNOWN:
        raise failure("AMBIGUOUS_FUNCTION_CALL", place, "Explicit type casts must be added")
    moment = _moment_arithmetic(operator, left, right, place)
    if moment:
        return moment
    both = common_type(left.type, right.type)
    if both is None or not both.is_number:
        raise failure(
            "TYPE_MISMATCH", place,
            f"Cannot apply operator: {left.type} {operator} {right.type}; use CAST",
        )  # fmt: skip
    if both.base == "decimal":
        return decimal_arithmetic(operator, left, right)
    one, other = converted(left, both), converted(right, both)
    if both.is_integer and operator in "/%":
        macro = "divide" if operator == "/" else "modulo"
        return Typed(f"trino.{macro}({one}, {other})", both)
    return Typed(f"({one} {operator} {other})", both)


def _moment_arithmetic(operator: str, left: Typed, right: Typed, place: Place) -> Typed | None:
    moments = ("date", "timestamp", "timestamp with time zone")
    if operator == "+" and left.type in INTERVAL_TYPES and right.type.base in moments:
        left, right = right, left
    if operator in "+-" and left.type.base in moments and right.type in INTERVAL_TYPES:
        return shifted(left, right, operator)
    if operator == "-" and left.type.base in moments and right.type.base in moments:
        both = common_type(left.type, right.type)
        one, other = (f"cast({side.sql} as timestamp)" for side in (left, right))
        milliseconds = f"(trino.milliseconds({one}) - trino.milliseconds({other}))"
        return Typed(milliseconds, DAYS) if both else None
    intervals = left.type in INTERVAL_TYPES and left.type == right.type
    if operator in "+-" and intervals:
        return Typed(f"({left.sql} {operator} {right.sql})", left.type)
    if operator == "*" and left.type.is_integer and right.type in INTERVAL_TYPES:
        left, right = right, left
    if operator == "*" and left.type in INTERVAL_TYPES and right.type.is_integer:
        return Typed(f"({left.sql} * {right.sql})", left.type)
    if operator in "*/" and (left.type in INTERVAL_TYPES or right.type in INTERVAL_TYPES):
        raise not_here(place, f"{left.type} {operator} {right.type}")
    return None


def concatenate(values: list[Typed], place: Place) -> Typed:
    """Checks the `||` of texts."""
    if len(values) < 2:
        message = "There must be two or more concatenation arguments"
        raise failure("INVALID_FUNCTION_ARGUMENT", place, message)
    if any(value.type.base in ("array", "char") for value in values):
        raise not_here(place, "|| of arrays and chars")
    if any(value.type == UNKNOWN for value in values):
        raise not_here(place, "|| of a null without a type")
    if any(value.type.base != "varchar" for value in values):
        raise unexpected_parameters("concat", values, place, ["concat(varchar...)"])
    parts = (converted(value, VARCHAR) for value in values)
    return Typed(f"({' || '.join(parts)})", VARCHAR)


def compare(operator: str, left: Typed, right: Typed, place: Place) -> str:
    """SQL of a comparison."""
    both = common_type(left.type, right.type)
    if both is None:
        raise failure(
            "TYPE_MISMATCH", place,
            f"Cannot apply operator: {left.type} {operator} {right.type}; use CAST",
        )  # fmt: skip
    one, other = converted(left, both), converted(right, both)
    if not both.is_float:
        return f"({one} {operator} {other})"
    sides = (Typed(one, both, left.constant), Typed(other, both, right.constant))
    return compare_floats(operator, *sides)


def boolean(value: Typed, place: Place, message: str) -> str:
    """SQL of a boolean value; `message` explains another type."""
    if value.type.base not in ("boolean", "unknown"):
        raise failure("TYPE_MISMATCH", place, message)
    return value.sql if value.type == BOOLEAN else f"cast({value.sql} as boolean)"


def common_of(values: Iterable[Typed], place: Place, what: str) -> Type:
    """The common type of values; `what` begins the error message."""
    kinds = list(dict.fromkeys(value.type for value in values))
    both = common(kinds)
    if both is None:
        shown = ", ".join(map(str, kinds))
        raise failure(
            "TYPE_MISMATCH", place,
            f"{what} or coercible to a common type. Cannot find common type of: {shown}",
        )  # fmt: skip
    return both


def converted(value: Typed, wanted: Type) -> str:
    """SQL of a value, implicitly converted to another type."""
    if value.type == wanted or value.type.base == wanted.base == "varchar":
        return value.sql
    sql = cast_sql(value.sql, value.type, wanted)
    return sql if sql is not None else value.sql


def unexpected_parameters(
    name: str, values: Iterable[Typed], place: Place, forms: Iterable[str]
) -> UserError:
    """The error of a call whose arguments do not fit any form of the function."""
    given = ", ".join(str(value.type) for value in values)
    message = f"Unexpected parameters ({given}) for function {name}. Here: {', '.join(forms)}"
    return failure("FUNCTION_NOT_FOUND", place, message)


def common(kinds: Iterable[Type]) -> Type | None:
    """The type that all convert to implicitly; None if there is none."""
    both: Type | None = UNKNOWN
    for kind in kinds:
        both = both and common_type(both, kind)
    return both


def shifted(moment: Typed, interval: Typed, sign: str) -> Typed:
    """A date or timestamp plus or minus an interval."""
    if interval.type == MONTHS:
        shift = f"to_months(cast({interval.sql} as integer))"
        return Typed(f"cast({moment.sql} {sign} {shift} as {moment.type.sql})", moment.type)
    if moment.type == DATE:
        return Typed(f"({moment.sql} {sign} trino.whole_days({interval.sql}))", DATE)
    kind = Type(moment.type.base, max(moment.type.size, 3))
    return Typed(f"({moment.sql} {sign} to_milliseconds({interval.sql}))", kind)


def decimal_arithmetic(operator: str, left: Typed, right: Typed) -> Typed:
    """An operation on decimals, whose digits determine the result's."""
    one, other = (
        as_decimal(side.type) if side.type != UNKNOWN else Type("decimal", 1, 0)
        for side in (left, right)
    )
    digits = max(one.size - one.scale, other.size - other.scale)
    scale = max(one.scale, other.scale)
    sides = [f"cast({left.sql} as {one.sql})", f"cast({right.sql} as {other.sql})"]
    if operator in "+-":
        kind = decimal(digits + scale + 1, scale)
        sides = [f"cast({side} as {kind.sql})" for side in sides]
        return Typed(f"cast({sides[0]} {operator} {sides[1]} as {kind.sql})", kind)
    if operator == "*":
        kind = decimal(one.size + other.size, one.scale + other.scale)
        return Typed(f"cast({sides[0]} * {sides[1]} as {kind.sql})", kind)
    if operator == "/":
        kind = decimal(one.size + other.scale + max(other.scale - one.scale, 0), scale)
        shift = scale - one.scale + other.scale
        quotient = f"trino.divide_decimals({sides[0]}, {sides[1]}, {shift})"
        return Typed(f"cast(trino.scaled({quotient}, {scale}) as {kind.sql})", kind)
    kind = decimal(min(one.size - one.scale, other.size - other.scale) + scale, scale)
    return Typed(f"cast(trino.modulo({sides[0]}, {sides[1]}) as {kind.sql})", kind)


def compare_floats(operator: str, one: Typed, other: Typed) -> str:
    """A comparison in which NaN is never equal or less; in DuckDB, it is the largest number."""
    if operator in (">", ">="):
        operator, one, other = operator.replace(">", "<"), other, one
    constant = one.constant or other.constant
    if other.constant or (constant and operator in ("=", "<>")):
        return f"({one.sql} {operator} {other.sql})"
    if constant:
        return f"({one.sql} {operator} {other.sql} and not isnan({other.sql}))"
    if operator in ("=", "<>"):
        negation = "not " if operator == "<>" else ""
        return f"({negation}trino.float_equal({one.sql}, {other.sql}))"
    macro = "float_at_most" if operator == "<=" else "float_less"
    return f"trino.{macro}({one.sql}, {other.sql})"
