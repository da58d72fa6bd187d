"""The algorithm's contract as data: `TrainingSpecification` of the CreateAlgorithm API call."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

_PATH = Path(__file__).parents[3] / "pipeline" / "algorithms" / "xgboost.json"


@functools.cache
def training_specification() -> dict[str, Any]:
    """Hyperparameters with their types and ranges, metrics and channels."""
    specification: dict[str, Any] = json.loads(_PATH.read_text("utf-8"))
    return specification


@functools.cache
def metric_directions() -> dict[str, str]:
    """`Minimize` or `Maximize` by metric of a channel."""
    return {
        objective["MetricName"].removeprefix("validation:"): objective["Type"]
        for objective in training_specification()["SupportedTuningJobObjectiveMetrics"]
    }
