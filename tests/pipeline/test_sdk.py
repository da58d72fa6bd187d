"""The SageMaker Python SDK, given the same graph, must render the same definition."""

from __future__ import annotations

import json
import re
from typing import Any

from rendered import render, step
from sdk_graph import Graph, Texts

# Where our definition may differ from the SDK's, by patterns of paths, and why. Nothing else may.
DIFFERENCES = {
    r"\.ModelMetrics\.(Bias|Explainability)$": "the SDK writes empty reports",
    r"\.SkipModelValidation$": "the SDK writes the service's own default",
}


NAMES = ("Name", "PropertyFileName", "OutputName", "InputName", "ChannelName")


def flat(value: Any, at: str = "") -> dict[str, Any]:
    """The leaves of a document by their paths; members of lists of named things by their names."""
    if isinstance(value, dict) and value:
        return {k: v for key, one in value.items() for k, v in flat(one, f"{at}.{key}").items()}
    if isinstance(value, list) and value:
        found: dict[str, Any] = {}
        for index, one in enumerate(value):
            named = [one[key] for key in NAMES if key in one] if isinstance(one, dict) else []
            found |= flat(one, f"{at}[{named[0] if named else index}]")
        return found
    return {at: value}


def test_the_sdk_renders_the_same() -> None:
    ours = render("dev")
    wrangler = step(ours, "DataWranglerProcess")["Arguments"]
    tree = step(ours, "TuneDecisionTree")["Arguments"]["TrainingJobDefinition"]
    inputs = {one["InputName"]: one for one in wrangler["ProcessingInputs"]}
    code = {
        name: step(ours, name)["Arguments"]["ProcessingInputs"][0]["S3Input"]["S3Uri"]
        for name in ("Preprocess", "EvaluateXGBoost")
    }
    dataset = inputs["california_housing"]["DatasetDefinition"]["AthenaDatasetDefinition"]
    theirs = json.loads(
        Graph(
            Texts(
                decision_tree_image=tree["AlgorithmSpecification"]["TrainingImage"],
                flow_output=wrangler["ProcessingOutputConfig"]["Outputs"][0]["OutputName"],
                query=dataset["QueryString"],
                flow=inputs["flow"]["S3Input"]["S3Uri"],
                preprocess=code["Preprocess"],
                evaluate=code["EvaluateXGBoost"],
                metrics=tree["AlgorithmSpecification"]["MetricDefinitions"],
            )
        )
        .definition()
        .replace("-RegisterModel", "")  # the SDK adds the kind to the name
    )
    left, right = flat(ours), flat(theirs)
    for pattern in DIFFERENCES:
        assert any(
            re.search(pattern, path) and left.get(path, "-") != right.get(path, "-")
            for path in left.keys() | right.keys()
        ), f"{pattern} is no difference any more"
    different = {
        path: (left.get(path, "-"), right.get(path, "-"))
        for path in sorted(left.keys() | right.keys())
        if left.get(path, "-") != right.get(path, "-")
        and not any(re.search(pattern, path) for pattern in DIFFERENCES)
    }
    assert different == {}, "\n".join(f"{path}: {pair}" for path, pair in different.items())
