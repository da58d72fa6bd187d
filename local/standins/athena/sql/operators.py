"""Arithmetic and comparison of checked values, by Trino's rules of types."""

from __future__ import annotations

import re

from local.standins.athena.sql.errors import failure, not_here
from local.standins.athena.sql.literals import MILLISECONDS, MONTHS_OF
from local.standins.athena.sql.patterns import groups, may_skip_a_group
from local.standins.athena.sql.scope import Typed
from local.standins.athena.sql.tree import Expression, Frame, Like, Literal, Place
from local.standins.athena.sql.types import DATE, MONTHS, UNKNOWN, Type, as_decimal, decimal
from local.standins.database import literal

WEEK = 7 * MILLISECONDS["day"]


def shifted(moment: Typed, interval: Typed, sign: str) -> Typed:
    """A date or timestamp, moved by an interval."""
    if interval.type == MONTHS:
        shift = f"to_months(cast({interval.sql} as integer))"
        return Typed(f"cast({moment.sql} {sign} {shift} as {moment.type.sql})", moment.type)
    if moment.type == DATE:
        return Typed(f"({moment.sql} {sign} trino.whole_days({interval.sql}))", DATE)
    kind = Type(moment.type.base, max(moment.type.size, 3))
    return Typed(f"({moment.sql} {sign} to_milliseconds({interval.sql}))", kind)


def decimal_arithmetic(operator: str, left: Typed, right: Typed) -> Typed:
    """A result of decimals; its digits follow from theirs."""
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
    """A comparison in which NaN is equal to nothing and never less; to DuckDB it is the largest."""
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


def date_diff(unit: str, one: str, other: str) -> str:
    """SQL of date_diff: whole units between two timestamps."""
    if unit in MONTHS_OF and unit != "year":
        months = f"trino.months_between({one}, {other})"
        return f"cast({months} // {MONTHS_OF[unit]} as bigint)"
    if unit == "year":
        return f"cast(trino.years_between({one}, {other}) as bigint)"
    size = {**MILLISECONDS, "week": WEEK, "millisecond": 1}[unit]
    return f"trino.whole({one}, {other}, {size})"


def escape_sql(node: Like, escape: Expression) -> str:
    """SQL of the character after ESCAPE, with which the pattern was checked."""
    if not (isinstance(escape, Literal) and escape.kind == "string"):
        raise not_here(escape.place, "ESCAPE with a column")
    if len(escape.text) != 1:
        message = "Escape string must be a single character"
        raise failure("INVALID_FUNCTION_ARGUMENT", escape.place, message)
    if not (isinstance(node.pattern, Literal) and node.pattern.kind == "string"):
        raise not_here(node.place, "LIKE with ESCAPE and a column as its pattern")
    one = re.escape(escape.text)
    if not re.fullmatch(rf"(?:[^{one}]|{one}[%_{one}])*", node.pattern.text, re.DOTALL):
        message = "Escape character must be followed by '%', '_' or the escape character itself"
        raise failure("INVALID_FUNCTION_ARGUMENT", node.pattern.place, message)
    return literal(escape.text)


def regexp_extract(text: str, pattern: str, form: str, values: list[Typed], place: Place) -> str:
    """SQL of regexp_extract: null without a match."""
    group = 0
    if len(values) == 3:
        match = re.search(r"-?\d+", values[2].sql)
        if match is None or not re.fullmatch(r"cast\(\d+ as integer\)", values[2].sql):
            raise not_here(place, "the group of regexp_extract as a column")
        group = int(match.group())
    if group > groups(pattern):
        message = f"Pattern has {groups(pattern)} groups. Cannot access group {group}"
        raise failure("INVALID_FUNCTION_ARGUMENT", place, message)
    found = f"regexp_extract({text}, {form}, {group})"
    if group and may_skip_a_group(pattern):
        reason = "NOT_SUPPORTED: a group that may be left out is not available here"
        found = f"(case when trino.fail({found} = '', '{reason}') then null else {found} end)"
    return f"(case when regexp_matches({text}, {form}) then {found} end)"


def frame_sql(frame: Frame) -> str:
    """SQL of a window's frame."""
    numbers = any(bound and bound[0].isdigit() for bound in (frame.start, frame.end))
    if frame.kind != "rows" and numbers:
        raise not_here(frame.place, f"{frame.kind.upper()} with a number")
    end = f"between {frame.start} and {frame.end}" if frame.end else frame.start
    return f"{frame.kind} {end}"
