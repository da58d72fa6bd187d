import type { Step } from "../../pipeline/language/definition";
import { creationOf } from "../../local/service/requestKeys";
import type { IamRequest } from "./iam";
import { arn, call } from "./iamRequests";

/** What the pipeline asks for when it starts the job of a step, by what the step says; undefined: it starts none. */
export function jobRequest(step: Step): IamRequest | undefined {
  const found = creationOf(step.Type, step.Arguments, "pipelines-0123456789ab-Job");
  return (
    found && call(`sagemaker:Create${found.kind}`, arn("sagemaker", found.path), found.context)
  );
}
