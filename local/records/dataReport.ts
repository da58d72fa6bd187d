import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import type { ProcessingRequest } from "../../pipeline/language/evaluate";
import type { Execution } from "../execution/execution";
import { writeJson } from "../storage/files";

const parts = ["train", "validation", "test"] as const;

/** The report of pipeline/scripts/data_report.py. */
const dataReportSchema = z.object({
  version: z.literal(1),
  table: z.string(),
  target: z.string(),
  /** Summary in a line. */
  summary: z.string(),
  rows: z.object({ read: z.int(), withoutTarget: z.int(), used: z.int() }),
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

function parse(path: string): DataReport | undefined {
  try {
    return dataReportSchema.safeParse(JSON.parse(readFileSync(path, "utf8"))).data;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined; // Another file with that name, or a damaged one.
    }
    throw error;
  }
}

/**
 * Copies the data report in a step's outputs to the execution's records.
 * @returns undefined if there is none
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
