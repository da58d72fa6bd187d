"""The notebook with RESTATE_STACK, against AWS on loopback: moto, and what moto lacks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import nbformat
import pytest
from notebook_run import ROW, data, execute, streams
from project_copy import PROJECT, copy_project

BEGIN = 1_790_000_000
ARN = "arn:aws:sagemaker:us-east-1:123456789012"
HEADER = (
    *("longitude", "latitude", "housingmedianage", "totalrooms", "totalbedrooms"),
    *("population", "households", "medianincome", "medianhousevalue"),
)
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def tuning(candidate: str) -> dict[str, Any]:
    """A tuning job as DescribeHyperParameterTuningJob tells of it."""
    return {
        "HyperParameterTuningJobName": f"tune-{candidate}",
        "HyperParameterTuningJobArn": f"{ARN}:hyper-parameter-tuning-job/tune-{candidate}",
        "HyperParameterTuningJobStatus": "Completed",
        "CreationTime": BEGIN,
        "TrainingJobStatusCounters": {},
        "ObjectiveStatusCounters": {},
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {
                "Type": "Minimize",
                "MetricName": "validation:rmse",
            },
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 2},
        },
    }


def trial(candidate: str, number: int) -> dict[str, Any]:
    """A training job of a tuning job."""
    name = f"{candidate}-{number}"
    return {
        "TrainingJobName": name,
        "TrainingJobArn": f"{ARN}:training-job/{name}",
        "CreationTime": BEGIN,
        "TrainingStartTime": BEGIN + 10,
        "TrainingEndTime": BEGIN + 50,
        "TrainingJobStatus": "Completed",
        "TunedHyperParameters": {"max_depth": str(3 + number)},
        "FinalHyperParameterTuningJobObjectiveMetric": {
            "MetricName": "validation:rmse",
            "Value": 5e9 - 1e8 * number,
        },
    }


CANDIDATES = {"DecisionTree": "tree", "XGBoost": "boost"}
SCENARIO = {
    "tunings": {f"tune-{one}": tuning(one) for one in CANDIDATES.values()},
    "frames": [
        {
            "execution": {
                "PipelineExecutionStatus": "Succeeded",
                "CreationTime": BEGIN,
                "LastModifiedTime": BEGIN + 400,
            },
            "steps": [
                {
                    "StepName": f"Tune{name}",
                    "StepStatus": "Succeeded",
                    "StartTime": BEGIN,
                    "EndTime": BEGIN + 300,
                    "Metadata": {
                        "TuningJob": {"Arn": f"{ARN}:hyper-parameter-tuning-job/tune-{short}"}
                    },
                }
                for name, short in CANDIDATES.items()
            ],
            "trials": {
                f"tune-{one}": [trial(one, number) for number in range(3)]
                for one in CANDIDATES.values()
            },
        }
    ],
}


class Aws:
    """AWS on loopback, with the stack dev deployed as far as the notebook needs it."""

    def __init__(self, url: str, definition: dict[str, Any]) -> None:
        self.url = url
        self.definition = definition
        self.bucket = re.findall(r"s3://(sagemaker-restate-[^/\"]+)/", json.dumps(definition))[0]

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106 - moto takes any
        )

    def post(self, path: str, content: Any) -> None:
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.url}{path}",
            json.dumps(content).encode(),
            {"Content-Type": "application/json"},
            method="POST",
        )
        urllib.request.urlopen(request).close()  # noqa: S310 - loopback

    def calls(self) -> list[str]:
        with urllib.request.urlopen(f"{self.url}/stand-in/calls") as answer:  # noqa: S310
            return [call["operation"] for call in json.load(answer)]

    def deploy(self) -> dict[str, str]:
        """Creates what the stack would have; returns its exports."""
        definition = json.dumps(self.definition)
        pipeline = self.client("sagemaker").create_pipeline(
            PipelineName="restate-dev",
            PipelineDefinition=definition,
            RoleArn="arn:aws:iam::123456789012:role/restate-dev-pipeline",
            ClientRequestToken="0" * 32,
        )
        self.client("sagemaker").create_model_package_group(ModelPackageGroupName="restate-dev")
        self.client("s3").create_bucket(Bucket=self.bucket)
        output = {"OutputLocation": f"s3://{self.bucket}/athena/"}
        self.client("athena").create_work_group(
            Name="restate-dev", Configuration={"ResultConfiguration": output}
        )
        self.post("/moto-api/static/athena/query-results", {"results": [self.table()]})
        self.post("/stand-in/scenario", SCENARIO)
        return {
            "outputsVersion": "1",
            "region": "us-east-1",
            "pipelineName": "restate-dev",
            "pipelineArn": pipeline["PipelineArn"],
            "pipelineDefinition": definition,
            "modelPackageGroupName": "restate-dev",
        }

    @staticmethod
    def table() -> dict[str, Any]:
        """What Athena answers: the names of the columns, then the rows, all as text."""
        rows = [
            HEADER,
            *(f"{ROW},8.6,{450_000 + 1_000 * number}".split(",") for number in range(3)),
        ]
        return {
            "rows": [{"Data": [{"VarCharValue": value} for value in row]} for row in rows],
            "column_info": [
                {"Name": name, "Type": "double", "Precision": 17, "Scale": 0, "Nullable": "UNKNOWN"}
                for name in HEADER
            ],
        }

    def finish(self, execution: str) -> None:
        """Leaves what an execution would: a model version, and evaluations."""
        self.client("sagemaker").create_model_package(
            ModelPackageGroupName="restate-dev",
            ModelApprovalStatus="PendingManualApproval",
            CustomerMetadataProperties={
                **{"Candidate": "XGBoost", "R2": "0.83", "PipelineExecution": execution}
            },
        )
        metrics = {"r2": {"value": 0.83}, "rmse": {"value": 47_000.0}, "mae": {"value": 31_000.0}}
        for name in CANDIDATES:
            for file, content in {
                "evaluation.json": json.dumps({"regression_metrics": metrics}),
                "predictions.csv": "actual,predicted\n450000,440000\n200000,210000\n",
            }.items():
                key = f"executions/{execution}/evaluation/{name}/{file}"
                self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=content.encode())


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    rendered = subprocess.run(
        ["npm", "run", "--silent", "definition"], cwd=PROJECT, capture_output=True, check=True
    )
    command = [sys.executable, "tests/cli/aws_stand_in.py"]
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout
        yield Aws(server.stdout.readline().strip(), json.loads(rendered.stdout))


@pytest.fixture(scope="module")
def executed(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    """The notebook after a run in AWS."""
    folder: Path = tmp_path_factory.mktemp("deployed")
    project = copy_project(folder / "project")
    (folder / "outputs.json").write_text(json.dumps(aws.deploy()))

    def after_cell(_source: str, printed: str) -> None:
        if found := re.search(r"^execution (\w+): Succeeded$", printed, re.M):
            aws.finish(found[1])

    return execute(
        project,
        {
            **ENVIRONMENT,
            "AWS_ENDPOINT_URL": aws.url,
            "RESTATE_STACK": "dev",
            "RESTATE_OUTPUTS": str(folder / "outputs.json"),
            "RESTATE_ENDPOINT": "houses",
        },
        after_cell,
    )


def test_it_starts_the_deployed_pipeline_and_asks_the_endpoint(
    executed: nbformat.NotebookNode, aws: Aws
) -> None:
    text = streams(executed.cells)
    assert "version 1 of restate-dev: Approved" in text
    # The endpoint of the stand-in answers twice the first feature.
    assert "predicted median house value: -234 dollars" in text
    calls = aws.calls()
    assert calls.count("StartPipelineExecution") == 1
    assert calls.count("UpdateModelPackage") == 1
    assert calls.count("InvokeEndpoint") == 1


def test_it_shows_the_rows_of_athena_and_the_evaluations_of_s3(
    executed: nbformat.NotebookNode,
) -> None:
    assert "3 rows" in streams(executed.cells)
    html = "".join(data(executed, "text/html"))
    for shown in ("452000", "0.8300", "47,000", "31,000"):
        assert shown in html
    assert len(data(executed, "image/png")) == 6
