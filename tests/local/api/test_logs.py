"""The local API's lists of logs, and the requests that it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from written_folder import COUNT, JOBS, START, names, written_emulator


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with written_emulator(tmp_path_factory.mktemp("written") / "work") as running:
        yield running.client("logs")


GROUP = "/aws/sagemaker/ProcessingJobs"


def test_log_groups_are_filtered(logs: Any) -> None:
    def found(**arguments: Any) -> list[str]:
        groups = logs.describe_log_groups(**arguments)["logGroups"]
        return [group["logGroupName"] for group in groups]

    assert found() == [GROUP]
    for passing in (
        {"logGroupNamePrefix": "/aws/sagemaker/P"},
        {"logGroupNamePattern": "Processing"},
        {"logGroupClass": "STANDARD"},
        {"limit": 1},
    ):
        assert found(**passing) == [GROUP]
    for other in (
        {"logGroupNamePrefix": "sagemaker"},
        {"logGroupNamePattern": "processing"},
        {"logGroupClass": "INFREQUENT_ACCESS"},
    ):
        assert found(**other) == []


def test_log_streams_are_sorted_and_have_pages(logs: Any) -> None:
    def found(**arguments: Any) -> list[str]:
        pages = logs.get_paginator("describe_log_streams").paginate(
            logGroupName=GROUP, PaginationConfig={"PageSize": 5}, **arguments
        )
        return [one.split("/")[0] for one in pages.search("logStreams[].logStreamName")]

    by_name = sorted(names(JOBS))
    assert found() == by_name
    assert found(descending=True) == by_name[::-1]
    assert found(orderBy="LastEventTime") == names(JOBS)
    assert found(logStreamNamePrefix=f"{JOBS[0].name}/") == [JOBS[0].name]


def test_log_events_are_read_from_either_end(logs: Any) -> None:
    def found(**arguments: Any) -> list[str]:
        token: dict[str, str] = {}
        messages: list[str] = []
        while True:
            page = logs.filter_log_events(logGroupName=GROUP, limit=7, **arguments, **token)
            messages += [event["message"] for event in page["events"]]
            if "nextToken" not in page:
                return messages
            token = {"nextToken": page["nextToken"]}

    whole = [line for place in range(COUNT) for line in (str(place), "end")]
    assert found() == whole
    start = int(START.timestamp() * 1000)
    assert found(startFromHead=False, startTime=start) == whole[::-1]
    middle = int(JOBS[5].created.timestamp() * 1000)
    assert found(startTime=middle, endTime=middle) == ["5"]


def test_invalid_requests_have_the_services_error_code(logs: Any) -> None:
    stream = {"logGroupName": GROUP, "logStreamName": "none"}
    named = {"logStreamNames": ["a"], "logStreamNamePrefix": "b"}
    for operation, arguments in (
        ("describe_log_streams", {}),
        ("describe_log_streams", {"logGroupName": GROUP, "limit": 50, "nextToken": "next"}),
        (
            "describe_log_streams",
            {"logGroupName": GROUP, "orderBy": "LastEventTime", "logStreamNamePrefix": "a"},
        ),
        ("describe_log_streams", {"logGroupName": "?"}),
        ("describe_log_groups", {"logGroupNamePrefix": "a", "logGroupNamePattern": "b"}),
        ("describe_log_groups", {"includeLinkedAccounts": True}),
        ("filter_log_events", {"logGroupName": GROUP, "filterPattern": "a"}),
        ("filter_log_events", {"logGroupName": GROUP, "startFromHead": False}),
        ("filter_log_events", {"logGroupName": GROUP, **named}),
    ):
        with pytest.raises(logs.exceptions.InvalidParameterException):
            getattr(logs, operation)(**arguments)
    for operation, missing in (
        ("describe_log_streams", {"logGroupName": "/aws/sagemaker/None"}),
        ("get_log_events", stream),
    ):
        with pytest.raises(logs.exceptions.ResourceNotFoundException):
            getattr(logs, operation)(**missing)
