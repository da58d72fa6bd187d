import { arn, type Call, type Calls, type Evidence, roleArn } from "./call";
import { volumes } from "./everyJob";
import { reads } from "./storage";

const startsJobs: Evidence = {
  source:
    'SageMaker guide, "IAM Access Management" of Pipelines, "Pipeline Role Permissions" (Create and Describe of ' +
    "each type of job, and passing their roles)",
  certainty: "certain",
};

const tagsJobs: Evidence = {
  source:
    'Service Authorization Reference, "Actions, resources, and condition keys for Amazon SageMaker" (an action ' +
    'that Create* depends on); SageMaker guide, "Provide Permissions for Tagging SageMaker AI Resources" (its ' +
    "policy allows tags with sagemaker:TaggingAction alone, whatever is created)",
  certainty: "likely",
};

const newJobs: Evidence = {
  source:
    'Service Authorization Reference, "Actions, resources, and condition keys for Amazon SageMaker" (the keys that ' +
    "each of the calls knows); aws-samples/data-perimeter-policy-examples#30 (those of the network, tried)",
  certainty: "certain",
};

const stopsJobs: Evidence = {
  source:
    'no source says by whose rights SageMaker stops the jobs of a stopped execution: "IAM Access Management" of ' +
    "Pipelines names Create and Describe alone",
  certainty: "unproven",
};

const readsTrials: Evidence = {
  source:
    "aws/sagemaker-python-sdk, workflow/steps.py (a TuningStep has the properties of " +
    "ListTrainingJobsForHyperParameterTuningJob's answer)",
  certainty: "likely",
};

const tagsTrials: Evidence = {
  source:
    'SageMaker API reference, "CreateHyperParameterTuningJob", Tags: added to all training jobs that it launches',
  certainty: "likely",
};

const grantsKey: Evidence = {
  source:
    'SageMaker guide, "Amazon SageMaker AI API Permissions: Actions, Permissions, and Resources Reference" (of ' +
    "who creates a job, where the job's role has no such right)",
  certainty: "likely",
};

const readsReports: Evidence = {
  source:
    'SageMaker guide, "IAM Access Management" of Pipelines, "Pipeline Role Permissions" (s3:GetObject for JsonGet)',
  certainty: "certain",
};

const findsReports: Evidence = {
  source:
    "no source says that JsonGet lists the bucket; without the right an object that is missing reads as denied",
  certainty: "unproven",
};

const recordsExperiments: Evidence = {
  source:
    'SageMaker guide, "Amazon SageMaker Experiments Integration" of Pipelines (makes experiment, trial and trial ' +
    "components, by calls that it does not name)",
  certainty: "likely",
};

/**
 * What the service does in the pipeline's own name, whatever the step: starts, follows and stops jobs, hands
 * them their roles, reads the reports that conditions are about, and records the execution as an experiment.
 */
export const pipeline: Calls = (stack, { execution, name, candidate }) => {
  const sageMaker = (
    actions: readonly string[],
    paths: readonly string[],
    evidence = startsJobs,
    context?: Call["context"],
  ): Call => ({
    actor: "pipeline",
    actions: actions.map((action) => `sagemaker:${action}`),
    resources: paths.map((path) => arn(stack, "sagemaker", path)),
    ...(context === undefined ? {} : { context }),
    evidence,
  });
  const existing = { "aws:ResourceTag/stack": stack.tag };
  const created = { "aws:RequestTag/stack": stack.tag };
  const inNetwork: Call["context"] = stack.vpc && {
    "sagemaker:VpcSubnets": stack.vpc.subnetIds,
    "sagemaker:VpcSecurityGroupIds": stack.vpc.securityGroupIds,
  };
  const keys = {
    "sagemaker:OutputKmsKeyArn": stack.kmsKeyArn,
    "sagemaker:VolumeKmsKeyArn": stack.kmsKeyArn,
  };
  const traffic = { "sagemaker:InterContainerTrafficEncryption": "true" };
  const isolation = { "sagemaker:NetworkIsolation": "true" };
  const tagged = (action: string, path: string): Call =>
    sageMaker(["AddTags"], [path], tagsJobs, { ...created, "sagemaker:TaggingAction": action });
  const processing = `processing-job/pipelines-${execution}-${name}`;
  const tuning = `hyper-parameter-tuning-job/${execution}-Tune`;
  const trial = `training-job/${execution}-Tune-001`;
  const model = `model/pipelines-${execution}-CreateModel`;
  const transform = `transform-job/pipelines-${execution}-Transform`;
  const component = `experiment-trial-component/pipelines-${execution}-${name}-aws-processing-job`;
  return [
    // Data Wrangler's job has no isolation.
    sageMaker(["CreateProcessingJob"], [processing], newJobs, {
      ...created,
      ...inNetwork,
      ...keys,
      ...traffic,
      "sagemaker:NetworkIsolation": "false",
    }),
    sageMaker(["CreateHyperParameterTuningJob"], [tuning], newJobs, {
      ...created,
      ...inNetwork,
      ...keys,
      ...traffic,
      ...isolation,
    }),
    sageMaker(["CreateModel"], [model], newJobs, { ...created, ...inNetwork, ...isolation }),
    sageMaker(["CreateTransformJob"], [transform], newJobs, { ...created, ...keys }),
    sageMaker(["DescribeProcessingJob"], [processing], startsJobs, existing),
    sageMaker(["DescribeHyperParameterTuningJob"], [tuning], startsJobs, existing),
    sageMaker(["DescribeModel"], [model], startsJobs, existing),
    sageMaker(["DescribeTransformJob"], [transform], startsJobs, existing),
    tagged("CreateProcessingJob", processing),
    tagged("CreateHyperParameterTuningJob", tuning),
    tagged("CreateModel", model),
    tagged("CreateTransformJob", transform),
    sageMaker(["StopProcessingJob"], [processing], stopsJobs, existing),
    sageMaker(["StopHyperParameterTuningJob"], [tuning], stopsJobs, existing),
    sageMaker(["StopTransformJob"], [transform], stopsJobs, existing),
    sageMaker(["ListTrainingJobsForHyperParameterTuningJob"], [tuning], readsTrials, existing),
    sageMaker(["DescribeTrainingJob"], [trial], readsTrials, existing),
    sageMaker(["AddTags"], [trial], tagsTrials, created),
    {
      actor: "pipeline",
      actions: ["iam:PassRole"],
      resources: [
        roleArn(stack, "processing"),
        roleArn(stack, "training"),
        roleArn(stack, "evaluation"),
      ],
      context: { "iam:PassedToService": "sagemaker.amazonaws.com" },
      evidence: startsJobs,
    },
    ...volumes(stack, "pipeline", grantsKey),
    ...reads(
      stack,
      "pipeline",
      [`executions/${execution}/evaluation/${candidate}/evaluation.json`],
      {
        endpoint: null,
        evidence: readsReports,
        listing: findsReports,
      },
    ),
    sageMaker(
      ["AddTags", "CreateExperiment", "DescribeExperiment"],
      [`experiment/${stack.pipeline}`],
      recordsExperiments,
    ),
    sageMaker(
      ["AddTags", "CreateTrial", "DescribeTrial"],
      [`experiment-trial/${execution}`],
      recordsExperiments,
    ),
    // The service asks for the right on the experiment too.
    sageMaker(["CreateTrial"], [`experiment/${stack.pipeline}`], recordsExperiments),
    sageMaker(
      ["AddTags", "CreateTrialComponent", "DescribeTrialComponent", "UpdateTrialComponent"],
      [component],
      recordsExperiments,
    ),
    sageMaker(
      ["AssociateTrialComponent"],
      [`experiment-trial/${execution}`, component],
      recordsExperiments,
    ),
  ];
};
