import { createHash } from "node:crypto";

/** Maximum lengths of names. Source: the patterns of ProcessingJobName and HyperParameterTuningJobName. */
const maxJobName = 63;
const maxTuningJobName = 32;

/** A name of letters, digits and single hyphens; one that is too long is shortened with a hash. */
function fit(name: string, max: number): string {
  const clean = name.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "");
  if (clean.length <= max) {
    return clean;
  }
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${clean.slice(0, max - hash.length - 1).replace(/-$/, "")}-${hash}`;
}

/**
 * The unique name of the job or model of a step.
 * @param attempt of the step, from 1; each has its own job
 */
export function jobName(execution: string, step: string, attempt = 1): string {
  const ending = attempt === 1 ? "" : `-${attempt}`;
  return `${fit(`${execution}-${step}`, maxJobName - ending.length)}${ending}`;
}

/** The unique name of the tuning job of a step, which all attempts share, as do its trials. */
export function tuningJobName(execution: string, step: string): string {
  return fit(`${execution}-${step}`, maxTuningJobName);
}

/**
 * The name of a training job of a tuning job.
 * @param number its number, from 0
 */
export function trialName(execution: string, step: string, number: number): string {
  return `${tuningJobName(execution, step)}-${String(number + 1).padStart(3, "0")}`;
}
