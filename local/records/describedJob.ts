import type { Properties } from "../execution/execution";
import { jobStatus, statusOf } from "../execution/steps/jobProperties";
import type { StepDocument } from "./executionDocument";

/** The Describe response of a step's job. A job whose process is gone has been stopped. */
export function describedJob({
  Properties: properties = {},
  StepStatus,
  StepType: type,
}: StepDocument): Properties {
  const isGone = StepStatus === "Stopped" && statusOf(type, properties) === "InProgress";
  return isGone ? { ...properties, ...jobStatus(type, "Stopped") } : properties;
}
