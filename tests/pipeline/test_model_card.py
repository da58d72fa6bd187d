"""A model's card against the SageMaker SDK's classes, as completed by an execution."""

from __future__ import annotations

import json
import re
from typing import Any

import evaluate
import fast_sdk  # noqa: F401
import numpy as np
import pytest
from rendered import render_config, step
from sagemaker.model_card import (
    AdditionalInformation,
    BusinessDetails,
    EvaluationJob,
    IntendedUses,
    ModelOverview,
    TrainingDetails,
)

SECTIONS = {
    "model_overview": ModelOverview,
    "intended_uses": IntendedUses,
    "business_details": BusinessDetails,
    "training_details": TrainingDetails,
    "additional_information": AdditionalInformation,
}
# Source: SageMaker's guide, "View and Update the Details of a Model Version", Model package model
# card schema.
MAX_LENGTHS = {
    r"model_overview\.(model_creator|model_artifact\[\d+\])": 1024,
    r"(intended_uses|business_details)\.\w+": 2048,
    r"additional_information\.(ethical_considerations|caveats_and_recommendations)": 2048,
    r"additional_information\.custom_details\.\w+": 1024,
    r"training_details\.objective_function\.notes": 1024,
    r"training_details\.objective_function\.function\.(function|facet|condition)": 63,
    r"training_details\.training_observations": 1024,
    r"training_details\.training_job_details\.(training_arn|training_datasets\[\d+\])": 1024,
    r"training_details\.training_job_details\.training_environment\.container_image\[\d\]": 1024,
    r"training_details\.training_job_details\.hyper_parameters\[\d+\]\.(name|value)": 255,
    r"evaluation_details\[0\]\.name": 63,
    r"evaluation_details\[0\]\.evaluation_observation": 2096,
    r"evaluation_details\[0\]\.datasets\[0\]": 1024,
    r"evaluation_details\[0\]\.metric_groups\[\d+\]\.name": 63,
    r"evaluation_details\[0\]\.metric_groups\[\d+\]\.metric_data\[\d\]\.(name|type)": 255,
    r"evaluation_details\[0\]\.metric_groups\[\d+\]\.metric_data\[\d\]\.notes": 1024,
}
TEXTS = {
    "status": "PendingReview",
    "creator": 'The "housing" team',
    "purpose": "To value houses.\nNo more.",
    "riskRating": "Low",
    "caveats": "Of 1990.",
}


REPORT = evaluate.quality_report(np.arange(40.0), np.arange(40.0) + 0.5)


def resolved(value: Any, report: dict[str, Any] = REPORT) -> str:
    """The value of an expression in an execution: from the report, or the expression itself."""
    if isinstance(value, str):
        return value
    if "Std:Join" in value:
        joined = value["Std:Join"]
        return str(joined["On"].join(resolved(one, report) for one in joined["Values"]))
    if "Std:JsonGet" in value:
        found: Any = report
        for part in value["Std:JsonGet"]["Path"].split("."):
            found = found[part]
        return str(found)
    return re.sub(r"\W", "", value["Get"])


def card(name: str, report: dict[str, Any] = REPORT, **config: Any) -> tuple[str, dict[str, Any]]:
    """The status of a candidate's card, and its content as completed by an execution."""
    definition = render_config({"modelCard": TEXTS, **config})
    found = step(definition, f"Register{name}")["Arguments"]["ModelCard"]
    content = resolved(found["ModelCardContent"], report)
    assert len(content) <= 100_000
    assert "\n" not in content  # the service's pattern is `.*`
    return found["ModelCardStatus"], json.loads(content)


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        parts = [leaves(one, f"{path}.{name}" if path else name) for name, one in value.items()]
    elif isinstance(value, list):
        parts = [leaves(one, f"{path}[{place}]") for place, one in enumerate(value)]
    else:
        return {path: value}
    return {name: one for part in parts for name, one in part.items()}


def written(section: Any) -> Any:
    """The SDK's form of a section, without the empty lists that it adds."""
    if isinstance(section, str | float | int):
        return section
    if isinstance(section, list):
        return [written(one) for one in section]
    if not isinstance(section, dict):
        return written(section._to_request_dict())
    return {name: written(one) for name, one in section.items() if one != []}


@pytest.mark.parametrize("name", ["DecisionTree", "XGBoost"])
def test_the_sdk_accepts_the_card(name: str) -> None:
    status, content = card(name)
    assert status == "PendingReview"
    assert set(content) == {*SECTIONS, "evaluation_details"}
    for section, kind in SECTIONS.items():
        assert written(kind._from_dict(content[section])) == content[section]
    for evaluation in content["evaluation_details"]:
        assert written(EvaluationJob._from_dict(evaluation)) == evaluation


@pytest.mark.parametrize("name", ["DecisionTree", "XGBoost"])
def test_no_text_is_longer_than_the_schema_allows(name: str) -> None:
    long = {"column": "housingmedianage", "operator": "in", "values": list(range(500))}
    housing = {"dataset": {**dataset(), "filter": [long]}}
    labels = [f"{number}\n{'é' * 300}" for number in range(40)]
    values = list(range(40)) * 2
    segments = [
        {"column": "c" * 128, "labels": labels, "values": [None, *values[1:]]} for _ in range(5)
    ]
    actual = np.arange(80.0) * 1e300 ** (1 / 3)
    report = evaluate.quality_report(actual, actual + 0.5, columns=segments)
    _, content = card(name, report, **housing)
    (evaluation,) = content["evaluation_details"]
    # All rows, quarters of the target, and five times ten labels, the others and missing ones.
    assert len(evaluation["metric_groups"]) == 1 + 4 + 5 * 12
    assert "\n" not in "".join(group["name"] for group in evaluation["metric_groups"])
    for one in content["evaluation_details"]:
        assert written(EvaluationJob._from_dict(one)) == one
    for path, value in leaves(content).items():
        if isinstance(value, str):
            limits = [limit for like, limit in MAX_LENGTHS.items() if re.fullmatch(like, path)]
            assert len(limits) == 1, path
            assert 0 < len(value) <= limits[0], path
    observed = content["training_details"]["training_observations"]
    assert (len(observed), observed[-3:]) == (1024, "...")


def dataset() -> dict[str, Any]:
    columns = ["housingMedianAge", "medianHouseValue"]
    return {
        "table": "california_housing",
        "columns": [{"name": name, "type": "double"} for name in columns],
        "target": "medianHouseValue",
        "dropped": [],
    }


def test_the_card_has_the_facts_of_configuration_and_execution() -> None:
    _, content = card("DecisionTree")
    assert content["intended_uses"] == {
        "purpose_of_model": "To value houses.\nNo more.",
        "risk_rating": "Low",
    }
    assert content["model_overview"]["model_creator"] == 'The "housing" team'
    training = content["training_details"]
    assert training["training_observations"] == (
        "Table california_housing, target medianhousevalue. "
        "Rows are split by chance (seed 1729): train 0.7, validation 0.2, test 0.1. "
        "Missing values: keep. "
        'Only rows where {"column":"housingmedianage","operator":">","value":10}. '
        "Not used: medianincome."
    )
    job = training["training_job_details"]
    assert re.fullmatch(
        r"arn:aws:sagemaker:us-east-1:\d{12}:training-job/"
        r"StepsTuneDecisionTreeTrainingJobSummaries0TrainingJobName",
        job["training_arn"],
    )
    assert [one["name"] for one in job["hyper_parameters"]] == [
        *("random_state", "max_leaf_nodes", "max_depth", "min_samples_leaf")
    ]
    (evaluation,) = content["evaluation_details"]
    group, *quarters = evaluation["metric_groups"]
    assert {one["name"]: one["value"] for one in group["metric_data"]} == {
        **{"r2": 1 - 0.25 / np.var(np.arange(40)), "mse": 0.25, "rmse": 0.5, "mae": 0.5},
        "rows": 40,
    }
    assert [quarter["name"] for quarter in quarters] == [
        *("Target 0 to 9", "Target 10 to 19", "Target 20 to 29", "Target 30 to 39")
    ]
    details = content["additional_information"]["custom_details"]
    assert (details["Candidate"], details["Algorithm"]) == ("DecisionTree", "decision-tree")


def test_there_is_no_card_unless_configured() -> None:
    assert "ModelCard" not in step(render_config({}), "RegisterXGBoost")["Arguments"]
    rendered = render_config({"modelCard": {"status": "Draft"}})
    empty = step(rendered, "RegisterXGBoost")["Arguments"]["ModelCard"]
    assert empty["ModelCardStatus"] == "Draft"
    content = json.loads(resolved(empty["ModelCardContent"]))
    assert content["business_details"] == {}
    assert content["intended_uses"] == {"risk_rating": "Unknown"}
