import { Command } from "commander";

import { diffDefinitions, formatDifferences } from "../../pipeline/language/diff";
import type { Metrics } from "../../sageMaker/metrics";
import { formatListing, type Listing, significant } from "../../terminal/listing";
import { widthOf } from "../../terminal/output";
import { type JsonOption, withJson, withWorld } from "../options";
import { findExecution } from "../../sageMaker/executions";
import { type FullExecution, readExecution } from "../../sageMaker/fullExecution";
import { print, type Terminal } from "../terminal";
import { inWorld, type WorldOptions } from "../world";

type Row = readonly [what: string, left: string, right: string];

const score = (value: number | undefined): string => significant(value, 4);

/** The 90 % confidence interval of R². */
function interval(metrics: Metrics | undefined): string {
  const { r2Interval } = metrics ?? {};
  return r2Interval === undefined ? "-" : `${score(r2Interval.low)} to ${score(r2Interval.high)}`;
}

/** The column that weights the candidates' metrics. */
function weightOf({ candidates }: FullExecution): string {
  const columns = candidates.flatMap(({ metrics }) => metrics?.sampleWeight?.column ?? []);
  return columns[0] ?? "-";
}

/** The result of the champion's challenge. */
function championOf({ challenge }: FullExecution): string {
  const { champion } = challenge ?? {};
  switch (challenge?.outcome) {
    case "Beaten":
      return `version ${champion?.version} (R² ${score(champion?.r2)}) is beaten`;
    case "Stays":
      return `version ${champion?.version} (R² ${score(champion?.r2)}) stays`;
    case "NotComparable":
      return `version ${champion?.version} is not comparable`;
    default:
      return "-";
  }
}

/** The names that are in either list, each once. */
function union(left: readonly string[], right: readonly string[]): readonly string[] {
  return [...new Set([...left, ...right])];
}

/** The differences between two sets of values, one row each. */
function differing(
  prefix: string,
  left: Readonly<Record<string, unknown>>,
  right: Readonly<Record<string, unknown>>,
): readonly Row[] {
  const shown = (value: unknown): string =>
    value === undefined ? "-" : typeof value === "string" ? value : JSON.stringify(value);
  return union(Object.keys(left), Object.keys(right)).flatMap((name): readonly Row[] => {
    const row: Row = [`${prefix} ${name}`, shown(left[name]), shown(right[name])];
    return row[1] === row[2] ? [] : [row];
  });
}

function candidateRows(left: FullExecution, right: FullExecution): readonly Row[] {
  const names = union(
    left.candidates.map(({ name }) => name),
    right.candidates.map(({ name }) => name),
  );
  return names.flatMap((name): readonly Row[] => {
    const [one, other] = [left, right].map(({ candidates }) =>
      candidates.find((candidate) => candidate.name === name),
    );
    return [
      [`${name} R²`, score(one?.metrics?.r2), score(other?.metrics?.r2)],
      [`${name} R², 90 %`, interval(one?.metrics), interval(other?.metrics)],
      [`${name} RMSE`, score(one?.metrics?.rmse), score(other?.metrics?.rmse)],
      [`${name} trials`, String(one?.trials.length ?? "-"), String(other?.trials.length ?? "-")],
      ...differing(name, one?.best?.hyperparameters ?? {}, other?.best?.hyperparameters ?? {}),
    ];
  });
}

/**
 * Compares two executions: their outcomes, their candidates' metrics, and which parameters, hyperparameters
 * and parts of the definition differ.
 */
function comparison(
  executions: readonly [FullExecution, FullExecution],
  json: boolean,
  terminal: Terminal,
): string {
  const [left, right] = executions;
  const ids = [left.id, right.id];
  const differences = diffDefinitions(left.definition, right.definition);
  const rows: readonly Row[] = [
    ["Status", left.status, right.status],
    ["Started", left.startTime.slice(0, 19), right.startTime.slice(0, 19)],
    ["Seconds", left.seconds.toFixed(1), right.seconds.toFixed(1)],
    ["Winner", left.winner?.name ?? "-", right.winner?.name ?? "-"],
    ...(left.challenge === undefined && right.challenge === undefined
      ? []
      : [["Champion", championOf(left), championOf(right)] as const]),
    ...(weightOf(left) === "-" && weightOf(right) === "-"
      ? []
      : [["Metrics weighted by", weightOf(left), weightOf(right)] as const]),
    ...candidateRows(left, right),
    ...differing("Parameter", left.parameters, right.parameters),
  ];
  if (json) {
    const values = rows.map(([what, ...values]) => ({ what, values }));
    return JSON.stringify({ executions: ids, rows: values, definition: differences });
  }
  const listing: Listing = { head: ["", ...ids], rows, items: [] };
  const changed = formatDifferences(differences);
  return [
    formatListing(listing, false, widthOf(terminal.stdout)),
    ...(changed.length === 0 ? ["The definitions are equal."] : ["The definition:", ...changed]),
  ].join("\n");
}

/** `compare <execution> <execution>`. */
export function compare(terminal: Terminal): Command {
  return withJson(withWorld(new Command("compare")))
    .argument("<execution>", "an execution's id or ARN")
    .argument("<other>", "another execution's id or ARN")
    .action(async (named: string, other: string, options: WorldOptions & JsonOption) => {
      await inWorld(options, async (world) => {
        const left = await findExecution(world, named);
        const right = await findExecution(world, other);
        const executions = [
          await readExecution(world, left),
          await readExecution(world, right),
        ] as const;
        print(terminal, comparison(executions, options.json === true, terminal));
      });
    });
}
