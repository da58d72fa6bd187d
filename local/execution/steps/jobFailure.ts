import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";

import type { StepFailure } from "../execution";
import type { JobResult } from "../../environments/jobs";
import { lastLines } from "../../environments/logs";

/** The default time limit of a job in seconds: a day, as in SageMaker. */
export const defaultTimeLimit = 86_400;

/** The time limit of a job in seconds. */
export function timeLimit(job: {
  readonly StoppingCondition?: { readonly MaxRuntimeInSeconds?: number | undefined } | undefined;
}): number {
  return job.StoppingCondition?.MaxRuntimeInSeconds ?? defaultTimeLimit;
}

function signalName(signal: number): string {
  return (
    Object.entries<number>(constants.signals).find(([, number]) => number === signal)?.[0] ??
    `signal ${signal}`
  );
}

const theDiskIsFull = "the disk is full";

/** The system's messages for a full disk. */
const diskFull = /No space left on device|Disk quota exceeded/;

/** Why a job failed: its own reason, otherwise what ended it and the end of its log. */
export function failureReason(
  result: JobResult,
  reasonFile: string,
  log: string,
  limit: number,
): string {
  if (result.timedOut) {
    return `stopped after ${limit} s, its MaxRuntimeInSeconds`;
  }
  if (result.exitCode === -constants.signals.SIGKILL) {
    return "killed by SIGKILL, as the system does when memory runs out";
  }
  const reason = existsSync(reasonFile)
    ? readFileSync(reasonFile, "utf8").slice(0, 1024).trim()
    : "";
  const lines = lastLines(log);
  const full = [reason, ...lines.split("\n")].find((line) => diskFull.test(line));
  if (full !== undefined) {
    return `${theDiskIsFull}: ${full.trim()}`;
  }
  if (reason !== "") {
    return reason;
  }
  const end =
    result.exitCode < 0
      ? `ended by ${signalName(-result.exitCode)}`
      : `exit code ${result.exitCode}`;
  return `${end}\n${lines}`.trimEnd();
}

/**
 * The name in RetryPolicies of a failure that the machine caused; undefined for the job's own failures.
 * @param reason from {@link failureReason}
 */
export function faultOf(result: JobResult, reason: string): StepFailure["fault"] {
  const byMachine = result.exitCode < 0 || reason.startsWith(theDiskIsFull);
  return byMachine && !result.timedOut ? "SageMaker.JOB_INTERNAL_ERROR" : undefined;
}
