import { createRequire } from "node:module";

import type { JsonObject } from "../../pipeline/expressions";
import { allSteps, dependencies, type PlacedStep } from "../../pipeline/walk";
import type { StepResult } from "../execution";

/** What became of a step. Skipped: its branch was not taken. Not reached: the run ended before. */
export type StepState =
  "Cached" | "Executing" | "Failed" | "Not reached" | "Skipped" | "Stopped" | "Succeeded";

/** A step as a node of the graph. */
export interface StepNode {
  readonly name: string;
  readonly type: string;
  readonly state?: StepState;
  readonly seconds?: number;
  /** Of a condition that was decided. */
  readonly outcome?: string;
}

/** A step that waits for another. */
export interface StepEdge {
  readonly from: string;
  readonly to: string;
  /** The outcome of the condition with which the step is run. */
  readonly branch?: "false" | "true";
}

export interface StepGraph {
  readonly nodes: readonly StepNode[];
  readonly edges: readonly StepEdge[];
}

/** The state of each step, by what the execution's record says. */
export function stepStates(
  steps: readonly PlacedStep[],
  results: ReadonlyMap<string, StepResult>,
): ReadonlyMap<string, StepState> {
  const states = new Map<string, StepState>();
  for (const { condition, name } of steps) {
    const result = results.get(name);
    if (result !== undefined && result.status !== "NotExecuted") {
      states.set(name, result.reusedFrom === undefined ? result.status : "Cached");
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
        states.get(placed.name) === "Not reached" &&
        [...dependencies(placed)].some((name) => states.get(name) === "Skipped")
      ) {
        states.set(placed.name, "Skipped");
        changed = true;
      }
    }
  }
  return states;
}

/** Leaves out the edges that follow from others, so that a graph of many steps can be read. */
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
    reached.set(name, found); // A cycle, which a definition that runs has not, ends here.
    for (const one of next.get(name) ?? []) {
      found.add(one);
      for (const further of beyond(one)) {
        found.add(further);
      }
    }
    return found;
  };
  // A branch follows only from others of the same outcome.
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
 * The graph of a definition's steps, with the edges that the interpreter sees: references, DependsOn and
 * the branches of conditions.
 *
 * @param results what became of the steps; undefined for a definition that has not run
 */
export function stepGraph(definition: JsonObject, results?: readonly StepResult[]): StepGraph {
  const steps = allSteps(definition["Steps"]);
  const known = new Set(steps.map(({ name }) => name));
  const byName = new Map((results ?? []).map((one) => [one.name, one]));
  const states = results === undefined ? undefined : stepStates(steps, byName);
  const nodes = steps.map(({ name, type }): StepNode => {
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
              to: placed.name,
              branch: placed.condition.branch === "IfSteps" ? "true" : "false",
            }
          : { from, to: placed.name },
      ),
  );
  return { nodes, edges: withoutShortcuts(edges) };
}

/** A place in the picture, in pixels. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface PlacedNode extends StepNode, Place {
  /** Of the middle. */
  readonly width: number;
  readonly height: number;
  /** The name, in lines that fit. */
  readonly lines: readonly string[];
}

export interface PlacedEdge extends StepEdge {
  readonly points: readonly Place[];
  /** Of the branch's name. */
  readonly label?: Place;
}

/** A graph with a place for everything. */
export interface LaidOutGraph {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** What is used of the library; its own types cannot be found by Node's way of resolving modules. */
interface Dagre {
  readonly Graph: new () => {
    setGraph(options: Readonly<Record<string, number | string>>): void;
    setNode(name: string, node: PlacedNode): void;
    setEdge(from: string, to: string, edge: Readonly<Record<string, number | string>>): void;
    graph(): { readonly width?: number; readonly height?: number };
    node(name: string): PlacedNode;
    edge(from: string, to: string): Partial<Place> & { readonly points: readonly Place[] };
  };
  readonly layout: (graph: InstanceType<Dagre["Graph"]>) => void;
}

const dagre = createRequire(__filename)("@dagrejs/dagre") as Dagre;

/** Characters of a name on one line. */
const lineLength = 22;
const nodeWidth = 184;
const lineHeight = 16;

/** Breaks a name into lines, where a word begins if there is such a place. */
export function nameLines(name: string): readonly string[] {
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z]?[^A-Z_-]+[_-]*|[_-]+|[A-Z]/g) ?? [name];
  const lines = [""];
  for (const word of words.flatMap(
    (one) => one.match(new RegExp(`.{1,${lineLength}}`, "gsu")) ?? [],
  )) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + word.length > lineLength) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = line + word;
    }
  }
  return lines;
}

/** Lays a graph out from top to bottom. */
export function layOut({ edges, nodes }: StepGraph): LaidOutGraph {
  const graph = new dagre.Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 24, ranksep: 36, marginx: 8, marginy: 8 });
  for (const node of nodes) {
    const lines = nameLines(node.name);
    const height = 30 + lines.length * lineHeight;
    graph.setNode(node.name, { ...node, lines, width: nodeWidth, height, x: 0, y: 0 });
  }
  for (const { branch, from, to } of edges) {
    const label: Record<string, number | string> =
      branch === undefined ? {} : { width: 36, height: 16, labelpos: "c" };
    graph.setEdge(from, to, label);
  }
  dagre.layout(graph);
  const { height = 0, width = 0 } = graph.graph();
  return {
    width,
    height,
    nodes: nodes.map(({ name }) => graph.node(name)),
    edges: edges.map((edge) => {
      const { points, x, y } = graph.edge(edge.from, edge.to);
      return {
        ...edge,
        points,
        ...(edge.branch !== undefined && x !== undefined && y !== undefined
          ? { label: { x, y } }
          : {}),
      };
    }),
  };
}
