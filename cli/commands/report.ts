import { Command } from "commander";

import { writeFileAtomically } from "../../local/storage/files";
import { executionReport } from "../../report/report";
import { findExecution } from "../../sageMaker/executions";
import { readExecution } from "../../sageMaker/fullExecution";
import { typedPath } from "../../terminal/options";
import { withWorld } from "../options";
import { print, type Terminal } from "../terminal";
import { inWorld, type WorldOptions } from "../world";

type ReportOptions = WorldOptions & { readonly output?: string };

/** `report [execution]`: writes the report of an execution, replacing any existing one. */
export function report(terminal: Terminal): Command {
  return withWorld(new Command("report"))
    .argument("[execution]", "its id or ARN (default: the latest)")
    .option(
      "--output <file>",
      "the file to write (default: report-EXECUTION.html; with --local report/index.html in the work folder)",
    )
    .action(async (named: string | undefined, options: ReportOptions) => {
      await inWorld(options, async (world) => {
        const execution = await readExecution(world, await findExecution(world, named));
        const path =
          options.output === undefined
            ? (world.machine?.workspace.report ?? typedPath(`report-${execution.id}.html`))
            : typedPath(options.output);
        writeFileAtomically(path, await executionReport(world, execution));
        print(terminal, path);
      });
    });
}
