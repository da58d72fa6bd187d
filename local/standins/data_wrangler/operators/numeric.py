"""process_numeric, Scale values: Spark's scalers on single columns.

The scalers learn from rows with a number, unless the flow has their trained parameters; missing
values become NaN. Source: `process_numeric_scale_values` in the notebooks that Data Wrangler
exports, whose Max absolute scaler always learns again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.standins.data_wrangler.casts import cast
from local.standins.data_wrangler.frame import (
    NUMERIC_TYPES,
    Column,
    Frame,
    Statistics,
    Transform,
    identity,
)
from local.standins.data_wrangler.parameters import Parameters, group_name
from local.standins.data_wrangler.trained_models import scaler_values
from local.standins.database import double
from local.standins.errors import UserError

# Returns the SQL of a scaled value x from the aggregates.
_Scale = Callable[..., str]


def scale_values(parameters: Parameters, trained: Parameters) -> Transform:
    """Scales each column in place, or one to another column."""
    scaler = parameters.choice("scaler", tuple(_SCALERS))
    if not scaler:
        return identity
    group = parameters.group(group_name(scaler))
    parameters.finish(other_operators=True)
    names, output = group.input_and_output()
    aggregates, scale = _SCALERS[scaler](group)
    group.finish()
    known = _trained_values(trained.group(group_name(scaler)), scaler, len(names))
    trained.finish("_hash", other_operators=True)

    def apply(frame: Frame, statistics: Statistics) -> Frame:
        for name in names:
            place = frame.typed(name, NUMERIC_TYPES, "Scale values takes numbers")
            number = cast(f"c{place}", frame.columns[place].type, "double")
            x = f"coalesce({number}, cast('NaN' as double))"
            learned = known or statistics.row(frame, aggregates.format(x=x), f"not isnan({x})")
            if learned[0] is None:
                raise UserError(f"column {name} has no values to scale by")
            frame = frame.with_column(Column(output or name, "double"), scale(x, *learned))
        return frame

    return apply


def _trained_values(trained: Parameters, scaler: str, columns: int) -> tuple[Any, ...] | None:
    """The flow's trained parameters of a scaler; None if it learns."""
    encoded = trained.raw("scaler_model")
    trained.finish("_hash")
    if not encoded or scaler not in _LEARNED:
        return None
    if columns > 1:
        trained.note("scaler_model", "is for one column, but there are several")
        return None
    names, values = _LEARNED[scaler]
    try:
        return values(*scaler_values(str(encoded), names))
    except UserError as error:
        trained.warn("scaler_model", f"{error}; the operator learns anew")
        return None


def _standard(parameters: Parameters) -> tuple[str, _Scale]:
    center = parameters.boolean("center", False)
    scale = parameters.boolean("scale", True)

    def scaled(x: str, mean: float, deviation: float | None) -> str:
        factor = (1 / deviation if deviation else 0.0) if scale else 1.0
        return _linear(x, mean if center else 0.0, factor)

    return "avg({x}), stddev_samp({x})", scaled


def _robust(parameters: Parameters) -> tuple[str, _Scale]:
    lower = parameters.number("lower_quantile", 0.25)
    upper = parameters.number("upper_quantile", 0.75)
    center = parameters.boolean("center", False)
    scale = parameters.boolean("scale", True)
    if not 0 <= lower < upper <= 1:
        parameters.note(
            "lower_quantile",
            "must be at least 0 and less than upper_quantile, which must be at most 1",
        )
        lower, upper = 0.25, 0.75

    def scaled(x: str, quantiles: list[float]) -> str:
        low, median, high = quantiles
        factor = (1 / (high - low) if high != low else 0.0) if scale else 1.0
        return _linear(x, median if center else 0.0, factor)

    return f"quantile_disc({{x}}, [{lower!r}, 0.5, {upper!r}])", scaled


def _min_max(parameters: Parameters) -> tuple[str, _Scale]:
    to_low, to_high = parameters.number("min", 0.0), parameters.number("max", 1.0)
    if to_low >= to_high:
        parameters.note("min", "must be below max")

    def scaled(x: str, low: float, high: float) -> str:
        if high == low:
            constant = 0.5 * (to_high - to_low) + to_low
            return f"case when isnan({x}) then {x} else {double(constant)} end"
        factor = (to_high - to_low) / (high - low)
        return f"{_linear(x, low, factor)} + {double(to_low)}"

    return "min({x}), max({x})", scaled


def _max_absolute(_: Parameters) -> tuple[str, _Scale]:
    return "max(abs({x}))", lambda x, largest: f"{x} / {double(largest or 1.0)}"


def _linear(x: str, offset: float, factor: float) -> str:
    return f"({x} - {double(offset)}) * {double(factor)}"


# The vectors of a scaler's model, and their conversion to its aggregates.
_LEARNED: dict[str, tuple[tuple[str, ...], Callable[..., tuple[Any, ...]]]] = {
    "Standard scaler": (("mean", "std"), lambda mean, deviation: (mean, deviation)),
    "Robust scaler": (("median", "range"), lambda median, width: ([0.0, median, width],)),
    "Min-max scaler": (("originalMin", "originalMax"), lambda low, high: (low, high)),
}
_SCALERS: dict[str, Callable[[Parameters], tuple[str, _Scale]]] = {
    "Standard scaler": _standard,
    "Robust scaler": _robust,
    "Min-max scaler": _min_max,
    "Max absolute scaler": _max_absolute,
}
