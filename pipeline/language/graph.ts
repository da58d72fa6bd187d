import type { PipelineDefinition, Step } from "./definition";
import { isComputed, target } from "./expressions";
import { isObject, type Json, type JsonObject } from "./json";

/** A step of a definition, and the Condition step whose branch it is in, if it is in one. */
export interface PlacedStep {
  readonly step: Step;
  readonly condition?: { readonly name: string; readonly branch: "ElseSteps" | "IfSteps" };
}

/** All steps of a definition, those in the branches of conditions too, each after its condition. */
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

/** A reference and where it stands. */
export interface FoundReference {
  readonly get: string;
  /** Member path from the value that was searched, such as `Arguments.RoleArn`. */
  readonly at: string;
  /** The `Std:JsonGet` it is the property file of, if it is. */
  readonly jsonGet?: JsonObject;
}

/** All references in a value, in order. The steps in a condition's branches have references of their own. */
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

/** The names of the steps that a step's DependsOn names. */
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

/** The circles in which steps wait for each other, each once: its names in order, the first again at the end. */
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
