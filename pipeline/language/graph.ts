import type { PipelineDefinition, Step } from "./definition";
import { isComputed, target } from "./expressions";
import { isObject, type Json, type JsonObject } from "./json";

/** A step of a definition, and the Condition step whose branch has it, if any. */
export interface PlacedStep {
  readonly step: Step;
  readonly condition?: { readonly name: string; readonly branch: "ElseSteps" | "IfSteps" };
}

/** All steps of a definition, including those in branches, each after its condition. */
export function allSteps({ Steps: steps }: Pick<PipelineDefinition, "Steps">): PlacedStep[] {
  const place = (some: readonly Step[], condition?: PlacedStep["condition"]): PlacedStep[] =>
    some.flatMap((step) => {
      const placed = condition === undefined ? { step } : { step, condition };
      if (step.Type !== "Condition") {
        return [placed];
      }
      const { ElseSteps: otherwise, IfSteps: then } = step.Arguments;
      return [
        placed,
        ...place(then ?? [], { name: step.Name, branch: "IfSteps" }),
        ...place(otherwise ?? [], { name: step.Name, branch: "ElseSteps" }),
      ];
    });
  return place(steps);
}

/** A reference and its place. */
export interface FoundReference {
  readonly get: string;
  /** Path from the searched value, such as `Arguments.RoleArn`. */
  readonly at: string;
  /** The `Std:JsonGet` whose property file it is, if any. */
  readonly jsonGet?: JsonObject;
}

/** All references in a value, in order, without those of steps in a condition's branches. */
export function references(value: unknown): readonly FoundReference[] {
  const found: FoundReference[] = [];
  const search = (one: Json | undefined, at: string, jsonGet?: JsonObject): void => {
    if (Array.isArray(one)) {
      (one as readonly Json[]).forEach((member, index) => {
        search(member, `${at}[${index}]`, jsonGet);
      });
    } else if (isComputed(one) && typeof one["Get"] === "string") {
      found.push(
        jsonGet === undefined ? { get: one["Get"], at } : { get: one["Get"], at, jsonGet },
      );
    } else if (isComputed(one) && isObject(one["Std:JsonGet"])) {
      const inside: JsonObject = one["Std:JsonGet"];
      search(inside["PropertyFile"], at, inside);
      search(inside["S3Uri"], at);
    } else if (isObject(one)) {
      for (const [key, member] of Object.entries(one)) {
        if (at !== "Arguments" || (key !== "IfSteps" && key !== "ElseSteps")) {
          search(member, at === "" ? key : `${at}.${key}`, jsonGet);
        }
      }
    }
  };
  search(value as Json | undefined, "");
  return found;
}

/** The names of the steps in a step's DependsOn. */
export function explicitDependencies({ DependsOn: dependencies }: Step): readonly string[] {
  return (dependencies ?? []).map((one) => (typeof one === "string" ? one : one.Step));
}

/** The names of the steps that a step waits for: its references, its DependsOn and its condition. */
export function dependencies({ condition, step }: PlacedStep): ReadonlySet<string> {
  const names = new Set(explicitDependencies(step));
  for (const { get } of references(step)) {
    const found = target(get);
    if (found.kind === "step") {
      names.add(found.name);
    }
  }
  if (condition !== undefined) {
    names.add(condition.name);
  }
  return names;
}

/** The cycles of steps that wait for each other, each once: names in order, with the first repeated at the end. */
export function circles(steps: readonly PlacedStep[]): readonly (readonly string[])[] {
  const byName = new Map(steps.map((placed) => [placed.step.Name, placed]));
  const found: (readonly string[])[] = [];
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    const start = path.indexOf(name);
    if (start >= 0) {
      found.push([...path.slice(start), name]);
      return;
    }
    const placed = byName.get(name);
    if (placed === undefined || done.has(name)) {
      return;
    }
    for (const dependency of dependencies(placed)) {
      visit(dependency, [...path, name]);
    }
    done.add(name);
  };
  for (const name of byName.keys()) {
    visit(name, []);
  }
  return found;
}
