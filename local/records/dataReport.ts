import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import type { ProcessingRequest } from "../../pipeline/language/evaluate";
import type { Execution } from "../execution/execution";
import { writeJson } from "../storage/files";

const parts = ["train", "validation", "test"] as const;

/** What pipeline/scripts/data_report.py writes beside the names of the features. */
const dataReportSchema = z.object({
  version: z.literal(1),
  table: z.string(),
  target: z.string(),
  /** All of it in a line. */
  summary: z.string(),
  rows: z.object({ read: z.int(), withoutTarget: z.int(), used: z.int() }),
  /** Rows of each part. */
  parts: z.record(z.enum(parts), z.int()),
  /** Rows that were looked at for more than duplicates and constants. */
  sampledRows: z.int(),
  findings: z.array(
    z.object({ kind: z.string(), column: z.string().nullable(), text: z.string() }),
  ),
  /** Shares of the sampled rows in which a column has no value. */
  missing: z.record(z.string(), z.number()),
});

/** What is known of the data of an execution. */
export type DataReport = z.output<typeof dataReportSchema>;

const fileName = "data_report.json";

function parse(path: string): DataReport | undefined {
  try {
    return dataReportSchema.safeParse(JSON.parse(readFileSync(path, "utf8"))).data;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined; // Some other file of that name, or a damaged one.
    }
    throw error;
  }
}

/**
 * Keeps the data report that a step has left among its outputs with the execution's records.
 * @returns undefined if it has left none
 */
export function keepDataReport(
  { described, folder, store }: Execution,
  step: string,
): DataReport | undefined {
  const { ProcessingOutputConfig: config }: Partial<ProcessingRequest> = described.get(step) ?? {};
  const uri = (config?.Outputs ?? [])
    .map(({ S3Output: output }) => `${(output?.S3Uri ?? "").replace(/\/$/, "")}/${fileName}`)
    .find((one) => one.startsWith("s3://") && store.isObject(one));
  const report = uri === undefined ? undefined : parse(store.path(uri));
  if (report !== undefined) {
    writeJson(join(folder, fileName), report);
  }
  return report;
}

/** Reads the data report of an execution by its folder; undefined if it has none. */
export function readDataReport(folder: string): DataReport | undefined {
  const path = join(folder, fileName);
  return existsSync(path) ? parse(path) : undefined;
}
