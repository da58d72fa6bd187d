import type { Tag, VpcConfig } from "@aws-sdk/client-sagemaker";

import type { CacheConfig, RetryPolicy } from "../language/definition";

/** Subnets and security groups. */
export interface Vpc {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/** Settings of the stack for every job; required, so that none is forgotten. */
export interface JobContext {
  /** ARN of the KMS key that encrypts volumes and outputs. */
  readonly kmsKeyArn: string;
  /** Network of the jobs. Default: SageMaker's own. */
  readonly vpc?: Vpc;
  /** Tags of jobs and models, for costs and access. */
  readonly tags: Readonly<Record<string, string>>;
}

/** The Tags of a job, sorted by key. */
export function tags(context: JobContext): Tag[] {
  const entries = Object.entries(context.tags).sort(([left], [right]) => (left < right ? -1 : 1));
  return entries.map(([Key, Value]) => ({ Key, Value }));
}

/** The VpcConfig of a job; undefined if it runs in SageMaker's own network. */
export function vpcConfig({ vpc }: JobContext): VpcConfig | undefined {
  return vpc && { SecurityGroupIds: [...vpc.securityGroupIds], Subnets: [...vpc.subnetIds] };
}

/** 3 retries, after 30, 60 and 120 seconds. */
function retryPolicy(...exceptionTypes: readonly string[]): RetryPolicy {
  return { ExceptionType: exceptionTypes, IntervalSeconds: 30, BackoffRate: 2, MaxAttempts: 3 };
}

const retryCall = retryPolicy("Step.SERVICE_FAULT", "Step.THROTTLING");

const retryJob = retryPolicy(
  "SageMaker.JOB_INTERNAL_ERROR",
  "SageMaker.CAPACITY_ERROR",
  "SageMaker.RESOURCE_LIMIT",
);

/** Retries transient faults of a step's API call. */
export const callRetries: readonly RetryPolicy[] = [retryCall];

/** Retries transient faults of a step's API call and of its job. */
export const jobRetries: readonly RetryPolicy[] = [retryCall, retryJob];

/**
 * Lets SageMaker reuse the result of an equal step of the last 30 days. It only compares arguments, so a step's inputs must
 * have keys that change with their content.
 */
export const cached: CacheConfig = { Enabled: true, ExpireAfter: "P30D" };
