"""The algorithms' contracts, read from training_specification.json.

That file, with the hyperparameters of the Decision Tree, has the shape of `TrainingSpecification`
in SageMaker's CreateAlgorithm (without the image), and is the one place for hyperparameters,
channels and metric regexes: the trainer validates by it, the Pulumi program writes its
MetricDefinitions from it. The other algorithms have hyperparameters of their own, in algorithms/,
and all else in common with it.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

DEFAULT_ALGORITHM = "decision-tree"
"""The algorithm of a job that names none."""


@cache
def training_specification(algorithm: str = DEFAULT_ALGORITHM) -> dict[str, Any]:
    """Return the contract, a CreateAlgorithm TrainingSpecification without TrainingImage."""
    specification = _read("training_specification.json")
    if algorithm == DEFAULT_ALGORITHM:
        return specification
    return {**specification, **_read("algorithms", f"{algorithm.replace('-', '_')}.json")}


def _read(*path: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(__file__).parent.joinpath(*path).read_bytes())
    return content
