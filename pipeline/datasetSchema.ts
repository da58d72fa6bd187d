import type { Report } from "./configFields";
import { type Dataset, datasetFields } from "./datasetFields";
import { categoricalProblems } from "./datasetProblems/categorical";
import { columnProblems } from "./datasetProblems/columns";
import { dateProblems } from "./datasetProblems/dates";
import { encodeProblems } from "./datasetProblems/encode";
import { fileProblems } from "./datasetProblems/files";
import { filterProblems } from "./datasetProblems/filter";
import { flowProblems } from "./datasetProblems/flow";
import { partitionProblems } from "./datasetProblems/partitions";
import { segmentProblems } from "./datasetProblems/segments";
import { splitProblems } from "./datasetProblems/split";
import { tableProblems } from "./datasetProblems/table";
import { targetProblems } from "./datasetProblems/target";

/** Finds combinations of keys that do not fit together. Each reports problems with their path in the dataset. */
const checks: readonly ((dataset: Dataset, problem: Report) => void)[] = [
  tableProblems,
  fileProblems,
  columnProblems,
  partitionProblems,
  targetProblems,
  splitProblems,
  filterProblems,
  segmentProblems,
  dateProblems,
  categoricalProblems,
  encodeProblems,
  flowProblems,
];

/** The table to train on, in the stack's configuration. */
export const datasetSchema = datasetFields.superRefine((dataset, context) => {
  for (const check of checks) {
    check(dataset, (path, message) => {
      context.addIssue({ code: "custom", path, message });
    });
  }
});
