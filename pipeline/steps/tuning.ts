import { imageOf, objectiveMetric } from "../algorithms";
import type { Candidate, HyperparameterRange } from "../candidates";
import type { DefinitionArgs } from "../definitionArgs";
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
import { checkpointUri, prefixes } from "../storage";
import { cached, jobRetries, tags, vpcConfig } from "./step";

type TuningJobConfig = NonNullable<TuningArguments["HyperParameterTuningJobConfig"]>;
type TrainingJobDefinition = NonNullable<TuningArguments["TrainingJobDefinition"]>;

/** The settings of a candidate's training that depend on its algorithm. */
export interface Trainer {
  readonly imageUri: string;
  /**
   * Metrics in a training job's log, in the form of CreateTrainingJob. Default: none, for SageMaker's built-in algorithms,
   * which have their own and refuse others.
   */
  readonly metricDefinitions?: readonly { readonly Name: string; readonly Regex: string }[];
  /** S3 URIs of the channels' folders, with a final slash, by name. */
  readonly channels: Readonly<Record<string, StringExpression>>;
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
  channels: Trainer["channels"],
): NonNullable<TrainingJobDefinition["InputDataConfig"]> {
  return Object.entries(channels).map(([name, uri]) => ({
    ChannelName: name,
    ContentType: name === "metadata" ? "application/json" : "text/csv",
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
  bucket: string,
  { maxRuntimeInSeconds, name, spotMaxWaitTimeInSeconds }: Candidate,
): Pick<
  TrainingJobDefinition,
  "CheckpointConfig" | "EnableManagedSpotTraining" | "StoppingCondition"
> {
  const spot = spotMaxWaitTimeInSeconds !== undefined;
  return {
    EnableManagedSpotTraining: spot || undefined,
    CheckpointConfig: spot ? { S3Uri: checkpointUri(bucket, name) } : undefined,
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
function staticHyperparameters(
  candidate: Candidate,
  isWeighted: boolean,
): Readonly<Record<string, string>> {
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
export function tuningStep(
  { bucket, context, dataset, roles }: DefinitionArgs,
  candidate: Candidate,
  { channels, imageUri, metricDefinitions }: Trainer,
): Tuning {
  const { hyperband } = candidate;
  const name = `Tune${candidate.name}`;
  const prefix = `${prefixes.models}/${candidate.name}`;
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
        RandomSeed: dataset.seed,
      },
      TrainingJobDefinition: {
        AlgorithmSpecification: {
          TrainingImage: imageUri,
          TrainingInputMode: "File",
          MetricDefinitions: metricDefinitions,
        },
        StaticHyperParameters: staticHyperparameters(candidate, dataset.sampleWeight !== undefined),
        InputDataConfig: inputDataConfig(channels),
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
        RoleArn: roles.training,
        ...stopping(bucket, candidate),
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
