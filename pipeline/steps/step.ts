import type { Tag, VpcConfig } from "@aws-sdk/client-sagemaker";

import type { CacheConfig, RetryPolicy } from "../language/definition";

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
export function tags(context: JobContext): Tag[] {
  const entries = Object.entries(context.tags).sort(([left], [right]) => (left < right ? -1 : 1));
  return entries.map(([Key, Value]) => ({ Key, Value }));
}

/** The VpcConfig of a job; undefined if it runs in SageMaker's own network. */
export function vpcConfig({ vpc }: JobContext): VpcConfig | undefined {
  return vpc && { SecurityGroupIds: [...vpc.securityGroupIds], Subnets: [...vpc.subnetIds] };
}

/** Tries again 3 times, after 30, 60 and 120 seconds. */
function retryPolicy(...exceptionTypes: readonly string[]): RetryPolicy {
  return { ExceptionType: exceptionTypes, IntervalSeconds: 30, BackoffRate: 2, MaxAttempts: 3 };
}

const retryCall = retryPolicy("Step.SERVICE_FAULT", "Step.THROTTLING");

const retryJob = retryPolicy(
  "SageMaker.JOB_INTERNAL_ERROR",
  "SageMaker.CAPACITY_ERROR",
  "SageMaker.RESOURCE_LIMIT",
);

/** For steps that create something at once: they try again after faults of the call that pass by themselves. */
export const callRetries: readonly RetryPolicy[] = [retryCall];

/** For steps that start jobs: they try again after such faults of the job too. */
export const jobRetries: readonly RetryPolicy[] = [retryCall, retryJob];

/**
 * Lets SageMaker take the result of an equal step of the last 30 days instead of running this one. It
 * compares arguments only, so whatever a step reads must lie under a key that changes with its content.
 */
export const cached: CacheConfig = { Enabled: true, ExpireAfter: "P30D" };
