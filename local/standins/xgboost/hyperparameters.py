"""Checks a job's hyperparameters like the image, before any data is read."""

from __future__ import annotations

import ast
import functools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.standins.errors import UserError

_CONTRACT = Path(__file__).parents[3] / "pipeline" / "algorithms" / "xgboost.json"
# Exclusive bounds, which the contract has as inclusive.
_OPEN_BOUNDS = {
    "subsample": (0,),
    "colsample_bytree": (0,),
    "colsample_bylevel": (0,),
    "colsample_bynode": (0,),
    "sketch_eps": (0, 1),
    "scale_pos_weight": (0,),
    "tweedie_variance_power": (1, 2),
    "prob_buffer_row": (1,),
}
_ALIASES = {
    "learning_rate": "eta",
    "min_split_loss": "gamma",
    "reg_lambda": "lambda",
    "reg_alpha": "alpha",
}
_UPDATERS = {
    "gblinear": {"shotgun", "coord_descent"},
    "update": {"refresh", "prune"},
    "tree": {
        *("grow_colmaker", "distcol", "grow_histmaker", "grow_skmaker"),
        *("sync", "refresh", "prune"),
    },
}
_TUNING_METRIC = "_tuning_objective_metric"


@functools.cache
def _training_specification() -> dict[str, Any]:
    """The contract, in the form of `TrainingSpecification` of the CreateAlgorithm API call."""
    specification: dict[str, Any] = json.loads(_CONTRACT.read_text("utf-8"))
    return specification


@functools.cache
def metric_directions() -> dict[str, str]:
    """`Minimize` or `Maximize` by metric of a channel."""
    return {
        objective["MetricName"].removeprefix("validation:"): objective["Type"]
        for objective in _training_specification()["SupportedTuningJobObjectiveMetrics"]
    }


def validate_hyperparameters(texts: dict[str, Any]) -> dict[str, Any]:
    """Checks the content of hyperparameters.json: strings by name, sometimes JSON-encoded again.

    Returns:
        The values in their types, by their main names.

    Raises:
        UserError: A name is unknown, a value does not have its type or range, or values conflict.
    """
    specifications = {
        item["Name"]: item for item in _training_specification()["SupportedHyperParameters"]
    }
    values: dict[str, Any] = {}
    for given, raw in texts.items():
        name = _ALIASES.get(given, given)
        if name in values:
            raise UserError(f"Hyperparameter {given}: {name} is given twice")
        text = _decode(given, raw)
        if name == _TUNING_METRIC:
            values[name] = _parse_tuning_metric(text)
        elif name in specifications:
            values[name] = _parse(specifications[name], text)
        else:
            allowed = ", ".join(sorted(specifications))
            raise UserError(f"Extraneous hyperparameter found: {given}; allowed are {allowed}")
    for name, specification in specifications.items():
        if specification.get("IsRequired") and name not in values:
            raise UserError(f"Missing required hyperparameter: {name}")
    _check_together(values)
    _check_supported_here(values)
    return values


def _decode(name: str, raw: object) -> str:
    if isinstance(raw, str) and raw.startswith('"') and raw.endswith('"') and len(raw) > 1:
        raw = json.loads(raw)
    if not isinstance(raw, str):
        raise UserError(f"Hyperparameter {name}: must be a string, not {json.dumps(raw)}")
    return raw


def _parse(specification: dict[str, Any], text: str) -> Any:  # noqa: ANN401
    name = specification["Name"]
    kind = specification["Type"]
    if kind == "Categorical":
        values = specification["Range"]["CategoricalParameterRangeSpecification"]["Values"]
        if text not in values:
            raise UserError(f"Hyperparameter {name}: {text} is not one of {', '.join(values)}")
        return text
    if kind == "FreeText":
        return _FREE_TEXT[name](name, text)
    number: float
    try:
        number = int(text) if kind == "Integer" else float(text)
    except ValueError:
        noun = "an integer" if kind == "Integer" else "a number"
        raise UserError(f"Hyperparameter {name}: {text} is not {noun}") from None
    bounds = specification["Range"][f"{kind}ParameterRangeSpecification"]
    low, high = float(bounds["MinValue"]), float(bounds["MaxValue"])
    open_bounds = _OPEN_BOUNDS.get(name, ())
    if not low <= number <= high or number in open_bounds or math.isnan(number):
        raise UserError(
            f"Hyperparameter {name}: {text} is not in {'(' if low in open_bounds else '['}"
            f"{bounds['MinValue']}, {bounds['MaxValue']}{')' if high in open_bounds else ']'}"
        )
    return number


def _parse_tuning_metric(text: str) -> str:
    names = {f"validation:{name}" for name in metric_directions()}
    if text not in names:
        raise UserError(
            f"Hyperparameter {_TUNING_METRIC}: {text} is not one of {', '.join(sorted(names))}"
        )
    return text


def _parse_metrics(name: str, text: str) -> list[str]:
    metrics = [part.strip() for part in text.split(",")]
    for metric in metrics:
        base, at, threshold = metric.partition("@")
        if at and base not in ("error", "ndcg", "map"):
            raise UserError(
                f"Hyperparameter {name}: {metric}: only error, ndcg and map take a threshold"
            )
        if at and not _is_number(threshold):
            raise UserError(f"Hyperparameter {name}: {metric}: {threshold} is not a number")
        if base not in metric_directions():
            allowed = ", ".join(sorted(metric_directions()))
            raise UserError(f"Hyperparameter {name}: {metric} is not one of {allowed}")
    return metrics


def _parse_updaters(name: str, text: str) -> list[str]:
    updaters = [part.strip() for part in text.split(",")]
    known = set().union(*_UPDATERS.values())
    for updater in updaters:
        if updater not in known:
            allowed = ", ".join(sorted(known))
            raise UserError(f"Hyperparameter {name}: {updater} is not one of {allowed}")
    return updaters


def _parse_literal(name: str, text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        raise UserError(f"Hyperparameter {name}: {text} is not a list of numbers") from None


def _parse_monotone(name: str, text: str) -> tuple[int, ...]:
    value = _parse_literal(name, text)
    if not isinstance(value, tuple | list) or any(item not in (-1, 0, 1) for item in value):
        raise UserError(f"Hyperparameter {name}: {text} is not a tuple of -1, 0 and 1")
    return tuple(value)


def _parse_interaction(name: str, text: str) -> list[list[int]]:
    value = _parse_literal(name, text)
    if not isinstance(value, list) or not all(
        isinstance(group, list) and all(isinstance(item, int) and item >= 1 for item in group)
        for group in value
    ):
        raise UserError(f"Hyperparameter {name}: {text} is not a list of lists of numbers from 1")
    return value


_FREE_TEXT: dict[str, Callable[[str, str], Any]] = {
    "eval_metric": _parse_metrics,
    "updater": _parse_updaters,
    "monotone_constraints": _parse_monotone,
    "interaction_constraints": _parse_interaction,
}


def _check_together(values: dict[str, Any]) -> None:
    """Checks combinations of hyperparameters."""
    objective = values.get("objective", "reg:squarederror")
    if objective in ("multi:softmax", "multi:softprob") and "num_class" not in values:
        raise UserError(f"Hyperparameter num_class: required by objective {objective}")
    metrics = values.get("eval_metric", [])
    if metrics and "objective" not in values:  # the image fails with a KeyError
        raise UserError("Hyperparameter eval_metric: requires an explicit objective")
    if "auc" in metrics and not objective.startswith(("binary:", "rank:")):
        raise UserError("Hyperparameter eval_metric: auc needs a binary: or rank: objective")
    if "aft-nloglik" in metrics and objective != "survival:aft":
        raise UserError("Hyperparameter eval_metric: aft-nloglik needs objective survival:aft")
    for name, methods in (
        ("monotone_constraints", ("exact", "hist")),
        ("interaction_constraints", ("exact", "hist", "approx")),
    ):
        if name in values and values.get("tree_method") not in methods:
            raise UserError(f"Hyperparameter {name}: needs tree_method {' or '.join(methods)}")
    if "updater" in values:
        _check_updaters(values)


def _check_updaters(values: dict[str, Any]) -> None:
    updaters: list[str] = values["updater"]
    if values.get("booster") == "gblinear":
        kind, fits = "gblinear", len(updaters) == 1
    elif values.get("process_type") == "update":
        kind, fits = "update", True
    else:
        kind = "tree"
        growing = [name for name in updaters if name.startswith("grow_") or name == "distcol"]
        fits = len(growing) <= 1
    if not fits or not set(updaters) <= _UPDATERS[kind]:
        allowed = ", ".join(sorted(_UPDATERS[kind]))
        raise UserError(
            f"Hyperparameter updater: {','.join(updaters)} does not fit the {kind} model; "
            f"allowed are {allowed}, and at most one that grows trees"
        )


def _check_supported_here(values: dict[str, Any]) -> None:
    """Refuses features that only the image supports."""
    for name in ("tree_method", "predictor"):
        if str(values.get(name)).startswith("gpu"):
            raise UserError(f"Hyperparameter {name}: the local run does not support GPUs")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
