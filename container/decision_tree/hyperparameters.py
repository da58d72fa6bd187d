"""Converts SageMaker's hyperparameters, which are strings, to arguments of the algorithm."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from decision_tree.errors import UserError
from decision_tree.specification import DEFAULT_ALGORITHM, training_specification

Value: TypeAlias = bool | int | float | str | None

_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def parse_hyperparameters(
    raw: Mapping[str, object], algorithm: str = DEFAULT_ALGORITHM
) -> dict[str, Value]:
    r"""Validate hyperparameters and fill in the defaults.

    Args:
        raw: hyperparameters.json as SageMaker writes it: strings, sometimes JSON-encoded again
            ("\"5\""). Keys that begin with `_tuning_` belong to the tuner and are ignored.
        algorithm: the algorithm's name.

    Returns:
        A value for each hyperparameter of the specification, in the library's type; None if it is
        optional, not given, and has no default.

    Raises:
        UserError: an unknown name, or a value outside its range.
    """
    specified = {
        item["Name"]: item for item in training_specification(algorithm)["SupportedHyperParameters"]
    }
    given = {name: value for name, value in raw.items() if not name.startswith("_tuning_")}
    unknown = sorted(given.keys() - specified.keys())
    if unknown:
        raise UserError(
            f"unknown hyperparameter{'s' if len(unknown) > 1 else ''} {', '.join(unknown)}; "
            f"allowed: {', '.join(specified)}"
        )
    return {
        name: _parse(item, plain_text(name, given.get(name, item.get("DefaultValue"))))
        for name, item in specified.items()
    }


def plain_text(name: str, value: object) -> str | None:
    """Undo any JSON encoding of a value; None means not set."""
    if isinstance(value, str) and value.strip().startswith('"'):
        try:
            value = json.loads(value)
        except ValueError:
            raise UserError(f"hyperparameter {name} is {value}, which is not valid JSON") from None
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UserError(f"hyperparameter {name} must be a string or a number, not {value!r}")
    return str(value).strip()


def _parse(item: Mapping[str, Any], text: str | None) -> Value:
    if text is None or (text.lower() in ("none", "null") and "DefaultValue" not in item):
        return None
    parsers = {
        "Integer": _parse_integer,
        "Continuous": _parse_continuous,
        "Categorical": _parse_categorical,
        "FreeText": _parse_max_features,  # no range can describe its values
    }
    value, allowed = parsers[item["Type"]](item, text)
    if value is None:
        raise UserError(f"hyperparameter {item['Name']} is {text!r}; allowed: {allowed}")
    return value


def _parse_integer(item: Mapping[str, Any], text: str) -> tuple[Value, str]:
    limits = item["Range"]["IntegerParameterRangeSpecification"]
    low, high = int(limits["MinValue"]), int(limits["MaxValue"])
    valid = _INTEGER.fullmatch(text) and low <= int(text) <= high
    return (int(text) if valid else None), f"an integer from {low} to {high}"


def _parse_continuous(item: Mapping[str, Any], text: str) -> tuple[Value, str]:
    limits = item["Range"]["ContinuousParameterRangeSpecification"]
    valid = NUMBER.fullmatch(text) and (
        float(limits["MinValue"]) <= float(text) <= float(limits["MaxValue"])
    )
    allowed = f"a number from {limits['MinValue']} to {limits['MaxValue']}"
    return (float(text) if valid else None), allowed


def _parse_categorical(item: Mapping[str, Any], text: str) -> tuple[Value, str]:
    values = item["Range"]["CategoricalParameterRangeSpecification"]["Values"]
    allowed = ", ".join(values)
    if text not in values:
        return None, allowed
    return (text == "true" if set(values) == {"true", "false"} else text), allowed


def _parse_max_features(_item: Mapping[str, Any], text: str) -> tuple[Value, str]:
    allowed = "sqrt, log2, an integer from 1, or a fraction with a decimal point in (0, 1]"
    value: Value = None
    if text in ("sqrt", "log2"):
        value = text
    elif _INTEGER.fullmatch(text):
        value = int(text) if int(text) >= 1 else None
    elif NUMBER.fullmatch(text) and 0 < float(text) <= 1 and math.isfinite(float(text)):
        value = float(text)
    return value, allowed
