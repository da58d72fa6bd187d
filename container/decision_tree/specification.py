"""The algorithms' contracts, read from training_specification.json.

That file has the form of `TrainingSpecification` in SageMaker's CreateAlgorithm, without the image.
The trainer validates hyperparameters and channels with it, and the Pulumi program takes
MetricDefinitions from it. The other algorithms have their own hyperparameters in algorithms/, and
share everything else.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

DEFAULT_ALGORITHM = "decision-tree"
"""The default algorithm."""


@cache
def training_specification(algorithm: str = DEFAULT_ALGORITHM) -> dict[str, Any]:
    """Return an algorithm's contract, a TrainingSpecification without TrainingImage."""
    specification = _read("training_specification.json")
    if algorithm == DEFAULT_ALGORITHM:
        return specification
    # The two forests' contracts only differ in the default of bootstrap.
    file = "random_forest" if algorithm == "extra-trees" else algorithm.replace("-", "_")
    own = _read("algorithms", f"{file}.json")
    for item in own["SupportedHyperParameters"]:
        if algorithm == "extra-trees" and item["Name"] == "bootstrap":
            item["DefaultValue"] = "false"
    return {**specification, **own}


def _read(*path: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(__file__).parent.joinpath(*path).read_bytes())
    return content
