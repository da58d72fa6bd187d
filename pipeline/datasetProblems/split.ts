import { castType, columnType } from "../columnTypes";
import type { Report } from "../configFields";
import { momentType } from "../dataset";
import type { Dataset } from "../datasetFields";
import { unknownColumn } from "./names";

/** Kinds of types for a split by time, and for one by a column. */
const keyKinds: Readonly<Record<"column" | "time", readonly string[]>> = {
  time: ["char", "date", "decimal", "double", "float", "integer", "string", "timestamp", "varchar"],
  column: ["char", "string", "varchar"],
};

/** Finds the first problem with the split, and with cross-validation beside it. */
export function splitProblems(dataset: Dataset, problem: Report): void {
  const found = fractionProblem(dataset.split) ?? keyProblem(dataset);
  if (found !== undefined) {
    problem(["split", ...found.path], found.message);
  }
  if (dataset.crossValidation !== undefined && dataset.split.by === "column") {
    problem(["crossValidation"], "draws its own parts, but split.by is column");
  }
}

/** A problem with the split, with the path to its key. */
interface SplitProblem {
  readonly path: readonly (keyof Dataset["split"])[];
  readonly message: string;
}

function wrong(message: string, ...path: SplitProblem["path"]): SplitProblem {
  return { path, message };
}

/** A problem with the fractions of the rows. */
function fractionProblem(split: Dataset["split"]): SplitProblem | undefined {
  const parts = ["train", "validation", "test"] as const;
  const given = parts.flatMap((name) => split[name] ?? []);
  if (given.length === 0) {
    return undefined;
  }
  if (split.by === "column") {
    return wrong("by: column does not allow fractions, because the column decides the parts");
  }
  const missing = parts.find((name) => split[name] === undefined);
  if (missing !== undefined) {
    return wrong("is missing: set all of train, validation and test, or none", missing);
  }
  return Math.abs(given.reduce((sum, one) => sum + one) - 1) < 1e-9
    ? undefined
    : wrong("train, validation and test must add up to 1");
}

/** A problem with the column to split by. */
function keyProblem(dataset: Dataset): SplitProblem | undefined {
  const { columns, dateParts, dropped, partitions, split, target } = dataset;
  const { by, column, keep } = split;
  if (by === "random") {
    return column === undefined && !keep
      ? undefined
      : wrong("is random, which uses no column: use time, group or column", "by");
  }
  if (column === undefined) {
    return wrong(`is missing: by: ${by} needs a column`, "column");
  }
  const keys = [...columns, ...partitions];
  const type = keys.find(({ name }) => name === column)?.type ?? "";
  const { kind } = columnType(type) ?? {};
  if (kind === undefined) {
    return wrong(
      unknownColumn(
        column,
        keys.map(({ name }) => name),
      ),
      "column",
    );
  }
  if (column === target) {
    return wrong(`"${column}" is the target`, "column");
  }
  if (by !== "group" && !keyKinds[by].includes(kind)) {
    const allowed = keyKinds[by].join(", ");
    return wrong(`"${column}" is of type ${type}, but ${by} needs one of ${allowed}`, "column");
  }
  if (by === "time" && momentType(dataset, column) === "time") {
    return wrong(`"${column}" is a time of day, so it does not say which rows are later`, "column");
  }
  // Parts of a date are features anyway.
  const isKept = castType(type) !== undefined && !dropped.includes(column);
  if (!keep || isKept || column in dateParts) {
    return undefined;
  }
  const why = dropped.includes(column)
    ? "listed under dropped"
    : `a ${type}, which has no numeric form: instead of keep, set dateParts: { ${column}: auto }`;
  return wrong(`"${column}" is ${why}`, "keep");
}
