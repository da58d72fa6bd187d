import { castType, columnType } from "../columnTypes";
import type { Report } from "../configFields";
import type { Dataset } from "../datasetFields";
import { columnTypes, unknownColumn } from "./names";

/** Kinds of types that a weight may have. */
const weightKinds = ["integer", "float", "double", "decimal"];

/** Finds problems with the target, and with the column that weights the rows. */
export function targetProblems(dataset: Dataset, problem: Report): void {
  const { dropped, sampleWeight, target } = dataset;
  const types = columnTypes(dataset);
  const type = types.get(target);
  if (type === undefined) {
    problem(["target"], unknownColumn(target, types.keys()));
  } else {
    if (castType(type) === "string") {
      problem(["target"], `"${target}" is a string, but the target of a regression is numeric`);
    }
    if (dropped.includes(target)) {
      problem(["target"], `"${target}" is listed under dropped`);
    }
  }
  const wrong = sampleWeight === undefined ? undefined : weightProblem(dataset, sampleWeight);
  if (wrong !== undefined) {
    problem(["sampleWeight"], wrong);
  }
}

function weightProblem(
  { columns, dropped, flow, split, target }: Dataset,
  weight: string,
): string | undefined {
  const type = columns.find(({ name }) => name === weight)?.type;
  if (type === undefined) {
    return unknownColumn(weight, new Set(columns.map(({ name }) => name)));
  }
  if (!weightKinds.includes(columnType(type)?.kind ?? "")) {
    return `"${weight}" is of type ${type}, but a weight must be one of ${weightKinds.join(", ")}`;
  }
  if (weight === target) {
    return `"${weight}" is the target`;
  }
  if (weight === split.column) {
    return `"${weight}" is the column to split by`;
  }
  if (dropped.includes(weight)) {
    return `"${weight}" is listed under dropped; remove it there, because a weight is never a feature`;
  }
  return flow === undefined
    ? undefined
    : "cannot be combined with flow, whose transforms could change the weights; remove one of them";
}
