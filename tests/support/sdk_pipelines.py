"""Other teams' pipelines, written offline with the SageMaker Python SDK.

`python sdk_pipelines.py FOLDER [NAME...]` writes the definitions train.json and tune.json, or the
named ones. Their scripts and data are objects of the bucket `team-bucket`, which the
caller lays out in a folder. script.json is made of the scripts in FOLDER/code, which the SDK
uploads to FOLDER/objects; `changed/script` is, in the same way, in the folder FOLDER/changed.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import fast_sdk  # noqa: F401
from sagemaker import image_uris
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput, TransformInput
from sagemaker.model import Model
from sagemaker.pipeline import PipelineModel
from sagemaker.processing import (
    FrameworkProcessor,
    ProcessingInput,
    ProcessingOutput,
    ScriptProcessor,
)
from sagemaker.sklearn import SKLearn, SKLearnModel
from sagemaker.transformer import Transformer
from sagemaker.tuner import (
    ContinuousParameter,
    HyperbandStrategyConfig,
    HyperparameterTuner,
    IntegerParameter,
    StrategyConfig,
    TuningJobCompletionCriteriaConfig,
)
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import (
    ConditionIn,
    ConditionLessThanOrEqualTo,
    ConditionNot,
    ConditionOr,
)
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterFloat, ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.steps import ProcessingStep, TrainingStep, TransformStep, TuningStep
from sagemaker.xgboost import XGBoost, XGBoostModel

REGION = "us-east-1"
BUCKET = "team-bucket"
ROLE = "arn:aws:iam::111122223333:role/team"
XGBOOST = image_uris.retrieve("xgboost", REGION, version="1.7-1")
SKLEARN = image_uris.retrieve("sklearn", REGION, version="1.2-1")


def offline_session() -> Any:
    """A session without AWS and without the SDK's telemetry."""
    session = PipelineSession(
        boto_session=Mock(region_name=REGION), sagemaker_client=Mock(), default_bucket=BUCKET
    )
    session.sagemaker_config = {
        "SchemaVersion": "1.0",
        "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
    }
    return session


SESSION = offline_session()


def script_processor(image: str | ParameterString = SKLEARN) -> ScriptProcessor:
    return ScriptProcessor(
        role=ROLE,
        image_uri=image,
        command=["python3"],
        instance_count=1,
        instance_type="ml.m5.large",
        sagemaker_session=SESSION,
    )


def split_step(image: str | ParameterString = SKLEARN) -> ProcessingStep:
    """Splits the data: train, validation, and test with the label in a separate file."""
    processor = script_processor(image)
    arguments = processor.run(
        code=f"s3://{BUCKET}/code/split.py",
        inputs=[ProcessingInput(f"s3://{BUCKET}/data/rows.csv", "/opt/ml/processing/input")],
        outputs=[
            ProcessingOutput(f"/opt/ml/processing/{name}", output_name=name)
            for name in ("train", "validation", "test")
        ],
    )
    return ProcessingStep("Split", step_args=arguments)


def output(step: ProcessingStep, name: str) -> Any:
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


def estimator(**hyperparameters: Any) -> Estimator:
    return Estimator(
        XGBOOST,
        ROLE,
        1,
        "ml.m5.large",
        output_path=f"s3://{BUCKET}/models",
        hyperparameters={"objective": "reg:squarederror", **hyperparameters},
        sagemaker_session=SESSION,
    )


def channels(split: ProcessingStep) -> dict[str, TrainingInput]:
    return {
        name: TrainingInput(output(split, name), content_type="text/csv")
        for name in ("train", "validation")
    }


def train_pipeline() -> Pipeline:
    """One model: trained, evaluated by a batch transform, registered if good."""
    limit = ParameterFloat("LargestMse", 1e9)
    approval = ParameterString("Approval", "PendingManualApproval")
    image = ParameterString("ScriptImage", SKLEARN)
    split = split_step(image)
    train = TrainingStep("Train", step_args=estimator(num_round=30).fit(channels(split)))
    model = Model(
        XGBOOST,
        train.properties.ModelArtifacts.S3ModelArtifacts,
        ROLE,
        sagemaker_session=SESSION,
    )
    create = ModelStep("Model", step_args=model.create("ml.m5.large"))
    transformer = Transformer(
        create.properties.ModelName,
        1,
        "ml.m5.large",
        output_path=Join("/", [f"s3://{BUCKET}/predictions", ExecutionVariables.START_DATETIME]),
        assemble_with="Line",
        accept="text/csv",
        sagemaker_session=SESSION,
    )
    transform_input = TransformInput(
        output(split, "test"),
        content_type="text/csv",
        split_type="Line",
        input_filter="$[1:]",
        join_source="Input",
        output_filter="$[0,-1]",
    )
    predict = TransformStep("Predict", step_args=transformer.transform(**vars_of(transform_input)))
    report = PropertyFile("Report", output_name="report", path="report.json")
    processor = script_processor()
    measure = ProcessingStep(
        "Measure",
        step_args=processor.run(
            code=f"s3://{BUCKET}/code/measure.py",
            inputs=[
                ProcessingInput(
                    predict.properties.TransformOutput.S3OutputPath,
                    "/opt/ml/processing/predictions",
                )
            ],
            outputs=[ProcessingOutput("/opt/ml/processing/report", output_name="report")],
        ),
        property_files=[report],
    )
    mse = JsonGet(measure.name, report, "metrics[0].mse")
    register = ModelStep(
        "Register",
        step_args=model.register(
            ["text/csv"],
            ["text/csv"],
            ["ml.m5.large"],
            ["ml.m5.large"],
            model_package_group_name="team-models",
            approval_status=approval,
        ),
    )
    fail = FailStep("TooBad", Join(" ", ["mse above", limit]))
    check = ConditionStep(
        "Check",
        conditions=[ConditionLessThanOrEqualTo(mse, limit)],
        if_steps=[register],
        else_steps=[fail],
    )
    steps = [split, train, create, predict, measure, check]
    return Pipeline("team", [limit, approval, image], steps=steps, sagemaker_session=SESSION)


def vars_of(transform_input: TransformInput) -> dict[str, Any]:
    fields = {name: value for name, value in vars(transform_input).items() if value is not None}
    fields.pop("data_type", None)
    return fields


def tune_pipeline() -> Pipeline:
    """A tuning with Hyperband and one with early stopping, and conditions of every form."""
    mode = ParameterString("Mode", "fast", enum_values=["fast", "slow", "off"])
    split = split_step()
    ranges = {"eta": ContinuousParameter(0.0001, 0.5), "max_depth": IntegerParameter(2, 6)}
    common = {
        "objective_metric_name": "validation:rmse",
        "hyperparameter_ranges": ranges,
        "objective_type": "Minimize",
        "max_jobs": 9,
        "max_parallel_jobs": 2,
        "random_seed": 3,
    }
    hyperband = HyperparameterTuner(
        estimator(num_round=27),
        strategy="Hyperband",
        strategy_config=StrategyConfig(HyperbandStrategyConfig(max_resource=27, min_resource=3)),
        **common,
    )
    median = HyperparameterTuner(
        estimator(num_round=60), strategy="Random", early_stopping_type="Auto", **common
    )
    tune = TuningStep("Hyperband", step_args=hyperband.fit(channels(split)))
    judge = ProcessingStep(
        "Judge",
        step_args=script_processor().run(
            code=f"s3://{BUCKET}/code/judge.py",
            outputs=[ProcessingOutput("/opt/ml/processing/report", output_name="report")],
        ),
        property_files=[PropertyFile("Verdict", output_name="report", path="verdict.json")],
        depends_on=[tune],
    )
    stopped = TuningStep("EarlyStopping", step_args=median.fit(channels(split)))
    fast = ConditionOr(
        [ConditionIn(mode, ["fast", "faster"]), ConditionNot(ConditionIn(mode, ["off"]))]
    )
    check = ConditionStep(
        "Check",
        conditions=[fast],
        if_steps=[stopped],
        else_steps=[FailStep("Off", "nothing to do")],
    )
    return Pipeline("team", [mode], steps=[split, tune, judge, check], sagemaker_session=SESSION)


def complete_pipeline() -> Pipeline:
    """A tuning that does not improve, so that its completion criteria end it."""
    split = split_step()
    tuner = HyperparameterTuner(
        estimator(num_round=3),
        "validation:rmse",
        {"eta": ContinuousParameter(0.3, 0.3001)},
        objective_type="Minimize",
        strategy="Random",
        max_jobs=9,
        max_parallel_jobs=2,
        max_runtime_in_seconds=3600,
        completion_criteria_config=TuningJobCompletionCriteriaConfig(
            max_number_of_training_jobs_not_improving=3, complete_on_convergence=True
        ),
        random_seed=3,
    )
    tune = TuningStep("Tune", step_args=tuner.fit(channels(split)))
    return Pipeline("team", steps=[split, tune], sagemaker_session=SESSION)


class Uploads:
    """A fake of boto3's S3 resource, which stores objects in a folder laid out like S3."""

    def __init__(self, objects: Path, key: str = "") -> None:
        self.objects, self.key = objects, key

    def Object(self, bucket_name: str, key: str) -> Uploads:  # noqa: N802 - as in boto3
        return Uploads(self.objects, f"{bucket_name}/{key}")

    def Bucket(self, name: str) -> Any:  # noqa: N802
        return Mock(Object=lambda key: self.Object(name, key))

    def put(self, Body: str | bytes, **_: Any) -> None:  # noqa: N803
        path = self.objects / self.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Body.encode() if isinstance(Body, str) else Body)

    def upload_file(self, path: str, **_: Any) -> None:
        self.put(Path(path).read_bytes())


def script_pipeline(code: Path) -> Pipeline:
    """Scripts for both frameworks: preparation, training, tuning, repacking, predictions."""
    processor = FrameworkProcessor(
        SKLearn,
        "1.2-1",
        ROLE,
        1,
        "ml.m5.large",
        command=["python3", "-u"],
        sagemaker_session=SESSION,
    )
    prepare = ProcessingStep(
        "Prepare",
        step_args=processor.run(
            code="prepare.py",
            source_dir=str(code / "prepare"),
            arguments=["--rows", "400"],
            inputs=[ProcessingInput(f"s3://{BUCKET}/data/rows.csv", "/opt/ml/processing/data")],
            outputs=[
                ProcessingOutput(f"/opt/ml/processing/{name}", output_name=name)
                for name in ("train", "test")
            ],
        ),
    )
    forest = SKLearn(
        "train.py",
        source_dir=str(code / "forest"),
        framework_version="1.2-1",
        instance_type="ml.m5.large",
        role=ROLE,
        output_path=f"s3://{BUCKET}/models",
        hyperparameters={"n-estimators": 7, "scale": 1.0, "name": "a b"},
        metric_definitions=[{"Name": "mse", "Regex": "mse=(.*);"}],
        sagemaker_session=SESSION,
    )
    data = {"train": TrainingInput(output(prepare, "train"), content_type="text/csv")}
    train = TrainingStep("Train", step_args=forest.fit(data))
    tuner = HyperparameterTuner(
        forest,
        "mse",
        {"n-estimators": IntegerParameter(1, 9)},
        forest.metric_definitions,
        objective_type="Minimize",
        max_jobs=1,
        max_parallel_jobs=1,
        strategy="Random",
    )
    tune = TuningStep("Tune", step_args=tuner.fit(data))
    boosting = XGBoost(
        "boost.py",
        source_dir=str(code / "boosting"),
        framework_version="1.7-1",
        instance_type="ml.m5.large",
        instance_count=1,
        role=ROLE,
        output_path=f"s3://{BUCKET}/models",
        hyperparameters={"rounds": 30},
        sagemaker_session=SESSION,
    )
    boost = TrainingStep("Boost", step_args=boosting.fit(data))
    artifacts = {
        "Forest": (SKLearnModel, "serve.py", train, "1.2-1"),
        "Boosted": (XGBoostModel, "serve_boosted.py", boost, "1.7-1"),
    }
    steps: list[Any] = [prepare, train, tune, boost]

    def reversing() -> SKLearnModel:
        return SKLearnModel(
            train.properties.ModelArtifacts.S3ModelArtifacts,
            ROLE,
            "reverse.py",
            source_dir=str(code / "serving"),
            framework_version="1.2-1",
            env={"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv"},
            sagemaker_session=SESSION,
        )

    models: dict[str, Any] = {
        name: kind(
            step.properties.ModelArtifacts.S3ModelArtifacts,
            ROLE,
            entry_point,
            source_dir=str(code / "serving"),
            framework_version=version,
            sagemaker_session=SESSION,
        )
        for name, (kind, entry_point, step, version) in artifacts.items()
    }
    models["Boosted"] = PipelineModel(
        [reversing(), reversing(), models["Boosted"]], ROLE, sagemaker_session=SESSION
    )
    for name, model in models.items():
        create = ModelStep(name, step_args=model.create("ml.m5.large"))
        transformer = Transformer(
            create.properties.ModelName,
            1,
            "ml.m5.large",
            output_path=f"s3://{BUCKET}/predictions/{name}",
            assemble_with="Line",
            accept="text/csv",
            sagemaker_session=SESSION,
        )
        given = TransformInput(
            output(prepare, "test"),
            content_type="text/csv",
            split_type="Line",
            input_filter="$[1:]",
        )
        predict = TransformStep(f"Predict{name}", step_args=transformer.transform(**vars_of(given)))
        steps += [create, predict]
        if name == "Forest":
            arguments = model.register(
                ["text/csv"],
                ["text/csv"],
                ["ml.m5.large"],
                ["ml.m5.large"],
                model_package_group_name="forests",
            )
            steps.append(ModelStep("Register", step_args=arguments))
    arns = [
        train.properties.TrainingJobArn,
        tune.properties.HyperParameterTuningJobArn,
        prepare.properties.ProcessingJobArn,
    ]
    predictions = [step for step in steps if isinstance(step, TransformStep)]
    steps.append(FailStep("Arns", Join(" ", arns), depends_on=predictions))
    return Pipeline("scripts", [], steps=steps, sagemaker_session=SESSION)


def write(folder: Path, *names: str) -> None:
    """Writes definitions, each to a file."""
    for name in names:
        path = folder / f"{name}.json"
        SESSION.s3_resource = Uploads(path.parent / "objects")
        SESSION.boto_session.resource.return_value = SESSION.s3_resource
        pipelines = {
            "train": train_pipeline,
            "tune": tune_pipeline,
            "complete": complete_pipeline,
            "script": partial(script_pipeline, path.parent / "code"),
        }
        path.write_text(pipelines[path.stem]().definition(), "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]), *(sys.argv[2:] or ("train", "tune")))
