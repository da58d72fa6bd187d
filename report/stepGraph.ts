import type { PipelineDefinition } from "../pipeline/language/definition";
import { allSteps, dependencies, type PlacedStep } from "../pipeline/language/graph";
import type { ExecutionStep } from "../sageMaker/steps";

/** The outcome of a step. Skipped: its branch was not taken. Not reached: the run ended before. */
export type StepState =
  "Cached" | "Executing" | "Failed" | "Not reached" | "Skipped" | "Stopped" | "Succeeded";

/** A step as a node of the graph. */
export interface StepNode {
  readonly name: string;
  readonly type: string;
  readonly state?: StepState;
  readonly seconds?: number;
  /** The outcome of a condition that was evaluated. */
  readonly outcome?: string;
}

/** A step that waits for another. */
export interface StepEdge {
  readonly from: string;
  readonly to: string;
  /** The outcome of the condition that runs the step. */
  readonly branch?: "false" | "true";
}

export interface StepGraph {
  readonly nodes: readonly StepNode[];
  readonly edges: readonly StepEdge[];
}

/** The state of each step, from the execution's record. */
function stepStates(
  steps: readonly PlacedStep[],
  results: ReadonlyMap<string, ExecutionStep>,
): ReadonlyMap<string, StepState> {
  const states = new Map<string, StepState>();
  for (const {
    condition,
    step: { Name: name },
  } of steps) {
    const result = results.get(name);
    if (result !== undefined && result.status !== "NotExecuted") {
      const status = result.status === "Stopping" ? "Stopped" : result.status;
      states.set(name, result.reusedFrom === undefined ? status : "Cached");
      continue;
    }
    const outcome = results.get(condition?.name ?? "");
    const other = condition?.branch === "IfSteps" ? "false" : "true";
    const skipped =
      condition !== undefined &&
      (states.get(condition.name) === "Skipped" ||
        (outcome?.status === "Succeeded" && outcome.detail === other));
    states.set(name, skipped ? "Skipped" : "Not reached");
  }
  // A step that waits for a skipped one is skipped too, however long the chain.
  for (let changed = true; changed;) {
    changed = false;
    for (const placed of steps) {
      if (
        states.get(placed.step.Name) === "Not reached" &&
        [...dependencies(placed)].some((name) => states.get(name) === "Skipped")
      ) {
        states.set(placed.step.Name, "Skipped");
        changed = true;
      }
    }
  }
  return states;
}

/** Removes edges that follow from others, so that large graphs stay readable. */
function withoutShortcuts(edges: readonly StepEdge[]): readonly StepEdge[] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of edges) {
    next.set(from, (next.get(from) ?? new Set()).add(to));
  }
  const reached = new Map<string, ReadonlySet<string>>();
  const beyond = (name: string): ReadonlySet<string> => {
    const known = reached.get(name);
    if (known !== undefined) {
      return known;
    }
    const found = new Set<string>();
    reached.set(name, found); // Ends at cycles, which only invalid definitions have.
    for (const one of next.get(name) ?? []) {
      found.add(one);
      for (const further of beyond(one)) {
        found.add(further);
      }
    }
    return found;
  };
  // A branch's edge only follows from edges of the same outcome.
  return edges.filter(
    ({ branch, from, to }) =>
      !edges.some(
        (other) =>
          other.from === from &&
          other.to !== to &&
          (branch === undefined || other.branch === branch) &&
          beyond(other.to).has(to),
      ),
  );
}

/**
 * The graph of a definition's steps, with the interpreter's edges: references, DependsOn and the branches of
 * conditions.
 *
 * @param results the outcomes of the steps; undefined for a definition that has not run
 */
export function stepGraph(
  definition: PipelineDefinition,
  results?: readonly ExecutionStep[],
): StepGraph {
  const steps = allSteps(definition);
  const known = new Set(steps.map(({ step }) => step.Name));
  const byName = new Map((results ?? []).map((one) => [one.name, one]));
  const states = results === undefined ? undefined : stepStates(steps, byName);
  const nodes = steps.map(({ step: { Name: name, Type: type } }): StepNode => {
    const state = states?.get(name);
    const { detail, seconds } = byName.get(name) ?? {};
    return {
      name,
      type,
      ...(type !== "Condition" || detail === undefined ? {} : { outcome: detail }),
      ...(state === undefined ? {} : { state }),
      ...(seconds === undefined ? {} : { seconds }),
    };
  });
  const edges = steps.flatMap((placed): readonly StepEdge[] =>
    [...dependencies(placed)]
      .filter((from) => known.has(from))
      .map((from) =>
        from === placed.condition?.name
          ? {
              from,
              to: placed.step.Name,
              branch: placed.condition.branch === "IfSteps" ? "true" : "false",
            }
          : { from, to: placed.step.Name },
      ),
  );
  return { nodes, edges: withoutShortcuts(edges) };
}
