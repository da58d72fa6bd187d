"""The local API's errors for resources that do not exist or are in the wrong state."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from emulator import Emulator
from written_folder import ARN, EXECUTIONS, JOBS, called, written_emulator


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with written_emulator(tmp_path_factory.mktemp("written") / "work") as one:
        yield one


@pytest.fixture(scope="module")
def sagemaker(running: Emulator) -> Any:
    return running.client("sagemaker")


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


def test_a_training_job_has_its_artifact_in_any_state(sagemaker: Any) -> None:
    for job in JOBS[:3]:
        described = sagemaker.describe_training_job(TrainingJobName=job.name)
        assert described["TrainingJobStatus"] == job.status
        artifact = f"s3://bucket/models/{job.name}/output/model.tar.gz"
        assert described["ModelArtifacts"] == {"S3ModelArtifacts": artifact}


def test_tags_have_the_services_rules(sagemaker: Any) -> None:
    reserved = "System prefix 'aws:' reserved for AWS usage in tag key: "
    once = "Tag keys must be unique per resource"
    model = {"ResourceArn": f"{ARN}:model/thing-00"}
    group = {"ModelPackageGroupName": "tagged"}
    many = [{"Key": f"more {number}", "Value": ""} for number in range(39)]
    for operation, arguments, message in (
        ("AddTags", {**model, "Tags": [{"Key": "aws:a", "Value": ""}]}, f"{reserved}aws:a"),
        ("AddTags", {**model, "Tags": [{"Key": "a", "Value": ""}] * 2}, once),
        ("AddTags", {**model, "Tags": many}, "50 tags, and this one would have 51"),
        ("DeleteTags", {**model, "TagKeys": ["AWS:a"]}, f"{reserved}AWS:a"),
        (
            "CreateModelPackageGroup",
            {**group, "Tags": [{"Key": "aws:a", "Value": ""}]},
            f"{reserved}aws:a",
        ),
        ("CreateModelPackageGroup", {**group, "Tags": [{"Key": "a", "Value": ""}] * 2}, once),
        ("DescribeModelPackageGroup", group, "does not exist"),
    ):
        with pytest.raises(ClientError, match=message) as refused:
            called(sagemaker, operation, **arguments)
        assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_long_value_is_shortened_in_an_error(sagemaker: Any) -> None:
    with pytest.raises(
        ClientError, match=r"Value 'x{500}\.\.\.' at 'pipelineDefinition'"
    ) as refused:
        sagemaker.create_pipeline(
            PipelineName="long",
            PipelineDefinition="x" * (2**20 + 1),
            RoleArn="arn:aws:iam::111122223333:role/team",
        )
    message = refused.value.response["Error"]["Message"]
    assert "Member must have length less than or equal to 1048576" in message


def test_invalid_requests_are_the_clients_errors(running: Emulator) -> None:
    unknown, form = "UnknownOperationException", "SerializationException"
    for target, body, code in (
        ("SageMaker.CreateSpace", "{}", unknown),
        ("SageMaker.constructor", "{}", unknown),
        ("toString.call", "{}", unknown),
        ("SageMaker.ListModels", "{", form),
        ("SageMaker.ListModels", '{"CreationTimeAfter": 1e30}', form),
        ("SageMaker.ListModels", '{"CreationTimeAfter": "2026-01-02"}', form),
    ):
        request = urllib.request.Request(  # noqa: S310 - the emulator's own address
            running.url, body.encode(), {"X-Amz-Target": target}
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)  # noqa: S310
        assert refused.value.code == 400
        assert json.load(refused.value)["__type"] == code
