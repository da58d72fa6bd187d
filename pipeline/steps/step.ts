import type { JsonObject } from "../expressions";

/** The kinds of step that this project renders. */
export type StepType =
  | "Condition"
  | "Fail"
  | "Model"
  | "Processing"
  | "QualityCheck"
  | "RegisterModel"
  | "Transform"
  | "Tuning";

/** A step of a pipeline definition, as it is rendered. */
export interface Step extends JsonObject {
  /** 1 to 64 letters, digits, hyphens and underscores; unique in the pipeline. */
  readonly Name: string;
  readonly Type: StepType;
  /** The request of the API call that the step stands for, without the name of what it creates. */
  readonly Arguments: JsonObject;
}

/** What every job takes from the stack that it belongs to, so that none is forgotten. */
export interface JobContext {
  /** ARN of the KMS key that encrypts volumes and outputs. */
  readonly kmsKeyArn: string;
  /** Subnets and security groups of the jobs. Default: SageMaker's own network. */
  readonly vpc?: {
    readonly subnetIds: readonly string[];
    readonly securityGroupIds: readonly string[];
  };
  /** Tags of jobs and models, for costs and access. */
  readonly tags: Readonly<Record<string, string>>;
}

/** The Tags of a job, in the order of their keys. */
export function tags(context: JobContext): JsonObject {
  const entries = Object.entries(context.tags).sort(([left], [right]) => (left < right ? -1 : 1));
  return { Tags: entries.map(([key, value]) => ({ Key: key, Value: value })) };
}

/** The VpcConfig of a job, or nothing. */
export function vpcConfig(context: JobContext): JsonObject {
  return context.vpc === undefined
    ? {}
    : {
        VpcConfig: {
          SecurityGroupIds: context.vpc.securityGroupIds,
          Subnets: context.vpc.subnetIds,
        },
      };
}

/** Tries again 3 times, after 30, 60 and 120 seconds. */
function retryPolicy(...exceptionTypes: readonly string[]): JsonObject {
  return { ExceptionType: exceptionTypes, IntervalSeconds: 30, BackoffRate: 2, MaxAttempts: 3 };
}

const retryCall = retryPolicy("Step.SERVICE_FAULT", "Step.THROTTLING");

const retryJob = retryPolicy(
  "SageMaker.JOB_INTERNAL_ERROR",
  "SageMaker.CAPACITY_ERROR",
  "SageMaker.RESOURCE_LIMIT",
);

/** For steps that create something at once: they try again after faults of the call that pass by themselves. */
export const callStepOptions: JsonObject = { RetryPolicies: [retryCall] };

/** For steps that start jobs: they try again after such faults of the job too. */
export const jobStepOptions: JsonObject = { RetryPolicies: [retryCall, retryJob] };

/**
 * Lets SageMaker take the result of an equal step of the last 30 days instead of running this one. It
 * compares arguments only, so whatever a step reads must lie under a key that changes with its content.
 */
export const cached: JsonObject = { CacheConfig: { Enabled: true, ExpireAfter: "P30D" } };
