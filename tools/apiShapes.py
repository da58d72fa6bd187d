"""Writes the shapes that the local API needs: `node tools/python.mjs tools/apiShapes.py`.

They are botocore's, the service's own model, cut down to what checks a request (members, those
required, types, limits, patterns and values) and what writes an answer (members and their types).
One shape a line, so that a new release of the service reads as a diff.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.session
from botocore.model import Shape

TARGET = Path(__file__).parents[1] / "local" / "api" / "serviceModel.json"

# The operations that local/api answers, by service.
OPERATIONS = {
    "sagemaker": [
        "CreatePipeline",
        "UpdatePipeline",
        "DeletePipeline",
        "DescribePipeline",
        "ListPipelines",
        "StartPipelineExecution",
        "StopPipelineExecution",
        "RetryPipelineExecution",
        "UpdatePipelineExecution",
        "DescribePipelineExecution",
        "ListPipelineExecutions",
        "ListPipelineExecutionSteps",
        "ListPipelineParametersForExecution",
        "DescribePipelineDefinitionForExecution",
        "DescribeProcessingJob",
        "ListProcessingJobs",
        "DescribeTrainingJob",
        "ListTrainingJobs",
        "DescribeHyperParameterTuningJob",
        "ListHyperParameterTuningJobs",
        "ListTrainingJobsForHyperParameterTuningJob",
        "DescribeTransformJob",
        "ListTransformJobs",
        "CreateModelPackageGroup",
        "DescribeModelPackageGroup",
        "ListModelPackageGroups",
        "DeleteModelPackageGroup",
        "CreateModelPackage",
        "DescribeModelPackage",
        "ListModelPackages",
        "UpdateModelPackage",
        "DeleteModelPackage",
        "CreateModel",
        "DescribeModel",
        "ListModels",
        "DeleteModel",
        "CreateEndpointConfig",
        "DescribeEndpointConfig",
        "ListEndpointConfigs",
        "DeleteEndpointConfig",
        "CreateEndpoint",
        "DescribeEndpoint",
        "ListEndpoints",
        "UpdateEndpoint",
        "DeleteEndpoint",
        "AddTags",
        "ListTags",
        "DeleteTags",
    ],
    "logs": ["DescribeLogGroups", "DescribeLogStreams", "GetLogEvents", "FilterLogEvents"],
}


def described(shape: Shape) -> dict[str, Any]:
    """A shape as a JSON object; other shapes stand in it by their names."""
    own: dict[str, Any] = {}
    if shape.type_name == "structure":
        own["members"] = {name: member.name for name, member in shape.members.items()}
        if shape.required_members:
            own["required"] = shape.required_members
    elif shape.type_name == "list":
        own["list"] = shape.member.name
    elif shape.type_name == "map":
        own["map"] = [shape.key.name, shape.value.name]
    else:
        own["type"] = shape.type_name
    limits = ("enum", "min", "max", "pattern")
    return own | {name: shape.metadata[name] for name in limits if name in shape.metadata}


def collect(shape: Shape, into: dict[str, Any]) -> None:
    """Adds a shape, and those that it is made of."""
    if shape.name in into:
        return
    into[shape.name] = described(shape)
    if shape.type_name == "structure":
        inside = list(shape.members.values())
    elif shape.type_name == "list":
        inside = [shape.member]
    elif shape.type_name == "map":
        inside = [shape.key, shape.value]
    else:
        inside = []
    for one in inside:
        collect(one, into)


def collect_answer(shape: Shape, into: dict[str, Any]) -> str:
    """Adds a shape of answers, and those in it. Returns its name, or a plain value's type."""
    if shape.type_name not in ("structure", "list", "map"):
        return str(shape.type_name)
    if shape.name not in into:
        into[shape.name] = own = {}
        if shape.type_name == "structure":
            own["members"] = {
                name: collect_answer(member, into) for name, member in shape.members.items()
            }
        elif shape.type_name == "list":
            own["list"] = collect_answer(shape.member, into)
        else:
            own["map"] = ["string", collect_answer(shape.value, into)]
    return str(shape.name)


def lines(members: dict[str, Any]) -> str:
    """The members of a JSON object, one a line."""
    return ",\n".join(
        f"    {json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}"
        for name, value in sorted(members.items())
    )


def text() -> str:
    """The content of the file."""
    session = botocore.session.get_session()
    services: list[str] = []
    for service, names in OPERATIONS.items():
        model = session.get_service_model(service)
        operations: dict[str, list[str | None]] = {}
        requests: dict[str, Any] = {}
        answers: dict[str, Any] = {}
        for name in names:
            operation = model.operation_model(name)
            collect(operation.input_shape, requests)
            answer = operation.output_shape and collect_answer(operation.output_shape, answers)
            operations[name] = [operation.input_shape.name, answer]
        parts = {"operations": operations, "requests": requests, "answers": answers}
        inside = ",\n".join(
            f"   {json.dumps(part)}: {{\n{lines(members)}\n   }}" for part, members in parts.items()
        )
        services.append(f"  {json.dumps(service)}: {{\n{inside}\n  }}")
    return "{\n" + ",\n".join(services) + "\n}\n"


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")
