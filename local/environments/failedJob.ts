import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { writeJson } from "../storage/files";

/** The command of a failed job, so that a shell can have its environment. */
const failedJob = z.object({
  program: z.union([z.object({ module: z.string() }), z.object({ script: z.string() })]),
  arguments: z.array(z.string()).readonly(),
  workingDirectory: z.string(),
  environment: z.record(z.string(), z.string()).readonly(),
});

export type FailedJob = Readonly<z.output<typeof failedJob>>;

/** Its file, beside the folder that replaces the job's /opt. */
const fileName = "job.json";

/** Stores the command of a failed job in its folder. */
export function keepJob(job: FailedJob): void {
  // Only SageMaker's jobs have a parent folder of their own.
  if (!job.workingDirectory.endsWith(join("opt", "ml"))) {
    return;
  }
  writeJson(join(job.workingDirectory, "..", "..", fileName), failedJob.parse(job));
}

/** The command of a folder's job; undefined if it did not fail, or the folder is gone. */
export function readFailedJob(folder: string): FailedJob | undefined {
  const path = join(folder, fileName);
  if (!existsSync(path)) {
    return undefined;
  }
  return failedJob.safeParse(JSON.parse(readFileSync(path, "utf8"))).data;
}
