"""Reads the results of an execution of the pipeline through SageMaker's API."""

from __future__ import annotations

import io
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import evaluate
import numpy as np
import pandas as pd

from notebooks.connection import Connection


def follow(sagemaker: Any, arn: str, seconds: float = 2) -> None:
    """Prints a line for each change of a step's status, until the execution has ended.

    Args:
        sagemaker: The client.
        arn: The execution's ARN.
        seconds: Interval of polling.

    Raises:
        RuntimeError: It did not succeed.
    """
    seen: dict[str, str] = {}
    while True:
        execution = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        for step in steps_of(sagemaker, arn):
            if seen.get(step["StepName"]) != step["StepStatus"]:
                seen[step["StepName"]] = step["StepStatus"]
                print(f"{step['StepName']}: {step['StepStatus']}")
        status = execution["PipelineExecutionStatus"]
        if status not in ("Executing", "Stopping"):
            break
        time.sleep(seconds)
    print(f"execution {arn.rsplit('/', 1)[-1]}: {status}")
    if status != "Succeeded":
        raise RuntimeError(execution.get("FailureReason", f"the execution is {status}"))


def steps_of(sagemaker: Any, arn: str) -> list[dict[str, Any]]:
    """The started steps of an execution, in the order of their start."""
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=arn, SortOrder="Ascending"
    )
    return [step for page in pages for step in page["PipelineExecutionSteps"]]


def job_name(step: dict[str, Any], kind: str) -> str | None:
    """The name of a step's job, by its key in the step's metadata."""
    arn: str | None = step.get("Metadata", {}).get(kind, {}).get("Arn")
    return arn and arn.rsplit("/", 1)[-1]


def trials_of(sagemaker: Any, arn: str) -> pd.DataFrame:
    """The completed trials of an execution, in the order of their start.

    Each has its `candidate`, its `number` from 1, the `objective` with its `metric`, and the tuned
    `hyperparameters`.
    """
    rows = []
    for step in steps_of(sagemaker, arn):
        name = job_name(step, "TuningJob")
        if name is None:
            continue
        pages = sagemaker.get_paginator(
            "list_training_jobs_for_hyper_parameter_tuning_job"
        ).paginate(HyperParameterTuningJobName=name, SortBy="CreationTime", SortOrder="Ascending")
        jobs = [job for page in pages for job in page["TrainingJobSummaries"]]
        for number, job in enumerate(jobs, 1):
            if job["TrainingJobStatus"] == "Completed":
                objective = job["FinalHyperParameterTuningJobObjectiveMetric"]
                rows.append(
                    {
                        "candidate": step.get("StepDisplayName", step["StepName"]),
                        "number": number,
                        "metric": objective["MetricName"],
                        "objective": objective["Value"],
                        "hyperparameters": {
                            name: as_number(value)
                            for name, value in job["TunedHyperParameters"].items()
                        },
                    }
                )
    return pd.DataFrame(rows)


def as_number(value: str) -> float | str:
    """A hyperparameter, converted to a number if possible; the API has texts."""
    try:
        return float(value)
    except ValueError:
        return value


@dataclass(frozen=True)
class Files:
    """The objects of S3."""

    client: Any

    def read(self, uri: str) -> bytes:
        """The content of an object."""
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        content: bytes = self.client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def read_csv(self, uri: str, **options: Any) -> pd.DataFrame:
        """The rows of all CSV files with a prefix, in order of the files."""
        bucket, prefix = uri.removeprefix("s3://").split("/", 1)
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = sorted(one["Key"] for page in pages for one in page.get("Contents", []))
        return pd.concat(
            [
                pd.read_csv(io.BytesIO(self.read(f"s3://{bucket}/{key}")), **options)
                for key in keys
                if key.endswith(".csv")
            ],
            ignore_index=True,
        )


@dataclass(frozen=True)
class ProcessingJob:
    """The inputs, outputs and arguments of a processing job."""

    description: dict[str, Any]

    def input(self, name: str) -> str:
        """The S3 URI of an input."""
        inputs = self.description["ProcessingInputs"]
        [uri] = [one["S3Input"]["S3Uri"] for one in inputs if one["InputName"] == name]
        return str(uri)

    def output(self, name: str) -> str:
        """The S3 URI of an output."""
        outputs = self.description["ProcessingOutputConfig"]["Outputs"]
        [uri] = [one["S3Output"]["S3Uri"] for one in outputs if one["OutputName"] == name]
        return str(uri)

    def argument(self, name: str) -> str:
        """The value of an argument of the container, such as `--target`."""
        arguments = self.description["AppSpecification"]["ContainerArguments"]
        return str(arguments[arguments.index(name) + 1])


def processing_jobs(sagemaker: Any, arn: str) -> dict[str, ProcessingJob]:
    """The processing jobs of an execution, by the names of their steps."""
    names = {step["StepName"]: job_name(step, "ProcessingJob") for step in steps_of(sagemaker, arn)}
    return {
        step: ProcessingJob(sagemaker.describe_processing_job(ProcessingJobName=name))
        for step, name in names.items()
        if name is not None
    }


def load_model(files: Files, evaluation: ProcessingJob) -> evaluate.Predict:
    """Loads the model that a job evaluated; it predicts rows of features.

    Raises:
        InputError: The model cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "model.tar.gz"
        archive.write_bytes(files.read(evaluation.input("model")))
        evaluate.extract(archive, Path(folder))
        return evaluate.LOADERS[evaluation.argument("--algorithm")](Path(folder))


def winner_of(sagemaker: Any, arn: str) -> dict[str, Any]:
    """The DescribeModelPackage response of the model package that an execution registered.

    Raises:
        LookupError: It registered none.
    """
    for step in steps_of(sagemaker, arn):
        name = step.get("Metadata", {}).get("RegisterModel", {}).get("Arn")
        if name is not None:
            package: dict[str, Any] = sagemaker.describe_model_package(ModelPackageName=name)
            return package
    raise LookupError(f"{arn} did not register a model")


@contextmanager
def served(connection: Connection, package: dict[str, Any], endpoint: str = "") -> Iterator[str]:
    """Serves an approved model package during the block.

    Args:
        connection: To AWS or this machine.
        package: The DescribeModelPackage response.
        endpoint: An existing endpoint. Empty: one is created, and deleted afterwards.

    Yields:
        The name of the endpoint.
    """
    if endpoint:
        yield endpoint
        return
    sagemaker = connection.client("sagemaker")
    several = len(package["InferenceSpecification"]["Containers"]) > 1
    name = f"{connection.pipeline_name}-notebook-{int(time.time())}"
    container = {"ModelPackageName": package["ModelPackageArn"]}
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    with ExitStack() as made:
        # As serving/ does: a package of several containers is an inference pipeline.
        held = {"Containers": [container]} if several else {"PrimaryContainer": container}
        sagemaker.create_model(ModelName=name, **held, **connection.model_settings)
        made.callback(sagemaker.delete_model, ModelName=name)
        sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[variant], **connection.endpoint_settings
        )
        made.callback(sagemaker.delete_endpoint_config, EndpointConfigName=name)
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        made.callback(sagemaker.delete_endpoint, EndpointName=name)
        wait_for_endpoint(sagemaker, name)
        yield name


def invoke(
    runtime: Any,
    endpoint: str,
    package: dict[str, Any],
    row: dict[str, Any],
    features: list[str],
) -> list[float]:
    """Predicts a row, which is sent in the form that the model takes.

    Args:
        runtime: The client `sagemaker-runtime`.
        endpoint: Its name.
        package: What it serves, as DescribeModelPackage answers.
        row: By the names of the table's columns, or else of the features.
        features: The model's, in their order.

    Returns:
        The prediction, and both ends of its interval where the model answers with one.
    """
    # Rows of the table are encoded by the package's first container, features by nobody.
    if "RowEncoding" in package.get("CustomerMetadataProperties", {}):
        media_type, body = "application/json", json.dumps(row)
    else:
        media_type, body = "text/csv", ",".join(str(row[name]) for name in features)
    answer = runtime.invoke_endpoint(
        EndpointName=endpoint, ContentType=media_type, Accept="text/csv", Body=body
    )
    return [float(value) for value in answer["Body"].read().decode().split(",")]


def wait_for_endpoint(sagemaker: Any, name: str) -> None:
    """Waits until an endpoint is in service.

    Raises:
        RuntimeError: It failed.
    """
    while True:
        described = sagemaker.describe_endpoint(EndpointName=name)
        status = described["EndpointStatus"]
        if status == "InService":
            return
        if status == "Failed":
            raise RuntimeError(described["FailureReason"])
        time.sleep(1)


def rows_of(files: Files, uri: str, features: int) -> np.ndarray:
    """Rows without a header: the label, then so many features, without a weight between them."""
    rows = np.asarray(files.read_csv(uri, header=None), dtype=np.float64)
    return np.delete(rows, range(1, rows.shape[1] - features), axis=1)
