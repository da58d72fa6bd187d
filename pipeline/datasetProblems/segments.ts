import { castType } from "../columnTypes";
import type { Report } from "../configFields";
import type { Dataset } from "../datasetFields";
import { readableTypes, unknownColumn } from "./names";

/** Finds problems with the columns to break errors down by. */
export function segmentProblems(dataset: Dataset, problem: Report): void {
  const { segments, target } = dataset;
  const types = readableTypes(dataset);
  segments.forEach((name, index) => {
    const path = ["segments", index];
    const type = types.get(name);
    if (type === undefined) {
      problem(path, unknownColumn(name, types.keys()));
    } else if (name === target) {
      problem(path, `"${name}" is the target, whose quarters are always reported`);
    } else if (segments.indexOf(name) < index) {
      problem(path, `"${name}" occurs twice`);
    } else if (castType(type) === undefined) {
      problem(path, `"${name}" is a ${type}; segments are of numbers, text or booleans`);
    }
  });
}
