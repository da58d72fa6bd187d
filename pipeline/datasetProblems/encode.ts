import { columnType } from "../columnTypes";
import type { Report } from "../configFields";
import { encodings, featureColumns } from "../dataset";
import type { Dataset } from "../datasetFields";

/** Max length of the encodings in the arguments of Preprocess: 100 arguments of 240 characters. */
const maxLength = 12_000;

const kinds = ["char", "integer", "string", "varchar"];

/** Finds problems with the columns that Preprocess encodes. */
export function encodeProblems(dataset: Dataset, problem: Report): void {
  const features = featureColumns(dataset);
  for (const [name, given] of Object.entries(dataset.encode)) {
    const feature = features.find((one) => one.name === name);
    if (feature === undefined) {
      const names = features.map((one) => one.name).join(", ");
      problem(["encode", name], `"${name}" is not one of the features: ${names}`);
      continue;
    }
    const kind = columnType(feature.type)?.kind ?? "";
    if (!kinds.includes(kind)) {
      problem(
        ["encode", name],
        `"${name}" is of type ${feature.type}, but labels must be one of ${kinds.join(", ")}`,
      );
    }
    if (dataset.categorical.includes(name)) {
      problem(["encode", name], `"${name}" is listed under categorical, which the flow encodes`);
    }
    if (given.minRows !== undefined && given.labels !== undefined) {
      problem(["encode", name, "minRows"], "selects labels, but labels already lists them");
    }
    for (const key of ["smoothing", "folds"] as const) {
      if (given[key] !== undefined && given.as !== "target") {
        problem(["encode", name, key], `is for as: target, but as is ${given.as}`);
      }
    }
    (given.labels ?? []).forEach((label, place) => {
      if (label.trim() === "" || label.trim() !== label) {
        problem(
          ["encode", name, "labels", place],
          `${JSON.stringify(label)} is empty or begins or ends with blanks, which Data Wrangler removes`,
        );
      } else if (given.labels?.indexOf(label) !== place) {
        problem(["encode", name, "labels", place], `"${label}" occurs twice`);
      }
    });
  }
  if (dataset.servedRows === "raw") {
    for (const [index, name] of dataset.categorical.entries()) {
      const type = features.find((one) => one.name === name)?.type ?? "";
      if (![...kinds, "boolean", ""].includes(columnType(type)?.kind ?? "")) {
        problem(
          ["categorical", index],
          `"${name}" is of type ${type}; servedRows: raw takes labels of text, whole numbers and booleans`,
        );
      }
    }
  }
  const length = JSON.stringify(Object.fromEntries(encodings(dataset))).length;
  if (length > maxLength) {
    problem(
      ["encode"],
      `has ${length} characters of labels, but a processing job's arguments have room for ${maxLength}`,
    );
  }
}
