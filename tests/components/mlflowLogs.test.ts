import { deepEqual, equal, match } from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { MlflowLogs } from "../../components/mlflowLogs";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { construct } from "../support/construct";
import { at } from "../support/definitions";
import { text } from "../support/json";

const app = "arn:aws:sagemaker:us-east-1:111122223333:mlflow-app/app-ABCD1234";
const pipelineArn = "arn:aws:sagemaker:us-east-1:111122223333:pipeline/the-pipeline";
const kmsKeyArn = "arn:aws:kms:us-east-1:111122223333:key/the-key";
const imageUri = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0";
const roleArn = "arn:aws:iam::111122223333:role/logging";
const vpc = { subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"] };

const make = async (network?: typeof vpc) => {
  const { registered } = await construct(
    (options) =>
      new MlflowLogs(
        "logs",
        {
          names: {
            bucketName: pulumi.output("the-bucket"),
            loggingName: "the-logging",
            modelPackageGroupName: "the-group",
            pipelineName: "the-pipeline",
          },
          pipelineArn,
          appArn: app,
          job: {
            imageUri,
            roleArns: {
              logging: pulumi.output(roleArn),
              scheduler: pulumi.output("the-scheduler"),
            },
            kmsKeyArn: pulumi.output(kmsKeyArn),
            vpc: network,
            tags: { stack: "test" },
          },
        },
        options,
      ),
  );
  const pipeline = registered["sagemaker/pipeline logs-pipeline"] ?? {};
  const definition = pipeline["pipelineDefinition"] as unknown as PipelineDefinition;
  return { registered, pipeline, definition };
};

describe("MlflowLogs", () => {
  it("makes a pipeline with one job, which may call the app and writes no output", async () => {
    const { definition, pipeline, registered } = await make();
    equal(pipeline["roleArn"], roleArn);
    equal(pipeline["pipelineName"], "the-logging");
    const [step, ...others] = definition.Steps;
    deepEqual(others, []);
    deepEqual([step?.Name, step?.Type], ["LogExecutions", "Processing"]);
    equal(at(step, "CacheConfig"), undefined);
    const job = at(step, "Arguments");
    deepEqual(at(job, "AppSpecification"), {
      ImageUri: imageUri,
      ContainerEntrypoint: ["python3", "/opt/ml/processing/code/log_executions.py"],
      ContainerArguments: [
        ...["--app", app, "--pipeline", "the-pipeline", "--model-package-group", "the-group"],
        ...["--own-execution", { Get: "Execution.PipelineExecutionArn" }],
        ...["--message", "/opt/ml/output/message"],
      ],
    });
    deepEqual(at(job, "NetworkConfig"), {
      EnableInterContainerTrafficEncryption: true,
      EnableNetworkIsolation: false,
    });
    deepEqual(at(job, "ProcessingOutputConfig"), { KmsKeyId: kmsKeyArn, Outputs: [] });
    equal(at(job, "RoleArn"), roleArn);
    // No start can choose another one.
    equal(at(job, "ProcessingResources", "ClusterConfig", "InstanceType"), "ml.t3.medium");
    deepEqual(definition.Parameters, []);
    const code = String(at(job, "ProcessingInputs", 0, "S3Input", "S3Uri"));
    match(code, /^s3:\/\/the-bucket\/pipeline\/[0-9a-f]{16}\/$/);
    const keys = Object.values(registered).flatMap(({ key }) => (key === undefined ? [] : [key]));
    deepEqual(
      keys.map((key) => `s3://the-bucket/${text(key)}`).sort(),
      ["log_executions", "mlflow_rest", "mlflow_runs", "processing_job", "s3_objects"].map(
        (one) => `${code}${one}.py`,
      ),
    );
  });

  it("runs its job in a network where there is one for it", async () => {
    const { definition } = await make(vpc);
    deepEqual(at(definition.Steps[0], "Arguments", "NetworkConfig", "VpcConfig"), {
      SecurityGroupIds: ["sg-1"],
      Subnets: ["subnet-1"],
    });
  });

  it("starts it when an execution ends, and when a model is approved or rejected", async () => {
    const { registered } = await make();
    deepEqual(registered["cloudwatch/eventRule logs"]?.["eventPattern"], {
      source: ["aws.sagemaker"],
      "detail-type": ["SageMaker Model Building Pipeline Execution Status Change"],
      detail: {
        pipelineArn: [pipelineArn],
        currentPipelineExecutionStatus: ["Succeeded", "Failed", "Stopped"],
      },
    });
    deepEqual(registered["cloudwatch/eventRule logs-approval"]?.["eventPattern"], {
      source: ["aws.sagemaker"],
      "detail-type": ["SageMaker Model Package State Change"],
      detail: {
        ModelPackageGroupName: ["the-group"],
        ModelApprovalStatus: ["Approved", "Rejected"],
      },
    });
    deepEqual(registered["cloudwatch/eventTarget logs-approval-target"], {
      rule: "the-logging-approval",
      arn: "arn:aws:sagemaker:us-east-1:111122223333:pipeline/logs-pipeline",
      roleArn: "the-scheduler",
      sagemakerPipelineTarget: {},
    });
  });
});
