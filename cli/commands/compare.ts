import { Command } from "commander";

import {
  type ExecutionRecord,
  findExecution,
  readDefinition,
} from "../../local/records/executions";
import type { Workspace } from "../../local/records/workspace";
import { diffDefinitions, formatDifferences } from "../../pipeline/language/diff";
import { formatListing, type Listing, significant } from "../../terminal/listing";
import { onThisMachine } from "../onThisMachine";
import { type JsonOption, withJson, withWorld } from "../options";
import { print, type Terminal } from "../terminal";
import { workspaceOf, type WorldOptions } from "../world";

type Row = readonly [what: string, left: string, right: string];

const score = (value: number | undefined): string => significant(value, 4);

/** Names of one or the other, each once. */
function union(left: readonly string[], right: readonly string[]): readonly string[] {
  return [...new Set([...left, ...right])];
}

/** What differs between two sets of values, a row each. */
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

function candidateRows(left: ExecutionRecord, right: ExecutionRecord): readonly Row[] {
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
      [`${name} RMSE`, score(one?.metrics?.rmse), score(other?.metrics?.rmse)],
      [`${name} trials`, String(one?.trials ?? "-"), String(other?.trials ?? "-")],
      ...differing(name, one?.hyperparameters ?? {}, other?.hyperparameters ?? {}),
    ];
  });
}

/**
 * Compares two executions: how they ended, how their candidates did, and which parameters, hyperparameters
 * and parts of the definition differ.
 * @throws UserError where there is no such execution
 */
function comparison(workspace: Workspace, ids: readonly [string, string], json: boolean): string {
  const [left, right] = ids.map((id) => findExecution(workspace, id)) as [
    ExecutionRecord,
    ExecutionRecord,
  ];
  const differences = diffDefinitions(
    readDefinition(workspace, left.id),
    readDefinition(workspace, right.id),
  );
  const rows: readonly Row[] = [
    ["Status", left.status, right.status],
    ["Started", left.startTime.slice(0, 19), right.startTime.slice(0, 19)],
    ["Seconds", left.seconds.toFixed(1), right.seconds.toFixed(1)],
    ["Winner", left.winner?.name ?? "-", right.winner?.name ?? "-"],
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
    formatListing(listing, false),
    ...(changed.length === 0 ? ["The definitions are equal."] : ["The definition:", ...changed]),
  ].join("\n");
}

/** `compare <execution> <execution>`. */
export function compare(terminal: Terminal): Command {
  return withJson(withWorld(new Command("compare")))
    .argument("<execution>", "an execution's id")
    .argument("<other>", "another's")
    .action((left: string, right: string, options: WorldOptions & JsonOption) => {
      onThisMachine("compare", options);
      print(terminal, comparison(workspaceOf(options), [left, right], options.json === true));
    });
}
