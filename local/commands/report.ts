import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

import { findExecution } from "../executions";
import type { Workspace } from "../workspace";

/** Seconds that the report of a stopped run may take before the process ends without it. */
const patience = 20;

/**
 * Writes the report of an execution, in exchange for what is there.
 *
 * @param id the execution; default: the latest
 * @returns the report's path
 * @throws UserError where there is no such execution
 */
export async function report(workspace: Workspace, id?: string): Promise<string> {
  const { id: found } = findExecution(workspace, id);
  // The library that draws is not loaded before there is something to draw.
  const { writeReport } = createRequire(__filename)(
    "../report/report",
  ) as typeof import("../report/report");
  await writeReport(workspace.execution(found), workspace.report);
  return workspace.report;
}

/**
 * Writes the report of an execution while this process is about to end, so in a process of its own, which
 * this one waits for.
 *
 * @returns whether there is a report
 */
export function reportBeforeExit(workspace: Workspace, id: string): boolean {
  const [, script = ""] = process.argv;
  const { status } = spawnSync(
    process.execPath,
    [...process.execArgv, script, "report", id, "--work-folder", workspace.folder],
    { stdio: "ignore", timeout: 1000 * patience },
  );
  return status === 0;
}
