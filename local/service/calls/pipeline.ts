import { arn, type Call, type Calls, type Evidence, roleArn } from "./call";
import { volumes } from "./everyJob";
import { reads } from "./storage";

const startsJobs: Evidence = {
  source: 'SageMaker guide, "IAM Access Management" of Pipelines',
  certainty: "certain",
};

const tagsTrials: Evidence = {
  source:
    'SageMaker API reference, "CreateHyperParameterTuningJob", Tags: added to all training jobs that it launches',
  certainty: "certain",
};

const readsReports: Evidence = {
  source:
    'SageMaker guide, "Pass Data Between Steps" of Pipelines (conditions read property files)',
  certainty: "likely",
};

const recordsExperiments: Evidence = {
  source: 'SageMaker guide, "Amazon SageMaker Experiments Integration" of Pipelines',
  certainty: "certain",
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
  return [
    sageMaker(
      ["AddTags", "CreateProcessingJob", "DescribeProcessingJob", "StopProcessingJob"],
      [`processing-job/pipelines-${execution}-${name}`],
    ),
    sageMaker(
      [
        "AddTags",
        "CreateHyperParameterTuningJob",
        "DescribeHyperParameterTuningJob",
        "ListTrainingJobsForHyperParameterTuningJob",
        "StopHyperParameterTuningJob",
      ],
      [`hyper-parameter-tuning-job/${execution}-Tune`],
    ),
    sageMaker(["DescribeTrainingJob"], [`training-job/${execution}-Tune-001`]),
    sageMaker(["AddTags"], [`training-job/${execution}-Tune-001`], tagsTrials),
    sageMaker(
      ["AddTags", "CreateModel", "DescribeModel"],
      [`model/pipelines-${execution}-CreateModel`],
    ),
    sageMaker(
      ["AddTags", "CreateTransformJob", "DescribeTransformJob", "StopTransformJob"],
      [`transform-job/pipelines-${execution}-Transform`],
    ),
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
    ...volumes(stack, "pipeline"),
    ...reads(
      stack,
      "pipeline",
      [`executions/${execution}/evaluation/${candidate}/evaluation.json`],
      {
        endpoint: null,
        evidence: readsReports,
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
    sageMaker(
      ["AddTags", "CreateTrialComponent", "DescribeTrialComponent", "UpdateTrialComponent"],
      [`experiment-trial-component/pipelines-${execution}-${name}-aws-processing-job`],
      recordsExperiments,
    ),
    sageMaker(
      ["AssociateTrialComponent"],
      [
        `experiment-trial/${execution}`,
        `experiment-trial-component/pipelines-${execution}-${name}-aws-processing-job`,
      ],
      recordsExperiments,
    ),
  ];
};
