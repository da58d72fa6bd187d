import type { Report } from "../configFields";
import { featureColumns } from "../dataset";
import type { Dataset } from "../datasetFields";
import { unknownColumn } from "./names";

/** Finds columns to encode one-hot that are not features. */
export function categoricalProblems(dataset: Dataset, problem: Report): void {
  const features = featureColumns(dataset).map(({ name }) => name);
  const names = new Set([...dataset.columns.map(({ name }) => name), ...features]);
  dataset.categorical.forEach((name, index) => {
    if (!names.has(name)) {
      problem(["categorical", index], unknownColumn(name, names));
    } else if (!features.includes(name)) {
      const why =
        name === dataset.sampleWeight
          ? "the weight"
          : dataset.dateParts[name] === undefined
            ? "dropped or the target"
            : "replaced by its parts";
      problem(["categorical", index], `"${name}" is ${why}, so it is not a feature`);
    }
  });
}
