"""The SageMaker Python SDK, given the same graph, must render the same definition."""

from __future__ import annotations

import json
import re

from flatten import differences
from rendered import render, step
from sdk_graph import Graph, Texts

# Where our definition may differ from the SDK's, by patterns of paths, and why. Nothing else may.
DIFFERENCES = {
    r"\.ModelMetrics\.(Bias|Explainability)$": "the SDK writes empty reports",
    r"\.SkipModelValidation$": "the SDK writes the service's own default",
}


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
    different = differences(ours, theirs)
    for pattern in DIFFERENCES:
        assert any(re.search(pattern, path) for path in different), f"{pattern} differs no more"
    unexplained = {
        path: pair
        for path, pair in different.items()
        if not any(re.search(pattern, path) for pattern in DIFFERENCES)
    }
    assert unexplained == {}, "\n".join(f"{path}: {pair}" for path, pair in unexplained.items())
