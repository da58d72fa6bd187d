import type { SelectiveExecutionConfig } from "@aws-sdk/client-sagemaker";

import type { PipelineDefinition } from "../../pipeline/language/definition";
import { allSteps, dependencies } from "../../pipeline/language/graph";
import { UserError } from "../../errors/userError";
import type { StepResult } from "./execution";
import type { ExecutionDocument } from "../records/executionDocument";

/** The steps that a selective execution runs, and the reference execution for the others. */
export interface Selection {
  readonly config: SelectiveExecutionConfig;
  readonly selected: ReadonlySet<string>;
  /** The steps that the selected ones depend on, whose results are taken over. */
  readonly taken: ReadonlySet<string>;
  /** The document of the reference execution, needed if there are such steps. */
  readonly reference?: ExecutionDocument | undefined;
}

/** The sources of results of steps that an execution does not run. */
export interface TakenResults {
  /** The steps to run, and the results of the others. Default: all. */
  readonly selection?: Selection | undefined;
  /** The document of the execution that is retried. Default: a new execution. */
  readonly retried?: ExecutionDocument | undefined;
}

/** The direct and indirect dependencies of steps, without the steps themselves. */
function upstream(
  waitsFor: ReadonlyMap<string, ReadonlySet<string>>,
  steps: Iterable<string>,
): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (step: string): void => {
    for (const other of waitsFor.get(step) ?? []) {
      if (!found.has(other)) {
        found.add(other);
        visit(other);
      }
    }
  };
  for (const step of steps) {
    visit(step);
  }
  return found;
}

/**
 * Reads which steps a selective execution runs.
 *
 * Source of the rules: "Selective execution of pipeline steps" and SelectiveExecutionConfig: the selected steps must include
 * all steps on paths between them; earlier steps are taken from a reference execution, which has failed or succeeded; later
 * steps do not run.
 *
 * @param reference the document of the reference execution, if one is given
 * @throws UserError if the steps are not connected, or the reference lacks one that they need
 */
export function readSelection(
  definition: PipelineDefinition,
  config: SelectiveExecutionConfig,
  reference: ExecutionDocument | undefined,
): Selection {
  const waitsFor = new Map(
    allSteps(definition).map((placed) => [placed.step.Name, dependencies(placed)]),
  );
  const selected = new Set((config.SelectedSteps ?? []).map(({ StepName = "" }) => StepName));
  for (const step of selected) {
    if (!waitsFor.has(step)) {
      throw new UserError(
        `step ${step} does not exist; the pipeline has ${[...waitsFor.keys()].join(", ")}`,
      );
    }
  }
  const needed = [...upstream(waitsFor, selected)].filter((step) => !selected.has(step));
  for (const step of needed) {
    const before = [...upstream(waitsFor, [step])].filter((one) => selected.has(one));
    if (before.length > 0) {
      throw new UserError(`step ${step} is between selected steps, so it must be selected too`);
    }
  }
  const status = reference?.execution.PipelineExecutionStatus;
  if (status !== undefined && status !== "Failed" && status !== "Succeeded") {
    throw new UserError(
      `the reference execution must have failed or succeeded; its status is ${status}`,
    );
  }
  for (const step of needed) {
    const found = reference?.steps.find((one) => one.StepName === step);
    if (reference === undefined) {
      throw new UserError(
        `the selected steps depend on step ${step}, which is not selected: SourcePipelineExecutionArn is needed`,
      );
    }
    if (found?.StepStatus !== "Succeeded") {
      throw new UserError(
        `the selected steps depend on step ${step}, which has not succeeded in the reference execution`,
      );
    }
  }
  return { config, selected, taken: new Set(needed), reference };
}

/** The steps that a retry or a selective execution takes over. */
export function leftSteps({
  retried,
  selection,
}: TakenResults): Pick<ExecutionDocument, "steps" | "trials"> {
  if (retried !== undefined) {
    const done = retried.steps.filter((step) => step.StepStatus === "Succeeded");
    const names = new Set(done.map((step) => step.StepName));
    // A retried step keeps its number of attempts.
    return {
      steps: retried.steps,
      trials: retried.trials.filter((one) => names.has(one.StepName)),
    };
  }
  if (selection?.reference === undefined) {
    return { steps: [], trials: [] };
  }
  const { reference, taken } = selection;
  const SourcePipelineExecutionArn = reference.execution.PipelineExecutionArn;
  return {
    steps: reference.steps
      .filter((step) => taken.has(step.StepName))
      .map((step) => ({
        ...step,
        Log: undefined,
        CacheHitResult: undefined,
        SelectiveExecutionResult: { SourcePipelineExecutionArn },
      })),
    trials: [],
  };
}

/** Results of the steps that succeeded before and are not run. */
export function doneSteps(request: TakenResults): ReadonlyMap<string, StepResult> {
  return new Map(
    leftSteps(request)
      .steps.filter((step) => step.StepStatus === "Succeeded")
      .map(({ Properties: properties = {}, StepName: name, StepType: type }) => [
        name,
        { name, type, status: "Succeeded", properties },
      ]),
  );
}
