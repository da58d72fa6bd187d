"""The local API over HTTP, called with boto3; responses are checked by the service's model."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from emulator import Emulator, emulator

ROLE = "arn:aws:iam::111122223333:role/team"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("emulator") / "work") as one:
        yield one


@pytest.fixture(scope="module")
def sagemaker(running: Emulator) -> Any:
    return running.client("sagemaker")


def definition(left: object, right: object) -> str:
    condition = {"Type": "Equals", "LeftValue": left, "RightValue": right}
    fail = {"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": "unequal"}}
    fail |= {"DisplayName": "Unequal", "Description": "says so"}
    arguments = {"Conditions": [condition], "IfSteps": [], "ElseSteps": [fail]}
    return json.dumps(
        {
            "Version": "2020-12-01",
            "Parameters": [{"Name": "Left", "Type": "String", "DefaultValue": "x"}],
            "Steps": [{"Name": "Check", "Type": "Condition", "Arguments": arguments}],
        }
    )


def ended(sagemaker: Any, arn: str) -> dict[str, Any]:
    while True:
        answer: dict[str, Any] = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        if answer["PipelineExecutionStatus"] not in ("Executing", "Stopping"):
            return answer
        time.sleep(0.05)


def test_the_stacks_pipeline_exists(sagemaker: Any) -> None:
    [summary] = sagemaker.list_pipelines()["PipelineSummaries"]
    assert summary["PipelineName"] == "restate-dev"
    described = sagemaker.describe_pipeline(PipelineName="restate-dev")
    steps = json.loads(described["PipelineDefinition"])["Steps"]
    assert steps[0]["Name"] == "DataWranglerProcess"


def test_an_execution_fails_with_its_message(running: Emulator, sagemaker: Any) -> None:
    created = sagemaker.create_pipeline(
        PipelineName="Equal",
        PipelineDefinition=definition({"Get": "Parameters.Left"}, "x"),
        RoleArn=ROLE,
    )
    assert created["PipelineArn"].endswith(":pipeline/equal")
    arns = [
        sagemaker.start_pipeline_execution(
            PipelineName="Equal", PipelineParameters=[{"Name": "Left", "Value": left}]
        )["PipelineExecutionArn"]
        for left in ("x", "y")
    ]
    first, second = (ended(sagemaker, arn) for arn in arns)
    assert first["PipelineExecutionStatus"] == "Succeeded"
    assert (second["PipelineExecutionStatus"], second["FailureReason"]) == ("Failed", "unequal")
    pages = sagemaker.get_paginator("list_pipeline_executions").paginate(
        PipelineName="Equal", PaginationConfig={"PageSize": 1}
    )
    listed = [one["PipelineExecutionArn"] for one in pages.search("PipelineExecutionSummaries")]
    assert listed == arns[::-1]
    steps = sagemaker.list_pipeline_execution_steps(
        PipelineExecutionArn=arns[1], SortOrder="Ascending"
    )["PipelineExecutionSteps"]
    assert [step["StepName"] for step in steps] == ["Check", "No"]
    assert "StepDisplayName" not in steps[0]
    assert (steps[1]["StepDisplayName"], steps[1]["StepDescription"]) == ("Unequal", "says so")
    sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arns[0])
    sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arns[0])
    sagemaker.delete_pipeline(PipelineName="Equal")
    assert {
        "CreatePipeline",
        "DeletePipeline",
        "DescribePipeline",
        "DescribePipelineDefinitionForExecution",
        "DescribePipelineExecution",
        "ListPipelineExecutions",
        "ListPipelineExecutionSteps",
        "ListPipelineParametersForExecution",
        "ListPipelines",
        "StartPipelineExecution",
    } <= running.checked


def test_a_pipeline_has_versions(running: Emulator, sagemaker: Any) -> None:
    for operation, right in (("create", "x"), ("update", "y"), ("update", "y"), ("update", "z")):
        roles = {"RoleArn": ROLE} if operation == "create" else {}
        answer = getattr(sagemaker, f"{operation}_pipeline")(
            PipelineName="Versions",
            PipelineDefinition=definition({"Get": "Parameters.Left"}, right),
            **roles,
        )
    arn = answer["PipelineArn"]
    assert answer["PipelineVersionId"] == 3
    started = sagemaker.start_pipeline_execution(PipelineName="Versions", PipelineVersionId=1)
    execution = ended(sagemaker, started["PipelineExecutionArn"])
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert execution["PipelineVersionId"] == 1
    changed = {"PipelineVersionDisplayName": "second", "PipelineVersionDescription": "is y"}
    sagemaker.update_pipeline_version(PipelineArn=arn, PipelineVersionId=2, **changed)
    second = sagemaker.describe_pipeline(PipelineName="Versions", PipelineVersionId=2)
    assert second["PipelineDefinition"] == definition({"Get": "Parameters.Left"}, "y")
    assert changed.items() <= second.items()
    pages = sagemaker.get_paginator("list_pipeline_versions").paginate(
        PipelineName=arn, SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    versions = list(pages.search("PipelineVersionSummaries"))
    assert [one["PipelineVersionId"] for one in versions] == [1, 2, 3]
    assert [one.get("LastExecutionPipelineExecutionArn") for one in versions] == [
        started["PipelineExecutionArn"],
        None,
        None,
    ]
    for refused in (
        lambda: sagemaker.describe_pipeline(PipelineName="Versions", PipelineVersionId=4),
        lambda: sagemaker.start_pipeline_execution(PipelineName="Versions", PipelineVersionId=4),
    ):
        with pytest.raises(sagemaker.exceptions.ResourceNotFound, match="has no version 4"):
            refused()
    sagemaker.delete_pipeline(PipelineName="Versions")
    assert {"ListPipelineVersions", "UpdatePipelineVersion"} <= running.checked


def test_a_list_can_be_deleted_page_by_page(sagemaker: Any) -> None:
    created = [f"paged{number}" for number in range(5)]
    for sort in ("Name", "CreationTime"):
        for name in created:
            sagemaker.create_pipeline(
                PipelineName=name, PipelineDefinition=definition("x", "x"), RoleArn=ROLE
            )
        pages = sagemaker.get_paginator("list_pipelines").paginate(
            PipelineNamePrefix="paged", SortBy=sort, PaginationConfig={"PageSize": 2}
        )
        deleted = []
        for summary in pages.search("PipelineSummaries"):
            sagemaker.delete_pipeline(PipelineName=summary["PipelineName"])
            deleted.append(summary["PipelineName"])
        assert sorted(deleted) == created


def test_a_pipelines_name_can_have_256_characters(sagemaker: Any) -> None:
    name = "N" * 256
    sagemaker.create_pipeline(
        PipelineName=name, PipelineDefinition=definition("x", "x"), RoleArn=ROLE
    )
    arn = sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    assert ended(sagemaker, arn)["PipelineExecutionStatus"] == "Succeeded"
    sagemaker.delete_pipeline(PipelineName=name)
    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        sagemaker.describe_pipeline(PipelineName=name)


def test_a_pipeline_has_one_definition(sagemaker: Any) -> None:
    with pytest.raises(ClientError, match="Only one of PipelineDefinition and"):
        sagemaker.create_pipeline(
            PipelineName="Two",
            PipelineDefinition=definition("x", "x"),
            PipelineDefinitionS3Location={"Bucket": "bucket", "ObjectKey": "key"},
            RoleArn=ROLE,
        )


def test_a_model_package_is_registered_once_per_token(sagemaker: Any) -> None:
    group = {"ModelPackageGroupName": "tokens"}
    group_arn = sagemaker.create_model_package_group(**group)["ModelPackageGroupArn"]
    arns = [
        sagemaker.create_model_package(ClientToken=token, **group)["ModelPackageArn"][-2:]
        for token in ("a", "a", "b")
    ]
    assert arns == ["/1", "/1", "/2"]
    tag = {"Key": "team", "Value": "ours"}
    with pytest.raises(ClientError, match="has the tags of its group"):
        sagemaker.create_model_package(Tags=[tag], **group)
    for tags, message in (
        ([tag, {**tag, "Value": "theirs"}], "Tag keys must be unique"),
        ([{"Key": f"{number}", "Value": ""} for number in range(50)], "can have 50 tags"),
    ):
        sagemaker.add_tags(ResourceArn=group_arn, Tags=[tag])
        with pytest.raises(ClientError, match=message):
            sagemaker.add_tags(ResourceArn=group_arn, Tags=tags)
        assert sagemaker.list_tags(ResourceArn=group_arn)["Tags"] == [tag]


def test_callbacks_and_aliases_are_refused_by_name(sagemaker: Any) -> None:
    with pytest.raises(ClientError, match="SendPipelineExecutionStepSuccess is not available"):
        sagemaker.send_pipeline_execution_step_success(CallbackToken="a" * 10)
    with pytest.raises(ClientError, match="PipelineVersionAlias is not supported"):
        sagemaker.describe_pipeline(PipelineName="restate-dev", PipelineVersionAlias="live")


def test_a_models_card_is_stored_and_updated(sagemaker: Any) -> None:
    sagemaker.create_model_package_group(ModelPackageGroupName="with-cards")
    content = json.dumps({"intended_uses": {"risk_rating": "Low"}})
    arn = sagemaker.create_model_package(
        ModelPackageGroupName="with-cards",
        ModelCard={"ModelCardStatus": "Draft", "ModelCardContent": content},
    )["ModelPackageArn"]
    card = sagemaker.describe_model_package(ModelPackageName=arn)["ModelCard"]
    assert card == {"ModelCardStatus": "Draft", "ModelCardContent": content}
    sagemaker.update_model_package(ModelPackageArn=arn, ModelCard={"ModelCardStatus": "Approved"})
    card = sagemaker.describe_model_package(ModelPackageName=arn)["ModelCard"]
    assert card == {"ModelCardStatus": "Approved", "ModelCardContent": content}


def test_errors_have_the_services_codes(sagemaker: Any) -> None:
    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        sagemaker.describe_pipeline(PipelineName="none")
    with pytest.raises(ClientError) as refused:
        sagemaker.list_apps()
    assert refused.value.response["Error"] == {
        "Code": "UnknownOperationException",
        "Message": "The operation ListApps is not available on this machine.",
    }


def test_only_this_machine_reaches_it(running: Emulator) -> None:
    host, port = running.url.removeprefix("http://").split(":")
    assert host == "127.0.0.1"
    with socket.socket() as other:
        other.settimeout(2)
        others = [
            address[4][0]
            for address in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
            if not str(address[4][0]).startswith("127.")
        ]
        for address in others:
            assert other.connect_ex((str(address), int(port))) != 0


def test_its_pipeline_persists(tmp_path: Path) -> None:
    for _ in range(2):
        with emulator(tmp_path / "work") as one:
            pipelines = one.client("sagemaker").list_pipelines()["PipelineSummaries"]
            assert [pipeline["PipelineName"] for pipeline in pipelines] == ["restate-dev"]
