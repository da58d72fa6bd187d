"""training_specification.json against the service's model, and against the trainer."""

import math
import re
from collections.abc import Callable

import pytest
from botocore.session import Session
from botocore.validate import ParamValidator
from decision_tree.hyperparameters import parse_hyperparameters
from decision_tree.specification import training_specification

DEFINITIONS = {d["Name"]: d["Regex"] for d in training_specification()["MetricDefinitions"]}
METRICS = [f"{c}:{m}" for c in ("train", "validation") for m in ("mse", "rmse", "mae", "r2")]


def _violations(shape: object, value: object, path: str = "") -> list[str]:
    """Check what botocore's own validator leaves to the service: enums, patterns and lengths."""
    if shape.type_name == "structure":
        return [
            v for k, x in value.items() for v in _violations(shape.members[k], x, f"{path}.{k}")
        ]
    limits = shape.metadata
    found = []
    is_sized = shape.type_name in ("list", "string")
    if is_sized and not limits.get("min", 0) <= len(value) <= limits.get("max", math.inf):
        found.append(f"{path}: length {len(value)}")
    if shape.type_name == "list":
        found += [
            v for i, x in enumerate(value) for v in _violations(shape.member, x, f"{path}[{i}]")
        ]
    if limits.get("enum") and value not in limits["enum"]:
        found.append(f"{path}: {value}")
    # Python's re has no \p{L}; that pattern allows all printable text.
    pattern = limits.get("pattern", ".*").replace(
        r"[\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}]", "[^\\x00-\\x1f]"
    )
    if shape.type_name == "string" and not re.fullmatch(pattern, value):
        found.append(f"{path}: {value} does not match {pattern}")
    return found


def test_has_the_shape_of_create_algorithm() -> None:
    shape = Session().get_service_model("sagemaker").shape_for("TrainingSpecification")
    request = {"TrainingImage": "image", **training_specification()}
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()
    assert set(request) <= set(shape.members)
    assert _violations(shape, request) == []


def test_defines_each_metric_once() -> None:
    assert list(DEFINITIONS) == METRICS
    objectives = training_specification()["SupportedTuningJobObjectiveMetrics"]
    assert {o["MetricName"]: o["Type"] for o in objectives} == {
        name: "Maximize" if name.endswith("r2") else "Minimize" for name in METRICS
    }


@pytest.mark.parametrize("value", [0.0, -3.5, 1e-300, 4255512786.4032464, 1.7e308, 5e-324])
def test_a_regex_only_matches_its_own_metric(value: float) -> None:
    for name in METRICS:
        line = f"{name}={value!r}"
        found = {n: re.search(regex, line) for n, regex in DEFINITIONS.items()}
        assert [n for n, match in found.items() if match] == [name]
        assert found[name].groups() == (repr(value),)


def test_the_trainer_logs_every_metric_in_the_form_of_its_regex(
    job: object, run_train: Callable[[], int], capsys: pytest.CaptureFixture[str]
) -> None:
    job.rows("train/a.csv").rows("validation/a.csv", 50, seed=1)
    assert run_train() == 0
    log = capsys.readouterr().out
    read = {name: re.findall(regex, log) for name, regex in DEFINITIONS.items()}
    metrics = job_metrics(job)
    assert read == {name: [repr(value)] for name, value in metrics.items()}


def job_metrics(job: object) -> dict[str, float]:
    from decision_tree.model import load

    return load(job.environment.model).description.metrics


def test_the_defaults_are_valid_and_do_not_limit_the_tree() -> None:
    defaults = parse_hyperparameters({})
    assert list(defaults) == [
        item["Name"] for item in training_specification()["SupportedHyperParameters"]
    ]
    assert defaults["max_depth"] is None
    assert defaults["max_leaf_nodes"] is None
    assert defaults["random_state"] == 1729
