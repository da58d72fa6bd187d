import { type Calls, certain, roleArn, sageMakerCallsBy, unproven } from "./call";
import { everyJob } from "./everyJob";
import { networkKeys, passesRoles, startsJobs, tagsJobs } from "./pipeline";
import { reads, writes } from "./storage";

const stopsJob = unproven(
  "no source says with whose permissions SageMaker stops the jobs of a stopped execution",
);

const readsExecutions = certain(
  'Service Authorization Reference, "Actions, resources, and condition keys for Amazon SageMaker" (the resources of ' +
    "these calls)",
);

const logsRuns = certain(
  "littlemex/distributed-ai, infra/scripts/distai-attach-data-layer.sh (tried: with only this action on an app, a role " +
    "logs runs and reads them)",
);

const putsArtifacts = certain(
  "aws/sagemaker-mlflow, s3_presigned_artifact_repo.py (without presigned URLs, the client itself writes to S3)",
);

/** The pipeline that logs executions, and its job, which have the same role. */
export const logging: Calls = (stack, job) => {
  const { logs, mlflowApp } = stack;
  if (logs === undefined || mlflowApp === undefined) {
    return [];
  }
  const { candidate, execution, name } = job;
  const sageMaker = sageMakerCallsBy(stack, "logging");
  const existing = { "aws:ResourceTag/stack": stack.tag };
  const made = { "aws:RequestTag/stack": stack.tag };
  const own = `processing-job/pipelines-${execution}-LogExecutions-abcdefghij`;
  const results = `executions/${execution}`;
  const access = logs.vpc === undefined ? { endpoint: null } : {};
  const artifact = ["mlflow/1/0123456789abcdef/artifacts/model/model.tar.gz"];
  return [
    ...everyJob(stack, "logging", "ProcessingJobs", {
      ...job,
      named: {
        ...{ repositories: stack.repositories, vpc: logs.vpc, reads: [], writes: [] },
        ...{ volumeKey: stack.kmsKeyArn, outputKey: stack.kmsKeyArn },
      },
    }),
    sageMaker(["CreateProcessingJob"], [own], startsJobs, {
      ...made,
      "sagemaker:InterContainerTrafficEncryption": "true",
      "sagemaker:OutputKmsKeyArn": stack.kmsKeyArn,
      "sagemaker:VolumeKmsKeyArn": stack.kmsKeyArn,
      ...networkKeys(logs.vpc),
    }),
    sageMaker(["AddTags"], [own], tagsJobs, {
      ...made,
      "sagemaker:TaggingAction": "CreateProcessingJob",
    }),
    sageMaker(["DescribeProcessingJob"], [own], startsJobs, existing),
    sageMaker(["StopProcessingJob"], [own], stopsJob, existing),
    passesRoles("logging", [roleArn(stack, "logging")], startsJobs),
    sageMaker(
      ["ListPipelineExecutions"],
      [`pipeline/${stack.pipeline}`, `pipeline/${logs.pipeline}`],
      readsExecutions,
    ),
    sageMaker(
      [
        ...["DescribePipelineDefinitionForExecution", "DescribePipelineExecution"],
        ...["ListPipelineExecutionSteps", "ListPipelineParametersForExecution"],
      ],
      [`pipeline/${stack.pipeline}/execution/${execution}`],
      readsExecutions,
    ),
    sageMaker(
      ["DescribeHyperParameterTuningJob", "ListTrainingJobsForHyperParameterTuningJob"],
      [`hyper-parameter-tuning-job/${name}`],
      readsExecutions,
      existing,
    ),
    sageMaker(
      ["DescribeProcessingJob"],
      [`processing-job/pipelines-${execution}-Evaluate`],
      readsExecutions,
      existing,
    ),
    sageMaker(
      ["DescribeModelPackage", "ListModelPackages"],
      [`model-package/${stack.modelPackageGroup}/1`],
      readsExecutions,
    ),
    sageMaker(["CallMlflowAppApi"], [mlflowApp.split(":").slice(5).join(":")], logsRuns, existing),
    ...reads(
      stack,
      "logging",
      [
        "pipeline/0123456789abcdef/log_executions.py",
        `${results}/evaluation/${candidate}/evaluation.json`,
        `${results}/comparison/comparison.json`,
        `models/${candidate}/${name}/output/model.tar.gz`,
      ],
      access,
    ),
    ...writes(stack, "logging", artifact, { ...access, evidence: putsArtifacts, outputKey: null }),
  ];
};
