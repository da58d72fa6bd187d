import { usesExperiments, usesMlflow } from "../../pipeline/tracking";
import { allow, passRoles, type Statement, type Statements } from "./statements";

/** Names of the jobs of steps; tuning jobs only have the execution's. */
export const jobNames = {
  processing: "processing-job/pipelines-*",
  tuning: "hyper-parameter-tuning-job/*",
  training: "training-job/*",
  model: "model/pipelines-*",
  transform: "transform-job/pipelines-*",
} as const;

/** Transforms with the pipeline's own models; others have their own roles, networks and isolation. */
function ofOwnModels(stack: Statements): Statement {
  const { Condition, ...job } = stack.makeJobs(
    "MakeTransforms",
    "sagemaker:CreateTransformJob",
    jobNames.transform,
    "outputKey",
    "volumeKey",
  );
  // Source: Service Authorization Reference. Requests always name a model, so AWS always sets the key.
  const model = { "sagemaker:ModelArn": stack.arn("sagemaker", jobNames.model) };
  return { ...job, Condition: { ...Condition, ArnLikeIfExists: model } };
}

/** Jobs in the network, isolated and with the key; the stack's tag identifies its own. */
function runJobs(stack: Statements): readonly Statement[] {
  const { model, processing, training, transform, tuning } = jobNames;
  const { trainingVolumesTakeKey } = stack.args;
  const all = ["network", "outputKey", "trafficEncryption", "volumeKey"] as const;
  const arns = (...names: readonly string[]) => names.map((name) => stack.arn("sagemaker", name));
  return [
    // Data Wrangler's job has no isolation, so processing cannot require it.
    stack.makeJobs("MakeProcessing", "sagemaker:CreateProcessingJob", processing, ...all),
    stack.makeJobs(
      "MakeTuning",
      "sagemaker:CreateHyperParameterTuningJob",
      tuning,
      ...all.filter((need) => need !== "volumeKey" || trainingVolumesTakeKey),
      "isolation",
    ),
    stack.makeJobs("MakeModels", "sagemaker:CreateModel", model, "isolation", "network"),
    ofOwnModels(stack),
    // A tuning job's trials get its tags, by a call that no source describes.
    stack.tagNew("TagNewJobs", arns(processing, tuning, training, model, transform)),
    allow(
      "FollowJobs",
      [
        "sagemaker:DescribeHyperParameterTuningJob",
        "sagemaker:DescribeModel",
        "sagemaker:DescribeProcessingJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:DescribeTransformJob",
        "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
        "sagemaker:StopHyperParameterTuningJob",
        "sagemaker:StopProcessingJob",
        "sagemaker:StopTransformJob",
      ],
      arns(processing, tuning, training, model, transform),
      stack.own(),
    ),
  ];
}

/** Registering models for others to approve. */
function registerModels(stack: Statements): readonly Statement[] {
  const [group, versions] = stack.modelPackages();
  return [
    allow("RegisterModels", "sagemaker:CreateModelPackage", versions, {
      StringEquals: { "sagemaker:ModelApprovalStatus": stack.args.modelApprovalStatus },
    }),
    allow(
      "SeeModels",
      [
        "sagemaker:AddTags",
        "sagemaker:DescribeModelPackage",
        "sagemaker:DescribeModelPackageGroup",
        "sagemaker:ListModelPackages",
      ],
      [group, versions],
    ),
  ];
}

/** Recording the execution as an experiment; the service names the jobs' components. */
function recordExperiments(stack: Statements): readonly Statement[] {
  const { names, ownTag } = stack.args;
  const experiment = stack.arn("sagemaker", `experiment/${names.pipelineName}`);
  const parts = [
    stack.arn("sagemaker", "experiment-trial/*"),
    stack.arn("sagemaker", "experiment-trial-component/pipelines-*-aws-*-job"),
    stack.arn("sagemaker", "experiment-trial-component/*-aws-training-job"),
  ];
  const own = { [`aws:ResourceTag/${ownTag.key}`]: ownTag.value };
  return [
    allow("TagExperiment", "sagemaker:AddTags", experiment, { StringEqualsIfExists: own }),
    // Only on creation, as with jobs.
    allow("TagNewParts", "sagemaker:AddTags", parts, {
      StringEqualsIfExists: own,
      Null: { "sagemaker:TaggingAction": "false" },
    }),
    allow(
      "RecordExperiments",
      [
        "sagemaker:AssociateTrialComponent",
        "sagemaker:CreateExperiment",
        "sagemaker:CreateTrial",
        "sagemaker:CreateTrialComponent",
        "sagemaker:DescribeExperiment",
        "sagemaker:DescribeTrial",
        "sagemaker:DescribeTrialComponent",
        "sagemaker:UpdateTrialComponent",
      ],
      [experiment, ...parts],
      // No source says whether the service tags them; if so, another stack's are excluded.
      { StringEqualsIfExists: own },
    ),
  ];
}

/** Recording the execution in the stack's MLflow app, whose id AWS assigns. */
function recordInMlflow(stack: Statements): Statement {
  return allow(
    "RecordInMlflow",
    ["sagemaker:CallMlflowAppApi", "sagemaker:DescribeMlflowApp"],
    stack.arn("sagemaker", "mlflow-app/*"),
    stack.own(),
  );
}

/** The pipeline: starts jobs, registers models, and records executions where they are tracked. */
export function pipeline(stack: Statements): readonly Statement[] {
  const { tracking: where } = stack.args;
  return [
    ...runJobs(stack),
    ...registerModels(stack),
    ...(usesExperiments(where) ? recordExperiments(stack) : []),
    ...(usesMlflow(where) ? [recordInMlflow(stack)] : []),
    passRoles(
      "PassJobRoles",
      [stack.roleArns.processing, stack.roleArns.training, stack.roleArns.evaluation],
      "sagemaker.amazonaws.com",
    ),
    stack.listBucket(),
    allow("ReadReports", "s3:GetObject", stack.objects("executions", "models")),
    stack.useKeyThroughS3(),
    ...stack.grantKeyForVolumes(),
    ...stack.pullImage(),
    allow("FindImages", "ecr:DescribeImages", stack.images()),
  ];
}
