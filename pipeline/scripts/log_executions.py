"""Logs the executions of a pipeline that have ended to an MLflow app.

Runs in a SageMaker processing job on the XGBoost image, which has boto3. SageMaker starts it when
an execution ends, and may do so twice, so it logs all that the app lacks, one job after the other.
Reads what an execution did by SageMaker's API, and its evaluations in S3.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from mlflow_rest import App, RestError
from mlflow_runs import Store, log
from processing_job import fail, job_parser
from s3_objects import MissingObjectError, Objects, place

Json = Mapping[str, Any]

ENDED = {"Failed", "Stopped", "Succeeded"}

MAX_EXECUTIONS = 50
"""How many of the latest executions are looked at."""

WAITS = 80
"""How often an earlier job is waited for, PAUSE seconds each time."""
PAUSE = 15

METRICS = ("r2", "mse", "rmse", "mae")


def milliseconds(when: datetime) -> int:
    """A time as milliseconds since 1970, as MLflow has it."""
    return round(when.timestamp() * 1000)


def times(start: datetime, end: datetime) -> dict[str, Any]:
    """When something started, and how long it took."""
    first = milliseconds(start)
    return {
        "startTime": datetime.fromtimestamp(first / 1000, timezone.utc).isoformat(),
        "seconds": (milliseconds(end) - first) / 1000,
    }


def all_steps(steps: Sequence[Json]) -> Iterator[Json]:
    """The steps of a definition, including those in branches."""
    for step in steps:
        yield step
        if step["Type"] == "Condition":
            for branch in ("IfSteps", "ElseSteps"):
                yield from all_steps(step["Arguments"].get(branch, []))


def refers_to(step: Json, name: str) -> bool:
    """Whether a step other than a condition waits for another by its name."""
    explicit = [one if isinstance(one, str) else one["Step"] for one in step.get("DependsOn", [])]
    return name in explicit or bool(
        re.search(rf'"Get": "Steps\.{re.escape(name)}[."\[]', json.dumps(step))
    )


def evaluation_of(tuning: str, steps: Sequence[Json]) -> Json | None:
    """The step that evaluates a tuning's model, or a transform's predictions by it."""
    sources = [tuning]
    for source in sources:
        for step in steps:
            if refers_to(step, source):
                if step.get("PropertyFiles"):
                    return step
                if step["Type"] in ("Model", "Transform"):
                    sources.append(step["Name"])
    return None


class Source:
    """What SageMaker and S3 know of executions."""

    def __init__(self, sagemaker: Any, s3: Any, folder: Path) -> None:  # noqa: ANN401
        self.sagemaker = sagemaker
        self.s3 = s3
        self.folder = folder

    def pages(self, operation: str, member: str, **request: object) -> Iterator[Json]:
        """All members of a list."""
        for page in self.sagemaker.get_paginator(operation).paginate(**request):
            yield from page[member]

    def exists(self, uri: str) -> bool:
        """Whether there is an object."""
        bucket, key = place(uri)
        found = self.s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
        return key in [one["Key"] for one in found.get("Contents", [])]

    def document(self, uri: str) -> Any:  # noqa: ANN401 - any JSON
        """A JSON document, if it exists and is one."""
        try:
            return json.loads(Objects(self.s3).read(uri))
        except (MissingObjectError, ValueError):
            return None

    def output(self, started: Json | None, name: str) -> str | None:
        """The folder of an output of a step's processing job; ends with a slash."""
        arn = (started or {}).get("Metadata", {}).get("ProcessingJob", {}).get("Arn")
        if arn is None:
            return None
        job = self.sagemaker.describe_processing_job(ProcessingJobName=arn.rpartition("/")[2])
        for one in job.get("ProcessingOutputConfig", {}).get("Outputs", []):
            if one["OutputName"] == name:
                return str(one["S3Output"]["S3Uri"]).rstrip("/") + "/"
        return None

    def trials(self, started: Json | None) -> tuple[list[dict[str, Any]], str | None, str]:
        """The trials of a tuning step, the best one's name, and the folder of their models."""
        arn = (started or {}).get("Metadata", {}).get("TuningJob", {}).get("Arn")
        if arn is None:
            return [], None, ""
        name = arn.rpartition("/")[2]
        job = self.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        training = job.get("TrainingJobDefinition") or job["TrainingJobDefinitions"][0]
        static = training.get("StaticHyperParameters", {})
        objective = job["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
        found = []
        jobs = self.pages(
            "list_training_jobs_for_hyper_parameter_tuning_job",
            "TrainingJobSummaries",
            HyperParameterTuningJobName=name,
            SortBy="CreationTime",
            SortOrder="Ascending",
        )
        for number, one in enumerate(jobs):
            final = one.get("FinalHyperParameterTuningJobObjectiveMetric", {}).get("Value")
            trial = {
                "number": number,
                "trainingJobName": one["TrainingJobName"],
                "status": one["TrainingJobStatus"],
                # What the service adds for itself begins with an underscore.
                "hyperparameters": {
                    **{key: value for key, value in static.items() if not key.startswith("_")},
                    **one.get("TunedHyperParameters", {}),
                },
                "objectiveMetric": objective["MetricName"],
                "maximised": objective["Type"] == "Maximize",
                "metrics": {} if final is None else {objective["MetricName"]: final},
                "objective": final,
                "failureReason": one.get("FailureReason"),
            }
            start = one.get("TrainingStartTime")
            if start is not None:
                trial |= times(start, one.get("TrainingEndTime") or datetime.now(timezone.utc))
            if trial["status"] != "InProgress":
                found.append(trial)
        models = training["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        return found, job.get("BestTrainingJob", {}).get("TrainingJobName"), models

    def candidate(self, tuning: Json, name: str, steps: Sequence[Json], ran: Json) -> Json:
        """A candidate: a tuning step, with its evaluation."""
        started = ran.get(tuning["Name"])
        trials, best, models = self.trials(started)
        own = next((one for one in trials if one["trainingJobName"] == best), None)
        metrics: dict[str, float] = {}
        files: list[tuple[str, str]] = []
        step = evaluation_of(tuning["Name"], steps)
        if step is not None:
            file = step["PropertyFiles"][0]
            folder = self.output(ran.get(step["Name"]), file["OutputName"])
            if folder is not None:
                metrics = regression_metrics(self.document(folder + file["FilePath"]))
                kept = ("evaluation.json", "predictions.csv")
                files = [(folder + one, "evaluation") for one in kept]
        if own is not None and own["status"] == "Completed":
            files.append((f"{models}/{best}/output/model.tar.gz", "model"))
        first = trials[0] if trials else {"objectiveMetric": "objective", "maximised": False}
        return {
            "name": name,
            "tuningStep": tuning["Name"],
            "status": (started or {}).get("StepStatus", "NotExecuted"),
            "objectiveMetric": first["objectiveMetric"],
            "maximised": first["maximised"],
            "hyperparameters": {} if own is None else own["hyperparameters"],
            "best": None if own is None else best,
            "metrics": metrics,
            "trials": trials,
            "artifacts": [one for one in files if self.exists(one[0])],
        }

    def execution(self, pipeline: str, arn: str) -> Json:
        """An execution that has ended, as mlflow_runs.py takes it."""
        about = {"PipelineExecutionArn": arn}
        described = self.sagemaker.describe_pipeline_execution(**about)
        answer = self.sagemaker.describe_pipeline_definition_for_execution(**about)
        definition = json.loads(answer["PipelineDefinition"])
        steps = list(all_steps(definition["Steps"]))
        ran: dict[str, Json] = {}
        for one in self.pages(
            "list_pipeline_execution_steps",
            "PipelineExecutionSteps",
            **about,
            SortOrder="Ascending",
        ):
            ran.setdefault(one["StepName"], one)
        tunings = [step for step in steps if step["Type"] == "Tuning"]
        shown = [one.get("DisplayName") or "" for one in tunings]
        named = self.folder / arn.rpartition("/")[2] / "definition.json"
        named.parent.mkdir(parents=True, exist_ok=True)
        named.write_text(json.dumps(definition, indent=2, sort_keys=True, ensure_ascii=False))
        parameters = self.pages(
            "list_pipeline_parameters_for_execution", "PipelineParameters", **about
        )
        champion = ran.get("ChallengeChampion", {})
        ended = champion.get("StepStatus") == "Succeeded"
        compared = self.output(champion, "comparison") if ended else None
        verdict = None if compared is None else self.document(f"{compared}comparison.json")
        return {
            "pipelineName": pipeline,
            "id": arn.rpartition("/")[2],
            "arn": arn,
            "status": described["PipelineExecutionStatus"],
            "failureReason": described.get("FailureReason"),
            **times(described["CreationTime"], described["LastModifiedTime"]),
            "parameters": {one["Name"]: one["Value"] for one in parameters},
            "winner": self.winner(ran.values()),
            "challenge": None if verdict is None else verdict["verdict"],
            "candidates": [
                self.candidate(
                    step, name if name and shown.count(name) == 1 else step["Name"], steps, ran
                )
                for step, name in zip(tunings, shown, strict=True)
            ],
            "artifacts": [(str(named), "")],
        }

    def winner(self, ran: Iterable[Json]) -> str | None:
        """The candidate that was registered."""
        for one in ran:
            arn = one.get("Metadata", {}).get("RegisterModel", {}).get("Arn")
            if arn is not None:
                found = self.sagemaker.describe_model_package(ModelPackageName=arn)
                return str(found.get("CustomerMetadataProperties", {}).get("Candidate", "")) or None
        return None

    def models(self, group: str) -> list[Json]:
        """The versions of a model package group, oldest first."""
        found: list[Json] = []
        for one in self.pages(
            "list_model_packages",
            "ModelPackageSummaryList",
            ModelPackageGroupName=group,
            SortBy="CreationTime",
            SortOrder="Ascending",
        ):
            model = self.sagemaker.describe_model_package(ModelPackageName=one["ModelPackageArn"])
            metadata = model.get("CustomerMetadataProperties", {})
            found.append(
                {
                    "group": group,
                    "version": model["ModelPackageVersion"],
                    "arn": model["ModelPackageArn"],
                    "candidate": metadata.get("Candidate", ""),
                    "executionId": metadata.get("PipelineExecution", ""),
                    "approvalStatus": model["ModelApprovalStatus"],
                    "approvalDescription": model.get("ApprovalDescription"),
                    "metadata": metadata,
                }
            )
        return found


def regression_metrics(report: Any) -> dict[str, float]:  # noqa: ANN401 - any JSON
    """The metrics of an evaluation report; none if the document is another."""
    try:
        found = {name: float(report["regression_metrics"][name]["value"]) for name in METRICS}
    except (KeyError, TypeError, ValueError):
        return {}
    rows = report.get("dataset", {}).get("item_count")
    interval = report.get("confidence_intervals", {}).get("r2", {})
    more = {"rows": rows, "r2_low": interval.get("low"), "r2_high": interval.get("high")}
    return found | {name: value for name, value in more.items() if value is not None}


def wait_for_earlier(sagemaker: Any, own: str, pause: float = PAUSE) -> None:  # noqa: ANN401
    """Waits until no earlier execution of this job's own pipeline is left.

    Two jobs at once would log the same runs twice, as MLflow has no names that must differ.
    """
    name = own.split("/")[1]
    for _ in range(WAITS):
        listed = sagemaker.list_pipeline_executions(
            PipelineName=name, SortBy="CreationTime", SortOrder="Descending", MaxResults=100
        )["PipelineExecutionSummaries"]
        arns = [one["PipelineExecutionArn"] for one in listed]
        earlier = listed[arns.index(own) + 1 :] if own in arns else []
        if all(one["PipelineExecutionStatus"] in ENDED for one in earlier):
            return
        time.sleep(pause)


def pending(source: Source, store: Store, pipeline: str) -> list[str]:
    """The ARNs of ended executions that the store lacks, or has as they were, oldest first."""
    logged = store.ended(pipeline)
    found = source.sagemaker.list_pipeline_executions(
        PipelineName=pipeline,
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=MAX_EXECUTIONS,
    )["PipelineExecutionSummaries"]
    arns = [one["PipelineExecutionArn"] for one in found if one["PipelineExecutionStatus"] in ENDED]

    def ended(arn: str) -> int:
        described = source.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return milliseconds(described["LastModifiedTime"])

    return [arn for arn in reversed(arns) if logged.get(arn) != ended(arn)]


def log_all(source: Source, store: Store, pipeline: str, group: str) -> list[str]:
    """Logs executions and models.

    Returns:
        What went wrong: an execution that cannot be logged does not keep others from it.
    """
    models = source.models(group)
    problems = []
    for arn in pending(source, store, pipeline):
        before = store.created
        try:
            log({"executions": [source.execution(pipeline, arn)], "models": models}, store)
            print(f"{arn}: {store.created - before} runs logged")
        except (BotoCoreError, ClientError, RestError) as error:
            problems.append(f"{arn}: {error}")
            print(problems[-1])
    # Approvals of models that were logged before.
    log({"executions": [], "models": models}, store)
    return problems


def main(arguments: list[str] | None = None) -> None:
    """Runs the script."""
    parser = job_parser(__doc__)
    parser.add_argument("--app", required=True, help="ARN of the MLflow app")
    parser.add_argument("--pipeline", required=True, help="whose executions are logged")
    parser.add_argument("--model-package-group", required=True, help="whose models are logged")
    parser.add_argument("--own-execution", required=True, help="ARN of the execution of this job")
    options = parser.parse_args(arguments)
    config = Config(
        region_name=options.app.split(":")[3], retries={"mode": "standard", "max_attempts": 10}
    )
    sagemaker = boto3.client("sagemaker", config=config)
    s3 = boto3.client("s3", config=config)
    try:
        wait_for_earlier(sagemaker, options.own_execution)
        with tempfile.TemporaryDirectory() as folder:
            source = Source(sagemaker, s3, Path(folder))
            store = Store(App(options.app, s3))
            problems = log_all(source, store, options.pipeline, options.model_package_group)
    except (BotoCoreError, ClientError, RestError) as error:
        problems = [str(error)]
    if problems:
        fail(options.message, f"{len(problems)} not logged: {'; '.join(problems)}"[:1000])


if __name__ == "__main__":
    main()
