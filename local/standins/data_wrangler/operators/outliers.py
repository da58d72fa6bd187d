"""handle_outliers: numbers beyond limits, and rare texts.

The limits are learned, unless the flow has trained ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from local.standins.data_wrangler.casts import cast
from local.standins.data_wrangler.frame import NUMERIC_TYPES, Column, Frame, Statistics, Transform
from local.standins.data_wrangler.parameters import Parameters
from local.standins.database import double, literal

_FIXES = ("Clip", "Remove", "Invalidate")


class Limits(NamedTuple):
    """The smallest and the largest numbers that are not outliers."""

    low: float
    high: float

    def condition(self, value: str) -> str:
        """The SQL condition that an expression's number is none; NaN is larger than all numbers."""
        return f"{value} >= {double(self.low)} and {value} <= {double(self.high)}"


# Learns the limits of an SQL expression's numbers.
_Learn = Callable[[Frame, Statistics, str], Limits]


def _numeric(read: Callable[[Parameters], _Learn]) -> Callable[[Parameters, Parameters], Transform]:
    """An operator for outliers; `read` reads the parameters that determine its limits."""

    def operator(parameters: Parameters, trained: Parameters) -> Transform:
        name = parameters.column("input_column")
        output = parameters.raw("output_column") or name
        fix = parameters.choice("fix_method", _FIXES, "Clip")
        learn = read(parameters)
        parameters.finish()
        known = _trained_limits(trained)

        def apply(frame: Frame, statistics: Statistics) -> Frame:
            place = frame.typed(name, NUMERIC_TYPES, "outliers are found in numbers")
            value = cast(f"c{place}", frame.columns[place].type, "double")
            limits = known or learn(frame, statistics, value)
            return _fix(frame, place, str(output), fix, value, limits)

        return apply

    return operator


def _trained_limits(trained: Parameters) -> Limits | None:
    names = ("lower_threshold", "upper_threshold")
    known = [trained.has(name) for name in names]
    limits = [trained.number(name, 0.0) for name in names]
    trained.finish("_hash")
    return Limits(*limits) if all(known) else None


def _fix(frame: Frame, place: int, output: str, fix: str, value: str, limits: Limits) -> Frame:
    kind = frame.columns[place].type
    if fix == "Clip":
        low, high = map(double, limits)
        clipped = (
            f"case when isnan({value}) then {value} when {value} < {low} then {low} "
            f"when {value} > {high} then {high} else {value} end"
        )
        return frame.with_column(Column(output, "double"), clipped)
    valid = limits.condition(value)
    if fix == "Remove":
        return frame.where(valid).with_column(Column(output, kind), f"c{place}")
    return frame.with_column(Column(output, kind), f"case when {valid} then c{place} end")


def _quantiles(parameters: Parameters, low: float, high: float) -> tuple[float, float]:
    found = parameters.number("lower_quantile", low), parameters.number("upper_quantile", high)
    for name, value in zip(("lower_quantile", "upper_quantile"), found, strict=True):
        if not 0 <= value <= 1:
            parameters.note(name, "must be from 0 to 1")
    return found


def _standard_deviations(parameters: Parameters) -> float:
    number = parameters.number("standard_deviations", 4.0)
    if number < 0:
        parameters.note("standard_deviations", "must be 0 or more")
    return number


def _around_the_mean(
    frame: Frame, statistics: Statistics, value: str, width: float, where: str = "true"
) -> Limits:
    finite = f"isfinite({value}) and {where}"
    mean, deviation = statistics.row(frame, f"avg({value}), stddev_samp({value})", finite)
    if mean is None or deviation is None:
        return Limits(0.0, 0.0)
    return Limits(mean - width * deviation, mean + width * deviation)


def _at_quantiles(
    frame: Frame, statistics: Statistics, value: str, quantiles: tuple[float, float]
) -> Limits | None:
    present = f"{value} is not null and not isnan({value})"
    (found,) = statistics.row(
        frame, f"quantile_disc({value}, [{quantiles[0]!r}, {quantiles[1]!r}])", present
    )
    return Limits(*found) if found else None


def _read_standard(parameters: Parameters) -> _Learn:
    width = _standard_deviations(parameters)
    return lambda frame, statistics, value: _around_the_mean(frame, statistics, value, width)


def _read_robust(parameters: Parameters) -> _Learn:
    width = _standard_deviations(parameters)
    quantiles = _quantiles(parameters, 0.25, 0.75)

    def learn(frame: Frame, statistics: Statistics, value: str) -> Limits:
        inner = _at_quantiles(frame, statistics, value, quantiles)
        if inner is None:
            return Limits(0.0, 0.0)
        return _around_the_mean(frame, statistics, value, width, inner.condition(value))

    return learn


def _read_quantile(parameters: Parameters) -> _Learn:
    quantiles = _quantiles(parameters, 0.01, 0.99)
    return lambda frame, statistics, value: (
        _at_quantiles(frame, statistics, value, quantiles) or Limits(0.0, 0.0)
    )


def _read_given(parameters: Parameters) -> _Learn:
    names = ("lower_threshold", "upper_threshold")
    for name in names:
        if not parameters.has(name):
            parameters.note(name, "missing")
    limits = Limits(*(parameters.number(name, 0.0) for name in names))
    return lambda *_: limits


def _replace_rare(parameters: Parameters, trained: Parameters) -> Transform:
    """Replaces all rare texts by one."""
    name = parameters.column("input_column")
    output = parameters.raw("output_column") or name
    replacement = parameters.raw("replacement_string")
    absolute = parameters.number("absolute_threshold", 10)
    fraction = parameters.number("fraction_threshold", 0.005)
    if not 0 <= fraction <= 1:
        parameters.note("fraction_threshold", "must be from 0 to 1")
    if parameters.number("max_common_categories", 0) != 0:
        parameters.note("max_common_categories", "only 0 (no limit) is supported here")
    parameters.finish()
    known = trained.raw("common_categories")
    trained.finish("_hash")

    def apply(frame: Frame, statistics: Statistics) -> Frame:
        place = frame.typed(name, ("string",), "rare values are texts")
        common = known
        if not isinstance(known, list):
            (rows,) = statistics.row(frame, "count(*)")
            threshold = max(fraction * rows, absolute)
            query = f"select c{place} from t group by all having count(*) > {threshold!r}"  # noqa: S608
            common = [text for (text,) in statistics.rows(frame, query) if text is not None]
        listed = ", ".join(literal(str(text)) for text in common or [])
        value = f"c{place} in ({listed})" if listed else "false"
        rare = "null" if replacement is None else literal(str(replacement))
        return frame.with_column(
            Column(str(output), "string"), f"case when {value} then c{place} else {rare} end"
        )

    return apply


OUTLIERS: dict[str, Callable[[Parameters, Parameters], Transform]] = {
    "Standard deviation numeric outliers": _numeric(_read_standard),
    "Robust standard deviation numeric outliers": _numeric(_read_robust),
    "Quantile numeric outliers": _numeric(_read_quantile),
    "Min-max numeric outliers": _numeric(_read_given),
    "Replace rare values": _replace_rare,
}
