import { createRequire } from "node:module";

import type { StepEdge, StepGraph, StepNode } from "./stepGraph";

/** A point in the picture, in pixels. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface PlacedNode extends StepNode, Place {
  /** Of the middle. */
  readonly width: number;
  readonly height: number;
  /** The name, broken into lines. */
  readonly lines: readonly string[];
}

export interface PlacedEdge extends StepEdge {
  readonly points: readonly Place[];
  /** Of the branch's name. */
  readonly label?: Place;
}

/** A graph with coordinates. */
interface LaidOutGraph {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** The part of the library that is used here; Node's module resolution cannot find its own types. */
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

/** Max characters of a name on one line. */
const lineLength = 22;
const nodeWidth = 184;
const lineHeight = 16;

/** Breaks a name into lines, at the beginning of a word if possible. */
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
