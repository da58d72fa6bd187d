import pc from "picocolors";

import type { Candidate } from "../sageMaker/fullExecution";
import { fittedTable, wrapped } from "../terminal/fittedTable";
import { significant } from "../terminal/listing";
import { columnsOf, drawTable } from "../terminal/table";

/** A column of the table of candidates. */
interface Column {
  readonly head: string;
  readonly align: "left" | "right";
  readonly value: (candidate: Candidate) => string;
}

/** The best trial's hyperparameters, without those that are the same for all trials. */
function hyperparameters({ best, trials }: Candidate): readonly string[] {
  return Object.entries(best?.hyperparameters ?? {})
    .filter(([name, value]) => trials.some((trial) => trial.hyperparameters[name] !== value))
    .map(([name, value]) => {
      const number = Number(value);
      return `${name}=${Number.isFinite(number) ? String(Number(number.toPrecision(4))) : value}`;
    });
}

/** If tuning was not selected, another execution's trials trained the candidate. */
const hasTrials = ({ trials }: Candidate): boolean => trials.length > 0;

function trialsText({ trials }: Candidate): string {
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
  rmse: { head: "RMSE", align: "right", value: ({ metrics }) => significant(metrics?.rmse, 6) },
  hyperparameters: {
    head: "Best hyperparameters",
    align: "left",
    value: (candidate) => hyperparameters(candidate).join("\n"),
  },
  trials: {
    head: "Trials",
    align: "right",
    value: (candidate) => (hasTrials(candidate) ? trialsText(candidate) : "-"),
  },
  seconds: {
    head: "Seconds",
    align: "right",
    value: (candidate) => (hasTrials(candidate) ? candidate.seconds.toFixed(1) : "-"),
  },
} satisfies Readonly<Record<string, Column>>;
const allColumns: readonly Column[] = Object.values(columns);

/**
 * The candidates side by side, the winner marked, as a table for the terminal.
 * @param winner its name
 * @param width max characters of a line; if the hyperparameters do not fit in the table, they are listed below it
 */
export function candidateTable(
  candidates: readonly Candidate[],
  winner: string | undefined,
  width: number,
): string {
  const star = ({ name }: Candidate): string => (name === winner ? pc.green("★") : "");
  const whole = drawTable({
    head: ["", ...allColumns.map(({ head }) => pc.bold(head))],
    rows: candidates.map((one) => [star(one), ...allColumns.map(({ value }) => value(one))]),
    aligns: ["left", ...allColumns.map(({ align }) => align)],
  });
  if (columnsOf(whole.split("\n", 1)[0] ?? "") <= width) {
    return whole;
  }
  const scores = allColumns.filter((column) => column !== columns.hyperparameters);
  const table = fittedTable(
    {
      head: scores.map(({ head }) => head.replace(/\S+/g, (word) => pc.bold(word))),
      rows: candidates.map((one) =>
        scores.map((column) =>
          column === columns.name
            ? `${one.name}${one.name === winner ? pc.green(" ★") : ""}`
            : column.value(one),
        ),
      ),
      aligns: scores.map(({ align }) => align),
    },
    width,
  );
  const below = candidates
    .filter(({ best }) => best !== undefined)
    .flatMap((one) => wrapped([`${one.name}:`, ...hyperparameters(one)].join(" "), width, "  "));
  return [table, ...below].join("\n");
}
