"""A team's pipelines, written and driven with the SageMaker Python SDK against the local API.

The SDK finds it only through the environment variables that the emulator prints.
"""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import fast_sdk  # noqa: F401
import pytest
from botocore.exceptions import ClientError, WaiterError
from emulator import Emulator, emulator
from sagemaker import image_uris
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.model import Model, ModelPackage
from sagemaker.predictor import Predictor
from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.serializers import CSVSerializer
from sagemaker.tuner import ContinuousParameter, HyperparameterTuner
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionLessThanOrEqualTo
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterFloat, ParameterString
from sagemaker.workflow.pipeline import Pipeline, _PipelineExecution
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.selective_execution_config import SelectiveExecutionConfig
from sagemaker.workflow.steps import ProcessingStep, TuningStep
from team_files import BUCKET, ROLE, write_team


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("sdk") / "work") as one:
        yield one


@pytest.fixture(scope="module")
def session(
    running: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PipelineSession]:
    folder = tmp_path_factory.mktemp("config")
    config = folder / "config.yaml"
    config.write_text(
        json.dumps(
            {
                "SchemaVersion": "1.0",
                "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
            }
        )
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        patch.setenv("SAGEMAKER_USER_CONFIG_OVERRIDE", str(config))
        patch.setenv("AWS_CONFIG_FILE", str(folder / "none"))
        yield PipelineSession(boto_session=boto3.Session(), default_bucket=BUCKET)


@pytest.fixture(scope="module")
def pipeline(session: PipelineSession, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """Split, tune XGBoost, evaluate, and register a model that is good enough, or fail."""
    folder = tmp_path_factory.mktemp("team")
    write_team(folder)
    data = session.upload_data(str(folder / "rows.csv"), key_prefix="data")
    xgboost = image_uris.retrieve("xgboost", "us-east-1", version="1.7-1")

    def processor() -> ScriptProcessor:
        return ScriptProcessor(
            role=ROLE,
            image_uri=image_uris.retrieve("sklearn", "us-east-1", version="1.2-1"),
            command=["python3"],
            instance_count=1,
            instance_type="ml.m5.large",
            sagemaker_session=session,
        )

    split = ProcessingStep(
        "Split",
        step_args=processor().run(
            code=str(folder / "split.py"),
            inputs=[ProcessingInput(data, "/opt/ml/processing/input")],
            outputs=[
                ProcessingOutput(f"/opt/ml/processing/{name}", output_name=name)
                for name in ("train", "validation")
            ],
        ),
    )
    estimator = Estimator(
        xgboost,
        ROLE,
        1,
        "ml.m5.large",
        output_path=f"s3://{BUCKET}/models",
        hyperparameters={"objective": "reg:squarederror", "num_round": 5},
        sagemaker_session=session,
    )
    tuner = HyperparameterTuner(
        estimator,
        objective_metric_name="validation:rmse",
        objective_type="Minimize",
        hyperparameter_ranges={"eta": ContinuousParameter(0.1, 0.5)},
        strategy="Random",
        max_jobs=3,
        max_parallel_jobs=2,
        random_seed=7,
    )
    outputs = split.properties.ProcessingOutputConfig.Outputs
    channels = {
        name: TrainingInput(outputs[name].S3Output.S3Uri, content_type="text/csv")
        for name in ("train", "validation")
    }
    tune = TuningStep("Tune", step_args=tuner.fit(channels))
    error, limit = ParameterString("Error", "1"), ParameterFloat("Limit", 2.0)
    seconds = ParameterString("Seconds", "0")
    verdict = PropertyFile("Verdict", output_name="verdict", path="verdict.json")
    judge = ProcessingStep(
        "Judge",
        step_args=processor().run(
            code=str(folder / "judge.py"),
            arguments=[error, seconds],
            outputs=[ProcessingOutput("/opt/ml/processing/verdict", output_name="verdict")],
        ),
        property_files=[verdict],
        depends_on=[tune],
    )
    best = Model(
        xgboost,
        tune.get_top_model_s3_uri(0, BUCKET, "models"),
        ROLE,
        sagemaker_session=session,
    )
    register = ModelStep(
        "Register",
        step_args=best.register(
            ["text/csv"],
            ["text/csv"],
            ["ml.m5.large"],
            ["ml.m5.large"],
            model_package_group_name="team-models",
        ),
    )
    check = ConditionStep(
        "Check",
        conditions=[ConditionLessThanOrEqualTo(JsonGet("Judge", verdict, "error"), limit)],
        if_steps=[register],
        else_steps=[FailStep("TooBad", Join(" ", ["error above", limit.to_string()]))],
    )
    steps = [split, tune, judge, check]
    team = Pipeline("Team", [error, limit, seconds], steps=steps, sagemaker_session=session)
    team.upsert(ROLE, tags=[{"Key": "team", "Value": "ours"}])
    team.upsert(ROLE, tags=[{"Key": "stage", "Value": "dev"}])
    return team


def wait(execution: _PipelineExecution) -> None:
    execution.wait(delay=1, max_attempts=120)


def states(execution: _PipelineExecution) -> dict[str, str]:
    return {one["StepName"]: one["StepStatus"] for one in execution.list_steps()}


@pytest.fixture(scope="module")
def succeeded(pipeline: Pipeline) -> _PipelineExecution:
    execution = pipeline.start(execution_display_name="first")
    wait(execution)
    return execution


def test_a_pipeline_tunes_checks_and_registers(
    session: PipelineSession, succeeded: _PipelineExecution
) -> None:
    assert succeeded.describe()["PipelineExecutionStatus"] == "Succeeded"
    assert states(succeeded) == {
        "Split": "Succeeded",
        "Tune": "Succeeded",
        "Judge": "Succeeded",
        "Check": "Succeeded",
        "Register-RegisterModel": "Succeeded",
    }
    [package] = session.sagemaker_client.list_model_packages(ModelPackageGroupName="team-models")[
        "ModelPackageSummaryList"
    ]
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    tags = session.sagemaker_client.list_tags(ResourceArn=succeeded.describe()["PipelineArn"])
    assert {tag["Key"]: tag["Value"] for tag in tags["Tags"]} == {"team": "ours", "stage": "dev"}


def test_jobs_are_described_and_have_logs(running: Emulator, succeeded: _PipelineExecution) -> None:
    client, logs = running.client("sagemaker"), running.client("logs")
    steps = {one["StepName"]: one for one in succeeded.list_steps()}
    tuning = steps["Tune"]["Metadata"]["TuningJob"]["Arn"].split("/")[-1]
    described = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=tuning)
    assert described["TrainingJobStatusCounters"]["Completed"] == 3
    trials = client.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=tuning, SortBy="FinalObjectiveMetricValue"
    )["TrainingJobSummaries"]
    names = [trial["TrainingJobName"] for trial in trials]
    assert described["BestTrainingJob"]["TrainingJobName"] == names[0]
    assert all(list(trial["TunedHyperParameters"]) == ["eta"] for trial in trials)
    job = client.describe_training_job(TrainingJobName=names[0])
    assert job["ModelArtifacts"]["S3ModelArtifacts"].startswith(f"s3://{BUCKET}/models/{names[0]}/")
    assert job["HyperParameters"]["num_round"] == "5"
    assert job["TrainingTimeInSeconds"] >= 1
    listed = client.list_training_jobs(NameContains=tuning)["TrainingJobSummaries"]
    assert {one["TrainingJobName"] for one in listed} == set(names)
    processing = steps["Split"]["Metadata"]["ProcessingJob"]["Arn"].split("/")[-1]
    found = client.describe_processing_job(ProcessingJobName=processing)
    assert found["ProcessingJobStatus"] == "Completed"
    assert found["ProcessingEndTime"] >= found["ProcessingStartTime"]
    [group] = [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]][-1:]
    [stream] = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{names[0]}/")[
        "logStreams"
    ]
    events = logs.get_log_events(
        logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
    )["events"]
    assert any("validation-rmse" in event["message"] for event in events)
    filtered = logs.filter_log_events(logGroupName=group, logStreamNames=[stream["logStreamName"]])[
        "events"
    ]
    assert [one["message"] for one in filtered] == [one["message"] for one in events]
    for call in (client.list_processing_jobs, client.list_hyper_parameter_tuning_jobs):
        assert call(MaxResults=1)
    assert client.list_transform_jobs()["TransformJobSummaries"] == []
    with pytest.raises(ClientError, match=r"ValidationException.*Requested resource not found\."):
        client.describe_training_job(TrainingJobName="none")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.get_log_events(logGroupName=group, logStreamName="none")


def test_a_fail_step_fails_with_its_message(pipeline: Pipeline) -> None:
    execution = pipeline.start({"Limit": 0.5})
    with pytest.raises(WaiterError):
        wait(execution)
    assert execution.describe()["FailureReason"] == "error above 0.5"
    assert states(execution)["TooBad"] == "Failed"


def test_selected_steps_run_alone(pipeline: Pipeline, succeeded: _PipelineExecution) -> None:
    execution = pipeline.start(
        {"Error": "1.5"},
        selective_execution_config=SelectiveExecutionConfig(
            selected_steps=["Judge"], source_pipeline_execution_arn=succeeded.arn
        ),
    )
    wait(execution)
    steps = {one["StepName"]: one for one in execution.list_steps()}
    assert set(steps) == {"Split", "Tune", "Judge"}
    source = {"SourcePipelineExecutionArn": succeeded.arn}
    assert steps["Tune"]["SelectiveExecutionResult"] == source
    assert "SelectiveExecutionResult" not in steps["Judge"]


def test_an_execution_is_stopped_and_retried(session: PipelineSession, pipeline: Pipeline) -> None:
    execution = pipeline.start({"Seconds": "3"})
    while states(execution).get("Judge") != "Executing":
        time.sleep(0.1)
    execution.stop()
    while execution.describe()["PipelineExecutionStatus"] in ("Executing", "Stopping"):
        time.sleep(0.1)
    assert execution.describe()["PipelineExecutionStatus"] == "Stopped"
    assert states(execution)["Judge"] == "Stopped"
    session.sagemaker_client.retry_pipeline_execution(PipelineExecutionArn=execution.arn)
    wait(execution)
    assert states(execution)["Register-RegisterModel"] == "Succeeded"


@pytest.mark.usefixtures("succeeded")
def test_a_registered_model_is_approved_and_served(
    running: Emulator, session: PipelineSession
) -> None:
    client = running.client("sagemaker")
    [first, *_] = client.list_model_packages(ModelPackageGroupName="team-models")[
        "ModelPackageSummaryList"
    ]
    arn = first["ModelPackageArn"]
    client.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    assert client.describe_model_package(ModelPackageName=arn)["ModelApprovalStatus"] == "Approved"
    groups = client.list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert [group["ModelPackageGroupName"] for group in groups] == ["team-models"]
    plain = session.__class__.__mro__[1](boto_session=boto3.Session(), default_bucket=BUCKET)
    model = ModelPackage(ROLE, model_package_arn=arn, sagemaker_session=plain)
    # The SDK's own wait looks every 30 seconds.
    model.deploy(1, "ml.m5.large", endpoint_name="team-endpoint", wait=False)
    plain.wait_for_endpoint("team-endpoint", poll=1)
    predictor = Predictor("team-endpoint", plain, serializer=CSVSerializer())
    answer = float(predictor.predict([[0.5, 0.5]]).decode())
    assert 0 < answer < 5
    with pytest.raises(
        ClientError, match=r"ModelError.*Received client error \(415\) from primary"
    ):
        predictor.predict("not,numbers,at,all")
    described = client.describe_endpoint(EndpointName="team-endpoint")
    assert described["EndpointStatus"] == "InService"
    client.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
    [listed] = client.list_endpoints()["Endpoints"]
    assert listed["EndpointName"] == "team-endpoint"
    [served] = client.list_models()["Models"]
    client.describe_model(ModelName=served["ModelName"])
    predictor.delete_endpoint()
    with pytest.raises(ClientError, match="Could not find endpoint"):
        client.describe_endpoint(EndpointName="team-endpoint")
    with pytest.raises(ClientError, match=r"ValidationError.*Endpoint team-endpoint of account"):
        running.client("sagemaker-runtime").invoke_endpoint(EndpointName="team-endpoint", Body=b"")


def test_a_models_code_is_packed_with_it_in_the_pipeline(
    running: Emulator, session: PipelineSession, tmp_path: Path
) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "serve.py").write_text("def model_fn(folder):\n    return folder\n")
    (tmp_path / "weights.txt").write_text("1 2")
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "weights.txt", "weights.txt")
    # The SDK packs a model that it knows itself, but one that an execution names in a step.
    artifact = ParameterString(
        "Artifact", session.upload_data(str(tmp_path / "model.tar.gz"), key_prefix="packed")
    )
    model = Model(
        image_uris.retrieve("sklearn", "us-east-1", version="1.2-1"),
        artifact,
        ROLE,
        entry_point="serve.py",
        source_dir=str(code),
        sagemaker_session=session,
    )
    register = ModelStep(
        "Register",
        step_args=model.register(
            ["text/csv"],
            ["text/csv"],
            ["ml.m5.large"],
            ["ml.m5.large"],
            model_package_group_name="packed-models",
        ),
    )
    packing = Pipeline("Packing", [artifact], steps=[register], sagemaker_session=session)
    packing.upsert(ROLE)
    execution = packing.start()
    wait(execution)
    assert states(execution) == {
        "Register-RepackModel-0": "Succeeded",
        "Register-RegisterModel": "Succeeded",
    }
    client = running.client("sagemaker")
    [package] = client.list_model_packages(ModelPackageGroupName="packed-models")[
        "ModelPackageSummaryList"
    ]
    [container] = client.describe_model_package(ModelPackageName=package["ModelPackageArn"])[
        "InferenceSpecification"
    ]["Containers"]
    bucket, key = container["ModelDataUrl"].removeprefix("s3://").split("/", 1)
    packed = io.BytesIO(running.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    with tarfile.open(fileobj=packed) as archive:
        assert {"weights.txt", "code/serve.py"} <= set(archive.getnames())


@pytest.mark.usefixtures("succeeded")
def test_an_inference_pipeline_is_served(
    running: Emulator, session: PipelineSession, tmp_path: Path
) -> None:
    client = running.client("sagemaker")
    [first, *_] = client.list_model_packages(ModelPackageGroupName="team-models")[
        "ModelPackageSummaryList"
    ]
    package = client.describe_model_package(ModelPackageName=first["ModelPackageArn"])
    [boosted] = package["InferenceSpecification"]["Containers"]
    archive = tmp_path / "model.tar.gz"
    script = tmp_path / "swap.py"
    script.write_text(
        "model_fn = lambda folder: None\npredict_fn = lambda rows, model: rows[:, ::-1]\n"
    )
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(script, "code/swap.py")
    swapping = {
        "Image": image_uris.retrieve("sklearn", "us-east-1", version="1.2-1"),
        "ModelDataUrl": session.upload_data(str(archive), key_prefix="swap"),
        "Environment": {
            "SAGEMAKER_PROGRAM": "swap.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv",
        },
    }
    plain = session.__class__.__mro__[1](boto_session=boto3.Session(), default_bucket=BUCKET)
    containers = {
        "one": {"PrimaryContainer": boosted},
        "both": {"Containers": [swapping, boosted]},
        "json": {"Containers": [{**swapping, "Environment": json_environment(swapping)}, boosted]},
    }
    endpoints = {}
    for name, model in containers.items():
        client.create_model(ModelName=name, ExecutionRoleArn=ROLE, **model)
        variant = {
            "VariantName": "all",
            "ModelName": name,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
        client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        client.create_endpoint(EndpointName=name, EndpointConfigName=name)
        client.get_waiter("endpoint_in_service").wait(
            EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        endpoints[name] = Predictor(name, plain, serializer=CSVSerializer())
    rows = [[0.1, 0.9], [0.8, 0.3]]
    swapped = [row[::-1] for row in rows]
    assert endpoints["both"].predict(rows) == endpoints["one"].predict(swapped)
    assert endpoints["both"].predict(rows) != endpoints["one"].predict(rows)
    # The second is asked with the first one's own type, whatever the client accepts.
    with pytest.raises(ClientError, match=r"Received client error \(415\) from container-2"):
        endpoints["json"].predict(rows)
    for predictor in endpoints.values():
        predictor.delete_endpoint()


def json_environment(container: dict[str, Any]) -> dict[str, str]:
    """A container's environment, without the variable that makes it return CSV."""
    return {name: value for name, value in container["Environment"].items() if "ACCEPT" not in name}
