import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

import type { ProcessingRequest } from "../../pipeline/language/evaluate";
import type { Execution, QueriedRows } from "../execution/execution";
import { writeJson } from "../storage/files";
import { parseDocument } from "./documents";

const parts = ["train", "validation", "test"] as const;

/** The report of pipeline/scripts/data_report.py. */
const dataReportSchema = z.object({
  version: z.literal(1),
  table: z.string(),
  target: z.string(),
  /** Summary in a line. */
  summary: z.string(),
  rows: z.object({
    /** Of the table, and of the query's result, if they were counted. */
    table: z.int().optional(),
    selected: z.int().optional(),
    /** By Preprocess. */
    read: z.int(),
    withoutTarget: z.int(),
    used: z.int(),
  }),
  /** Rows of each part. */
  parts: z.record(z.enum(parts), z.int()),
  /** Number of sampled rows. */
  sampledRows: z.int(),
  findings: z.array(
    z.object({ kind: z.string(), column: z.string().nullable(), text: z.string() }),
  ),
  /** Shares of missing values in the sampled rows, by column. */
  missing: z.record(z.string(), z.number()),
});

/** A description of an execution's data. */
export type DataReport = z.output<typeof dataReportSchema>;

const fileName = "data_report.json";

/** The rows of the query that made what a step reads. */
function queriedRows({ described, queried }: Execution, step: string): QueriedRows | undefined {
  const { ProcessingInputs: inputs = [] }: Partial<ProcessingRequest> = described.get(step) ?? {};
  for (const [name, rows] of queried) {
    const { ProcessingOutputConfig: config }: Partial<ProcessingRequest> =
      described.get(name) ?? {};
    const made = (config?.Outputs ?? []).map(({ S3Output: output }) => output?.S3Uri ?? "");
    if (
      inputs.some(({ S3Input: input }) => made.some((uri) => input?.S3Uri?.startsWith(`${uri}/`)))
    ) {
      return rows;
    }
  }
  return undefined;
}

/** A report that also says what was excluded before Preprocess, as data_report.py does if it knows. */
function withQueried(report: DataReport, queried: QueriedRows | undefined): DataReport {
  if (queried === undefined || report.rows.table !== undefined) {
    return report;
  }
  const { selected, table } = queried;
  const left = [
    [table - selected, "by the filter"],
    [selected - report.rows.read, "by the flow"],
  ] as const;
  const reasons = left.filter(([rows]) => rows > 0).map(([rows, why]) => `${rows} excluded ${why}`);
  return {
    ...report,
    rows: { ...report.rows, ...queried },
    summary:
      reasons.length === 0
        ? report.summary
        : `${table} rows in the table, ${reasons.join(", ")}; ${report.summary}`,
  };
}

/**
 * Copies the data report in a step's outputs to the execution's records.
 * @returns undefined if there is none
 */
export function keepDataReport(execution: Execution, step: string): DataReport | undefined {
  const { described, folder, store } = execution;
  const { ProcessingOutputConfig: config }: Partial<ProcessingRequest> = described.get(step) ?? {};
  const uri = (config?.Outputs ?? [])
    .map(({ S3Output: output }) => `${(output?.S3Uri ?? "").replace(/\/$/, "")}/${fileName}`)
    .find((one) => one.startsWith("s3://") && store.isObject(one));
  // Another file may have that name.
  const written = uri === undefined ? undefined : parseDocument(store.path(uri), dataReportSchema);
  const report = written && withQueried(written, queriedRows(execution, step));
  if (report !== undefined) {
    writeJson(join(folder, fileName), report);
  }
  return report;
}

/** Reads the data report of an execution by its folder; undefined if it has none. */
export function readDataReport(folder: string): DataReport | undefined {
  const path = join(folder, fileName);
  return existsSync(path) ? parseDocument(path, dataReportSchema) : undefined;
}
