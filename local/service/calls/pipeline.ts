import {
  type Actor,
  arn,
  type Call,
  type Calls,
  callsBy,
  certain,
  type Evidence,
  type Job,
  likely,
  roleArn,
  sageMakerCallsBy,
  type Stack,
  unproven,
} from "./call";
import { volumes } from "./everyJob";
import { reads } from "./storage";

export const startsJobs = certain(
  'SageMaker guide, "IAM Access Management" of Pipelines, "Pipeline Role Permissions" (Create and Describe of ' +
    "each type of job, and passing their roles)",
);

/** Evidence that jobs with tags are tagged on creation. */
export const tagsJobs = likely(
  'Service Authorization Reference, "Actions, resources, and condition keys for Amazon SageMaker" (an action ' +
    'that Create* depends on); SageMaker guide, "Provide Permissions for Tagging SageMaker AI Resources" (its ' +
    "policy allows tags with only sagemaker:TaggingAction, whatever is created)",
);

const newJobs = certain(
  'Service Authorization Reference, "Actions, resources, and condition keys for Amazon SageMaker" (the keys that ' +
    "each of the calls supports); aws-samples/data-perimeter-policy-examples#30 (those of the network, tried)",
);

const stopsJobs = unproven(
  'no source says with whose permissions SageMaker stops the jobs of a stopped execution: "IAM Access Management" of ' +
    "Pipelines only names Create and Describe",
);

const readsTrials = likely(
  "aws/sagemaker-python-sdk, workflow/steps.py (a TuningStep has the properties of " +
    "ListTrainingJobsForHyperParameterTuningJob's answer)",
);

const tagsTrials = likely(
  'SageMaker API reference, "CreateHyperParameterTuningJob", Tags: added to all training jobs that it launches',
);

const grantsKey = likely(
  'SageMaker guide, "Amazon SageMaker AI API Permissions: Actions, Permissions, and Resources Reference" (of ' +
    "the caller that creates a job, if the job's role lacks this permission)",
);

const readsReports = certain(
  'SageMaker guide, "IAM Access Management" of Pipelines, "Pipeline Role Permissions" (s3:GetObject for JsonGet)',
);

const findsReports = unproven(
  "no source says that JsonGet lists the bucket; without the permission, a missing object looks like a denied one",
);

const recordsExperiments = likely(
  'SageMaker guide, "Amazon SageMaker Experiments Integration" of Pipelines (creates experiment, trial and ' +
    "trial components, through calls that it does not name)",
);

const recordsInMlflow = unproven(
  "no source says what Pipelines calls where a definition has an MlflowConfig, and with whose permissions: AWS News Blog, " +
    '"Accelerate AI development using Amazon SageMaker AI with serverless MLflow", says that the code of steps logs; ' +
    "sagemaker-core, helper/iam_policies.py, describes the app before it logs",
);

/** The condition keys of a job in a network. */
export const networkKeys = (vpc: Stack["vpc"]): Call["context"] =>
  vpc && {
    "sagemaker:VpcSubnets": vpc.subnetIds,
    "sagemaker:VpcSecurityGroupIds": vpc.securityGroupIds,
  };

/** Passing roles to SageMaker. */
export const passesRoles = (actor: Actor, roles: readonly string[], evidence: Evidence): Call =>
  callsBy(actor)(["iam:PassRole"], roles, evidence, {
    context: { "iam:PassedToService": "sagemaker.amazonaws.com" },
  });

/** A job or model that the pipeline creates for a step. */
export interface Creation {
  readonly kind:
    "HyperParameterTuningJob" | "Model" | "ProcessingJob" | "TrainingJob" | "TransformJob";
  /** The end of its ARN. */
  readonly path: string;
  /** Condition keys of its request. */
  readonly context: NonNullable<Call["context"]>;
  /** ARNs of the roles passed to it. */
  readonly roles: readonly string[];
}

/** The calls for a step with the pipeline's role: creates its job or model, follows and stops it. */
export function creates(stack: Stack, { context, kind, path, roles }: Creation): readonly Call[] {
  const call = sageMakerCallsBy(stack, "pipeline");
  const existing = { "aws:ResourceTag/stack": stack.tag };
  const tags = Object.entries(context).filter(([key]) => key.startsWith("aws:RequestTag/"));
  return [
    call([`Create${kind}`], [path], newJobs, context),
    call([`Describe${kind}`], [path], startsJobs, existing),
    ...(tags.length === 0
      ? []
      : [
          call(["AddTags"], [path], tagsJobs, {
            ...Object.fromEntries(tags),
            "sagemaker:TaggingAction": `Create${kind}`,
          }),
        ]),
    ...(kind === "Model" ? [] : [call([`Stop${kind}`], [path], stopsJobs, existing)]),
    ...(roles.length === 0 ? [] : [passesRoles("pipeline", roles, startsJobs)]),
  ];
}

/** The calls with the pipeline's role on the training jobs of a tuning job. */
export function followsTrials(stack: Stack, tuning: string): readonly Call[] {
  const call = sageMakerCallsBy(stack, "pipeline");
  const existing = { "aws:ResourceTag/stack": stack.tag };
  const created = {
    "aws:RequestTag/stack": stack.tag,
    "sagemaker:TaggingAction": "CreateTrainingJob",
  };
  const trial = `training-job/${tuning}-001`;
  return [
    call(
      ["ListTrainingJobsForHyperParameterTuningJob"],
      [`hyper-parameter-tuning-job/${tuning}`],
      readsTrials,
      existing,
    ),
    call(["DescribeTrainingJob"], [trial], readsTrials, existing),
    call(["AddTags"], [trial], tagsTrials, created),
  ];
}

/** The grant on the key of a job's volumes, by the pipeline that creates the job. */
export const grantsVolumes = (key: string | undefined): readonly Call[] =>
  volumes(key, "pipeline", grantsKey);

/** Reading the reports that conditions and other arguments of a step refer to. */
export function readsPropertyFiles(stack: Stack, files: readonly string[]): readonly Call[] {
  return reads(stack, "pipeline", files, {
    endpoint: null,
    evidence: readsReports,
    listing: findsReports,
  });
}

/** Recording the execution where it is tracked. */
export function recordsExecution(stack: Stack, job: Job): readonly Call[] {
  const { experiments, mlflowApp, tag } = stack;
  return [
    ...(experiments ? recordsExperiment(stack, job) : []),
    ...(mlflowApp === undefined
      ? []
      : [
          sageMakerCallsBy(stack, "pipeline")(
            ["CallMlflowAppApi", "DescribeMlflowApp"],
            [mlflowApp.split(":").slice(5).join(":")],
            recordsInMlflow,
            { "aws:ResourceTag/stack": tag },
          ),
        ]),
  ];
}

/** Recording the execution as an experiment, with a component of a job. */
function recordsExperiment(stack: Stack, { execution, name }: Job): readonly Call[] {
  const component = `experiment-trial-component/pipelines-${execution}-${name}-aws-processing-job`;
  const call = sageMakerCallsBy(stack, "pipeline");
  const record = (actions: readonly string[], ...paths: readonly string[]): Call =>
    call(actions, paths, recordsExperiments);
  const tag = (path: string, action: string): Call =>
    call(["AddTags"], [path], tagsJobs, { "sagemaker:TaggingAction": action });
  return [
    tag(`experiment/${stack.pipeline}`, "CreateExperiment"),
    tag(`experiment-trial/${execution}`, "CreateTrial"),
    tag(component, "CreateTrialComponent"),
    record(["CreateExperiment", "DescribeExperiment"], `experiment/${stack.pipeline}`),
    record(["CreateTrial", "DescribeTrial"], `experiment-trial/${execution}`),
    // The service requires the permission on the experiment too.
    record(["CreateTrial"], `experiment/${stack.pipeline}`),
    record(["CreateTrialComponent", "DescribeTrialComponent", "UpdateTrialComponent"], component),
    record(["AssociateTrialComponent"], `experiment-trial/${execution}`, component),
  ];
}

/**
 * The calls of any step with the pipeline's own role: starts, follows and stops jobs, passes them their roles, reads the
 * reports that conditions refer to, and records the execution where it is tracked.
 */
export const pipeline: Calls = (stack, job) => {
  const { candidate, execution, name } = job;
  const created = { "aws:RequestTag/stack": stack.tag };
  const inNetwork = networkKeys(stack.vpc);
  const keys = {
    "sagemaker:OutputKmsKeyArn": stack.kmsKeyArn,
    "sagemaker:VolumeKmsKeyArn": stack.kmsKeyArn,
  };
  const traffic = { "sagemaker:InterContainerTrafficEncryption": "true" };
  const isolation = { "sagemaker:NetworkIsolation": "true" };
  return [
    ...creates(stack, {
      kind: "ProcessingJob",
      path: `processing-job/pipelines-${execution}-${name}`,
      context: {
        ...created,
        ...inNetwork,
        ...keys,
        ...traffic,
        // Data Wrangler's job has no isolation.
        "sagemaker:NetworkIsolation": "false",
      },
      roles: [roleArn(stack, "processing"), roleArn(stack, "evaluation")],
    }),
    ...creates(stack, {
      kind: "HyperParameterTuningJob",
      path: `hyper-parameter-tuning-job/${execution}-Tune`,
      context: { ...created, ...inNetwork, ...keys, ...traffic, ...isolation },
      roles: [roleArn(stack, "training")],
    }),
    ...creates(stack, {
      kind: "Model",
      path: `model/pipelines-${execution}-CreateModel`,
      context: { ...created, ...inNetwork, ...isolation },
      roles: [roleArn(stack, "evaluation")],
    }),
    ...creates(stack, {
      kind: "TransformJob",
      path: `transform-job/pipelines-${execution}-Transform`,
      context: {
        ...created,
        ...keys,
        "sagemaker:ModelArn": arn(stack, "sagemaker", `model/pipelines-${execution}-CreateModel`),
      },
      roles: [],
    }),
    ...followsTrials(stack, `${execution}-Tune`),
    ...grantsVolumes(stack.kmsKeyArn),
    ...readsPropertyFiles(stack, [
      `executions/${execution}/evaluation/${candidate}/evaluation.json`,
    ]),
    ...recordsExecution(stack, job),
  ];
};
