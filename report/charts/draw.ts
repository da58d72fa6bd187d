import { parse, View } from "vega";
import { compile, type Config, type TopLevelSpec } from "vega-lite";

import { html, Html } from "../html";

/** Width of a chart in pixels: as much as a phone shows. */
export const chartWidth = 328;

/** Axes, texts and marks take the colours of the page, so that charts fit its light and its dark form. */
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

/** The format of an axis: 250k where numbers are large, plain ones else. */
export function axisFormat(values: readonly number[]): string {
  return Math.max(...values.map(Math.abs)) >= 10_000 ? "~s" : "~g";
}

/** Coordinates need no more than two digits; more only make the page large. */
function shortened(svg: string): string {
  return svg.replace(/ (?:d|transform|x|y|x2|y2|width|height|points)="[^"]*"/g, (attribute) =>
    attribute.replace(/-?\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2)))),
  );
}

/**
 * Draws a Vega-Lite specification as a figure.
 *
 * @param title what is written above it
 * @param description what it shows, for those who do not see it
 */
export async function figure(
  title: string,
  description: string,
  spec: Readonly<Record<string, unknown>>,
): Promise<Html> {
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
  const label = html`<svg role="img" aria-label="${description}" `;
  const picture = shortened(svg)
    .replace(/^<svg (?:xmlns(?::\w+)?="[^"]*" )*/, label.text)
    .replace(' version="1.1"', "");
  return html`<figure>
    <figcaption>${title}</figcaption>
    ${new Html(picture)}
  </figure>`;
}
