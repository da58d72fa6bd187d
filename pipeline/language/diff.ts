import { canonicalJson } from "./canonicalJson";
import type { PipelineDefinition } from "./definition";
import { isComputed } from "./expressions";
import { allSteps } from "./graph";
import { isObject, type Json, type JsonObject } from "./json";

/** A member that differs: its path, and its values, undefined if absent. */
export interface Change {
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** A step, a parameter, or the rest of a definition that differs. */
interface Difference {
  readonly kind: "definition" | "parameter" | "step";
  readonly name: string;
  readonly what: "added" | "changed" | "removed";
  /** Differences inside a changed part. */
  readonly changes: readonly Change[];
}

/** Keys that identify members of lists, so that an insertion does not change the others. */
const nameKeys = ["Name", "InputName", "OutputName", "ChannelName", "PropertyFileName", "Key"];

function memberName(value: Json, index: number): string {
  const named = isObject(value)
    ? nameKeys.map((key) => value[key]).find((name) => typeof name === "string")
    : undefined;
  return named ?? String(index);
}

function members(value: object): ReadonlyMap<string, Json> {
  return Array.isArray(value)
    ? new Map((value as readonly Json[]).map((one, index) => [`[${memberName(one, index)}]`, one]))
    : new Map(Object.entries(value).map(([key, one]): [string, Json] => [`.${key}`, one as Json]));
}

const isContainer = (value: Json | undefined): value is JsonObject | readonly Json[] =>
  typeof value === "object" && value !== null;

/** The differences between two values. Expressions are compared as a whole. */
function changes(
  before: Json | undefined,
  after: Json | undefined,
  path: string,
): readonly Change[] {
  if (canonicalJson(before) === canonicalJson(after)) {
    return [];
  }
  if (
    isComputed(before) ||
    isComputed(after) ||
    !isContainer(before) ||
    !isContainer(after) ||
    Array.isArray(before) !== Array.isArray(after)
  ) {
    return [{ path: path.replace(/^\./, ""), before, after }];
  }
  const [left, right] = [members(before), members(after)];
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) =>
    changes(left.get(key), right.get(key), path + key),
  );
}

function compareNamed(
  kind: Difference["kind"],
  before: ReadonlyMap<string, object>,
  after: ReadonlyMap<string, object>,
): readonly Difference[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap(
    (name): readonly Difference[] => {
      const [left, right] = [before.get(name), after.get(name)];
      if (left === undefined || right === undefined) {
        return [{ kind, name, what: left === undefined ? "added" : "removed", changes: [] }];
      }
      const inside = changes(left as Json, right as Json, "");
      return inside.length === 0 ? [] : [{ kind, name, what: "changed", changes: inside }];
    },
  );
}

/** The steps by name; those in a condition's branches are separate. */
function steps(definition: PipelineDefinition): ReadonlyMap<string, object> {
  return new Map(
    allSteps(definition).map(({ condition, step }): [string, object] => {
      const own =
        step.Type === "Condition"
          ? { ...step, Arguments: { Conditions: step.Arguments.Conditions } }
          : step;
      // A step that moves to another branch has changed, even with the same arguments.
      return condition === undefined
        ? [step.Name, own]
        : [step.Name, { ...own, Branch: `${condition.name}.${condition.branch}` }];
    }),
  );
}

/** The differences between two definitions: by step, by parameter, and the rest. */
export function diffDefinitions(
  before: PipelineDefinition,
  after: PipelineDefinition,
): readonly Difference[] {
  const parameters = ({ Parameters: all }: PipelineDefinition): ReadonlyMap<string, object> =>
    new Map((all ?? []).map((one) => [one.Name, one]));
  const rest = (definition: PipelineDefinition): Json =>
    ({ ...definition, Parameters: undefined, Steps: undefined }) as unknown as Json;
  const outside = changes(rest(before), rest(after), "");
  return [
    ...(outside.length === 0
      ? []
      : [{ kind: "definition" as const, name: "", what: "changed" as const, changes: outside }]),
    ...compareNamed("parameter", parameters(before), parameters(after)),
    ...compareNamed("step", steps(before), steps(after)),
  ];
}

const marks = { added: "+", changed: "~", removed: "-" } as const;

/** Differences as lines: a mark and a name, followed by its changes. */
export function formatDifferences(differences: readonly Difference[]): readonly string[] {
  const value = (one: Json | undefined): string =>
    one === undefined ? "(none)" : canonicalJson(one);
  return differences.flatMap(({ changes: inside, kind, name, what }) => [
    `${marks[what]} ${kind} ${name}`.trimEnd(),
    ...inside.map(({ after, before, path }) => `    ${path}: ${value(before)} -> ${value(after)}`),
  ]);
}
