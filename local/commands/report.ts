import { createRequire } from "node:module";

import { findExecution } from "../records/executions";
import type { Workspace } from "../records/workspace";

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
