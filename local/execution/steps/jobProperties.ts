import type { Properties } from "../execution";
import { jobName, tuningJobName } from "./jobNames";

/** How far a job has got. */
export interface JobState {
  readonly status: "Completed" | "Failed" | "InProgress" | "Stopped";
  /** ISO 8601. */
  readonly startTime: string;
  /** ISO 8601; of a job that has ended. */
  readonly endTime?: string;
  readonly failureReason?: string;
}

/** The kinds of step that run a job, with how members of what Describe answers begin, and the kind in ARNs. */
const kinds: Readonly<
  Record<string, { readonly prefix: string; readonly arn: string; readonly times: string }>
> = {
  Processing: { prefix: "ProcessingJob", arn: "processing-job", times: "Processing" },
  QualityCheck: { prefix: "ProcessingJob", arn: "processing-job", times: "Processing" },
  Training: { prefix: "TrainingJob", arn: "training-job", times: "Training" },
  Transform: { prefix: "TransformJob", arn: "transform-job", times: "Transform" },
  Tuning: {
    prefix: "HyperParameterTuningJob",
    arn: "hyper-parameter-tuning-job",
    times: "HyperParameterTuning",
  },
};

/** The members of what Describe answers that say how far a job has got. */
export function jobState(type: string, state: JobState): Properties {
  const { prefix = "", times = "" } = kinds[type] ?? {};
  const { endTime, failureReason, startTime, status } = state;
  return {
    [`${prefix}Status`]: status,
    ...(type === "Training"
      ? { SecondaryStatus: status === "InProgress" ? "Training" : status }
      : {}),
    CreationTime: startTime,
    LastModifiedTime: endTime ?? startTime,
    ...(type === "Tuning" ? {} : { [`${times}StartTime`]: startTime }),
    ...(endTime === undefined ? {} : { [`${times}EndTime`]: endTime }),
    ...(failureReason === undefined ? {} : { FailureReason: failureReason.slice(0, 1024) }),
  };
}

/**
 * The name of the job of a step.
 * @param attempt of the step, from 1 on
 */
export function stepJobName(
  type: string,
  execution: string,
  step: string,
  attempt: number,
): string {
  return type === "Tuning" ? tuningJobName(execution, step) : jobName(execution, step, attempt);
}

/** The ARN of a job, by the kind of its step. */
export function jobArn(arnPrefix: string, type: string, name: string): string {
  return `${arnPrefix}:${kinds[type]?.arn ?? ""}/${name}`;
}

/**
 * What the Describe call of a step's job answers beside what the job was created with.
 * @param name the job's name
 */
export function jobProperties(
  type: string,
  arnPrefix: string,
  name: string,
  state: JobState,
): Properties {
  const { prefix = "" } = kinds[type] ?? {};
  return {
    [`${prefix}Name`]: name,
    [`${prefix}Arn`]: jobArn(arnPrefix, type, name),
    ...jobState(type, state),
  };
}

/** The name of a job, out of what its Describe call answers. */
export function nameOf(type: string, properties: Properties | undefined): string | undefined {
  const name = properties?.[`${kinds[type]?.prefix ?? ""}Name`];
  return typeof name === "string" ? name : undefined;
}
