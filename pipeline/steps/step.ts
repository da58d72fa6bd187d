import type { Json, JsonObject } from "../expressions";

/** The kinds of step that this project renders. */
export type StepType =
  "Condition" | "Fail" | "Model" | "Processing" | "RegisterModel" | "Transform" | "Tuning";

/** A step of a pipeline definition, as it is rendered. */
export interface Step extends JsonObject {
  /** 1 to 64 letters, digits, hyphens and underscores; unique in the pipeline. */
  readonly Name: string;
  readonly Type: StepType;
  /** The request of the API call that the step stands for, without the name of what it creates. */
  readonly Arguments: JsonObject;
}

/**
 * What runs in the account's network with the account's key. Every job takes it from here, so that none
 * is forgotten.
 */
export interface JobSecurity {
  /** ARN of the KMS key that encrypts volumes and outputs. */
  readonly kmsKeyArn: string;
  /** Subnets and security groups of the jobs. Default: SageMaker's own network. */
  readonly vpc?: {
    readonly subnetIds: readonly string[];
    readonly securityGroupIds: readonly string[];
  };
}

/** The VpcConfig of a job, or nothing. */
export function vpcConfig(security: JobSecurity): JsonObject {
  return security.vpc === undefined
    ? {}
    : {
        VpcConfig: {
          SecurityGroupIds: security.vpc.securityGroupIds,
          Subnets: security.vpc.subnetIds,
        },
      };
}

/** Tries a step again after faults that pass by themselves: 3 times, after 30, 60 and 120 seconds. */
const retryPolicies: Json = [
  {
    ExceptionType: ["Step.SERVICE_FAULT", "Step.THROTTLING"],
    IntervalSeconds: 30,
    BackoffRate: 2,
    MaxAttempts: 3,
  },
  {
    ExceptionType: [
      "SageMaker.JOB_INTERNAL_ERROR",
      "SageMaker.CAPACITY_ERROR",
      "SageMaker.RESOURCE_LIMIT",
    ],
    IntervalSeconds: 30,
    BackoffRate: 2,
    MaxAttempts: 3,
  },
];

/**
 * Lets SageMaker take the result of an equal step of the last 30 days instead of running this one. It
 * compares arguments only, so whatever a step reads must lie under a key that changes with its content.
 */
export const cached: JsonObject = { CacheConfig: { Enabled: true, ExpireAfter: "P30D" } };

/** The members that steps that start jobs have beside their arguments. */
export const jobStepOptions: JsonObject = { RetryPolicies: retryPolicies };
