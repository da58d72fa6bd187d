import { UserError } from "../errors/userError";
import type { PipelineDefinition } from "../pipeline/language/definition";
import { isComputed, target } from "../pipeline/language/expressions";
import { allSteps } from "../pipeline/language/graph";
import { findExecution } from "../sageMaker/executions";
import { definitionOf, stepsOf } from "../sageMaker/steps";
import type { World } from "../sageMaker/world";

/** The option of commands that start a pipeline: an execution, or true for the latest. */
export interface WarmStartOption {
  readonly parameter: ReadonlyMap<string, string>;
  readonly warmStart?: string | true;
}

/** The parameter that names the first parent of each tuning step that has parents, by the step's name. */
function parentParameters(definition: PipelineDefinition): ReadonlyMap<string, string> {
  const found = allSteps(definition).flatMap(({ step }): [string, string][] => {
    const config = step.Type === "Tuning" ? step.Arguments.WarmStartConfig : undefined;
    const [parent] = config?.ParentHyperParameterTuningJobs ?? [];
    const name = parent?.HyperParameterTuningJobName;
    const reference = isComputed(name) && typeof name["Get"] === "string" ? name["Get"] : undefined;
    const named = reference === undefined ? undefined : target(reference);
    return named?.kind === "parameter" ? [[step.Name, named.name]] : [];
  });
  return new Map(found);
}

/**
 * The parameters to start with: the given ones, and for `--warm-start` an execution's tuning jobs as the first parents of
 * the same steps, unless given.
 *
 * @throws UserError if no candidate has a warm start, or the execution has no tuning job for one that does
 */
export async function startParameters(
  world: World,
  definition: PipelineDefinition,
  { parameter, warmStart }: WarmStartOption,
): Promise<ReadonlyMap<string, string>> {
  if (warmStart === undefined) {
    return parameter;
  }
  const parameters = parentParameters(definition);
  if (parameters.size === 0) {
    throw new UserError(
      "--warm-start: no candidate has warmStart; set it in restate:candidates, with the tuning jobs that `restate trials` prints",
    );
  }
  const { arn, id } = await findExecution(world, warmStart === true ? undefined : warmStart);
  const steps = await stepsOf(world.client, arn, await definitionOf(world.client, arn));
  const parents = [...parameters].map(([step, name]): [string, string] => {
    const job = steps.find((one) => one.name === step)?.job;
    if (job?.kind !== "tuning") {
      throw new UserError(`--warm-start: execution ${id} has no tuning job of step ${step}`);
    }
    return [name, job.name];
  });
  return new Map([...parents, ...parameter]);
}
