import { resourceKind } from "../../service/calls/call";
import type { Properties } from "../execution";
import { jobName, tuningJobName } from "./jobNames";

/** The progress of a job. */
export interface JobState {
  readonly status: "Completed" | "Failed" | "InProgress" | "Stopped";
  /** ISO 8601. */
  readonly startTime: string;
  /** ISO 8601; undefined before its end. */
  readonly endTime?: string;
  readonly failureReason?: string;
}

/** The beginnings of members of a job's Describe response, by the type of its step. */
const prefixes: Readonly<Record<string, string>> = {
  Processing: "ProcessingJob",
  QualityCheck: "ProcessingJob",
  Training: "TrainingJob",
  Transform: "TransformJob",
  Tuning: "HyperParameterTuningJob",
};

const prefixOf = (type: string): string => prefixes[type] ?? "";

/** The members of the Describe response with a job's status. */
export function jobStatus(type: string, status: JobState["status"]): Properties {
  return {
    [`${prefixOf(type)}Status`]: status,
    ...(type === "Training" && {
      SecondaryStatus: status === "InProgress" ? "Training" : status,
    }),
  };
}

/** The members of the Describe response about a job's progress. */
export function jobState(type: string, state: JobState): Properties {
  const times = prefixOf(type).replace(/Job$/, "");
  const { endTime, failureReason, startTime, status } = state;
  return {
    ...jobStatus(type, status),
    CreationTime: startTime,
    LastModifiedTime: endTime ?? startTime,
    ...(type === "Tuning" ? {} : { [`${times}StartTime`]: startTime }),
    ...(endTime !== undefined && { [`${times}EndTime`]: endTime }),
    ...(failureReason !== undefined && { FailureReason: failureReason.slice(0, 1024) }),
  };
}

/**
 * The name of the job of a step.
 * @param attempt of the step, from 1
 */
export function stepJobName(
  type: string,
  execution: string,
  step: string,
  attempt: number,
): string {
  return type === "Tuning" ? tuningJobName(execution, step) : jobName(execution, step, attempt);
}

/** The ARN of a job, by the type of its step. */
export function jobArn(arnPrefix: string, type: string, name: string): string {
  return `${arnPrefix}:${resourceKind(prefixOf(type))}/${name}`;
}

/**
 * The members of the Describe response of a step's job that its request does not have.
 * @param name the job's name
 */
export function jobProperties(
  type: string,
  arnPrefix: string,
  name: string,
  state: JobState,
): Properties {
  const prefix = prefixOf(type);
  return {
    [`${prefix}Name`]: name,
    [`${prefix}Arn`]: jobArn(arnPrefix, type, name),
    ...jobState(type, state),
  };
}

function textOf(type: string, member: string, properties: Properties = {}): string | undefined {
  const value = properties[`${prefixOf(type)}${member}`];
  return typeof value === "string" ? value : undefined;
}

/** The name of a job in its Describe response. */
export const nameOf = (type: string, properties: Properties | undefined): string | undefined =>
  textOf(type, "Name", properties);

/** The status of a job in its Describe response. */
export const statusOf = (type: string, properties: Properties | undefined): string | undefined =>
  textOf(type, "Status", properties);

/** The members of DescribeTrainingJob about a job's duration. */
export function trainingTimes(duration: number): Properties {
  // Source: the minimum of TrainingTimeInSeconds.
  const seconds = Math.max(1, Math.round(duration));
  return { TrainingTimeInSeconds: seconds, BillableTimeInSeconds: seconds };
}
