"""Checks the arguments of each step with botocore's model of its API call."""

from __future__ import annotations

import json
from typing import Any

import botocore.loaders
import botocore.model
import pytest
import regex
from rendered import all_steps, render, render_config

OPERATIONS = {
    "Processing": ("CreateProcessingJob", "ProcessingJobName"),
    "Training": ("CreateTrainingJob", "TrainingJobName"),
    "Tuning": ("CreateHyperParameterTuningJob", "HyperParameterTuningJobName"),
    "QualityCheck": ("CreateProcessingJob", "ProcessingJobName"),
    "Model": ("CreateModel", "ModelName"),
    "Transform": ("CreateTransformJob", "TransformJobName"),
    "RegisterModel": ("CreateModelPackage", None),
}

SERVICE = botocore.model.ServiceModel(
    botocore.loaders.Loader().load_service_model("sagemaker", "service-2")
)


def is_expression(value: Any) -> bool:
    return isinstance(value, dict) and bool(value.keys() & {"Get", "Std:Join", "Std:JsonGet"})


def matches(pattern: str, value: str) -> bool:
    """Matches like Java, where patterns for astral planes are ranges of surrogate pairs."""
    python = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
    return regex.fullmatch(python, value, regex.DOTALL) is not None


def problems(shape: botocore.model.Shape, value: Any, at: str) -> list[str]:
    """Lists the problems with a value; an expression is valid wherever a plain value is."""
    if is_expression(value):
        scalar = shape.type_name in ("string", "integer", "long", "boolean", "double", "float")
        return [] if scalar else [f"{at}: an expression in place of a {shape.type_name}"]
    kinds: dict[str, tuple[type, ...]] = {
        "structure": (dict,),
        "map": (dict,),
        "list": (list,),
        "string": (str,),
        "boolean": (bool,),
        "integer": (int,),
        "long": (int,),
        "float": (int, float),
        "double": (int, float),
    }
    if not isinstance(value, kinds[shape.type_name]):
        return [f"{at}: {value!r} is no {shape.type_name}"]
    found: list[str] = []
    if isinstance(shape, botocore.model.StructureShape):
        found += [f"{at}.{name}: unknown" for name in value.keys() - shape.members.keys()]
        found += [f"{at}.{name}: missing" for name in shape.required_members if name not in value]
        for name in value.keys() & shape.members.keys():
            found += problems(shape.members[name], value[name], f"{at}.{name}")
        return found
    size = value if isinstance(value, int | float) else len(value)
    limits = shape.metadata
    if size < limits.get("min", size) or size > limits.get("max", size):
        found.append(f"{at}: {size} is not from {limits.get('min')} to {limits.get('max')}")
    if isinstance(shape, botocore.model.ListShape):
        for index, member in enumerate(value):
            found += problems(shape.member, member, f"{at}[{index}]")
    elif isinstance(shape, botocore.model.MapShape):
        for key, member in value.items():
            found += problems(shape.key, key, f"{at}.{key}")
            found += problems(shape.value, member, f"{at}.{key}")
    elif isinstance(value, str):
        if limits.get("enum") and value not in limits["enum"]:
            found.append(f"{at}: {value!r} is not one of {limits['enum']}")
        if "pattern" in limits and not matches(limits["pattern"], value):
            found.append(f"{at}: {value!r} does not match {limits['pattern']}")
    return found


def check_step(step: dict[str, Any]) -> list[str]:
    operation, name = OPERATIONS[step["Type"]]
    arguments = step["Arguments"]
    if name is not None:
        arguments = {**arguments, name: "name"}
    return problems(SERVICE.operation_model(operation).input_shape, arguments, step["Name"])


def all_problems(definition: dict[str, Any]) -> list[str]:
    steps = [step for step in all_steps(definition["Steps"]) if step["Type"] in OPERATIONS]
    return [problem for step in steps for problem in check_step(step)]


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_each_step_is_a_valid_request(stack: str) -> None:
    definition = render(stack)
    assert {one["Type"] for one in all_steps(definition["Steps"])} >= {
        "Processing",
        "Tuning",
        "RegisterModel",
    }
    assert all_problems(definition) == []


FOREST = {
    "name": "Forest",
    "algorithm": {
        "image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/forest:1",
        "metrics": {"validation:rmse": "rmse=([0-9.]+)", "validation:r2": "r2=([-0-9.]+)"},
    },
    "hyperparameters": {"trees": 100},
    "ranges": {"depth": {"type": "integer", "min": 2, "max": 9}},
    "strategy": "Hyperband",
    "hyperband": {"minResource": 1, "maxResource": 10},
    "maxJobs": 30,
    "maxParallelJobs": 5,
    "instanceType": "ml.c5.2xlarge",
    "spotMaxWaitTimeInSeconds": 7200,
}
GRID = {
    "name": "Grid",
    "algorithm": "decision-tree",
    "ranges": {"max_depth": {"type": "categorical", "values": [4, 8, 16]}},
    "strategy": "Grid",
    "maxJobs": 3,
    "earlyStopping": True,
}
DATASET = {
    "table": "flats",
    "columns": [
        {"name": "price", "type": "double"},
        {"name": "rooms", "type": "int"},
        {"name": "District", "type": "string"},
        {"name": "sold", "type": "date"},
    ],
    "format": "parquet",
    "target": "price",
    "dropped": ["sold"],
    "filter": [{"column": "district", "operator": "<>", "value": "it's"}],
    "missingValues": "impute",
}


def test_every_configurable_step_is_a_valid_request() -> None:
    definition = render_config(
        {
            "dataset": DATASET,
            "candidates": [FOREST, GRID],
            "champion": {"beats": {}},
            "dataQualityBaseline": True,
            "gitRevision": "0123abc",
        }
    )
    assert {one["Type"] for one in all_steps(definition["Steps"])} == {
        *(OPERATIONS.keys() - {"Training"}),
        "Condition",
        "Fail",
    }
    assert all_problems(definition) == []


def test_50_candidates_are_valid_requests() -> None:
    candidates = [{**FOREST, "name": f"Forest{number}"} for number in range(50)]
    assert all_problems(render_config({"candidates": candidates})) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (["RoleArn"], "nobody", "does not match"),
        (["Typo"], "x", "unknown"),
        (["StoppingCondition", "MaxRuntimeInSeconds"], 0, "is not from"),
        (["StoppingCondition", "MaxRuntimeInSeconds"], "60", "is no integer"),
        (["AppSpecification", "ContainerArguments"], {"Get": "Parameters.X"}, "in place of a list"),
        (["ProcessingInputs", 0, "S3Input", "S3InputMode"], "Stream", "is not one of"),
        (["ProcessingInputs", 0, "InputName"], None, "missing"),
    ],
)
def test_the_oracle_sees_mistakes(path: list[str | int], value: Any, problem: str) -> None:
    step = json.loads(json.dumps(render("dev")["Steps"][1]))
    *parents, last = path
    target = step["Arguments"]
    for key in parents:
        target = target[key]
    if value is None:
        del target[last]
    else:
        target[last] = value
    assert any(problem in found for found in check_step(step)), check_step(step)
