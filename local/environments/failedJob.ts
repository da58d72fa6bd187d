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

/** What a job that failed ran, by which a shell has its environment. */
export interface FailedJob {
  readonly program: { readonly module: string } | { readonly script: string };
  readonly arguments: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Where it is kept: beside the folder that stands for the job's /opt. */
const fileName = "job.json";

/** Keeps what a job that failed ran, in its folder. */
export function keepJob(failed: FailedJob): void {
  const { arguments: values, environment, program, workingDirectory } = failed;
  // What is no job of SageMaker's has no folder of its own around the one that it works in.
  if (!workingDirectory.endsWith(join("opt", "ml"))) {
    return;
  }
  const path = join(workingDirectory, "..", "..", fileName);
  writeJson(path, { program, arguments: values, workingDirectory, environment });
}

/** What the job of a folder ran; undefined if it has not failed, or its folder is gone. */
export function readFailedJob(folder: string): FailedJob | undefined {
  const path = join(folder, fileName);
  if (!existsSync(path)) {
    return undefined;
  }
  const parsed = job.safeParse(JSON.parse(readFileSync(path, "utf8")));
  return parsed.success ? parsed.data : undefined;
}
