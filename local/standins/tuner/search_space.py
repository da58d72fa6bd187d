"""Converts SageMaker's parameter ranges to Optuna's distributions, and values to strings.

The ranges have the form of `ParameterRanges` in CreateHyperParameterTuningJob; scaling types follow
"Define Hyperparameter Ranges" in the SageMaker Developer Guide.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from local.standins.errors import UserError

SCALING_TYPES = ("Auto", "Linear", "Logarithmic", "ReverseLogarithmic")
# SageMaker does not document Auto. Here, it is logarithmic from two orders of magnitude.
_AUTO_LOGARITHMIC_RATIO = 100
_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True)
class Parameter:
    """A tuned hyperparameter, whose sampled values become the training job's strings, and back."""

    distribution: BaseDistribution
    to_text: Callable[[Any], str]
    from_text: Callable[[str], Any]


def parse_parameter_ranges(ranges: dict[str, Any]) -> dict[str, Parameter]:
    """Reads `ParameterRanges`: the parameters by name, in the order of the ranges.

    Raises:
        UserError: SageMaker would refuse a range.
    """
    if unknown := sorted(ranges.keys() - _PARSERS.keys()):
        raise UserError(
            f"ParameterRanges: {unknown[0]} is not supported; allowed are {', '.join(_PARSERS)}"
        )
    parameters: dict[str, Parameter] = {}
    for kind, parse in _PARSERS.items():
        for fields in ranges.get(kind) or []:
            name = fields.get("Name")
            if not isinstance(name, str) or not name:
                raise UserError(f"{kind}: every range needs a Name")
            if name in parameters:
                raise UserError(f"{kind}: {name} already has a range")
            parameters[name] = parse(f"{kind}: {name}", fields)
    if not parameters:
        raise UserError("ParameterRanges: at least one range is needed")
    return parameters


def count_combinations(parameters: dict[str, Parameter]) -> int:
    """The number of points of a grid over categorical parameters."""
    return math.prod(
        len(parameter.distribution.choices)
        for parameter in parameters.values()
        if isinstance(parameter.distribution, CategoricalDistribution)
    )


def grid_point(parameters: dict[str, Parameter], number: int) -> dict[str, Any]:
    """A point of a grid over categorical parameters, the last of which changes fastest."""
    point: dict[str, Any] = {}
    for name, parameter in reversed(parameters.items()):
        choices = parameter.distribution.choices  # type: ignore[attr-defined]
        number, position = divmod(number, len(choices))
        point[name] = choices[position]
    return point


def _parse_integer(where: str, fields: dict[str, Any]) -> Parameter:
    low, high = _bounds(where, fields, int)
    scaling = _scaling(where, fields, low, high)
    if scaling == "ReverseLogarithmic":
        raise UserError(f"{where}: ScalingType ReverseLogarithmic needs a continuous range")
    return Parameter(IntDistribution(low, high, log=scaling == "Logarithmic"), str, int)


def _parse_continuous(where: str, fields: dict[str, Any]) -> Parameter:
    low, high = _bounds(where, fields, float)
    scaling = _scaling(where, fields, low, high)
    if scaling != "ReverseLogarithmic":
        return Parameter(FloatDistribution(low, high, log=scaling == "Logarithmic"), repr, float)
    if low < 0 or high >= 1:
        raise UserError(
            f"{where}: ScalingType ReverseLogarithmic needs a range within 0 <= x < 1.0"
        )
    return Parameter(
        FloatDistribution(1 - high, 1 - low, log=True),
        lambda distance: repr(min(max(1 - distance, low), high)),
        lambda text: 1 - float(text),
    )


def _parse_categorical(where: str, fields: dict[str, Any]) -> Parameter:
    values = fields.get("Values")
    if not isinstance(values, list) or not values:
        raise UserError(f"{where}: Values must be a list of at least one string")
    if not all(isinstance(value, str) for value in values) or len(set(values)) < len(values):
        raise UserError(f"{where}: Values must be distinct strings")
    return Parameter(CategoricalDistribution(values), str, str)


_PARSERS: dict[str, Callable[[str, dict[str, Any]], Parameter]] = {
    "IntegerParameterRanges": _parse_integer,
    "ContinuousParameterRanges": _parse_continuous,
    "CategoricalParameterRanges": _parse_categorical,
}


def _bounds(where: str, fields: dict[str, Any], number: type[_Number]) -> tuple[_Number, _Number]:
    bounds: list[_Number] = []
    for key in ("MinValue", "MaxValue"):
        try:
            bounds.append(number(fields[key]))
        except (KeyError, TypeError, ValueError):
            kind = "an integer" if number is int else "a number"
            raise UserError(f"{where}: {key} must be {kind}, as a string") from None
        if not math.isfinite(bounds[-1]):
            raise UserError(f"{where}: {key} must be finite")
    low, high = bounds
    if low > high:
        raise UserError(f"{where}: MinValue {low} is above MaxValue {high}")
    return low, high


def _scaling(where: str, fields: dict[str, Any], low: float, high: float) -> str:
    scaling: str = fields.get("ScalingType") or "Auto"
    if scaling not in SCALING_TYPES:
        raise UserError(
            f"{where}: ScalingType {scaling} is unknown; allowed are {', '.join(SCALING_TYPES)}"
        )
    if scaling == "Auto":
        wide = low > 0 and high / low >= _AUTO_LOGARITHMIC_RATIO
        return "Logarithmic" if wide else "Linear"
    if scaling == "Logarithmic" and low <= 0:
        raise UserError(f"{where}: ScalingType Logarithmic needs a range above 0")
    return scaling
