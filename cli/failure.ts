import { basename, join } from "node:path";

import { stackNames } from "../contract/names";
import { readFailedJob } from "../local/environments/failedJob";
import { lastLines } from "../local/environments/logs";
import { findDocument } from "../local/records/executions";
import { defaultStack } from "../offline/stackConfig";
import { type FailedStep, failedStepText } from "./failedStep";
import { typedOptions, type TypedOptions } from "./options";
import { logEnd } from "../sageMaker/stepJobs";
import { missingRight } from "../sageMaker/missingRights";
import type { ExecutionStep, Snapshot } from "../sageMaker/steps";
import type { World } from "../sageMaker/world";

/** A line, after a line break, that names the permission that a step lacked; empty if none did. */
export function missingRightOf(execution: Snapshot): string {
  const [missing] = [...execution.steps, execution].flatMap(
    ({ failureReason }) => missingRight(failureReason ?? "") ?? [],
  );
  return missing === undefined ? "" : `\n${missing}`;
}

/** What the user typed that affects how a step runs, so that suggested commands can be copied. */
export interface Typed {
  readonly options: TypedOptions;
  /** Whether the execution runs the stack's current program, not another definition. */
  readonly isProgram?: boolean;
}

/** The options to run a step on this machine as the execution did. */
function optionsHere(folder: string, pipelineName: string, { isProgram, options }: Typed): string {
  const own = stackNames(options.stack ?? defaultStack).pipelineName;
  return typedOptions(
    isProgram === true
      ? options
      : {
          ...options,
          definition: join(folder, "definition.json"),
          ...(pipelineName === own ? {} : { pipelineName }),
        },
  );
}

async function jobOf(
  world: World,
  { id, pipelineName }: Snapshot,
  step: ExecutionStep,
  typed: Typed,
): Promise<FailedStep["job"]> {
  const alone = `--only ${step.name} --source ${id}`;
  if (world.machine === undefined) {
    return (
      step.job && {
        lastLines: await logEnd(world, step),
        log: world.command(`logs ${step.name} ${id}`),
        again: world.command(`start --wait ${alone}`),
      }
    );
  }
  const folder = world.machine.workspace.execution(id);
  const document = findDocument(world.machine.workspace, id);
  const log = document?.steps.find(({ StepName }) => StepName === step.name)?.Log;
  return log === undefined
    ? undefined
    : {
        lastLines: lastLines(join(folder, log)).split("\n"),
        log: join(folder, log),
        again: world.command(`run ${alone}${optionsHere(folder, pipelineName, typed)}`),
        shell:
          readFailedJob(join(folder, "jobs", basename(log, ".log"))) &&
          world.command(`shell ${step.name} ${id}`),
      };
}

/** The step that made an execution fail; undefined if none failed. */
export async function failedStep(
  world: World,
  execution: Snapshot,
  typed: Typed,
): Promise<FailedStep | undefined> {
  const step = execution.steps.find(({ status }) => status === "Failed");
  if (step === undefined) {
    return undefined;
  }
  return {
    name: step.name,
    reason: `${step.failureReason ?? execution.failureReason ?? ""}${missingRightOf(execution)}`,
    job: await jobOf(world, execution, step, typed),
  };
}

/** Why an execution did not succeed, and what to do next. */
export async function failureText(
  world: World,
  execution: Snapshot,
  typed: Typed,
): Promise<string> {
  const step = await failedStep(world, execution, typed);
  if (step !== undefined) {
    return failedStepText(step);
  }
  const { failureReason = "", id, status } = execution;
  const reason = failureReason === "" ? "" : `: ${failureReason}`;
  return `execution ${id}: ${status}${reason}${missingRightOf(execution)}`;
}
