import { type Split, splits } from "../diagnosis";
import type { Html } from "../html";
import { axisNumbers, category, figure, quantity } from "./draw";

/** A metric of a candidate on a split. */
export interface CandidatePoint {
  readonly candidate: string;
  readonly split: Split;
  readonly value: number;
}

/** A metric of all candidates on train, validation and test rows. */
export function candidateChart(title: string, points: readonly CandidatePoint[]): Promise<Html> {
  const candidates = [...new Set(points.map(({ candidate }) => candidate))];
  return figure(
    title,
    `${title} of ${candidates.join(", ")} on train, validation and test rows; the table has the values.`,
    {
      height: 64 + 26 * candidates.length,
      data: { values: points },
      encoding: {
        y: category("candidate", {
          sort: candidates,
          title: null,
          axis: { labelLimit: 120, grid: true, ticks: false, domain: false },
        }),
        x: quantity("value", {
          title: null,
          scale: { zero: false, nice: true, padding: 8 },
          axis: { ...axisNumbers(points.map(({ value }) => value)), tickCount: 4 },
        }),
      },
      layer: [
        {
          mark: { type: "line", color: "var(--faint)" },
          encoding: { detail: { field: "candidate" } },
        },
        {
          mark: { type: "point", opacity: 1, size: 90, strokeWidth: 2 },
          encoding: {
            shape: category("split", {
              scale: { domain: splits, range: ["circle", "square", "diamond"] },
            }),
            color: category("split", {
              scale: { domain: splits, range: ["var(--faint)", "var(--series)", "var(--accent)"] },
            }),
          },
        },
      ],
    },
  );
}
