import { setTimeout as wait } from "node:timers/promises";

import type { Step } from "../../../pipeline/language/definition";
import { maxRetries } from "../../../pipeline/language/retries";
import {
  type Execution,
  type Properties,
  type QueriedRows,
  StepFailure,
  type Trial,
} from "../execution";
import { resultKey } from "../../caching/stepKey";
import { cacheSeconds } from "./cacheConfig";
import { jobProperties, type JobState, stepJobName } from "./jobProperties";

/** A step that runs a job. */
export type JobStep = Extract<
  Step,
  { readonly Type: "Processing" | "QualityCheck" | "Training" | "Transform" | "Tuning" }
>;

/** The result of a job. */
export interface JobOutcome {
  /** The job's Describe response, without its arguments, name, ARN, times and status. */
  readonly facts: Properties;
  /** The training jobs of a tuning. */
  readonly trials?: readonly Trial[];
  /** Whether it depends on the machine, so it cannot be reused. Default false. */
  readonly isAccidental?: boolean;
  /** A remark. */
  readonly detail?: string;
  /** How many rows its query has read and left, if it has one of one table. */
  readonly queried?: QueriedRows | undefined;
}

/** An attempt at a step's job. */
export interface Attempt {
  /** From 1. */
  readonly number: number;
  /** Seconds for which jobs inside this one may reuse results of equal jobs. */
  readonly cacheSeconds: number;
}

/** A kind of step that runs a job, by its request. */
export interface JobKind<Request> {
  /** The hash of everything that the job depends on; undefined if it is unknown. */
  readonly key: (execution: Execution, request: Request) => Promise<string | undefined>;
  /**
   * Runs the job.
   * @throws StepFailure if it fails
   */
  readonly run: (
    execution: Execution,
    step: string,
    request: Request,
    attempt: Attempt,
  ) => Promise<JobOutcome>;
  /** S3 URIs of the objects and prefixes that the job writes, by names that do not depend on the execution. */
  readonly outputs: (request: Request, outcome: JobOutcome) => Readonly<Record<string, string>>;
  /** The properties of the step. Default: the job's request and its facts. */
  readonly describe?: (request: Request, outcome: JobOutcome) => Properties;
}

/**
 * Max seconds before a retry. RetryPolicies' longer intervals are for faults of a service that others fix.
 */
const maxWait = 1;

/** Runs a job, with retries by its step's RetryPolicies. */
async function withRetries(
  execution: Execution,
  { Name: name, RetryPolicies: policies, Type: type }: JobStep,
  run: (number: number) => Promise<JobOutcome>,
): Promise<JobOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run(attempt);
    } catch (error) {
      const fault = error instanceof StepFailure ? error.fault : undefined;
      const policy = policies?.find(
        ({ ExceptionType: types }) => fault !== undefined && [types].flat().includes(fault),
      );
      if (policy === undefined || attempt > maxRetries(policy)) {
        throw error;
      }
      execution.report({
        kind: "step",
        step: {
          name,
          type,
          status: "Executing",
          attempts: attempt + 1,
          detail: `attempt ${attempt + 1}, after: ${(error as StepFailure).message}`,
        },
      });
      await wait(1000 * Math.min(maxWait, policy.IntervalSeconds ?? 1));
    }
  }
}

/**
 * Runs a step's job, or reuses the result of an equal one.
 *
 * @param request the step's arguments, without expressions
 * @returns the step's properties, and the execution whose job was reused, if any
 * @throws StepFailure if the job fails
 */
export async function runJobStep<Request extends object>(
  execution: Execution,
  step: JobStep,
  kind: JobKind<Request>,
  request: Request,
): Promise<{
  readonly described: Properties;
  readonly detail?: string | undefined;
  readonly reusedFrom?: string;
}> {
  const { arnPrefix, cache, id } = execution;
  const { Name: name, Type: type } = step;
  const describe = (outcome: JobOutcome): Properties =>
    kind.describe?.(request, outcome) ?? { ...request, ...outcome.facts };
  const startTime = new Date().toISOString();
  let attempt = 1;
  const stateFacts = (state: Omit<JobState, "startTime">): Properties =>
    jobProperties(type, arnPrefix, stepJobName(type, id, name, attempt), { startTime, ...state });
  const completed = (outcome: JobOutcome): JobOutcome => ({
    ...outcome,
    facts: {
      ...stateFacts({ status: "Completed", endTime: new Date().toISOString() }),
      ...outcome.facts,
    },
  });
  const key = resultKey(execution, await kind.key(execution, request), name);
  const seconds = cacheSeconds(step.CacheConfig);
  const places = (outcome: JobOutcome): Readonly<Record<string, string>> =>
    kind.outputs(request, outcome);
  const noteRows = ({ queried }: JobOutcome): void => {
    if (queried !== undefined) {
      execution.queried.set(name, queried);
    }
  };
  const found = await cache.find(key, places, seconds);
  if (found !== undefined) {
    const source = cache.isOwn(found) ? {} : { reusedFrom: found.execution };
    const trials = found.value.trials ?? [];
    for (const trial of trials) {
      const { [trial.trainingJobName]: modelArtifact = trial.modelArtifact } = places(found.value);
      const reused: Trial = { ...trial, step: name, modelArtifact, ...source };
      execution.report({ kind: "trial", trial: reused, of: trials.length });
    }
    noteRows(found.value);
    return { described: describe(completed(found.value)), ...source };
  }
  execution.tuner.warmUp();
  const outcome = completed(
    await withRetries(execution, step, (number) => {
      attempt = number;
      const state = stateFacts({ status: "InProgress" });
      execution.report({ kind: "job", step: name, properties: { ...request, ...state } });
      return kind.run(execution, name, request, { number, cacheSeconds: seconds });
    }),
  );
  noteRows(outcome);
  if (outcome.isAccidental !== true) {
    await cache.keep(key, outcome, places(outcome));
  }
  return { described: describe(outcome), detail: outcome.detail };
}
