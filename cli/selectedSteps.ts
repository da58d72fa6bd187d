import {
  ListPipelineExecutionStepsCommand,
  type SelectiveExecutionConfig,
} from "@aws-sdk/client-sagemaker";
import { type Command, Option } from "commander";

import type { PipelineDefinition } from "../pipeline/language/definition";
import { allSteps, dependencies } from "../pipeline/language/graph";
import { nearest } from "../pipeline/language/nearest";
import { UserError } from "../errors/userError";
import type { World } from "../sageMaker/world";
import { findExecution, latestExecutions } from "../sageMaker/executions";

/** Max executions to search for one whose results can be reused. */
const maxSources = 20;

/** The options that select the steps to run. */
export interface SelectionOptions {
  readonly only: readonly string[];
  readonly from?: string;
  readonly until?: string;
  readonly source?: string;
}

const collect = (step: string, others: readonly string[]): readonly string[] => [...others, step];

/** Adds the options that select the steps to run. */
export function withSelection(command: Command): Command {
  return command
    .addOption(
      new Option("--only <step>", "run only this step; can be repeated")
        .argParser(collect)
        .default([] as readonly string[], "all steps"),
    )
    .option("--from <step>", "run this step and all that depend on it")
    .option("--until <step>", "run this step and all that it depends on")
    .option(
      "--source <execution>",
      "use this execution's results for the other steps (default: the latest that has them)",
    );
}

/** Some steps and all that can be reached from them by a relation. */
function closure(
  related: ReadonlyMap<string, ReadonlySet<string>>,
  from: string,
): ReadonlySet<string> {
  const found = new Set([from]);
  for (const step of found) {
    for (const other of related.get(step) ?? []) {
      found.add(other);
    }
  }
  return found;
}

/**
 * The selected steps, and the steps before them whose results they need.
 *
 * @returns undefined if all steps are selected
 * @throws UserError if a step does not exist, or no step is selected
 */
export function selectSteps(
  definition: PipelineDefinition,
  { from, only, source, until }: SelectionOptions,
): { readonly steps: readonly string[]; readonly needed: readonly string[] } | undefined {
  if (only.length === 0 && from === undefined && until === undefined) {
    if (source !== undefined) {
      throw new UserError("--source needs --only, --from or --until");
    }
    return undefined;
  }
  const placed = allSteps(definition);
  const names = placed.map(({ step }) => step.Name);
  for (const [option, given] of [
    ...only.map((step) => ["--only", step] as const),
    ["--from", from] as const,
    ["--until", until] as const,
  ]) {
    if (given !== undefined && !names.includes(given)) {
      const similar = nearest(given, names);
      const hint =
        similar === undefined ? `the steps are ${names.join(", ")}` : `did you mean ${similar}?`;
      throw new UserError(`${option}: there is no step ${given}; ${hint}`);
    }
  }
  const waitsFor = new Map(placed.map((one) => [one.step.Name, dependencies(one)]));
  const waitedForBy = new Map(
    names.map((name) => [
      name,
      new Set(names.filter((other) => waitsFor.get(other)?.has(name) === true)),
    ]),
  );
  const after = from === undefined ? new Set(names) : closure(waitedForBy, from);
  const upTo = until === undefined ? new Set(names) : closure(waitsFor, until);
  const isBetween = from !== undefined || until !== undefined;
  const steps = names.filter(
    (name) => only.includes(name) || (isBetween && after.has(name) && upTo.has(name)),
  );
  if (steps.length === 0) {
    throw new UserError(
      `step ${until ?? ""} does not depend on step ${from ?? ""}, so there is no step to run`,
    );
  }
  const before = new Set(steps.flatMap((name) => [...closure(waitsFor, name)]));
  return { steps, needed: names.filter((name) => before.has(name) && !steps.includes(name)) };
}

/** The latest execution in which the given steps succeeded; undefined if there is none. */
async function latestWith(world: World, steps: readonly string[]): Promise<string | undefined> {
  const latest = await latestExecutions(world.client, await world.pipelines(), maxSources);
  for (const { PipelineExecutionArn: arn = "", PipelineExecutionStatus: status = "" } of latest) {
    // The service accepts executions that failed or succeeded. Source: SelectiveExecutionConfig.
    if (!["Failed", "Succeeded"].includes(status)) {
      continue;
    }
    const command = new ListPipelineExecutionStepsCommand({
      PipelineExecutionArn: arn,
      MaxResults: 100,
    });
    const { PipelineExecutionSteps: found = [] } = await world.client.send(command);
    const done = new Set(
      found.filter((one) => one.StepStatus === "Succeeded").map((one) => one.StepName),
    );
    if (steps.every((step) => done.has(step))) {
      return arn;
    }
  }
  return undefined;
}

/**
 * The SelectiveExecutionConfig for the steps to run.
 * @throws UserError if a step does not exist, or there is no execution to reuse results of
 */
export async function selectiveConfig(
  world: World,
  definition: PipelineDefinition,
  options: SelectionOptions,
): Promise<SelectiveExecutionConfig | undefined> {
  const selected = selectSteps(definition, options);
  if (selected === undefined) {
    return undefined;
  }
  const SelectedSteps = selected.steps.map((StepName) => ({ StepName }));
  if (options.source !== undefined) {
    const { arn } = await findExecution(world, options.source);
    return { SelectedSteps, SourcePipelineExecutionArn: arn };
  }
  if (selected.needed.length === 0) {
    return { SelectedSteps };
  }
  const SourcePipelineExecutionArn = await latestWith(world, selected.needed);
  if (SourcePipelineExecutionArn === undefined) {
    throw new UserError(
      `${world.place} has no execution in which ${selected.needed.join(", ")} succeeded, so there are no results to use`,
    );
  }
  return { SelectedSteps, SourcePipelineExecutionArn };
}
