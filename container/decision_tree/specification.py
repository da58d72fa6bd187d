"""The algorithm's contract, read from training_specification.json.

That file has the shape of `TrainingSpecification` in SageMaker's CreateAlgorithm (without the
image), and is the one place for hyperparameters, channels and metric regexes: the trainer validates
by it, the Pulumi program writes its MetricDefinitions from it.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def training_specification() -> dict[str, Any]:
    """Return the contract, a CreateAlgorithm TrainingSpecification without TrainingImage."""
    text = Path(__file__).with_name("training_specification.json").read_text(encoding="utf-8")
    specification: dict[str, Any] = json.loads(text)
    return specification
