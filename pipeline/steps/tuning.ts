import { imageOf, objectiveMetric } from "../algorithms";
import type { Candidate, HyperparameterRange } from "../candidates";
import { hasLocalStorage } from "../instanceTypes";
import type { TuningArguments, TuningStep } from "../language/definition";
import {
  join,
  type Join,
  type Reference,
  stepProperty,
  type StringExpression,
} from "../language/expressions";
import { parameter, parentParameter } from "../parameters";
import { cached, type JobContext, jobRetries, tags, vpcConfig } from "./step";

type TuningJobConfig = NonNullable<TuningArguments["HyperParameterTuningJobConfig"]>;
type TrainingJobDefinition = NonNullable<TuningArguments["TrainingJobDefinition"]>;

/** A channel of training data. */
export interface Channel {
  readonly name: string;
  /** S3 URI of its folder, with a final slash. */
  readonly uri: StringExpression;
  readonly contentType: string;
}

/** A metric in a training job's log, in the form of CreateTrainingJob. */
export interface MetricDefinition {
  readonly Name: string;
  /** At most 500 characters, with one group. */
  readonly Regex: string;
}

export interface TuningStepArgs {
  readonly name: string;
  readonly candidate: Candidate;
  readonly imageUri: string;
  /** Default: none, for SageMaker's built-in algorithms, which have their own and refuse others. */
  readonly metricDefinitions?: readonly MetricDefinition[];
  readonly channels: readonly Channel[];
  /** Bucket and prefix of the model artifacts. */
  readonly output: { readonly bucket: string; readonly prefix: string };
  /** S3 URI of the folder of the checkpoints of spot training. */
  readonly checkpointUri: StringExpression;
  readonly roleArn: string;
  readonly context: JobContext;
  /** Whether the second column of the train and validation data weights the rows. */
  readonly isWeighted: boolean;
  /** Seed of the search. */
  readonly seed: number;
}

/** A tuning step, and references to its best training job. */
export interface Tuning {
  readonly step: TuningStep;
  readonly bestTrainingJobName: Reference;
  /** S3 URI of the best training job's model artifact. */
  readonly bestModelUri: Join;
}

/** The ranges in the form of CreateHyperParameterTuningJob: by kind, with numbers as strings. */
function parameterRanges(
  ranges: Readonly<Record<string, HyperparameterRange>>,
): NonNullable<TuningJobConfig["ParameterRanges"]> {
  const all = Object.entries(ranges);
  const numeric = (kind: "continuous" | "integer") =>
    all.flatMap(([Name, range]) => {
      if (range.type !== kind) {
        return [];
      }
      const { max, min, scaling } = range;
      return [{ Name, MinValue: String(min), MaxValue: String(max), ScalingType: scaling }];
    });
  return {
    IntegerParameterRanges: numeric("integer"),
    ContinuousParameterRanges: numeric("continuous"),
    CategoricalParameterRanges: all.flatMap(([name, range]) =>
      range.type === "categorical" ? [{ Name: name, Values: range.values }] : [],
    ),
  };
}

function inputDataConfig(
  channels: readonly Channel[],
): NonNullable<TrainingJobDefinition["InputDataConfig"]> {
  return channels.map(({ name, uri, contentType }) => ({
    ChannelName: name,
    ContentType: contentType,
    DataSource: {
      S3DataSource: {
        S3Uri: uri,
        S3DataType: "S3Prefix",
        S3DataDistributionType: "FullyReplicated",
      },
    },
  }));
}

/** The time limits of a training job, including the wait for spot instances. */
function stopping(
  candidate: Candidate,
  checkpointUri: StringExpression,
): Pick<
  TrainingJobDefinition,
  "CheckpointConfig" | "EnableManagedSpotTraining" | "StoppingCondition"
> {
  const { maxRuntimeInSeconds, spotMaxWaitTimeInSeconds } = candidate;
  if (spotMaxWaitTimeInSeconds === undefined) {
    return { StoppingCondition: { MaxRuntimeInSeconds: maxRuntimeInSeconds } };
  }
  return {
    EnableManagedSpotTraining: true,
    CheckpointConfig: { S3Uri: checkpointUri },
    StoppingCondition: {
      MaxRuntimeInSeconds: maxRuntimeInSeconds,
      MaxWaitTimeInSeconds: spotMaxWaitTimeInSeconds,
    },
  };
}

/** The TuningJobCompletionCriteria, which end the tuning early. */
function completionCriteria({
  completionCriteria: criteria,
}: Candidate): TuningJobConfig["TuningJobCompletionCriteria"] {
  const max = criteria?.maxJobsNotImproving;
  return (
    criteria && {
      TargetObjectiveMetricValue: criteria.targetObjectiveValue,
      BestObjectiveNotImproving:
        max === undefined ? undefined : { MaxNumberOfTrainingJobsNotImproving: max },
      ConvergenceDetected: criteria.completeOnConvergence
        ? { CompleteOnConvergence: "Enabled" }
        : undefined,
    }
  );
}

/**
 * The tuning jobs whose results the search starts from. A parameter may name each: WarmStartConfig of the SageMaker Python
 * SDK takes pipeline variables. No source says whether the pipeline's role needs rights on them; it may describe those of
 * its stack, and list their trials.
 */
function warmStartConfig({ name, warmStart }: Candidate): TuningArguments["WarmStartConfig"] {
  return (
    warmStart && {
      ParentHyperParameterTuningJobs: warmStart.parents.map((_, index) => ({
        HyperParameterTuningJobName: parameter(parentParameter(name, index + 1)),
      })),
      WarmStartType: warmStart.type,
    }
  );
}

/**
 * The hyperparameter that makes the second column weight the rows, of the built-in XGBoost and of the stack's own image.
 * XGBoost reads it in both channels, but its image replaces XGBoost's RMSE by scikit-learn's without weights, so tuning and
 * early stopping compare its trials by the unweighted RMSE. Source: data_utils.py, algorithm_mode/train.py and
 * metrics/custom_metrics.py of aws/sagemaker-xgboost-container.
 */
const weighted = { csv_weights: "1" };

/**
 * The static hyperparameters, including the algorithm of an image with several. If trials may be stopped, early or because
 * the tuning is complete, XGBoost must save its model after each round: otherwise a stopped trial has no model, and may
 * still be the best (source: add_sigterm_handler and SaveIntermediateModelCallBack in aws/sagemaker-xgboost-container). Not
 * otherwise, because it takes time, and not on spot instances, where an interrupted trial starts again.
 */
function staticHyperparameters({
  candidate,
  isWeighted,
}: TuningStepArgs): Readonly<Record<string, string>> {
  const { algorithm } = candidate;
  const hyperparameters = { ...(isWeighted ? weighted : {}), ...candidate.hyperparameters };
  const mayStop =
    candidate.earlyStopping ||
    candidate.strategy === "Hyperband" ||
    candidate.completionCriteria !== undefined ||
    candidate.maxTuningRuntimeInSeconds !== undefined;
  if (algorithm === "xgboost" && mayStop) {
    return { save_model_on_termination: "true", ...hyperparameters };
  }
  return typeof algorithm === "string" && algorithm !== imageOf(algorithm)
    ? { algorithm, ...hyperparameters }
    : hyperparameters;
}

/** Builds a Tuning step. Its arguments are CreateHyperParameterTuningJob's. */
export function tuningStep(args: TuningStepArgs): Tuning {
  const { candidate, context, name } = args;
  const { hyperband } = candidate;
  const { bucket, prefix } = args.output;
  const step: TuningStep = {
    Name: name,
    // ListPipelineExecutionSteps returns it, so an execution's candidates have names.
    DisplayName: candidate.name,
    Type: "Tuning",
    RetryPolicies: jobRetries,
    CacheConfig: cached,
    Arguments: {
      Tags: tags(context),
      HyperParameterTuningJobConfig: {
        Strategy: candidate.strategy,
        StrategyConfig: hyperband && {
          HyperbandStrategyConfig: {
            MinResource: hyperband.minResource,
            MaxResource: hyperband.maxResource,
          },
        },
        HyperParameterTuningJobObjective: { Type: "Minimize", MetricName: objectiveMetric },
        ResourceLimits: {
          MaxNumberOfTrainingJobs: candidate.maxJobs,
          MaxParallelTrainingJobs: candidate.maxParallelJobs,
          MaxRuntimeInSeconds: candidate.maxTuningRuntimeInSeconds,
        },
        ParameterRanges: parameterRanges(candidate.ranges),
        TrainingJobEarlyStoppingType: candidate.earlyStopping ? "Auto" : "Off",
        TuningJobCompletionCriteria: completionCriteria(candidate),
        RandomSeed: args.seed,
      },
      TrainingJobDefinition: {
        AlgorithmSpecification: {
          TrainingImage: args.imageUri,
          TrainingInputMode: "File",
          MetricDefinitions: args.metricDefinitions,
        },
        StaticHyperParameters: staticHyperparameters(args),
        InputDataConfig: inputDataConfig(args.channels),
        OutputDataConfig: {
          S3OutputPath: `s3://${bucket}/${prefix}`,
          KmsKeyId: context.kmsKeyArn,
        },
        HyperParameterTuningResourceConfig: {
          InstanceType: candidate.instanceType ?? parameter("TrainingInstanceType"),
          InstanceCount: 1,
          VolumeSizeInGB: 30,
          VolumeKmsKeyId: hasLocalStorage(candidate.instanceType ?? "")
            ? undefined
            : context.kmsKeyArn,
        },
        EnableInterContainerTrafficEncryption: true,
        EnableNetworkIsolation: true,
        VpcConfig: vpcConfig(context),
        RoleArn: args.roleArn,
        ...stopping(candidate, args.checkpointUri),
        RetryStrategy:
          candidate.maxRetryAttempts === undefined
            ? undefined
            : { MaximumRetryAttempts: candidate.maxRetryAttempts },
      },
      WarmStartConfig: warmStartConfig(candidate),
    },
  };
  const bestTrainingJobName = stepProperty(name, "TrainingJobSummaries[0].TrainingJobName");
  return {
    step,
    bestTrainingJobName,
    bestModelUri: join("/", ["s3:/", bucket, prefix, bestTrainingJobName, "output/model.tar.gz"]),
  };
}
