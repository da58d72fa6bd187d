import { readFileSync } from "node:fs";
import { join } from "node:path";

import { html, Html } from "./html";
import { duration } from "../terminal/duration";
import type { StepGraph } from "./stepGraph";
import { layOut, type Place, type PlacedEdge, type PlacedNode } from "./stepLayout";
import { stateMarks } from "./stepMarks";

const round = (value: number): string => value.toFixed(1).replace(/\.0$/, "");

/** A smooth path: curves between the middles of consecutive sections. */
function pathOf(points: readonly Place[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) {
    return "";
  }
  const at = ({ x, y }: Place): string => `${round(x)} ${round(y)}`;
  const curves = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] ?? last;
    const end =
      index === rest.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${at(point)} ${at(end)}`;
  });
  return `M${at(first)} ${curves.join(" ")}${curves.length === 0 ? `L${at(last)}` : ""}`;
}

function edgeSvg({ branch, label, points }: PlacedEdge): Html {
  const text =
    label === undefined || branch === undefined
      ? html``
      : html`<text class="branch" x="${round(label.x)}" y="${round(label.y + 4)}">${branch}</text>`;
  return html`<path
      class="edge${branch === undefined ? "" : " conditional"}"
      d="${pathOf(points)}"
      marker-end="url(#arrow)"
    />${text}`;
}

/** The text below a step's name. */
function statusText({ outcome, seconds, state, type }: PlacedNode): string {
  if (state === undefined) {
    return type;
  }
  if (outcome !== undefined) {
    return `${stateMarks[state].mark} ${state}: ${outcome}`;
  }
  const time = seconds === undefined || state === "Skipped" ? "" : ` ${duration(seconds)}`;
  return `${stateMarks[state].mark} ${state}${time}`;
}

function nodeSvg(node: PlacedNode): Html {
  const { height, lines, state, type, width, x, y } = node;
  const top = y - height / 2;
  const names = lines.map(
    (line, index) =>
      html`<text class="name" x="${round(x)}" y="${round(top + 19 + 16 * index)}">${line}</text>`,
  );
  return html`<g class="step ${state === undefined ? "plain" : stateMarks[state].className}">
    <title>${node.name} (${type})</title>
    <rect
      x="${round(x - width / 2)}"
      y="${round(top)}"
      width="${round(width)}"
      height="${round(height)}"
      rx="${type === "Condition" ? "18" : "5"}"
    />${names}<text class="status" x="${round(x)}" y="${round(y + height / 2 - 9)}"
      >${statusText(node)}</text
    >
  </g>`;
}

/** The graph as SVG; its styles are in theme.css and graph.css. */
export function stepGraphSvg(graph: StepGraph, label: string, style = html``): Html {
  const { edges, height, nodes, width } = layOut(graph);
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    class="graph"
    role="img"
    aria-label="${label}"
    width="${round(width)}"
    height="${round(height)}"
    style="--width: ${round(width)}px"
    viewBox="0 0 ${round(width)} ${round(height)}"
  >
    ${style}
    <defs>
      <marker
        id="arrow"
        viewBox="0 0 8 8"
        refX="7"
        refY="4"
        markerWidth="7"
        markerHeight="7"
        orient="auto"
      >
        <path class="head" d="M0 0L8 4L0 8z" />
      </marker>
    </defs>
    ${edges.map(edgeSvg)}${nodes.map(nodeSvg)}
  </svg>`;
}

/** The graph as a separate SVG file, for light and dark pages. */
export function standaloneStepGraph(graph: StepGraph, label: string): string {
  const style = ["theme.css", "graph.css"].map((file) =>
    readFileSync(join(__dirname, file), "utf8"),
  );
  const element = html`<style>
    ${new Html(style.join("\n"))}
  </style>`;
  return `${stepGraphSvg(graph, label, element).text}\n`;
}
