"""The notebook with RESTATE_STACK, against AWS on loopback: moto, and what moto lacks."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import nbformat
import numpy as np
import pytest
import xgboost
from notebook_run import ROW, data, execute, streams
from project_copy import PROJECT, copy_project

from notebooks.connection import Connection
from notebooks.execution import served

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
    """A tuning job as described by DescribeHyperParameterTuningJob."""
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
FEATURES = HEADER[:7]


def step(name: str, kind: str, arn: str, display_name: str | None = None) -> dict[str, Any]:
    """A step that has succeeded, as listed by ListPipelineExecutionSteps."""
    return {
        "StepName": name,
        **({"StepDisplayName": display_name} if display_name else {}),
        "StepStatus": "Succeeded",
        "StartTime": BEGIN,
        "EndTime": BEGIN + 300,
        "Metadata": {kind: {"Arn": arn}},
    }


def scenario(package: str) -> dict[str, Any]:
    """One poll of the execution: everything has ended, and a model is registered."""
    processing = f"{ARN}:processing-job/"
    steps = [step("Preprocess", "ProcessingJob", f"{processing}preprocess")]
    for name, short in CANDIDATES.items():
        tuned = f"{ARN}:hyper-parameter-tuning-job/tune-{short}"
        steps.append(step(f"Tune{name}", "TuningJob", tuned, name))
        steps.append(step(f"Evaluate{name}", "ProcessingJob", f"{processing}evaluate-{short}"))
    steps.append(step("RegisterXGBoost", "RegisterModel", package))
    execution = {
        "PipelineExecutionStatus": "Succeeded",
        "CreationTime": BEGIN,
        "LastModifiedTime": BEGIN + 400,
    }
    trials = {
        f"tune-{one}": [trial(one, number) for number in range(3)] for one in CANDIDATES.values()
    }
    return {
        "tunings": {f"tune-{one}": tuning(one) for one in CANDIDATES.values()},
        "frames": [{"execution": execution, "steps": steps, "trials": trials}],
    }


def labelled_rows() -> np.ndarray:
    """The label, then the features: the value depends on the latitude."""
    random = np.random.default_rng(1)
    features = random.uniform(size=(200, 7)) * [10, 10, 40, 1000, 300, 900, 300]
    features[:, :2] += [-124, 32]
    return np.column_stack([400_000 - 20_000 * (features[:, 1] - 32), features])


def model_archive(rows: np.ndarray) -> bytes:
    """A model as written by the built-in XGBoost algorithm."""
    booster = xgboost.train({"seed": 1}, xgboost.DMatrix(rows[:, 1:], rows[:, 0]), 5)
    content = bytes(booster.save_raw("ubj"))
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        member = tarfile.TarInfo("xgboost-model")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


class Aws:
    """AWS on loopback, with the parts of the stack dev that the notebook needs."""

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

    def calls(self, operation: str) -> list[dict[str, Any]]:
        """The requests of an operation."""
        with urllib.request.urlopen(f"{self.url}/stand-in/calls") as answer:  # noqa: S310
            calls = json.load(answer)
        return [call["request"] for call in calls if call["operation"] == operation]

    def deploy(self) -> dict[str, str]:
        """Creates the stack's resources; returns its exports."""
        definition = json.dumps(self.definition)
        pipeline = self.client("sagemaker").create_pipeline(
            PipelineName="restate-dev",
            PipelineDefinition=definition,
            RoleArn="arn:aws:iam::123456789012:role/restate-dev-pipeline",
            ClientRequestToken="0" * 32,
        )
        self.client("s3").create_bucket(Bucket=self.bucket)
        self.fill_bucket()
        self.describe_jobs()
        self.post("/stand-in/scenario", scenario(self.register()))
        return {
            "outputsVersion": "1",
            "region": "us-east-1",
            "pipelineName": "restate-dev",
            "pipelineArn": pipeline["PipelineArn"],
            "pipelineDefinition": definition,
            "modelPackageGroupName": "restate-dev",
            "servingRoleArn": "arn:aws:iam::123456789012:role/restate-dev-serving",
            "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/data-key",
            "subnetIds": ["subnet-1"],
            "securityGroupIds": ["sg-1"],
        }

    def uri(self, path: str) -> str:
        return f"s3://{self.bucket}/{path}"

    def fill_bucket(self) -> None:
        """Puts what an execution's jobs write, in two files where several are common."""
        rows = labelled_rows()
        table = [
            ",".join(["medianhousevalue", *FEATURES]),
            *(f"{450_000 + 1_000 * number},{ROW}" for number in range(3)),
        ]
        tests = ["\n".join(",".join(map(str, row)) for row in part) for part in np.split(rows, 2)]
        metrics = {"r2": {"value": 0.83}, "rmse": {"value": 47_000.0}, "mae": {"value": 31_000.0}}
        predicted = [f"{actual},{actual - 10_000}" for actual in rows[:, 0]]
        files = {
            "rows/part-0.csv": "\n".join(table),
            "rows/manifest.json": "{}",
            "test/part-0.csv": tests[0],
            "test/part-1.csv": tests[1],
            "validation/part-0.csv": tests[0],
            "metadata/feature_names.json": json.dumps(FEATURES),
            "models/model.tar.gz": model_archive(rows),
        }
        for name in CANDIDATES.values():
            files[f"{name}/evaluation.json"] = json.dumps({"regression_metrics": metrics})
            files[f"{name}/predictions.csv"] = "\n".join(["actual,predicted", *predicted])
        for key, content in files.items():
            self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=content)

    def describe_jobs(self) -> None:
        """Creates the execution's processing jobs in moto, so that they can be described."""
        outputs = {"metadata": "metadata", "validation": "validation"}
        self.create_job("preprocess", [], {"input": "rows/"}, outputs)
        for name, algorithm in {"tree": "decision-tree", "boost": "xgboost"}.items():
            inputs = {"model": f"models/{'other' if name == 'tree' else 'model.tar.gz'}"}
            self.create_job(
                f"evaluate-{name}",
                ["--algorithm", algorithm],
                {**inputs, "test": "test/"},
                {"evaluation": name},
            )

    def create_job(
        self, name: str, arguments: list[str], inputs: dict[str, str], outputs: dict[str, str]
    ) -> None:
        cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}
        self.client("sagemaker").create_processing_job(
            ProcessingJobName=name,
            ProcessingResources={"ClusterConfig": cluster},
            AppSpecification={"ImageUri": "image", "ContainerArguments": arguments or ["none"]},
            RoleArn="arn:aws:iam::123456789012:role/restate-dev-processing",
            ProcessingInputs=[
                {
                    "InputName": one,
                    "S3Input": {"S3Uri": self.uri(path), "S3DataType": "S3Prefix"},
                }
                for one, path in inputs.items()
            ],
            ProcessingOutputConfig={
                "Outputs": [
                    {
                        "OutputName": one,
                        "S3Output": {
                            "S3Uri": self.uri(path),
                            "LocalPath": "/opt/ml/processing/output",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                    for one, path in outputs.items()
                ]
            },
        )

    def register(self) -> str:
        """Registers the model of the execution; returns its ARN."""
        sagemaker = self.client("sagemaker")
        sagemaker.create_model_package_group(ModelPackageGroupName="restate-dev")
        model = {"Image": "image", "ModelDataUrl": self.uri("models/model.tar.gz")}
        package = sagemaker.create_model_package(
            ModelPackageGroupName="restate-dev",
            ModelApprovalStatus="PendingManualApproval",
            InferenceSpecification={
                "Containers": [model],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        )
        return str(package["ModelPackageArn"])


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

    return execute(
        project,
        {
            **ENVIRONMENT,
            "AWS_ENDPOINT_URL": aws.url,
            "RESTATE_STACK": "dev",
            "RESTATE_OUTPUTS": str(folder / "outputs.json"),
        },
    )


def test_it_starts_the_deployed_pipeline_and_approves_its_model(
    executed: nbformat.NotebookNode, aws: Aws
) -> None:
    text = streams(executed.cells)
    assert re.search(r"^execution \w+: Succeeded$", text, re.M)
    assert "version 1, from EvaluateXGBoost: PendingManualApproval" in text
    [started] = aws.calls("StartPipelineExecution")
    assert started["PipelineName"] == "restate-dev"
    [approved] = aws.calls("UpdateModelPackage")
    assert approved["ModelApprovalStatus"] == "Approved"


def test_it_serves_the_model_with_the_stacks_exports_and_leaves_no_endpoint(
    executed: nbformat.NotebookNode, aws: Aws
) -> None:
    # The endpoint of the stand-in answers twice the first feature.
    assert "predicted median house value: -234 dollars" in streams(executed.cells)
    assert len(aws.calls("InvokeEndpoint")) == 1
    [model] = aws.calls("CreateModel")
    assert model["PrimaryContainer"]["ModelPackageName"].endswith(":model-package/restate-dev/1")
    assert model["ExecutionRoleArn"].endswith(":role/restate-dev-serving")
    assert model["VpcConfig"] == {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    assert model["EnableNetworkIsolation"] is True
    [config] = aws.calls("CreateEndpointConfig")
    assert config["KmsKeyId"].endswith(":key/data-key")
    sagemaker = aws.client("sagemaker")
    assert sagemaker.list_endpoints()["Endpoints"] == []
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []
    assert sagemaker.list_models()["Models"] == []


def test_it_shows_rows_scores_and_plots_from_s3(
    executed: nbformat.NotebookNode,
) -> None:
    assert "3 rows" in streams(executed.cells)
    html = "".join(data(executed, "text/html"))
    for shown in ("452000", "0.8300", "47,000", "31,000"):
        assert shown in html
    assert len(data(executed, "image/png")) == 8


def test_an_existing_endpoint_is_neither_created_nor_deleted(aws: Aws) -> None:
    connection = Connection(boto3.Session(region_name="us-east-1"), "restate-dev", aws.url)
    before = len(aws.calls("CreateEndpoint")) + len(aws.calls("DeleteEndpoint"))
    with served(connection, {}, "houses") as endpoint:
        assert endpoint == "houses"
    assert len(aws.calls("CreateEndpoint")) + len(aws.calls("DeleteEndpoint")) == before
