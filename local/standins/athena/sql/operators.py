"""Operators and conversions of checked values, by Trino's rules of types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from local.standins.athena.sql.casts import cast_sql
from local.standins.athena.sql.errors import failure, mismatch, not_here
from local.standins.athena.sql.scope import Typed
from local.standins.athena.sql.tree import Operation, Place
from local.standins.athena.sql.types import (
    BOOLEAN,
    DATE,
    DAYS,
    INTERVAL_TYPES,
    MONTHS,
    UNKNOWN,
    VARCHAR,
    Type,
    array,
    as_decimal,
    common_type,
    decimal,
)
from local.standins.errors import UserError

_Values = Sequence[Typed]


def operation(node: Operation, values: _Values) -> Typed:
    """Checks an operation on its checked operands."""
    check = _OPERATIONS.get(node.operator)
    if check is not None:
        return check(node, values)
    if len(values) == 1:
        return _signed(node, values[0])
    return arithmetic(node.operator, values[0], values[1], node.place)


def _logical(node: Operation, values: _Values) -> Typed:
    sides = [
        boolean(
            value, part.place,
            f"Logical expression term must evaluate to a boolean (actual: {value.type})",
        )
        for value, part in zip(values, node.operands, strict=True)
    ]  # fmt: skip
    return Typed(f"({sides[0]} {node.operator} {sides[1]})", BOOLEAN)


def _negation(node: Operation, values: _Values) -> Typed:
    message = (
        f"Value of logical NOT expression must evaluate to a boolean (actual: {values[0].type})"
    )
    return Typed(f"(not {boolean(values[0], node.operands[0].place, message)})", BOOLEAN)


def _comparison(node: Operation, values: _Values) -> Typed:
    return Typed(compare(node.operator, values[0], values[1], node.place), BOOLEAN)


def _distinction(node: Operation, values: _Values) -> Typed:
    left, right = values
    both = common_type(left.type, right.type)
    if both is None:
        raise mismatch(node.place, f"Cannot check if {left.type} is distinct from {right.type}")
    sql = f"({converted(left, both)} {node.operator} {converted(right, both)})"
    return Typed(sql, BOOLEAN)


def _null_test(_: Operation, values: _Values) -> Typed:
    return Typed(f"({values[0].sql} is null)", BOOLEAN)


def _between(node: Operation, values: _Values) -> Typed:
    value, lower, upper = values
    if common(one.type for one in values) is None:
        message = f"Cannot check if {value.type} is BETWEEN {lower.type} and {upper.type}"
        raise mismatch(node.place, message)
    over = compare(">=", value, lower, node.place)
    under = compare("<=", value, upper, node.place)
    return Typed(f"({over} and {under})", BOOLEAN)


def _in_list(node: Operation, values: _Values) -> Typed:
    both = common_of(values, node.place, "IN value and list items must be the same type")
    value, *items = values
    if both.is_float:
        tests = [compare("=", value, item, node.place) for item in items]
        return Typed(f"({' or '.join(tests)})", BOOLEAN)
    listed = ", ".join(converted(item, both) for item in items)
    return Typed(f"({converted(value, both)} in ({listed}))", BOOLEAN)


def _array(node: Operation, values: _Values) -> Typed:
    if not values:
        return Typed("[]", array(UNKNOWN))
    both = common_of(values, node.place, "All ARRAY elements must be the same type")
    return Typed(f"[{', '.join(converted(value, both) for value in values)}]", array(both))


def _subscript(node: Operation, values: _Values) -> Typed:
    value, index = values
    if value.type.element is None or not index.type.is_integer:
        raise mismatch(node.place, f"Cannot apply operator: {value.type}[{index.type}]")
    return Typed(f"trino.subscript({value.sql}, {index.sql})", value.type.element)


def _signed(node: Operation, value: Typed) -> Typed:
    if not value.type.is_number and value.type not in INTERVAL_TYPES:
        raise mismatch(node.place, f"Cannot negate {value.type}")
    return value if node.operator == "+" else Typed(f"(-{value.sql})", value.type, value.constant)


_OPERATIONS: dict[str, Callable[[Operation, _Values], Typed]] = {
    **dict.fromkeys(("or", "and"), _logical),
    "not": _negation,
    **dict.fromkeys(("=", "<>", "<", "<=", ">", ">="), _comparison),
    **dict.fromkeys(("is distinct from", "is not distinct from"), _distinction),
    "is null": _null_test,
    "between": _between,
    "in": _in_list,
    "||": lambda node, values: concatenate(values, node.place),
    "array": _array,
    "[]": _subscript,
}


def arithmetic(operator: str, left: Typed, right: Typed, place: Place) -> Typed:
    """Checks a sum, difference, product, quotient or remainder."""
    if left.type == UNKNOWN and right.type == UNKNOWN:
        raise failure("AMBIGUOUS_FUNCTION_CALL", place, "Explicit type casts must be added")
    moment = _moment_arithmetic(operator, left, right, place)
    if moment:
        return moment
    both = common_type(left.type, right.type)
    if both is None or not both.is_number:
        raise _no_operator(operator, left, right, place)
    if both.base == "decimal":
        return _decimal_arithmetic(operator, left, right)
    one, other = converted(left, both), converted(right, both)
    if both.is_integer and operator in "/%":
        macro = "divide" if operator == "/" else "modulo"
        return Typed(f"trino.{macro}({one}, {other})", both)
    return Typed(f"({one} {operator} {other})", both)


def _no_operator(operator: str, left: Typed, right: Typed, place: Place) -> UserError:
    return mismatch(place, f"Cannot apply operator: {left.type} {operator} {right.type}; use CAST")


def _moment_arithmetic(operator: str, left: Typed, right: Typed, place: Place) -> Typed | None:
    if operator == "+" and left.type in INTERVAL_TYPES and right.type.is_moment:
        left, right = right, left
    if operator in "+-" and left.type.is_moment and right.type in INTERVAL_TYPES:
        return _shifted(left, right, operator)
    if operator == "-" and left.type.is_moment and right.type.is_moment:
        one, other = (f"cast({side.sql} as timestamp)" for side in (left, right))
        return Typed(f"(trino.milliseconds({one}) - trino.milliseconds({other}))", DAYS)
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


def _shifted(moment: Typed, interval: Typed, sign: str) -> Typed:
    """A date or timestamp plus or minus an interval."""
    if interval.type == MONTHS:
        shift = f"to_months(cast({interval.sql} as integer))"
        return Typed(f"cast({moment.sql} {sign} {shift} as {moment.type.sql})", moment.type)
    if moment.type == DATE:
        return Typed(f"({moment.sql} {sign} trino.whole_days({interval.sql}))", DATE)
    kind = Type(moment.type.base, max(moment.type.size, 3))
    return Typed(f"({moment.sql} {sign} to_milliseconds({interval.sql}))", kind)


def _decimal_arithmetic(operator: str, left: Typed, right: Typed) -> Typed:
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


def concatenate(values: _Values, place: Place) -> Typed:
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
    return Typed(f"({' || '.join(converted(value, VARCHAR) for value in values)})", VARCHAR)


def compare(operator: str, left: Typed, right: Typed, place: Place) -> str:
    """SQL of a comparison."""
    both = common_type(left.type, right.type)
    if both is None:
        raise _no_operator(operator, left, right, place)
    one, other = converted(left, both), converted(right, both)
    if not both.is_float:
        return f"({one} {operator} {other})"
    return _compare_floats(
        operator, Typed(one, both, left.constant), Typed(other, both, right.constant)
    )


def _compare_floats(operator: str, one: Typed, other: Typed) -> str:
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


def boolean(value: Typed, place: Place, message: str) -> str:
    """SQL of a boolean value; `message` explains another type."""
    if value.type.base not in ("boolean", "unknown"):
        raise mismatch(place, message)
    return value.sql if value.type == BOOLEAN else f"cast({value.sql} as boolean)"


def converted(value: Typed, wanted: Type) -> str:
    """SQL of a value, implicitly converted to another type."""
    if value.type == wanted or value.type.base == wanted.base == "varchar":
        return value.sql
    sql = cast_sql(value.sql, value.type, wanted)
    return sql if sql is not None else value.sql


def common(kinds: Iterable[Type]) -> Type | None:
    """The type that all convert to implicitly; None if there is none."""
    both: Type | None = UNKNOWN
    for kind in kinds:
        both = both and common_type(both, kind)
    return both


def common_of(values: Iterable[Typed], place: Place, what: str) -> Type:
    """The common type of values; `what` begins the error message."""
    kinds = list(dict.fromkeys(value.type for value in values))
    both = common(kinds)
    if both is None:
        shown = ", ".join(map(str, kinds))
        message = f"{what} or coercible to a common type. Cannot find common type of: {shown}"
        raise mismatch(place, message)
    return both


def unexpected_parameters(
    name: str, values: Iterable[Typed], place: Place, forms: Iterable[str]
) -> UserError:
    """The error of a call whose arguments do not fit any form of the function."""
    given = ", ".join(str(value.type) for value in values)
    message = f"Unexpected parameters ({given}) for function {name}. Here: {', '.join(forms)}"
    return failure("FUNCTION_NOT_FOUND", place, message)
