"""Steps that only some configurations have, compared with the SageMaker Python SDK's."""

from __future__ import annotations

import functools
import json
from typing import Any

import fast_sdk  # noqa: F401
import pytest
from flatten import differences
from rendered import render_config, step
from sagemaker.drift_check_baselines import DriftCheckBaselines
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.model import Model
from sagemaker.model_metrics import MetricsSource
from sagemaker.model_monitor.dataset_format import DatasetFormat
from sagemaker.network import NetworkConfig
from sagemaker.transformer import Transformer
from sagemaker.tuner import (
    HyperbandStrategyConfig,
    HyperparameterTuner,
    IntegerParameter,
    StrategyConfig,
    WarmStartConfig,
    WarmStartTypes,
)
from sagemaker.workflow.check_job_config import CheckJobConfig
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.functions import Join
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.quality_check_step import DataQualityCheckConfig, QualityCheckStep
from sagemaker.workflow.steps import TransformStep, TuningStep
from sdk_graph import BUCKET, KEY, ROLE, TAGS, Graph, Texts, folder_of

IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/forest:1"
METRICS = {"validation:rmse": "rmse=([0-9.]+)", "validation:r2": "r2=([-0-9.]+)"}


SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
SECURITY_GROUPS = ["sg-0123456789abcdef0"]


FOREST = {
    "name": "Forest",
    "algorithm": {"image": IMAGE, "metrics": METRICS},
    "hyperparameters": {"trees": 100},
    "ranges": {"depth": {"type": "integer", "min": 2, "max": 9}},
}


@functools.cache
def ours() -> dict[str, Any]:
    return render_config(
        {
            "candidates": [
                {
                    **FOREST,
                    "strategy": "Hyperband",
                    "hyperband": {"minResource": 1, "maxResource": 10},
                    "maxJobs": 30,
                    "maxParallelJobs": 5,
                    "instanceType": "ml.c5.2xlarge",
                    "maxRuntimeInSeconds": 1800,
                    "spotMaxWaitTimeInSeconds": 7200,
                }
            ],
            "dataQualityBaseline": True,
            "network": {
                "mode": "existing",
                "subnetIds": SUBNETS,
                "securityGroupIds": SECURITY_GROUPS,
            },
        }
    )


class Theirs:
    """The same steps, written with the SDK."""

    def __init__(self) -> None:
        flow = "s3://bucket/table.flow"
        self.graph = Graph(Texts(IMAGE, "node.default", "SELECT 1", flow, flow, flow, []))
        self.wrangler = self.graph.data_wrangler()
        self.data = self.graph.preprocess(self.wrangler)
        self.session = self.graph.session
        self.training_type = ParameterString("TrainingInstanceType", "ml.m5.xlarge")

    def output(self, name: str) -> Join:
        return folder_of(self.data, name)

    def tuning(self, warm_start: WarmStartConfig | None = None) -> TuningStep:
        estimator = Estimator(
            image_uri=IMAGE,
            role=f"{ROLE}training",
            instance_count=1,
            instance_type="ml.c5.2xlarge",
            volume_size=30,
            volume_kms_key=KEY,
            max_run=1800,
            use_spot_instances=True,
            max_wait=7200,
            checkpoint_s3_uri=Join(
                on="/",
                values=[
                    f"s3://{BUCKET}/checkpoints/Forest",
                    ExecutionVariables.PIPELINE_EXECUTION_ID,
                    "",
                ],
            ),
            output_path=f"s3://{BUCKET}/models/Forest",
            output_kms_key=KEY,
            sagemaker_session=self.session,
            hyperparameters={"trees": "100"},
            enable_network_isolation=True,
            encrypt_inter_container_traffic=True,
            subnets=SUBNETS,
            security_group_ids=SECURITY_GROUPS,
        )
        tuner = HyperparameterTuner(
            estimator,
            objective_metric_name="validation:rmse",
            objective_type="Minimize",
            hyperparameter_ranges={"depth": IntegerParameter(2, 9, "Auto")},
            metric_definitions=[{"Name": name, "Regex": regex} for name, regex in METRICS.items()],
            strategy="Hyperband",
            strategy_config=StrategyConfig(
                hyperband_strategy_config=HyperbandStrategyConfig(max_resource=10, min_resource=1)
            ),
            max_jobs=30,
            max_parallel_jobs=5,
            random_seed=1729,
            tags=TAGS,
            warm_start_config=warm_start,
        )
        channels = {
            name: TrainingInput(self.output(name), content_type="text/csv")
            for name in ("train", "validation")
        }
        return TuningStep(
            "TuneForest",
            display_name="Forest",
            step_args=tuner.fit(channels),
            retry_policies=self.graph.retries,
        )

    def model(self, tuning: TuningStep) -> ModelStep:
        model = Model(
            image_uri=IMAGE,
            model_data=tuning.get_top_model_s3_uri(0, BUCKET, "models/Forest"),
            role=f"{ROLE}evaluation",
            enable_network_isolation=True,
            vpc_config={"Subnets": SUBNETS, "SecurityGroupIds": SECURITY_GROUPS},
            sagemaker_session=self.session,
        )
        return ModelStep(
            "CreateModelForest",
            step_args=model.create(tags=TAGS),
            retry_policies=self.graph.retries[:1],
        )

    def transform(self, model: ModelStep) -> TransformStep:
        transformer = Transformer(
            model_name=model.properties.ModelName,
            instance_count=1,
            instance_type=self.training_type,
            strategy="MultiRecord",
            assemble_with="Line",
            accept="text/csv",
            output_path=self.graph.execution_uri("predictions/Forest"),
            output_kms_key=KEY,
            volume_kms_key=KEY,
            tags=TAGS,
            sagemaker_session=self.session,
        )
        arguments = transformer.transform(
            self.output("test"),
            content_type="text/csv",
            split_type="Line",
            input_filter="$[1:]",
            join_source="Input",
            output_filter="$[0,-1]",
        )
        return TransformStep(
            "TransformForest", step_args=arguments, retry_policies=self.graph.retries
        )

    def baseline(self) -> QualityCheckStep:
        job = CheckJobConfig(
            role=f"{ROLE}evaluation",
            instance_count=1,
            instance_type=self.graph.processing_type,
            volume_size_in_gb=30,
            volume_kms_key=KEY,
            output_kms_key=KEY,
            max_runtime_in_seconds=3600,
            sagemaker_session=self.session,
            network_config=NetworkConfig(
                enable_network_isolation=True,
                encrypt_inter_container_traffic=True,
                subnets=SUBNETS,
                security_group_ids=SECURITY_GROUPS,
            ),
            tags=TAGS,
        )
        return QualityCheckStep(
            "DataQualityBaseline",
            quality_check_config=DataQualityCheckConfig(
                baseline_dataset=self.output("train"),
                dataset_format=DatasetFormat.csv(header=False),
                output_s3_uri=self.graph.execution_uri("baseline"),
            ),
            check_job_config=job,
            skip_check=True,
            fail_on_violation=False,
            register_new_baseline=True,
            model_package_group_name="restate-dev",
        )

    def steps(self) -> dict[str, Any]:
        tuning = self.tuning()
        model = self.model(tuning)
        pipeline = Pipeline(
            "restate-dev",
            parameters=[
                self.graph.processing_type,
                self.graph.processing_count,
                self.training_type,
            ],
            steps=[
                self.wrangler,
                self.data,
                tuning,
                model,
                self.transform(model),
                self.baseline(),
            ],
            sagemaker_session=self.session,
        )
        # The SDK adds the kind to the name.
        definition = str(pipeline.definition()).replace("Forest-CreateModel", "Forest")
        return {one["Name"]: one for one in json.loads(definition)["Steps"]}


# Where ours may differ, by step, and why.
DIFFERENCES: dict[str, dict[str, str]] = {
    "TuneForest": {},
    "CreateModelForest": {
        ".Arguments.PrimaryContainer.Environment": "the SDK writes an empty one",
    },
    "TransformForest": {},
    "DataQualityBaseline": {
        ".Arguments.AppSpecification.ImageUri": "the SDK leaves out the tag, which is the latest",
        ".Arguments.Environment.dataset_format": "the same JSON, without blanks",
        ".SuppliedBaselineConstraints": "the SDK writes null for what is not supplied",
        ".SuppliedBaselineStatistics": "the SDK writes null for what is not supplied",
    },
}

OPTIONS = ("CacheConfig", "RetryPolicies")  # of a step, not of its job; test_sdk.py compares them


@functools.cache
def their_steps() -> dict[str, Any]:
    return Theirs().steps()


@pytest.mark.parametrize("name", DIFFERENCES)
def test_the_sdk_renders_the_step_the_same(name: str) -> None:
    left, right = (
        {key: value for key, value in one.items() if key not in OPTIONS}
        for one in (step(ours(), name), their_steps()[name])
    )
    different = differences(left, right)
    assert different.keys() == DIFFERENCES[name].keys(), different


def test_a_warm_start_equals_the_sdks() -> None:
    warm_start = {"parents": ["earlier-TuneForest"], "type": "IdenticalDataAndAlgorithm"}
    rendered = render_config({"candidates": [{**FOREST, "warmStart": warm_start}]})
    parent = ParameterString("ForestParentTuningJob1", default_value="earlier-TuneForest")
    theirs = Theirs().tuning(
        WarmStartConfig(WarmStartTypes.IDENTICAL_DATA_AND_ALGORITHM, parents={parent})
    )
    written = json.dumps(
        theirs.to_request()["Arguments"]["WarmStartConfig"], default=lambda value: value.expr
    )
    assert step(rendered, "TuneForest")["Arguments"]["WarmStartConfig"] == json.loads(written)
    assert rendered["Parameters"][-1] == parent.to_request()


def test_a_registered_model_has_the_baseline_in_the_sdks_form() -> None:
    baseline = Theirs().baseline()
    sources = {
        "Statistics": baseline.properties.CalculatedBaselineStatistics,
        "Constraints": baseline.properties.CalculatedBaselineConstraints,
    }
    statistics, constraints = (
        MetricsSource(content_type="application/json", s3_uri=uri) for uri in sources.values()
    )
    theirs = DriftCheckBaselines(
        model_data_statistics=statistics, model_data_constraints=constraints
    )
    written = theirs._to_request_dict()["ModelDataQuality"]
    expected = {
        name: {"ContentType": one["ContentType"], "S3Uri": one["S3Uri"].expr}
        for name, one in written.items()
    }
    arguments = step(ours(), "RegisterForest")["Arguments"]
    assert arguments["DriftCheckBaselines"] == {"ModelDataQuality": expected}
    assert arguments["ModelMetrics"]["ModelDataQuality"] == expected
