import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { writeJson } from "../storage/files";

const job = z.object({
  program: z.union([z.object({ module: z.string() }), z.object({ script: z.string() })]),
  arguments: z.array(z.string()),
  workingDirectory: z.string(),
  environment: z.record(z.string(), z.string()),
});

/** The command of a failed job, so that a shell can have its environment. */
export interface FailedJob {
  readonly program: { readonly module: string } | { readonly script: string };
  readonly arguments: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Its file, beside the folder that replaces the job's /opt. */
const fileName = "job.json";

/** Stores the command of a failed job in its folder. */
export function keepJob(failed: FailedJob): void {
  const { arguments: values, environment, program, workingDirectory } = failed;
  // Only SageMaker's jobs have a parent folder of their own.
  if (!workingDirectory.endsWith(join("opt", "ml"))) {
    return;
  }
  const path = join(workingDirectory, "..", "..", fileName);
  writeJson(path, { program, arguments: values, workingDirectory, environment });
}

/** The command of a folder's job; undefined if it did not fail, or the folder is gone. */
export function readFailedJob(folder: string): FailedJob | undefined {
  const path = join(folder, fileName);
  if (!existsSync(path)) {
    return undefined;
  }
  const parsed = job.safeParse(JSON.parse(readFileSync(path, "utf8")));
  return parsed.success ? parsed.data : undefined;
}
