/**
 * Any pipeline definition, in CreatePipeline's version "2020-12-01", as a typed value whose steps have API requests. Members
 * outside these types are kept; `check` reports them.
 *
 * Sources: the JSON schema that CreatePipeline's reference links to
 * (aws-sagemaker-mlops/sagemaker-model-building-pipeline-definition-JSON-schema), and where the two differ,
 * what the SageMaker Python SDK writes (sagemaker.workflow).
 */

import type {
  CreateHyperParameterTuningJobRequest,
  CreateModelInput,
  CreateModelPackageInput,
  CreateProcessingJobRequest,
  CreateTrainingJobRequest,
  CreateTransformJobRequest,
} from "@aws-sdk/client-sagemaker";

import type { Computed, Expression } from "./expressions";
import type { Json, JsonObject } from "./json";

/**
 * A request in which each plain value may be an expression, and missing members null, as the SageMaker Python SDK writes
 * them. Enumerations are open, because values may be newer than the types.
 */
type WithExpressions<T> = T extends string
  ? string | Computed
  : T extends number | boolean
    ? T | Computed
    : T extends readonly (infer Member)[]
      ? readonly WithExpressions<Member>[]
      : T extends object
        ? { readonly [Key in keyof T]: WithExpressions<T[Key]> | null }
        : T;

/** A request in which the name of the created resource is optional, because the service generates it. */
type Unnamed<Request, Name extends keyof Request> = WithExpressions<
  Omit<Request, Name> & Partial<Pick<Request, Name>>
>;

export type ProcessingArguments = Unnamed<CreateProcessingJobRequest, "ProcessingJobName">;
export type TrainingArguments = Unnamed<CreateTrainingJobRequest, "TrainingJobName">;
export type TuningArguments = Unnamed<
  CreateHyperParameterTuningJobRequest,
  "HyperParameterTuningJobName"
>;
export type TransformArguments = Unnamed<CreateTransformJobRequest, "TransformJobName">;
export type ModelArguments = Unnamed<CreateModelInput, "ModelName">;
export type RegisterModelArguments = Unnamed<CreateModelPackageInput, "ModelPackageName">;

/** A step to wait for: its name, optionally with its required status. */
export type Dependency = string | { readonly Step: string; readonly Trigger?: Json };

/** Common members of steps. */
interface StepMembers {
  /** 1 to 64 letters, digits, hyphens and underscores; unique in the pipeline. */
  readonly Name: string;
  readonly DisplayName?: string | null;
  readonly Description?: string | null;
  readonly DependsOn?: readonly Dependency[] | null;
}

/** When to retry a failed step. */
export interface RetryPolicy {
  /** Such as `Step.THROTTLING` or `SageMaker.CAPACITY_ERROR`. */
  readonly ExceptionType: string | readonly string[];
  /** Seconds before the first retry; default 1. */
  readonly IntervalSeconds?: number | null;
  /** Factor of successive waits; default 2. */
  readonly BackoffRate?: number | null;
  /** 0 to 20; default 5. */
  readonly MaxAttempts?: number | null;
  /** Minutes after which no retry begins. */
  readonly ExpireAfterMin?: number | null;
}

/** How long the result of an equal step may be reused. */
export interface CacheConfig {
  readonly Enabled: boolean;
  /** An ISO 8601 duration, such as `P30D`. */
  readonly ExpireAfter?: string | null;
}

interface Retried {
  readonly RetryPolicies?: readonly RetryPolicy[] | null;
}

interface Cached {
  readonly CacheConfig?: CacheConfig | null;
}

/** A JSON document in a processing step's outputs, for `Std:JsonGet`. */
export interface PropertyFile {
  readonly PropertyFileName: string;
  readonly OutputName: string;
  /** Path in the output. */
  readonly FilePath: string;
}

/** A step that makes a request. */
interface RequestStep<Type extends string, Arguments> extends StepMembers, Retried {
  readonly Type: Type;
  readonly Arguments: Arguments;
}

export interface ProcessingStep extends RequestStep<"Processing", ProcessingArguments>, Cached {
  readonly PropertyFiles?: readonly PropertyFile[] | null;
}

type TrainingStep = RequestStep<"Training", TrainingArguments> & Cached;
export type TuningStep = RequestStep<"Tuning", TuningArguments> & Cached;
export type TransformStep = RequestStep<"Transform", TransformArguments> & Cached;
export type ModelStep = RequestStep<"Model", ModelArguments>;
export type RegisterModelStep = RequestStep<"RegisterModel", RegisterModelArguments>;

/** Common members of steps that check a baseline. */
interface CheckMembers extends StepMembers, Retried, Cached {
  readonly Arguments: ProcessingArguments;
  readonly ModelPackageGroupName?: Expression | null;
  readonly SkipCheck?: Expression | null;
  readonly FailOnViolation?: Expression | null;
  readonly RegisterNewBaseline?: Expression | null;
  readonly SuppliedBaselineConstraints?: Expression | null;
}

export interface QualityCheckStep extends CheckMembers {
  readonly Type: "QualityCheck";
  /** `DATA_QUALITY` or `MODEL_QUALITY`. */
  readonly CheckType: string;
  readonly SuppliedBaselineStatistics?: Expression | null;
}

interface ClarifyCheckStep extends CheckMembers {
  readonly Type: "ClarifyCheck";
  /** `DATA_BIAS`, `MODEL_BIAS` or `MODEL_EXPLAINABILITY`. */
  readonly CheckType: string;
  readonly ModelName?: Expression | null;
}

export interface FailStep extends StepMembers {
  readonly Type: "Fail";
  readonly Arguments: { readonly ErrorMessage?: Expression | null };
}

/** A comparison of two values. */
export interface Comparison {
  readonly Type:
    "Equals" | "GreaterThan" | "GreaterThanOrEqualTo" | "LessThan" | "LessThanOrEqualTo";
  readonly LeftValue: Expression;
  readonly RightValue: Expression;
}

/** A condition of a Condition step. */
export type Condition =
  | Comparison
  | {
      readonly Type: "In";
      readonly QueryValue: Expression;
      readonly Values: readonly Expression[];
    }
  | { readonly Type: "Not"; readonly Condition: Condition }
  | { readonly Type: "Or"; readonly Conditions: readonly Condition[] };

export interface ConditionStep extends StepMembers {
  readonly Type: "Condition";
  readonly Arguments: {
    /** If all hold, IfSteps run, otherwise ElseSteps. */
    readonly Conditions: readonly Condition[];
    readonly IfSteps?: readonly Step[] | null;
    readonly ElseSteps?: readonly Step[] | null;
  };
}

/** A value that a Callback or Lambda step returns. */
export interface OutputParameter {
  readonly OutputName: string;
  /** `String`, `Integer`, `Float` or `Boolean`. */
  readonly OutputType: string;
}

/** Common members of steps whose values somebody else returns. */
interface CalledMembers extends StepMembers, Cached {
  readonly OutputParameters?: readonly OutputParameter[] | null;
  readonly Arguments?: Readonly<Record<string, Json>> | null;
}

interface CallbackStep extends CalledMembers {
  readonly Type: "Callback";
  readonly SqsQueueUrl: string;
}

interface LambdaStep extends CalledMembers {
  readonly Type: "Lambda";
  readonly FunctionArn: string;
}

/** The service's kinds of steps whose arguments have no type here. */
export const opaqueTypes = [
  "AutoML",
  "Cleanup",
  "EMR",
  "EMRServerless",
  "Endpoint",
  "EndpointConfig",
  "ForEach",
  "InferenceComponent",
  "Lineage",
] as const;

interface OpaqueStep extends StepMembers, Retried, Cached {
  readonly Type: (typeof opaqueTypes)[number];
  readonly Arguments?: JsonObject | null;
}

/** Any other string. An enumeration without values, because a plain string would include all other Types. */
declare enum UnknownType {
  Any = "",
}

/** A step of an unknown kind, which only the parser creates. */
interface UnknownStep extends StepMembers {
  readonly Type: UnknownType;
  readonly Arguments?: Json;
}

/** A step of a pipeline definition, by its Type. */
export type Step =
  | CallbackStep
  | ClarifyCheckStep
  | ConditionStep
  | FailStep
  | LambdaStep
  | ModelStep
  | OpaqueStep
  | ProcessingStep
  | QualityCheckStep
  | RegisterModelStep
  | TrainingStep
  | TransformStep
  | TuningStep
  | UnknownStep;

/** The kind of a step. */
export type StepType = Exclude<Step, UnknownStep>["Type"];

interface Declared<Type extends string, Value> {
  /** 1 to 64 letters, digits, hyphens and underscores. */
  readonly Name: string;
  readonly Type: Type;
  readonly Description?: string | null;
  /** Without a default, each execution must set a value. */
  readonly DefaultValue?: Value | null;
}

/** A parameter of a pipeline. */
export type Parameter =
  | Declared<"Boolean", boolean>
  | Declared<"Float", number>
  | Declared<"Integer", number>
  | (Declared<"String", string> & { readonly EnumValues?: readonly string[] | null });

export interface PipelineDefinition {
  /** Always "2020-12-01". */
  readonly Version: string;
  readonly Metadata?: Readonly<Record<string, Json>> | null;
  readonly Parameters?: readonly Parameter[] | null;
  readonly PipelineExperimentConfig?: {
    readonly ExperimentName: Expression;
    readonly TrialName: Expression;
  } | null;
  /** Source: sagemaker-python-sdk v3, sagemaker.mlops.workflow.pipeline. */
  readonly MlflowConfig?: {
    readonly MlflowResourceArn: Expression;
    readonly MlflowExperimentName?: Expression | null;
  } | null;
  readonly Steps: readonly Step[];
}
