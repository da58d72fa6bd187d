"""Every list of the local API, by botocore's model of the service.

The expected responses are derived from the folder and from the model: its members, the values of
SortBy, and the documented defaults.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import botocore.session
import pytest
from botocore.exceptions import ClientError
from written_folder import (
    ARN,
    EXECUTIONS,
    JOBS,
    NAMED,
    OBJECTIVES,
    PACKAGES,
    RESOURCES,
    STEPS,
    TRIALS,
    VERSIONS,
    Item,
    called,
    names,
    written_emulator,
)


@pytest.fixture(scope="module")
def sagemaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with written_emulator(tmp_path_factory.mktemp("written") / "work") as running:
        yield running.client("sagemaker")


MODEL = botocore.session.Session().get_service_model("sagemaker")


class Listed(NamedTuple):
    """A list: the expected items, and where its response has them."""

    items: list[Item]
    member: str
    name: str
    arguments: Mapping[str, str] = MappingProxyType({})
    # The filters that no other list has, with the names of what passes them.
    filters: Mapping[str, dict[str, list[str]]] = MappingProxyType({})
    unsupported: tuple[str, ...] = ()
    # The rest of what the folder has.
    others: int = 0


def by_status(found: list[Item], *statuses: str) -> dict[str, list[str]]:
    return {status: [one.name for one in found if one.status == status] for status in statuses}


LISTS = {
    "ListEndpointConfigs": Listed(RESOURCES, "EndpointConfigs", "EndpointConfigName"),
    "ListEndpoints": Listed(
        RESOURCES,
        "Endpoints",
        "EndpointName",
        filters={"StatusEquals": by_status(RESOURCES, "OutOfService", "InService")},
    ),
    "ListHyperParameterTuningJobs": Listed(
        JOBS,
        "HyperParameterTuningJobSummaries",
        "HyperParameterTuningJobName",
        filters={"StatusEquals": by_status(JOBS, "Failed", "InProgress")},
    ),
    "ListModelPackageGroups": Listed(
        RESOURCES,
        "ModelPackageGroupSummaryList",
        "ModelPackageGroupName",
        filters={"CrossAccountFilterOption": {"SameAccount": names(RESOURCES), "CrossAccount": []}},
    ),
    "ListModelPackages": Listed(
        PACKAGES,
        "ModelPackageSummaryList",
        "ModelPackageArn",
        {"ModelPackageGroupName": "thing-00"},
        filters={
            "ModelApprovalStatus": by_status(PACKAGES, "Rejected"),
            "ModelPackageType": {
                "Versioned": names(PACKAGES),
                "Both": names(PACKAGES),
                "Unversioned": [],
            },
        },
    ),
    "ListModels": Listed(RESOURCES, "Models", "ModelName"),
    "ListPipelineExecutionSteps": Listed(
        STEPS,
        "PipelineExecutionSteps",
        "StepName",
        {"PipelineExecutionArn": f"{ARN}:pipeline/listed/execution/exec00000001"},
    ),
    "ListPipelineExecutions": Listed(
        EXECUTIONS,
        "PipelineExecutionSummaries",
        "PipelineExecutionArn",
        {"PipelineName": "listed"},
        unsupported=("PipelineVersionAlias",),
    ),
    "ListPipelineParametersForExecution": Listed(
        NAMED,
        "PipelineParameters",
        "Name",
        {"PipelineExecutionArn": f"{ARN}:pipeline/listed/execution/exec00000001"},
    ),
    "ListPipelineVersions": Listed(
        VERSIONS,
        "PipelineVersionSummaries",
        "PipelineVersionId",
        {"PipelineName": "thing-00"},
    ),
    "ListPipelines": Listed(
        RESOURCES,
        "PipelineSummaries",
        "PipelineName",
        filters={
            "PipelineNamePrefix": {"thing-0": [one for one in names(RESOURCES) if one < "thing-1"]},
            "ManagedBy": {"AWS": [], "CUSTOMER": names(RESOURCES)},
        },
        # The stack's own, and that of the executions.
        others=2,
    ),
    "ListProcessingJobs": Listed(
        JOBS,
        "ProcessingJobSummaries",
        "ProcessingJobName",
        filters={"StatusEquals": by_status(JOBS, "Completed", "Stopping")},
    ),
    "ListTags": Listed(NAMED, "Tags", "Key", {"ResourceArn": f"{ARN}:model/thing-00"}),
    "ListTrainingJobs": Listed(
        [*JOBS, *TRIALS],
        "TrainingJobSummaries",
        "TrainingJobName",
        filters={
            "StatusEquals": by_status([*JOBS, *TRIALS], "Completed", "Deleting"),
            "WarmPoolStatusEquals": {"Available": [JOBS[1].name], "Reused": []},
            "TrainingPlanArnEquals": {
                f"{ARN}:training-plan/plan": [JOBS[2].name],
                f"{ARN}:training-plan/none": [],
            },
        },
    ),
    "ListTrainingJobsForHyperParameterTuningJob": Listed(
        TRIALS,
        "TrainingJobSummaries",
        "TrainingJobName",
        {"HyperParameterTuningJobName": JOBS[0].name},
        filters={"StatusEquals": by_status(TRIALS, "Stopped", "InProgress")},
    ),
    "ListTransformJobs": Listed(
        JOBS,
        "TransformJobSummaries",
        "TransformJobName",
        filters={"StatusEquals": by_status(JOBS, "Failed", "InProgress")},
    ),
}
SERVED: list[str] = list(
    json.loads(Path("local/api/serviceModel.json").read_text("utf-8"))["sagemaker"]["operations"]
)


def listed(sagemaker: Any, operation: str, **arguments: Any) -> list[str]:
    """The names of a list's items on all its pages, except those that other tests created."""
    listing = LISTS[operation]
    found: list[str] = []
    arguments |= dict(listing.arguments)
    while True:
        answer = called(sagemaker, operation, **arguments)
        found += [str(one[listing.name]) for one in answer[listing.member]]
        if "NextToken" not in answer:
            break
        arguments["NextToken"] = answer["NextToken"]
    known = set(names(listing.items))
    return [name for name in found if name in known]


def inputs(operation: str) -> dict[str, Any]:
    return dict(MODEL.operation_model(operation).input_shape.members)


def documented(shape: Any, *values: str) -> str | None:
    """The default in a member's documentation, if it is one of the values."""
    text = re.sub(r"<[^>]+>", "", shape.documentation)
    found = re.search(r"default (?:value )?is (\w+)|defaults to (\w+)", text)
    default = found and (found[1] or found[2])
    return default if default in values else None


def test_every_list_is_in_the_table() -> None:
    assert sorted(LISTS) == sorted(name for name in SERVED if name.startswith("List"))


@pytest.mark.parametrize("operation", LISTS)
def test_pages_add_up_to_the_whole_list(sagemaker: Any, operation: str) -> None:
    whole = listed(sagemaker, operation)
    assert sorted(whole) == sorted(names(LISTS[operation].items))
    sizes = {"ListTags": [50]}.get(operation, [1, 5, 11, 100])
    for size in sizes:
        assert listed(sagemaker, operation, MaxResults=size) == whole
        page = called(sagemaker, operation, MaxResults=size, **LISTS[operation].arguments)
        everything = len(whole) + LISTS[operation].others
        assert len(page[LISTS[operation].member]) == min(size, everything)
        assert ("NextToken" in page) == (size < everything)
    tokens: list[tuple[str, dict[str, str]]] = [("bm9uZQ", {})]
    if "SortOrder" in inputs(operation):
        arguments = {"MaxResults": 1, **LISTS[operation].arguments}
        page = called(sagemaker, operation, SortOrder="Ascending", **arguments)
        tokens.append((page["NextToken"], {"SortOrder": "Descending"}))
    for token, order in tokens:
        with pytest.raises(ClientError, match="NextToken") as refused:
            called(sagemaker, operation, NextToken=token, **order, **LISTS[operation].arguments)
        assert refused.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize("operation", LISTS)
def test_a_page_has_the_documented_size(sagemaker: Any, operation: str) -> None:
    default = documented(inputs(operation)["MaxResults"], "10")
    page = called(sagemaker, operation, **LISTS[operation].arguments)[LISTS[operation].member]
    if default is not None:
        assert len(page) == int(default)


KEYS: dict[str, Callable[[Item], Any]] = {
    "Name": lambda item: item.name,
    "PipelineExecutionArn": lambda item: item.name,
    "CreationTime": lambda item: item.created,
    "Status": lambda item: item.status,
    "FinalObjectiveMetricValue": lambda item: OBJECTIVES[item.name],
}


@pytest.mark.parametrize("operation", LISTS)
def test_lists_are_sorted_as_documented(sagemaker: Any, operation: str) -> None:
    members = inputs(operation)
    listing = LISTS[operation]
    if "SortOrder" not in members:
        assert "SortBy" not in members
        return
    sorts = members["SortBy"].enum if "SortBy" in members else []
    orders = members["SortOrder"].enum
    assert set(sorts) <= set(KEYS)
    by_name = {one.name: one for one in listing.items}
    for sort in sorts:
        for order in orders:
            found = [
                by_name[name] for name in listed(sagemaker, operation, SortBy=sort, SortOrder=order)
            ]
            keys = [KEYS[sort](one) for one in found]
            assert keys == sorted(keys, reverse=order == "Descending"), (sort, order)
    default_sort = documented(members["SortBy"], *sorts) if sorts else None
    default_order = documented(members["SortOrder"], *orders)
    whole = [by_name[name] for name in listed(sagemaker, operation)]
    keys = [KEYS[default_sort or "CreationTime"](one) for one in whole]
    if default_order is None:
        assert keys in (sorted(keys), sorted(keys, reverse=True))
    else:
        assert keys == sorted(keys, reverse=default_order == "Descending")


def test_training_jobs_without_an_objective_are_not_sorted_by_it(sagemaker: Any) -> None:
    found = listed(
        sagemaker,
        "ListTrainingJobsForHyperParameterTuningJob",
        SortBy="FinalObjectiveMetricValue",
    )
    assert sorted(found) == sorted(one.name for one in TRIALS if one.status == "Completed")


def time_filter(member: str, shape: Any) -> Callable[[Item, datetime], bool] | None:
    found = re.fullmatch(r"(Creat(?:ed|ionTime)|LastModifiedTime)(After|Before)", member)
    if found is None:
        return None
    includes = "greater than or equal to" in shape.documentation
    is_modified = found[1].startswith("Last")

    def passes(item: Item, time: datetime) -> bool:
        own = item.modified if is_modified else item.created
        if found[2] == "Before":
            return own < time
        return own > time or (includes and own == time)

    return passes


OTHERS = {"MaxResults", "NextToken", "SortBy", "SortOrder"}


@pytest.mark.parametrize("operation", LISTS)
def test_every_filter_is_honoured_or_refused_by_name(sagemaker: Any, operation: str) -> None:
    listing = LISTS[operation]
    tried = set()
    for member, shape in inputs(operation).items():
        passes = time_filter(member, shape)
        if passes is not None:
            for time in (listing.items[4].created, listing.items[4].modified):
                found = listed(sagemaker, operation, **{member: time})
                expected = [one.name for one in listing.items if passes(one, time)]
                assert sorted(found) == sorted(expected), (member, time)
        elif member == "NameContains":
            found = listed(sagemaker, operation, NameContains="nG-0")
            every = names(listing.items)
            assert sorted(found) == sorted(one for one in every if "ng-0" in one)
            assert found
            assert listed(sagemaker, operation, NameContains="sagemaker") == []
        elif member in listing.filters:
            for value, expected in listing.filters[member].items():
                found = listed(sagemaker, operation, **{member: value})
                assert sorted(found) == sorted(expected), (member, value)
        elif member in listing.unsupported:
            with pytest.raises(ClientError, match=f"{member} is not supported on this machine"):
                called(sagemaker, operation, **{member: "live"}, **listing.arguments)
        else:
            assert member in OTHERS or member in listing.arguments, f"nobody looks at {member}"
        tried.add(member)
    assert set(listing.filters) | set(listing.unsupported) | set(listing.arguments) <= tried
