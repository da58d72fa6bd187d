import type { Report } from "../configFields";
import { partColumns } from "../dataset";
import type { Dataset } from "../datasetFields";
import { castColumns } from "../ownFlow";

/** Finds settings that conflict with a user's own flow, and columns that it requires. */
export function flowProblems(dataset: Dataset, problem: Report): void {
  const { categorical, columns, dropped, encode, flow, missingValues, servedRows } = dataset;
  if (flow === undefined) {
    return;
  }
  const set = {
    dropped: dropped.length > 0,
    categorical: categorical.length > 0,
    encode: Object.keys(encode).length > 0,
    missingValues: missingValues !== "keep",
    servedRows: servedRows !== "encoded",
  };
  for (const [key] of Object.entries(set).filter(([, isSet]) => isSet)) {
    problem([key], "is decided by the flow that dataset.flow names; remove it");
  }
  const cast = castColumns(flow);
  const names = [...columns, ...partColumns(dataset)].map(({ name }) => name);
  const unknown = (cast ?? []).filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    problem(["flow"], `casts ${unknown.join(", ")}; the columns are ${names.join(", ")}`);
  }
  const missing = names.filter((name) => cast?.includes(name) === false);
  if (missing.length > 0) {
    problem(["flow"], `does not cast ${missing.join(", ")}: its cast must name every column`);
  }
}
