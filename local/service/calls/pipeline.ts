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
    "that Create* depends on)",
  certainty: "likely",
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
  ): Call => ({
    actor: "pipeline",
    actions: actions.map((action) => `sagemaker:${action}`),
    resources: paths.map((path) => arn(stack, "sagemaker", path)),
    evidence,
  });
  const processing = `processing-job/pipelines-${execution}-${name}`;
  const tuning = `hyper-parameter-tuning-job/${execution}-Tune`;
  const trial = `training-job/${execution}-Tune-001`;
  const model = `model/pipelines-${execution}-CreateModel`;
  const transform = `transform-job/pipelines-${execution}-Transform`;
  const component = `experiment-trial-component/pipelines-${execution}-${name}-aws-processing-job`;
  return [
    sageMaker(["CreateProcessingJob", "DescribeProcessingJob"], [processing]),
    sageMaker(["CreateHyperParameterTuningJob", "DescribeHyperParameterTuningJob"], [tuning]),
    sageMaker(["CreateModel", "DescribeModel"], [model]),
    sageMaker(["CreateTransformJob", "DescribeTransformJob"], [transform]),
    sageMaker(["AddTags"], [processing, tuning, model, transform], tagsJobs),
    sageMaker(["StopProcessingJob"], [processing], stopsJobs),
    sageMaker(["StopHyperParameterTuningJob"], [tuning], stopsJobs),
    sageMaker(["StopTransformJob"], [transform], stopsJobs),
    sageMaker(["ListTrainingJobsForHyperParameterTuningJob"], [tuning], readsTrials),
    sageMaker(["DescribeTrainingJob"], [trial], readsTrials),
    sageMaker(["AddTags"], [trial], tagsTrials),
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
