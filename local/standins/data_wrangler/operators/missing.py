"""handle_missing: drop rows, fill, impute, and add an indicator.

Drop missing and the indicator accept one column's name: their code, in every exported version,
fails on a list. Impute and Fill missing also accept lists, as in the editor's flows since 2023.
"""

from __future__ import annotations

import math

from local.standins.data_wrangler.casts import cast
from local.standins.data_wrangler.frame import (
    INTEGRAL_TYPES,
    NUMERIC_TYPES,
    Column,
    Frame,
    Statistics,
    Transform,
    identity,
)
from local.standins.data_wrangler.parameters import Parameters, group_name
from local.standins.database import literal
from local.standins.errors import UserError

_FILLED = ("string", "long", "double")


def drop_missing(parameters: Parameters) -> Transform:
    """Drops rows where the column is missing, or any column if none is given."""
    if parameters.has("dimension"):
        parameters.choice("dimension", ("Drop Rows",))
        group = parameters.group("drop_rows_parameters")
        parameters.finish(other_operators=True)
    else:
        group = parameters
        parameters.raw("drop_rows_parameters")
    name = group.column("input_column", required=False)
    group.finish(other_operators=True)

    def apply(frame: Frame, _: Statistics) -> Frame:
        places = [frame.place(name)] if name else range(len(frame.columns))
        present = " and ".join(f"not ({_is_missing(frame, place)})" for place in places)
        return frame.where(present)

    return apply


def fill_missing(parameters: Parameters) -> Transform:
    """Replaces missing values by a constant."""
    names = parameters.columns("input_column")
    given = parameters.raw("fill_value")
    if not isinstance(given, str | int | float) or isinstance(given, bool):
        parameters.note("fill_value", "missing" if given is None else "must be a text or a number")
        given = ""
    parameters.finish()

    def apply(frame: Frame, _: Statistics) -> Frame:
        for name in names:
            place = frame.typed(name, _FILLED, f"Fill missing takes {', '.join(_FILLED)}")
            value = _fill_value(given, frame.columns[place].type)
            frame = _replace_missing(frame, place, value)
        return frame

    return apply


def impute(parameters: Parameters) -> Transform:
    """Replaces missing values by the column's mean, median or most frequent value.

    The result replaces the column, or goes into an output column.
    """
    kind = parameters.choice("column_type", ("Numeric", "Categorical"))
    if not kind:
        return identity
    group = parameters.group(group_name(kind))
    parameters.finish(other_operators=True)
    names, output = group.input_and_output()
    strategy = ""
    if kind == "Numeric":
        strategy = group.choice("strategy", ("Mean", "Approximate Median"))
    group.finish()

    def apply(frame: Frame, statistics: Statistics) -> Frame:
        # Everything is learned from the operator's input.
        values = [
            _most_frequent(frame, name, statistics)
            if kind == "Categorical"
            else _average(frame, name, strategy, statistics)
            for name in names
        ]
        for name, value in zip(names, values, strict=True):
            frame = _replace_missing(frame, frame.place(name), value, output)
        return frame

    return apply


def add_indicator_for_missing(parameters: Parameters) -> Transform:
    """Adds a column that indicates missing values of another."""
    name = parameters.column("input_column")
    parameters.finish()

    def apply(frame: Frame, _: Statistics) -> Frame:
        indicator = _is_missing(frame, frame.place(name))
        return frame.with_column(Column(f"{name}_indicator", "boolean"), indicator)

    return apply


def _is_missing(frame: Frame, place: int) -> str:
    column = frame.columns[place]
    value = f"c{place}"
    if column.type == "string":
        return f"({value} is null or trim({value}) = '')"
    if column.type in ("float", "double"):
        return f"({value} is null or isnan({value}))"
    if column.type == "vector":
        raise UserError(f"column {column.name} is a vector, which has no missing values")
    return f"({value} is null)"


def _replace_missing(frame: Frame, place: int, value: str, output: str = "") -> Frame:
    present = f"case when {_is_missing(frame, place)} then {value} else c{place} end"
    column = frame.columns[place]
    return frame.with_column(Column(output or column.name, column.type), present)


def _fill_value(given: str | float, kind: str) -> str:
    if kind == "string":
        return literal(str(given))
    try:
        number = int(given) if kind == "long" else float(given)
    except (ValueError, OverflowError):
        raise UserError(f"fill_value: {given} is not a {kind}") from None
    if not math.isfinite(number) or (kind == "long" and abs(number) >= 2**63):
        raise UserError(f"fill_value: {given} is out of range")
    return f"cast({literal(repr(number))} as {'bigint' if kind == 'long' else 'double'})"


def _average(frame: Frame, name: str, strategy: str, statistics: Statistics) -> str:
    place = frame.typed(name, NUMERIC_TYPES, "Impute by column_type Numeric takes numbers")
    kind = frame.columns[place].type
    value = cast(f"c{place}", kind, "double")
    function = f"avg({value})" if strategy == "Mean" else f"quantile_disc({value}, 0.5)"
    aggregates = f"{function}, any_value(typeof(c{place}))"  # a decimal keeps its scale
    average, sql_type = statistics.row(frame, aggregates, f"not {_is_missing(frame, place)}")
    if average is None:
        raise UserError(f"column {name} has no values to impute from")
    if kind in INTEGRAL_TYPES:
        return str(int(average))
    return f"cast({literal(repr(average))} as {sql_type})"


def _most_frequent(frame: Frame, name: str, statistics: Statistics) -> str:
    place = frame.typed(name, _FILLED, f"Impute takes {', '.join(_FILLED)}")
    found = statistics.rows(
        frame,
        f"select c{place}, count(*) as n from t where not {_is_missing(frame, place)} "  # noqa: S608
        f"group by c{place} order by n desc, c{place} limit 1",
    )
    if not found:
        raise UserError(f"column {name} has no values to impute from")
    return _fill_value(found[0][0], frame.columns[place].type)
