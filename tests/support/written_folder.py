"""A work folder with records written by hand, whose times, names and states are known."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from emulator import Emulator, emulator

ARN = "arn:aws:sagemaker:us-east-1:111122223333"
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
COUNT = 12  # more than the documented size of a page, 10


class Item(NamedTuple):
    """The values by which a list is sorted and filtered."""

    name: str
    created: datetime
    modified: datetime
    status: str


def items(statuses: list[str], name: Callable[[int], str] = "thing-{:02}".format) -> list[Item]:
    """Items a minute apart, each modified 90 seconds later, whose names are in another order."""
    return [
        Item(
            name((5 * place) % COUNT),
            START + timedelta(minutes=place),
            START + timedelta(minutes=place, seconds=90),
            statuses[place % len(statuses)],
        )
        for place in range(COUNT)
    ]


ENDED = ["Completed", "Failed", "Stopped"]
JOBS = items(ENDED, "exec00000000-thing-{:02}".format)
TRIALS = items(ENDED, "exec00000000-trial-{:02}".format)
EXECUTIONS = items(
    ["Succeeded", "Failed"], lambda place: f"{ARN}:pipeline/listed/execution/exec{place:08}"
)
PACKAGES = [
    Item(f"{ARN}:model-package/thing-00/{place + 1}", *item[1:])
    for place, item in enumerate(items(["Approved", "Rejected", "PendingManualApproval"]))
]
RESOURCES = items(["OutOfService"])
OBJECTIVES = {item.name: place % 5 for place, item in enumerate(TRIALS)}


# What the steps, the parameters, the versions of a pipeline, and the tags are.
STEPS = items(["Succeeded"])
NAMED = items(["-"])
VERSIONS = [Item(str(place + 1), *item[1:]) for place, item in enumerate(RESOURCES)]


def names(found: list[Item]) -> list[str]:
    return [one.name for one in found]


def write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), "utf-8")


def when(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def job(kind: str, place: int, item: Item) -> dict[str, Any]:
    """A step that has run a job, with the job's description."""
    title = {"Tuning": "HyperParameterTuning"}.get(kind, kind)
    resource = {"Tuning": "hyper-parameter-tuning"}.get(kind, kind.lower())
    # The process that ran it was killed.
    is_killed = item.status == "Stopped"
    properties: dict[str, Any] = {
        f"{title}JobName": item.name,
        f"{title}JobArn": f"{ARN}:{resource}-job/{item.name}",
        f"{title}JobStatus": "InProgress" if is_killed else item.status,
        "CreationTime": when(item.created),
        "LastModifiedTime": when(item.modified),
    }
    if kind == "Tuning":
        properties["HyperParameterTuningJobConfig"] = {
            "Strategy": "Bayesian",
            "ResourceLimits": {"MaxParallelTrainingJobs": 1},
        }
        properties["HyperParameterTuningEndTime"] = when(item.modified)
    if kind == "Training":
        properties["WarmPoolStatus"] = {"Status": "Available"} if place == 1 else None
        plan = {"TrainingPlanArn": f"{ARN}:training-plan/plan"} if place == 2 else {}
        properties["ResourceConfig"] = {"VolumeSizeInGB": 1, **plan}
        properties["SecondaryStatus"] = item.status
        properties["OutputDataConfig"] = {"S3OutputPath": "s3://bucket/models/"}
        properties["StoppingCondition"] = {}
    return {
        "StepName": f"{kind}{place}",
        "StepType": kind,
        "StepStatus": "Stopped" if is_killed else "Succeeded",
        "StartTime": when(item.created),
        "EndTime": when(item.modified),
        "Properties": properties,
    }


def trial(place: int, item: Item) -> dict[str, Any]:
    has_objective = item.status == "Completed"
    value = {"MetricName": "loss", "Value": OBJECTIVES[item.name]}
    return {
        "StepName": "Tuning0",
        "Number": place,
        "TrainingJobName": item.name,
        "TrainingJobArn": f"{ARN}:training-job/{item.name}",
        "TrainingJobStatus": item.status,
        "CreationTime": when(item.created),
        "TrainingEndTime": when(item.modified),
        "TunedHyperParameters": {},
        "FinalMetricDataList": [],
        "ObjectiveHistory": [],
        "Seconds": 1,
        "Log": "log",
        **({"FinalHyperParameterTuningJobObjectiveMetric": value} if has_objective else {}),
    }


def execution(item: Item) -> dict[str, Any]:
    """An execution. Id 0 has all jobs, id 1 the steps of a list, and others have none."""
    steps: list[dict[str, Any]] = []
    if item.name.endswith("exec00000000"):
        steps = [
            job(kind, number, one)
            for kind in ("Processing", "Training", "Tuning", "Transform")
            for number, one in enumerate(JOBS)
        ]
    elif item.name.endswith("exec00000001"):
        steps = [
            {
                "StepName": one.name,
                "StepType": "Condition",
                "StepStatus": one.status,
                "StartTime": when(one.created),
            }
            for one in STEPS
        ]
    parameters = [{"Name": one.name, "Value": "1"} for one in NAMED]
    return {
        "version": 2,
        "process": {"id": 1},
        "pipelineName": "listed",
        "execution": {
            "PipelineArn": f"{ARN}:pipeline/listed",
            "PipelineExecutionArn": item.name,
            "PipelineExecutionStatus": item.status,
            "CreationTime": when(item.created),
            "LastModifiedTime": when(item.modified),
        },
        "trialCount": 0,
        "parameters": parameters,
        "steps": steps,
        "notExecuted": [],
        "trials": [trial(*one) for one in enumerate(TRIALS)] if len(steps) > COUNT else [],
        "candidates": [],
    }


def resource(kind: str, item: Item) -> dict[str, Any]:
    requests: dict[str, dict[str, Any]] = {
        "endpoint": {"EndpointConfigName": "none"},
        "model": {"PrimaryContainer": {}},
        "pipeline": {
            "Versions": [
                {
                    "PipelineVersionId": number + 1,
                    "CreationTime": when(one.created),
                    "PipelineDefinition": "{}",
                }
                for number, one in enumerate(VERSIONS)
            ]
        },
    }
    tags = [{"Key": one.name, "Value": ""} for one in NAMED]
    return {
        "version": 1,
        "name": item.name,
        "arn": f"{ARN}:{kind}/{item.name}",
        "creationTime": when(item.created),
        "lastModifiedTime": when(item.modified),
        "tags": tags,
        "request": requests.get(kind, {}),
    }


@contextmanager
def written_emulator(work: Path) -> Iterator[Emulator]:
    """Runs the emulator on the folder."""
    for item in EXECUTIONS:
        folder = work / "executions" / item.name.rsplit("/", 1)[-1]
        write(folder / "execution.json", execution(item))
        (folder / "logs").mkdir()
        if item == EXECUTIONS[0]:
            for place in range(COUNT):
                (folder / "logs" / f"Processing{place}.log").write_text(f"{place}\nend\n", "utf-8")
        (folder / "definition.json").write_text('{"Version": "2020-12-01", "Steps": []}', "utf-8")
    for kind in ("endpoint", "endpoint-config", "model", "model-package-group", "pipeline"):
        for item in RESOURCES:
            write(work / "resources" / kind / f"{item.name}.json", resource(kind, item))
    for number, item in enumerate(PACKAGES):
        package = {
            "group": "thing-00",
            "version": number + 1,
            "arn": item.name,
            "approvalStatus": item.status,
            "creationTime": when(item.created),
            "lastModifiedTime": when(item.modified),
            "request": {},
        }
        write(work / "models" / "thing-00" / f"{number + 1}.json", package)
    with emulator(work) as one:
        yield one


def called(sagemaker: Any, operation: str, **arguments: Any) -> dict[str, Any]:
    method = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()
    answer: dict[str, Any] = getattr(sagemaker, method)(**arguments)
    return answer
