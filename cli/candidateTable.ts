import pc from "picocolors";

import type { CandidateSummary } from "../local/records/summary";
import { drawTable } from "../terminal/table";

/** A column of the table of candidates. */
interface Column {
  readonly head: string;
  readonly align: "left" | "right";
  readonly value: (candidate: CandidateSummary) => string;
}

/** The best trial's hyperparameters, without those that are the same for all trials. */
function hyperparameters({ best, trials }: CandidateSummary): readonly string[] {
  return Object.entries(best?.hyperparameters ?? {})
    .filter(([name, value]) => trials.some((trial) => trial.hyperparameters[name] !== value))
    .map(([name, value]) => {
      const number = Number(value);
      return `${name}=${Number.isFinite(number) ? String(Number(number.toPrecision(4))) : value}`;
    });
}

function trialsText({ trials }: CandidateSummary): string {
  const completed = trials.filter(({ status }) => status === "Completed").length;
  return completed === trials.length ? String(completed) : `${completed} of ${trials.length}`;
}

const columns = {
  name: { head: "Candidate", align: "left", value: ({ name }) => name },
  r2: { head: "R²", align: "right", value: ({ metrics }) => metrics?.r2.toFixed(4) ?? "-" },
  interval: {
    head: "90 % interval",
    align: "left",
    value: ({ metrics: { r2Interval } = {} }) =>
      r2Interval === undefined
        ? "-"
        : `${r2Interval.low.toFixed(4)} to ${r2Interval.high.toFixed(4)}`,
  },
  rmse: {
    head: "RMSE",
    align: "right",
    value: ({ metrics }) => metrics?.rmse.toPrecision(6) ?? "-",
  },
  hyperparameters: {
    head: "Best hyperparameters",
    align: "left",
    value: (candidate) => hyperparameters(candidate).join("\n"),
  },
  trials: { head: "Trials", align: "right", value: trialsText },
  seconds: { head: "Seconds", align: "right", value: ({ seconds }) => seconds.toFixed(1) },
} satisfies Readonly<Record<string, Column>>;

/** Columns for terminals of different widths, widest first. */
const layouts: readonly (readonly Column[])[] = [
  Object.values(columns),
  [columns.name, columns.r2, columns.interval, columns.rmse, columns.trials, columns.seconds],
  [columns.name, columns.r2, columns.interval],
  [columns.name, columns.r2],
];

function tableOf(
  layout: readonly Column[],
  candidates: readonly CandidateSummary[],
  winner: CandidateSummary | undefined,
): string {
  const rows = candidates.map((candidate) => [
    candidate === winner ? pc.green("★") : "",
    ...layout.map(({ value }) => value(candidate)),
  ]);
  const head = ["", ...layout.map(({ head: text }) => pc.bold(text))];
  return drawTable(head, rows, ["left", ...layout.map(({ align }) => align)]);
}

/** Words in lines of a width, the lines after the first by two blanks further in. */
function wrapped(words: readonly string[], width: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && longer.length > width) {
      lines.push(line);
      line = `  ${word}`;
    } else {
      line = longer;
    }
  }
  return [...lines, line].join("\n");
}

/** The width of a stream's terminal in characters; without one, what COLUMNS says, or no limit. */
export function widthOf(stream: NodeJS.WriteStream): number {
  return stream.isTTY ? stream.columns : Number(process.env["COLUMNS"] ?? Infinity) || Infinity;
}

/**
 * The candidates side by side, the winner marked, as a table for the terminal.
 * @param width characters that a line may have; what does not fit beside the scores stands below the table
 */
export function candidateTable(
  candidates: readonly CandidateSummary[],
  winner: CandidateSummary | undefined,
  width: number,
): string {
  for (const [index, layout] of layouts.entries()) {
    const text = tableOf(layout, candidates, winner);
    const isLast = index === layouts.length - 1;
    if (isLast || (text.split("\n")[0] ?? "").length <= width) {
      const below = layout.includes(columns.hyperparameters) ? [] : candidates;
      const lines = below
        .filter(({ best }) => best !== undefined)
        .map((one) => wrapped([`${one.name}:`, ...hyperparameters(one)], width));
      return [text, ...lines].join("\n");
    }
  }
  return "";
}
