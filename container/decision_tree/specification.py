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
    return {**specification, **_read("algorithms", f"{algorithm.replace('-', '_')}.json")}


def _read(*path: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(__file__).parent.joinpath(*path).read_bytes())
    return content
