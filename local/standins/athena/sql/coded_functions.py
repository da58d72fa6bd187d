"""SQL of the functions that need code."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

from local.standins.athena.sql.errors import failure, not_here
from local.standins.athena.sql.literals import MILLISECONDS, MONTHS_OF
from local.standins.athena.sql.patterns import (
    date_format_sql,
    date_parse_sql,
    groups,
    has_end_anchor,
    may_match_nothing,
    may_skip_a_group,
    pattern_sql,
    replacement_sql,
)
from local.standins.athena.sql.scope import Typed
from local.standins.athena.sql.tree import Place
from local.standins.athena.sql.types import Type, common_type
from local.standins.errors import UserError

_DATE_UNITS = ("day", "week", "month", "quarter", "year")
_TIME_UNITS = ("millisecond", "second", "minute", "hour", *_DATE_UNITS)
_WEEK = 7 * MILLISECONDS["day"]
CLOCKS = ("now", "current_date", "current_timestamp", "localtimestamp")


def clock_sql(name: str, now: datetime.datetime) -> str:
    """SQL of one of CLOCKS, in UTC."""
    if name == "current_date":
        return f"date '{now.date().isoformat()}'"
    return f"timestamp '{now.replace(tzinfo=None).isoformat(' ', 'milliseconds')}'"


def _extreme(name: str, values: list[Typed], _: Place) -> str:
    any_null = " or ".join(f"{value.sql} is null" for value in values)
    listed = ", ".join(value.sql for value in values)
    return f"(case when {any_null} then null else {name}({listed}) end)"


def _regular(name: str, values: list[Typed], place: Place) -> str:
    text, pattern = values[0].sql, values[1].sql
    try:
        form = pattern_sql(pattern)
        replacement = replacement_sql(
            values[2].sql if name == "regexp_replace" and len(values) > 2 else "", groups(pattern)
        )
    except UserError as error:
        raise not_here(place, str(error)) from None
    if name in ("regexp_replace", "regexp_count") and may_match_nothing(pattern):
        raise not_here(place, f"{name} with a pattern that matches an empty text")
    if has_end_anchor(pattern):
        reason = "NOT_SUPPORTED: $ before a line break at the end is not available here"
        text = (
            f"(case when trino.fail(ends_with({text}, chr(10)), '{reason}') then null "
            f"else {text} end)"
        )
    if name == "regexp_like":
        return f"regexp_matches({text}, {form})"
    if name == "regexp_replace":
        return f"regexp_replace({text}, {form}, {replacement}, 'g')"
    if name == "regexp_count":
        return f"len(regexp_extract_all({text}, {form}))"
    return _regexp_extract(text, pattern, form, values, place)


def _date_function(name: str, values: list[Typed], place: Place) -> str:
    moment = values[-1]
    if name == "date_diff":
        both = common_type(values[1].type, values[2].type) or moment.type
        unit = _date_unit(values[0].sql, both, place)
        one, other = (f"cast({value.sql} as timestamp)" for value in values[1:])
        return _date_diff(unit, one, other)
    unit = _date_unit(values[0].sql, moment.type, place)
    if name == "date_trunc":
        word = "milliseconds" if unit == "millisecond" else unit
        return f"cast(date_trunc('{word}', {moment.sql}) as {moment.type.sql})"
    count = values[1].sql
    if unit in MONTHS_OF:
        shift = f"to_months(cast({count} * {MONTHS_OF[unit]} as integer))"
    else:
        milliseconds = {**MILLISECONDS, "week": _WEEK, "millisecond": 1}[unit]
        shift = f"to_milliseconds({count} * {milliseconds})"
    sql = f"({moment.sql} + {shift})"
    if moment.type.is_timestamp and unit == "millisecond":
        sql = f"trino.at_precision({sql}, {moment.type.size})"
    return f"cast({sql} as {moment.type.sql})"


def _date_unit(unit: str, kind: Type, place: Place) -> str:
    allowed = _DATE_UNITS if kind.base == "date" else _TIME_UNITS
    if unit.lower() not in allowed:
        name = "DATE" if kind.base == "date" else "TIMESTAMP"
        raise failure("INVALID_FUNCTION_ARGUMENT", place, f"'{unit}' is not a valid {name} field")
    return unit.lower()


def _date_text(name: str, values: list[Typed], place: Place) -> str:
    write = date_parse_sql if name == "date_parse" else date_format_sql
    try:
        return write(values[0].sql, values[1].sql)
    except UserError as error:
        if name == "date_parse":
            raise not_here(place, str(error)) from None
        raise failure("INVALID_FUNCTION_ARGUMENT", place, str(error)) from None


def _date_diff(unit: str, one: str, other: str) -> str:
    """SQL of date_diff: whole units between two timestamps."""
    if unit in MONTHS_OF and unit != "year":
        months = f"trino.months_between({one}, {other})"
        return f"cast({months} // {MONTHS_OF[unit]} as bigint)"
    if unit == "year":
        return f"cast(trino.years_between({one}, {other}) as bigint)"
    size = {**MILLISECONDS, "week": _WEEK, "millisecond": 1}[unit]
    return f"trino.whole({one}, {other}, {size})"


def _regexp_extract(text: str, pattern: str, form: str, values: list[Typed], place: Place) -> str:
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


# SQL of a call from the function's name, its arguments and its place.
CODED: dict[str, Callable[[str, list[Typed], Place], str]] = {
    **dict.fromkeys(("greatest", "least"), _extreme),
    **dict.fromkeys(("date_diff", "date_add", "date_trunc"), _date_function),
    **dict.fromkeys(("date_format", "date_parse"), _date_text),
    **dict.fromkeys(("regexp_like", "regexp_extract", "regexp_replace", "regexp_count"), _regular),
}
