"""A team's pipeline, written and driven with version 3 of the SageMaker Python SDK.

Runs in that SDK's own environment, with the variables that the emulator prints, and prints what it
sees as one JSON object. Each answer that boto3 gets is checked by the service's model.

Usage: python team.py FOLDER, for the team's scripts and data.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import jsonschema
from botocore.exceptions import ClientError
from emulator import faults
from sagemaker.core import image_uris
from sagemaker.core.parameter import ContinuousParameter
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.shapes import (
    MlflowConfig,
    OutputDataConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.core.training.configs import Compute, InputData
from sagemaker.core.workflow.conditions import ConditionLessThanOrEqualTo
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline, PipelineExecution
from sagemaker.mlops.workflow.selective_execution_config import SelectiveExecutionConfig
from sagemaker.mlops.workflow.steps import ProcessingStep, TuningStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner
from team_files import BUCKET, ROLE, write_team

MLFLOW_APP = "arn:aws:sagemaker:us-east-1:111122223333:mlflow-app/app-placeholder"
EXPERIMENT = "restate-dev"

# For each argument that it is not given, the SDK validates its file of defaults and the schema of
# that file: most of the time of making a pipeline.
jsonschema.validate = lambda *_, **__: None


def output(name: str) -> ProcessingOutput:
    """An output of a script, at the SDK's default location."""
    place = ProcessingS3Output(
        s3_uri=f"s3://{BUCKET}/outputs/{name}",
        local_path=f"/opt/ml/processing/{name}",
        s3_upload_mode="EndOfJob",
    )
    return ProcessingOutput(output_name=name, s3_output=place)


def pipeline(session: PipelineSession, folder: Path) -> Pipeline:
    """Split, tune XGBoost, evaluate, and register a model that is good enough, or fail."""
    data = session.upload_data(str(folder / "rows.csv"), key_prefix="data")
    xgboost = image_uris.retrieve("xgboost", "us-east-1", version="1.7-1")
    processor = ScriptProcessor(
        role=ROLE,
        image_uri=image_uris.retrieve("sklearn", "us-east-1", version="1.2-1"),
        command=["python3"],
        instance_count=1,
        instance_type="ml.m5.large",
        sagemaker_session=session,
    )
    rows = ProcessingS3Input(
        s3_uri=data,
        local_path="/opt/ml/processing/input",
        s3_data_type="S3Prefix",
        s3_input_mode="File",
    )
    split = ProcessingStep(
        "Split",
        step_args=processor.run(
            code=str(folder / "split.py"),
            inputs=[ProcessingInput(input_name="rows", s3_input=rows)],
            outputs=[output("train"), output("validation")],
        ),
    )
    parts = split.properties.ProcessingOutputConfig.Outputs
    trainer = ModelTrainer(
        training_image=xgboost,
        role=ROLE,
        compute=Compute(instance_type="ml.m5.large", instance_count=1),
        hyperparameters={"objective": "reg:squarederror", "num_round": "5"},
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{BUCKET}/models"),
        sagemaker_session=session,
    )
    tuner = HyperparameterTuner(
        trainer,
        objective_metric_name="validation:rmse",
        objective_type="Minimize",
        hyperparameter_ranges={"eta": ContinuousParameter(0.1, 0.5)},
        strategy="Random",
        max_jobs=3,
        max_parallel_jobs=2,
        random_seed=7,
    )
    channels = [
        InputData(
            channel_name=name, data_source=parts[name].S3Output.S3Uri, content_type="text/csv"
        )
        for name in ("train", "validation")
    ]
    tune = TuningStep("Tune", step_args=tuner.tune(inputs=channels))
    error, limit = ParameterString("Error", "1"), ParameterFloat("Limit", 2.0)
    seconds = ParameterString("Seconds", "0")
    verdict = PropertyFile("Verdict", output_name="verdict", path="verdict.json")
    judge = ProcessingStep(
        "Judge",
        step_args=processor.run(
            code=str(folder / "judge.py"),
            arguments=[error, seconds],
            outputs=[output("verdict")],
        ),
        property_files=[verdict],
        depends_on=[tune],
    )
    builder = ModelBuilder(
        image_uri=xgboost,
        s3_model_data_url=tune.get_top_model_s3_uri(0, BUCKET, "models"),
        role_arn=ROLE,
        sagemaker_session=session,
    )
    register = ModelStep(
        "Register",
        step_args=builder.register(
            content_types=["text/csv"],
            response_types=["text/csv"],
            inference_instances=["ml.m5.large"],
            transform_instances=["ml.m5.large"],
            model_package_group_name="team-models",
        ),
    )
    check = ConditionStep(
        "Check",
        conditions=[ConditionLessThanOrEqualTo(JsonGet("Judge", verdict, "error"), limit)],
        if_steps=[register],
        else_steps=[FailStep("TooBad", Join(" ", ["error above", limit.to_string()]))],
    )
    return Pipeline(
        "Team",
        [error, limit, seconds],
        steps=[split, tune, judge, check],
        mlflow_config=MlflowConfig(
            mlflow_resource_arn=MLFLOW_APP, mlflow_experiment_name=EXPERIMENT
        ),
        sagemaker_session=session,
    )


def end(execution: PipelineExecution) -> str:
    """Waits for an execution's end, and returns its status. The SDK's wait ignores Stopped."""
    while True:
        status = str(execution.describe()["PipelineExecutionStatus"])
        if status not in ("Executing", "Stopping"):
            return status
        time.sleep(0.2)


def states(execution: PipelineExecution) -> dict[str, str]:
    """The status of each step that has started."""
    return {one["StepName"]: one["StepStatus"] for one in execution.list_steps()}


def reused(execution: PipelineExecution) -> dict[str, str]:
    """The steps that reused another execution's results, with that execution."""
    return {
        one["StepName"]: one["SelectiveExecutionResult"]["SourcePipelineExecutionArn"]
        for one in execution.list_steps()
        if "SelectiveExecutionResult" in one
    }


def drive(session: PipelineSession, folder: Path) -> dict[str, Any]:
    """Uses a pipeline as a team does, and returns what it sees."""
    client = session.sagemaker_client
    team = pipeline(session, folder)
    whole, team.steps = team.steps, team.steps[:1]
    created = team.upsert(ROLE, tags=[{"Key": "team", "Value": "ours"}])
    team.steps = whole
    team.upsert(ROLE, tags=[{"Key": "stage", "Value": "dev"}])
    versions = team.list_pipeline_versions(sort_order="Ascending")["PipelineVersionSummaries"]
    first = team.start(execution_display_name="first")
    first.wait(delay=1, max_attempts=600)
    seen: dict[str, Any] = {
        "pipeline": created["PipelineArn"].rsplit(":", 1)[-1],
        "versions": [one["PipelineVersionId"] for one in versions],
        "latest": team.latest_pipeline_version_id,
        "steps": [
            len(json.loads(team.describe(pipeline_version_id=one)["PipelineDefinition"])["Steps"])
            for one in (1, 2)
        ],
        "first": [end(first), states(first)],
        "version": first.describe()["PipelineVersionId"],
        "MlflowConfig": json.loads(team.definition())["MlflowConfig"],
        "MLflowConfig": first.describe()["MLflowConfig"],
        "tags": {
            tag["Key"]: tag["Value"]
            for tag in client.list_tags(ResourceArn=created["PipelineArn"])["Tags"]
        },
    }
    packages = client.list_model_packages(ModelPackageGroupName="team-models")
    seen["packages"] = [
        [one["ModelPackageVersion"], one["ModelApprovalStatus"]]
        for one in packages["ModelPackageSummaryList"]
    ]
    earlier = team.start(pipeline_version_id=1)
    seen["version 1"] = [end(earlier), states(earlier), earlier.describe()["PipelineVersionId"]]
    failed = team.start({"Limit": 0.5}, mlflow_experiment_name="strict")
    seen["renamed"] = failed.describe()["MLflowConfig"]
    seen["failed"] = [end(failed), failed.describe()["FailureReason"], states(failed)["TooBad"]]
    selected = team.start(
        {"Error": "1.5"},
        selective_execution_config=SelectiveExecutionConfig(
            selected_steps=["Judge"], source_pipeline_execution_arn=first.arn
        ),
    )
    sources = {name: arn == first.arn for name, arn in reused(selected).items()}
    seen["selected"] = [end(selected), states(selected), sources]
    stopped = team.start({"Seconds": "3"})
    while states(stopped).get("Judge") != "Executing":
        time.sleep(0.1)
    stopped.stop()
    seen["stopped"] = [end(stopped), states(stopped)["Judge"]]
    client.retry_pipeline_execution(PipelineExecutionArn=stopped.arn)
    seen["retried"] = [end(stopped), states(stopped)]
    seen["parameters"] = {
        one["Name"]: one["Value"] for one in stopped.list_parameters()["PipelineParameters"]
    }
    listed = team.list_executions(sort_by="CreationTime", sort_order="Ascending", max_results=2)
    arns = [one["PipelineExecutionArn"] for one in listed["PipelineExecutionSummaries"]]
    seen["listed"] = [arns == [first.arn, earlier.arn], "NextToken" in listed]
    try:
        team.start(pipeline_version_id=9)
    except ClientError as error:
        seen["unknown version"] = error.response["Error"]["Code"]
    team.delete()
    return seen


def main() -> None:
    """Drives the pipeline, and prints the result."""
    folder = Path(sys.argv[1])
    write_team(folder)
    session = boto3.Session()
    checked: set[str] = set()
    wrong: list[str] = []

    def check(response_dict: dict[str, Any], operation_model: Any, **_: Any) -> None:
        if response_dict["status_code"] == 200 and operation_model.output_shape is not None:
            checked.add(operation_model.name)
            answer = json.loads(response_dict["body"])
            wrong.extend(faults(answer, operation_model.output_shape, operation_model.name))

    session.events.register("before-parse.sagemaker", check)
    seen = drive(PipelineSession(boto_session=session, default_bucket=BUCKET), folder)
    print(json.dumps({**seen, "checked": sorted(checked), "wrong": wrong}))  # noqa: T201


if __name__ == "__main__":
    main()
