import { Command } from "commander";

import { findExecution } from "../../local/records/executions";
import { writeReport } from "../../report/report";
import { onThisMachine } from "../onThisMachine";
import { withWorld } from "../options";
import { print, type Terminal } from "../terminal";
import { workspaceOf, type WorldOptions } from "../world";

/** `report [execution]`: writes the report of an execution, replacing any existing one. */
export function report(terminal: Terminal): Command {
  return withWorld(new Command("report"))
    .argument("[execution]", "its id (default: the latest)")
    .action(async (named: string | undefined, options: WorldOptions) => {
      onThisMachine("report", options);
      const workspace = workspaceOf(options);
      const { id } = findExecution(workspace, named);
      await writeReport(workspace.execution(id), workspace.report);
      print(terminal, workspace.report);
    });
}
