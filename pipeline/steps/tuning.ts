import { type TrainingSpecification } from "../algorithms";
import { type Candidate, type HyperparameterRange, objectiveMetric } from "../candidates";
import {
  type Expression,
  type Join,
  type Json,
  type JsonObject,
  join,
  type Reference,
  stepProperty,
} from "../expressions";
import { parameter } from "../parameters";
import { type JobSecurity, jobStepOptions, type Step, vpcConfig } from "./step";

/** A channel of training data. */
export interface Channel {
  readonly name: string;
  readonly uri: Expression;
  readonly contentType: string;
}

/** The arguments of {@link tuningStep}. */
export interface TuningStepArgs {
  readonly name: string;
  readonly candidate: Candidate;
  /** Contract of the candidate's algorithm. */
  readonly specification: TrainingSpecification;
  readonly imageUri: string;
  /**
   * Whether SageMaker itself knows the metrics of the image, as it does for its built-in algorithms:
   * it refuses metric definitions for those.
   */
  readonly builtIn: boolean;
  readonly channels: readonly Channel[];
  /** Bucket and prefix of the model artifacts. */
  readonly output: { readonly bucket: string; readonly prefix: string };
  readonly roleArn: string;
  readonly security: JobSecurity;
  /** Seed of the search. */
  readonly seed: number;
  /** Time limit of a training job in seconds. Default 3600. */
  readonly maxRuntimeInSeconds?: number;
}

/** A tuning step, and references to its best training job. */
export interface TuningStep {
  readonly step: Step;
  /** Name of the best training job. */
  readonly bestTrainingJobName: Reference;
  /** S3 URI of the best training job's model artifact. */
  readonly bestModelUri: Join;
}

/** The ranges as CreateHyperParameterTuningJob wants them: by kind, and numbers as strings. */
function parameterRanges(ranges: Readonly<Record<string, HyperparameterRange>>): JsonObject {
  const all = Object.entries(ranges);
  const numeric = (kind: "continuous" | "integer"): JsonObject[] =>
    all.flatMap(([name, range]) =>
      range.type === kind
        ? [
            {
              Name: name,
              MinValue: String(range.min),
              MaxValue: String(range.max),
              ScalingType: range.scaling,
            },
          ]
        : [],
    );
  return {
    IntegerParameterRanges: numeric("integer"),
    ContinuousParameterRanges: numeric("continuous"),
    CategoricalParameterRanges: all.flatMap(([name, range]) =>
      range.type === "categorical" ? [{ Name: name, Values: range.values }] : [],
    ),
  };
}

function inputDataConfig(channels: readonly Channel[]): Json {
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

/** Builds a Tuning step. Its arguments are CreateHyperParameterTuningJob's. */
export function tuningStep(args: TuningStepArgs): TuningStep {
  const { candidate, name, output, security } = args;
  const step: Step = {
    Name: name,
    Type: "Tuning",
    ...jobStepOptions,
    Arguments: {
      HyperParameterTuningJobConfig: {
        Strategy: candidate.strategy,
        HyperParameterTuningJobObjective: { Type: "Minimize", MetricName: objectiveMetric },
        ResourceLimits: {
          MaxNumberOfTrainingJobs: candidate.maxJobs,
          MaxParallelTrainingJobs: candidate.maxParallelJobs,
        },
        ParameterRanges: parameterRanges(candidate.ranges),
        TrainingJobEarlyStoppingType: "Off",
        RandomSeed: args.seed,
      },
      TrainingJobDefinition: {
        AlgorithmSpecification: {
          TrainingImage: args.imageUri,
          TrainingInputMode: "File",
          ...(args.builtIn
            ? {}
            : {
                MetricDefinitions: args.specification.MetricDefinitions.map((metric) => ({
                  Name: metric.Name,
                  Regex: metric.Regex,
                })),
              }),
        },
        StaticHyperParameters: candidate.hyperparameters,
        InputDataConfig: inputDataConfig(args.channels),
        OutputDataConfig: {
          S3OutputPath: `s3://${output.bucket}/${output.prefix}`,
          KmsKeyId: security.kmsKeyArn,
        },
        HyperParameterTuningResourceConfig: {
          InstanceType: candidate.instanceType ?? parameter("TrainingInstanceType"),
          InstanceCount: 1,
          VolumeSizeInGB: 30,
          VolumeKmsKeyId: security.kmsKeyArn,
        },
        EnableInterContainerTrafficEncryption: true,
        EnableNetworkIsolation: true,
        ...vpcConfig(security),
        RoleArn: args.roleArn,
        StoppingCondition: { MaxRuntimeInSeconds: args.maxRuntimeInSeconds ?? 3600 },
      },
    },
  };
  const bestTrainingJobName = stepProperty(name, "TrainingJobSummaries[0].TrainingJobName");
  return {
    step,
    bestTrainingJobName,
    bestModelUri: join("/", [
      "s3:/",
      output.bucket,
      output.prefix,
      bestTrainingJobName,
      "output/model.tar.gz",
    ]),
  };
}
