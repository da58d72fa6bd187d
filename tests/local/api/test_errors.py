"""The local API's errors for resources that do not exist or are in the wrong state."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from written_folder import ARN, EXECUTIONS, JOBS, called, written_emulator


@pytest.fixture(scope="module")
def sagemaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with written_emulator(tmp_path_factory.mktemp("written") / "work") as running:
        yield running.client("sagemaker")


MODEL = botocore.session.Session().get_service_model("sagemaker")


SERVED: list[str] = list(
    json.loads(Path("local/api/serviceModel.json").read_text("utf-8"))["sagemaker"]["operations"]
)

NONE = "none00000000"
# Operations about something by the name of what is not there, with the code that the service gives.
MISSING: dict[str, tuple[str, dict[str, Any]]] = {
    **{
        operation: ("ValidationException", {"ResourceArn": f"{ARN}:model/{NONE}", **more})
        for operation, more in (
            ("AddTags", {"Tags": [{"Key": "a", "Value": "b"}]}),
            ("DeleteTags", {"TagKeys": ["a"]}),
            ("ListTags", {}),
        )
    },
    "CreateEndpoint": (
        "ValidationException",
        {"EndpointName": "new", "EndpointConfigName": NONE},
    ),
    "CreateEndpointConfig": (
        "ValidationException",
        {
            "EndpointConfigName": "new",
            "ProductionVariants": [{"VariantName": "all", "ModelName": NONE}],
        },
    ),
    "CreateModelPackage": ("ValidationException", {"ModelPackageGroupName": NONE}),
    **{
        f"{verb}{kind}": ("ValidationException", {f"{kind}Name": NONE})
        for kind in ("Endpoint", "EndpointConfig", "Model", "ModelPackage", "ModelPackageGroup")
        for verb in ("Delete", "Describe")
    },
    "UpdateEndpoint": ("ValidationException", {"EndpointName": NONE, "EndpointConfigName": NONE}),
    "UpdateModelPackage": (
        "ValidationException",
        {"ModelPackageArn": f"{ARN}:model-package/{NONE}/1"},
    ),
    "ListModelPackages": ("ValidationException", {"ModelPackageGroupName": NONE}),
    **{
        f"Describe{kind}Job": ("ValidationException", {f"{kind}JobName": NONE})
        for kind in ("Processing", "Training", "Transform")
    },
    **{
        operation: ("ResourceNotFound", {"HyperParameterTuningJobName": NONE})
        for operation in (
            "DescribeHyperParameterTuningJob",
            "ListTrainingJobsForHyperParameterTuningJob",
        )
    },
    **{
        operation: ("ResourceNotFound", {"PipelineName": NONE, **more})
        for operation, more in (
            ("DeletePipeline", {"ClientRequestToken": "t" * 32}),
            ("DescribePipeline", {}),
            ("ListPipelineExecutions", {}),
            ("ListPipelineVersions", {}),
            ("StartPipelineExecution", {}),
            ("UpdatePipeline", {}),
        )
    },
    "UpdatePipelineVersion": (
        "ResourceNotFound",
        {"PipelineArn": f"{ARN}:pipeline/{NONE}", "PipelineVersionId": 1},
    ),
    **{
        operation: (
            "ResourceNotFound",
            {"PipelineExecutionArn": f"{ARN}:pipeline/{NONE}/execution/{NONE}"},
        )
        for operation in (
            "DescribePipelineDefinitionForExecution",
            "DescribePipelineExecution",
            "ListPipelineExecutionSteps",
            "ListPipelineParametersForExecution",
            "RetryPipelineExecution",
            "StopPipelineExecution",
            "UpdatePipelineExecution",
        )
    },
}
# Creations that name nothing that could be missing; lists of all that there is name nothing either.
NAMELESS = {"CreateModel", "CreateModelPackageGroup", "CreatePipeline"}


def test_every_operation_is_tested_with_a_missing_resource() -> None:
    lists = {name for name in SERVED if name.startswith("List")}
    assert set(MISSING) - lists == set(SERVED) - lists - NAMELESS
    naming = {name for name in lists if MODEL.operation_model(name).input_shape.required_members}
    assert naming <= set(MISSING)


@pytest.mark.parametrize("operation", MISSING)
def test_a_missing_resource_is_the_services_error(sagemaker: Any, operation: str) -> None:
    code, arguments = MISSING[operation]
    declared = {shape.name for shape in MODEL.operation_model(operation).error_shapes}
    assert code in {*declared, "ValidationException"}
    with pytest.raises(ClientError) as refused:
        called(sagemaker, operation, **arguments)
    assert refused.value.response["Error"]["Code"] == code
    assert NONE in refused.value.response["Error"]["Message"] or operation.endswith("Job")


def test_wrong_states_are_conflicts(sagemaker: Any) -> None:
    ended = f"{ARN}:pipeline/listed/execution/exec00000000"
    assert EXECUTIONS[0].name == ended
    for operation, arguments in {
        "StopPipelineExecution": {"PipelineExecutionArn": ended},
        "RetryPipelineExecution": {"PipelineExecutionArn": ended},
        "DeleteModelPackageGroup": {"ModelPackageGroupName": "thing-00"},
    }.items():
        declared = {shape.name for shape in MODEL.operation_model(operation).error_shapes}
        assert "ConflictException" in declared
        with pytest.raises(sagemaker.exceptions.ConflictException):
            called(sagemaker, operation, **arguments)


def test_a_tuning_job_reports_its_duration(sagemaker: Any) -> None:
    name = JOBS[0].name
    described = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    assert described["ConsumedResources"] == {"RuntimeInSeconds": 90}
