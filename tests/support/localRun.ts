import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { stackConfig } from "../../offline/stackConfig";
import type { JsonObject } from "../../pipeline/language/json";
import { commandLine, type Ended } from "./commandLine";
import { type Draft, draft, program, set } from "./definitions";

export type { Ended } from "./commandLine";

/** Runs a command to its end. */
export function command(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((done, failed) => {
    const child = spawn(name, args, { env: { ...process.env, CI: "1", ...environment } });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on("error", failed);
    child.on("close", (code) => {
      done({ code, stdout, stderr });
    });
  });
}

/** What Node.js runs as the local run's command line, where a process of its own matters. */
export const cliScript = ["tools/restate.mjs", "--local"];

/** Runs the local run's command line in this process, as `npm run local -- ARGUMENT...` does in its own. */
export function local(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return commandLine(["--local", ...args], { CI: "1", RESTATE_DATA: "", ...environment });
}

/** Runs the local run's command line in a process of its own, for what only a process has. */
export function localProcess(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return command(process.execPath, [...cliScript, ...args], { RESTATE_DATA: "", ...environment });
}

/** A folder that goes when the suite ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "restate-test-"));
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/**
 * The definition of the stack dev, with so few and small trials that a run takes seconds.
 * @param config what is configured beside that stack's own
 */
export async function smallDefinition(
  config: Readonly<Record<string, string>> = {},
): Promise<Draft> {
  const { definition } = await program({ ...stackConfig("dev"), ...config }, "dev");
  const small = draft(definition);
  for (const step of ["TuneDecisionTree", "TuneXGBoost"]) {
    set(small, ["Steps", step, "Arguments", "HyperParameterTuningJobConfig", "ResourceLimits"], {
      MaxNumberOfTrainingJobs: 3,
      MaxParallelTrainingJobs: 2,
    });
  }
  set(
    small,
    [
      ...["Steps", "TuneXGBoost", "Arguments", "TrainingJobDefinition"],
      ...["StaticHyperParameters", "num_round"],
    ],
    "20",
  );
  return small;
}

/** Writes a definition to a file, and returns its path. */
export function writeDefinition(folder: string, definition: JsonObject | Draft): string {
  const path = join(folder, "definition.json");
  writeFileSync(path, JSON.stringify(definition));
  return path;
}
