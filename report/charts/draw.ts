import { parse, View } from "vega";
import { compile, type Config, type TopLevelSpec } from "vega-lite";

import { html, Html } from "../html";

/** Width of a chart in pixels: it fits a phone. */
export const chartWidth = 328;

/** Axes, texts and marks use the page's colours, so that charts follow its light and dark modes. */
const config: Config = {
  aria: false,
  background: "transparent",
  font: "system-ui, sans-serif",
  view: { stroke: null },
  axis: {
    domainColor: "var(--faint)",
    gridColor: "var(--line)",
    labelColor: "var(--ink)",
    labelFontSize: 11,
    tickColor: "var(--faint)",
    titleColor: "var(--ink)",
    titleFontSize: 12,
    titleFontWeight: "normal",
  },
  legend: {
    labelColor: "var(--ink)",
    columnPadding: 8,
    labelFontSize: 11,
    labelLimit: 0,
    orient: "bottom",
    symbolStrokeColor: "var(--ink)",
    title: null,
  },
  mark: { color: "var(--series)" },
};

/**
 * How an axis shows numbers: 250k for large ones, 2e-5 for tiny ones, otherwise plain.
 *
 * d3 rounds the labels of an axis to the digits in which they differ, so `g` would show 50 as 5e+1.
 */
export function axisNumbers(values: readonly number[]): object {
  const greatest = Math.max(...values.map(Math.abs));
  const plain = greatest >= 0.001 ? ",~f" : "~g";
  return {
    format: greatest >= 10_000 ? "~s" : plain,
    labelExpr: "datum.value === 0 ? '0' : datum.label",
  };
}

/** The encoding of a field with numbers. */
export const quantity = (field: string, more: object = {}): object => ({
  field,
  type: "quantitative",
  ...more,
});

/** The encoding of a field with names. */
export const category = (field: string, more: object = {}): object => ({
  field,
  type: "nominal",
  ...more,
});

/** Names of rows along an axis, in their order, without more than the names. */
export const rowNames = (field: string, sort: readonly string[]): object =>
  category(field, { sort, title: null, axis: { labelLimit: 150, ticks: false, domain: false } });

/** Shortens coordinates to two decimal places: more only make the page larger. */
function shortened(svg: string): string {
  return svg.replace(/ (?:d|transform|x|y|x2|y2|width|height|points)="[^"]*"/g, (attribute) =>
    attribute.replace(/-?\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2)))),
  );
}

/** The pictures that this process has drawn last, by specification: a run on a change has most of them again. */
const drawn = new Map<string, Promise<string>>();

/** Max pictures in memory, of some 10 kB each. */
const maxDrawn = 200;

/** Draws a Vega-Lite specification as SVG. */
function picture(spec: Readonly<Record<string, unknown>>): Promise<string> {
  const key = JSON.stringify(spec);
  const known = drawn.get(key) ?? draw(spec);
  drawn.delete(key);
  drawn.set(key, known);
  for (const oldest of [...drawn.keys()].slice(0, -maxDrawn)) {
    drawn.delete(oldest);
  }
  return known;
}

async function draw(spec: Readonly<Record<string, unknown>>): Promise<string> {
  const { spec: compiled } = compile({
    width: chartWidth,
    autosize: { type: "fit", contains: "padding" },
    padding: 2,
    ...spec,
    config,
  } as unknown as TopLevelSpec);
  const view = new View(parse(compiled), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return shortened(svg)
    .replace(/^<svg (?:xmlns(?::\w+)?="[^"]*" )*/, "<svg ")
    .replace(' version="1.1"', "");
}

/**
 * Draws a Vega-Lite specification as a figure.
 *
 * @param title its caption
 * @param description what it shows, for screen readers
 */
export async function figure(
  title: string,
  description: string,
  spec: Readonly<Record<string, unknown>>,
): Promise<Html> {
  const label = html`<svg role="img" aria-label="${description}" `;
  const svg = (await picture(spec)).replace("<svg ", () => label.text);
  return html`<figure>
    <figcaption>${title}</figcaption>
    ${new Html(svg)}
  </figure>`;
}
