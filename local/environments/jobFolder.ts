import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** A job's folder, which replaces `/opt/ml`, and its log. */
export interface JobFolder {
  readonly name: string;
  readonly base: string;
  readonly log: string;
}

/**
 * Creates the folder of a job, replacing an earlier attempt's.
 * @param execution its folder contains its jobs' folders
 */
export function makeJobFolder(execution: { readonly folder: string }, name: string): JobFolder {
  const folder = join(execution.folder, "jobs", name);
  const base = join(folder, "opt", "ml");
  const logs = join(execution.folder, "logs");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(base, { recursive: true });
  mkdirSync(logs, { recursive: true });
  return { name, base, log: join(logs, `${name}.log`) };
}

/** Replaces `/opt/ml` in the paths of a value by a job's folder. */
export function intoFolder<Value>(value: Value, folder: Pick<JobFolder, "base">): Value {
  if (typeof value === "string") {
    return value.replace(/(^|[\s='":,])\/opt\/ml(?=\/|$)/g, `$1${folder.base}`) as Value;
  }
  if (Array.isArray(value)) {
    return value.map((one: unknown) => intoFolder(one, folder)) as Value;
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, one]: [string, unknown]) => [key, intoFolder(one, folder)]),
    ) as Value;
  }
  return value;
}
