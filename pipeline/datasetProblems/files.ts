import type { Report } from "../configFields";
import type { Dataset } from "../datasetFields";

/** Finds problems with the format of the table's files. */
export function fileProblems(dataset: Dataset, problem: Report): void {
  const { columns, decimal, delimiter, format, headerLines, nullTexts, quoted, thousands } =
    dataset;
  if (format === "parquet") {
    const ofCsv = {
      headerLines: headerLines > 0,
      delimiter: delimiter !== ",",
      quoted,
      nullTexts: nullTexts.length > 0,
      thousands: thousands !== undefined,
      decimal: decimal !== ".",
    };
    for (const [key, isSet] of Object.entries(ofCsv)) {
      if (isSet) {
        problem([key], "only applies to CSV files, but format is parquet");
      }
    }
  }
  if (thousands === decimal) {
    problem(["thousands"], `"${decimal}" is already the decimal separator`);
  }
  for (const key of ["thousands", "decimal"] as const) {
    if (!quoted && dataset[key] === delimiter) {
      problem([key], "is also the delimiter, so values must be quoted: set quoted: true");
    }
  }
  columns.forEach(({ header }, index) => {
    if (header !== undefined && headerLines === 0) {
      problem(
        ["columns", index, "header"],
        "only applies to files with a header, but headerLines is 0",
      );
    }
  });
}
