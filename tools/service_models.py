"""Writes the parts of botocore's service models that this project uses: `npm run requests`.

pipeline/language/requests.json contains the requests of pipeline steps and the properties of their
jobs. local/api/serviceModel.json contains the operations that local/api implements. Tests check
that both are current.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import botocore.loaders
import botocore.model

ROOT = Path(__file__).parents[1]


class Kind(NamedTuple):
    """The API calls of a kind of step."""

    operation: str
    # The member with the created resource's name, which the service generates if it is not given.
    # Source: `use_custom_job_prefix` of the SageMaker Python SDK's PipelineDefinitionConfig.
    name: str
    # The calls whose responses are the step's properties. Source: the SDK's `properties` of steps.
    describing: tuple[str, ...]


KINDS = {
    "Processing": Kind("CreateProcessingJob", "ProcessingJobName", ("DescribeProcessingJob",)),
    "Training": Kind("CreateTrainingJob", "TrainingJobName", ("DescribeTrainingJob",)),
    "Tuning": Kind(
        "CreateHyperParameterTuningJob",
        "HyperParameterTuningJobName",
        (
            "DescribeHyperParameterTuningJob",
            "ListTrainingJobsForHyperParameterTuningJob",
        ),
    ),
    "Transform": Kind("CreateTransformJob", "TransformJobName", ("DescribeTransformJob",)),
    "Model": Kind("CreateModel", "ModelName", ("DescribeModel",)),
    "RegisterModel": Kind("CreateModelPackage", "ModelPackageName", ("DescribeModelPackage",)),
}

# The operations that local/api implements, by service.
OPERATIONS = {
    "sagemaker": """
        CreatePipeline UpdatePipeline DeletePipeline DescribePipeline ListPipelines
        ListPipelineVersions UpdatePipelineVersion StartPipelineExecution StopPipelineExecution
        RetryPipelineExecution UpdatePipelineExecution DescribePipelineExecution
        ListPipelineExecutions ListPipelineExecutionSteps ListPipelineParametersForExecution
        DescribePipelineDefinitionForExecution DescribeProcessingJob ListProcessingJobs
        DescribeTrainingJob ListTrainingJobs DescribeHyperParameterTuningJob
        ListHyperParameterTuningJobs ListTrainingJobsForHyperParameterTuningJob
        DescribeTransformJob ListTransformJobs CreateModelPackageGroup DescribeModelPackageGroup
        ListModelPackageGroups DeleteModelPackageGroup CreateModelPackage DescribeModelPackage
        ListModelPackages UpdateModelPackage DeleteModelPackage CreateModel DescribeModel
        ListModels DeleteModel CreateEndpointConfig DescribeEndpointConfig ListEndpointConfigs
        DeleteEndpointConfig CreateEndpoint DescribeEndpoint ListEndpoints UpdateEndpoint
        DeleteEndpoint AddTags ListTags DeleteTags
    """.split(),  # noqa: SIM905 - more readable than a list
    "logs": """
        DescribeLogGroups DescribeLogStreams GetLogEvents FilterLogEvents
    """.split(),  # noqa: SIM905 - more readable than a list
}

# New instance types appear every month: a list would refuse what the service accepts.
INSTANCE_TYPES = "InstanceType"
INSTANCE_TYPE_PATTERN = r"ml\.[a-z0-9-]+\.[a-z0-9-]+"


def javascript_pattern(pattern: str) -> str:
    """Converts a pattern of the model, in Java's syntax, to JavaScript's with the flag u."""
    written = pattern.replace(r"\p{Alnum}", "A-Za-z0-9")
    # A mistake in the model: "(...)${1,256}".
    return re.sub(r"\$\{\d+,\d+\}$", "", written)


def encode(shape: botocore.model.Shape, *, checked: bool) -> dict[str, Any]:
    """A shape in the form of pipeline/language/shapes.ts, with limits if values are checked."""
    encoded: dict[str, Any] = {"type": shape.type_name}
    if isinstance(shape, botocore.model.StructureShape):
        encoded["members"] = {name: member.name for name, member in shape.members.items()}
        if checked and shape.required_members:
            encoded["required"] = shape.required_members
    elif isinstance(shape, botocore.model.ListShape):
        encoded["member"] = shape.member.name
    elif isinstance(shape, botocore.model.MapShape):
        encoded["key"], encoded["value"] = shape.key.name, shape.value.name
    limits = shape.metadata if checked else {}
    for limit in ("min", "max"):
        if limit in limits:
            encoded[limit] = limits[limit]
    if "enum" in limits and shape.name.endswith(INSTANCE_TYPES):
        encoded["pattern"] = INSTANCE_TYPE_PATTERN
    elif "enum" in limits:
        encoded["enum"] = list(limits["enum"])
    elif "pattern" in limits:
        encoded["pattern"] = javascript_pattern(limits["pattern"])
    return encoded


def inside(shape: botocore.model.Shape) -> Iterator[botocore.model.Shape]:
    """The shapes that a shape refers to."""
    if isinstance(shape, botocore.model.StructureShape):
        yield from shape.members.values()
    elif isinstance(shape, botocore.model.ListShape):
        yield shape.member
    elif isinstance(shape, botocore.model.MapShape):
        yield from (shape.key, shape.value)


def reachable(roots: list[botocore.model.Shape]) -> dict[str, botocore.model.Shape]:
    """Shapes and all that they refer to, by name."""
    found: dict[str, botocore.model.Shape] = {}
    waiting = list(roots)
    while waiting:
        shape = waiting.pop()
        if shape.name not in found:
            found[shape.name] = shape
            waiting += inside(shape)
    return found


def load(service: str) -> botocore.model.ServiceModel:
    """The model of a service."""
    loaded = botocore.loaders.Loader().load_service_model(service, "service-2")
    return botocore.model.ServiceModel(loaded, service)


def shapes_of(
    requests: list[botocore.model.Shape], answers: list[botocore.model.Shape]
) -> dict[str, Any]:
    """All shapes of requests, with their limits, and of responses."""
    checked = reachable(requests)
    shapes = {**reachable(answers), **checked}
    return {name: encode(shape, checked=name in checked) for name, shape in sorted(shapes.items())}


def steps() -> dict[str, Any]:
    """Kinds of step with the shapes of their requests and properties, and all shapes in these."""
    service = load("sagemaker")
    kinds: dict[str, Any] = {}
    requests: list[botocore.model.Shape] = []
    responses: list[botocore.model.Shape] = []
    for kind, (operation, name, describing) in KINDS.items():
        request = service.operation_model(operation).input_shape
        properties = [service.operation_model(one).output_shape for one in describing]
        kinds[kind] = {
            "request": request.name,
            "name": name,
            "properties": [one.name for one in properties],
        }
        requests.append(request)
        responses += properties
    return {"kinds": kinds, "shapes": shapes_of(requests, responses)}


def api(service: str) -> dict[str, Any]:
    """The operations of a service with the shapes of their requests and responses."""
    model = load(service)
    found = {name: model.operation_model(name) for name in sorted(OPERATIONS[service])}
    answers = [one.output_shape for one in found.values() if one.output_shape]
    return {
        "operations": {
            name: [one.input_shape.name, one.output_shape and one.output_shape.name]
            for name, one in found.items()
        },
        "shapes": shapes_of([one.input_shape for one in found.values()], answers),
    }


def text(sections: dict[str, Any]) -> str:
    """Sections as JSON with one entry per line, so that changes of the model are easy to read."""
    written = (
        f"{json.dumps(section)}: {{\n"
        + ",\n".join(
            f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'), ensure_ascii=False)}"
            for name, value in entries.items()
        )
        + "\n}"
        for section, entries in sections.items()
    )
    return "{\n" + ",\n".join(written) + "\n}\n"


def files() -> dict[Path, str]:
    """The content of the files, by path."""
    services = (f"{json.dumps(service)}: {text(api(service))}" for service in OPERATIONS)
    return {
        ROOT / "pipeline" / "language" / "requests.json": text(steps()),
        ROOT / "local" / "api" / "serviceModel.json": "{\n" + ",\n".join(services) + "}\n",
    }


if __name__ == "__main__":
    for path, content in files().items():
        path.write_text(content, encoding="utf-8")
