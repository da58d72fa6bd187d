"""The pipeline of the stack dev, built by hand with the SageMaker Python SDK, offline.

From this project's rendering it only takes the URIs of uploads and the texts of the query and the
flow's output: steps, jobs and references are the SDK's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from unittest.mock import Mock

import fast_sdk  # noqa: F401
from sagemaker import image_uris
from sagemaker.dataset_definition.inputs import AthenaDatasetDefinition, DatasetDefinition
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.model_metrics import MetricsSource, ModelMetrics
from sagemaker.network import NetworkConfig
from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
from sagemaker.tuner import ContinuousParameter, HyperparameterTuner, IntegerParameter
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import (
    ConditionGreaterThan,
    ConditionGreaterThanOrEqualTo,
    ConditionLessThan,
)
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.workflow.step_collections import RegisterModel
from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TuningStep

REGION = "us-east-1"
BUCKET = "sagemaker-restate-dev-111122223333"
KEY = f"arn:aws:kms:{REGION}:111122223333:key/data-key"
ROLE = "arn:aws:iam::111122223333:role/restate-dev-"
OPT = "/opt/ml/processing"
MESSAGE = "/opt/ml/output/message"
TAGS = [{"Key": "project", "Value": "restate"}, {"Key": "stack", "Value": "dev"}]
CACHE = CacheConfig(enable_caching=True, expire_after="P30D")


@dataclass(frozen=True)
class Texts:
    """Texts from the rendered definition, which only this project can create."""

    decision_tree_image: str
    flow_output: str
    query: str
    flow: str
    preprocess: str
    evaluate: str
    metrics: list[dict[str, str]]


def folder_of(step: ProcessingStep, output: str) -> Join:
    """The URI of an output as a folder's, for inputs."""
    return Join(
        on="", values=[step.properties.ProcessingOutputConfig.Outputs[output].S3Output.S3Uri, "/"]
    )


def newer(framework: str, known: str, version: str) -> str:
    """The URI of an image in a newer version than this SDK has."""
    uri: str = image_uris.retrieve(framework, REGION, version=known)
    return uri.replace(f":{known}", f":{version}")


def offline_session() -> Any:
    """A session without AWS and without the SDK's telemetry."""
    session = PipelineSession(
        boto_session=Mock(region_name=REGION),
        sagemaker_client=Mock(),
        default_bucket=BUCKET,
    )
    session.sagemaker_config = {
        "SchemaVersion": "1.0",
        "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
    }
    return session


class Graph:
    """The steps, each built once."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self.session = offline_session()
        self.processing_type = ParameterString("ProcessingInstanceType", "ml.m5.4xlarge")
        self.processing_count = ParameterInteger("ProcessingInstanceCount", 1)
        self.training_type = ParameterString("TrainingInstanceType", "ml.m5.xlarge")
        self.approval = ParameterString(
            "ModelApprovalStatus",
            "PendingManualApproval",
            enum_values=["Approved", "Rejected", "PendingManualApproval"],
        )
        self.minimum = ParameterFloat("MinimumR2", 0)
        self.retries = [
            StepRetryPolicy(
                exception_types=[
                    StepExceptionTypeEnum.SERVICE_FAULT,
                    StepExceptionTypeEnum.THROTTLING,
                ],
                interval_seconds=30,
                backoff_rate=2,
                max_attempts=3,
            ),
            SageMakerJobStepRetryPolicy(
                exception_types=[
                    SageMakerJobExceptionTypeEnum.INTERNAL_ERROR,
                    SageMakerJobExceptionTypeEnum.CAPACITY_ERROR,
                    SageMakerJobExceptionTypeEnum.RESOURCE_LIMIT,
                ],
                interval_seconds=30,
                backoff_rate=2,
                max_attempts=3,
            ),
        ]

    def execution_uri(self, path: str) -> Join:
        return Join(
            on="/",
            values=[
                f"s3://{BUCKET}/executions",
                ExecutionVariables.PIPELINE_EXECUTION_ID,
                path,
            ],
        )

    def processor(self, image: str, **options: Any) -> Processor:
        defaults = {
            "role": f"{ROLE}processing",
            "image_uri": image,
            "instance_count": 1,
            "instance_type": self.processing_type,
            "volume_size_in_gb": 30,
            "volume_kms_key": KEY,
            "output_kms_key": KEY,
            "max_runtime_in_seconds": 3600,
            "sagemaker_session": self.session,
            "tags": TAGS,
            "network_config": NetworkConfig(
                enable_network_isolation=True, encrypt_inter_container_traffic=True
            ),
        }
        return Processor(**{**defaults, **options})

    def script(self, image: str, script: str, **options: Any) -> Processor:
        return self.processor(image, entrypoint=["python3", f"{OPT}/code/{script}"], **options)

    def output(self, name: str, folder: str, path: str) -> ProcessingOutput:
        return ProcessingOutput(
            output_name=name, source=f"{OPT}/{folder}", destination=self.execution_uri(path)
        )

    def data_wrangler(self) -> ProcessingStep:
        processor = self.processor(
            newer("data-wrangler", "3.x", "5.1.3"),
            instance_count=self.processing_count,
            network_config=NetworkConfig(
                enable_network_isolation=False, encrypt_inter_container_traffic=True
            ),
        )
        dataset = DatasetDefinition(
            local_path=f"{OPT}/california_housing",
            data_distribution_type="FullyReplicated",
            input_mode="File",
            athena_dataset_definition=AthenaDatasetDefinition(
                catalog="AwsDataCatalog",
                database="restate_dev",
                query_string=self.texts.query,
                work_group="restate-dev",
                output_s3_uri=f"s3://{BUCKET}/athena/",
                output_format="PARQUET",
                output_compression="SNAPPY",
                kms_key_id=KEY,
            ),
        )
        output = self.texts.flow_output
        arguments = processor.run(
            inputs=[
                ProcessingInput(
                    source=self.texts.flow, destination=f"{OPT}/flow", input_name="flow"
                ),
                ProcessingInput(input_name="california_housing", dataset_definition=dataset),
            ],
            outputs=[self.output(output, "output", "data-wrangler")],
            arguments=[f'--output-config \'{{"{output}":{{"content_type":"CSV"}}}}\''],
        )
        return ProcessingStep(
            "DataWranglerProcess", step_args=arguments, retry_policies=self.retries
        )

    def preprocess(self, source: ProcessingStep) -> ProcessingStep:
        image = newer("sklearn", "1.2-1", "1.9-0")
        outputs = source.properties.ProcessingOutputConfig.Outputs
        arguments = self.script(image, "preprocess.py").run(
            inputs=[
                ProcessingInput(
                    source=self.texts.preprocess, destination=f"{OPT}/code", input_name="code"
                ),
                ProcessingInput(
                    source=Join(
                        on="/",
                        values=[
                            outputs[self.texts.flow_output].S3Output.S3Uri,
                            source.properties.ProcessingJobName,
                            self.texts.flow_output.partition(".")[0],
                            "default/",
                        ],
                    ),
                    destination=f"{OPT}/input",
                    input_name="input",
                ),
            ],
            outputs=[
                self.output(name, name, name)
                for name in ("train", "validation", "test", "metadata")
            ],
            arguments=[
                *("--input", f"{OPT}/input", "--output", OPT, "--target", "medianhousevalue"),
                *("--train", "0.7", "--validation", "0.2", "--test", "0.1"),
                *("--seed", "1729", "--message", MESSAGE),
                *("--table", "california_housing", "--column-count", "7", "--data-checks", "warn"),
            ],
        )
        return ProcessingStep(
            "Preprocess", step_args=arguments, cache_config=CACHE, retry_policies=self.retries
        )

    def tuning(
        self,
        name: str,
        image: str,
        channels: dict[str, TrainingInput],
        hyperparameters: dict[str, str],
        ranges: dict[str, Any],
        max_jobs: int,
        metrics: list[dict[str, str]] | None,
    ) -> TuningStep:
        estimator = Estimator(
            image_uri=image,
            role=f"{ROLE}training",
            instance_count=1,
            instance_type=self.training_type,
            volume_size=30,
            volume_kms_key=KEY,
            max_run=3600,
            output_path=f"s3://{BUCKET}/models/{name}",
            output_kms_key=KEY,
            sagemaker_session=self.session,
            hyperparameters=hyperparameters,
            enable_network_isolation=True,
            encrypt_inter_container_traffic=True,
            metric_definitions=metrics,
        )
        tuner = HyperparameterTuner(
            estimator,
            objective_metric_name="validation:rmse",
            objective_type="Minimize",
            hyperparameter_ranges=ranges,
            metric_definitions=metrics,
            strategy="Bayesian",
            max_jobs=max_jobs,
            max_parallel_jobs=2,
            random_seed=1729,
            tags=TAGS,
        )
        return TuningStep(
            f"Tune{name}",
            display_name=name,
            step_args=tuner.fit(channels),
            cache_config=CACHE,
            retry_policies=self.retries,
        )

    def evaluation(
        self, name: str, algorithm: str, image: str, tuning: TuningStep, data: ProcessingStep
    ) -> tuple[ProcessingStep, PropertyFile]:
        report = PropertyFile("Evaluation", output_name="evaluation", path="evaluation.json")
        arguments = self.script(image, "evaluate.py", role=f"{ROLE}evaluation").run(
            inputs=[
                ProcessingInput(
                    source=self.texts.evaluate, destination=f"{OPT}/code", input_name="code"
                ),
                ProcessingInput(
                    source=tuning.get_top_model_s3_uri(
                        top_k=0, s3_bucket=BUCKET, prefix=f"models/{name}"
                    ),
                    destination=f"{OPT}/model",
                    input_name="model",
                ),
                ProcessingInput(
                    source=folder_of(data, "test"),
                    destination=f"{OPT}/test",
                    input_name="test",
                ),
            ],
            outputs=[self.output("evaluation", "evaluation", f"evaluation/{name}")],
            arguments=[
                *("--algorithm", algorithm, "--model", f"{OPT}/model", "--test", f"{OPT}/test"),
                *("--output", f"{OPT}/evaluation", "--message", MESSAGE),
            ],
        )
        step = ProcessingStep(
            f"Evaluate{name}",
            step_args=arguments,
            property_files=[report],
            cache_config=CACHE,
            retry_policies=self.retries,
        )
        return step, report

    def register(
        self,
        name: str,
        algorithm: str,
        image: str,
        tuning: TuningStep,
        evaluation: ProcessingStep,
        r2: JsonGet,
    ) -> RegisterModel:
        model = tuning.get_top_model_s3_uri(top_k=0, s3_bucket=BUCKET, prefix=f"models/{name}")
        output = evaluation.properties.ProcessingOutputConfig.Outputs["evaluation"]
        return RegisterModel(
            f"Register{name}",
            model_data=model,
            image_uri=image,
            estimator=Estimator(
                image_uri=image,
                role=f"{ROLE}training",
                instance_count=1,
                instance_type="ml.m5.xlarge",
                sagemaker_session=self.session,
            ),
            content_types=["text/csv"],
            response_types=["text/csv"],
            inference_instances=["ml.t2.medium", "ml.m5.large", "ml.m5.xlarge", "ml.c5.large"],
            transform_instances=["ml.m5.large", "ml.m5.xlarge"],
            model_package_group_name="restate-dev",
            approval_status=self.approval,
            model_metrics=ModelMetrics(
                model_statistics=MetricsSource(
                    content_type="application/json",
                    s3_uri=Join(on="/", values=[output.S3Output.S3Uri, "evaluation.json"]),
                )
            ),
            customer_metadata_properties={
                "Table": "california_housing",
                "Target": "medianhousevalue",
                "Candidate": name,
                "Algorithm": algorithm,
                "TrainingJob": tuning.properties.TrainingJobSummaries[0].TrainingJobName,
                "PipelineExecution": ExecutionVariables.PIPELINE_EXECUTION_ID,
                "R2": Join(on="", values=[r2]),
                "Image": image,
                "Flow": self.texts.flow,
            },
            register_model_step_retry_policies=self.retries[:1],
        )

    def channels(self, data: ProcessingStep, *, metadata: bool) -> dict[str, TrainingInput]:
        types = {"train": "text/csv", "validation": "text/csv"}
        if metadata:
            types["metadata"] = "application/json"
        return {
            name: TrainingInput(folder_of(data, name), content_type=content_type)
            for name, content_type in types.items()
        }

    def definition(self) -> str:
        """The SDK's definition of the graph, as JSON."""
        wrangler = self.data_wrangler()
        data = self.preprocess(wrangler)
        tree_image = self.texts.decision_tree_image
        boost_image = newer("xgboost", "3.0-5", "3.2-0")
        tree = self.tuning(
            "DecisionTree",
            tree_image,
            self.channels(data, metadata=True),
            {"random_state": "1729"},
            {
                "max_leaf_nodes": IntegerParameter(100, 1000, "Logarithmic"),
                "max_depth": IntegerParameter(10, 30, "Linear"),
                "min_samples_leaf": IntegerParameter(2, 30, "Logarithmic"),
            },
            12,
            self.texts.metrics,
        )
        boost = self.tuning(
            "XGBoost",
            boost_image,
            self.channels(data, metadata=False),
            {
                "objective": "reg:squarederror",
                "num_round": "600",
                "early_stopping_rounds": "30",
                "seed": "1729",
            },
            {
                "eta": ContinuousParameter(0.03, 0.2, "Logarithmic"),
                "max_depth": IntegerParameter(4, 9, "Linear"),
                "min_child_weight": ContinuousParameter(1, 20, "Logarithmic"),
                "subsample": ContinuousParameter(0.6, 1, "Linear"),
                "colsample_bytree": ContinuousParameter(0.6, 1, "Linear"),
            },
            8,
            None,
        )
        tree_evaluation, tree_report = self.evaluation(
            "DecisionTree", "decision-tree", tree_image, tree, data
        )
        boost_evaluation, boost_report = self.evaluation(
            "XGBoost", "xgboost", boost_image, boost, data
        )
        path = "regression_metrics.r2.value"
        tree_r2 = JsonGet("EvaluateDecisionTree", tree_report, path)
        boost_r2 = JsonGet("EvaluateXGBoost", boost_report, path)
        steps = [
            wrangler,
            data,
            tree,
            boost,
            tree_evaluation,
            boost_evaluation,
            ConditionStep(
                "SelectDecisionTree",
                conditions=[
                    ConditionGreaterThanOrEqualTo(tree_r2, boost_r2),
                    ConditionGreaterThanOrEqualTo(tree_r2, self.minimum),
                ],
                if_steps=[
                    self.register(
                        "DecisionTree", "decision-tree", tree_image, tree, tree_evaluation, tree_r2
                    )
                ],
                else_steps=[],
            ),
            ConditionStep(
                "SelectXGBoost",
                conditions=[
                    ConditionGreaterThan(boost_r2, tree_r2),
                    ConditionGreaterThanOrEqualTo(boost_r2, self.minimum),
                ],
                if_steps=[
                    self.register(
                        "XGBoost", "xgboost", boost_image, boost, boost_evaluation, boost_r2
                    )
                ],
                else_steps=[],
            ),
            ConditionStep(
                "CheckMinimumR2",
                conditions=[
                    ConditionLessThan(tree_r2, self.minimum),
                    ConditionLessThan(boost_r2, self.minimum),
                ],
                if_steps=[
                    FailStep(
                        "FailBelowMinimumR2",
                        error_message=Join(
                            on="",
                            values=[
                                "No candidate reaches R2 ",
                                self.minimum,
                                ": ",
                                "DecisionTree ",
                                tree_r2,
                                ", XGBoost ",
                                boost_r2,
                            ],
                        ),
                    )
                ],
                else_steps=[],
            ),
        ]
        pipeline = Pipeline(
            "restate-dev",
            parameters=[
                self.processing_type,
                self.processing_count,
                self.training_type,
                self.approval,
                self.minimum,
            ],
            steps=steps,
            sagemaker_session=self.session,
        )
        return str(pipeline.definition())
