import { createInterface } from "node:readline/promises";

import { UserError } from "../../errors/userError";
import { bare } from "../../pipeline/dataFiles/header";
import type { Terminal } from "../terminal";
import { counted, firstOf } from "./words";
import type { ProfiledColumn, TableProfile } from "./profile";

/** Min rows for a model. */
const minRows = 20;

/** Max share of rows without a target. */
const maxMissing = 0.9;

/** @throws UserError if there are too few rows */
export function checkRows({ form, rows }: TableProfile, path: string): void {
  const headerLines = form?.headerLines ?? 0;
  if (rows < minRows) {
    // A last line with more columns than all others seems to be the only one of the table.
    const where =
      headerLines > Math.max(rows, 1)
        ? ` below line ${headerLines}, where the number of columns changes`
        : "";
    throw new UserError(
      `${path} has ${counted(rows, "row")}${where}; a model needs at least ${minRows}`,
    );
  }
}

function targetProblem(column: ProfiledColumn, rows: number): string | undefined {
  const known = rows - column.missing;
  if (/^(string|varchar|char)/.test(column.type)) {
    const values = column.labels.slice(0, 2).map((label) => JSON.stringify(label));
    const what = values.length === 0 ? "" : `, such as ${values.join(" and ")}`;
    const why = column.remark === "" ? what : ` (${column.remark})`;
    return `is text${why}, but the target of a regression is numeric`;
  }
  if (/^(date|timestamp)/.test(column.type)) {
    return `is a ${column.type}, but the target of a regression is numeric`;
  }
  if (rows === 0) {
    return undefined;
  }
  if (known < minRows || column.missing > maxMissing * rows) {
    return `has a value in only ${known.toLocaleString("en-US")} of ${counted(rows, "row")}`;
  }
  return column.distinct === 1 ? "is constant, so there is nothing to predict" : undefined;
}

/** Finds a column by its name in the table or in the file. */
function findColumn(profile: TableProfile, name: string): ProfiledColumn | undefined {
  return (
    profile.columns.find((column) => column.name === name.toLowerCase()) ??
    profile.columns.find(({ header }) => header !== null && bare(header) === bare(name))
  );
}

/**
 * The column to predict.
 * @throws UserError if there is no such column, or it cannot be a regression's target
 */
export function targetOf(profile: TableProfile, name: string): string {
  const column = findColumn(profile, name);
  if (column === undefined) {
    const reason = profile.skipped[name.toLowerCase()];
    if (reason !== undefined) {
      throw new UserError(`--target: ${name}: ${reason}`);
    }
    const names = firstOf(profile.columns.map((one) => one.name)).join(", ");
    throw new UserError(`--target: there is no column ${name}; the columns are ${names}`);
  }
  const problem = targetProblem(column, profile.rows);
  if (problem !== undefined) {
    throw new UserError(`--target: ${column.name} ${problem}`);
  }
  return column.name;
}

/**
 * Asks which column to predict, if the terminal is interactive.
 * @throws UserError that suggests one if it is not interactive, or if no column can be the target
 */
export async function askTarget(profile: TableProfile, terminal: Terminal): Promise<string> {
  const [likely] = profile.targets;
  if (likely === undefined) {
    const reasons = profile.columns.map((column) => {
      const { distinct, drop, name } = column;
      const values = `has ${counted(distinct, "value")}${drop === null ? "" : ` (${drop})`}`;
      return `${name} ${targetProblem(column, profile.rows) ?? values}`;
    });
    throw new UserError(
      `no column seems to be a target; if one is, name it by --target: ${firstOf(reasons).join("; ")}`,
    );
  }
  if (!process.stdin.isTTY) {
    throw new UserError(
      `--target is missing: name the column to predict, perhaps --target ${likely}; ` +
        `the numeric columns are ${firstOf(profile.targets).join(", ")}`,
    );
  }
  const asking = createInterface({ input: process.stdin, output: terminal.stdout });
  const others = profile.targets.slice(1, 10).join(", ");
  // Ctrl-C and Ctrl-D close the interface; the question would wait forever.
  const answer = await new Promise<string>((answered, failed) => {
    asking.once("close", () => {
      terminal.stdout.write("\n");
      failed(new UserError("no column was named; name it by --target"));
    });
    asking
      .question(
        `Which column should be predicted? [${likely}]${others === "" ? "" : ` (or ${others})`} `,
      )
      .then(answered, failed);
  });
  asking.removeAllListeners("close");
  asking.close();
  return targetOf(profile, answer.trim() === "" ? likely : answer.trim());
}
